#!/usr/bin/env bash
# Every document and every blob of an image, bent in many ways, is refused with the right exit status.
. "$(dirname "$0")/../lib.sh"
require python3
mk -q --bin "$(type -P true)" --dir /data -t app:v1 -t registry.example/app:v2 -o img.tar -o layout/
t whole_it_passes mk verify img.tar layout
run python3 "$TOP/tests/fault/tamper.py" "$MKSCRATCH" img.tar layout "${MSK_TAMPER:-120}"
is "$status" 0 "$(tail -n 1 "$out")"
[ "$status" = 0 ] || comment <"$out"
t mended_again_it_passes mk verify layout
done_testing
