"""Each member of each document of an image in turn has a value of another JSON type. `verify` refuses it, and what it says
names the document and the member; so does `ls` where it refuses it too.

Usage: types.py; prints a line for each case that is not so, and how many there were.
"""
import copy
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile

MKSCRATCH = os.environ["MKSCRATCH"]
TYPES = {int: 7, str: "word", bool: True, list: [], dict: {}}
OCI = "application/vnd.oci.image."
LAYER = bytes(1024)


def sha(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def documents():
    """A layout of one image in an index in an index, as values; digests and sizes are filled in when it is written."""
    def descriptor(kind, **more):
        return dict({"mediaType": OCI + kind, "digest": "", "size": 0}, **more)
    annotations = {"org.example.a": "b"}
    return {
        "oci-layout": {"imageLayoutVersion": "1.0.0"},
        "index": {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "annotations": dict(annotations),
                  "manifests": [descriptor("index.v1+json", annotations={"org.opencontainers.image.ref.name": "v1"})]},
        "inner": {"schemaVersion": 2, "mediaType": OCI + "index.v1+json", "annotations": dict(annotations),
                  "manifests": [descriptor("manifest.v1+json", annotations=dict(annotations), urls=["https://example.org/"],
                                           artifactType="application/x",
                                           platform={"os": "linux", "architecture": "arm", "variant": "v7",
                                                     "os.version": "1", "os.features": ["a"]})]},
        "manifest": {"schemaVersion": 2, "mediaType": OCI + "manifest.v1+json", "annotations": dict(annotations),
                     "config": descriptor("config.v1+json"),
                     "layers": [descriptor("layer.v1.tar", annotations=dict(annotations), urls=["https://example.org/"])]},
        "config": {"created": "1970-01-01T00:00:00Z", "author": "a", "os": "linux", "architecture": "arm", "variant": "v7",
                   "os.version": "1", "os.features": ["a"],
                   "config": {"User": "0", "ExposedPorts": {"80/tcp": {}}, "Env": ["A=b"], "Entrypoint": ["/a"], "Cmd": ["b"],
                              "Volumes": {"/v": {}}, "WorkingDir": "/", "Labels": {"a": "b"}, "StopSignal": "SIGTERM",
                              "Healthcheck": {"Test": ["CMD", "/a"], "Interval": 1000000000, "Retries": 3}},
                   "rootfs": {"type": "layers", "diff_ids": [sha(LAYER)]},
                   "history": [{"created": "1970-01-01T00:00:00Z", "created_by": "a", "author": "a", "comment": "a",
                                "empty_layer": False}]},
    }


def members(value, path=()):
    """Paths of all values below the top."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in items:
        yield path + (key,)
        yield from members(below, path + (key,))


def get(value, path):
    for key in path:
        value = value[key]
    return value


def write(docs, top):
    """What a member says of another document is right unless the case has put something else there."""
    shutil.rmtree(top, ignore_errors=True)
    os.makedirs(top + "/blobs/sha256")

    def put(name, data):
        with open("%s/%s" % (top, name), "wb") as f:
            f.write(data)

    def blob(data, holder, path):
        put("blobs/sha256/" + sha(data)[7:], data)
        try:
            d = get(holder, path)
            for key, value in (("digest", sha(data)), ("size", len(data))):
                if d[key] in ("", 0):
                    d[key] = value
        except (KeyError, IndexError, TypeError, AttributeError):
            pass

    def text(name):
        return json.dumps(docs[name]).encode()
    blob(LAYER, docs["manifest"], ("layers", 0))
    blob(text("config"), docs["manifest"], ("config",))
    blob(text("manifest"), docs["inner"], ("manifests", 0))
    blob(text("inner"), docs["index"], ("manifests", 0))
    put("index.json", text("index"))
    put("oci-layout", text("oci-layout"))


def run(*args):
    r = subprocess.run([MKSCRATCH, *args], capture_output=True, text=True, timeout=60)
    return r.returncode, (r.stdout + r.stderr).splitlines()


# By which names a document may be called to account. A descriptor is told as what it describes.
NAMES = {"oci-layout": ("oci-layout",), "index": ("index.json", "index", "manifest"), "inner": ("index", "manifest"),
         "manifest": ("manifest",), "config": ("config",), "docker": ("manifest.json",)}


def accuses(line, name, path):
    key = next((k for k in reversed(path) if isinstance(k, str)), "")
    names = NAMES[name] + (("config",) if name == "manifest" and path[0] == "config" else ()) + \
        (("layer 1",) if name == "manifest" and path[0] == "layers" else ())
    for start in ("✗ ", "mkscratch: t: ", "mkscratch: t.tar: "):
        if line.startswith(start):
            what = line[len(start):].partition(": ")[0]
            return what in names and key.rstrip("s") in line
    return False


def docker_documents():
    docs = documents()
    config = json.dumps(docs["config"]).encode()
    docs["docker"] = [{"Config": sha(config)[7:] + ".json", "RepoTags": ["a:b"], "Layers": ["layer.tar"]}]
    return docs


def write_docker(docs, path):
    config = json.dumps(docs["config"]).encode()
    with tarfile.open(path, "w") as tar:
        for name, data in (("layer.tar", LAYER), (sha(config)[7:] + ".json", config),
                           ("manifest.json", json.dumps(docs["docker"]).encode())):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def cases(docs, names):
    for name in names:
        for path in members(docs[name]):
            for kind, other in TYPES.items():
                if kind is not type(get(docs[name], path)):
                    yield name, path, other


def check(name, path, other, top):
    status, lines = run("verify", top)
    faults = [] if status == 3 and any(accuses(line, name, path) for line in lines) else ["verify: %d %s" % (status, lines[-3:])]
    status, lines = run("ls", top)
    if status not in (0, 3) or (status == 3 and not accuses(lines[0], name, path)):
        faults.append("ls: %d %s" % (status, lines[:1]))
    for fault in faults:
        print("%s %s = %r: %s" % (name, ".".join(map(str, path)), other, fault))
    return not faults


def main():
    good = []
    for name, path, other in cases(documents(), ("oci-layout", "index", "inner", "manifest", "config")):
        docs = documents()
        get(docs[name], path[:-1])[path[-1]] = copy.deepcopy(other)
        write(docs, "t")
        good.append(check(name, path, other, "t"))
    for name, path, other in cases(docker_documents(), ("docker",)):
        docs = docker_documents()
        get(docs[name], path[:-1])[path[-1]] = copy.deepcopy(other)
        write_docker(docs, "t.tar")
        good.append(check(name, path, other, "t.tar"))
    print("%d cases, %d not so" % (len(good), good.count(False)))
    return not all(good)


sys.exit(main())
