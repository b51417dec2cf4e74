#!/usr/bin/env bash
# Images that outgrow their budgets: not written, and told why.
. "$(dirname "$0")/../lib.sh"
require cc jq strip
printf 'int main(void){return 0;}\n' >app.c
cc -g -static -o app app.c || skip_all "cannot: no static libc"
head -c 300000 /dev/zero >zeros

for bad in '' 0 x 12X 1.5M -1 ' 1' 12M2 99999999999999999999; do
	must_fail 2 "--max-size $bad: not a size" '--max-size 500k, 12M or 1Gi' -- --bin app --max-size "$bad" -o x.tar
done

size=$(mk --bin app --file zeros:/srv/zeros --json -o fits.tar | jq .size)
limited() { mk --bin app --file zeros:/srv/zeros --max-size "$@"; }
must_fail 3 "--max-size: the image is larger ($size vs $((size - 1)) bytes)" \
	'nothing was written; --print rootfs lists every file and why it is there' -- \
	--bin app --file zeros:/srv/zeros --max-size $((size - 1)) -o x.tar
like "$(sed -n 2,3p "$err" | xargs)" '^the largest files, before compression: [0-9.]+ .B /app$' 'the largest file stands first'
is "$(sed -n 4p "$err")" '  300.0 kB  /srv/zeros' '... then the others'
like "$(cat "$err")" '^  /app would be [0-9.]+ .B less when stripped: strip$' 'what strip would save is told'
run limited 1k -o fits.tar -o layout/
is "$status $(find layout 2>/dev/null | wc -l)" '3 0' 'no layout is made'
t '... and the old archive is whole' mk verify -q fits.tar
run bash -c '"$MKSCRATCH" --bin app --max-size 1k -o - | wc -c'
is "$(cat "$out")" 0 'nothing comes on stdout'
t 'an image that just fits is written' limited "$size" -o x.tar
t '... with the bytes it would have had' cmp x.tar fits.tar
strip app
run limited 1k -o x.tar
is "$status $(grep -c stripped "$err")" '3 0' 'of a stripped program nothing is said'
done_testing
