#!/usr/bin/env bash
# Images made apart come under one index, and out of it again, byte for byte as they are.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/spec/common.sh"
require jq
"$python" "$FIXTURE/make_inputs.py" in && cp "$FIXTURE/certs.pem" in/ || exit 1
mkdir -p amd64 arm64 riscv64 && cp in/app amd64/app && cp in/app-arm64 arm64/app
"$python" -c 'd = bytearray(open("in/app-arm64", "rb").read()); d[18] = 243; open("riscv64/app", "wb").write(d)' && chmod 755 riscv64/app
content=(--certs=in/certs.pem --root in/root --tz -t app:v1)
for p in amd64 arm64 riscv64; do
	mk -q --bin $p/app "${content[@]}" -o $p.tar
done
mk -q --bin amd64/app --bin arm64/app --bin riscv64/app "${content[@]}" -o all.tar

like "$(mk index -o joined.tar riscv64.tar amd64.tar arm64.tar)" \
	'^joined\.tar: app:v1 linux/amd64,linux/arm64,linux/riscv64 sha256:[0-9a-f]{64} [0-9.]+ kB in 4 layers$' 'images are joined under their name'
t '... as though they had been made together' cmp all.tar joined.tar
t '... and verify' mk verify joined.tar
mk index -o - arm64.tar amd64.tar riscv64.tar >stdout.tar 2>said
t '... on standard output too' cmp all.tar stdout.tar
like "$(cat said)" '^-: app:v1 ' '... with the line on standard error'
mk index -q -o stdin.tar arm64.tar - riscv64.tar <amd64.tar
t '... of which one comes from standard input' cmp all.tar stdin.tar
mk index -q -o twice.tar amd64.tar all.tar amd64.tar
t 'an image that comes twice counts once' cmp all.tar twice.tar
mk index -q -o layout/ riscv64.tar amd64.tar arm64.tar
mkdir x && tar -xf all.tar -C x
t 'a layout holds the same blobs' diff -r x/blobs layout/blobs
t '... under the same index' cmp x/index.json layout/index.json
holds 'the archive is in order' archive_order joined.tar

# Names and annotations.
like "$(mk index -t other:v2 -t app:v3 -o t.tar amd64.tar arm64.tar)" '^t\.tar: other:v2,app:v3 linux/amd64,linux/arm64 ' '-t names it'
holds '... everywhere' names t.tar docker.io/library/other:v2 docker.io/library/app:v3
mk index -q --annotation org.opencontainers.image.source=x -o t.tar amd64.tar arm64.tar
is "$(tar xOf t.tar "blobs/sha256/$(tar xOf t.tar index.json | jq -r '.manifests[0].digest[7:]')" | jq -c .annotations)" \
	'{"org.opencontainers.image.source":"x"}' '--annotation is one of the index'
is "$(mk index --json -o t.tar amd64.tar arm64.tar | jq -c '[.tags, .docker_load, [.manifests[].platform]]')" \
	'[["app:v1"],"linux/amd64",["linux/amd64","linux/arm64"]]' '--json'

# Out of an index.
for p in amd64 arm64 riscv64; do
	mk index -q --platform linux/$p -o one.tar all.tar
	t "the image for $p is what it was" cmp $p.tar one.tar
done
mk index -q --platform linux/riscv64,arm64 -o part.tar all.tar
holds 'some of them are an index again' platforms part.tar linux/arm64 linux/riscv64
cp part.tar by-comma.tar
mk index -q --platform linux/riscv64 --platform linux/arm64 -o part.tar all.tar
t 'platforms of several options are all taken' cmp by-comma.tar part.tar
mk index -q --platform=linux/arm64,linux/arm64 --platform linux/riscv64 -o part.tar all.tar
t '... once each' cmp by-comma.tar part.tar
must_fail 3 '--platform linux/s390x: no image for it' 'there are images for linux/amd64, linux/arm64, linux/riscv64' -- \
	index --platform linux/s390x --platform linux/arm64 -o x.tar all.tar
mk index -q --platform linux/arm64 -t app:arm64 -o layout layout:v1
is "$(jq -c '[.manifests[] | [.annotations["org.opencontainers.image.ref.name"], (.mediaType | split(".")[-2])]]' layout/index.json)" \
	'[["v1","index"],["arm64","manifest"]]' 'one of a layout gets a tag of its own there'
t '... which verifies' mk verify layout

# Of layouts by tag; of other media types.
mk -q --bin amd64/app -t app:a -o tags/ && mk -q --bin arm64/app -t app:b -o tags/
like "$(mk index -t app:both -o tags tags:a tags:b)" '^tags: app:both linux/amd64,linux/arm64 ' 'images of one layout by their tags'
mk -q --bin arm64/app --media-types docker -t app:v1 -o docker.tar
t "Docker's media types are joined as they are" mk index -o mixed.tar amd64.tar docker.tar
is "$(tar xOf mixed.tar index.json | jq -r '.manifests[0].mediaType')" application/vnd.oci.image.index.v1+json '... by an index, where not all are'
mk -q --bin amd64/app --media-types docker -t app:v1 -o docker2.tar && mk index -q -o listed.tar docker2.tar docker.tar
is "$(tar xOf listed.tar index.json | jq -r '.manifests[0].mediaType')" application/vnd.docker.distribution.manifest.list.v2+json \
	'... by a manifest list, where all are'
t '... and verify' mk verify mixed.tar

must_fail 2 'index: no IMAGE given' 'mkscratch index -o all.tar amd64.tar arm64.tar' -- index -o x.tar
must_fail 2 'nowhere to write: no --output given' '-o img.tar' -- index amd64.tar arm64.tar
must_fail 2 'index: the images have no name in common' '-t NAME[:TAG]' -- index -o x.tar tags:a tags:b
must_fail 2 '--platform a/b/c/d: expected OS/ARCH or OS/ARCH/VARIANT' -- index --platform a/b/c/d -o x.tar all.tar
must_fail 3 '--platform linux/s390x: no image for it' 'there are images for linux/amd64, linux/arm64, linux/riscv64' -- \
	index --platform linux/s390x -o x.tar all.tar
mk -q --bin amd64/app -t app:v1 -l other=yes -o another.tar
must_fail 3 'another.tar: a second image for linux/amd64, the first is in amd64.tar' \
	'leave one of them out; --platform takes only some of what there is' -- index -o x.tar amd64.tar another.tar
mk -q --bin amd64/app -t app:c -l other=yes -o tags/
must_fail 3 'tags: two images for linux/amd64' 'choose one by its tag: tags:docker.io/library/app:c' -- index -t app:d -o x.tar tags
must_fail 2 '--output amd64.tar: is also an input (amd64.tar)' 'write it elsewhere, or remove it first' -- index -o amd64.tar amd64.tar arm64.tar
must_fail 2 '--annotation a=b: one image has no index that could carry it' -- index --annotation a=b -o x.tar amd64.tar
must_fail 3 'in/app: not an image, but an ELF file' -- index -o x.tar amd64.tar in/app
mkdir old && tar -xf amd64.tar -C old && rm old/index.json old/oci-layout && tar -cf old.tar -C old manifest.json blobs
# A docker-archive has no manifests: here all that one of ours says but its record of how it was made.
mk -q --bin amd64/app "${content[@]}" --no-record -o bare.tar
rm -rf old && mkdir old && tar -xf bare.tar -C old && rm old/index.json old/oci-layout && tar -cf old.tar -C old manifest.json blobs
mk index -q -o t.tar old.tar
t 'the image of a docker-archive gets the manifest that it had' cmp bare.tar t.tar
mk index -q -o ours.tar bare.tar arm64.tar && mk index -q -o t.tar old.tar arm64.tar
t '... also beside others' cmp ours.tar t.tar
for codec in none zstd; do
	mk -q --bin amd64/app "${content[@]}" --no-record --compress $codec -o $codec.tar
	rm -rf old && mkdir old && tar -xf $codec.tar -C old && rm old/index.json old/oci-layout && tar -cf old.tar -C old manifest.json blobs
	mk index -q -o t.tar old.tar
	t "... and with layers in $codec" cmp $codec.tar t.tar
done
rm -rf old && mkdir old && tar -xf none.tar -C old
head -c 300000 /dev/zero >zeros && mk -q --bin amd64/app --file zeros:/zeros --no-record -o zeros.tar
mkdir wide && tar -xf zeros.tar -C wide && rm wide/index.json wide/oci-layout && tar -cf wide.tar -C wide manifest.json blobs
run mk index --max-layer-size 100k -o x.tar wide.tar
like "$status $(cat "$err")" '^3 mkscratch: wide\.tar: layer [1-3]: expands beyond 100000 bytes \(--max-layer-size\)$' 'a layer beyond the limit is not taken'
must_fail 2 '--max-layer-size x: not a size' -- index --max-layer-size x -o x.tar old.tar
t 'a layer that just fits is taken' mk index --max-layer-size 100M -q -o x.tar old.tar && rm -f x.tar
printf '%s\n' "$(jq -c 'map(del(.RepoTags))' old/manifest.json)" >old/manifest.json && tar -cf nameless.tar -C old manifest.json blobs
must_fail 2 'index: the image has no name' '-t NAME[:TAG]' -- index -o x.tar nameless.tar
first=$(tar xOf none.tar manifest.json | jq -r '.[0].Layers[0]')
sed -i s/root:x:0/root:x:7/ "old/$first" && tar -cf old.tar -C old manifest.json blobs
run mk index -o x.tar old.tar
like "$status $(head -n 1 "$err")" '^7 mkscratch: old\.tar: layer 1: DiffID sha256:[0-9a-f]*: content hashes to sha256:' 'its layers are held against their DiffIDs'
t '... and nothing was written' test ! -e x.tar

# Platforms as others write them.
variant() { # FILE VALUE OF ARCHITECTURE [VALUE OF OS.VERSION]: arm64.tar with a config that says so
	rm -rf v && mkdir v && tar -xf arm64.tar -C v && "$python" - v "$2" "${3:-}" <<-'END'
		import hashlib, json, sys
		top, arch, version = sys.argv[1:]
		def blob(digest):
		    return "%s/blobs/sha256/%s" % (top, digest[7:])
		def put(value):
		    data = json.dumps(value).encode()
		    digest = "sha256:" + hashlib.sha256(data).hexdigest()
		    open(blob(digest), "wb").write(data)
		    return {"digest": digest, "size": len(data)}
		index = json.load(open(top + "/index.json"))
		manifest = json.load(open(blob(index["manifests"][0]["digest"])))
		config = json.load(open(blob(manifest["config"]["digest"])))
		config["architecture"], _, variant = arch.partition("/")
		if variant:
		    config["variant"] = variant
		if version:
		    config.update({"os.version": version, "os.features": ["a", "b"]})
		manifest["config"].update(put(config))
		index["manifests"][0].update(put(manifest))
		json.dump(index, open(top + "/index.json", "w"))
	END
	rm v/manifest.json && mv v "$1"
}
variant v8 arm64/v8
like "$(mk index -o t.tar v8 amd64.tar)" ' linux/amd64,linux/arm64/v8 ' 'a platform stays as its image says'
must_fail 3 'v8: a second image for linux/arm64/v8, the first is in arm64.tar' -- index -o x.tar arm64.tar v8
variant versioned arm64 10.0.1
mk index -q -o t.tar versioned amd64.tar
is "$(tar xOf t.tar "blobs/sha256/$(tar xOf t.tar index.json | jq -r '.manifests[0].digest[7:]')" | jq -c '[.manifests[].platform]')" \
	'[{"architecture":"amd64","os":"linux"},{"architecture":"arm64","os":"linux","os.features":["a","b"],"os.version":"10.0.1"}]' \
	'... with its version and features'
variant odd 'arm 64'
must_fail 3 'odd: "linux/arm 64" is no platform' -- index -o x.tar amd64.tar odd
# Attestations, as BuildKit adds them.
attested() { # DIRECTORY IMAGE [WORD]: the image with an attestation of each of its images
	rm -rf "$1" && mkdir "$1" && tar -xf "$2" -C "$1" && "$python" "$TOP/tests/integration/attest.py" "$1" "${@:3}"
}
inner() { # IMAGE: the index that its first tag names
	tar xOf "$1" "blobs/sha256/$(tar xOf "$1" index.json | jq -r '.manifests[0].digest[7:]')"
}
attested unnamed all.tar none
mk index -o t.tar unnamed >/dev/null 2>said
is "$(cat said)" 'warning: unnamed: attestations and the like are left out (3)' 'what is of no image is left out, and told'
t '... and the images are there' cmp all.tar t.tar
for p in amd64 arm64 riscv64; do
	attested $p-attested $p.tar
done
attested all-attested all.tar
mk index -o attested.tar riscv64-attested amd64-attested arm64-attested >said 2>&1
like "$(cat said)" '^attested\.tar: app:v1 linux/amd64,linux/arm64,linux/riscv64 sha256:[0-9a-f]{64} [0-9.]+ kB in 4 layers$' \
	'attestations of images come along with them, without a word'
t '... and verify' mk verify attested.tar
is "$(inner attested.tar | jq -c '[.manifests[] | [.platform.os, .platform.architecture, .annotations["vnd.docker.reference.type"]]]')" \
	'[["linux","amd64",null],["linux","arm64",null],["linux","riscv64",null],["unknown","unknown","attestation-manifest"],["unknown","unknown","attestation-manifest"],["unknown","unknown","attestation-manifest"]]' \
	'... behind the images in their order'
is "$(inner attested.tar | jq -c '[.manifests[3:][].annotations["vnd.docker.reference.digest"]]')" \
	"$(inner attested.tar | jq -c '[.manifests[:3][].digest]')" '... and name them as before'
rm -rf x && mkdir x && tar -xf attested.tar -C x
is "$(for p in amd64 arm64 riscv64; do diff -r $p-attested/blobs/sha256 x/blobs/sha256; done | grep -c '^Only in .*-attested')" 3 \
	'... byte for byte: of all blobs the three indexes alone are not there'
is "$(mk inspect attested.tar | grep -c 'no image')" 3 '... and are seen'
is "$(mk verify attested.tar | grep -c '^✓ attached: sha256:')" 3 '... and verified'
holds 'the archive is in order' archive_order attested.tar
mk index -q -o t.tar all-attested
t '... the same bytes from one image of all platforms' cmp attested.tar t.tar
mk index -q -o t.tar all.tar arm64-attested all-attested amd64-attested
t '... wherever the images and the attestations are, and however often' cmp attested.tar t.tar
for p in amd64 arm64 riscv64; do
	mk index --platform linux/$p -o one.tar attested.tar >said 2>&1
	is "$(inner one.tar | jq -c '[.manifests[] | .platform.architecture, .annotations["vnd.docker.reference.digest"]]') $(wc -l <said)" \
		"[\"$p\",null,\"unknown\",\"$(tar xOf $p.tar index.json | jq -r '.manifests[0].digest')\"] 1" "out of the index comes $p with its own alone"
	mk index -q -o t.tar $p-attested
	t '... as from the image that was made apart' cmp one.tar t.tar
done
is "$(tar xOf one.tar manifest.json)" "$(tar xOf riscv64.tar manifest.json)" '... and the docker-archive side stays'
is "$(mk index --json --annotation a=b -o t.tar riscv64-attested | jq -c '[.docker_load, (.manifests[] | .platform, (.attestations | length))]')" \
	'["linux/riscv64","linux/riscv64",1]' '... in an index, with --json'
is "$(inner t.tar | jq -c .annotations)" '{"a":"b"}' '... that may have annotations'
attested again-attested arm64.tar again
mk index -q -o t.tar all-attested again-attested
is "$(inner t.tar | jq '[.manifests[3:][] | select(.annotations["vnd.docker.reference.digest"] == "'"$(tar xOf arm64.tar index.json | jq -r '.manifests[0].digest')"'").digest] | length == 2 and . == sort')" \
	true 'two of one image are sorted by digest'
attested same-attested all.tar same
mk index -q --platform linux/arm64,linux/riscv64 -o t.tar same-attested
is "$(inner t.tar | jq -c '[.manifests[2:][].annotations["vnd.docker.reference.digest"]] == [.manifests[:2][].digest]')" true 'one attestation of several images is one of each'
# An image that gets another manifest leaves behind what was said of the one before.
mkdir lone && cp -r amd64-attested/. lone && "$python" - lone <<'END'
import json, sys, hashlib
top = sys.argv[1]
index = json.load(open(top + "/index.json"))
path = "%s/blobs/sha256/" % top
inner = json.load(open(path + index["manifests"][0]["digest"][7:]))
arm64 = json.load(open("arm64-attested/index.json"))["manifests"][0]["digest"][7:]
arm64 = json.load(open("arm64-attested/blobs/sha256/" + arm64))["manifests"][0]
inner["manifests"][0] = arm64
data = json.dumps(inner).encode()
digest = hashlib.sha256(data).hexdigest()
open(path + digest, "wb").write(data)
index["manifests"][0].update(digest="sha256:" + digest, size=len(data))
json.dump(index, open(top + "/index.json", "w"))
END
cp arm64-attested/blobs/sha256/* lone/blobs/sha256/ && rm -rf old && mkdir old && tar -xf amd64.tar -C old && rm old/index.json old/oci-layout && tar -cf old.tar -C old manifest.json blobs
mk index -o t.tar old.tar lone >/dev/null 2>said
is "$(cat said)" 'warning: lone: attestations and the like are left out (1)' 'an image of a docker-archive gets another manifest, and has none'
mk index -q -o ours.tar old.tar arm64.tar
t '... the rest is there' cmp ours.tar t.tar
harm() { # BLOB WHAT COMMAND...: of a blob of the attestation of amd64
	rm -rf broken && cp -r amd64-attested broken && "${@:3}" "broken/blobs/sha256/${1#sha256:}"
	cp all.tar keep.tar
	must_fail 7 "broken: $2" -- index -o keep.tar arm64.tar broken
	t '... and the old output stays' cmp all.tar keep.tar
	run mk verify broken
	is "$status $(grep -c '^✗ attached: sha256:' "$out")" '7 1' '... and verify tells of it'
}
rm -rf lacking && mk index -q -o lacking/ amd64.tar arm64.tar && python3 -B "$TOP/tests/integration/attest.py" lacking absent
run mk verify lacking
is "$status $(grep -c '^✗ attached: sha256:.*: blob is missing$' "$out") $(grep -c '^✓ attached' "$out")" '7 20 0' 'of many blobs that are missing some are named'
is "$(grep -c '^✗ attached: 40 more blobs are missing$' "$out")" 1 '... and the others counted'
statement=$(inner attested.tar | jq -r '.manifests[3].digest') && manifest=amd64-attested/blobs/sha256/${statement#sha256:}
config=$(jq -r .config.digest "$manifest") layer=$(jq -r '.layers[0].digest' "$manifest")
harm "$layer" "attestation $statement: layer 1: $layer: blob is missing" rm
harm "$config" "attestation $statement: config: $config: blob is missing" rm
harm "$config" "attestation $statement: config: $config: $(($(jq .config.size "$manifest") + 1)) bytes, descriptor says $(jq .config.size "$manifest")" \
	bash -c 'echo >>"$0"'
if command -v script >/dev/null; then
	like "$(script -qec "'$MKSCRATCH' index -o - amd64.tar arm64.tar" /dev/null </dev/null)" \
		'^mkscratch: --output -: standard output is a terminal' 'an index is not written to a terminal'
else
	skip 'an index is not written to a terminal' 'script is not installed'
fi

# A layer whose kind its manifest does not tell.
mkdir untold && tar -xf amd64.tar -C untold && rm untold/manifest.json && "$python" - <<'P'
import hashlib, json
index = json.load(open("untold/index.json"))
entry = index["manifests"][0]
manifest = json.load(open("untold/blobs/sha256/" + entry["digest"][7:]))
del manifest["layers"][0]["mediaType"]
data = json.dumps(manifest).encode()
entry["digest"], entry["size"] = "sha256:" + hashlib.sha256(data).hexdigest(), len(data)
open("untold/blobs/sha256/" + entry["digest"][7:], "wb").write(data)
json.dump(index, open("untold/index.json", "w"))
P
run mk index --json -o - untold
is "$status $(jq -c '.layers | map(.media_type)' "$err")" '0 [null,"application/vnd.oci.image.layer.v1.tar+gzip"]' 	'a layer without a media type is told with none'

# Whatever is damaged is not passed on; an old output stays.
cp all.tar keep.tar
layer=$(tar xOf arm64.tar "blobs/sha256/$(tar xOf arm64.tar index.json | jq -r '.manifests[0].digest[7:]')" | jq -r '.layers[1].digest')
size=$(tar xOf arm64.tar "blobs/sha256/${layer#sha256:}" | wc -c)
damage() { # WHAT COMMAND...: of a layer in a copy of arm64.tar
	rm -rf broken && mkdir broken && tar -xf arm64.tar -C broken
	"${@:2}" "broken/blobs/sha256/${layer#sha256:}"
	must_fail 7 "broken: layer 2: $layer: $1" -- index -o keep.tar amd64.tar broken
	t "... and the old output stays" cmp all.tar keep.tar
}
flip() { printf '\377' | dd of="$1" bs=1 seek=40 conv=notrunc 2>/dev/null; }
damage 'blob is missing' rm
damage "$((size + 1)) bytes, descriptor says $size" bash -c 'echo >>"$0"'
tar xOf arm64.tar "blobs/sha256/${layer#sha256:}" >flipped && flip flipped
damage "content hashes to sha256:$(sha256sum flipped | cut -d' ' -f1)" flip
done_testing
