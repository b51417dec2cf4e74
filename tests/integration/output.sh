#!/usr/bin/env bash
# Outputs: archives, layouts, standard output; what was there before stays until the new one is whole.
. "$(dirname "$0")/../lib.sh"
require jq cc sha256sum
printf 'int main(void){return 0;}\n' >app.c
cc -static -o app app.c || skip_all "cannot: no static libc"

digest_of() { mk --bin app --json "$@" | jq -r .digest; }
tags_in() { jq -r '.manifests[].annotations["io.containerd.image.name"]' "$1/index.json" | sort; }

mk --bin app -q -o a.tar
mk --bin app -q -o - >b.tar
t 'the archive on stdout is the archive in a file' cmp a.tar b.tar
run mk --bin app -o -
like "$(cat "$err")" '^-: app:latest linux/[^ ]+ sha256:[0-9a-f]{64} ' 'with -o - the summary goes to stderr'
is "$(tar tf a.tar | head -5 | xargs)" 'oci-layout index.json manifest.json blobs/ blobs/sha256/' 'documents come first'
is "$(tar tf a.tar | tail -n 2)" "$(tar xOf a.tar manifest.json | jq -r '.[].Config'
	tar xOf a.tar index.json | jq -r '.manifests[].digest | sub(":"; "/") | "blobs/" + .')" 'layers, then config, then manifest'
t 'each blob hashes to its name' bash -c 'mkdir x && tar xf a.tar -C x && cd x/blobs/sha256 &&
	for b in *; do [ "$(sha256sum <$b | cut -d" " -f1)" = "$b" ] || exit 1; done'
is "$(tail -c 1024 a.tar | tr -d '\0' | wc -c)" 0 'two zero blocks end it'

mk --bin app -q -o l/ -t app:v1
mk --bin app -q -o l -t app:v2 -t other/app:v3
is "$(tags_in l | xargs)" 'docker.io/library/app:v1 docker.io/library/app:v2 docker.io/other/app:v3' 'tags are added to a layout'
mk --bin app -q -o l -t app:v1 -l k=v
is "$(jq '.manifests | length' l/index.json)" 3 'a tag that was there is replaced'
t 'a layout of several images verifies' mk verify l
run mk --bin app -o l -t else/where:v1
like "$(cat "$err")" '^warning: l: tag v1 now stands for both docker.io/library/app:v1 and docker.io/else/where:v1' \
	'a tag that becomes ambiguous is warned about'
jq '.manifests[0].annotations.mine = "kept" | .annotations = {"a":"b"}' l/index.json >i && mv i l/index.json
mk --bin app -q -o l -t fresh:v9
is "$(jq -r '.manifests[0].annotations.mine + .annotations.a' l/index.json)" keptb 'what others wrote into the index stays'

digest=$(jq -r '.manifests[0].digest' l/index.json | cut -d: -f2)
printf x >"l/blobs/sha256/$digest"
mk --bin app -q -o l -t app:v1 -l k=v
is "$(sha256sum <"l/blobs/sha256/$digest" | cut -d' ' -f1)" "$digest" 'a torn blob is repaired'

mk --bin app -q -o m1.tar -o m2.tar -o m3/
t 'several outputs are one image' cmp m1.tar m2.tar
is "$(jq -r '.manifests[0].digest' m3/index.json)" "$(digest_of -o n.tar)" 'a layout holds the same manifest as an archive'

# What has the bytes already stays, with the present time, whatever it was made by and whatever is made beside it.
touch -d @1000 m1.tar m2.tar
before=$(stat -c %i m1.tar) other=$(stat -c %i m2.tar)
run mk --bin app -v -o m1.tar
like "$(cat "$err")" 'm1\.tar: unchanged, left as it was' 'an archive that is there already is told'
is "$(stat -c %i m1.tar) $(($(stat -c %Y m1.tar) > 1000))" "$before 1" '... stays, and is up to date for make'
run mk --bin app -v -o m1.tar -o m2.tar -o n2.tar -o m3/
is "$(stat -c %i m1.tar m2.tar | xargs) $(grep -c 'unchanged' "$err")" "$before $other 2" '... each of several'
t '... beside one that is new' cmp n2.tar m1.tar
mk --bin app -q -l new=1 -o n2.tar -o m1.tar
t 'one that differs late is replaced' test "$(stat -c %i m1.tar)" != "$before"
t '... by what is written elsewhere' cmp n2.tar m1.tar
head -c 20000 a.tar >half.tar && cat a.tar a.tar >twice.tar
mk --bin app -q -o half.tar -o twice.tar
t 'one that is a part of it is completed' cmp half.tar a.tar
t 'one that is more is cut' cmp twice.tar a.tar
t 'nothing is left beside them' test -z "$(find . -name '*.mkscratch-*')"

ln -s real.tar link.tar && echo old >real.tar
mk --bin app -q -o link.tar
t 'an output that is a link is written through' test -L link.tar -a "$(wc -c <real.tar)" -gt 1000
ln -s there/new.tar dangling.tar && mkdir there && ln -s ../dangling.tar there/chain.tar
mk --bin app -q -o dangling.tar
t 'an output that is a link to nothing makes what it leads to' cmp there/new.tar a.tar
rm there/new.tar && mk --bin app -q -o there/chain.tar
t '... also by way of another link' test -L dangling.tar -a -L there/chain.tar -a -f there/new.tar
mk --bin app -q -o ./oci:odd:name
t 'a name that looks like a transport is one behind ./' cmp oci:odd:name a.tar
mkfifo fifo && { cat fifo >from-fifo & } && mk --bin app -q -o fifo && wait
t 'a FIFO is written to directly' cmp from-fifo a.tar
for name in /dev/stdout /dev/fd/1 /proc/self/fd/1; do
	t "$name is standard output, and the summary goes to stderr" \
		bash -c '"$MKSCRATCH" --bin app -o "$1" 2>said | cmp - a.tar && grep -q "^$1: app:latest " said' - "$name"
done
{ cat fifo >from-fifo & } && mk --bin app -o fifo >fifo 2>said && wait
t 'nothing follows the archive in a FIFO that is standard output too' cmp from-fifo a.tar
{ cat fifo >from-fifo & } && mk --bin app -o fifo >said && wait
t 'in another FIFO neither' cmp from-fifo a.tar
like "$(cat said)" '^fifo: app:latest ' '... and then the summary is on stdout'
mk --bin app -o >(cat >from-shell) >said && wait $!
t 'a pipe that a shell names' cmp from-shell a.tar
like "$(cat said)" '^/dev/fd/[0-9]+: app:latest ' '... and the summary is on stdout'
run bash -c '"$MKSCRATCH" --bin app --require-sandbox -o >(cat >from-shell) && "$MKSCRATCH" --bin app -q -o /dev/stderr 2>&1 >/dev/null | cmp - a.tar'
is "$status" 0 '... in the sandbox, too, and one that is standard error'
"$MKSCRATCH" --bin app -q -o /dev/fd/9 9>by-number
t 'a descriptor by its number, which a file may be' cmp by-number a.tar
ln -s /dev/fd/9 ninth
for name in /dev/fd/9 /proc/self/fd/9 /proc/thread-self/fd/9 /dev/../dev/fd/9 ninth; do
	echo before >into
	"$MKSCRATCH" --bin app -q -o "$name" 9>>into && echo after >>into
	t "$name: what is opened for appending is appended to" cmp into <(echo before; cat a.tar; echo after)
	(echo before; "$MKSCRATCH" --bin app -q -o "$name"; echo after) 9>into >&9
	t '... and what is written into is written on' cmp into <(echo before; cat a.tar; echo after)
done
# shellcheck disable=SC2016
run bash -c 'exec "$MKSCRATCH" --bin app --require-sandbox -o "/proc/self/task/$$/fd/9" 9>into >&9'
like "$(cat "$err")" '^/proc/self/task/[0-9]+/fd/9: app:latest ' 'with standard output in the same file the summary is on stderr'
t '... by the name that a thread has for it, and in the sandbox' cmp into a.tar
mkdir opened && "$MKSCRATCH" --bin app -q -o /dev/fd/9 9<opened
t '... which a directory may be' mk verify opened
python3 -c 'import os, sys; os.set_blocking(1, False); os.execvp(sys.argv[1], sys.argv[1:])' "$MKSCRATCH" --bin app -q -o - |
	(sleep 0.2; cat >slowly)
t 'a pipe that does not wait is waited for' cmp slowly a.tar
mk --bin app -o /dev/null >said
like "$(cat said)" '^/dev/null: app:latest ' 'a device is written to directly'
t '... and stays one' test -c /dev/null
SOURCE_DATE_EPOCH='' mk --bin app -q -o epoch.tar
t 'an empty SOURCE_DATE_EPOCH is none' cmp epoch.tar a.tar
(umask 077 && mk --bin app -q -o private.tar)
is "$(stat -c %a private.tar)" 600 'the umask decides who may read the archive'
t '... and not what is in it' cmp private.tar a.tar
chmod 444 private.tar && mk --bin app -q -l new=1 -o private.tar
is "$(stat -c %a private.tar)" 444 '... and nobody else who might not read or write the one before'
chmod 600 private.tar && mk --bin app -q -l new=2 -o private.tar && mk --bin app -q -l new=2 -o private.tar
is "$(stat -c %a private.tar)" 600 '... whether it is written anew or stays'
(umask 077 && mk --bin app -q -o private/)
is "$(find private -type f ! -name '*.lock' ! -perm 600 -o -type d ! -perm 700)" '' '... and all of a layout'

# Several outputs are all there or none, when it shows late that one cannot be.
mk --bin app -q -o late/ -o late1.tar
cp late1.tar late0.tar && rm late/index.json && mkdir late/index.json
run "$MKSCRATCH" --bin app -q -e NEW=1 -o late1.tar -o late/ -o late2.tar
is "$status $(head -n 1 "$err")" '3 mkscratch: late/index.json: not a regular file' 'a layout turns out broken when it is to be published'
t '... then an archive of the same run is what it was' cmp late1.tar late0.tar
t '... one that was not there is not' test ! -e late2.tar
is "$(find . -name '*.mkscratch-*' | wc -l)" 0 '... and nothing is left'
run bash -c '"$MKSCRATCH" --bin app -o told.tar >/dev/full'
is "$status $(cat "$err")" '5 mkscratch: standard output: write failed (No space left on device)
hint: the image is written all the same; -q says nothing' 'an image is there though its summary cannot be told, and that is said'
t '... and whole' cmp told.tar a.tar

for n in $(seq 8); do
	(for k in 1 2 3 4 5; do mk --bin app -q -o c/ -t "app:t$n-$k" || echo failed >failed; done) &
done
wait
is "$(jq '.manifests | length' c/index.json) $(cat failed 2>/dev/null)" '40 ' '8 processes add 5 tags each and lose none'
t '... and the layout verifies' mk verify c

echo stale >.a.tar.mkscratch-0123456789abcdef
mk --bin app -q -o a.tar
t 'a temporary file that lost its owner goes' test ! -e .a.tar.mkscratch-0123456789abcdef

# A run that adds no blob cleans up beside those there are, and lets live what another still holds.
stale=c/blobs/sha256/.f00.mkscratch-0123456789abcdef live=c/blobs/sha256/.f00.mkscratch-00000000000000aa
echo stale >"$stale" && echo live >"$live"
flock "$live" "$MKSCRATCH" --bin app -q -o c/ -t app:last
is "$(test ! -e "$stale"; echo $?) $(cat "$live")" '0 live' '... beside the blobs of a layout, too, by a run that adds none; a live one stays'
mk --bin app -q -o c/ -t app:last
is "$(find . -name '*.mkscratch-*' | wc -l)" 0 'no temporary file is left'
done_testing
