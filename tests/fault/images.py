"""Files in the working directory of a test, and images made there byte by byte."""
import gzip
import io
import tarfile

from common import *

GZIP = "application/vnd.oci.image.layer.v1.tar+gzip"
working = {}


def use(room):
    """Where put() and Image.save() write."""
    working["room"] = room
    return room


def put(name, data, mode=0o644):
    write(os.path.join(working["room"].work, name), data if isinstance(data, bytes) else data.encode(), mode)
    return name


def at(name):
    return os.path.join(working["room"].work, name)


class Image:
    """A layout of one image that is sound, to be spoiled."""

    def __init__(self, layer=None, media="application/vnd.oci.image.layer.v1.tar"):
        program = ("app", static_elf(), {"mode": 0o755})
        plain = layer if isinstance(layer, bytes) else self.tar([program, *(layer or [])])
        self.layer = gzip.compress(plain, mtime=0) if media.endswith("gzip") else plain
        diff = hashlib.sha256(plain).hexdigest()
        self.config = {"architecture": "amd64", "os": "linux", "config": {"Entrypoint": ["/app"]},
                       "rootfs": {"type": "layers", "diff_ids": ["sha256:" + diff]}}
        self.media = media
        self.top = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}
        self.blobs, self.edit_manifest, self.edit_index = {}, lambda m: None, lambda i: None

    @staticmethod
    def tar(entries):
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as t:
            for name, data, more in entries:
                info = tarfile.TarInfo(name)
                info.size = len(data)
                for k, v in more.items():
                    setattr(info, k, v)
                t.addfile(info, io.BytesIO(data))
        return out.getvalue()

    def blob(self, data, kind):
        digest = "sha256:" + hashlib.sha256(data).hexdigest()
        self.blobs[digest] = data
        return {"mediaType": kind, "digest": digest, "size": len(data)}

    def save(self):
        layer = self.blob(self.layer, self.media)
        config = self.blob(json.dumps(self.config).encode(), "application/vnd.oci.image.config.v1+json")
        manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config,
                    "layers": [layer]}
        self.edit_manifest(manifest)
        m = self.blob(json.dumps(manifest).encode(), "application/vnd.oci.image.manifest.v1+json")
        m["annotations"] = {"org.opencontainers.image.ref.name": "latest"}
        self.top["manifests"].append(m)
        self.edit_index(self.top)
        put("l/oci-layout", '{"imageLayoutVersion":"1.0.0"}')
        put("l/index.json", json.dumps(self.top))
        for digest, data in self.blobs.items():
            put("l/blobs/sha256/" + digest[7:], data)


__all__ = [n for n in dir() if not n.startswith("_")]
