#!/usr/bin/env bash
# Random library graphs, resolved by us and by the loaders: search paths and sonames of all kinds, links, hardlinks, what is
# no library, filters, variants for better CPUs, caches. MSK_FUZZ_GRAPHS (a share of it goes to musl) and MSK_FUZZ_SEED set
# how many and which; tests/oracle/fuzz.py shows how one graph is made again.
. "$(dirname "$0")/../lib.sh"
require python3 unshare
[ "$(uname -m)" = x86_64 ] || skip_all 'cannot: the files that are made are for x86-64'
unshare -rm true 2>/dev/null || skip_all 'cannot: no mount namespaces here'
graphs=${MSK_FUZZ_GRAPHS:-3400} seed=${MSK_FUZZ_SEED:-1}
own=(unshare --mount)
[ "$(id -u)" = 0 ] || own=(unshare -rm)

agree() { # LIBC LOADER GRAPHS
	local summary
	[ -x "$2" ] || { skip "$1 and we agree" "$2 is not here"; return; }
	run "${own[@]}" python3 "$TOP/tests/oracle/fuzz.py" "$1" "$2" "$3" "$seed"
	summary=$(tail -n 1 "$out")
	[ "$status" = 0 ] || head -n 40 "$out" "$err" | comment
	like "$summary" '[1-9][0-9]* complete, .* 0 differ$' "$1: $summary"
}
agree glibc /lib64/ld-linux-x86-64.so.2 "$graphs"
agree musl /lib/ld-musl-x86_64.so.1 $((graphs / 2))
done_testing
