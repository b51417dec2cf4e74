#!/usr/bin/env bash
# verify: what is whole passes, whatever is bent is found.
. "$(dirname "$0")/../lib.sh"
require jq cc python3
printf 'int main(void){return 0;}\n' >app.c
cc -static -o app app.c || skip_all "cannot: no static libc"
mkdir tree && echo hello >tree/file && ln -s file tree/link
for codec in gzip zstd none; do
	mk --bin app --tree tree:/data --compress "$codec" -q -o "$codec.tar" -o "$codec/"
	t "an archive with $codec verifies" mk verify "$codec.tar"
	t "a layout with $codec verifies" mk verify "$codec"
done
gzip -k gzip.tar
t 'a compressed archive verifies' mk verify gzip.tar.gz
t 'an archive on standard input verifies' bash -c '"$MKSCRATCH" verify - <gzip.tar'
is "$(mk verify --json gzip.tar | jq -c '[.ok, (.checks | length > 5), .image]')" '[true,true,"gzip.tar"]' '--json tells the same'

# Bend each blob in each way; all must be found, by digest or size, with the exit status of integrity.
cat >bend.py <<'P'
import sys
path, how = sys.argv[1:]
data = bytearray(open(path, 'rb').read())
if how == 'flip': data[len(data) // 2] ^= 1
elif how == 'cut': del data[-1:]
elif how == 'extend': data += b'\0'
elif how == 'empty': data.clear()
open(path, 'wb').write(data)
P
missed=
for codec in gzip zstd none; do
	for blob in "$codec"/blobs/sha256/*; do
		cp "$blob" saved
		for how in flip cut extend empty remove; do
			if [ "$how" = remove ]; then rm "$blob"; else python3 bend.py "$blob" "$how"; fi
			run mk verify "$codec"
			[ "$status" = 7 ] || missed="$missed $codec/$(basename "$blob" | head -c 8):$how=$status"
			cp saved "$blob"
		done
	done
done
is "$missed" '' 'every blob that is flipped, cut, extended, emptied or removed is found (exit 7)'
t '... and mended again it verifies' mk verify gzip

refused() { # STATUS NAME JQ-PROGRAM FILE
	cp -r gzip bent
	jq -c "$3" "gzip/$4" >"bent/$4"
	run mk verify bent
	is "$status" "$1" "$2"
	rm -rf bent
}
refused 3 'a digest that is a path is refused' '.manifests[0].digest = "sha256:../../../../etc/passwd"' index.json
refused 3 'a negative size is refused' '.manifests[0].size = -1' index.json
refused 7 'a wrong size is found' '.manifests[0].size += 1' index.json
refused 3 'another schema version is refused' '.schemaVersion = 1' index.json
refused 3 'another layout version is refused' '.imageLayoutVersion = "2.0.0"' oci-layout

# An image that is whole but wrong: documents are written anew with digests that fit.
cat >rewrite.py <<'P'
import hashlib, json, os, sys
root, part, code = sys.argv[1:]
def load(d): return json.load(open(f'{root}/blobs/sha256/' + d[7:]))
def store(o):
    b = json.dumps(o).encode(); d = hashlib.sha256(b).hexdigest()
    open(f'{root}/blobs/sha256/{d}', 'wb').write(b)
    return {'digest': 'sha256:' + d, 'size': len(b)}
index = json.load(open(f'{root}/index.json'))
manifest = load(index['manifests'][0]['digest']); config = load(manifest['config']['digest'])
exec(code, {'manifest': manifest, 'config': config, 'index': index})
manifest['config'].update(store(config)); index['manifests'][0].update(store(manifest))
json.dump(index, open(f'{root}/index.json', 'w'))
P
rewritten() { # STATUS NAME CODE
	cp -r gzip bent
	python3 rewrite.py bent - "$3"
	run mk verify bent
	is "$status" "$1" "$2"
	rm -rf bent
}
rewritten 0 'a document written otherwise is as good' 'pass'
rewritten 4 'an entrypoint that is not there will not start' 'config["config"]["Entrypoint"] = ["/none"]'
rewritten 4 'neither will one that is no program' 'config["config"]["Entrypoint"] = ["/data/file"]'
rewritten 4 'nor one for another machine' 'config["architecture"] = "s390x"'
rewritten 4 'a user by name without a passwd entry cannot be found' 'config["config"]["User"] = "me"; config["config"]["Entrypoint"] = ["/none"]'
rewritten 3 'fewer DiffIDs than layers are refused' 'config["rootfs"]["diff_ids"].pop()'
rewritten 7 'a DiffID of something else is found' 'config["rootfs"]["diff_ids"][0] = "sha256:" + "0" * 64'
rewritten 3 'a manifest that is an index too is refused' 'manifest["manifests"] = []'
rewritten 3 'no layers at all are refused' 'manifest["layers"] = []; config["rootfs"]["diff_ids"] = []'
rewritten 3 'more history than layers is refused' 'config["history"].append({"created_by": "x"})'

must_fail 3 'none.txt: no such image' -- verify none.txt
mkdir empty
must_fail 3 'empty: not an OCI layout (oci-layout is missing)' -- verify empty
head -c 100000 /dev/urandom >noise
run mk verify noise
is "$status" 3 'noise is no image'
head -c 3000 gzip.tar >cut.tar
run mk verify cut.tar
like "$status" '^[37]$' 'neither is an archive that was cut'

# What a program loads is resolved inside the image.
mkdir lib && printf 'int f(void) { return 1; }\n' | cc -shared -fPIC -x c -o lib/libx.so - -x none -Wl,-soname,libx.so
# shellcheck disable=SC2016
printf 'int f(void); int main(void) { return f(); }\n' | cc -x c -o dyn - -x none lib/libx.so -Wl,-rpath,'$ORIGIN/lib'
verdict() { # of the check "libraries", or what else is said of the entrypoint
	mk verify --json "$1" 2>/dev/null | jq -r '.checks[] | select(.check == "libraries" or (.check == "entrypoint" and .ok == false)) | "\(.ok) \(.detail)"'
}
mk -q --bin dyn:/srv/dyn -o dyn.tar
like "$(verdict dyn.tar)" '^true 3, found as the loader /.* looks for them$' 'the libraries of a program are found in its image'
mk -q --bin app --file dyn:/dyn --entrypoint /dyn -o alone.tar
like "$(verdict alone.tar)" '^false /dyn: its loader /.* is not in the root$' 'a dynamic program alone would not start'
run mk verify -q alone.tar
is "$status" 4 '... which is exit status 4'
interp=$(mk deps --json dyn | jq -r .interp)
mk -q --bin app --file dyn:/dyn --file "$interp:$interp:0755" --entrypoint /dyn -o half.tar
like "$(verdict half.tar)" '^false /dyn: needs libx\.so, not found' 'nor would one without a library'
mk -q --bin dyn:/srv/dyn --link srv/dyn:/start --entrypoint /start -o linked.tar
like "$(verdict linked.tar)" '^true 3, found' 'the entrypoint may be a link'
mk -q --bin app --file dyn:/dyn --file "$interp:$interp:0755" --tree lib:/opt --entrypoint /dyn -e LD_LIBRARY_PATH=/opt -o env.tar
like "$(verdict env.tar)" '^false /dyn: needs libc\.so\.6, not found' 'the environment of the image counts'
# Another tool writes the same layers, with a hard link in them.
if command -v umoci >/dev/null && [ "$(id -u)" = 0 ]; then
	mk -q --bin dyn:/srv/dyn -t x:v1 -o made/ && umoci unpack --image made:v1 bundle >/dev/null 2>&1 &&
		ln bundle/rootfs/srv/lib/libx.so bundle/rootfs/srv/lib/liby.so && ln -f bundle/rootfs/srv/lib/liby.so bundle/rootfs/srv/lib/libx.so &&
		umoci repack --image made:v2 bundle >/dev/null 2>&1
	like "$(verdict made:v2)" '^true 3, found' 'hard links and layers of another tool are followed'
else
	skip 'hard links and layers of another tool are followed' 'cannot: umoci as root is not here'
fi
done_testing
