#!/usr/bin/env bash
# Outputs that cannot be: the old one stays, nothing is left.
. "$(dirname "$0")/../lib.sh"
require cc
printf 'int main(void){return 0;}\n' >app.c
cc -static -o app app.c || skip_all "cannot: no static libc"

must_fail 5 'none/img.tar: cannot create (No such file or directory)' 'mkdir -p none' -- --bin app -o none/img.tar
must_fail 5 '/none/such/img.tar: cannot create (No such file or directory)' 'mkdir -p /none/such' -- --bin app -o /none/such/img.tar
must_fail 5 'none/more/l/: cannot create (No such file or directory)' 'mkdir -p none/more' -- --bin app -o none/more/l/
cp app file
must_fail 5 'file/: cannot open (Not a directory)' '-o file writes a tar there' -- --bin app -o file/
for fd in /dev/fd /proc/self/fd; do
	for n in 3 4 5 6 7 8 9 123; do
		must_fail 5 "$fd/$n: cannot open (Bad file descriptor)" -- --bin app -o "$fd/$n"
	done
done
must_fail 5 "/proc/thread-self/fd/9: cannot open (Bad file descriptor)" -- --bin app -o /proc/thread-self/fd/9
run bash -c 'echo $$ >own; exec "$MKSCRATCH" --bin app -o "/proc/$$/fd/9"'
is "$status $(head -n 1 "$err")" "5 mkscratch: /proc/$(cat own)/fd/9: cannot open (Bad file descriptor)" '... nor by its process'
rm own
run bash -c 'exec "$MKSCRATCH" --bin app -o "/proc/self/task/$$/fd/9"'
like "$status $(head -n 1 "$err")" '^5 mkscratch: /proc/self/task/[0-9]+/fd/9: cannot open \(Bad file descriptor\)$' '... or its thread'
ln -s /dev/fd/9 nine
must_fail 5 'nine: cannot open (Bad file descriptor)' -- --bin app -o nine
must_fail 5 '/dev/fd/3: cannot open (Bad file descriptor)' -- --bin app -o /dev/fd/3 3<app
ln -s none/img.tar lost
must_fail 5 'lost: cannot create (No such file or directory)' 'mkdir -p ./none' -- --bin app -o lost
must_fail 5 'app/img.tar: cannot create (Not a directory)' -- --bin app -o app/img.tar
mkdir full && echo mine >full/notes
must_fail 3 'full: not an OCI layout (oci-layout is missing)' \
	'name an empty or new directory, or a file: -o full/img.tar' -- --bin app -o full
must_fail 3 '/: not an OCI layout (oci-layout is missing)' 'name an empty or new directory, or a file: -o /img.tar' -- \
	--bin app -o /
ln -s loop loop
must_fail 5 'loop: cannot create (Too many levels of symbolic links)' -- --bin app -o loop
mkfifo "$HOME/idle"
(cd "$HOME" && "$MKSCRATCH" --bin ../app -o idle >said 2>&1; echo "$?" >>said) &
must_fail 2 '--output oci:dir:v1: a path is wanted, not a transport' \
	'-o dir/ for a layout directory, -t for its tag; ./oci:dir:v1 is a file of that name' -- --bin app -o oci:dir:v1
must_fail 2 '--output oci-archive:x.tar:v1: a path is wanted, not a transport' \
	'-o x.tar, which is both archives in one; -t for its tag' -- --bin app -o oci-archive:x.tar:v1
must_fail 2 '--output docker-daemon:app:v1: a path is wanted, not a transport' '-o - | docker load' -- \
	--bin app -o docker-daemon:app:v1
must_fail 2 '--output docker://host/app: a path is wanted, not a transport' \
	'-o img.tar, then: skopeo copy oci-archive:img.tar docker://host/app' -- --bin app -o docker://host/app
must_fail 3 'oci:img.tar: no such image' 'its path alone: img.tar' -- inspect oci:img.tar
mkdir two && echo '{"imageLayoutVersion":"2.0.0"}' >two/oci-layout
must_fail 3 'two: layout version 2.0.0 is not supported' -- --bin app -o two
mkdir bare && echo '{}' >bare/oci-layout
must_fail 3 'bare/oci-layout: imageLayoutVersion is missing' -- --bin app -o bare
mkdir odd && echo '{"imageLayoutVersion":"1.0.0"}' >odd/oci-layout && echo '{"manifests":3}' >odd/index.json
run mk --bin app -o odd
is "$status $(head -n1 "$err")" '3 mkscratch: odd/index.json: not an image index (no list of manifests)' 'an index that is none is refused'
is "$(cat odd/index.json)" '{"manifests":3}' '... and stays as it was'
is "$(find odd -name 'sha256' -prune -o -type f -print | sort | xargs)" 'odd/.mkscratch.lock odd/index.json odd/oci-layout' \
	'... with no blob left behind'
mkdir strange && echo '{"imageLayoutVersion":"1.0.0"}' >strange/oci-layout
echo '{"schemaVersion":2,"manifests":[{},3]}' >strange/index.json
run mk --bin app -o strange
is "$status $(head -n1 "$err")" '3 mkscratch: strange/index.json: manifest 2 is no descriptor' 'an index with an entry that is none is refused'
# As many manifests as readers take: one may take the place of another, none may come beside them.
mk -q --bin app -t full:v1 -o crowd/
jq -c '.manifests += [range(4095) as $i | .manifests[0] | .annotations = {"org.opencontainers.image.ref.name": "t\($i)"}]' crowd/index.json >index &&
	mv index crowd/index.json
"$MKSCRATCH" -q --bin app -e NEW=1 -t full:v1 -o crowd/
is "$? $(jq '.manifests | length' crowd/index.json) $(mk verify -q crowd/:v1 2>&1)" '0 4096 ' 'a tag of a full index may be given anew'
cp crowd/index.json index
run "$MKSCRATCH" --bin app -t full:v2 -o crowd/
is "$status $(xargs <"$err")" \
	'3 mkscratch: crowd/index.json: would have more manifests than readers take (4097 vs 4096) hint: -o ANOTHER/' \
	'... but one more would make it unreadable'
t '... and it stays as it was' cmp index crowd/index.json
must_fail 3 '/dev/null: neither a file nor a directory' -- verify /dev/null
mk -q --bin app -t one.example/app:v1 -o tagged/
run mk --bin app -t two.example/app:v1 -o tagged/
is "$status $(grep '^warning: tagged' "$err")" '0 warning: tagged: tag v1 now stands for both one.example/app:v1 and two.example/app:v1; readers that choose by tag alone find it ambiguous' \
	'a tag that stands for two images is told'
touch new && mkdir fresh
run mk --bin app -o fresh/ -o none/x.tar
is "$status $(find fresh | xargs)" '5 fresh' 'one output that fails leaves the others as they were'
run mk --bin app -o brandnew/ -o none/x.tar
t 'a directory that a failed run made is gone' test ! -e brandnew

# An output that is an input.
cp app victim && ln -s victim alias
must_fail 2 '--output alias: is also an input (--bin victim)' 'write it elsewhere, or remove it first' -- --bin victim -o alias
mkdir packed && echo hi >packed/file
must_fail 2 '--output packed/img.tar: lies in a directory that is packed (--tree packed:/srv)' 'write it elsewhere' -- \
	--bin app --tree packed:/srv -o packed/img.tar
cp app packed/img.tar
must_fail 2 '--output packed/img.tar: lies in a directory that is packed (--tree packed:/srv)' 'write it elsewhere' -- \
	--bin app --tree packed:/srv -o packed/img.tar
must_fail 2 '--output packed/l/: lies in a directory that is packed (--tree ./packed/:/srv)' -- \
	--bin app --tree ./packed/:/srv -o ok.tar -o packed/l/
must_fail 2 '--output packed: is also an input (--tree packed:/srv)' -- --bin app --tree packed:/srv -o packed
must_fail 2 '--output img.tar: lies in a directory that is packed (--tree .:/srv)' -- --bin app --tree .:/srv -o img.tar
ln -s packed way && ln -s packed/later later
must_fail 2 '--output way/img2.tar: lies in a directory that is packed (--tree packed:/srv)' -- \
	--bin app --tree packed:/srv -o way/img2.tar
must_fail 2 '--output packed/img.tar: lies in a directory that is packed (--tree way:/srv)' -- \
	--bin app --tree way:/srv -o packed/img.tar -n
t 'an output beside the tree is none in it' mk --bin app --tree packed:/srv -q -o packed.tar

must_fail 2 '--output later: lies in a directory that is packed (--tree packed:/srv)' -- --bin app --tree packed:/srv -o later

must_fail 2 '--output packed/img.tar: lies in a directory that is packed (--tree packed:/srv)' -- \
	--bin missing --file absent:/a --tree packed:/srv -o packed/img.tar
run bash -c 'exec "$MKSCRATCH" --bin app --tree packed:/srv -o - >packed/by-shell'
is "$status $(head -n 2 "$err" | xargs -d '\n') $(stat -c %s packed/by-shell)" \
	'2 mkscratch: --output -: lies in a directory that is packed (--tree packed:/srv) hint: write it elsewhere 0' \
	'an output in a tree to which a shell leads'
run bash -c 'exec 3>packed/gone && rm packed/gone && exec "$MKSCRATCH" --bin app --tree packed:/srv -o - >&3'
is "$status" 0 '... but for one that is there no more'
rm packed/by-shell

# One file by two names, and what else is read.
same_file() { must_fail 2 "--output $2: is the same file as --output $1" 'leave one of them out' -- --bin app -o "$1" -o "$2"; }
mk --bin app -q -o one.tar && ln -s one.tar soft.tar && ln one.tar hard.tar && ln -s new.tar gone.tar && mkdir dir && ln -s . here
for other in "$PWD/one.tar" dir/../one.tar here/one.tar soft.tar hard.tar; do
	same_file one.tar "$other"
done
same_file new.tar "$PWD/new.tar"
same_file new.tar gone.tar
same_file dir/ "$PWD/dir"
same_file lay/ "$PWD/lay"
"$MKSCRATCH" --bin app -o - -o one.tar 2>said >one.tar
is "$? $(head -n 1 said)" '2 mkscratch: --output one.tar: is the same file as --output -' 'standard output is a file, too'
t 'to a device any number of outputs may go' "$MKSCRATCH" --bin app -q -o /dev/null -o /dev/zero -o "$PWD/../../dev/null"
echo certificate >ca.pem
must_fail 2 "--output $PWD/ca.pem: is also an input (--certs ca.pem)" 'write it elsewhere, or remove it first' -- \
	--bin app --certs=ca.pem -o "$PWD/ca.pem"
must_fail 2 "--output $PWD/ca.pem: is also an input (--cert ca.pem)" -- --bin app --cert ca.pem -o "$PWD/ca.pem"
must_fail 2 '--output ca.pem: is also an input (--certs-for ca.pem)' -- --bin app --certs --certs-for ca.pem -o ca.pem
echo '{ "bin": "app" }' >some.json
must_fail 2 '--output some.json: is also an input (--config some.json)' -- --config some.json -o some.json
mkdir with && echo '{ "bin": "../app", "output": "./mkscratch.json" }' >with/mkscratch.json
run bash -c 'cd with && exec "$MKSCRATCH" build'
is "$status $(head -n1 "$err")" '2 mkscratch: --output ./mkscratch.json: is also an input (--config mkscratch.json)' \
	'... also the one that is there by itself'

# A file system that fills up: a size limit acts like one (EFBIG in place of ENOSPC).
mk --bin app -q -o keep.tar && cp keep.tar before
run bash -c 'ulimit -f 8; "$MKSCRATCH" --bin app -l new=1 -o keep.tar'
is "$status $(head -n1 "$err")" '5 mkscratch: keep.tar: write failed (File too large); previous file kept' 'a write that fails says so'
t '... and the previous file is whole' cmp keep.tar before
is "$(find . -name '*.mkscratch-*' | wc -l)" 0 '... and no temporary file is left'
run bash -c 'ulimit -f 8; "$MKSCRATCH" --bin app -o first.tar'
is "$(head -n1 "$err")" 'mkscratch: first.tar: write failed (File too large)' 'without a previous file none is promised'
run bash -c '"$MKSCRATCH" --bin app -q -o - >/dev/full'
is "$status $(head -n1 "$err")" '5 mkscratch: standard output: write failed (No space left on device)' 'a full stdout is an error'
run bash -c '"$MKSCRATCH" --bin app -q -o - | head -c 10 >/dev/null; exit ${PIPESTATUS[0]}'
is "$status" 5 'a reader of an image that goes away is an error, not a signal'

# What was being read has no part in that.
mk --bin app -q -o full.tar -o fulls/ && gzip -k full.tar
for args in 'index -q -o /dev/full full.tar' 'index -q -o /dev/full full.tar.gz' 'index -q -o /dev/full fulls' \
	'--bin app --base full.tar -q -o /dev/full' '--bin app --base fulls -q -o /dev/full'; do
	# shellcheck disable=SC2086
	run "$MKSCRATCH" $args
	is "$status $(cat "$err")" '5 mkscratch: /dev/full: write failed (No space left on device)' "$args: the output is named"
done
cp keep.tar before
for args in 'index -q -t other:1 -o keep.tar full.tar' '--bin app --base full.tar --no-cache -q -o keep.tar'; do
	run bash -c "ulimit -f 8; exec \"\$MKSCRATCH\" $args"
	is "$status $(cat "$err")" '5 mkscratch: keep.tar: write failed (File too large); previous file kept' "$args: so it is"
	t '... and the previous file is whole' cmp keep.tar before
done
run bash -c '"$MKSCRATCH" cat full.tar /app >/dev/full'
is "$status $(cat "$err")" '5 mkscratch: standard output: write failed (No space left on device)' 'so it is by cat'
mkdir tmp && run bash -c 'ulimit -f 8; export TMPDIR=$PWD/tmp; exec "$MKSCRATCH" verify full.tar'
is "$status $(cat "$err")" "5 mkscratch: staging file in $PWD/tmp: write failed (File too large)
hint: set TMPDIR to a directory on a disk with more room" 'a staging file that fills up is named alone, too'

wait
is "$(cat "$HOME/said")" 'mkscratch: idle: a FIFO that nobody reads (waited 10 s)
hint: have it read meanwhile: docker load <idle
5' 'a FIFO is not waited for for ever'
# A document that nobody would read: one byte of a label is six in JSON.
ones=$(head -c 120000 /dev/zero | tr '\0' '\1')
must_fail 2 'application/vnd.oci.image.config.v1+json: the document is too large for who reads images (4320535 vs 4194304 bytes)' \
	'fewer labels, variables, ports, volumes, annotations or tags' -- --bin app -o img.tar -l "1=$ones" -l "2=$ones" -l "3=$ones" \
	-l "4=$ones" -l "5=$ones" -l "6=$ones"
must_fail 2 'application/vnd.oci.image.manifest.v1+json: the document is too large for who reads images (4320607 vs 4194304 bytes)' -- \
	--compress none --bin app -o img.tar --annotation "1=$ones" --annotation "2=$ones" --annotation "3=$ones" --annotation "4=$ones" \
	--annotation "5=$ones" --annotation "6=$ones"
# ... as are two values for each port.
must_fail 2 'application/vnd.oci.image.config.v1+json: the document is too large for who reads images (258070 vs 200000 values)' -- \
	--bin app -o img.tar -p 1024-65535 -p 1024-65535/udp
# Documents of which each is small enough, and all of them together are not: readers hold all that they read.
seq 100000 | sed 's/.*/"a&=b"/' | paste -sd, | sed 's/.*/{"annotation":[&],"expose":["1024-60000"]}/' >both.json
must_fail 2 'all documents together: too large for who reads images (218014 vs 200000 values)' \
	'fewer labels, variables, ports, volumes, annotations or tags' -- --config both.json --bin app -o img.tar
cp app other && other=0xb7 && [ "$(uname -m)" != aarch64 ] || other=0x3e
printf '%b' "\\x${other#0x}" | dd of=other bs=1 seek=18 conv=notrunc status=none
large=() && for key in 1 2 3 4 5; do large+=(-l "$key=$ones" --annotation "$key=$ones"); done
run "$MKSCRATCH" --compress none --no-record --bin app:/app --bin other:/app -o img.tar "${large[@]}"
like "$status $(cat "$err")" '^2 mkscratch: all documents together: too large for who reads images \(180[0-9]{5} vs 16777216 bytes\)$' \
	'nor do they hold bytes without end'
t '... and nothing is left' test ! -e img.tar
run "$MKSCRATCH" --compress none --bin app:/app --bin other:/app -o img.tar "${large[@]}"
is "$status $(tail -n 1 "$err")" '2 hint: --no-record, or fewer labels, variables, ports, volumes, annotations or tags' '... of which the record may be some'
# An index that nobody would read is not begun, and one that is there not made longer than that; what fits is read again.
tags_file() { seq "$1" "$2" | sed 's/.*/"example.com\/a:&"/' | paste -sd, | sed 's/.*/{"tag":[&]}/' >tags.json; }
tags_file 1 5000
must_fail 2 'too many tags for who reads images (5000 vs 4096)' -- --config tags.json --bin app -o img.tar
must_fail 2 'too many tags for who reads images (5000 vs 4096)' -- --config tags.json --bin app -o images/
tags_file 1 4096
run "$MKSCRATCH" --config tags.json --bin app -o images/
run "$MKSCRATCH" ls images
is "$status" 0 'as many names as an index may have are read again, in a time that grows with their number'
cp images/index.json before
run "$MKSCRATCH" --bin app -t a:one-more -o images/
is "$status $(head -n1 "$err")" '3 mkscratch: images/index.json: would have more manifests than readers take (4097 vs 4096)' \
	'one more is not'
is "$(cmp images/index.json before && echo same)" same '... and the index is what it was'
done_testing
