#!/usr/bin/env bash
# The closure against the real loader: for the dynamic programs of this machine, `deps --list` names the same files in
# the same order as ld.so does. Debian's own programs are trusted enough to be traced (nothing of them runs).
. "$(dirname "$0")/../lib.sh"
require realpath find

traced() {
	LD_TRACE_LOADED_OBJECTS=1 "$1" "$2" 2>/dev/null |
		sed -n 's/.*=> \(\/.*\) (0x[0-9a-f]*)$/\1/p; s/^\t\(\/[^ ]*\) (0x[0-9a-f]*)$/\1/p'
}

loader=$(mk deps --list /bin/sh | grep -m1 -E '/ld(64|-linux)[^/]*$') || skip_all 'cannot: no glibc loader here'
compared=0 differ=
for program in $(find /usr/bin /usr/sbin -maxdepth 1 -type f -perm -100 | sort | awk 'NR % 3 == 0' | head -n 250); do
	mk deps --list "$program" >ours 2>/dev/null || continue
	[ -s ours ] || continue
	grep -qx -- "$loader" ours || continue
	traced "$loader" "$program" >theirs
	compared=$((compared + 1))
	cmp -s ours theirs || differ="$differ $program"
done
echo "# $compared programs compared"
is "$differ" '' 'the same objects in the same order as ld.so'
like "$compared" '^[1-9][0-9]+$' 'there was something to compare'
done_testing
