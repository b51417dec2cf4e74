#!/usr/bin/env python3
"""Hold an image to oci-layout-spec/README.md.

Usage: check_image.py CHECK IMAGE [ARGUMENT...]
Ends with 0 when it holds, 1 and the reason when not, 77 and a reason beginning with "cannot:" when it cannot tell.
"""
import json
import os
import re
import struct
import sys
import zlib

from archive import BLOCK, Image, Wrong, blocks_of, dense, digest_of, gunzip_one, gzip_block, need, parse_tar, stored

SCHEMAS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../oci-layout-spec/schema")


class Cannot(Exception):
    pass


# --- section 2: the archive ---

def archive_order(image):
    names = [e.path.decode() for e in image.outer]
    head = ["oci-layout", "index.json", "manifest.json", "blobs/", "blobs/sha256/"]
    need(names[:5] == head, "archive begins with %s" % names[:5])
    need(names[5:] == image.blob_names(), "after the documents come %s" % names[5:])


def archive_blobs(image):
    used, there = set(image.blob_names()), {n for n in image.files if n.startswith("blobs/")}
    need(used == there, "blobs without a name, or names without a blob: %s" % sorted(used ^ there))
    for name, data in image.files.items():
        if name.startswith("blobs/"):
            need(digest_of(data)[7:] == name.split("/")[-1], "%s hashes to %s" % (name, digest_of(data)))


def archive_headers(image):
    for e in image.outer:
        check_header(e)
        need(not e.pax, "%r has a pax header" % e.path)
        need((e.uid, e.gid, e.mtime) == (0, 0, 0), "%r: owner or time is not 0" % e.path)
        need(e.mode == (0o755 if e.type == "5" else 0o644), "%r: mode %o" % (e.path, e.mode))


# --- section 4 and 5: documents ---

def compact_json(image):
    for name, data in image.documents():
        value = json.loads(data)
        again = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        need(data == again, "%s is not compact with sorted keys" % name)
        need(b"null" not in re.sub(rb'"([^"\\]|\\.)*"', b"", data), "%s holds null" % name)


def load_jsonschema():
    try:
        import jsonschema
        return jsonschema
    except ImportError:
        raise Cannot("no jsonschema module for Python (python3-jsonschema)")


def our_schemas(image):
    js = load_jsonschema()
    for name, data in image.documents():
        with open(os.path.join(SCHEMAS, name + ".json")) as f:
            schema = json.load(f)
        js.Draft202012Validator.check_schema(schema)
        for error in js.Draft202012Validator(schema).iter_errors(json.loads(data)):
            raise Wrong("%s: %s: %s" % (name, "/".join(map(str, error.absolute_path)), error.message))


OFFICIAL = {"oci-layout": "image-layout-schema.json", "index": "image-index-schema.json",
            "image-index": "image-index-schema.json",
            "manifest": "image-manifest-schema.json", "config": "config-schema.json"}


def inlined(value, folder, name):
    """The schema without references: `id`s in the official files point to a site, not to their neighbours."""
    if isinstance(value, list):
        return [inlined(v, folder, name) for v in value]
    if not isinstance(value, dict):
        return value
    if isinstance(value.get("$ref"), str):
        file, _, pointer = value["$ref"].partition("#")
        with open(os.path.join(folder, file or name)) as f:
            target = json.load(f)
        for part in pointer.strip("/").split("/") if pointer.strip("/") else []:
            target = target[part]
        return inlined(target, folder, file or name)
    return {k: inlined(v, folder, name) for k, v in value.items() if k not in ("id", "definitions")}


def official_schemas(image, folder=""):
    if not folder:
        raise Cannot("OCI_SCHEMAS names no directory with the schemas of the image specification")
    js = load_jsonschema()
    for name, data in image.documents():
        if name not in OFFICIAL:
            continue
        with open(os.path.join(folder, OFFICIAL[name])) as f:
            schema = inlined(json.load(f), folder, OFFICIAL[name])
        for error in js.Draft4Validator(schema).iter_errors(json.loads(data)):
            raise Wrong("%s: %s" % (name, error.message))


def names(image, *full):
    entries = image.index["manifests"]
    got = [e["annotations"]["io.containerd.image.name"] for e in entries]
    need(got == list(full), "names in index.json are %s" % got)
    tags = [e["annotations"]["org.opencontainers.image.ref.name"] for e in entries]
    need(tags == [n.rsplit(":", 1)[1] for n in full], "tags in index.json are %s" % tags)
    need(len({e["digest"] for e in entries}) == 1, "tags name different manifests")
    if "manifest.json" in image.files:
        repo = json.loads(image.files["manifest.json"])[0]["RepoTags"]
        need(repo == list(full), "RepoTags are %s" % repo)


def docker_part(image, platform=None):
    """Of several images it is the one of the platform that is named."""
    if platform and image.platform() != platform:
        return
    item = json.loads(image.files["manifest.json"])[0]
    path = "blobs/sha256/%s".__mod__
    need(item["Config"] == path(image.manifest["config"]["digest"][7:]), "Config names another blob")
    want = [path(d["digest"][7:]) for d in image.manifest["layers"]]
    need(item["Layers"] == want, "Layers names other blobs")


def platforms(image, *want):
    """The index names each image with its platform, sorted."""
    got = ["/".join(d["platform"][k] for k in ("os", "architecture", "variant") if k in d["platform"])
           for d in image.descriptors]
    need(got == list(want), "the index has %s" % got)
    need(got == sorted(got), "the index is not sorted")
    need([one.platform() for one in image.each()] == got, "a config has another platform than the index")


def shared_base(image):
    """Blobs that are no program's are the same for each platform."""
    bases = {one.manifest["layers"][0]["digest"] for one in image.each()}
    need(len(bases) == 1, "%d base layers for %d platforms" % (len(bases), len(image.descriptors)))


def one_history_a_layer(image):
    n = len(image.manifest["layers"])
    need(len(image.config["rootfs"]["diff_ids"]) == n, "as many DiffIDs as layers are needed")
    need(len(image.config["history"]) == n, "as many history items as layers are needed")
    for item in image.config["history"]:
        need(item["created"] == image.config["created"], "history has another time than the config")


# --- section 6: layers ---

def check_header(e):
    """Every byte of the header by its table; numbers that pax carries are looser."""
    raw = e.raw
    need(re.fullmatch(rb"[0-7]{6} \0", raw[100:108]), "mode field %r" % raw[100:108])
    for at, key in ((108, b"uid"), (116, b"gid")):
        need(key in e.pax or re.fullmatch(rb"[0-7]{6} \0", raw[at:at + 8]), "%s field %r" % (key, raw[at:at + 8]))
    need(b"size" in e.pax or re.fullmatch(rb"[0-7]{11} ", raw[124:136]), "size field %r" % raw[124:136])
    need(b"mtime" in e.pax or re.fullmatch(rb"[0-7]{11} ", raw[136:148]), "mtime field %r" % raw[136:148])
    need(e.type in "025", "type %r" % e.type)
    need(raw[257:265] == b"ustar\00000", "magic %r" % raw[257:265])
    need(raw[265:329] == bytes(64), "user or group name %r" % raw[265:329])
    need(raw[329:345] == b"000000 \0" * 2, "device fields %r" % raw[329:345])
    need(raw[500:512] == bytes(12), "bytes behind the prefix")
    need(e.type == "2" or raw[157:257] == bytes(100), "link name of what is no link")
    need((e.type == "5") == e.path.endswith(b"/"), "%r: a directory ends in /, nothing else does" % e.path)
    need(e.type == "0" or len(e.data) == 0, "%r: data of what is no file" % e.path)
    need(e.mode <= 0o7777, "%r: mode %o" % (e.path, e.mode))


def allowed_pax(e):
    ascii_path, ascii_link = e.path.isascii(), e.link.isascii()
    allowed = {b"hdrcharset": not (ascii_path and ascii_link),
               b"path": not ascii_path or len(e.path) > 100,
               b"linkpath": not ascii_link or len(e.link) > 100,
               b"uid": e.uid > 0o777777, b"gid": e.gid > 0o777777,
               b"size": len(e.data) >= 8 << 30, b"mtime": e.mtime >= 0x7fffffff}
    caps = e.pax.get(b"SCHILY.xattr.security.capability")
    if caps is not None:
        need(e.type == "0", "%r: capabilities of what is no file" % e.path)
        magic, low, inherited_low, high, inherited_high = struct.unpack("<5I", caps)
        need(magic == 0x02000001 and inherited_low == inherited_high == 0 and (low or high), "%r: capabilities %r" % (e.path, caps))
        allowed[b"SCHILY.xattr.security.capability"] = True
    for key in e.pax:
        need(allowed.get(key), "%r: pax record %r is not needed" % (e.path, key))


def layer_headers(image):
    for _, _, tar in image.layers():
        for e in parse_tar(tar):
            check_header(e)
            allowed_pax(e)


def layer_end(image):
    """parse_tar takes two blocks of zeros at the end, no more and no fewer."""
    for _, _, tar in image.layers():
        need(parse_tar(tar), "an empty layer")


def layer_order(image):
    for _, _, tar in image.layers():
        keys = [e.key() for e in parse_tar(tar)]
        need(keys == sorted(set(keys)), "entries are not sorted by the bytes of their paths, or one is there twice")
        for k in keys:
            need(k != b"/" and not re.search(rb"/(\.|\.\.|)(/|$)", k), "path %r" % k)
            need(not re.search(rb"/\.wh\.", k), "whiteout %r" % k)


def layer_parents(image):
    """Every parent is there, before its children, and the same in each layer."""
    seen = {}
    for _, _, tar in image.layers():
        there = set()
        for e in parse_tar(tar):
            parent = os.path.dirname(e.key())
            need(parent == b"/" or parent in there, "%r comes without its parent" % e.key())
            if e.type == "5":
                there.add(e.key())
                fields = (e.mode, e.uid, e.gid)
                need(seen.setdefault(e.key(), fields) == fields, "%r differs between layers" % e.key())


def layer_mtime(image, seconds):
    for _, _, tar in image.layers():
        for e in parse_tar(tar):
            need(e.mtime == int(seconds), "%r: mtime %d" % (e.path, e.mtime))


def diff_ids(image):
    got = [digest_of(tar) for _, _, tar in image.layers()]
    need(got == image.config["rootfs"]["diff_ids"], "layers hash to %s" % got)


# --- section 7: compression ---

def media_type(image, end):
    stem = "application/vnd.docker.image.rootfs.diff.tar" if end == ".gzip" else "application/vnd.oci.image.layer.v1.tar"
    for d in image.manifest["layers"]:
        need(d["mediaType"] == stem + end, d["mediaType"])


def gzip_header(image):
    for _, blob, _ in image.layers():
        need(blob[:10] == bytes.fromhex("1f8b08000000000000ff"), "gzip header is %s" % blob[:10].hex())


def gzip_one_member(image):
    for _, blob, tar in image.layers():
        need(gunzip_one(blob) == tar, "content differs")
        need(blob[-10:-8] == b"\x03\x00", "the last block is not the empty one")
        need(blob[-8:] == struct.pack("<LL", zlib.crc32(tar), len(tar) & 0xffffffff), "trailer differs")


def block_end(body, plain):
    """The length of the sync-flushed stream at the start of `body` that decodes to `plain`, by itself."""
    at = body.find(b"\0\0\xff\xff")
    while at >= 0:
        try:
            d = zlib.decompressobj(wbits=-15)
            if d.decompress(body[:at + 4]) == plain and not d.eof:
                return at + 4
        except zlib.error:
            pass
        at = body.find(b"\0\0\xff\xff", at + 1)
    raise Wrong("no block that decodes by itself to its %d bytes" % len(plain))


def gzip_blocks(image):
    """Each block is a stream of its own; with nothing between them."""
    sizes = []
    for _, blob, tar in image.layers():
        body, blocks = blob[10:-10], list(blocks_of(tar))
        for block in blocks:
            body = body[block_end(body, block):]
        need(body == b"", "%d bytes between the blocks and the end" % len(body))
        sizes += [len(block) for block in blocks[:-1]]
    need(BLOCK in sizes and min(sizes) < BLOCK, "no block is cut by content or none by size: the test needs more bytes")


def gzip_dense(image):
    """Dense blocks are stored, and others are not."""
    kinds = set()
    for _, blob, tar in image.layers():
        body = blob[10:-10]
        for block in blocks_of(tar):
            is_dense = dense(block)
            need(body.startswith(stored(block)) == is_dense, "a block of %d bytes is %s stored" %
                 (len(block), "not" if is_dense else "needlessly"))
            body = body[len(stored(block)) if is_dense else block_end(body, block):]
            kinds.add(is_dense)
    need(len(kinds) == 2, "all blocks are of one kind: the test needs others")


def gzip_reference(image, level):
    """Blocks, and so the whole, are what the reference makes of them."""
    for _, blob, tar in image.layers():
        need(gunzip_one(blob) == tar, "content differs")
        blocks = list(blocks_of(tar))
        need(BLOCK in map(len, blocks) and len(blocks) > 1, "no block of the greatest size: the test needs others")
        at = 10
        for i, block in enumerate(blocks):
            want = gzip_block(block, int(level))
            need(blob[at:at + len(want)] == want, "block %d of %d bytes is another" % (i, len(block)))
            at += len(want)
        need(len(blob) - at == 10, "%d bytes behind the blocks" % (len(blob) - at))


def zstd_frames(image):
    """Content size and checksum in every frame; as many frames as blocks."""
    for _, blob, tar in image.layers():
        at, sizes = 0, []
        while at < len(blob):
            need(blob[at:at + 4] == b"\x28\xb5\x2f\xfd", "no frame at %d" % at)
            flags = blob[at + 4]
            need(flags & 4, "a frame has no checksum")
            need(flags & 3 == 0, "a frame has a dictionary")
            single, width = flags >> 5 & 1, (1 if flags >> 5 & 1 else 0, 2, 4, 8)[flags >> 6]
            need(width, "a frame has no content size")
            p = at + 5 + (0 if single else 1)
            sizes.append(int.from_bytes(blob[p:p + width], "little") + (256 if width == 2 else 0))
            at = frame_end(blob, p + width)
        want = [len(block) for block in blocks_of(tar)]
        need(sizes == want, "frames hold %s bytes" % sizes)


def frame_end(blob, p):
    last = False
    while not last:
        head = int.from_bytes(blob[p:p + 3], "little")
        last, kind, size = head & 1, head >> 1 & 3, head >> 3
        p += 3 + (1 if kind == 1 else size)
    return p + 4


CHECKS = {f.__name__: f for f in (
    archive_order, archive_blobs, archive_headers, compact_json, our_schemas, official_schemas, names, docker_part,
    platforms, shared_base, one_history_a_layer, layer_headers, layer_end, layer_order, layer_parents, layer_mtime, diff_ids, media_type,
    gzip_header, gzip_one_member, gzip_blocks, gzip_dense, gzip_reference,
    zstd_frames)}


def main(argv):
    if len(argv) < 3 or argv[1] not in CHECKS:
        print(__doc__.strip() + "\nChecks: " + " ".join(CHECKS))
        return 2
    try:
        image = Image(argv[2])
        for one in range(len(image.descriptors)):
            image.select(one)
            CHECKS[argv[1]](image, *argv[3:])
    except Wrong as e:
        print("%s: %s: %s" % (argv[2], argv[1], e))
        return 1
    except Cannot as e:
        print("cannot: %s" % e)
        return 77
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
