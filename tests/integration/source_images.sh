#!/usr/bin/env bash
# Images as other tools write them: each shape is read, and what is wrong with one is told.
. "$(dirname "$0")/../lib.sh"
require jq cc python3
printf 'int main(void){return 0;}\n' | cc -static -x c -o app - || skip_all "cannot: no static libc"
mkdir tree && echo hello >tree/file && ln -s file tree/link
mk -q --bin app --tree tree:/data -o ours/
make() { # SHAPE OUT [CODE]
	python3 -B "$TOP/tests/integration/source_images.py" ours "$@"
}

for shape in docker20 docker29 dotted hardlinked skopeo crane regctl_path apko; do
	make $shape $shape.tar
	t "$shape verifies" mk verify $shape.tar
	gzip -k $shape.tar
	t "$shape, compressed, on standard input" bash -c '"$MKSCRATCH" verify - <'$shape.tar.gz
done
# What is compressed as a whole is read from its start on: not once more for each layer.
for i in $(seq 20); do
	mkdir -p many/$i && head -c 50000 /dev/urandom >many/$i/f && tar -C many/$i --mtime=@0 --owner=0 --group=0 -cf many/$i.layer f
done
# shellcheck disable=SC2046
python3 "$TOP/tests/integration/make_image.py" many.tar v1 '{"architecture":"amd64","os":"linux"}' $(seq -f 'many/%g.layer' 20) && gzip many.tar
if strace -qq -o calls -e trace=pread64 "$MKSCRATCH" ls many.tar.gz >/dev/null 2>&1; then
	for verb in ls inspect 'verify -q'; do
		# shellcheck disable=SC2086
		strace -f -qq -o calls -e trace=pread64 "$MKSCRATCH" $verb many.tar.gz >/dev/null 2>&1
		passes=$(awk -v size="$(stat -c %s many.tar.gz)" '/pread64/ { n += $NF } END { printf "%d", n / size }' calls)
		t "$verb reads a compressed archive of 20 layers a few times ($passes)" test "$passes" -le 8
	done
else
	skip 'a compressed archive is not read for each layer' 'cannot: strace is not here, or may not trace'
fi
make untyped untyped
t 'documents without media types are read' mk ls untyped
run mk verify untyped
is "$status" 3 '... which image-spec demands'
shapes='docker_types members chunked'
command -v zstd >/dev/null || { shapes=${shapes% *} && skip chunked 'zstd is not installed'; }
for shape in $shapes; do
	make $shape $shape
	t "$shape verifies" mk verify $shape
	tar -C $shape -cf $shape.tar .
	t "$shape as a tar verifies" mk verify $shape.tar
done
is "$(mk verify --json docker20.tar | jq -c '[.checks[].check]')" \
	'["config","documents","layer 1","layer 2","layer 3","user","entrypoint","manifest.json","archive"]' 'the layers of a docker-archive are all looked at'
must_fail 3 'docker20.tar: has no record of why its files are there' \
	'images made with --no-record, or by another tool, have none' -- why docker20.tar /app
must_fail 3 'docker20.tar: no image has the tag v9' 'choose one: docker20.tar:app:v1, docker20.tar:localhost:5000/app:v2' -- verify docker20.tar:v9
for tag in v1 app:v1 v2 localhost:5000/app:v2; do
	t "a docker-archive has the tag $tag" mk verify docker20.tar:$tag
done
make platforms platforms
is "$(mk verify --json platforms 2>/dev/null | jq -c '[.checks[] | select(.check == "config")] | length')" 4 \
	'every image of a nested index is read once, its attestation is no image'

# What Docker 29 saves of an image of which it has pulled one platform.
make sparse sparse
t 'ls reads the image that is there' mk ls sparse
t 'inspect reads the image that is there' mk inspect sparse
t 'why reads the image that is there' mk why sparse /app
is "$(mk inspect --json sparse | jq -c '[.platform, [.absent[].platform]]')" '["linux/amd64",["linux/arm64","linux/arm/v7"]]' \
	'... and inspect tells what is not'
like "$(mk inspect sparse)" '^  not here      linux/arm64, which the index names$' '... in words too'
t '--base takes it' mk -q --bin app:/new --base sparse -t new:v1 -o on.tar
is "$(mk index -t app:v1 -o part.tar sparse 2>&1 >/dev/null)" 'warning: sparse: images that its index names and that are not there are left out (2)' \
	'index tells what it leaves out'
t '... and the rest verifies' mk verify part.tar
must_fail 7 'sparse: the image for linux/arm64 is named by the index, but is not there' 'there is linux/amd64' -- \
	ls --platform linux/arm64 sparse
must_fail 3 'sparse: no image for linux/s390x' 'it has linux/amd64' -- ls --platform linux/s390x sparse
run mk verify sparse
is "$status $(grep -c '✗ manifest: sha256:[0-9a-f]*: blob is missing$' "$out")" '7 2' 'verify misses them'
run mk verify --platform linux/amd64 sparse
is "$status $(grep -c '· manifest: sha256:[0-9a-f]*: of linux/arm.*, is not here$' "$out")" '0 2' '... unless it is told what has to be there'
run mk verify --platform linux/arm64 sparse
is "$status" 7 '... and is not'
like "$(cat "$out")" '^✗ platform: no image for linux/arm64$' '... which it says'
must_fail 2 '--platform /: expected OS/ARCH or OS/ARCH/VARIANT' -- verify --platform / sparse
make nothing_there none
run mk ls none
like "$status $(cat "$err")" '^7 mkscratch: none: manifest: sha256:[0-9a-f]*: blob is missing' 'where nothing is there, that is said'
# A copy of ours that another tool made: it keeps to the specification, not to our habits.
make regctl regctl.tar
t 'an archive of regctl verifies' mk verify regctl.tar

bent() { # STATUS LINE CODE
	make rewritten bent.tar "$3"
	run mk why bent.tar /app
	is "$status $(head -n 1 "$err")" "$1 mkscratch: bent.tar: $2" "$2"
}
bent 3 'manifest.json: not a list of at most 4096 images' 'items = {}'
bent 3 'manifest.json: an image without a Config' 'del items[0]["Config"]'
bent 3 'manifest.json: an image that is not an object' 'items[0] = 7'
bent 3 'manifest.json: RepoTags: not a list' 'items[0]["RepoTags"] = "app:v1"'
bent 3 'manifest.json: RepoTags: a tag that is not a string' 'items[0]["RepoTags"] = [7]'
bent 3 'manifest.json: Config: not a string' 'items[0]["Config"] = 7'
bent 7 'config: x.json: is missing' 'items[0]["Config"] = "x.json"'
bent 3 'manifest.json: Layers: a layer that is no path' 'items[0]["Layers"][0] = 1'
bent 7 'manifest.json: ../etc/passwd: is missing' 'items[0]["Layers"][0] = "../etc/passwd"'
bent 3 'manifest.json: 600 layers (1 to 512 are allowed)' 'items[0]["Layers"] = ["x"] * 600'
bent 3 'manifest.json: Layers: not a list' 'items[0]["Layers"] = {}'
bent 3 'config: 1 layer, but 2 DiffIDs' 'items[0]["Layers"].pop()'
bent 3 'holds no image' 'items = []'
make rewritten bent.tar 'members[-2] = (members[-2][0], members[-2][1] + b" ")'
run mk why bent.tar /app
like "$status $(cat "$err")" '^7 mkscratch: bent.tar: config: [0-9a-f]{64}\.json: content hashes to sha256:' \
	'a config that is not what its name says'
make rewritten bent.tar 'members[2:4] = [(members[3][0], "->", "../x"), ("x", "->", "x")]'
run mk verify bent.tar
is "$status" 7 'a link that leads nowhere ends'
make rewritten bent.tar 'items[0]["Layers"][0], items[0]["Layers"][1] = items[0]["Layers"][1], items[0]["Layers"][0]'
run mk why bent.tar /app
like "$status $(cat "$err")" '^7 mkscratch: bent.tar: layer 1: DiffID sha256:.*: content hashes to sha256:' \
	'layers that have changed places'

hostile() { # SHAPE LINE
	rm -rf hostile
	make "$1" hostile
	run mk why hostile /app
	is "$status $(head -n 1 "$err" | sed 's/sha256:[0-9a-f]*/DIGEST/')" "3 mkscratch: hostile: $2" "$1 are refused"
}
hostile deep 'index: nested deeper than 4 or longer than 4096'
hostile many 'more than 4096 manifests'
hostile values 'manifest: DIGEST: all documents together: more than 200000 values'
hostile bytes 'manifest: DIGEST: all documents together: larger than 16777216 bytes'
hostile empty 'holds no image'
rm -rf hostile && make wide hostile
must_fail 3 'hostile/index.json: more than 200000 values' -- verify hostile

# An archive that is compressed as a whole is not read anew for each layer, whatever their order.
python3 - <<'P'
import base64, hashlib, io, json, os, random, tarfile
r = random.Random(1)
layers = []
for i in range(24):
    b = io.BytesIO()
    with tarfile.open(fileobj=b, mode="w") as t:
        info = tarfile.TarInfo("f%d" % i)
        info.size = 400000
        t.addfile(info, io.BytesIO(base64.b64encode(r.randbytes(300000))))
    layers.append(b.getvalue())
def sha(data): return hashlib.sha256(data).hexdigest()
config = json.dumps({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha(x) for x in layers]}}).encode()
files = [("%02d.tar" % i, x) for i, x in enumerate(layers)]
items = [{"Config": sha(config) + ".json", "RepoTags": ["a:b"], "Layers": [name for name, _ in files]}]
for order in "forth", "back", "mixed":
    some = list(files) if order != "back" else files[::-1]
    if order == "mixed":
        r.shuffle(some)
    with tarfile.open(order + ".tar", "w") as t:
        for name, data in [*some, (sha(config) + ".json", config), ("manifest.json", json.dumps(items).encode())]:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
P
gzip -1 -k forth.tar back.tar mixed.tar
archives=(forth.tar.gz back.tar.gz mixed.tar.gz)
if command -v zstd >/dev/null; then
	zstd -q -k forth.tar back.tar mixed.tar
	archives+=(forth.tar.zst back.tar.zst mixed.tar.zst)
else
	skip 'archives of one zstd frame' 'zstd is not installed'
fi
# How many times its size is read of an archive.
times_read() {
	local archive=$1
	shift
	strace -f -qq -y -o calls -e trace=pread64 "$MKSCRATCH" "$@" >/dev/null 2>&1
	awk -v size="$(wc -c <"$archive")" -v name="/$archive>" 'index($0, name) { n += $NF } END { printf "%d", n / size }' calls
}
for archive in "${archives[@]}"; do
	is "$(mk ls $archive | sha256sum)" "$(mk ls forth.tar | sha256sum)" "$archive: the same files"
	t '... and all is verified' mk verify $archive
	if ! strace -qq -o calls true 2>/dev/null; then
		skip "$archive: how often it is read" 'cannot: strace is not here, or may not trace'
		continue
	fi
	for verb in ls 'verify -q' inspect 'diff forth.tar' 'index -q -t example.com/a:1 -o joined.tar' '--no-cache -q --bin app -o over.tar --base'; do
		# shellcheck disable=SC2086
		times=$(times_read $archive $verb $archive)
		t "... $verb reads it a few times, whatever their order ($times)" test "$times" -gt 0 -a "$times" -le 10
	done
done
split -n 5 back.tar part && for part in parta?; do gzip -1 -c $part; done >members.tar.gz
is "$(mk ls members.tar.gz | sha256sum)" "$(mk ls forth.tar | sha256sum)" 'several members: the same files'
is "$(mk ls - <back.tar.gz | sha256sum)" "$(mk ls forth.tar | sha256sum)" '... of standard input too'
[ ! -f back.tar.zst ] || is "$(mk ls - <back.tar.zst | sha256sum)" "$(mk ls forth.tar | sha256sum)" '... of one frame, too'
# Unpacked on a disk, which may have no room for it: then it takes longer.
if [ -f back.tar.zst ] && cc -O2 -D_GNU_SOURCE -o inject "$TOP/tests/tools/inject.c"; then
	is "$(./inject -n pwrite64:3+ -a error=28 "$MKSCRATCH" ls back.tar.zst | sha256sum)" "$(mk ls forth.tar | sha256sum)" '... and without room on the disk'
fi
done_testing
