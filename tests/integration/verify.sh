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
refused 3 'a digest of another algorithm is refused' '.manifests[0].digest = "sha512:00"' index.json
is "$(grep -cF 'digest "sha512:00": sha512 is not supported, only sha256' "$out")" 1 '... as what it is'
is "$(grep -c 'nothing refers to' "$out")" 0 '... and what it leads to is not said to be nowhere named'
refused 3 'a digest that is a path is refused' '.manifests[0].digest = "sha256:../../../../etc/passwd"' index.json
refused 3 'a negative size is refused' '.manifests[0].size = -1' index.json
refused 7 'a wrong size is found' '.manifests[0].size += 1' index.json
refused 3 'another schema version is refused' '.schemaVersion = 1' index.json
refused 3 'another layout version is refused' '.imageLayoutVersion = "2.0.0"' oci-layout
refused 3 'a layout version that is a number is refused' '.imageLayoutVersion = 1' oci-layout
is "$(head -n 1 "$err")" 'mkscratch: bent: oci-layout: imageLayoutVersion: not a string' '... and named'

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

listed() { # LINE CODE
	cp -r gzip bent
	python3 rewrite.py bent - "$2"
	run mk ls bent
	is "$status $(head -n 1 "$err")" "3 mkscratch: bent: $1" "$1"
	rm -rf bent
}
listed 'config: rootfs.diff_ids: not a list' 'config["rootfs"]["diff_ids"] = {}'
listed 'config: rootfs.diff_ids: no digest for layer 1' 'config["rootfs"]["diff_ids"][0] = "md5:0"'
listed 'config: rootfs.type: not "layers"' 'config["rootfs"]["type"] = ["layers"]'
listed 'config: rootfs: not an object' 'config["rootfs"] = []'
listed 'config: os or architecture is missing' 'del config["os"]'
listed 'config: architecture: not a string' 'config["architecture"] = ["amd64"]'
listed 'manifest: layers: not a list' 'manifest["layers"] = {}'
listed 'manifest: layers: missing' 'del manifest["layers"]'
listed 'layer 1: descriptor has no digest' 'del manifest["layers"][0]["digest"]'
listed 'layer 1: descriptor: digest: not a string' 'manifest["layers"][0]["digest"] = 7'
listed "layer 1: $(jq -r .layers[0].digest "gzip/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' gzip/index.json)"): mediaType: not a string" \
	'manifest["layers"][0]["mediaType"] = 7'

# What image-spec demands of documents (exit 3), and what it only advises (a note).
told() { # NAME TEXT: of the image looked at last
	is "$(grep -cF -- "$2" "$out")" 1 "$1"
}
wrong() { # NAME CODE TEXT
	rewritten 3 "$1" "$2"
	told '... and told' "✗ $3"
}
fine() { # NAME CODE TEXT
	rewritten 0 "$1" "$2"
	told '... and told' "· $3"
}
wrong 'a time that is none' 'config["created"] = "yesterday"' 'config: created "yesterday": not a time (RFC 3339)'
wrong 'Env that is no list' 'config["config"]["Env"] = "A=b"' 'config: Env: not a list of strings'
wrong 'Entrypoint of numbers' 'config["config"]["Cmd"] = [1]' 'config: Cmd: not a list of strings'
wrong 'Labels that are no strings' 'config["config"]["Labels"] = {"a": 1}' 'config: Labels: "a" has not the value it should have'
wrong 'ports that are no set' 'config["config"]["ExposedPorts"] = ["80/tcp"]' 'config: ExposedPorts: not an object'
wrong 'User that is a number' 'config["config"]["User"] = 0' 'config: User: not a string'
wrong 'history that is no list' 'config["history"] = {}' 'config: history: not a list'
wrong 'a manifest of another version' 'manifest["schemaVersion"] = 1' 'manifest: schemaVersion is not 2'
wrong 'a manifest that calls itself otherwise' 'manifest["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json"' \
	'manifest: mediaType application/vnd.docker.distribution.manifest.v2+json, the descriptor says application/vnd.oci.image.manifest.v1+json'
wrong 'annotations that are no strings' 'manifest["annotations"]["a"] = 1' 'manifest: annotations: "a" has not the value it should have'
wrong 'a layer without a media type' 'del manifest["layers"][0]["mediaType"]' 'manifest: layer 1: the descriptor has no mediaType'
wrong 'a media type that is none' 'manifest["layers"][0]["mediaType"] = "tar"' 'manifest: layer 1: mediaType "tar" is none (RFC 6838)'
wrong 'a media type that does not fit the bytes' 'manifest["layers"][0]["mediaType"] = "application/vnd.oci.image.layer.v1.tar"' \
	'layer 1: its bytes are gzip, its mediaType is application/vnd.oci.image.layer.v1.tar'
wrong 'an index that calls itself otherwise' 'index["mediaType"] = "text/plain"' 'index.json: mediaType text/plain: not an image index'
wrong 'a platform without a system' 'index["manifests"][0]["platform"] = {"architecture": "amd64"}' \
	'index.json: platform: has no os or no architecture'
fine 'less history than layers' 'config["history"].pop()' 'history: 1 item for 2 layers'
fine 'no entrypoint' 'del config["config"]["Entrypoint"]' 'entrypoint: neither Entrypoint nor Cmd is set: whoever runs it says what starts'
wrong 'a tag that is no reference' 'index["manifests"][0]["annotations"] = {"org.opencontainers.image.ref.name": "a b"}' \
	'tags: "a b": not a reference name'
fine 'a tag that only Docker takes' 'index["manifests"][0]["annotations"] = {"org.opencontainers.image.ref.name": "v1."}' \
	'tags: "v1.": not a reference name'
wrong 'a variable without a value' 'config["config"]["Env"] = ["NOEQ"]' 'config: Env: "NOEQ": not NAME=VALUE'
wrong '... without a name' 'config["config"]["Env"] = ["=x"]' 'config: Env: "=x": not NAME=VALUE'
fine '... and one with two' 'config["config"]["Env"] = ["A=1", "B=", "A=2"]' 'config: Env: A is there twice'
for port in 99999/tcp 0 x 80/icmp -1; do
	wrong "a port that is none: $port" 'config["config"]["ExposedPorts"] = {"'"$port"'": {}}' "config: ExposedPorts: \"$port\": not a port"
done
for signal in FOO SIGNONE 0 65 -9 SIGRTMIN+16 SIG 'SIGTERM '; do
	wrong "a signal that is none: $signal" 'config["config"]["StopSignal"] = "'"$signal"'"' "config: StopSignal: \"$signal\": not a signal"
done
wrong 'a member of a health check names it' 'config["config"]["Healthcheck"] = {"Test": "x"}' 'config: Healthcheck: Test: not a list of strings'
wrong 'an item of the history its number' 'config["history"][1]["author"] = 5' 'config: history 2: author: not a string'
rewritten 0 'ports' 'config["config"]["ExposedPorts"] = {"80": {}, "1/tcp": {}, "65535/udp": {}, "5/sctp": {}}'
fine 'a working directory from nowhere on' 'config["config"]["WorkingDir"] = "rel"' 'config: WorkingDir "rel": not an absolute path'
fine 'a health check without pause' 'config["config"]["Healthcheck"] = {"Test": ["NONE"], "Interval": 1}' \
	'config: Healthcheck: Interval: shorter than a millisecond, which Docker refuses'
for signal in '' SIGQUIT term 9 RTMIN+3 sigrtmax-1; do
	rewritten 0 "a signal: '$signal'" 'config["config"]["StopSignal"] = "'"$signal"'"'
	is "$(grep -c Signal "$out")" 0 '... is no matter'
done
rewritten 0 'signals of another system' 'config["config"]["StopSignal"] = "3010"; config["os"] = "windows"'
fine 'a volume from nowhere on' 'config["config"]["Volumes"] = {"data": {}}' 'config: Volumes: "data": not an absolute path'
fine 'all of the image as a volume' 'config["config"]["Volumes"] = {"/.//": {}}' 'config: Volumes: "/.//": the root of the image cannot be one'
wrong 'volumes that are no set' 'config["config"]["Volumes"] = ["/data"]' 'config: Volumes: not an object'
rewritten 0 'a thousand bad volumes' 'config["config"]["Volumes"] = {str(i): {} for i in range(1000)}'
is "$(grep -c 'Volumes: ' "$out")" 20 '... are told as twenty'
fine 'a health check that is none' 'config["config"]["Healthcheck"] = {"Test": ["/app"]}' 'config: Healthcheck: Test: "/app": neither NONE nor CMD nor CMD-SHELL'
fine '... without a command' 'config["config"]["Healthcheck"] = {"Test": ["CMD"]}' 'config: Healthcheck: Test: CMD without a command'
fine '... with fewer tries than none' 'config["config"]["Healthcheck"] = {"Test": ["CMD", "/app"], "Retries": -1}' \
	'config: Healthcheck: Retries: less than none, which Docker refuses'
fine '... without its program' 'config["config"]["Healthcheck"] = {"Test": ["CMD", "/bin/curl", "-f"]}' 'healthcheck: /bin/curl: no program of the image'
fine '... or its shell' 'config["config"]["Healthcheck"] = {"Test": ["CMD-SHELL", "x"]}' 'healthcheck: /bin/sh: no program of the image'
fine '... which it may name' 'config["config"].update(Healthcheck={"Test": ["CMD-SHELL", "x"]}, Shell=["bash", "-c"])' \
	'healthcheck: bash: no program of the image'
rewritten 0 'a health check that is there' 'config["config"]["Healthcheck"] = {"Test": ["CMD", "/app"]}'
fine 'a name that is none' 'index["manifests"][0]["annotations"] = {"io.containerd.image.name": "A B"}' \
	'tags: "A B": not the name of an image'
# In a directory nobody says what our names were, but the two of an entry are one.
wrong 'a tag that is not that of the name' 'index["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"] = "v9"' \
	'tags: "docker.io/library/app:latest": does not agree with the reference name'
wrong '... the other way round' 'index["manifests"][0]["annotations"]["io.containerd.image.name"] = "docker.io/library/app:v9"' \
	'tags: "docker.io/library/app:v9": does not agree with the reference name'
fine '... of an image that is not ours' 'index["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"] = "v9"
for h in config["history"]: h["created_by"] = "somebody else"' 'tags: "docker.io/library/app:latest": does not agree with the reference name'
rewritten 0 'a tag alone, as skopeo and umoci write it' 'index["manifests"][0]["annotations"] = {"org.opencontainers.image.ref.name": "v9"}'

# A descriptor may carry what it names.
embedded() { # WHICH-DESCRIPTOR BYTES
	echo "import base64, json; $1['data'] = base64.b64encode($2).decode()"
}
rewritten 0 'data that is what it names' "$(embedded 'manifest["layers"][0]' 'open("bent/blobs/sha256/" + manifest["layers"][0]["digest"][7:], "rb").read()')"
rewritten 7 'data that is something else' "$(embedded 'manifest["layers"][0]' 'b"x" * manifest["layers"][0]["size"]')"
told '... is told' '✗ manifest: layer 1: data: '
rewritten 7 'data that is cut' "$(embedded 'manifest["config"]' 'json.dumps(config).encode()[:-1]')"
wrong 'data that is no base64' 'manifest["layers"][1]["data"] = "e30"' 'manifest: layer 2: data: not base64'
wrong 'data in lines' 'manifest["layers"][1]["data"] = "e30=\n"' 'manifest: layer 2: data: not base64'
wrong 'data that is no string' 'manifest["layers"][1]["data"] = 1' 'manifest: data: not a string'
fine 'another platform in the index' 'index["manifests"][0]["platform"] = {"architecture": "s390x", "os": "linux"}' \
	'config: linux/amd64, the index says linux/s390x'
rewritten 0 'null is what Go writes for nothing' 'config["config"].update({"Cmd": None, "Labels": None, "Volumes": None}); manifest["annotations"] = None'
rewritten 0 'an image for another system is not started' 'config["os"] = "windows"'

fine 'a machine by its other name' 'config["architecture"] = "x86_64"; config["config"]["Entrypoint"] = None' \
	'config: architecture "x86_64": its name is amd64'

# Layers that are not to be distributed need not be there; they are published elsewhere.
for type in application/vnd.oci.image.layer.nondistributable.v1.tar+gzip application/vnd.docker.image.rootfs.foreign.diff.tar.gzip; do
	foreign="manifest['layers'][0].update(mediaType='$type', urls=['https://layers.example/1'])"
	rewritten 0 "a layer that is not to be distributed: $type" "$foreign"
	is "$(grep -c 'not here' "$out")" 0 '... which is here'
	fine '... which is not here' "import os; $foreign; os.remove('bent/blobs/sha256/' + manifest['layers'][0]['digest'][7:])" \
		"layer 1: sha256:$(jq -r .layers[0].digest[7:] "gzip/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' gzip/index.json)"): not here: nobody passes on what is not to be distributed"
	told '... as far as it goes' '· entrypoint: whether it would start is not looked at: a layer is not here'
done
cp -r gzip bent && python3 rewrite.py bent - "import os; $foreign; os.remove('bent/blobs/sha256/' + manifest['layers'][0]['digest'][7:])"
run mk verify --rebuild bent
is "$status" 7 'to make it again takes all'
rm -rf bent
rewritten 7 'any other is missing' 'import os; os.remove("bent/blobs/sha256/" + manifest["layers"][0]["digest"][7:])'

# An index within the index.
nested() { # STATUS NAME CODE [TEXT]: inner is the index that has the manifest, its entry in index.json is outer
	rm -rf bent && cp -r gzip bent
	python3 - "$3" <<-'P'
		import hashlib, json, sys
		index = json.load(open('bent/index.json'))
		kind = 'application/vnd.oci.image.index.v1+json'
		inner = {'schemaVersion': 2, 'mediaType': kind, 'manifests': [{k: v for k, v in index['manifests'][0].items() if k != 'annotations'}]}
		outer = {'mediaType': kind, 'annotations': index['manifests'][0]['annotations']}
		exec(sys.argv[1])
		b = json.dumps(inner).encode()
		h = hashlib.sha256(b).hexdigest()
		open('bent/blobs/sha256/' + h, 'wb').write(b)
		outer.update({'digest': 'sha256:' + h, 'size': len(b)})
		index['manifests'] = [outer]
		json.dump(index, open('bent/index.json', 'w'))
	P
	run mk verify bent
	is "$status" "$1" "$2"
	[ -z "${4-}" ] || told '... and told' "$4"
	rm -rf bent
}
nested 0 'an index within the index' 'pass'
nested 3 '... that calls itself otherwise' 'inner["mediaType"] = "application/vnd.docker.distribution.manifest.list.v2+json"' \
	'mediaType application/vnd.docker.distribution.manifest.list.v2+json, the descriptor says application/vnd.oci.image.index.v1+json'
nested 3 '... whose entry has no media type' 'del inner["manifests"][0]["mediaType"]' 'manifest 1: the descriptor has no mediaType'
nested 3 '... whose platform has no system' 'inner["manifests"][0]["platform"] = {"architecture": "amd64"}' 'platform: has no os or no architecture'
nested 3 '... whose annotations are no strings' 'inner["annotations"] = {"a": 1}' 'annotations: "a" has not the value it should have'
nested 3 '... of another version' 'inner["schemaVersion"] = 1' 'index: not an image index of schema version 2 (schemaVersion: another)'
nested 3 '... without a version' 'del inner["schemaVersion"]' 'index: not an image index of schema version 2 (schemaVersion: missing)'
nested 3 '... whose manifests are no list' 'inner["manifests"] = {}' 'index: not an image index of schema version 2 (manifests: not a list)'

# Where it would start, and what would be mounted.
for place in /app /app/below //data/../app /data/link; do
	rewritten 4 "a working directory that is a file: $place" 'config["config"]["WorkingDir"] = "'"$place"'"; config["config"]["Entrypoint"] = ["/app"]'
	is "$(grep -c '✗ workdir: .*: not a directory' "$out")" 1 '... is told'
	rewritten 4 '... a volume' 'config["config"]["Volumes"] = {"'"$place"'": {}}'
	is "$(grep -c '✗ volume: .*: not a directory' "$out")" 1 '... is told'
done
rewritten 0 'directories that are there, and not there' 'config["config"]["WorkingDir"] = "/data"; config["config"]["Volumes"] = {"/data/new/one": {}, "/none": {}}'

# Who starts, and what.
rewritten 4 'a name that is in no directory of PATH' 'config["config"]["Entrypoint"] = ["app"]; config["config"]["Env"] = ["PATH=/bin:/data"]'
rewritten 0 'a name that is' 'config["config"]["Entrypoint"] = ["app"]; config["config"]["Env"] = ["PATH=/bin:/"]'
rewritten 0 'a path from the working directory' 'config["config"]["Entrypoint"] = ["./app"]; config["config"]["WorkingDir"] = "/"'
rewritten 0 'a user of passwd' 'config["config"]["User"] = "nobody"'
rewritten 0 '... and a group' 'config["config"]["User"] = "nobody:nobody"'
rewritten 4 'a user that passwd does not have' 'config["config"]["User"] = "me"'
told '... is told' '✗ user: me: not in /etc/passwd'
rewritten 4 'a group likewise' 'config["config"]["User"] = "0:us"'
told '... is told, too' '✗ group: us: not in /etc/group'
printf '#!/x\n' >interp && printf '#!/app\n' >script && printf '#! /none -x\n' >lost && printf '#!/lost\n' >chain && chmod +x script lost chain
mk -q --bin app --file script:/script --file lost:/lost --file chain:/chain -o scripts/
starts() { # STATUS NAME ENTRYPOINT
	mk -q --bin app --file script:/script --file lost:/lost --file chain:/chain --entrypoint "$3" -o script.tar 2>/dev/null
	run mk verify script.tar
	is "$status" "$1" "$2"
}
starts 0 'a script starts by its interpreter' /script
starts 4 '... which must be there' /lost
starts 4 '... however many steps away' /chain
told '... is told once' '✗ entrypoint: /chain, /none: not in the image'
is "$(grep -c '✗' "$out")" 1 '... and nothing else'

# What the mode of a program and of the directories on its way let the user of the image do.
mkdir way && cp app script way/
user_starts() { # STATUS NAME USER ENTRYPOINT TEXT ARG...: TEXT is what is told, "" for nothing
	local status_want=$1 name=$2 user=$3 entrypoint=$4 text=$5
	shift 5
	mk -q --bin app "$@" --user "$user" --entrypoint "$entrypoint" -o user.tar 2>/dev/null
	run mk verify user.tar
	is "$status" "$status_want" "$name"
	[ -z "$text" ] || told '... is told' "✗ entrypoint: $text"
}
mode() { echo --file "$1:/x:$2"; }
# shellcheck disable=SC2046
{
	user_starts 4 'a program of another that only that one may execute' 1000:1000 /x '/x: user 1000:1000 may not execute it (mode 0700, 0:0)' $(mode app 0700)
	user_starts 0 '... which root may' 0:0 /x '' $(mode app 0700)
	user_starts 0 '... and who owns it' 1000:1000 /x '' $(mode app 0700:1000:0)
	user_starts 4 'an owner without the right has none by the group' 1000:1000 /x '/x: user 1000:1000 may not execute it (mode 0655, 1000:1000)' $(mode app 0655:1000:1000)
	user_starts 0 'a program of the group' 1000:7 /x '' $(mode app 0750:0:7)
	user_starts 4 '... of another group' 1000:8 /x '/x: user 1000:8 may not execute it (mode 0750, 0:7)' $(mode app 0750:0:7)
	user_starts 0 'root executes what anybody may' 0:0 /x '' $(mode app 0701:1000:1000)
	user_starts 4 'a script that its interpreter may not read' 1000:1000 /x '/x: user 1000:1000 may not read it (mode 0711, 0:0)' --file script:/script --file script:/x:0711
	user_starts 4 'an interpreter that the user may not execute' 1000:1000 /s '/s, /x: user 1000:1000 may not execute it (mode 0700, 0:0)' --file interp:/s:0755 $(mode app 0700)
	user_starts 4 'a link into a directory that is closed' 1000:1000 /s '/s: user 1000:1000 may not search /d (mode 0700, 0:0)' \
		--dir /d:0700 --file app:/d/x:0755 --link d/x:/s
	user_starts 0 '... which its owner may search' 1000:1000 /s '' --dir /d:0700:1000:0 --file app:/d/x:0755 --link d/x:/s
}
# What is not needed to start is noted.
notes() { # NAME WANT ARG...: what is noted of the user and the working directory
	local name=$1 want=$2
	shift 2
	mk -q --bin app --user 1000:1000 "$@" -o notes.tar
	is "$(mk verify --json notes.tar | jq -r '.checks[] | select(.note == true and (.check == "user" or .check == "workdir")) | .detail')" "$want" "$name"
}
notes 'a working directory that is closed' '/data: user 1000:1000 may not search /data (mode 0700, 0:0): not every runtime begins there' -w /data --dir /data:0700
notes '... or above it one' '/a/b: user 1000:1000 may not search /a (mode 0700, 0:0): not every runtime begins there' -w /a/b --dir /a:0700
notes '... or is the own' '' -w /data --dir /data:0700:1000:0
notes 'zones that are closed' 'may not search /usr (mode 0700, 0:0): time zones are not found' --tz=UTC --dir /usr:0700
notes 'a bundle that may not be read' '/etc/ssl/certs/ca-certificates.crt: may not read it (mode 0600, 0:0): certificates are not found' \
	--file script:/etc/ssl/certs/ca-certificates.crt:0600
notes 'what keeps from all, once' 'may not search /etc (mode 0700, 0:0): accounts, certificates and settings there are not found' \
	--certs --dir /etc:0700
printf 'staff:x:50:me,you\n' >group && printf 'you:x:1000:7::/:/\nthem:x:1001:7::/:/\n' >passwd
by_name() { # STATUS NAME USER
	python3 "$TOP/tests/integration/make_image.py" name.tar t '{"architecture":"'"$arch"'","os":"linux","config":{"User":"'"$3"'","Entrypoint":["/x"]}}' name.layer
	run mk verify name.tar
	is "$status" "$1" "$2"
}
arch=$(jq -r .architecture "gzip/blobs/sha256/$(jq -r '.config.digest[7:]' "gzip/blobs/sha256/$(jq -r '.manifests[0].digest[7:]' gzip/index.json)")")
mkdir -p named/etc && cp group passwd named/etc/ && cp app named/x && chmod 0750 named/x
tar --owner=0 --group=50 -cf name.layer -C named etc x
by_name 0 'a user by name has the groups of /etc/group' you
by_name 0 '... as has its number' 1000
by_name 4 '... but not with a group given' you:7
by_name 0 '... unless it is that' 1001:staff
by_name 4 'another user has not' them
by_name 4 'a number that no runtime takes' 99999999999
told '... is told' '✗ user: 99999999999: beyond what runtimes take (2147483647)'

# Blobs and archives.
cp -r gzip bent && echo junk >"bent/blobs/sha256/$(echo junk | sha256sum | cut -d' ' -f1)"
run mk verify bent
is "$status" 0 'a blob that nothing refers to is no fault'
told '... but told' '· blobs: 1 of 5 (5 B) that nothing refers to'
echo jnuk >"bent/blobs/sha256/$(echo junk | sha256sum | cut -d' ' -f1)"
run mk verify bent
is "$status" 7 '... unless it is not what its name says'
rm -rf bent
cp gzip.tar bent.tar && head -c 512 /dev/zero >>bent.tar
run mk verify bent.tar
is "$status" 3 'zeros behind our archive are told'
for n in 512 1024; do
	head -c -$n gzip.tar >bent.tar
	run mk verify bent.tar
	is "$status" 3 "our archive without its last $n bytes is told"
	told '... as what it is' "✗ archive: cut off in the zeros at its end ($((1024 - n)) vs 1024 bytes)"
done
tar -b 1 -cf other.tar -C gzip . && head -c -512 other.tar >bent.tar
run mk verify bent.tar
is "$status" 0 '... of another it is no fault'
told '... but told' '· archive: its end has fewer zeros than it should (512 vs 1024 bytes)'
tar cf other.tar -C gzip . && head -c 51200 /dev/zero >>other.tar
t '... those behind another are padding' mk verify other.tar
printf junk >>other.tar
run mk verify other.tar
is "$status" 3 'junk behind an archive is not'
cp gzip.tar bent.tar && tar rf bent.tar -C gzip index.json
run mk verify bent.tar
is "$status" 3 'a file that is there twice is not'

# Tags and the docker-archive side.
retar() { # CODE: gzip.tar with its documents changed; d is the document manifest.json, i is index.json
	python3 - "$1" <<-'P'
		import io, json, sys, tarfile
		old = tarfile.open('gzip.tar')
		with tarfile.open('bent.tar', 'w') as t:
		    files = {m.name: old.extractfile(m).read() for m in old if m.isfile()}
		    d, i = json.loads(files['manifest.json']), json.loads(files['index.json'])
		    exec(sys.argv[1])
		    files['manifest.json'], files['index.json'] = json.dumps(d).encode(), json.dumps(i).encode()
		    for name, data in files.items():
		        m = tarfile.TarInfo(name); m.size = len(data); t.addfile(m, io.BytesIO(data))
	P
	run mk verify bent.tar
}
retar 'pass'
is "$status" 0 'an archive written by others from the same files is as good'
retar 'd[0]["Layers"].reverse()'
is "$status" 7 'layers in another order for docker'
retar 'd[0]["RepoTags"] = ["docker.io/library/other:latest"]'
is "$status" 7 'another name for docker'
retar 'd[0]["RepoTags"] = []'
is "$status" 7 'no name for docker'
retar 'd.append(d[0])'
is "$status" 7 'two images for docker'
retar 'd[0]["RepoTags"] = ["A B"]'
is "$status" 3 'a name that docker does not take'
retar 'i["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"] = "v9"'
is "$status" 3 'a tag that is not that of the name'
retar 'del i["manifests"][0]["annotations"]["io.containerd.image.name"]; d[0]["RepoTags"] = ["docker.io/library/app:v9"]'
is "$status" 7 'a tag for docker that is none of the index'
retar 'i["manifests"][0]["annotations"]["io.containerd.image.name"] = "docker.io/library/app:v9"; d[0]["RepoTags"] = ["docker.io/library/app:v9"]'
is "$status" 3 '... the other way round'
retar 'del files["manifest.json"]; d = None; files["manifest.json"] = b""'
like "$status" '^[37]$' 'a manifest.json that is null'

# A docker-archive says of its layers but their DiffIDs: whatever is bent, that is what is wrong.
docker_archive() { # HOW CODEC: gzip.tar without its OCI side, the last layer (b) bent
	python3 - "$1" "$2" <<-'P'
		import gzip, io, json, sys, tarfile
		files = {m.name: tarfile.open('gzip.tar').extractfile(m).read() for m in tarfile.open('gzip.tar') if m.isfile()}
		d = json.loads(files['manifest.json'])
		b = bytearray(gzip.decompress(files[d[0]['Layers'][-1]]))
		plain = bytes(b)
		if sys.argv[2] == 'gzip': b = bytearray(gzip.compress(plain))
		exec(sys.argv[1])
		files[d[0]['Layers'][-1]] = bytes(b)
		with tarfile.open('bent.tar', 'w') as t:
		    for name in ['manifest.json', d[0]['Config']] + d[0]['Layers']:
		        m = tarfile.TarInfo(name); m.size = len(files[name]); t.addfile(m, io.BytesIO(files[name]))
	P
}
missed=
for codec in plain gzip; do
	docker_archive pass "$codec"
	t "a docker-archive with $codec layers" mk verify bent.tar
	for how in 'b[len(b) // 2] ^= 1' 'b[0] ^= 0xff' 'b[10] ^= 1' 'del b[len(b) // 2:]' 'b.clear()' 'b[:] = plain + bytes(512)' 'b[:] = b"x" * 5000'; do
		docker_archive "$how" "$codec"
		for verb in 'verify -q' 'ls' 'build -q --bin app:/app2 -o new.tar --base'; do
			# shellcheck disable=SC2086
			run mk $verb bent.tar
			[ "$status" = 7 ] || missed="$missed $codec: $how: $verb: $status"
		done
	done
done
is "$missed" '' '... and every bent one, by verify, ls and --base (exit 7)'
rm -f new.tar
# Other readers do not take what does not end as gzip does.
for how in 'b[-8] ^= 1' 'b[-1] ^= 1' 'b += b"junk"' 'b += bytes(512)'; do
	docker_archive "$how" gzip
	run mk verify bent.tar
	is "$status" 3 "a gzip stream with $how"
	told '... is told' '✗ layer 2: the gzip stream does not end with its checksum and length'
done
docker_archive 'b[:] = gzip.compress(plain[:512]) + gzip.compress(plain[512:])' gzip
t 'a gzip stream of two members' mk verify bent.tar
for how in 'plain pass' 'gzip pass' 'gzip b[-1]^=1'; do
	docker_archive "${how#* }" "${how%% *}"
	run mk verify --max-layer-size 10k bent.tar
	is "$status $(grep -c '✗ layer [12]: expands beyond 10000 bytes (--max-layer-size)$' "$out")" '3 1' "a layer beyond the limit is that, and nothing else: $how"
done

# Layers by others: their tars need not be ours, but must be sound.
layered() { # STATUS NAME CODE: a layer made by Python's tarfile, in an image that says it is ours if BY does
	rm -rf bent && cp -r gzip bent
	python3 - "$3" <<-'P'
		import gzip, hashlib, io, json, os, sys, tarfile
		def load(d): return json.load(open('bent/blobs/sha256/' + d[7:]))
		def store(b):
		    h = hashlib.sha256(b).hexdigest(); open('bent/blobs/sha256/' + h, 'wb').write(b); return {'digest': 'sha256:' + h, 'size': len(b)}
		def add(name, data=b'', **kw):
		    m = tarfile.TarInfo(name); m.size = len(data); [setattr(m, k, v) for k, v in kw.items()]; t.addfile(m, io.BytesIO(data))
		raw = io.BytesIO()
		t = tarfile.open(fileobj=raw, mode='w')
		exec(sys.argv[1])
		t.close()
		index = json.load(open('bent/index.json')); manifest = load(index['manifests'][0]['digest']); config = load(manifest['config']['digest'])
		manifest['layers'].append({'mediaType': 'application/vnd.oci.image.layer.v1.tar+gzip', **store(gzip.compress(raw.getvalue()))})
		config['rootfs']['diff_ids'].append('sha256:' + hashlib.sha256(raw.getvalue()).hexdigest())
		config['history'].append({'created_by': os.environ.get('BY', 'somebody else')})
		manifest['config'].update(store(json.dumps(config).encode())); index['manifests'][0].update(store(json.dumps(manifest).encode()))
		json.dump(index, open('bent/index.json', 'w'))
	P
	run mk verify bent
	is "$status" "$1" "$2"
}
layered 0 'names that begin with ./ and entries in any order' 'add("./z", b"1"); add("./a", b"2")'
layered 0 'an entry without one for its directory' 'add("new/file", b"1")'
told '... is told' '· layer 3: 1 of its entries lack one for their directory, which Docker before 23 then keeps from all but root'
layered 0 'entries before that of their directory' 'add("new/d/file", b"1"); add("new/d", type=tarfile.DIRTYPE); add("data/x", b"1"); add("new", type=tarfile.DIRTYPE); add("new/y", b"2")'
told '... are told' '· layer 3: /new/d stands before the entry of its directory (2 such)'
is "$(grep -c 'lack one' "$out")" 0 '... and do not lack it'
layered 0 '... that a layer below has' 'add("data/x", b"1"); add("data", type=tarfile.DIRTYPE, mode=0o755); add("data/y", b"2")'
told '... are told too' '· layer 3: /data/x stands before the entry of its directory (1 such)'
layered 0 'a directory of a layer below alone' 'add("data/x", b"1")'
is "$(grep -c 'stands before' "$out")" 0 '... is before all that comes'
layered 0 'whiteouts behind what they delete' 'add("a", b"1"); add("d", type=tarfile.DIRTYPE); add("d/x", b"1"); add(".wh.d"); add("d/y", b"2"); add(".wh.a"); add(".wh.0"); add("0", b"3"); add("z", b"4")'
told '... are told' '· layer 3: /a stands before a whiteout of the same layer that deletes it where the order counts (3 such)'
python3 -B "$TOP/tests/integration/make_layers.py" laid.tar "[('n/x', 'file', '1'), ('d', 'dir'), ('d/e', 'dir'), ('d/e/x', 'file', '1')]" \
	"[('n', 'dir'), ('n/x', 'file', '2'), ('d/e/x', 'file', '2'), ('d', 'dir'), ('.wh.d', 'file', '')]" \
	"[('n/y', 'file', '3'), ('d/e/y', 'file', '3'), ('d/.wh.e', 'file', ''), ('d/e', 'dir')]" \
	"[('n/x', 'file', '4'), ('d/e/x', 'file', '4')]"
run mk verify laid.tar
is "$status $(grep '^·.*layer' "$out")" '0 · layer 1: 1 of its entries lack one for their directory, which Docker before 23 then keeps from all but root
· layer 2: /d stands before a whiteout of the same layer that deletes it where the order counts (2 such)
· layer 3: /d/e/y stands before the entry of its directory (1 such)
· layer 3: /d/e/y stands before a whiteout of the same layer that deletes it where the order counts (1 such)' 'each layer is told of for itself'
layered 0 'an opaque directory, wherever it is said' 'add("data/x", b"1"); add("data/.wh..wh..opq"); add("data/.wh.file"); add("data/file", b"2")'
is "$(grep -c 'stands before' "$out")" 0 '... has nothing to be told'
ours() {
	BY='mkscratch: files' layered 3 "$1" "$2"
	told '... is told' "✗ layer 3: $3"
}
ours 'a whiteout of ours behind what it makes room for' 'add("a", b"1"); add(".wh.a")' 'entry "a" stands before a whiteout that deletes it'
ours 'a directory of ours behind what is in it' 'add("d/x", b"1"); add("d", type=tarfile.DIRTYPE)' 'entry "d/" is not in its place: entries are sorted'
ours 'an entry of ours without one for its directory' 'add("new/x", b"1")' 'entry "new/x" has no entry for its parent directory'
layered 0 'whiteouts' 'add("data/.wh.file"); add("etc/.wh..wh..opq")'
layered 0 'names as long as Linux takes them' 'add("data/" + "a" * 255); add("b" * 255 + "/x"); add("data/.wh." + "c" * 255); add("l", type=tarfile.SYMTYPE, linkname="d" * 4095)'
layered 3 'a longer one' 'add("data/" + "a" * 256)'
told '... is told' "✗ layer 3: entry \"data/$(printf 'a%.0s' {1..256})\" has a name of 256 bytes, and Linux takes 255"
layered 3 '... of a directory, in bytes' 'add("é" * 128 + "/x", type=tarfile.DIRTYPE)'
told '... too' 'has a name of 256 bytes, and Linux takes 255'
layered 3 'a link to more than a path' 'add("l", type=tarfile.SYMTYPE, linkname="d" * 4096)'
told '... is told' 'leads to a path of 4096 bytes, and Linux takes 4095'
layered 3 'a path that is too long' 'add("/".join(["d" * 200] * 21))'
told '... is told' 'is a path of more than the 4095 bytes that Linux takes'
layered 3 'one that is long by what does not count, and goes up' 'add("./" * 2100 + "../x")'
told '... is told of that' 'goes through ".."'
layered 3 'a whiteout without a name' 'add("data/.wh.")'
layered 3 'a whiteout of the directory itself' 'add("data/.wh..")'
told '... is told' '✗ layer 3: entry "data/.wh.." deletes no entry of its directory'
layered 3 '... and of the one above' 'add("data/.wh...")'
layered 3 'a whiteout that is a directory' 'add("data/.wh.x", type=tarfile.DIRTYPE)'
layered 3 'a path twice' 'add("a", b"1"); add("a", b"2")'
layered 3 'a path twice, spelled otherwise' 'add("a", b"1"); add("./a", b"2")'
layered 3 'a path that leaves the image' 'add("../a", b"1")'
layered 3 'a file, and an entry below it' 'add("a", b"1"); add("a/b", b"2"); add("a/c", b"3")'
told '... is told' '✗ paths: layer 3: /a/b is below what is no directory (2 such)'
layered 3 'an entry below a file of a layer below, of which engines make a directory or nothing' 'add("data/file/x", b"1")'
told '... is told' '✗ paths: layer 3: /data/file/x is below what is no directory (1 such)'
layered 0 '... unless it is deleted first' 'add("data/.wh.file"); add("data/file/x", b"1")'
layered 0 'an entry below a link' 'add("a", type=tarfile.SYMTYPE, linkname="/etc"); add("a/b", b"2")'
told '... is told' '· paths: /a/b goes where a link leads (1 such)'
layered 3 'an entry below a loop' 'add("a", type=tarfile.SYMTYPE, linkname="b"); add("b", type=tarfile.SYMTYPE, linkname="a"); add("a/c", b"2")'
told '... is told' '✗ paths: /a/c is below a link, and not where that leads (1 such)'
layered 0 'what aufs kept for itself' 'add(".wh..wh.aufs"); add(".wh..wh.orph", type=tarfile.DIRTYPE); add(".wh..wh.plnk", type=tarfile.DIRTYPE); add(".wh..wh.plnk/1.2", b"1"); add("b", type=tarfile.LNKTYPE, linkname=".wh..wh.plnk/1.2")'
is "$(mk cat bent b) $(mk ls bent | grep -c aufs)" '1 0' '... is no file of the image, but the bytes of some'
layered 4 'a root that is closed to the user' 'add(".", type=tarfile.DIRTYPE, mode=0o700)'
told '... is told' '✗ entrypoint: /app: user 65534:65534 may not search / (mode 0700, 0:0)'
layered 0 '... that is not' 'add(".", type=tarfile.DIRTYPE, mode=0o711)'
layered 0 '... that is its own, whatever is moved in it' 'add(".", type=tarfile.DIRTYPE, mode=0o700, uid=65534); add("a", type=tarfile.SYMTYPE, linkname="/etc"); add("a/b", b"2")'
layered 0 'a hard link to a file of a layer below' 'add("b", type=tarfile.LNKTYPE, linkname="data/file")'
layered 3 'a hard link to nothing' 'add("b", type=tarfile.LNKTYPE, linkname="none")'
python3 -B "$TOP/tests/integration/make_layers.py" lost.tar "[('a', 'hard', 'none'), ('b', 'file', '1'), ('c', 'hard', 'b')]" \
	"[('a', 'file', '2'), ('c', 'file', '3'), ('.wh.b', 'file', '')]"
run mk verify lost.tar
is "$status $(grep '^✗' "$out")" '3 ✗ links: layer 1: /a: a hard link to what is not there (none): a later layer takes it away, and no runtime comes to that (1 such)' \
	'... of a layer by whose end no runtime comes is one whatever the next has there'
layered 3 'certificates that do not parse' 'add("etc/ssl/cert.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")'
like "$(cat "$out")" '✗ content: /etc/ssl/cert.pem: certificate 1 \(line 1\): ' '... are told'
layered 0 '... elsewhere are not looked at' 'add("opt/cert.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")'
layered 0 'a private key in a bundle' 'add("etc/ssl/cert.pem", b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")'
told '... is told' '· content: /etc/ssl/cert.pem: holds a private key (line 1)'
layered 3 'a zone that does not parse' 'add("usr/share/zoneinfo/X", b"TZif2" + bytes(60))'
like "$(cat "$out")" '✗ content: /usr/share/zoneinfo/X: ' '... is told'
layered 4 'a program that is a loop of links' 'add("app", type=tarfile.SYMTYPE, linkname="b"); add("b", type=tarfile.SYMTYPE, linkname="app")'
told '... is told' '✗ entrypoint: /app: a loop of links'

# Files are found as a program finds them: by the links of the image, and as they are in the end.
bad_bundle='b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"'
layered 3 'a bundle by a link' 'add("etc/ssl/cert.pem", type=tarfile.SYMTYPE, linkname="../../opt/b.pem"); add("opt/b.pem", '"$bad_bundle"')'
like "$(grep '✗' "$out")" '^✗ content: /opt/b\.pem: certificate 1 \(line 1\): ' '... is told by its own path, once'
layered 3 'a bundle by a link of its directory' 'add("etc/ssl", type=tarfile.SYMTYPE, linkname="../usr/share/ssl"); add("usr/share/ssl/cert.pem", '"$bad_bundle"')'
like "$(grep '✗' "$out")" '^✗ content: /usr/share/ssl/cert\.pem: ' '... likewise'
layered 3 'a bundle that stands behind such a link' 'add("etc/ssl", type=tarfile.SYMTYPE, linkname="../usr/share/ssl"); add("etc/ssl/cert.pem", '"$bad_bundle"')'
like "$(grep '✗' "$out")" '^✗ content: /usr/share/ssl/cert\.pem: ' '... is where that leads'
layered 3 'a bundle by a hard link' 'add("opt/b.pem", '"$bad_bundle"'); add("etc/ssl/cert.pem", type=tarfile.LNKTYPE, linkname="opt/b.pem")'
like "$(grep '✗' "$out")" '^✗ content: /etc/ssl/cert\.pem: ' '... is told too'
layered 0 'a link to nowhere' 'add("etc/ssl/cert.pem", type=tarfile.SYMTYPE, linkname="/none")'
layered 3 'zones by a link of their directory' 'add("usr/share/zoneinfo", type=tarfile.SYMTYPE, linkname="../lib/zones"); add("usr/lib/zones/A/X", b"TZif2" + bytes(60))'
like "$(grep '✗' "$out")" '^✗ content: /usr/lib/zones/A/X: ' '... are told'
layered 3 'the zone of the machine' 'add("etc/localtime", b"TZif2" + bytes(60))'
like "$(grep '✗' "$out")" '^✗ content: /etc/localtime: ' '... is told'
layers() { # STATUS NAME LAYER...: as make_layers.py takes them
	local status_want=$1 name=$2
	shift 2
	python3 -B "$TOP/tests/integration/make_layers.py" layers.tar "$@"
	run mk verify layers.tar
	is "$status" "$status_want" "$name"
}
bad="('etc/ssl/cert.pem', 'file', $(echo "$bad_bundle" | cut -c 2-))"
layers 3 'a bundle that does not parse' "[$bad]"
layers 0 '... that a later layer has deleted' "[$bad]" "[('etc/ssl/.wh.cert.pem', 'file', '')]"
layers 0 '... or replaced' "[$bad]" "[('etc/ssl/cert.pem', 'file', '')]"
layers 3 '... and another has put back' "[$bad]" "[('etc/.wh.ssl', 'file', '')]" "[$bad]"
layers 3 '... that is gone but for a hard link' "[('a', 'file', $(echo "$bad_bundle" | cut -c 2-))]" "[('etc/ssl/cert.pem', 'hard', 'a'), ('.wh.a', 'file', '')]"
rm -rf bent
fine 'the bundle that the environment names' 'config["config"]["Env"] = ["SSL_CERT_FILE=/none", "SSL_CERT_FILE=/data/link"]' \
	'content: /data/file: no certificate found'
fine '... which may not be there' 'config["config"]["Env"] = ["SSL_CERT_FILE=/none"]' 'content: /none: not in the image (SSL_CERT_FILE)'
mkdir -p linked/usr/etc linked/opt && ln -s usr/etc linked/etc && ln -s ../../opt/accounts linked/usr/etc/passwd &&
	cp passwd linked/opt/accounts && cp group linked/usr/etc/ && cp app linked/x && chmod 0750 linked/x
tar --owner=0 --group=50 -cf name.layer -C linked .
by_name 0 'accounts by links' you
by_name 4 '... of which this is none' me
told '... is told' '✗ user: me: not in /etc/passwd'
by_name 0 '... and groups' 1001:staff
mkdir old && echo 'me:x:1:1::/:/' >old/passwd
python3 "$TOP/tests/integration/make_image.py" name.tar t '{"architecture":"'"$arch"'","os":"linux","config":{"User":"me"}}' \
	<(tar -cf - -C old --transform 's,^,etc/,' passwd) <(tar -cf - -C named etc/group)
run mk verify name.tar
is "$status" 0 'accounts of a layer below'

# What a base brought is judged as it is in the base.
layered 3 'a base with a bundle that does not parse' 'add("etc/ssl/cert.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")'
of_base=$(grep content: "$out")
run "$MKSCRATCH" --base bent --bin app:/x/app -o on-it.tar
is "$status $(sed -n 's/^warning: --base bent: /✗ content: /p' "$err")" "0 $of_base" '... is warned of when it is built on'
run mk verify on-it.tar
is "$status $(grep content: "$out")" "3 $of_base" '... gives images that say the same of it'
run "$MKSCRATCH" --base bent --bin app:/x/app --file app:/etc/ssl/cert.pem -o on-it.tar
is "$status $(grep -c content: "$err")" '0 0' '... unless another file takes its place'
run mk verify on-it.tar
is "$status $(grep content: "$out")" '0 · content: /etc/ssl/cert.pem: no certificate found' '... which is what verify judges then'
layered 3 'zones that do not parse' 'for i in range(9): add(f"usr/share/zoneinfo/X{i}", b"TZif2" + bytes(60))'
run "$MKSCRATCH" --base bent --bin app:/x/app -o on-it.tar
is "$(grep -c '^warning: --base bent: /usr/share/zoneinfo/X[0-4]: ' "$err")$(grep -- ' more' "$err")" \
	'5warning: --base bent: 4 more certificates or zones that cannot be read' '... are warned of, as far as it helps'
rm -f on-it.tar
rm -rf bent

must_fail 3 'none.txt: no such image' -- verify none.txt
mkdir empty
# What it is that is no image, and what one is.
forms='an image is an archive (of -o img.tar, docker save, skopeo) or an OCI layout directory'
misfit() { # FILE WHAT [HINT]: by each verb that reads an image
	must_fail 3 "$1: $2" "${3-$forms}" -- verify "$1"
	must_fail 3 "$1: $2" "${3-$forms}" -- ls "$1"
}
: >nothing && mkdir other && echo hello world >other/text && cp other/text text
gzip -nk text && zstd -qk text && xz -k text && tar cf other.tar text && gzip -nk app && head -c 10240 /dev/zero >zeros.tar
: | gzip -n >nothing.gz
misfit empty 'is empty'
misfit nothing 'is empty'
misfit other 'is a directory, but not an OCI layout (oci-layout is missing)'
for archive in other.tar zeros.tar nothing.gz; do
	misfit $archive 'is an archive, but not of an image (oci-layout and manifest.json are missing)'
done
misfit text 'not an image, but text (starts with "hello wo")'
misfit text.gz 'not an image, but text in gzip (starts with "hello wo")'
misfit text.zst 'not an image, but text in zstd (starts with "hello wo")'
misfit text.xz 'not an image, but xz data' 'unpack it first'
misfit app 'not an image, but an ELF file' 'mkscratch --bin FILE -o img.tar makes an image of a program'
misfit app.gz 'not an image, but an ELF file in gzip'
printf '\1\2\3' >bytes
misfit bytes 'not an image (starts with 01 02 03)'
printf 'PK\3\4' | gzip -n >zip.gz
misfit zip.gz 'not an image, but a zip archive in gzip' 'unpack it first'
run mk verify - <nothing
is "$(cat "$err")" "mkscratch: standard input: is empty
hint: $forms" 'standard input without a byte'
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
mk -q --bin app --file dyn:/dyn:4755:0:0 --file "$interp:$interp:0755" --tree lib:/opt --entrypoint /dyn -e LD_LIBRARY_PATH=/opt \
	--user 65534 -o setuid.tar
like "$(verdict setuid.tar)" '^false /dyn: needs libx\.so, not found' '... unless its user gains rights by starting it'
mk -q --bin app --file dyn:/dyn:4755:0:0 --file "$interp:$interp:0755" --tree lib:/opt --entrypoint /dyn -e LD_LIBRARY_PATH=/opt \
	--user 0 -o setuid.tar
like "$(verdict setuid.tar)" '^false /dyn: needs libc\.so\.6, not found' '... which root does not'
gains() { # NAME MODE USER ARG...: what verify says of the library that only LD_LIBRARY_PATH leads to
	local name=$1 mode=$2 user=$3 want=$4
	shift 4
	mk -q --bin app --file "dyn:/dyn:$mode" --file "$interp:$interp:0755" --tree lib:/opt --entrypoint /dyn \
		-e LD_LIBRARY_PATH=/opt --user "$user" "$@" -o gains.tar
	like "$(verdict gains.tar)" "^false /dyn: needs $want, not found" "$name"
}
gains 'a set-gid bit gives rights too' 2755:0:7 65534:65534 'libx\.so'
gains '... not to its own group' 2755:0:7 65534:7 'libc\.so\.6'
gains '... nor where the group may not execute it' 2705:0:7 65534:65534 'libc\.so\.6'
gains 'so do file capabilities' 0755:0:0 65534:65534 'libx\.so' --cap /dyn=cap_net_bind_service
gains '... to all but root' 0755:0:0 0:0 'libc\.so\.6' --cap /dyn=cap_net_bind_service
reads() { # NAME USER WANT ARG...: what verify says of the libraries of /dyn, which are in /opt
	local name=$1 user=$2 want=$3
	shift 3
	mk -q --bin app --file dyn:/dyn:0755 "$@" --entrypoint /dyn -e LD_LIBRARY_PATH=/opt --user "$user" -o reads.tar
	like "$(verdict reads.tar)" "$want" "$name"
}
loader="--file $interp:$interp:0755"
# shellcheck disable=SC2086
{
	reads 'a library that the user may not read' 1000:1000 \
		'^false /dyn: needs libx\.so, found only /opt/libx\.so: cannot be read \(Permission denied\); user 1000:1000: /opt/libx\.so: may not read it \(mode 0700, 0:0\)$' \
		$loader --file lib/libx.so:/opt/libx.so:0700
	reads '... which root may' 0:0 '^false /dyn: needs libc\.so\.6, not found' $loader --file lib/libx.so:/opt/libx.so:0700
	reads '... and its owner' 1000:1000 '^false /dyn: needs libc\.so\.6, not found' $loader --file lib/libx.so:/opt/libx.so:0400:1000:0
	reads '... in a directory that is closed' 1000:1000 'user 1000:1000: /opt/libx\.so: may not search /opt \(mode 0700, 0:0\)$' \
		$loader --dir /opt:0700 --file lib/libx.so:/opt/libx.so:0644
	reads '... by a link into one' 1000:1000 'user 1000:1000: /opt/libx\.so: may not search /shut \(mode 0700, 0:0\)$' \
		$loader --dir /shut:0700 --file lib/libx.so:/shut/libx.so:0644 --link /shut/libx.so:/opt/libx.so
	reads '... is passed over for the next' 1000:1000 '^false /dyn: needs libc\.so\.6, not found' \
		$loader --file lib/libx.so:/opt/libx.so:0700 --file lib/libx.so:/lib/libx.so:0644
	reads 'a loader that may be executed, but not read' 1000:1000 '^false /dyn: needs libc\.so\.6, not found' \
		--file "$interp:$interp:0711" --file lib/libx.so:/opt/libx.so:0644
	reads '... the other way round' 1000:1000 "^false /dyn, $interp: user 1000:1000 may not execute it \\(mode 0644, 0:0\\)\$" \
		--file "$interp:$interp:0644" --file lib/libx.so:/opt/libx.so:0644
}
# Another tool writes the same layers, with a hard link in them.
if command -v umoci >/dev/null && [ "$(id -u)" = 0 ]; then
	mk -q --bin dyn:/srv/dyn -t x:v1 -o made/ && umoci unpack --image made:v1 bundle >/dev/null 2>&1 &&
		ln bundle/rootfs/srv/lib/libx.so bundle/rootfs/srv/lib/liby.so && ln -f bundle/rootfs/srv/lib/liby.so bundle/rootfs/srv/lib/libx.so &&
		umoci repack --image made:v2 bundle >/dev/null 2>&1
	like "$(verdict made:v2)" '^true 3, found' 'hard links and layers of another tool are followed'
else
	skip 'hard links and layers of another tool are followed' 'cannot: umoci as root is not here'
fi

# However many libraries there are, their layer is read but a few times.
bytes_read() { # COMMAND...: by it, in all
	bash -c '"$@" >/dev/null || exit; while read -r what n; do [ "$what" = rchar: ] && echo "$n"; done </proc/self/io' - "$@"
}
if [ -r /proc/self/io ]; then
	mkdir many && printf 'int main(void) { return 0; }\n' >many.c
	for i in $(seq 16); do
		head -c 200000 /dev/urandom >many/noise
		printf '__asm__(".section .rodata\\n.incbin \\"many/noise\\"\\n.text"); int f%s(void) { return 1; }\n' "$i" |
			cc -shared -fPIC -x c -o "many/libmany$i.so" - -Wl,-soname,"libmany$i.so"
	done
	cc -o manylibs many.c -Wl,--no-as-needed -Wl,-rpath,"$PWD/many" many/*.so && mk -q --bin manylibs -o many.tar
	like "$(verdict many.tar)" '^true 18, found' 'a program of many libraries'
	most=$((10 * $(stat -c %s many.tar))) got=$(bytes_read "$MKSCRATCH" verify many.tar)
	t "... whose layer is not read for each ($got bytes, at most $most)" [ "$got" -le "$most" ]
	mkdir crowd && python3 -c 'for i in range(10001): open(f"crowd/{i}.so", "w").write("" if i == 0 else "x")'
	mk -q --bin manylibs --tree crowd:/a --layers single -o crowd.tar
	like "$(verdict crowd.tar)" '^true 18, found' '... behind more of that name than are kept at hand'
else
	skip 'a program of many libraries' 'cannot: this kernel counts no bytes that are read'
fi

# Several images: one that is bad does not keep the others from being looked at.
run mk verify none.txt gzip.tar noise
is "$status $(grep -c '✓ oci-layout' "$out") $(grep -c '^mkscratch: ' "$err")" '3 1 2' 'a bad image does not stop the others'
echo x >conf.txt && mk -q --bin app --file conf.txt:/etc/ssl/cert.pem -o plain.tar
run mk verify plain.tar
is "$status" 0 'a bundle that was left empty is no fault'
told '... but told' '· content: /etc/ssl/cert.pem: no certificate found'
mkfifo fifo
: >fifo &
must_fail 3 'fifo: nothing came out of it' -- verify fifo
must_fail 2 'verify --rebuild: fifo: is a FIFO, and an image is read twice' 'verify --rebuild - <fifo' -- verify --rebuild fifo
t 'a pipe is an archive' bash -c '"$MKSCRATCH" verify <(cat gzip.tar)'
done_testing
