#!/usr/bin/env bash
# Ended at any moment: old or new, and nothing left.
. "$(dirname "$0")/../lib.sh"
require python3 cc
python3 "$TOP/tests/fault/kill.py" ${MSK_FULL:+--full}
exit
