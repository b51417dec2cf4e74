"""Assemble an OCI archive from layers and a config, as another tool might: make_image.py OUT TAG CONFIG LAYER...

CONFIG is the JSON of the config; its rootfs is filled in. A LAYER is a tar, plain or compressed by gzip or zstd."""
import hashlib
import io
import json
import subprocess
import sys
import tarfile

out, tag, config, layers = sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), sys.argv[4:]
blobs = {}
HEADS = {b"\x1f\x8b": ("+gzip", ["gzip", "-dc"]), b"\x28\xb5": ("+zstd", ["zstd", "-qdc"]),
         b"\x50\x2a": ("+zstd", ["zstd", "-qdc"])}   # a frame that is skipped may come first


def put(data, media_type):
    digest = hashlib.sha256(data).hexdigest()
    blobs[digest] = data
    return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(data)}


def plain(data):
    tool = HEADS.get(data[:2], ("", None))[1]
    return subprocess.run(tool, input=data, stdout=subprocess.PIPE, check=True).stdout if tool else data


descriptors, diff_ids = [], []
for path in layers:
    data = open(path, "rb").read()
    descriptors.append(put(data, "application/vnd.oci.image.layer.v1.tar" + HEADS.get(data[:2], ("",))[0]))
    diff_ids.append("sha256:" + hashlib.sha256(plain(data)).hexdigest())
config["rootfs"] = {"type": "layers", "diff_ids": diff_ids}
manifest = {
    "schemaVersion": 2,
    "config": put(json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json"),
    "layers": descriptors,
}
top = put(json.dumps(manifest).encode(), "application/vnd.oci.image.manifest.v1+json")
top["annotations"] = {"org.opencontainers.image.ref.name": tag}
files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}',
         "index.json": json.dumps({"schemaVersion": 2, "manifests": [top]}).encode()}
files.update({"blobs/sha256/" + digest: data for digest, data in blobs.items()})
with tarfile.open(out, "w") as tar:
    for name, data in files.items():
        info = tarfile.TarInfo(name)
        info.size = len(data)
        tar.addfile(info, io.BytesIO(data))
