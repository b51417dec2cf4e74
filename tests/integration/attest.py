"""Give each image of a layout with an index for several platforms, or with one image, an attestation as BuildKit does.

Usage: attest.py LAYOUT [WORD]. WORD goes into each statement; "same": one statement for all images; "none": a manifest that
names no image; "bare": one without a config; "absent": thirty statements each that are not there.
"""
import hashlib
import json
import os
import sys

OCI = "application/vnd.oci."
TOP, WORD = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else ""


def path(digest):
    return "%s/blobs/sha256/%s" % (TOP, digest[7:])


def load(descriptor):
    with open(path(descriptor["digest"])) as f:
        return json.load(f)


def put(media_type, value):
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    digest = "sha256:" + hashlib.sha256(data).hexdigest()
    with open(path(digest), "wb") as f:
        f.write(data)
    return {"mediaType": media_type, "digest": digest, "size": len(data)}


def attestation(subject):
    named = "" if WORD == "same" else subject
    statement = put("application/vnd.in-toto+json", {"_type": "https://in-toto.io/Statement/v0.1", "word": WORD, "of": named})
    diff_id = statement["digest"]
    config = put(OCI + "image.config.v1+json", {"architecture": "unknown", "os": "unknown", "config": {},
                                                "rootfs": {"type": "layers", "diff_ids": [diff_id]}})
    manifest = {"schemaVersion": 2, "mediaType": OCI + "image.manifest.v1+json", "config": config, "layers": [statement]}
    if WORD == "absent":
        manifest["layers"] += [dict(statement, digest="sha256:%032d%s" % (i, subject[-32:])) for i in range(30)]
    if WORD == "bare":
        del manifest["config"]
    manifest = put(manifest["mediaType"], manifest)
    annotations = {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": subject}
    if WORD == "none":
        del annotations["vnd.docker.reference.digest"]
    return dict(manifest, platform={"os": "unknown", "architecture": "unknown"}, annotations=annotations)


def main():
    index_path = os.path.join(TOP, "index.json")
    with open(index_path) as f:
        index = json.load(f)
    top = index["manifests"][0]
    inner = load(top) if "index" in top["mediaType"] else {
        "schemaVersion": 2, "mediaType": OCI + "image.index.v1+json",
        "manifests": [{k: top[k] for k in ("mediaType", "digest", "size")}]}
    for entry in inner["manifests"]:
        if "platform" not in entry:
            config = load(load(entry)["config"])
            entry["platform"] = {k: config[k] for k in ("os", "architecture")}
    inner["manifests"] += [attestation(e["digest"]) for e in inner["manifests"]]
    top.update(put(inner["mediaType"], inner))
    with open(index_path, "w") as f:
        json.dump(index, f)
    if os.path.exists(TOP + "/manifest.json"):
        os.remove(TOP + "/manifest.json")


main()
