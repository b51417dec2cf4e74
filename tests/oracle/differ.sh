#!/usr/bin/env bash
# ELF files, tars, images and layers, real ones and altered ones, as we and as readelf, GNU tar, bsdtar, Go, skopeo and umoci read
# them. In short; `make differ` compares more of them and adds the counts to tests/FUZZ.md. See differ.py.
. "$(dirname "$0")/../lib.sh"
require python3 readelf tar bsdtar skopeo umoci setpriv go
[ -x "$BUILD/release/fuzz/facts" ] || skip_all 'cannot: the release build has no facts'
python3 "$TOP/tests/oracle/differ.py"
exit
