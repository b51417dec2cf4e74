"""A docker-archive of layers given entry by entry. usage: make_layers.py OUT LAYER..., each LAYER a Python list of
(name, kind[, content, target or (major, minor)[, mode[, mtime[, {pax record: text}]]]]); kinds: dir file sym hard chr blk
fifo. In names, texts and records '\\udcXX' is the byte XX."""
import hashlib
import io
import json
import sys
import tarfile

KINDS = {"dir": tarfile.DIRTYPE, "sym": tarfile.SYMTYPE, "hard": tarfile.LNKTYPE, "chr": tarfile.CHRTYPE,
         "blk": tarfile.BLKTYPE, "fifo": tarfile.FIFOTYPE, "file": tarfile.REGTYPE}


def layer(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as t:
        for name, kind, *more in entries:
            i = tarfile.TarInfo(name)
            i.type = KINDS[kind]
            i.mode = more[1] if len(more) > 1 else 0o755 if kind == "dir" else 0o777 if kind == "sym" else 0o644
            i.mtime = more[2] if len(more) > 2 else 1714557600
            i.pax_headers = more[3] if len(more) > 3 else {}
            i.uid, i.gid = (1000, 12345) if name.startswith("home") else (0, 0)
            data = b""
            if kind == "file":
                data = more[0].encode(errors="surrogateescape")
                i.size = len(data)
            elif kind in ("sym", "hard"):
                i.linkname = more[0]
            elif more and more[0]:
                i.devmajor, i.devminor = more[0]
            t.addfile(i, io.BytesIO(data))
    return out.getvalue()


def sha(data):
    return hashlib.sha256(data).hexdigest()


layers = [layer(eval(a)) for a in sys.argv[2:]]
config = {"os": "linux", "architecture": "amd64",
          "rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha(b) for b in layers]}}
names = [f"{i}/layer.tar" for i in range(len(layers))]
members = list(zip(names, layers)) + [("c.json", json.dumps(config).encode())]
members.append(("manifest.json", json.dumps([{"Config": "c.json", "RepoTags": ["t:1"], "Layers": names}]).encode()))
with tarfile.open(sys.argv[1], "w") as t:
    for name, data in members:
        i = tarfile.TarInfo(name)
        i.size = len(data)
        t.addfile(i, io.BytesIO(data))
