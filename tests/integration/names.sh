#!/usr/bin/env bash
# Names and values of an image are its own words. Whoever reads them on a terminal is shown what they are: nothing of them
# steers it, turns or breaks the line, or looks like another name.
. "$(dirname "$0")/../lib.sh"
require jq python3
cat >make.py <<'P'
"""usage: make.py: layouts `evil` and `other`, docker-archive `evil.tar`; every text that may be anything is EVIL."""
import hashlib, io, json, os, tarfile
EVIL = "e\x1b]0;x\x07\x9b31m\n\u202e\u2066\u200f\u061c\u2028\ufeff\\n"
MEDIA = "application/vnd.oci.image."

def layout(out, names, config, **more):
    os.makedirs(f"{out}/blobs/sha256")
    def put(data, kind):
        digest = hashlib.sha256(data).hexdigest()
        open(f"{out}/blobs/sha256/{digest}", "wb").write(data)
        return {"mediaType": MEDIA + kind, "digest": "sha256:" + digest, "size": len(data)}
    layer = io.BytesIO()
    with tarfile.open(fileobj=layer, mode="w", format=tarfile.GNU_FORMAT) as t:
        for name in names:
            i = tarfile.TarInfo(name)
            i.size = len(out)
            t.addfile(i, io.BytesIO(out.encode()))
        i = tarfile.TarInfo("link")
        i.type, i.linkname = tarfile.SYMTYPE, names[0]
        t.addfile(i)
    config |= {"rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer.getvalue()).hexdigest()]}}
    manifest = {"schemaVersion": 2, "config": put(json.dumps(config).encode(), "config.v1+json"),
                "layers": [put(layer.getvalue(), "layer.v1.tar")]}
    entry = put(json.dumps(manifest | more.get("manifest", {})).encode(), "manifest.v1+json")
    index = {"schemaVersion": 2, "manifests": [entry | more.get("entry", {})] + more.get("absent", [])}
    json.dump(index, open(out + "/index.json", "w"))
    open(out + "/oci-layout", "w").write('{"imageLayoutVersion":"1.0.0"}')
    return index

config = {"os": "linux", "architecture": EVIL, "created": EVIL, "author": EVIL, EVIL: EVIL, "config": {
    "User": EVIL, "Entrypoint": [EVIL], "Cmd": [EVIL], "Env": ["E=" + EVIL, EVIL], "WorkingDir": EVIL, "StopSignal": EVIL,
    "Labels": {EVIL: EVIL}, "ExposedPorts": {EVIL: {}}, "Volumes": {EVIL: {}}, "Healthcheck": {"Test": ["CMD", EVIL]}}}
reasons = json.dumps([["/" + EVIL, EVIL, EVIL, EVIL], ["/link", EVIL, EVIL, EVIL]])
layout("evil", [EVIL, "bad\udcff", "a\\nb", "a\nb"], config, entry={"annotations": {"org.opencontainers.image.ref.name": EVIL}},
       manifest={"annotations": {EVIL: EVIL, "dev.mkscratch.reasons": reasons}})
plain = {"os": "linux", "architecture": "amd64"}
layout("other", ["a\\nb"], plain, manifest={"annotations": {"dev.mkscratch.reasons": reasons}})
layout("two", ["a"], plain | {"architecture": EVIL}, absent=[
    {"mediaType": MEDIA + "manifest.v1+json", "digest": "sha256:" + "0" * 64, "size": 9, "platform": {"os": "linux", "architecture": EVIL}},
    json.load(open("other/index.json"))["manifests"][0]])
os.system("cp other/blobs/sha256/* two/blobs/sha256")
P
python3 -B make.py
evil=$'e\x1b]0;x\x07\xc2\x9b31m\n\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8f\xd8\x9c\xe2\x80\xa8\xef\xbb\xbf\\n'
unsafe() { # FILE: is there anything that steers or turns? JSON has line ends between values alone.
	LC_ALL=C grep -aqP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b\x8e\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]|\xd8\x9c|\xef\xbb\xbf' "$1" ||
		! iconv -f UTF-8 -t UTF-8 "$1" >/dev/null 2>&1
}
n=0
while read -r -a words; do
	run mk "${words[@]//EVIL/$evil}"
	n=$((n + 1))
	if unsafe "$out" || unsafe "$err" || grep -q 'out of memory' "$err"; then fail "safe: ${words[*]}"; else pass "safe: ${words[*]}"; fi
done <<'W'
inspect evil
inspect --json evil
inspect two
inspect --json two
inspect EVIL
inspect --platform EVIL two
ls evil
ls --json evil
ls --layers evil
ls evil EVIL
ls two
ls EVIL
cat evil EVIL
cat evil link
diff evil other
diff --json evil other
diff other evil
diff two other
diff --json two other
verify evil
verify --json evil
verify two
verify EVIL
why evil link
why other link
why --json other link
why other a\\nb
why other EVIL
index -o EVIL/x evil
index -o i.tar two evil
index --platform linux/EVIL -o i.tar two
deps EVIL
doctor EVIL
cache EVIL
help EVIL
EVIL
--EVIL
--bin EVIL -o i.tar
--bin other/index.json -o EVIL
--bin other/index.json:/EVIL -o i.tar
--file EVIL:/x -o i.tar
--env EVIL -o i.tar
--config EVIL
W
is $n 43 'all of them were run'

# One name is not taken for another.
is "$(mk ls evil | cut -d" " -f6-)" 'a\x0ab
a\\nb
bad\xff
e\x1b]0;x\x07\xc2\x9b31m\x0a\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8f\xd8\x9c\xe2\x80\xa8\xef\xbb\xbf\\n
link -> e\x1b]0;x\x07\xc2\x9b31m\x0a\xe2\x80\xae\xe2\x81\xa6\xe2\x80\x8f\xd8\x9c\xe2\x80\xa8\xef\xbb\xbf\\n' \
	'what is not seen is told by its bytes, and a backslash is doubled'
is "$(mk ls --json evil | jq -c 'map(.path)[3]')" "$(python3 -c 'exec(open("make.py").read().split("def layout")[0]); print(json.dumps(EVIL, ensure_ascii=False))' | jq -c .)" \
	'JSON has the name itself'
is "$(mk ls --json evil | jq -c 'map(select(.path | test("^(bad|a)")) | [.path, .path_base64])')" \
	'[["a\nb",null],["a\\nb",null],["bad\\xff","YmFk/w=="]]' '... and beside one that is no UTF-8 its bytes'
is "$(mk --bin app --cap $'/\377=cap_kill' --print plan | jq -c .caps)" '{"/\\xff":"cap_kill"}' '... also where it is a key'
has_line() { if grep -qxF -- "$1" "$out"; then pass "$2"; else fail "$2"; comment <"$out"; fi; }
run mk inspect evil
has_line '  entrypoint    ["e\u001B]0;x\u0007\u009b31m\n\u202e\u2066\u200f\u061c\u2028\ufeff\\n"]' 'what is shown as JSON has the escapes of JSON'
python3 -B "$TOP/tests/integration/make_layers.py" x.tar "[('x', 'file', '')]" && cp -r x.tar 'x\n.tar'
run mk ls 'x\n.tar' /y
is "$(cat "$err")" 'mkscratch: x\\n.tar: /y: not in the image' 'an error too'
run mk diff x.tar evil
like "$(head -n 1 "$out")" ' differ in what was added, 5 paths \(/a\\x0ab, /a\\\\nb and 3 more\), ' 'and a sentence'

# No character of a name in pax records is lost: of tags (U+E0061 and the like) iconv makes nothing.
python3 -B - <<'P'
import tarfile
with tarfile.open("tags.layer", "w", format=tarfile.PAX_FORMAT) as t:
    for name, to in ("a\U000e0061", None), ("b\U000e0061x", None), ("l", "a\U000e0061"):
        i = tarfile.TarInfo(name)
        i.type, i.linkname = (tarfile.SYMTYPE, to) if to else (tarfile.REGTYPE, "")
        t.addfile(i)
P
python3 -B "$TOP/tests/integration/make_image.py" tags.tar v1 '{"architecture":"amd64","os":"linux"}' tags.layer
is "$(mk ls tags.tar | cut -d" " -f6-)" 'a\xf3\xa0\x81\xa1
b\xf3\xa0\x81\xa1x
l -> a\xf3\xa0\x81\xa1' 'names of a layer that have characters of no width'
is "$(mk cat tags.tar /l | wc -c)" 0 '... and lead where they say'
mkdir tags && touch tags/$'a\xf3\xa0\x81\xa1' && cp /bin/true true
t '... as an image that is made has them' bash -c '"$MKSCRATCH" --bin true --tree tags:/d -q -o made.tar && "$MKSCRATCH" cat made.tar "/d/$(ls tags)"'

# What was typed comes back, as bytes where it is no UTF-8.
python3 -B "$TOP/tests/integration/make_layers.py" b.tar "[('d/a\\\\xffb', 'file', ''), ('d/a\udcffb', 'file', '')]"
bytes_of() { jq -r "$1" | base64 -d | od -An -tx1 | tr -d " \n"; }
is "$(mk ls --json b.tar | jq -c 'map(.path) | .[-2:]')" '["d/a\\xffb","d/a\\xffb"]' 'two names that look the same in JSON'
is "$(mk ls --json b.tar | bytes_of '.[] | .path_base64 // empty')" 642f61ff62 '... are told apart'
if printf 'int main(void) { return 0; }\n' | cc -x c -static -o app - 2>/dev/null; then
	cp app $'app\xff'
	is "$(mk deps --json $'app\xff' | jq -c '[.file, .file_base64]')" '["app\\xff","YXBw/w=="]' 'a file that was asked for'
	is "$(mk --bin app --json -o i.tar -o $'o\xff' 2>/dev/null | jq -c '[.outputs, .outputs_base64]')" \
		'[["i.tar","o\\xff"],["aS50YXI=","b/8="]]' 'of several names all, where one is none of UTF-8'
	is "$(mk --bin app --json -n -o i.tar | jq -c 'keys | map(select(endswith("base64")))')" '[]' '... and none where there is no need'
else
	skip 'names that were typed' 'cannot: no static libc'
fi
done_testing
