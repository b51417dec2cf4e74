#!/usr/bin/env bash
# inspect: what an image is and what takes its room, for people, as JSON, and its documents as they are.
. "$(dirname "$0")/../lib.sh"
require cc jq python3 openssl
printf 'int f(void) { return 1; }\n' | cc -shared -fPIC -x c -o libx.so.1 - -Wl,-soname,libx.so.1
printf 'int f(void); int main(void) { return f(); }\n' | cc -x c -o app - -x none libx.so.1
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout /dev/null -days 36500 \
	-subj '/O=Test/CN=Test Root' -out ca.pem 2>/dev/null || skip_all 'cannot: openssl makes no certificate'
head -c 100000 /dev/urandom >big
mk --json --bin app --library-path "$PWD" --cert ca.pem --certs=ca.pem --file big:/data/big --user me:1000:1000 -e A=b -e 'C=d e' \
	-p 80 -p 53/udp -w /data -l 'k=a b' --annotation org.example.x=y --volume /data --stop-signal SIGINT --author Me \
	--healthcheck-cmd '["/app","-c"]' --health-interval 30s --health-retries 2 --cmd '["a b"]' -o i.tar -o layout/ >built 2>/dev/null

mk inspect i.tar >text
has() { # TEXT NAME
	t "$2" grep -qF -- "$1" text
}
is "$(head -n 1 text)" "i.tar: linux/$(mk deps --library-path "$PWD" --json app | jq -r .platform | cut -d/ -f2)" 'the first line is name and platform'
has "  digest        $(tar xOf i.tar index.json | jq -r '.manifests[0].digest')" 'the digest'
has '  tags          docker.io/library/app:latest' 'tags'
has '  user          1000:1000' user
has '  entrypoint    ["/app"]' entrypoint
has '  cmd           ["a b"]' cmd
has '  workdir       /data' workdir
has '                C=d e' 'every variable'
has '  ports         53/udp' ports
has '                80/tcp' '... each of them'
has '  volumes       /data' volumes
has '  stop signal   SIGINT' 'stop signal'
has '  healthcheck   ["CMD","/app","-c"], every 30s, 2 retries' healthcheck
has '  labels        k=a b' labels
has '  author        Me' author
has '  org.example.x=y' annotations
has '  dev.mkscratch.reasons' 'the record is named'
like "$(cat text)" '^  libraries      .* MB  3 files$' 'libraries by the record'
like "$(cat text)" '^  program         .*B  1 file$' 'so is the program'
like "$(cat text)" '^  1; the first to expire, on 2[0-9]{3}-[0-9]{2}-[0-9]{2}: CN=Test Root,O=Test$' 'certificates and the first to expire'
like "$(grep -A2 'Largest files' text | tail -n 2)" 'libc\.so' 'the largest file comes first'
is "$(awk '/^Largest/ { n = 1; next } n && !NF { exit } n { c++ } END { print c }' text)" "$(mk ls --json i.tar | jq '[.[] | select(.type == "file")] | length')" \
	'a small image has few'
is "$(mk inspect layout | tail -n +3)" "$(tail -n +3 text)" 'a layout is told of as its tar is'

mk inspect --json i.tar >json
is "$(jq -c '[.image, .platform, (.layers | length), (.size - ([.layers[].size] | add) > 1000), (.by_origin | keys)]' json)" \
	"[\"i.tar\",\"$(head -n 1 text | cut -d' ' -f2)\",3,true,[\"certificates\",\"libraries\",\"other\",\"program\",\"zones\"]]" '--json'
is "$(jq '[.by_origin[].size] | add' json)" "$(mk ls --json i.tar | jq '[.[] | select(.type == "file").size] | add')" \
	'sizes by origin add up to all files'
# One size everywhere: manifest, config and layers as they are stored, each blob once.
mkdir blobs && tar xf i.tar -C blobs blobs
is "$(jq .size json)" "$(cat blobs/blobs/sha256/* | wc -c)" 'the size is that of all blobs'
is "$(jq .size json)" "$(jq .size built)" '... as build says it'
is "$(jq '[.layers[].by_origin[].files] | add' json)" "$(mk ls --json i.tar | jq '[.[] | select(.type == "file")] | length')" \
	'... and so do layers'
is "$(jq -c '[.layers[].entries] | add' json)" "$(mk ls --layers --json i.tar | jq length)" '... and their entries'
is "$(jq -c '[.objects[] | [.soname, .needs]] | .[0]' json | cut -c 1-20)" '[null,["libx.so.1","' 'what the program needs'
is "$(jq -r '.certificates[].subject' json)" 'CN=Test Root,O=Test' 'certificates'
is "$(jq -c '.largest | map(.size) | . == (sort | reverse)' json)" true 'the largest files, in order'

# Documents are as they are, byte for byte.
blob() {
	tar xOf i.tar "blobs/sha256/${1#sha256:}"
}
digest=$(tar xOf i.tar index.json | jq -r '.manifests[0].digest')
mk inspect --manifest i.tar >got && blob "$digest" >want
t '--manifest' cmp got want
mk inspect --config i.tar >got && blob "$(jq -r .config.digest want)" >want
t '--config' cmp got want
mk inspect --index i.tar >got && tar xOf i.tar index.json >want
t '--index' cmp got want
mk inspect --index - <i.tar >got
t '... of standard input' cmp got want

# Several images are listed; one is chosen.
printf 'int main(void) { return 0; }\n' | cc -static -x c -o small - || skip_all 'cannot: no static libc'
mk -q --bin small --no-record -o ours/
shape() {
	python3 -B "$TOP/tests/integration/source_images.py" ours "$@"
}
shape platforms several
mk inspect several >list
is "$(awk 'NR > 1 { print $1 }' list | paste -sd ' ')" 'linux/amd64 linux/arm64 linux/arm/v7 linux/arm/v6 unknown/unknown' \
	'several images are listed'
like "$(tail -n 1 list)" '\(no image\)$' '... and what is no image is called so'
is "$(mk inspect --json several | jq -c '[.images | length, .[0].config.architecture]')" '[4,"amd64"]' '... as JSON too'
is "$(mk inspect --platform linux/arm64 several | head -n 1)" 'several: linux/arm64' '--platform chooses'
is "$(mk inspect --config --platform linux/arm/v6 several | jq -r .variant)" v6 '... of documents too'

# Every document there is, by tag and by digest: the nested index, images, attestations.
rm -rf nested && cp -r several nested && python3 -B "$TOP/tests/integration/attest.py" nested
top=$(jq -r '.manifests[0].digest' nested/index.json)
file_of() { echo "nested/blobs/sha256/${1#sha256:}"; }
mk inspect --index "nested@$top" >got
t '--index of a digest' cmp "$(file_of "$top")" got
tag=$(jq -r '.manifests[0].annotations["org.opencontainers.image.ref.name"]' nested/index.json)
mk inspect --index "nested:$tag" >got
t '... and of a tag' cmp "$(file_of "$top")" got
tar -cf nested.tar -C nested . && mk inspect --index "-@$top" <nested.tar >got
t '... of standard input' cmp "$(file_of "$top")" got
mk inspect --index "-:$tag" <nested.tar >got
t '... by its tag too' cmp "$(file_of "$top")" got
n=0
while read -r d; do
	mk inspect --manifest "nested@$d" >got 2>"$err" && cmp -s "$(file_of "$d")" got || { fail "--manifest of $d"; continue; }
	mk inspect --config "nested@$d" >got 2>"$err" && cmp -s "$(file_of "$(jq -r .config.digest "$(file_of "$d")")")" got ||
		{ fail "--config of $d"; continue; }
	n=$((n + 1))
done < <(jq -r '.manifests[].digest' "$(file_of "$top")")
is $n "$(jq '.manifests | length' "$(file_of "$top")")" 'each manifest below it and each config'
one=$(jq -r '.manifests[1].digest' "$(file_of "$top")") last=$(jq -r '.manifests[-1].digest' "$(file_of "$top")")
is "$(mk inspect "nested@$one" | head -n 1)" 'nested: linux/arm64' 'an image is chosen by its digest'
is "$(mk ls "nested@$one" | wc -l) $(mk verify -q "nested@$(jq -r '.manifests[0].digest' "$(file_of "$top")")"; echo $?)" "$(mk ls --platform linux/arm64 several | wc -l) 0" '... by any verb'
is "$(mk inspect --json "nested:$tag@$top" | jq '.images | length')" 4 'all that is below an index'
must_fail 3 "nested: $one names a manifest, no index" 'inspect --manifest prints it; inspect --index nested prints index.json' -- \
	inspect --index "nested@$one"
must_fail 3 "nested: $last is of no image (an attestation or the like)" 'inspect --manifest and --config print its documents' -- \
	ls "nested@$last"
must_fail 3 "nested: nothing has the digest sha256:$(printf %064d 0)" -- ls "nested@sha256:$(printf %064d 0)"
must_fail 3 "nested: no image for linux/amd64" 'it has linux/arm64' -- inspect --config --platform linux/amd64 "nested@$one"
bare=$(printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","layers":[]}' | tee bare | sha256sum | cut -d' ' -f1)
rm -rf artifact && cp -r nested artifact && mv bare "artifact/blobs/sha256/$bare" && jq -c --arg d "sha256:$bare" \
	'.manifests += [{mediaType: "application/vnd.oci.image.manifest.v1+json", digest: $d, size: 88, platform: {os: "unknown", architecture: "unknown"}}]' \
	nested/index.json >artifact/index.json
must_fail 3 "artifact: sha256:$bare has no config" -- inspect --config "artifact@sha256:$bare"
must_fail 6 'docker://host/app:1: not fetched: no network is used' 'first skopeo copy docker://host/app:1 oci-archive:img.tar' -- \
	inspect docker://host/app:1
must_fail 6 'https://host/img.tar: not fetched: no network is used' 'fetch it first, and name the file' -- ls https://host/img.tar
config=$(jq -r .config.digest "$(file_of "$last")") && rm "$(file_of "$config")"
must_fail 7 "nested: config: $config: blob is missing" -- inspect --config "nested@$last"
echo '{}' >"$(file_of "$config")"
must_fail 7 "nested: config: $config: content hashes to sha256:$(echo '{}' | sha256sum | cut -d' ' -f1)" -- inspect --config "nested@$last"

rm -rf bare && cp -r several bare && python3 -B "$TOP/tests/integration/attest.py" bare bare
last=$(jq -r '.manifests[-1].digest' "bare/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' bare/index.json)")
must_fail 3 "bare: $last has no config" -- inspect --config "bare@$last"

# Images of others: no record, so places tell.
shape docker20 old.tar
mk inspect old.tar >text
has '  tags          app:v1' 'a docker-archive'
like "$(cat text)" '^  program  ' 'the entrypoint is the program'
mk inspect --index old.tar | jq -e '.[0].RepoTags' >/dev/null
is $? 0 'its index is its manifest.json'
id=sha256:$(mk inspect --config old.tar | sha256sum | cut -d' ' -f1)
is "$(mk inspect "old.tar@$id" | head -n 1)" "$(head -n 1 text)" 'an image of a docker-archive by its ID'
must_fail 3 "old.tar: nothing has the digest sha256:$(printf %064d 0)" -- ls "old.tar@sha256:$(printf %064d 0)"
must_fail 3 'old.tar: a docker-archive, which has no manifest' -- inspect --manifest old.tar
must_fail 2 'inspect: no IMAGE given' 'mkscratch inspect img.tar' -- inspect
must_fail 2 'inspect: one IMAGE at a time ("old.tar")' -- inspect i.tar old.tar
must_fail 2 'inspect: --config, --manifest and --index each stand alone, and without --json and --html' 'one run for each' -- inspect --config --json i.tar
must_fail 3 'several: 4 images (linux/amd64, linux/arm64, linux/arm/v7, linux/arm/v6)' \
	'choose one: --platform linux/amd64' -- inspect --config several

# What is in an image is its own word: names and texts are escaped, what is no certificate or program is passed over.
make_layers() {
	python3 -B "$TOP/tests/integration/make_layers.py" "$@"
}
make_layers odd.tar "[('etc/ssl/certs/a.pem', 'file', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
	('etc/ssl/certs/b.pem', 'file', '-----BEGIN CERT'), ('etc/ssl/certs/c.der', 'file', '0\x82'), ('lib/libz.so', 'file', '\x7fELF'),
	('bin/\x1b]0;x', 'file', '#!', 0o755)]"
mk inspect odd.tar >text
has '  0, 2 that cannot be read' 'certificates that are none'
printf '[req]\ndistinguished_name = n\n[n]\n' >least.cnf
openssl req -new -x509 -config least.cnf -newkey ed25519 -nodes -keyout least.key -subj /CN=least -days 9 -outform DER -out least.der 2>/dev/null
if [ "$(head -c 2 least.der | od -An -tx1 | tr -d ' ')" = 3081 ]; then
	mk -q --bin app --library-path "$PWD" --file least.der:/etc/ssl/certs/least.der -o least.tar
	is "$(mk inspect --json least.tar | jq -r '.certificates[].subject')" CN=least '... one in DER of less than 256 bytes'
else
	skip '... one in DER of less than 256 bytes' 'cannot: openssl makes a larger one'
fi
has '/bin/\x1b]0;x' 'names are escaped'
is "$(mk inspect --json odd.tar | jq -c .objects)" '[]' 'objects that are none'
python3 - <<'P'
import hashlib, io, json, tarfile
layer = bytes(1024)
config = {"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]},
          "config": {"Healthcheck": {"Test": ["CMD", "/a"], "Interval": 1, "Timeout": 1500000000, "StartPeriod": 90000000000,
                                     "StartInterval": 250000000, "Retries": 1}}}
manifest = [{"Config": "c.json", "RepoTags": ["t:1"], "Layers": ["l.tar"]}]
with tarfile.open("health.tar", "w") as t:
    for name, data in (("l.tar", layer), ("c.json", json.dumps(config).encode()), ("manifest.json", json.dumps(manifest).encode())):
        i = tarfile.TarInfo(name)
        i.size = len(data)
        t.addfile(i, io.BytesIO(data))
P
mk inspect health.tar >text
has '  healthcheck   ["CMD","/a"], every 1ns, within 1.5s, after 1m30s, at first every 250ms, 1 retry' 'durations, exactly'
make_layers empty.tar '[]'
mk inspect empty.tar >text
has 'no files that are left in the end' 'an image of nothing'
done_testing
