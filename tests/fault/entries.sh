#!/usr/bin/env bash
# In short, as part of all tests; `make torture` runs the long form. See entries.py.
. "$(dirname "$0")/../lib.sh"
require python3 cc
case $MKSCRATCH in
*/asan/* | */tsan/* | */cov/* | */debug/*) skip_all 'cannot: this is no release build, of which the memory is another' ;;
esac
python3 "$TOP/tests/fault/entries.py"
exit
