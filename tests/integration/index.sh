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
mk index -q --platform linux/arm64 -t app:arm64 -o layout layout:v1
is "$(jq -c '[.manifests[] | [.annotations["org.opencontainers.image.ref.name"], (.mediaType | split(".")[-2])]]' layout/index.json)" \
	'[["v1","index"],["arm64","manifest"]]' 'one of a layout gets a tag of its own there'
t '... which verifies' mk verify layout

# Of layouts by tag; of other media types.
mk -q --bin amd64/app -t app:a -o tags/ && mk -q --bin arm64/app -t app:b -o tags/
like "$(mk index -t app:both -o tags tags:a tags:b)" '^tags: app:both linux/amd64,linux/arm64 ' 'images of one layout by their tags'
mk -q --bin arm64/app --media-types docker -t app:v1 -o docker.tar
t "Docker's media types are joined as they are" mk index -o mixed.tar amd64.tar docker.tar
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
must_fail 2 '--output amd64.tar: is also an input' -- index -o amd64.tar amd64.tar arm64.tar
must_fail 2 '--annotation a=b: one image has no index that could carry it' -- index --annotation a=b -o x.tar amd64.tar
must_fail 3 'in/app: not a tar archive (Unrecognized archive format)' -- index -o x.tar amd64.tar in/app
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
# An attestation, as BuildKit adds them.
rm -rf attested && mkdir attested && tar -xf all.tar -C attested && rm attested/manifest.json && "$python" - attested <<'END'
import hashlib, json, sys
top = sys.argv[1]
def put(data):
    digest = hashlib.sha256(data).hexdigest()
    open("%s/blobs/sha256/%s" % (top, digest), "wb").write(data)
    return {"digest": "sha256:" + digest, "size": len(data)}
index = json.load(open(top + "/index.json"))
inner = json.load(open("%s/blobs/sha256/%s" % (top, index["manifests"][0]["digest"][7:])))
manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", **put(b"{}")},
            "layers": [{"mediaType": "application/vnd.in-toto+json", **put(b"{} ")}]}
inner["manifests"].append({"mediaType": manifest["mediaType"], **put(json.dumps(manifest).encode()),
                           "platform": {"os": "unknown", "architecture": "unknown"},
                           "annotations": {"vnd.docker.reference.type": "attestation-manifest"}})
index["manifests"][0].update(put(json.dumps(inner).encode()))
json.dump(index, open(top + "/index.json", "w"))
END
mk index -o t.tar attested >/dev/null 2>said
is "$(cat said)" 'warning: attested: attestations and the like are left out (1)' 'what is no image is left out, and told'
t '... and the images are there' cmp all.tar t.tar
if command -v script >/dev/null; then
	like "$(script -qec "'$MKSCRATCH' index -o - amd64.tar arm64.tar" /dev/null </dev/null)" \
		'^mkscratch: --output -: standard output is a terminal' 'an index is not written to a terminal'
else
	skip 'an index is not written to a terminal' 'script is not installed'
fi

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
