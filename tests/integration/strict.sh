#!/usr/bin/env bash
# --strict: what was warned of is not written, and the exit status says so. Warnings of the run are no matter.
. "$(dirname "$0")/../lib.sh"
require cc jq python3
cc -static -x c -o app - <<<'int main(void) { return 0; }' || skip_all "cannot: no static libc"

hint='hint: mend what is warned of; without --strict it is told and no more'
secret='warning: --env DB_PASSWORD: is a secret by its name; whoever has the image can read it: give it when a container is started'
one=$secret$'\nmkscratch: --strict: 1 warning, none is allowed\n'$hint
warned=(--bin app -e DB_PASSWORD=hunter22 --strict)
strict() { # NAME WHAT-IS-SAID ARG...: exit status 1, nothing on stdout, all files as they were
	local name=$1 want=$2 before
	shift 2
	before=$(snapshot)
	run "$MKSCRATCH" "$@"
	is "$status $(wc -c <"$out") $(cat "$err")" "1 0 $want" "$name"
	is "$(snapshot)" "$before" '... and nothing is touched'
}

strict 'a warning is an error' "$one" "${warned[@]}" -o x.tar
strict '... for a new layout' "$one" "${warned[@]}" -o new/
strict '... for several outputs' "$one" "${warned[@]}" -o x.tar -o new/ -o other/
strict '... on standard output' "$one" "${warned[@]}" -o -
strict '... with -q as well' "$one" "${warned[@]}" -q -o x.tar
strict '... with --json' "$one" "${warned[@]}" --json -o x.tar
strict '... with -n' "$one" "${warned[@]}" -n
strict '... with -n -q' "$one" "${warned[@]}" -n -q
strict '... with -n --json' "$one" "${warned[@]}" -n --json
for what in plan rootfs config; do
	strict "... with --print $what" "$one" "${warned[@]}" --print $what -o x.tar
done
mk --bin app --dir /old -q -o old.tar -o old/
strict '... and what was there stays' "$one" "${warned[@]}" -o old.tar -o old/
run bash -c 'exec 3>fd; "$MKSCRATCH" "$@" -o /dev/fd/3' - "${warned[@]}"
is "$status $(wc -c <fd)" '1 0' '... and on a descriptor nothing is written'
strict 'all that is warned of counts' "warning: --entrypoint /none: is not in the image
$secret
mkscratch: --strict: 2 warnings, none is allowed
$hint" "${warned[@]}" --entrypoint /none -q -o x.tar

# What is only told behind the image, in the common case, is told before.
mkdir lib
echo 'int SSL_CTX_set_default_verify_paths(void *c) { return !c; }' | cc -shared -Wl,-soname,libssl.so.3 -o lib/libssl.so -x c -
ln -s libssl.so lib/libssl.so.3
echo 'int SSL_CTX_set_default_verify_paths(void *); int main(void) { return SSL_CTX_set_default_verify_paths(0); }' >tls.c
cc -o tls tls.c -Llib -lssl
needs="warning: tls: requires certificates, and the image has none (SSL_CTX_set_default_verify_paths imported by the program); add \
--certs, or --auto
mkscratch: --strict: 1 warning, none is allowed
$hint"
tls=(--bin tls --library-path "$T/lib" --strict)
strict 'a program that lacks certificates' "$needs" "${tls[@]}" -o x.tar
strict '... -q' "$needs" "${tls[@]}" -q -o x.tar
strict '... -n -j 1' "$needs" "${tls[@]}" -n -j 1
run mk "${tls[@]}" --certs="$TOP/tests/integration/strict.sh" -o x.tar
is "$status $(grep -c warning "$err")" '3 0' 'where there is no image, nothing is warned of'

# The same image with and without.
t 'without a warning the image is written' mk --bin app --strict -o a.tar
mk --bin app -o b.tar >/dev/null
t '... with the same bytes' cmp a.tar b.tar
is "$(mk verify --recipe a.tar)" "$(mk verify --recipe b.tar)" '... and the same recipe'
is "$(mk --bin app --strict -q -o c.tar 2>&1)" '' '... -q says nothing'

# Of the run, not of the image.
echo >file
run mk --bin app --strict --cache file -o a.tar
is "$status $(cat "$err")" '0 warning: cache file: cannot open (Not a directory); nothing is cached' 'a cache is no matter'
run mk --bin app --strict --max-size 1k -n
is "$status $(cat "$err")" '0 warning: --dry-run: nothing is compressed, so --max-size is not looked at' '... nor is what a dry run leaves out'
run mk --bin app --strict --cache file -q -o a.tar
is "$status $(cat "$err")" '0 ' '... and -q holds for those'

# What becomes of it in a layout.
mk --bin app -t a/app:v1 -q -o layout/
strict 'a tag that would stand for two names' 'warning: layout: tag v1 now stands for both docker.io/a/app:v1 and docker.io/b/app:v1; readers that choose by tag alone find it ambiguous
mkscratch: --strict: 1 warning, none is allowed
'"$hint" --bin app -t b/app:v1 --strict -o layout/ -o x.tar
strict "Docker's types in a directory" "warning: new: in a directory, umoci and skopeo (by tag) may pass over an image of Docker's media types; in a tar it is found
mkscratch: --strict: 1 warning, none is allowed
$hint" --bin app --media-types docker --strict -o new/ -o x.tar
t '... are no matter in a tar' mk --bin app --media-types docker --strict -o docker.tar
t 'a tag that stands for one name is fine' mk --bin app --dir /new -t a/app:v1 --strict -o layout/

# Several images: those of several platforms are one, and what goes for all is said and counted once.
python3 - <<'EOF'
import struct
d = bytearray(open("app", "rb").read())
d[18:20] = struct.pack("<H", 183)
open("other", "wb").write(d)
EOF
chmod +x other
strict 'of two platforms a warning counts once' "warning: --entrypoint /none: is not in the image
mkscratch: --strict: 1 warning, none is allowed
$hint" --bin app:/app --bin other:/app --entrypoint /none --strict -o x.tar
cat >c.json <<'EOF'
{ "bin": "./app", "strict": true, "targets": {
  "one": { "output": "one.tar" },
  "two": { "output": "two.tar", "env": { "DB_PASSWORD": "hunter22" } },
  "three": { "output": "three.tar", "env": { "DB_PASSWORD": "hunter22" }, "strict": false } } }
EOF
strict 'a config file may ask for it' "${one/mkscratch: /mkscratch: target two: }" --config c.json --target two
run mk --config c.json
is "$status $(find . -name one.tar -o -name two.tar)" '1 ./one.tar' '... and the target before stays'
t '... of one target it may be taken back' mk --config c.json --target three
is "$(mk --bin app --strict --print config -o x.tar | jq .strict)" true '--print config has it'

# The other verbs.
mk --bin app -e DB_PASSWORD=hunter22 -q -o s.tar
run mk verify s.tar
is "$status" 0 'verify notes'
run mk verify --strict s.tar
is "$status $(cat "$err") $(grep -c '^·' "$out")" '1 mkscratch: s.tar: --strict: 1 note, none is allowed 1' '... and fails when it is strict'
run mk verify --strict -q s.tar a.tar
is "$status $(cat "$out")" '1 s.tar:
· secrets: config: Env DB_PASSWORD: is a secret by its name' '... -q tells the note, and no other image'
run mk verify --strict --json s.tar
is "$status $(jq -c '[.ok, (.checks[] | select(.ok | not) | [.check, .note])]' "$out")" '1 [false,["secrets",true]]' '... --json'
t '... which a sound image passes' mk verify --strict a.tar
mk --bin other:/app -q -o other.tar
strict index "warning: --annotation db.password: is a secret by its name; whoever has the image can read it: give it when a container is started
mkscratch: --strict: 1 warning, none is allowed
$hint" index -t app --strict --annotation db.password=hunter22 -o all.tar a.tar other.tar
t '... of which nothing is warned' mk index -t app --strict -o all.tar a.tar other.tar
cc -shared -Wl,-soname,libgone.so -o lib/libgone.so -x c - <<<'int gone(void) { return 0; }'
cc -o gone -x c - -Llib -lgone <<<'int gone(void); int main(void) { return gone(); }'
run mk deps --strict --dlopen fido2 gone
is "$status $(grep -c -- --strict "$err")" '4 0' 'what deps misses is worse than a warning'
run mk deps --strict --library-path "$T/lib" --dlopen fido2 tls
is "$status $(sed -n 1p "$out" | cut -d: -f1) $(cat "$err")" "1 tls warning: --dlopen fido2: no file here has any feature
mkscratch: --strict: 1 warning, none is allowed
$hint" '... which has its result all the same'
t '... and is fine without one' mk deps --strict --library-path "$T/lib" tls

# On a terminal the line of the progress is gone when something is said in the middle of the run.
. "$TOP/tests/spec/common.sh"
blocks large 4000000
for _ in 1 2 3; do cat large "$(type -P bash)"; done >long
TERM=xterm "$python" "$TOP/tests/integration/progress.py" "$MKSCRATCH" "${warned[@]}" --file long:/long --compress gzip:12 -j 1 --no-cache -o x.tar >seen.json
is "$(jq -r '[.raw | contains("compressing")] + [.status] | join(" ")' seen.json)" 'true 1' 'how far it is was shown'
is "$(jq -r '.screen | join("") | gsub(" "; "")' seen.json)" "$(tr -d '\n ' <<<"$one")" '... and nothing of it stays'

done_testing
