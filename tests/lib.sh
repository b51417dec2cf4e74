# shellcheck shell=bash
# TAP helpers for the shell tests; source this first. (bash)
#
#   require TOOL...            skip the whole script when a tool is missing
#   t NAME COMMAND...          one test: ok when the command succeeds
#   is GOT WANT NAME           one test: the two strings are equal
#   like TEXT REGEX NAME       one test: TEXT matches the extended REGEX
#   mk ARG...                  run mkscratch
#   run COMMAND...             run it; status in $status, output in the files $out and $err; never fails itself
#   must_fail STATUS LINE [HINT] -- ARG...
#                              one test: mkscratch ends with STATUS and says LINE first (and HINT) on stderr; nothing on
#                              stdout, no escape byte, the first line within 300 bytes, no file made or changed here
#   go_tool NAME               crane or ko is on the PATH; where it was not, it is built as a Go module. False: it cannot be
#   need_glibc                 skip the whole script unless cc makes glibc programs; $loader is their interpreter, ./probe one
#   skip NAME REASON           one test that was not run
#   skip_all REASON            no test of this script can run
#   done_testing               last line of every script
#
# Every image that mk makes by an option (-o PATH) is verified and compared with itself, which is one test more at the end;
# MSK_VERIFY_ALL=0 leaves it out.
#
# A script runs in a directory of its own ($T, removed at the end) with a clean environment. $TOP is the source tree,
# $BUILD the build directory, $MKSCRATCH the program. With MSK_MUST_WORK=1 a skip is a failure, unless its reason
# begins with "cannot:", which is for what no package can mend.

set -u
TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BUILD=${BUILD:-$TOP/build}
MKSCRATCH=${MKSCRATCH:-$TOP/build/mkscratch}
unset SOURCE_DATE_EPOCH MAKEFLAGS MAKELEVEL TMPDIR CDPATH XDG_CACHE_HOME
export LC_ALL=C TOP BUILD MKSCRATCH
umask 022
T=$(mktemp -d "${TMPDIR:-/tmp}/mkscratch-t.XXXXXX") || exit 1
# shellcheck disable=SC2034
old_home=${HOME-/}
export HOME=$T/.home
out=$T/.out err=$T/.err status=0
tests_run=0 tests_failed=0
at_exit=()

finish() {
	local status=$? command
	for command in ${at_exit[@]+"${at_exit[@]}"}; do
		"$command"
	done
	cd / && chmod -R u+rwx "$T" 2>/dev/null
	rm -rf "$T"
	exit "$status"
}
trap finish EXIT
trap 'exit 143' TERM INT
mkdir "$HOME" && cd "$T" || exit 1

comment() {
	sed 's/^/# /'
}

pass() {
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1"
}

fail() {
	tests_run=$((tests_run + 1))
	tests_failed=$((tests_failed + 1))
	echo "not ok $tests_run - $1"
}

skip() {
	if [ "${MSK_MUST_WORK:-0}" = 1 ] && [ "${2#cannot:}" = "$2" ]; then
		fail "$1"
		echo "# may not be skipped here: $2"
		return
	fi
	tests_run=$((tests_run + 1))
	echo "ok $tests_run - $1 # SKIP $2"
}

skip_all() {
	skip "$(basename "$0" .sh)" "$1"
	done_testing
}

done_testing() {
	check_outputs
	echo "1..$tests_run"
	[ "$tests_failed" = 0 ]
	exit
}

require() {
	local tool
	for tool; do
		command -v "$tool" >/dev/null 2>&1 || skip_all "$tool is not installed"
	done
}

go_tool() {
	local bin=$BUILD/go-tools
	local -A module=([crane]=github.com/google/go-containerregistry/cmd/crane@v0.22.1 [ko]=github.com/google/ko@v0.19.1)

	PATH=$PATH:$bin
	if command -v "$1" >/dev/null; then return; fi
	mkdir -p "$bin" && command -v go >/dev/null || return
	(
		flock 9
		command -v "$1" >/dev/null || HOME=$old_home GOBIN=$bin GOFLAGS=-mod=mod GOTOOLCHAIN=local CGO_ENABLED=0 \
			go install -ldflags='-s -w' "${module[$1]}" >"$bin/$1.log" 2>&1
	) 9>"$bin/.lock"
}

need_glibc() {
	require cc jq
	loader=$(printf 'int main(void) { return 0; }\n' | cc -x c -o probe - && mk deps --json probe | jq -r '.interp // ""')
	case $loader in
	*/ld-linux*) ;;
	*) skip_all 'cannot: the compiler makes no glibc programs' ;;
	esac
}

run() {
	status=0
	"$@" >"$out" 2>"$err" || status=$?
}

# Run mkscratch. An image that comes of it is sound, whatever the test is about, and does not differ from itself.
mk() {
	"$MKSCRATCH" "$@" || return
	[ "${MSK_VERIFY_ALL:-1}" = 0 ] || look_at_outputs "$@" </dev/null >/dev/null
}

# The images that a command line writes; what was only printed or planned is none.
outputs_of() {
	local before='' arg
	for arg; do
		case $arg in
		--dry-run | -n | --print | --print=*) return ;;
		esac
	done
	for arg; do
		case $before:$arg in
		-o:- | --output:- | *:--output=- | *:-o-) ;;
		-o:* | --output:*) printf '%s\n' "$arg" ;;
		*:--output=*) printf '%s\n' "${arg#*=}" ;;
		*:-o?*) printf '%s\n' "${arg#-o}" ;;
		esac
		before=$arg
	done
}

# A directory with all its names, as diff compares one image for each platform.
names_of() {
	[ -d "$1" ] || { echo "$1"; return; }
	grep -o '"io.containerd.image.name": *"[^"]*"' "$1/index.json" | sed "s|.*\"\(.*\)\"|${1%/}:\1|"
}

# That it would not start may be what the test is about.
look_at() {
	local verdict=0 name
	echo "$1" >>"$T/.images"
	"$MKSCRATCH" verify -q "$1" 2>"$T/.look" || verdict=$?
	[ "$verdict" = 0 ] || [ "$verdict" = 4 ] || { echo "$1: verify ends with $verdict"; cat "$T/.look"; } >>"$T/.unsound"
	names_of "$1" | while read -r name; do
		"$MKSCRATCH" diff "$name" "$name" >"$T/.look" 2>&1 ||
			{ echo "$name: differs from itself"; head -n 5 "$T/.look"; } >>"$T/.unsound"
	done
}

look_at_outputs() {
	local image
	outputs_of "$@" | while read -r image; do
		if [ -f "$image" ] || [ -d "$image" ]; then look_at "$image"; fi
	done
}

check_outputs() {
	[ -s "$T/.images" ] || return 0
	if [ -s "$T/.unsound" ]; then
		fail 'each image made here is sound and does not differ from itself'
		head -n 40 "$T/.unsound" | comment
	else
		pass "each of the $(wc -l <"$T/.images") images made here is sound and does not differ from itself"
	fi
}

t() {
	local name=$1
	shift
	run "$@"
	if [ "$status" = 0 ]; then
		pass "$name"
	else
		fail "$name"
		{ echo "$* ended with $status"; cat "$out" "$err"; } | head -n 60 | comment
	fi
}

is() {
	if [ "$1" = "$2" ]; then
		pass "$3"
	else
		fail "$3"
		printf 'got:  %s\nwant: %s\n' "$1" "$2" | head -n 60 | comment
	fi
}

like() {
	if printf '%s\n' "$1" | grep -Eq -- "$2"; then
		pass "$3"
	else
		fail "$3"
		printf 'got:  %s\nwant: /%s/\n' "$1" "$2" | head -n 60 | comment
	fi
}

# Names, sizes, times and contents of what lies here.
snapshot() {
	find . -mindepth 1 -path ./.out -prune -o -path ./.err -prune -o -path ./.home -prune -o -path ./.images -prune -o -path ./.unsound -prune -o -path ./.look -prune -o -printf '%p %y %s %T@ %l\n' | sort
}

must_fail() {
	local want_status=$1 want=$2 hint='' before after faults=''
	shift 2
	if [ "$1" != -- ]; then
		hint=$1
		shift
	fi
	shift
	before=$(snapshot)
	run "$MKSCRATCH" "$@"
	after=$(snapshot)
	[ "$status" = "$want_status" ] || faults="$faults; status $status, want $want_status"
	[ "$(head -n 1 "$err")" = "mkscratch: $want" ] || faults="$faults; another message"
	[ -z "$hint" ] || grep -qxF -- "hint: $hint" "$err" || faults="$faults; hint missing"
	[ ! -s "$out" ] || faults="$faults; something on stdout"
	[ "$(head -n 1 "$err" | wc -c)" -le 300 ] || faults="$faults; first line too long"
	! grep -q "$(printf '\033')" "$err" || faults="$faults; escape byte on stderr"
	[ "$before" = "$after" ] || faults="$faults; files here changed"
	if [ -z "$faults" ]; then
		pass "$want"
	else
		fail "$want"
		{ echo "mkscratch $*${faults}"; cat "$err"; } | head -n 40 | comment
	fi
}
