#!/usr/bin/env bash
# ls and cat: what is in an image, as a program in it finds it, and layer by layer.
. "$(dirname "$0")/../lib.sh"
require jq python3
make() { # OUT LAYER...
	python3 -B "$TOP/tests/integration/make_layers.py" "$@"
}
make a.tar \
	"[('etc', 'dir'), ('etc/passwd', 'file', 'root'), ('etc/old', 'file', 'x'), ('home', 'dir', None, 0o2750),
	('home/file', 'file', 'x' * 1234, 0o4711), ('home/hard', 'hard', 'home/file'), ('tmp', 'dir', None, 0o1777),
	('var/log', 'dir'), ('var/log/a', 'file', 'a'), ('odd', 'file', '', 0o7000)]" \
	"[('etc/.wh.old', 'file', ''), ('etc/link', 'sym', '../home/file'), ('dev/null', 'chr', (1, 3)), ('dev/sda', 'blk'),
	('dev/fifo', 'fifo'), ('./etc/passwd', 'file', 'root2'), ('var/log', 'dir'), ('var/log/.wh..wh..opq', 'file', ''),
	('odd\x1b[1mname', 'file', ''), ('home/file', 'file', 'new'), ('loop', 'sym', 'loop'), ('gone', 'sym', 'etc/old')]"
is "$(mk ls a.tar)" 'drwxr-xr-x 0/0           0 1970-01-01 00:00 dev/
prw-r--r-- 0/0           0 2024-05-01 10:00 dev/fifo
crw-r--r-- 0/0         1,3 2024-05-01 10:00 dev/null
brw-r--r-- 0/0         0,0 2024-05-01 10:00 dev/sda
drwxr-xr-x 0/0           0 2024-05-01 10:00 etc/
lrwxrwxrwx 0/0           0 2024-05-01 10:00 etc/link -> ../home/file
-rw-r--r-- 0/0           5 2024-05-01 10:00 etc/passwd
lrwxrwxrwx 0/0           0 2024-05-01 10:00 gone -> etc/old
drwxr-s--- 1000/12345    0 2024-05-01 10:00 home/
-rw-r--r-- 1000/12345    3 2024-05-01 10:00 home/file
-rw-r--r-- 1000/12345 1234 2024-05-01 10:00 home/hard
lrwxrwxrwx 0/0           0 2024-05-01 10:00 loop -> loop
---S--S--T 0/0           0 2024-05-01 10:00 odd
-rw-r--r-- 0/0           0 2024-05-01 10:00 odd\x1b[1mname
drwxrwxrwt 0/0           0 2024-05-01 10:00 tmp/
drwxr-xr-x 0/0           0 1970-01-01 00:00 var/
drwxr-xr-x 0/0           0 2024-05-01 10:00 var/log/' 'what is left, sorted, names escaped'
is "$(mk ls a.tar /home dev/ | awk '{ print $6 }' | xargs)" 'home/ home/file home/hard dev/ dev/fifo dev/null dev/sda' \
	'PATHs, with what is below them'
is "$(mk ls a.tar etc/link | awk '{ print $6 }')" etc/link 'a link is itself'
is "$(mk ls a.tar / | md5sum)" "$(mk ls a.tar | md5sum)" '/ is all'
mk ls --layers a.tar >layers
is "$(grep -c '' layers) $(sed -n 1p layers | sed 's/[0-9a-f]\{64\}/D/')" '25 layer 1: sha256:D, 10.2 kB, 10.2 kB plain' \
	'--layers has a heading for each'
is "$(sed -n '/^layer 2/,$p' layers | awk 'NR > 1 { print $6 }' | paste -sd ' ')" \
	'etc/.wh.old etc/link dev/null dev/sda dev/fifo ./etc/passwd var/log/ var/log/.wh..wh..opq odd\x1b[1mname home/file loop gone' \
	'... and what stands in it, as it stands'
is "$(mk ls --json a.tar | jq -c '[length, (map(.path) as $p | ($p | sort) == $p)]')" '[17,true]' '--json is one array'
is "$(mk ls --json a.tar /home | jq -c '.[1:]')" '[{"gid":12345,"layer":2,"mode":"0644","mtime":1714557600,"path":"home/file","size":3,"time":"2024-05-01T10:00:00Z","type":"file","uid":1000},{"gid":12345,"layer":1,"mode":"0644","mtime":1714557600,"path":"home/hard","size":1234,"time":"2024-05-01T10:00:00Z","type":"file","uid":1000}]' \
	'... of entries'
is "$(mk ls --layers --json a.tar | jq -c '[.[] | .layer] | group_by(.) | map(length)')" '[10,12]' '--layers --json'
is "$(mk ls --json a.tar dev/null | jq -c '.[] | [.type, .major, .minor]')" '["character device",1,3]' 'a device has its numbers'
make five.tar "[('dev/null', 'chr', (1, 5))]"
make three.tar "[('dev/null', 'chr', (1, 3))]"
like "$(mk diff three.tar five.tar)" '/dev/null  type character device 1,3 -> character device 1,5$' '... which diff looks at'
is "$(mk diff --json three.tar five.tar | jq -c '[.. | objects | select(has("minor")) | .minor]')" '[3,5]' '... in JSON too'
make dates.tar "[('a', 'file', '', 0o644, -1), ('b', 'file', '', 0o644, 0), ('c', 'file', '', 0o644, 253402300800),
	('d', 'file', '', 0o644, -62167219201), ('e', 'file', '', 0o644, 9223372036854775807)]"
is "$(mk ls dates.tar)" '-rw-r--r-- 0/0 0         1969-12-31 23:59 a
-rw-r--r-- 0/0 0         1970-01-01 00:00 b
-rw-r--r-- 0/0 0        10000-01-01 00:00 c
-rw-r--r-- 0/0 0         -001-12-31 23:59 d
-rw-r--r-- 0/0 0 292277026596-12-04 15:30 e' 'any time is a date'
is "$(mk ls --layers dates.tar | tail -n +2 | md5sum)" "$(mk ls dates.tar | md5sum)" '... of a layer too'
is "$(mk ls --json dates.tar | jq -c 'map([.mtime, .time])[:4]')" \
	'[[-1,"1969-12-31T23:59:59Z"],[0,"1970-01-01T00:00:00Z"],[253402300800,null],[-62167219201,null]]' \
	'... in JSON as RFC 3339, where that can write it'
make xattrs.tar "[('f', 'file', 'x', 0o755, 0, {'SCHILY.xattr.user.b': 'hi', 'SCHILY.xattr.user.a': 'x' * 65, 'SCHILY.xattr.user.n\\u202e': '',
	'SCHILY.xattr.security.capability': '\\1\\0\\0\\2\\0\\4' + '\\0' * 14}), ('g', 'file', ''), ('h', 'hard', 'f')]"
is "$(mk ls --json xattrs.tar f | jq -c '.[].xattrs[]')" '{"capabilities":"cap_net_bind_service=ep","hex":"0100000200040000000000000000000000000000","name":"security.capability","size":20}
{"digest":"sha256:9537c5fdf120482f7d58d25e9ed583f52c02b4e304ea814db1633ad565aed7e9","name":"user.a","size":65}
{"hex":"6869","name":"user.b","size":2}
{"hex":"","name":"user.n‮","size":0}' 'extended attributes, capabilities by their names'
is "$(mk ls --json xattrs.tar | jq -c 'map(.xattrs | length)') $(mk ls --json --layers xattrs.tar | jq -c 'map(.xattrs | length)')" \
	'[4,0,4] [4,0,0]' '... which a hard link shares with what it names, and a layer has where it has them'
make empty.tar '[]'
is "$(mk ls empty.tar)$(mk ls --json empty.tar)" '[]' 'an image of nothing'

is "$(mk cat a.tar /etc/passwd)" root2 'cat'
is "$(mk cat a.tar etc/link)" new '... through a symlink, out of its directory'
is "$(mk cat a.tar home/hard | wc -c)" 1234 '... a hard link, to what stood there when it was made'
is "$(mk cat a.tar etc/passwd home/file)" root2new '... several'
is "$(mk cat - etc/passwd <a.tar)" root2 '... of standard input'
make chain.tar "[('l0', 'file', 'bytes')] + [(f'l{i}', 'hard', f'l{i - 1}') for i in range(1, 200)]" "[('.wh.l0', 'file', '')]"
is "$(mk cat chain.tar l199)$(mk verify --json chain.tar | jq -r '.checks[] | select(.check == "links")')" bytes \
	'... through two hundred of them'
make hard.tar "[('a', 'file', 'bytes'), ('b', 'hard', 'a'), ('c', 'hard', 'a'), ('d', 'sym', 'e'), ('f', 'hard', 'd'), ('g', 'dir'),
	('h', 'hard', 'g'), ('i', 'hard', 'j'), ('j', 'file', '')]" "[('.wh.a', 'file', '')]"
is "$(mk ls hard.tar | awk '{ print substr($1, 1, 1), $3, $6, $7, $8, $9 }' | sed 's/ *$//')" '- 5 b
h 0 c link to b
l 0 d -> e
l 0 f -> e
d 0 g/
h 0 h link to g
h 0 i link to j
- 0 j' 'a hard link without its file is the file, the next a link to it; one to a symlink is that'
is "$(mk cat hard.tar b c)" bytesbytes '... with the bytes'
run mk verify hard.tar
is "$status $(grep -c '^✗' "$out")" '3 2' 'what hard links cannot be'
is "$(grep '^✗ links' "$out")" '✗ links: /h: a hard link to a directory (g)
✗ links: /i: a hard link to what comes behind it (j)' '... is told'
unread() { # HOW COMMAND...: with a standard output that nobody reads, and SIGPIPE as it is by default, or ignored
	python3 -c 'import os, subprocess, sys
r, w = os.pipe()
os.close(r)
status = subprocess.call(sys.argv[2:], stdout=w, restore_signals=sys.argv[1] == "default")
sys.exit(status if status >= 0 else 128 - status)' "$@"
}
for args in 'ls a.tar' 'ls --json a.tar' 'cat a.tar etc/passwd' 'inspect a.tar' '--help'; do
	# shellcheck disable=SC2086
	run unread default "$MKSCRATCH" $args
	is "$status $(cat "$err")" '141 ' "$args: a reader that goes away ends it as the signal does, and nothing is said"
done
run unread ignored "$MKSCRATCH" ls a.tar
is "$status $(cat "$err")" '5 mkscratch: standard output: write failed (Broken pipe)' '... where the signal is ignored it is told'
head -c 3000000 /dev/urandom >random
mkdir tree && cp random tree/
printf 'int main(void){return 0;}\n' | cc -static -x c -o app - 2>/dev/null && {
	mk -q --bin app --tree tree:/d --compress zstd -o own.tar -o own/
	mk cat own.tar /d/random >got
	t 'bytes are as they were' cmp got random
	mk cat own/ /app >got
	t 'of a layout too' cmp got app
}

must_fail 2 'ls: no IMAGE given' 'mkscratch ls img.tar' -- ls
must_fail 2 'cat: no IMAGE given' 'mkscratch cat img.tar' -- cat
must_fail 2 'cat: no PATH given' 'mkscratch cat img.tar /etc/passwd' -- cat a.tar
must_fail 2 'ls: --layers lists whole layers, and takes no PATH' -- ls --layers a.tar /etc
must_fail 3 'a.tar: /etc/paswd: not in the image' 'did you mean /etc/passwd?' -- ls a.tar /etc/paswd
must_fail 3 'a.tar: /nothing/of/it: not in the image' -- ls a.tar /nothing/of/it
must_fail 3 'a.tar: /etc/old: not in the image' -- cat a.tar /etc/old
run mk cat a.tar /etc/passwd /home/file /quite/elsewhere
is "$status $(cat "$out" "$err")" '3 mkscratch: a.tar: /quite/elsewhere: not in the image' '... and nothing is printed of the others'
must_fail 3 'a.tar: /etc: is a directory' 'mkscratch ls a.tar /etc' -- cat a.tar /etc
for root in / . // ./; do must_fail 3 "a.tar: $root: is a directory" "mkscratch ls a.tar $root" -- cat a.tar "$root"; done
must_fail 3 'a.tar: ...: not in the image' -- cat a.tar ...
must_fail 3 'a.tar: dev/null: is a character device, which has no content' -- cat a.tar dev/null
must_fail 3 'a.tar: dev/sda: is a block device, which has no content' -- cat a.tar dev/sda
must_fail 3 'a.tar: dev/fifo: is a fifo, which has no content' -- cat a.tar dev/fifo
make to_dir.tar "[('d', 'dir'), ('d/f', 'file', ''), ('l', 'sym', 'd')]"
is "$(mk ls to_dir.tar l | awk '{ print $6 }' | xargs) $(mk ls to_dir.tar l/ | awk '{ print $6 }' | xargs)" 'l d/ d/f' \
	'a link is itself, and with a slash where it leads'
must_fail 3 'a.tar: /loop: a symlink to loop, which leads nowhere' -- cat a.tar /loop
must_fail 3 'a.tar: /gone: a symlink to etc/old, which leads nowhere' -- cat a.tar /gone
make hard.tar "[('a', 'hard', 'b')]"
must_fail 3 'hard.tar: a: a hard link to b, which is not there' -- cat hard.tar a
make dotted.tar "[('./a', 'file', 'x'), ('./b', 'hard', './a')]"
is "$(mk ls --json dotted.tar | jq -c '[.[] | [.path, .link]]')" '[["a",null],["b","a"]]' 'a hard link is told as its path is'
make outside.tar "[('../x', 'file', 'x')]"
must_fail 3 'outside.tar: layer 1: entry "../x" goes through ".."' -- ls outside.tar
must_fail 3 'x.tar: no such image' -- ls x.tar

# Entries whose directory is a link stand where that leads.
make merged.tar "[('usr/lib/z', 'file', 'z'), ('lib', 'sym', 'usr/lib')]" "[('lib/a', 'file', 'a'), ('lib/.wh.z', 'file', '')]"
is "$(mk ls merged.tar | awk '{ print $6 }' | xargs) $(mk cat merged.tar usr/lib/a lib/a)" 'lib usr/ usr/lib/ usr/lib/a aa' \
	'behind a link of a layer below'
make direct.tar "[('usr/lib/z', 'file', 'z'), ('lib', 'sym', 'usr/lib')]" "[('usr/lib/a', 'file', 'a'), ('usr/lib/.wh.z', 'file', '')]"
like "$(mk diff merged.tar direct.tar)" 'nothing but the form' '... which is no other file system'
is "$(mk ls --layers merged.tar | awk '{ print $6 }' | xargs)" '10.2 usr/lib/z lib 10.2 lib/a lib/.wh.z' \
	'... and layers have them as they stand'

# Which image of several.
printf 'int main(void){return 0;}\n' | cc -static -x c -o app - 2>/dev/null && {
	mk -q --bin app --dir /d -o ours/
	python3 -B "$TOP/tests/integration/source_images.py" ours platforms several
	must_fail 3 'several: 4 images (linux/amd64, linux/arm64, linux/arm/v7, linux/arm/v6)' \
		'choose one: --platform linux/amd64' -- ls several
	must_fail 3 'several: no image for linux/s390x' 'it has linux/amd64, linux/arm64, linux/arm/v7, linux/arm/v6' \
		-- ls --platform linux/s390x several
	for bad in linux linux/ a/b/c/d linux/averyveryverylongname; do
		must_fail 2 "--platform $bad: expected OS/ARCH or OS/ARCH/VARIANT" -- ls --platform $bad several
	done
	for good in linux/arm64 linux/arm linux/arm/v6; do
		like "$(mk ls --platform $good several:v2)" ' d/$' "--platform $good"
	done
	mk -q --bin app -t a:v1 -o two/ && mk -q --bin app --dir /e -t a:v2 -o two/
	must_fail 3 'two: 2 images (linux/amd64, linux/amd64)' 'choose one: two:docker.io/library/a:v1, two:docker.io/library/a:v2' -- ls two
	t 'a tag chooses' mk ls two:v2 /e
	t '... in full' mk ls two:docker.io/library/a:v2 /e
}

# Memory is bounded, whatever there is to read: many entries, large files, an archive that is compressed as a whole.
make many.tar "([(f'usr/share/some-directory-{i // 500:05}/a-file-with-a-name-{i:07}', 'file', '') for i in range(60000)] +
	[('large', 'file', 'x' * 150000000)])"
gzip -1k many.tar
cat >rss.py <<'P'
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(status, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss <= 64 << 10)
P
for args in 'ls many.tar' 'ls --layers --json many.tar' 'cat many.tar large' 'inspect many.tar' 'inspect --html many.html many.tar' \
	'ls many.tar.gz'; do
	# shellcheck disable=SC2086
	is "$(python3 rss.py "$MKSCRATCH" $args)" '0 True' "$args: within 64 MiB"
done

# What is not what its digests say is not shown.
python3 - <<'P'
import tarfile, io
old = tarfile.open('a.tar')
with tarfile.open('bent.tar', 'w') as t:
    for m in old:
        data = old.extractfile(m).read()
        t.addfile(m, io.BytesIO(data.replace(b'root2', b'evil2')))
P
for verb in 'ls bent.tar' 'ls --layers bent.tar' 'cat bent.tar etc/passwd'; do
	# shellcheck disable=SC2086
	run mk $verb
	like "$status $(cat "$out" "$err")" '^7 mkscratch: bent.tar: layer 2: DiffID sha256:[0-9a-f]*: content hashes to ' \
		"$verb: a wrong DiffID, and nothing printed"
done
done_testing
