#!/usr/bin/env bash
# Docker 29 with both its stores: it loads and runs what we write, and we read what it saves.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/peers/common.sh"
require docker curl
version=v2.0.0-beta.24
peer dockerd "github.com/moby/moby/v2@$version" 'exclude_graphdriver_btrfs no_btrfs' github.com/moby/moby/v2/cmd/dockerd &&
	peer containerd github.com/containerd/containerd/v2@v2.4.2 'no_btrfs no_devmapper no_zfs' github.com/containerd/containerd/v2/cmd/{containerd,ctr,containerd-shim-runc-v2} &&
	CGO=1 peer runc github.com/opencontainers/runc@v1.5.3 '' github.com/opencontainers/runc &&
	peer crane github.com/google/go-containerregistry@v0.22.1 '' github.com/google/go-containerregistry/cmd/crane ||
	skip_all 'cannot: a peer does not build'
make_forms

# Its own clients are older and newer than itself; the oldest interface that it knows is spoken by all of them.
d() { DOCKER_API_VERSION=${API:-1.44} docker -H "unix://$S" "$@"; }
# shellcheck disable=SC2317
stop_all() {
	[ -z "${registry:-}" ] || kill "$registry" 2>/dev/null
	stop_docker
}
at_exit+=(stop_all)
start() { # STORE
	local snapshotter=true driver=native
	[ "$1" = containerd ] || { snapshotter=false driver=vfs; }
	stop_docker
	rm -rf run && mkdir run && S=$T/run/sock
	printf '{"features":{"containerd-snapshotter":%s}}\n' $snapshotter >run/daemon.json
	"$peers_bin/dockerd" --config-file run/daemon.json --iptables=false --ip6tables=false --bridge=none --seccomp-profile=unconfined \
		--storage-driver=$driver --data-root "$T/run/data" --exec-root "$T/run/exec" -H "unix://$S" --pidfile "$T/run/pid" >"$1.log" 2>&1 &
	dockerd=$!
	for _ in $(seq 120); do
		! d version >/dev/null 2>&1 || return 0
		sleep 0.25
	done
	tail -n 5 "$1.log" | comment
	return 1
}
stop_docker() {
	[ ! -s "$T/run/pid" ] || { kill "$dockerd" && wait "$dockerd"; } 2>/dev/null
	return 0
}

reads() { # STORE
	for form in $forms; do
		like "$(d load -i "$form.tar" 2>&1)" "^Loaded image: p/$form:v1\$" "$1: docker load of $form"
		is "$(d run --rm --network none "p/$form:v1" 2>&1)" amd64 "$1: ... runs"
	done
	is "$(d image inspect p/config:v1 | jq -c '.[0].Config | [.User, .Env, .Labels, .WorkingDir, .StopSignal, (.ExposedPorts | keys), (.Volumes | keys)]')" \
		'["7:8",["A=b"],{"x":"y"},"/srv","SIGINT",["8080/tcp"],["/v"]]' "$1: the config arrives whole"
	is "$(d image inspect p/docker:v1 | jq -c '.[0].Config.Healthcheck.Test')" '["CMD","/say"]' "$1: ... and the health check"
	if [ "$1" = containerd ]; then
		is "$(d image inspect p/many:v1 | jq -r '.[0].Id')" "$(manifest_digest many)" "$1: the index keeps its digest"
		curl -s --unix-socket "$S" -X POST -H 'Content-Type: application/x-tar' --data-binary @many.tar \
			'http://docker/v1.48/images/load?platform=%7B%22os%22%3A%22linux%22%2C%22architecture%22%3A%22arm64%22%7D' >said
		like "$(cat said)" 'Loaded image: p/many:v1' "$1: docker load --platform linux/arm64"
	fi
}
exported() { # IMAGE: its file system as docker sees it
	local id
	id=$(d create "$1") && d export "$id" | facts - && d rm "$id" >/dev/null
}
writes() { # STORE
	local form
	mkdir -p "$1"
	for form in plain content config docker zstd none; do
		exported "p/$form:v1" >list && d save -o "$1/$form.tar" "p/$form:v1"
		theirs "$1/$form.tar" list
		is "$(config_of "$1/$form.tar" | sha256sum)" "$(config_of "$form.tar" | sha256sum)" "$1: the config of $form stays"
	done
	# Of a tar that others made, with links of both kinds.
	rm -rf import && mkdir -p import/a import/etc && cp amd64/say import/ && printf 'hello\n' >import/a/file && ln import/a/file import/a/twin && ln -s file import/a/link &&
		tar -C import --sort=name -cf import.tar . && d import -c 'ENTRYPOINT ["/say"]' -c 'ENV A=b' -c 'USER 7' import.tar p/import:v1 >/dev/null &&
		exported p/import:v1 >list && d save -o "$1/import.tar" p/import:v1
	theirs "$1/import.tar" list
	is "$(config_of "$1/import.tar" | jq -c '.config | [.Entrypoint, .User, (.Env | index("A=b") != null)]')" '[["/say"],"7",true]' "$1: docker import: its config"
	d save -o "$1/two.tar" p/plain:v1 p/content:v1
	t "$1: two images in one archive" mk verify "$1/two.tar"
	t "$1: ... one of them by its tag" mk ls "$1/two.tar:p/content:v1"
}
# The index is saved with one of the images that it names.
pulled() {
	crane registry serve --address 127.0.0.1:0 >registry.log 2>&1 &
	registry=$!
	for _ in $(seq 50); do
		port=$(sed -n 's/.*serving on port //p' registry.log)
		[ -z "$port" ] || break
		sleep 0.1
	done
	crane push many "127.0.0.1:$port/p/many:v1" >/dev/null 2>&1 && d pull -q "127.0.0.1:$port/p/many:v1" >/dev/null &&
		d save -o pulled.tar "127.0.0.1:$port/p/many:v1" && exported "127.0.0.1:$port/p/many:v1" >list
	theirs pulled.tar list
	is "$(mk inspect --json pulled.tar | jq -c '[.absent[].platform]')" '["linux/arm/v7","linux/arm64"]' 'what it has not pulled is told'
}

for store in containerd classic; do
	start $store || { fail "dockerd starts with the $store store"; continue; }
	counted "Docker 29, $store store" "moby $version" reads "$forms" reads $store
	counted "Docker 29, $store store" "moby $version" writes 'docker save, docker import' writes $store
	[ $store != containerd ] || {
		stop_docker && start $store &&
			counted "Docker 29, $store store" "moby $version" writes 'docker pull of one platform of several, docker save' pulled
	}
done
done_testing
