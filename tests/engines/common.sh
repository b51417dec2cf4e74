# shellcheck shell=bash
# Fixtures for the engines: the example service in its variants, made once a build directory.

FIXTURES=$BUILD/fixtures

build_fixtures() {
	mkdir -p "$FIXTURES"
	(
		flock 9
		make -s -C "$TOP/examples/go-like-service" OUT="$FIXTURES" static dynamic >&2
		! command -v go >/dev/null || make -s -C "$TOP/examples/go-like-service" OUT="$FIXTURES" go >&2
	) 9>"$FIXTURES/.lock"
}

# Make $1.tar from the variant $2 ("", "-dynamic", "-go") of the service.
make_image() {
	mk -q --bin "$FIXTURES/service$2:/service" --certs --tz -p 8080 -e GREETING=hi -l maker=test -t "svc/$1:v1" -o "$1.tar"
}

variants() {
	echo static dynamic
	[ ! -x "$FIXTURES/service-go" ] || echo go
}

make_images() {
	build_fixtures || skip_all 'the example does not build'
	make_image static ''
	make_image dynamic -dynamic
	[ ! -x "$FIXTURES/service-go" ] || make_image go -go
}

# What the service answers, by whichever way $2... starts it.
check_answers() {
	local name=$1
	shift
	is "$("$@" --once /health 2>&1)" ok "$name: /health"
	like "$("$@" --once /tls 2>&1)" '^roots: [1-9][0-9]+$' "$name: TLS roots are there"
	like "$("$@" --once '/time?zone=Europe/Moscow' 2>&1)" '\+03:00 MSK$' "$name: a zone is there"
	like "$("$@" --once /whoami 2>&1)" '^uid=65534\(nobody\) gid=65534\(nobody\) .*tmp=writable$' "$name: user, name and /tmp"
}

# A dockerd of our own; d is its client.
S=$T/docker.sock
d() { docker -H "unix://$S" "$@"; }

start_dockerd() {
	dockerd --iptables=false --ip6tables=false --bridge=none --storage-driver=vfs --data-root "$T/data" \
		--exec-root "$T/exec" -H "unix://$S" --pidfile "$T/pid" >"$T/dockerd.log" 2>&1 &
	for _ in $(seq 120); do
		d version >/dev/null 2>&1 && return
		sleep 0.25
	done
	return 1
}
# shellcheck disable=SC2317
stop_dockerd() {
	[ ! -s "$T/pid" ] || { kill "$(cat "$T/pid")" && wait; } 2>/dev/null
}
need_dockerd() {
	[ "$(id -u)" = 0 ] || skip_all 'cannot: dockerd wants root'
	at_exit+=(stop_dockerd)
	start_dockerd || { tail -5 "$T/dockerd.log" | comment; skip_all 'cannot: dockerd does not start in this sandbox'; }
}

# A containerd of our own; c is its client.
c() { ctr -a "$T/c.sock" "$@"; }
# shellcheck disable=SC2317
stop_containerd() {
	[ -z "${containerd:-}" ] || { kill "$containerd" && wait "$containerd"; } 2>/dev/null
}
start_containerd() {
	cat >config.toml <<-END
	version = 2
	root = "$T/root"
	state = "$T/state"
	disabled_plugins = ["io.containerd.grpc.v1.cri"]
	[grpc]
	address = "$T/c.sock"
	[ttrpc]
	address = "$T/t.sock"
	END
	at_exit+=(stop_containerd)
	containerd -c config.toml >containerd.log 2>&1 &
	containerd=$!
	for _ in $(seq 120); do
		! c version >/dev/null 2>&1 || return 0
		sleep 0.25
	done
	return 1
}
need_containerd() {
	[ "$(id -u)" = 0 ] || skip_all 'cannot: containerd wants root'
	start_containerd || { tail -5 containerd.log | comment; skip_all 'cannot: containerd does not start in this sandbox'; }
}
