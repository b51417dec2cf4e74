#!/usr/bin/env bash
# The loaders' rules, each with a small tree of its own: what is expected, what ld.so and musl say, and what we say.
. "$(dirname "$0")/../lib.sh"
require python3 unshare
[ "$(uname -m)" = x86_64 ] || skip_all 'cannot: the files that are made are for x86-64'
unshare -rm true 2>/dev/null || skip_all 'cannot: no mount namespaces here'
own=(unshare --mount)
[ "$(id -u)" = 0 ] || own=(unshare -rm)

rules() { # LIBC LOADER
	local line ended
	[ -x "$2" ] || { skip "rules of $1" "$2 is not here"; return; }
	"${own[@]}" python3 "$TOP/tests/oracle/rules.py" "$1" "$2" >tap 2>"$err"
	ended=$?
	while read -r line; do
		case $line in
		*' # SKIP '*) line=${line#ok * - } && skip "$1: ${line%% # SKIP *}" "${line##* # SKIP }" ;;
		'ok '*) pass "$1: ${line#ok * - }" ;;
		'not ok '*) fail "$1: ${line#not ok * - }" ;;
		'#'*) echo "$line" ;;
		esac
	done <tap
	is "$ended $(tail -n 1 tap | grep -c '^1\.\.')" '0 1' "$1: all of them were tried"
	head -n 20 "$err" | comment
}
rules glibc /lib64/ld-linux-x86-64.so.2
rules musl /lib/ld-musl-x86_64.so.1
done_testing
