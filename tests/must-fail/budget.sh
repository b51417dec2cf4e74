#!/usr/bin/env bash
# Images that outgrow their budgets: not written, and told why.
. "$(dirname "$0")/../lib.sh"
require cc jq python3 strip
printf 'int main(void){return 0;}\n' >app.c
cc -g -static -o app app.c || skip_all "cannot: no static libc"
head -c 300000 /dev/zero >zeros

for bad in '' 0 x 12X 1.2345M 1. .5M 1.5 12Bi 12iB 1MM -1 ' 1' 12M2 99999999999999999999; do
	must_fail 2 "--max-size $bad: not a size" 'a number and k, M, G (thousands) or Ki, Mi, Gi (1024): --max-size 500k, 12M, 1.5G or 1Gi' -- --bin app --max-size "$bad" -o x.tar
done

for good in 100M 100m 100MB 100mb 100Mi 100mib 0.1G 100000k 1t 999999999; do
	t "--max-size $good is a size" mk --bin app --max-size "$good" --print plan -o x.tar
done
is "$(mk --bin app --max-size 1.5m --print plan -o x.tar | jq .max_size) $(mk --bin app --max-size 0.5Ki --print plan -o x.tar | jq .max_size)" '1500000 512' \
	'... with decimals'

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

# Over a base its files count as well, but for those that are replaced.
mk --bin app:/old --file zeros:/srv/zeros --file app.c:/srv/code -q -o below.tar
run mk --base below.tar --bin app:/new --file app.c:/srv/zeros --max-size 10k -o x.tar
is "$status $(sed -n 3,4p "$err" | sed 's/^ *[0-9.]* .B *//' | sort | xargs)" '3 /new /old (of the base)' 'files of the base are told'
is "$(grep -c '/srv/zeros (of the base)' "$err")" 0 '... but for those that have been replaced'
mk --bin app:/new -q --no-record -o small.tar
run mk --base below.tar --bin app:/new --no-record --max-growth 5% --baseline small.tar -q -o x.tar
like "$(grep -F /old "$err" | tr -s ' ')" '^ [+][0-9.]+ .B /old [(]new[)] [(]of the base[)]$' 'what a base brought has grown, too'

# An earlier image of one layer, which is an empty file: 0 bytes before compression.
: >nothing && python3 "$TOP/tests/integration/make_image.py" empty.tar v1 \
	"{\"architecture\":\"$(mk --bin app --json -n -o x | jq -r '.platform[6:]')\",\"os\":\"linux\"}" nothing
run mk --bin app --max-growth 5% --baseline empty.tar -o x.tar
like "$status $(head -n 1 "$err")" '^3 mkscratch: --max-growth: the image has grown since empty.tar [(]from 0 to [0-9]+ bytes before compression; the limit is 0[)]$' \
	'what grew from nothing has no percentage'

# Growth since an earlier image.
for bad in '' 5 % 5.% .5% 5.123% -1% 5%% '5 %' 10001% x; do
	must_fail 2 "--max-growth $bad: not a percentage from 0% to 10000%" '--max-growth 5% or 0.5%' -- \
		--bin app --max-growth "$bad" --baseline fits.tar -o y.tar
done
must_fail 2 '--max-growth: since when? no --baseline given' '--max-growth 5% --baseline old.tar' -- --bin app --max-growth 5% -o y.tar
must_fail 2 '--baseline: nothing to hold it against, no --max-growth given' '--max-growth 5% --baseline old.tar' -- \
	--bin app --baseline fits.tar -o y.tar
must_fail 2 '--baseline: the value is empty' -- --bin app --max-growth 5% --baseline= -o y.tar
must_fail 3 '--baseline: none.tar: no such image' 'where there is no earlier image yet, leave --max-growth and --baseline out' -- --bin app --max-growth 5% --baseline none.tar -o y.tar
mk --bin app -q --no-record -o old.tar
was=$(mk --bin app --no-record --json -o old.tar | jq .size)
head -c 20000 /dev/urandom >noise && head -c 1000 /dev/urandom >bit
grow() { mk --bin app --no-record --max-growth "$1" --baseline "${3:-old.tar}" --file "$2:/srv/file" -q -o y.tar; }
run grow 5% noise
like "$(head -n 1 "$err")" "^mkscratch: --max-growth: the image has grown by [0-9.]+% since old.tar \(from $was to [0-9]+ bytes; the limit is $((was + was * 5 / 100))\)\$" \
	'growth is told with what it was and with what is allowed'
read -r told to < <(sed -nE '1s/.* by ([0-9]+)\.([0-9]+)% .* to ([0-9]+) bytes.*/\1\2 \3/p' "$err")
is "$((10#$told))" "$(((to - was) * 10000 / was))" '... and the figures add up'
is "$status $(sed -n 2,3p "$err" | tr -s ' ' | xargs)" '3 what grew, before compression: +20.0 kB /srv/file (new)' '... and with what grew'
t '... and nothing is written' test ! -e y.tar
t 'what has grown less is written' grow 50% noise
t '... as what has not grown' bash -c '"$MKSCRATCH" --bin app --no-record --max-growth 0% --baseline old.tar -q -o same.tar'
t 'the baseline may be what is replaced' bash -c 'cp same.tar z.tar && "$MKSCRATCH" --bin app --no-record --max-growth 0% --baseline z.tar -q -o z.tar'
mk --bin app --file noise:/srv/file -q --no-record -o old2.tar && { cat noise; head -c 20000 /dev/urandom; } >noise2
run grow 1% noise2 old2.tar
is "$(sed -n 3p "$err" | tr -s ' ')" ' +20.0 kB /srv/file (40.0 kB, was 20.0 kB)' 'a file that grew is told with what it was'
mk --bin app -q --no-record --compress none -o plain.tar
t 'a baseline without compression is compared by its plain bytes' grow 50% bit plain.tar
run grow 0% noise plain.tar
like "$(head -n 1 "$err")" ' bytes before compression; the limit is [0-9]+\)$' '... which is said'
if command -v zstd >/dev/null; then
	mk --bin app -q --no-record --compress zstd -o zstd.tar
	t '... and one of another compression too' grow 0.5% bit zstd.tar
	run grow 0% noise zstd.tar
	like "$(head -n 1 "$err")" ' bytes before compression; the limit is [0-9]+\)$' '... which is said'
fi
run mk --bin app --no-record -l "a=$(head -c 500 /dev/zero | tr '\0' x)" --max-growth 0% --baseline old.tar -q -o y.tar
is "$status $(sed -n 2p "$err")" '3 no file has grown: names, config or record have, or the compression is another' 'growth that is no file'"'"'s is told as that'
run mk --bin app --max-size 1k --max-growth 0% --baseline old.tar -n
is "$status $(cat "$err")" '0 warning: --dry-run: nothing is compressed, so --max-size is not looked at' 'a dry run says what it does not know'
run mk --bin app --max-growth 0% --baseline old.tar -n
is "$status $(cat "$err")" '0 warning: --dry-run: nothing is compressed, so --max-growth is not looked at' '... of growth too'
# Layouts: the tag that is replaced may be the baseline, and stays what it was when the new image is too large.
mk --bin app --no-record -q -t app:v1 -o layout/ && cp -r layout before
run mk --bin app --no-record --file noise:/srv/file --max-growth 1% --baseline layout:v1 -q -t app:v1 -o layout/
is "$status" 3 'a tag of a layout is the baseline'
t '... and is left as it was' diff -r before layout
t '... or is replaced' mk --bin app --no-record --file noise:/srv/file --max-growth 100% --baseline layout:v1 -q -t app:v1 -o layout/
like "$(mk ls layout:v1)" 'srv/file' '... by the new one'
# Of several platforms each is held against its own.
if [ "$(uname -m)" = x86_64 ] && command -v aarch64-linux-gnu-gcc >/dev/null; then
	mkdir arm64 && aarch64-linux-gnu-gcc -static -o arm64/app app.c && mkdir amd64 && cp app amd64/
	both=(--bin amd64/app --bin arm64/app --no-record)
	mk "${both[@]}" -q -o both.tar && mk --bin arm64/app --no-record -q -o arm64.tar
	t 'of several platforms each may be as large as it was' mk "${both[@]}" --max-growth 0% --baseline both.tar -q -o y.tar
	run mk "${both[@]}" --max-size 1k -o x.tar
	like "$(head -n 1 "$err")" '^mkscratch: --max-size: the image for linux/amd64 is larger [(]' '... and the one that is too large is named'
	run mk "${both[@]}" --file noise:/srv/file --max-growth 1% --baseline both.tar -o x.tar
	like "$(head -n 1 "$err")" '^mkscratch: --max-growth: the image for linux/amd64 has grown by ' '... or has grown too much'
	must_fail 3 '--baseline: arm64.tar: no image for linux/amd64' 'it has linux/arm64' -- "${both[@]}" --max-growth 1% --baseline arm64.tar -o x.tar
	must_fail 3 '--baseline: old.tar: no image for linux/arm64' 'it has linux/amd64' -- \
		--bin arm64/app --no-record --max-growth 1% --baseline old.tar -o x.tar
else
	skip 'of several platforms each may be as large as it was' 'aarch64-linux-gnu-gcc is not installed, or this is not x86_64'
fi
if command -v skopeo >/dev/null; then
	skopeo copy -q oci-archive:old.tar docker-archive:skopeo.tar:me/app:v1
	t 'a baseline of another tool' grow 50% noise skopeo.tar
fi
done_testing
