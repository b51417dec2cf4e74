#!/usr/bin/env bash
# See sentences.py.
. "$(dirname "$0")/../lib.sh"
require python3 cc
python3 "$TOP/tests/fault/sentences.py"
exit
