"""Reading of images for the tests: a tar parser that keeps every raw byte of a header, and the image behind it.

Shares nothing with tarfile or any other reader that forgives: what is not as oci-layout-spec/README.md says is Wrong.
"""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zlib

FIXTURE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../oci-layout-spec/fixture")
sys.path.insert(1, FIXTURE)
from deflate import deflate                # noqa: E402

BLOCK_MIN, BLOCK = 262144, 524288          # of the compressors
WORD = (1 << 64) - 1


def block_at(tar, at):
    """The bytes of the block that begins there (section 7)."""
    end = min(at + BLOCK, len(tar))
    s = 0
    for i in range(at + BLOCK_MIN - 64, end):
        s = 2 * s + tar[i] + 1 & WORD
        if i + 1 - at >= BLOCK_MIN and s * 0x9E3779B97F4A7C15 & WORD < 1 << 47:
            return tar[at:i + 1]
    return tar[at:end]


def blocks_of(tar):
    at = 0
    while at < len(tar):
        block = block_at(tar, at)
        yield block
        at += len(block)


def squares(data):
    return sum(data.count(bytes([v])) ** 2 for v in range(256))


def repeats(block):
    """Which of the samples repeat, and how many there are."""
    last, samples, repeated = {}, 0, 0
    for i in range(len(block) - 3):
        v = int.from_bytes(block[i:i + 4], "little")
        h = v * 0x9E3779B1 & 0xffffffff
        if h < 1 << 28:
            at = last.get(h >> 15)
            samples += 1
            repeated += at is not None and i - at <= 32768 and block[at:at + 4] == block[i:i + 4]
            last[h >> 15] = i
    return repeated, samples


def dense(block):
    """Is it not worth compressing (section 7)?"""
    n = len(block)
    if n < 4096 or squares(block[:4096]) > 73728 or squares(block) * 256 * 50 > n * n * 51:
        return False
    repeated, samples = repeats(block)
    return repeated * 100 < samples


def stored(block):
    parts = [block[i:i + 65535] for i in range(0, len(block), 65535)] + [b""]
    return b"".join(b"\0" + len(p).to_bytes(2, "little") + (65535 - len(p)).to_bytes(2, "little") + p for p in parts)


def gzip_block(block, level):
    """What a block becomes at levels 1 to 7."""
    return stored(block) if dense(block) else deflate(block, level)


class Wrong(Exception):
    pass


def need(truth, text):
    if not truth:
        raise Wrong(text)


class Entry:
    """One tar header with the pax records before it; `raw` is the 512 bytes."""

    def __init__(self, raw, pax, data):
        self.raw, self.pax, self.data = raw, pax, data
        prefix, name = text(raw[345:500]), text(raw[:100])
        self.path = pax.get(b"path", prefix + b"/" + name if prefix else name)
        self.link = pax.get(b"linkpath", text(raw[157:257]))
        self.type = chr(raw[156])
        self.mode = octal(raw[100:108])
        self.uid = int(pax[b"uid"]) if b"uid" in pax else octal(raw[108:116])
        self.gid = int(pax[b"gid"]) if b"gid" in pax else octal(raw[116:124])
        self.mtime = int(pax[b"mtime"]) if b"mtime" in pax else octal(raw[136:148])

    def key(self):
        return b"/" + self.path.rstrip(b"/")


def text(field):
    return field.split(b"\0", 1)[0]


def octal(field):
    digits = field.strip(b" \0")
    need(digits and all(c in b"01234567" for c in digits), "number field %r is not octal" % field)
    return int(digits, 8)


def check_sum(raw):
    total = sum(raw[:148]) + 8 * 32 + sum(raw[156:])
    need(raw[148:156] == b"%06o\0 " % total, "checksum field is %r" % raw[148:156])


def pax_records(data):
    records = {}
    while data:
        length = int(data.split(b" ", 1)[0])
        record = data[len(str(length)) + 1:length]
        need(record.endswith(b"\n"), "pax record does not end in a newline")
        key, value = record[:-1].split(b"=", 1)
        need(key not in records, "pax record %r twice" % key)
        records[key] = value
        data = data[length:]
    return records


def parse_tar(data):
    """All entries. What follows the last must be two blocks of zeros and nothing else."""
    entries, at, pax = [], 0, {}
    while data[at:at + 512] != bytes(512):
        raw = data[at:at + 512]
        need(len(raw) == 512, "tar ends without its two blocks of zeros")
        check_sum(raw)
        size = octal(raw[124:136]) if b"size" not in pax else int(pax[b"size"])
        body = data[at + 512:at + 512 + size]
        need(len(body) == size, "data of an entry ends early")
        padding = data[at + 512 + size:at + 512 + size + -size % 512]
        need(padding == bytes(-size % 512), "padding holds something")
        at += 512 + size + -size % 512
        if raw[156] == ord("x"):
            need(not pax, "two pax headers in a row")
            pax = pax_records(body)
            continue
        entries.append(Entry(raw, pax, body))
        pax = {}
    need(not pax, "a pax header without an entry")
    need(data[at:] == bytes(1024), "%d bytes after the last entry, not two blocks of zeros" % (len(data) - at))
    return entries


def gunzip_one(blob):
    """The content of the first gzip member, which must be the only one and end the file."""
    d = zlib.decompressobj(wbits=31)
    plain = d.decompress(blob)
    need(d.eof, "gzip stream ends early")
    need(d.unused_data == b"", "%d bytes behind the first gzip member" % len(d.unused_data))
    return plain


def need_to_decode(made, block):
    """A block of gzip stands alone, and is not final."""
    d = zlib.decompressobj(wbits=-15)
    need(d.decompress(made) == block and not d.eof, "decodes to something else")


def unzstd(blob):
    tool = shutil.which("zstd")
    need(tool, "cannot: no zstd program")
    return subprocess.run([tool, "-dcq"], input=blob, stdout=subprocess.PIPE, check=True).stdout


def expand(blob, media_type):
    if media_type.endswith(("+gzip", ".gzip")):
        return gunzip_one(blob)
    return unzstd(blob) if media_type.endswith("+zstd") else blob


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Image:
    """The images of the first entry of an archive or a layout directory: one, or those of an image index. `manifest`,
    `config` and `layers` speak of the first, or of the one that each() has come to."""

    def __init__(self, path):
        self.path = path
        if os.path.isdir(path):
            self.outer, self.files = None, read_directory(path)
        else:
            with open(path, "rb") as f:
                self.outer = parse_tar(f.read())
            self.files = {e.path.decode(): e.data for e in self.outer if e.type == "0"}
        self.index = json.loads(self.files["index.json"])
        top = self.index["manifests"][0]
        self.image_index_bytes, self.image_index, self.descriptors = None, None, [top]
        if "index" in top["mediaType"] or "list" in top["mediaType"]:
            self.image_index_bytes = self.blob(top)
            self.image_index = json.loads(self.image_index_bytes)
            self.descriptors = self.image_index["manifests"]
        self.select(0)

    def select(self, i):
        self.manifest_bytes = self.blob(self.descriptors[i])
        self.manifest = json.loads(self.manifest_bytes)
        self.config_bytes = self.blob(self.manifest["config"])
        self.config = json.loads(self.config_bytes)

    def each(self):
        for i in range(len(self.descriptors)):
            self.select(i)
            yield self

    def blob_names(self):
        """Names of all blobs in the order of section 2."""
        blobs = []
        for i, _ in enumerate(self.each()):
            blobs += self.manifest["layers"] + [self.manifest["config"], self.descriptors[i]]
        if self.image_index:
            blobs.append(self.index["manifests"][0])
        return list(dict.fromkeys("blobs/sha256/" + d["digest"].split(":")[1] for d in blobs))

    def platform(self):
        return "/".join(self.config[k] for k in ("os", "architecture", "variant") if k in self.config)

    def blob(self, descriptor):
        name = "blobs/sha256/" + descriptor["digest"].split(":")[1]
        need(name in self.files, "blob %s is missing" % name)
        data = self.files[name]
        need(len(data) == descriptor["size"], "%s: %d bytes, descriptor says %d" % (name, len(data),
                                                                                     descriptor["size"]))
        need(digest_of(data) == descriptor["digest"], "%s hashes to %s" % (name, digest_of(data)))
        return data

    def layers(self):
        """(descriptor, blob, uncompressed tar) of each layer, base first."""
        for d in self.manifest["layers"]:
            blob = self.blob(d)
            yield d, blob, expand(blob, d["mediaType"])

    def documents(self):
        """(name of the schema, bytes) of every JSON document."""
        yield "oci-layout", self.files["oci-layout"]
        yield "index", self.files["index.json"]
        if "manifest.json" in self.files:
            yield "docker-manifest", self.files["manifest.json"]
        if self.image_index:
            yield "image-index", self.image_index_bytes
        yield "manifest", self.manifest_bytes
        yield "config", self.config_bytes


def read_directory(top):
    files = {}
    for folder, _, names in os.walk(top):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, "rb") as f:
                files[os.path.relpath(path, top)] = f.read()
    return files
