#!/usr/bin/env bash
# Bases that cannot be built on: each with its sentence; nothing is written.
. "$(dirname "$0")/../lib.sh"
require cc jq python3
printf 'int main(void){return 0;}\n' >app.c
cc -static -o app app.c || skip_all "cannot: no static libc"
mk --bin app:/old --passwd-entry tom:1000:1000 -q -t base:v1 -o base.tar
refused() { must_fail "$@" --bin app -o x.tar; }

refused 2 '--base: the value is empty' -- --base=
refused 2 '--no-base-labels: there is no --base' -- --no-base-labels
refused 3 'none.tar: no such image' -- --base none.tar
is "$(grep -c ^hint "$err")" 0 '... which is a file that is not there'
for name in debian:12 gcr.io/distroless/static localhost:5000/app; do
	refused 3 "$name: no such image" "an image is a file here: first skopeo copy docker://$name oci-archive:img.tar" -- --base "$name"
done
must_fail 2 '--output ./base.tar: is also an input (--base base.tar)' -- --base base.tar --bin app -o ./base.tar
ln base.tar hard.tar
must_fail 2 '--output base.tar: is also an input (--base base.tar:app:latest)' -- --base base.tar:app:latest --bin app -o base.tar
must_fail 2 '--output hard.tar: is also an input (--base base.tar)' 'write it elsewhere, or remove it first' -- \
	--base base.tar --bin app -o hard.tar
mkdir dir && tar xf base.tar -C dir && mk --bin app:/other -q -t other:v2 -o dir
refused 3 '--base: dir: several images for linux/amd64' 'choose one: dir:docker.io/library/base:v1, dir:docker.io/library/other:v2' -- --base dir
t '... and one is chosen by its name' mk --base dir:docker.io/library/base:v1 --bin app -q -o x.tar
t '... or its tag' mk --base dir:v2 --bin app -q -o x.tar
rm x.tar
refused 3 'dir: no image has the tag v3' 'choose one: dir:v1, dir:v2' -- --base dir:v3
mk --bin app:/one -q -t one -o alike/ && mk --bin app:/two -q -t two -o alike/ 2>/dev/null
refused 3 'alike: no image has the tag two' 'choose one: alike:docker.io/library/one:latest, alike:docker.io/library/two:latest' -- \
	--base alike:two

# Another platform, told with both.
python3 - <<'P'
import hashlib, json, os, shutil
shutil.copytree("dir", "arm")
index = json.load(open("arm/index.json"))
del index["manifests"][1:]
def put(v):
    data = json.dumps(v).encode()
    name = hashlib.sha256(data).hexdigest()
    open("arm/blobs/sha256/" + name, "wb").write(data)
    return {"digest": "sha256:" + name, "size": len(data)}
m = json.load(open("arm/blobs/sha256/" + index["manifests"][0]["digest"][7:]))
c = json.load(open("arm/blobs/sha256/" + m["config"]["digest"][7:]))
c["architecture"] = "arm64"
m["config"].update(put(c))
index["manifests"][0].update(put(m))
json.dump(index, open("arm/index.json", "w"))
P
refused 3 '--base: arm: no image for linux/amd64' 'it has linux/arm64' -- --base arm

# Users.
refused 2 'user "jack": has no uid, and the base'"'"'s passwd does not know it' '--user NAME:UID[:GID]' -- --base base.tar --user jack
refused 2 '--user tom: passwd of the base has it as 1000, not 7' 'choose another name, or the number of the base' -- \
	--base base.tar --user tom:7:7
refused 2 '--passwd-entry tom: passwd of the base has it as 1000, not 7' 'choose another name, or the number of the base' -- \
	--base base.tar --passwd-entry tom:7
refused 2 '--group-entry tom: group of the base has it as 1000, not 7' 'choose another name, or the number of the base' -- \
	--base base.tar --group-entry tom:7
refused 2 '/old: a file of the base image, but /old/x lies below it' -- --base base.tar --file app.c:/old/x

# Nothing of the base vanishes.
mkdir -p merged/usr/bin merged/srv && touch merged/usr/bin/sh merged/usr/bin/env && ln -s usr/bin merged/bin
mk --bin app:/old --tree merged:/ -q -o merged.tar
refused 2 '/etc: given by --file app.c:/etc, but the base image has a directory there (3 entries would vanish)' \
	'DEST /etc/, with the slash, puts it into the directory, as /etc/app.c' -- --base base.tar --file app.c:/etc
refused 2 '--cap /old=cap_chown: is a file of the base image' 'give the file anew: --file SRC:/old' -- --base merged.tar --cap /old=cap_chown
refused 2 '--cap /usr=cap_chown: is a directory, expected a regular file' -- --base merged.tar --cap /usr=cap_chown
refused 2 '--cap /bin=cap_chown: is a symbolic link' 'capabilities belong to the file that it leads to (usr/bin)' -- \
	--base merged.tar --cap /bin=cap_chown
refused 2 '--cap /no=cap_chown: no such file in the image' '--print rootfs lists what there is' -- --base merged.tar --cap /no=cap_chown
must_fail 2 '/usr: given by --bin app:/usr, but the base image has a directory there (3 entries would vanish)' \
	'DEST /usr/, with the slash, puts it into the directory, as /usr/app' -- --bin app:/usr --base merged.tar -o x.tar
must_fail 2 '/bin: given by --bin app:/bin, but the base image has a link to the directory /usr/bin there (2 entries)' \
	'DEST /bin/, with the slash, puts it into the directory, as /bin/app' -- --bin app:/bin --base merged.tar -o x.tar
refused 2 '/srv: given by --file app.c:/srv, but the base image has a directory there (an empty one)' \
	'DEST /srv/, with the slash, puts it into the directory, as /srv/app.c' -- --base merged.tar --file app.c:/srv
refused 2 '/usr: given by --link bin:/usr, but the base image has a directory there (3 entries would vanish)' \
	'choose another path: a directory of a base stays one' -- --base merged.tar --link bin:/usr
refused 2 '/bin: given by --link none:/bin, but the base image has a link to the directory /usr/bin there (2 entries)' 'a link there has to lead to a directory, too, and there is none at none' -- \
	--base merged.tar --link none:/bin
mkdir astray twice twice/bin twice/usr twice/usr/bin && ln -s ../gone astray/bin
echo 1 >twice/bin/x && echo 2 >twice/usr/bin/x
refused 2 '/bin: given by --tree astray:/, but the base image has a link to the directory /usr/bin there (2 entries)' \
	'a link there has to lead to a directory, too, and there is none at ../gone' -- --base merged.tar --tree astray:/
refused 2 '/usr/bin/x: given by --tree twice:/ and by --tree twice:/, as /bin/x leads there by the link /bin -> usr/bin of the base image' -- \
	--base merged.tar --tree twice:/
refused 2 '/etc/passwd: a directory, given by --dir /etc/passwd, but the base image has a file there' \
	'choose another path: a file of a base is replaced by a file alone' -- --base base.tar --dir /etc/passwd
t '... with the slash it is built' mk --base merged.tar --bin app:/bin/ --file app.c:/srv/ -q -o merged-app.tar
is "$(mk ls merged-app.tar | awk '/app/ { print $6 }' | xargs)" 'srv/app.c usr/bin/app' '... and lies in the directories'
rm merged-app.tar
with_user() { python3 - "$1" <<'P'
import json, subprocess, sys
config = {"architecture": "amd64", "os": "linux", "config": {"User": sys.argv[1]}}
subprocess.run(["tar", "cf", "l.tar", "--owner=0", "--group=0", "app.c"], check=True)
subprocess.run(["python3", __import__("os").environ["TOP"] + "/tests/integration/make_image.py", "u.tar", "v1",
                json.dumps(config), "l.tar"], check=True)
P
}
with_user ghost
refused 3 'the base'"'"'s User "ghost": its passwd does not know "ghost"' '--user UID[:GID] says who instead' -- --base u.tar
with_user 1:ghosts
refused 3 'the base'"'"'s User "1:ghosts": its group does not know "ghosts"' '--user UID[:GID] says who instead' -- --base u.tar
with_user 4294967295
refused 3 'the base'"'"'s User "4294967295": id 4294967295: larger than 2147483646' -- --base u.tar
t '... which does not matter when a user is given' mk --base u.tar --user 1 --bin app -q -o x.tar
rm x.tar

# What would be inherited is held against the rules by which verify judges the image.
with_config() { # MEMBERS of the document, WHAT is wrong, OPTION...: how it is mended
	python3 - "$1" <<-'P'
		import os, subprocess, sys
		subprocess.run(["tar", "cf", "l.tar", "--owner=0", "--group=0", "app.c"], check=True)
		subprocess.run(["python3", os.environ["TOP"] + "/tests/integration/make_image.py", "c.tar", "v1",
		                '{"architecture":"amd64","os":"linux",' + sys.argv[1] + "}", "l.tar"], check=True)
	P
	refused 3 "--base c.tar: config: $2" 'mkscratch verify c.tar tells all that is wrong with it' -- --base c.tar
	if [ $# -gt 2 ]; then
		t "... which ${*:3} mends" mk --base c.tar --bin app -q -o x.tar "${@:3}"
		rm -f x.tar
	fi
}
with_config '"config":{"ExposedPorts":{"http":{}}}' 'ExposedPorts: "http": not a port'
with_config '"config":{"ExposedPorts":["80"]}' 'ExposedPorts: not an object'
with_config '"config":{"Env":["A=1","NOEQ"]}' 'Env: "NOEQ": not NAME=VALUE'
with_config '"config":{"Env":"A=1"}' 'Env: not a list of strings'
with_config '"config":{"StopSignal":"SIGFOO"}' 'StopSignal: "SIGFOO": not a signal' --stop-signal INT
with_config '"config":{"WorkingDir":7}' 'WorkingDir: not a string' -w /
with_config '"config":{"User":7}' 'User: not a string' --user 7
with_config '"config":{"Labels":{"a":7}}' 'Labels: "a" has not the value it should have' --no-base-labels
with_config '"config":{"Healthcheck":{"Test":["CMD","/x"],"Interval":"5s"}}' 'Healthcheck: Interval: not a whole number' --healthcheck none
with_config '"author":5' 'author: not a string' --author us
with_config '"history":[{},{"created":"yesterday"}]' 'history 2: created "yesterday": not a time (RFC 3339)'
with_config '"config":[]' 'config: not an object'

# Layers in zstd have no name in Docker's language.
if command -v zstd >/dev/null; then
	mk --bin app:/old --compress zstd -q -o zstd.tar
	refused 2 '--base zstd.tar: --media-types docker: has no name for zstd, which layer 1 of the base is in' '--media-types oci' -- \
		--base zstd.tar --media-types docker
fi

# More names than are kept of the files of an archive.
python3 - <<'P'
import gzip, io, tarfile
def packed(name, members):
    with gzip.open(name, "wb", 1) as out, tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as t:
        for path, link, data in members:
            i = tarfile.TarInfo(path)
            i.type, i.linkname, i.size = tarfile.SYMTYPE if link else tarfile.REGTYPE, link, len(data)
            t.addfile(i, io.BytesIO(data))
def long(i):
    return ("d" * 250 + "/") * 16 + str(i)
packed("names.tar", ((long(i), "", b"") for i in range(2100)))
P
refused 3 'names.tar: more than 100000 files, or their names are longer than 8388608 bytes' -- --base names.tar
rm names.tar

# Bytes that are not what they should be: each blob and document flipped, cut, extended, removed.
tamper() { # FILE: what is done to it must end with 7, or with 3 where it is no document any more
	cp "$1" saved
	for how in flip cut extend remove; do
		case $how in
		flip) printf 'X' | dd of="$1" bs=1 seek=$(($(stat -c %s "$1") / 2)) conv=notrunc status=none ;;
		cut) truncate -s -1 "$1" ;;
		extend) printf ' ' >>"$1" ;;
		remove) rm "$1" ;;
		esac
		run mk --base dir2 --bin app -o x.tar -o new/
		if [ "$status" != "$2" ] || [ -e x.tar ] || [ -e new ] || [ -s "$out" ]; then
			echo "$how ${1#dir2/}: $status $(head -n1 "$err")"
		fi
		cp saved "$1"
	done
}
mkdir dir2 && tar xf base.tar -C dir2
faults=$(for blob in dir2/blobs/sha256/*; do tamper "$blob" 7; done)
is "$faults" '' 'whatever is done to a blob of the base is exit 7, and nothing is written'
t '... while it is whole there is an image' mk --base dir2 --bin app -q -o x.tar

# No network is used.
must_fail 6 'docker://registry.test/app:1: not fetched: no network is used' \
	'first skopeo copy docker://registry.test/app:1 oci-archive:img.tar' -- verify docker://registry.test/app:1
must_fail 6 'https://cdn.test/img.tar: not fetched: no network is used' 'fetch it first, and name the file' -- ls https://cdn.test/img.tar
# Without a program.
mkdir -p etc && echo x >etc/x && tar -cf nothing.layer etc
python3 "$TOP/tests/integration/make_image.py" nothing.tar v1 '{"architecture":"amd64","os":"linux","config":{"User":"0"}}' nothing.layer
must_fail 2 'nothing to run: no --bin given, and the base has no entrypoint' '--bin ./app, or --entrypoint PATH for a program of the base' -- \
	--base nothing.tar --file app.c:/x -o x.tar
python3 "$TOP/tests/integration/make_image.py" arm.tar v1 \
	'{"architecture":"arm64","os":"linux","config":{"Entrypoint":["/app"]}}' nothing.layer
mk index -q -t both -o both.tar base.tar arm.tar
must_fail 3 '--base: both.tar: 2 images (linux/amd64, linux/arm64)' \
	'mkscratch index --platform linux/amd64 -o one.tar both.tar takes one out' -- --base both.tar --file app.c:/x -o x.tar
must_fail 2 '--platform linux/s390x: the base is for linux/arm64' -- --base arm.tar --file app.c:/x --platform linux/s390x -o x.tar
must_fail 2 '--root linux/s390x: the base is for linux/arm64' -- --base arm.tar --file app.c:/x --root linux/s390x=/ -o x.tar
must_fail 2 '--lib libz.so.1: there is no --bin that would load it' '--file SRC:DEST puts a library where programs of the base look' -- \
	--base arm.tar --lib libz.so.1 -o x.tar
must_fail 2 '--entrypoint []: nothing to run' 'leave --entrypoint out to run what the base runs' -- --base arm.tar --entrypoint '[]' -o x.tar
mv nothing.tar .tar && must_fail 2 '--base: no image name can be made of ""' '-t NAME[:TAG]' -- --base ./.tar --file app.c:/x -o x.tar
done_testing
