#!/usr/bin/env bash
# Our own release is built as we tell others to build theirs: doctor looks at it, and readelf at what doctor does not tell.
. "$(dirname "$0")/../lib.sh"
require jq readelf nm
case $MKSCRATCH in
*/asan/* | */tsan/* | */cov/* | */debug/*) skip_all 'cannot: this is no release build' ;;
esac

run mk doctor --json "$MKSCRATCH"
is "$(jq -r '.hardening | "\(.pie) \(.relro) \(.nx) \(.canary) \(.fortify) \(.rwx) \(.loose_paths | length)"' "$out")" \
	'true full true true true false 0' 'position-independent, full RELRO, no executable stack, canaries, fortified calls, no search path'
run readelf -lW "$MKSCRATCH"
is "$(grep -c 'GNU_STACK.* RW ' "$out") $(grep -c ' RWE ' "$out") $(grep -c 'GNU_RELRO' "$out")" '1 0 1' 'its segments say the same'
run readelf -dW "$MKSCRATCH"
like "$(grep -o 'BIND_NOW\|NOW' "$out" | head -n 1)" NOW 'all is bound before it starts'
is "$(grep -c 'RPATH\|RUNPATH\|TEXTREL' "$out")" 0 'no search path, no relocation in code'
if [ "$(uname -m)" = x86_64 ]; then
	# What else is linked into it may not have it; our own objects do.
	faults=
	for o in "$BUILD"/release/src/*/*.o; do
		readelf -n "$o" | grep -q 'IBT, SHSTK' || faults="$faults $o"
	done
	is "$faults" '' 'branches may land only where they are meant to, and returns have a second stack, in all of our objects'
fi
# libcrypto, where it is part of the program, has some of them for what is never asked of it.
run nm -u "$BUILD/release/libmkscratch.a"
is "$(grep -cw 'U memcpy' "$out" | sed 's/[1-9].*/some/')" some 'what our own objects call is told'
for symbol in gets system popen execve execvp dlopen; do
	is "$(grep -cw "U $symbol" "$out")" 0 "$symbol is not called"
done
done_testing
