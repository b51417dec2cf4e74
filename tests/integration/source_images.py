"""Images in the shapes that other tools give them. usage: source_images.py LAYOUT SHAPE OUT, LAYOUT being one of ours with
one image. Shapes are the functions below."""
import copy
import gzip
import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import tarfile

root, shape, out = sys.argv[1:4]


def blob(digest):
    with open(f"{root}/blobs/sha256/{digest[7:]}", "rb") as f:
        return f.read()


index = json.load(open(f"{root}/index.json"))
manifest = json.loads(blob(index["manifests"][0]["digest"]))
config = json.loads(blob(manifest["config"]["digest"]))
config_bytes = blob(manifest["config"]["digest"])
plain = [gzip.decompress(blob(layer["digest"])) for layer in manifest["layers"]]


def sha(data):
    return hashlib.sha256(data).hexdigest()


def write_tar(members):
    """(name, bytes), (name, "->", target) for a symlink, (name, "=", target) for a hard link, (name, None): directory."""
    with tarfile.open(out, "w", format=tarfile.PAX_FORMAT) as t:
        for name, *what in members:
            info = tarfile.TarInfo(name)
            if what[0] is None:
                info.type = tarfile.DIRTYPE
            elif what[0] in ("->", "="):
                info.type = tarfile.SYMTYPE if what[0] == "->" else tarfile.LNKTYPE
                info.linkname = what[1]
            else:
                info.size = len(what[0])
                t.addfile(info, io.BytesIO(what[0]))
                continue
            t.addfile(info)


def dumps(value):
    return json.dumps(value).encode()


def docker_save(prefix="", link="->", twice=False):
    """Docker 20.10: a directory for each layer, one of them linked where two are the same."""
    layers, conf = list(plain), copy.deepcopy(config)
    if twice:
        layers.append(layers[0])
        conf["rootfs"]["diff_ids"].append(conf["rootfs"]["diff_ids"][0])
        conf["history"].append({"created_by": "again"})
    text = dumps(conf)
    members, paths, seen = [], [], {}
    for i, data in enumerate(layers):
        name = sha(b"%d" % i)
        members += [(prefix + name, None), (f"{prefix}{name}/VERSION", b"1.0"), (f"{prefix}{name}/json", b"{}")]
        if data in seen:
            target = f"../{seen[data]}/layer.tar" if link == "->" else f"{prefix}{seen[data]}/layer.tar"
            members.append((f"{prefix}{name}/layer.tar", link, target))
        else:
            members.append((f"{prefix}{name}/layer.tar", data))
        seen.setdefault(data, name)
        paths.append(f"{name}/layer.tar")
    items = [{"Config": sha(text) + ".json", "RepoTags": ["app:v1", "localhost:5000/app:v2"], "Layers": paths}]
    members += [(f"{prefix}{sha(text)}.json", text), (prefix + "manifest.json", dumps(items))]
    return members


def docker20():
    write_tar(docker_save(twice=True))


def dotted():
    write_tar(docker_save("./"))


def hardlinked():
    write_tar(docker_save(link="=", twice=True))


def skopeo():
    """Layers by DiffID at the top, linked from directories that old versions looked into."""
    names = [d[7:] + ".tar" for d in config["rootfs"]["diff_ids"]]
    members = list(zip(names, plain))
    members += [(f"{sha(n.encode())}/layer.tar", "->", f"../{n}") for n in names]
    members.append((sha(config_bytes) + ".json", config_bytes))
    items = [{"Config": sha(config_bytes) + ".json", "RepoTags": None, "Layers": names}]
    write_tar(members + [("manifest.json", dumps(items))])


def crane():
    """Compressed layers, the config by its digest."""
    names = [layer["digest"][7:] + ".tar.gz" for layer in manifest["layers"]]
    members = [("sha256:" + sha(config_bytes), config_bytes)]
    members += [(n, blob(layer["digest"])) for n, layer in zip(names, manifest["layers"])]
    items = [{"Config": "sha256:" + sha(config_bytes), "RepoTags": ["app:v1"], "Layers": names}]
    write_tar(members + [("manifest.json", dumps(items))])


def docker29():
    """As Docker 25 and later save: an OCI layout, and a manifest.json that tells of the layers besides."""
    conf = copy.deepcopy(config)
    text = dumps(conf)
    man = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
           "config": desc(text, "application/vnd.oci.image.config.v1+json"),
           "layers": [desc(p, "application/vnd.oci.image.layer.v1.tar") for p in plain]}
    whole = dumps(man)
    names = {"io.containerd.image.name": "docker.io/library/app:v1", "org.opencontainers.image.ref.name": "v1"}
    items = [{"Config": f"blobs/sha256/{sha(text)}", "RepoTags": ["app:v1"], "Layers": [f"blobs/sha256/{sha(p)}" for p in plain],
              "LayerSources": {"sha256:" + sha(p): d for p, d in zip(plain, man["layers"])}}]
    blobs = {sha(b): b for b in [whole, text] + plain}
    write_tar([("blobs/", None), ("blobs/sha256/", None)] + [(f"blobs/sha256/{n}", b) for n, b in sorted(blobs.items())] +
              [("index.json", dumps(index_of([desc(whole, annotations=names)]))), ("manifest.json", dumps(items)),
               ("oci-layout", dumps({"imageLayoutVersion": "1.0.0"})), ("repositories", b"{}")])


def chunked():
    """zstd:chunked: a frame for each piece, and frames of other things that readers skip."""
    man, blobs = copy.deepcopy(manifest), []
    for layer, data in zip(man["layers"], plain):
        frames = [zstd(data[i:i + 40000]) for i in range(0, len(data), 40000)]
        packed = skipped(b"front") + b"".join(frames) + skipped(b"table of contents") + skipped(b"footer")
        layer.update(digest="sha256:" + sha(packed), size=len(packed), mediaType=layer["mediaType"].replace("gzip", "zstd"))
        blobs.append(packed)
    text = dumps(man)
    layout(index_of([desc(text)]), [text, config_bytes] + blobs)


def zstd(data):
    return subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout


def skipped(data):
    return struct.pack("<II", 0x184D2A50, len(data)) + data


def layout(top, blobs):
    os.makedirs(f"{out}/blobs/sha256")
    for data in blobs:
        with open(f"{out}/blobs/sha256/{sha(data)}", "wb") as f:
            f.write(data)
    for name, data in (("oci-layout", dumps({"imageLayoutVersion": "1.0.0"})), ("index.json", dumps(top))):
        with open(f"{out}/{name}", "wb") as f:
            f.write(data)


def desc(data, kind="application/vnd.oci.image.manifest.v1+json", **more):
    return {"mediaType": kind, "digest": "sha256:" + sha(data), "size": len(data), **more}


def index_of(entries, kind="application/vnd.oci.image.index.v1+json"):
    return {"schemaVersion": 2, "mediaType": kind, "manifests": entries}


INDEX = "application/vnd.oci.image.index.v1+json"


def image(arch, variant=None, members=True):
    """Manifest, config and layers of the same image for another machine."""
    conf = copy.deepcopy(config)
    conf["architecture"] = arch
    if variant:
        conf["variant"] = variant
    text = dumps(conf)
    man = copy.deepcopy(manifest)
    man["config"] = desc(text, manifest["config"]["mediaType"])
    return [dumps(man), text] + [blob(layer["digest"]) for layer in manifest["layers"]]


def platforms():
    """As buildx writes it: one index in the index, with an attestation."""
    images = [image("amd64"), image("arm64"), image("arm", "v7"), image("arm", "v6")]
    statement = dumps({"_type": "https://in-toto.io/Statement/v0.1"})
    noconf = dumps({"architecture": "unknown", "os": "unknown", "config": {}, "rootfs": {"type": "layers", "diff_ids": []}})
    attest = dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                    "config": desc(noconf, "application/vnd.oci.image.config.v1+json"),
                    "layers": [desc(statement, "application/vnd.in-toto+json")]})
    entries = [desc(i[0]) for i in images]
    entries.append(desc(attest, platform={"os": "unknown", "architecture": "unknown"},
                        annotations={"vnd.docker.reference.type": "attestation-manifest"}))
    nested = dumps(index_of(entries))
    top = index_of([desc(nested, INDEX, annotations={"org.opencontainers.image.ref.name": tag}) for tag in ("v1", "v2")])
    layout(top, sum(images, []) + [statement, noconf, attest, nested])


def sparse(there=True):
    """As Docker 29 saves what it has pulled: the index names all platforms, of which one is there."""
    images = [image("amd64"), image("arm64"), image("arm", "v7")]
    platforms = [{"os": "linux", "architecture": "amd64"}, {"os": "linux", "architecture": "arm64"},
                 {"os": "linux", "architecture": "arm", "variant": "v7"}]
    entries = [desc(i[0], platform=p) for i, p in zip(images, platforms)]
    nested = dumps(index_of(entries))
    top = index_of([desc(nested, INDEX, annotations={"org.opencontainers.image.ref.name": "v1"})])
    layout(top, (images[0] if there else []) + [nested])


def nothing_there():
    sparse(False)


def regctl(name="docker.io/library/app:v1"):
    """The files at the top as we have them, then the blobs as they are met; nothing has a media type that need not."""
    man = blob(index["manifests"][0]["digest"])
    names = {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": "v1"}
    top = {"schemaVersion": 2, "manifests": [desc(man, annotations=names)]}
    paths = ["blobs/sha256/" + layer["digest"][7:] for layer in manifest["layers"]]
    items = [{"Config": "blobs/sha256/" + sha(config_bytes), "RepoTags": ["app:v1" if "@" not in name else "localhost/app:v1"], "Layers": paths, "LayerSources": {}}]
    write_tar([("oci-layout", dumps({"imageLayoutVersion": "1.0.0"})), ("index.json", dumps(top)), ("manifest.json", dumps(items)),
               ("blobs/", None), ("blobs/sha256/", None)] +
              [("blobs/sha256/" + sha(b), b) for b in [man, config_bytes] + [blob(i["digest"]) for i in manifest["layers"]]])


def regctl_path():
    """What was typed, where the name of the image should be."""
    regctl("ocidir://app:v1@sha256:" + "0" * 64)


def apko():
    """A docker-archive with an index besides, and the manifests that it names."""
    crane()
    man = blob(index["manifests"][0]["digest"])
    with tarfile.open(out, "a", format=tarfile.PAX_FORMAT) as t:
        for name, data in (("sha256:" + sha(man), man), ("index.json", dumps(index_of([desc(man)])))):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))


def docker_types():
    man = copy.deepcopy(manifest)
    man["mediaType"] = "application/vnd.docker.distribution.manifest.v2+json"
    man["config"]["mediaType"] = "application/vnd.docker.container.image.v1+json"
    for layer in man["layers"]:
        layer["mediaType"] = "application/vnd.docker.image.rootfs.diff.tar.gzip"
    text = dumps(man)
    kind = "application/vnd.docker.distribution.manifest.list.v2+json"
    nested = dumps(index_of([desc(text, man["mediaType"])], kind))
    layout(index_of([desc(nested, kind)]), [text, nested, config_bytes] + [blob(i["digest"]) for i in man["layers"]])


def untyped():
    """No media types anywhere, as the specification allows."""
    man = copy.deepcopy(manifest)
    man.pop("mediaType")
    text = dumps(man)
    nested = dumps({"schemaVersion": 2, "manifests": [{k: v for k, v in desc(text).items() if k != "mediaType"}]})
    layout({"schemaVersion": 2, "manifests": [{k: v for k, v in desc(nested).items() if k != "mediaType"}]},
           [text, nested, config_bytes] + [blob(i["digest"]) for i in man["layers"]])


def members():
    """Each layer as many gzip members, and what follows the tar's end in it."""
    man, blobs = copy.deepcopy(manifest), []
    for layer, data in zip(man["layers"], plain):
        packed = b"".join(gzip.compress(data[i:i + 5000], mtime=0) for i in range(0, len(data), 5000))
        layer.update(digest="sha256:" + sha(packed), size=len(packed))
        blobs.append(packed)
    text = dumps(man)
    layout(index_of([desc(text)]), [text, config_bytes] + blobs)


def deep(levels=6):
    text = dumps(manifest)
    blobs = [text, config_bytes]
    entry = desc(text)
    for _ in range(levels):
        text = dumps(index_of([entry]))
        blobs.append(text)
        entry = desc(text, INDEX)
    layout(index_of([entry]), blobs + [blob(i["digest"]) for i in manifest["layers"]])


def many():
    """More manifests than anybody has."""
    texts = [dumps(index_of([], INDEX) | {"annotations": {"n": str(i)}}) for i in range(4097)]
    nested = [dumps(index_of([desc(t, INDEX) for t in texts[:2000]])), dumps(index_of([desc(t, INDEX) for t in texts[2000:]]))]
    layout(index_of([desc(t, INDEX) for t in nested]), texts + nested)


def values():
    """Documents that are each within bounds, and all together not."""
    texts = [dumps(index_of([], INDEX) | {"x": [i] * 60000}) for i in range(4)]
    layout(index_of([desc(t, INDEX) for t in texts]), texts)


def wide():
    layout(index_of([], INDEX) | {"x": [1] * 200000}, [])


def bytes():
    texts = [dumps(index_of([], INDEX) | {"x": str(i) * 3900000}) for i in range(5)]
    layout(index_of([desc(t, INDEX) for t in texts]), texts)


def empty():
    layout(index_of([]), [])


def rewritten(code):
    """docker20 with its manifest.json or members changed by a statement."""
    made = docker_save()
    items = json.loads(made[-1][1])
    scope = {"items": items, "members": made}
    exec(code, scope)
    made[-1] = ("manifest.json", dumps(scope["items"]))
    write_tar(made)


if shape == "rewritten":
    rewritten(sys.argv[4])
else:
    globals()[shape]()
