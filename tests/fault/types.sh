#!/usr/bin/env bash
# Members of documents of another JSON type are refused, and the error names the document and the member.
. "$(dirname "$0")/../lib.sh"
require python3
run python3 -B "$TOP/tests/fault/types.py"
is "$status" 0 "the right member is blamed: $(tail -n 1 "$out")"
[ "$status" = 0 ] || comment <"$out"
[ "$(sed -n 's/ cases.*//p' "$out")" -gt 300 ]
is $? 0 '... of some hundred'
done_testing
