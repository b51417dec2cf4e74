# shellcheck shell=bash disable=SC2034
# What the suites of this folder share: peers that are built from source, images of ours in every form, and the comparison of
# what we read in an image with what the tool that wrote it reads there.
#
# A peer is built once a build directory, by its Go module and version, with Go's own caches; nothing is installed. Each
# suite leaves its figures in $BUILD/peers/NAME.tsv, from which report.py makes tests/PEERS.md.

require jq cc python3
[ "$(id -u)" = 0 ] || skip_all 'cannot: the peers of this suite want root'
command -v go >/dev/null || skip_all 'cannot: the peers are Go modules, and there is no Go'
export TMPDIR=$T
peers_bin=$BUILD/tools/peers
PATH=$peers_bin:$PATH
figures=$BUILD/peers/$(basename "$0" .sh).tsv
mkdir -p "$peers_bin" "$BUILD/peers" && : >"$figures"

# peer NAME MODULE@VERSION TAGS PACKAGE...: programs that are built in a module of their own. CGO=1 for those that need C.
peer() {
	local name=$1 module=${2%@*} version=${2#*@} tags=$3 package stamp=$peers_bin/$1.$2
	shift 3
	stamp=$peers_bin/.$name.$version
	(
		flock 9
		[ ! -e "$stamp" ] || exit 0
		mkdir -p "$T/build-$name" && cd "$T/build-$name" && printf 'module peers\n\ngo 1.25\n' >go.mod || exit
		export HOME=$old_home GOFLAGS=-mod=mod CGO_ENABLED=${CGO:-0} GOTOOLCHAIN=local
		go get "$module@$version" "${@/%/@$version}" >../build.log 2>&1 || exit
		for package; do
			go build -tags "$tags" -ldflags '-s -w' -o "$peers_bin/" "$package" >>../build.log 2>&1 || exit
		done
		: >"$stamp"
	) 9>"$peers_bin/.lock" && return
	tail -n 3 "$T/build.log" | comment
	return 1
}

# figure PEER VERSION reads|writes WHAT FACTS FAILED
figure() {
	printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>"$figures"
}

# counted PEER VERSION reads|writes WHAT FUNCTION...: its tests, as a figure.
counted() {
	local peer=$1 version=$2 how=$3 what=$4 run_before=$tests_run failed_before=$tests_failed
	shift 4
	"$@"
	figure "$peer" "$version" "$how" "$what" $((tests_run - run_before)) $((tests_failed - failed_before))
}

say() { # DIRECTORY COMPILER: a program that says what it was built for
	mkdir -p "$1" && printf '#include <stdio.h>\nint main(void) { return puts("%s") < 0; }\n' "$1" | "$2" -static -x c -o "$1/say" -
}

# Images of ours: $forms, each as FORM.tar and the layout FORM, named p/FORM:v1, all with a program that says amd64.
forms='plain content config docker zstd none based many'
make_forms() {
	say amd64 cc && say arm64 aarch64-linux-gnu-gcc && say armv7 arm-linux-gnueabihf-gcc || skip_all 'cannot: no static libc'
	mkdir -p tree/d/e && echo hello >tree/d/e/file && ln -s file tree/d/e/link
	form() { mk -q "${@:2}" -t "p/$1:v1" -o "$1.tar" -o "$1/"; }
	form plain --bin amd64/say
	form content --bin amd64/say --certs --tz --tree tree:/srv
	form config --bin amd64/say --tree tree:/srv -e A=b -l x=y -p 8080 --volume /v -w /srv --stop-signal INT --user 7:8
	form docker --bin amd64/say --media-types docker --healthcheck-cmd /say
	form zstd --bin amd64/say --tz --compress zstd
	form none --bin amd64/say --tz --compress none
	form based --bin amd64/say:/other --entrypoint /say --base plain.tar
	form many --bin amd64/say --bin arm64/say --bin armv7/say --certs
}
config_of() { # IMAGE: as we read it
	mk inspect --config --platform linux/amd64 "$1"
}
manifest_digest() { # FORM
	jq -r '.manifests[0].digest' "$1/index.json"
}

# facts TAR|-: a line for each path of a file system that was packed as a tar: kind, mode, owner, size, path, link.
facts() {
	python3 -B "$TOP/tests/peers/facts.py" tar "$1"
}
facts_of_dir() {
	tar -C "$1" --numeric-owner -cf - . | facts -
}
our_facts() { # IMAGE
	mk ls --json --platform linux/amd64 "$1" | python3 -B "$TOP/tests/peers/facts.py" ls -
}

# theirs IMAGE LIST [DIGEST]: an image that a peer wrote, read by every verb. LIST: a file with its facts by the peer's own
# reading, or "" for one that has none; DIGEST: what the peer says it is.
theirs() {
	local image=$1 list=$2 digest=${3:-} one
	t "$image: verify" mk verify --platform linux/amd64 "$image"
	t "$image: inspect" mk inspect --platform linux/amd64 "$image"
	if [ -n "$list" ]; then
		our_facts "$image" >ours.facts
		t "$image: ls has the paths that its writer sees" diff "$list" ours.facts
	fi
	if [ -n "$digest" ]; then
		is "$(mk inspect --json "$image" | jq -r '[.. | objects | .digest? // empty] | join(" ")' | grep -oF "$digest" | head -n 1)" \
			"$digest" "$image: has the digest that its writer tells"
	fi
	one=$(mk ls --json --platform linux/amd64 "$image" | jq -r '[.[] | select(.type == "file" and .size > 0)][0] | "\(.size) \(.path)"')
	is "$(mk cat --platform linux/amd64 "$image" "${one#* }" | wc -c)" "${one%% *}" "$image: cat"
	t "$image: is the same as itself" mk diff "$image" "$image"
	t "$image: index" mk index -q --platform linux/amd64 -t p/again:v1 -o again.tar "$image"
	t "$image: ... whose result verifies" mk verify again.tar
	t "$image: --base" mk -q --bin amd64/say:/on-top --base "$image" -t p/top:v1 -o top.tar
	t "$image: ... whose result verifies" mk verify top.tar
}
