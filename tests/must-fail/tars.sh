#!/usr/bin/env bash
# Tars that say one thing and hold another, found by fuzzing and by comparison with other readers: refused, and at once.
. "$(dirname "$0")/../lib.sh"
require python3

python3 - <<'P'
import hashlib, io, json, tarfile

def image(out, layer):
    config = {"os": "linux", "architecture": "amd64",
              "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}
    manifest = [{"Config": "c.json", "RepoTags": ["a:b"], "Layers": ["l.tar"]}]
    with tarfile.open(out, "w") as t:
        for name, data in ("l.tar", layer), ("c.json", json.dumps(config).encode()), ("manifest.json", json.dumps(manifest).encode()):
            i = tarfile.TarInfo(name)
            i.size = len(data)
            t.addfile(i, io.BytesIO(data))

def layer(name, data, pax, **fields):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as t:
        i = tarfile.TarInfo(name)
        i.size, i.pax_headers = len(data), pax
        for k, v in fields.items():
            setattr(i, k, v)
        t.addfile(i, io.BytesIO(data))
    return out.getvalue()

# A file that has more bytes than it says in its sparse header: libarchive offers to try again, for ever.
image("overlap.tar", layer("a", b"hello", {"GNU.sparse.size": "0"}))
# One with a hole of four exabytes.
hole = b"2\n0\n1\n%d\n0\n" % (1 << 62)
image("hole.tar", layer("GNUSparseFile.0/big", hole.ljust(512, b"\0") + b"x",
                        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "big", "GNU.sparse.realsize": str(1 << 62)}))
# Links without a target.
image("symlink.tar", layer("s", b"", {}, type=tarfile.SYMTYPE))
image("hardlink.tar", layer("h", b"", {}, type=tarfile.LNKTYPE))
P
must_fail 3 'overlap.tar: layer 1: not a sound tar archive (Encountered out-of-order sparse blocks)' -- cat overlap.tar a
for verb in ls inspect verify 'cat hole.tar big' 'diff hole.tar'; do
	# shellcheck disable=SC2086
	run timeout 20 "$MKSCRATCH" $verb hole.tar
	is "$status" 3 "${verb%% *}: a hole of four exabytes is refused"
	like "$(cat "$out" "$err")" 'layer 1: expands beyond 17179869184 bytes' '... in these words'
done
must_fail 3 'symlink.tar: layer 1: s: a link to nothing' -- ls symlink.tar
must_fail 3 'hardlink.tar: layer 1: h: a link to nothing' -- ls hardlink.tar
done_testing
