#!/usr/bin/env bash
# Run the suites, which are found by their places, and count their tests.
#
#   tests/run.sh [-k PATTERN]...  only suites whose name holds one of the patterns, or is one of them (=NAME)
#   tests/run.sh --list [-k ...]  their names alone
#
# Environment: BUILD, MKSCRATCH; MSK_MODES, the builds of which the unit tests run (release asan); MSK_FUZZ_MUTANTS, how many
# alterations of each input of a fuzz corpus (20); MSK_FUZZ_REFUSED, how many runs of each are refused an allocation (2);
# SUITES=peers takes the suites of that folder instead, which are no part of the rest; MSK_MUST_WORK=1 turns skips into failures (see
# tests/lib.sh). A line a suite; the whole log of one that failed; at the end `N passed, N failed, N skipped`.
set -u
top=$(cd "$(dirname "$0")/.." && pwd)
export BUILD=${BUILD:-$top/build}
export MKSCRATCH=${MKSCRATCH:-$BUILD/mkscratch}
usage() {
	echo "$1" >&2
	sed -n 's/^#   tests/usage: tests/p' "$0" >&2
	exit 2
}

list=false patterns=()
while [ $# -gt 0 ]; do
	case $1 in
	-k) [ -n "${2:-}" ] || usage '-k: needs a pattern'; patterns+=("$2"); shift ;;
	--list) list=true ;;
	*) usage "$1: unknown argument" ;;
	esac
	shift
done
logs=$(mktemp -d) || exit 1
trap 'rm -rf "$logs"' EXIT
passed=0 failed=0 skipped=0

suites() {
	local mode
	if [ -n "${SUITES:-}" ]; then
		find "$top/tests/$SUITES" -maxdepth 1 -name '*.sh' ! -name common.sh | sort
		return
	fi
	for mode in ${MSK_MODES:-release asan}; do
		find "$BUILD/$mode/tests" -maxdepth 1 -type f -name 'test_*' ! -name '*.d' 2>/dev/null | sort
	done
	find "$BUILD/asan/fuzz" -maxdepth 1 -type f -name 'fuzz_*' ! -name '*.d' 2>/dev/null | sort
	for mode in integration golden must-fail spec repro oracle fault engines; do
		find "$top/tests/$mode" -maxdepth 1 -name '*.sh' ! -name common.sh 2>/dev/null | sort
	done
}

name_of() {
	local name=${1#"$top"/tests/}
	name=${name#"$BUILD"/}
	printf '%s\n' "${name%.sh}"
}

# Run one suite; its TAP, exit status and seconds are left in files.
run_suite() {
	local log=$logs/$2 start=$EPOCHREALTIME
	case $1 in
	*.sh) timeout -k 10 900 bash "$1" >"$log" 2>&1 </dev/null ;;
	*/fuzz_*) timeout -k 10 900 "$1" -m "${MSK_FUZZ_MUTANTS:-20}" -o "${MSK_FUZZ_REFUSED:-2}" \
		"$top/tests/fuzz/corpus/${1##*/fuzz_}" >"$log" 2>&1 </dev/null ;;
	*) CMOCKA_MESSAGE_OUTPUT=TAP timeout -k 10 900 "$1" >"$log" 2>&1 </dev/null ;;
	esac
	echo "$? $(awk -v a="$start" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')" >"$log.end"
}

# passed failed skipped planned
count() {
	awk '
		/^ok .*# (SKIP|skip)/ { s++; next }
		/^ok / { p++ }
		/^not ok / { f++ }
		/^1\.\.[0-9]+/ { plan += substr($1, 4); has = 1 }
		END { printf "%d %d %d %d\n", p, f, s, has ? plan : -1 }' "$1"
}

report() {
	local name=$1 log=$logs/$2 p f s plan end seconds verdict=ok
	read -r p f s plan <<<"$(count "$log")"
	read -r end seconds <"$log.end"
	# A crash, a time-out or a test that was planned and never came is a failure of its own.
	if [ "$f" = 0 ] && { [ "$end" != 0 ] || [ "$plan" != $((p + s)) ]; }; then
		f=1
		echo "suite ended with $end after $((p + s)) of $plan tests" >>"$log"
	fi
	[ "$f" = 0 ] || verdict=FAIL
	printf '%-5s %-40s %4d tests %7s s\n' "$verdict" "$name" $((p + f + s)) "$seconds"
	[ "$f" = 0 ] || sed 's/^/      /' "$log"
	[ "$s" = 0 ] || sed -n 's/^ok [0-9]* - \(.*\) # SKIP \(.*\)/      skipped: \1 (\2)/p' "$log"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
}

wanted() {
	local pattern
	for pattern in "${patterns[@]:-}"; do
		case $1 in *"$pattern"* | "${pattern#=}") return 0 ;; esac
	done
	return 1
}

mapfile -t all < <(suites)
names=() paths=()
for path in ${all[@]+"${all[@]}"}; do
	name=$(name_of "$path")
	! wanted "$name" || { names+=("$name"); paths+=("$path"); }
done
[ ${#names[@]} -gt 0 ] || usage "no suite has a name with: ${patterns[*]:-}"
if $list; then
	printf '%s\n' "${names[@]}"
	exit
fi

# Two at a time; engines and peers alone, as each starts daemons of its own.
for i in "${!paths[@]}"; do
	case ${names[i]} in
	engines/* | peers/*) wait; run_suite "${paths[i]}" "$i" ;;
	*)
		while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
		run_suite "${paths[i]}" "$i" &
		;;
	esac
done
wait
for i in "${!paths[@]}"; do
	report "${names[i]}" "$i"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
