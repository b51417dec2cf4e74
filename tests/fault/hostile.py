"""Input made to harm, by rows: what is given, the line that comes of it, and the exit. Each leaves nothing on stdout, says
at most 300 bytes in one line (480 with its hint) without a control byte, changes no file, is done within two seconds and 64 MiB.

Rows with a number below 41 are those of the list the project began with, of which 39 and 40 are about registries, which
mkscratch does not ask, and says so. What is expected stands in hostile.tsv; `--show` prints what came instead, to be looked at, line by line. Numbers: these rows alone.
"""
import base64
import re
import struct
import threading

from images import *

tap = Tap()
room = use(Room())
rows = []
totals = {"rows": 0, "of the list": 0, "largest_kib": 0, "slowest_s": 0.0}
PRIVATE = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n-----END PRIVATE KEY-----\n"
SECONDS, KIB = 2, 64 * 1024


def row(number, what):
    """A row: the function below makes its files in w/ and gives the words of the command line."""
    def add(make):
        rows.append((number, what, make))
        return make
    return add


def expectations():
    """number -> exit, line; a digest stands for any, as it depends on who compressed, and so does where a stream ends."""
    out = {}
    with open(os.path.join(TOP, "tests", "fault", "hostile.tsv"), encoding="utf-8") as f:
        for text in f:
            if not text.startswith("#"):
                number, status, line = text.rstrip("\n").split("\t")
                out[int(number)] = (int(status), line)
    return out


def plain(line):
    line = re.sub(r", column \d+:", ":", line.removeprefix("mkscratch: ")).replace("\u2717 ", "FAIL  ")
    line = re.sub(r"ends early \(at byte \d+\)", "ends early (at byte ...)", line)
    return re.sub(r"(sha256[:/])[0-9a-f]{64}", r"\1...", line)


def app(data=None, name="app"):
    put(name, static_elf() if data is None else data, 0o755)
    os.makedirs(at("root"), exist_ok=True)
    return ["--bin", name, "--root", "root", "-o", "x.tar"]


def root(**files):
    os.makedirs(at("root"), exist_ok=True)
    for name, data in files.items():
        put("root/" + name, data)


def patched(data, where, form, *values):
    data = bytearray(data)
    struct.pack_into(form, data, where, *values)
    return bytes(data)


def dynamic(tags, interp=LOADER, **more):
    return tiny_elf.elf(tags, interp=interp, **more)


def dynamic_root():
    put("root" + LOADER, tiny_elf.elf([(tiny_elf.SONAME, os.path.basename(LOADER))]), 0o755)


def edit_dynamic(data, tag, value):
    """Give the entry `tag` of the dynamic section another value."""
    count, = struct.unpack_from("<H", data, 56)
    for i in range(count):
        kind, _, offset = struct.unpack_from("<IIQ", data, 64 + 56 * i)
        if kind == 2:
            while struct.unpack_from("<Q", data, offset)[0] != tag:
                offset += 16
            return patched(data, offset + 8, "<Q", value)
    raise ValueError


def certs():
    with open(os.path.join(TOP, "oci-layout-spec", "fixture", "certs.pem"), encoding="ascii") as f:
        return f.read()


# --- programs

ELF = static_elf()


@row(1, "a script for a program")
def _():
    return app(b"#!/bin/sh\n")


@row(2, "an empty file for a program")
def _():
    return app(b"")


@row(3, "an ELF header cut short")
def _():
    return app(ELF[:40])


@row(4, "program headers behind the end")
def _():
    return app(patched(ELF, 32, "<Q", 66000))


@row(5, "program headers of one byte")
def _():
    return app(patched(ELF, 54, "<H", 1))


@row(6, "a string table nowhere")
def _():
    dynamic_root()
    return app(edit_dynamic(dynamic([(1, "libx.so")]), 5, 0xDEAD0000))


@row(7, "a name that does not end")
def _():
    dynamic_root()
    return app(edit_dynamic(dynamic([(1, "libx.so")]), 1, 812))


@row(8, "a library for another machine")
def _():
    dynamic_root()
    put("root/lib/libx.so", tiny_elf.elf([], machine=tiny_elf.AARCH64))
    return app(dynamic([(1, "libx.so")]))


@row(9, "a library that is missing")
def _():
    dynamic_root()
    return app(dynamic([(1, "libfoo.so.2")]))


@row(10, "an object file")
def _():
    return app(patched(ELF, 16, "<H", 1))


@row(11, "a library that is a link out of the root")
def _():
    dynamic_root()
    os.makedirs(at("root/lib"))
    os.symlink("../../../../../../../../etc/passwd", at("root/lib/libx.so"))
    return app(dynamic([(1, "libx.so")]))


@row(12, "a loop of links")
def _():
    dynamic_root()
    os.makedirs(at("root/lib"))
    os.symlink("libx.so", at("root/lib/libx.so"))
    return app(dynamic([(1, "libx.so")]))


@row(13, "a FIFO for a library")
def _():
    dynamic_root()
    os.makedirs(at("root/lib"))
    os.mkfifo(at("root/lib/libx.so"))
    return app(dynamic([(1, "libx.so")]))


for kind, name in ((4, "a core dump"), (7, "an unknown type")):
    @row(96 + kind, name)
    def _(kind=kind):
        return app(patched(ELF, 16, "<H", kind))

for number, (where, form, value, name) in enumerate((
        (4, "<B", 9, "a class that is none"), (5, "<B", 2, "the other byte order"), (6, "<B", 7, "another version"),
        (18, "<H", 0x7777, "an unknown machine"), (52, "<H", 1, "a header of one byte"), (56, "<H", 0xFFFF, "65,535 program headers"),
        (56, "<H", 0, "no program header"), (32, "<Q", 2**64 - 8, "program headers that wrap round"),
        (64 + 8, "<Q", 2**63, "a segment at 2^63"), (64 + 32, "<Q", 2**64 - 1, "a segment of 2^64 - 1 bytes"),
        (64 + 32, "<Q", 2**40, "a segment behind the end"))):
    @row(104 + number, name)
    def _(where=where, form=form, value=value):
        return app(patched(ELF, where, form, value))


@row(120, "an interpreter with a newline and an escape")
def _():
    return app(dynamic([], interp="/lib/ld\n\x1b[31m.so"))


@row(121, "an interpreter of 5,000 bytes")
def _():
    return app(dynamic([], interp="/" + "x" * 5000))


@row(122, "an interpreter that is a relative path")
def _():
    dynamic_root()
    return app(dynamic([], interp="../../../../../../bin/sh"))


@row(123, "a name with control bytes")
def _():
    dynamic_root()
    return app(dynamic([(1, "lib\x1b]0;x\x07\n.so")]))


@row(124, "10,000 libraries by name")
def _():
    dynamic_root()
    return app(dynamic([(1, f"l{i}") for i in range(10000)]))


@row(125, "a search path of 100,000 directories")
def _():
    dynamic_root()
    return app(dynamic([(1, "libx.so"), (29, ":".join(f"/d{i}" for i in range(100000)))]))


@row(126, "a library that is a directory")
def _():
    dynamic_root()
    os.makedirs(at("root/lib/libx.so"))
    return app(dynamic([(1, "libx.so")]))


@row(127, "a library that is a device")
def _():
    dynamic_root()
    os.makedirs(at("root/lib"))
    try:
        os.mknod(at("root/lib/libx.so"), 0o666 | stat.S_IFCHR, os.makedev(1, 5))
    except OSError:
        return None
    return app(dynamic([(1, "libx.so")]))


@row(128, "a program that is /dev/zero")
def _():
    return ["--bin", "/dev/zero:/app", "-o", "x.tar"]


@row(129, "a program that is a socket")
def _():
    import socket
    s = socket.socket(socket.AF_UNIX)
    here = os.getcwd()
    os.chdir(room.work)
    s.bind("sock")
    os.chdir(here)
    s.close()
    return ["--bin", "sock", "-o", "x.tar"]


@row(130, "a file of /proc that says it is empty")
def _():
    app()
    return ["--bin", "app", "--root", "root", "--file", "/proc/self/maps:/maps", "-o", "x.tar"]


@row(131, "an ld.so.conf that includes itself")
def _():
    dynamic_root()
    put("root/etc/ld.so.conf", "include /etc/ld.so.conf\n" * 50)
    return app(dynamic([(1, "libx.so")]))


@row(132, "an ld.so.cache of junk")
def _():
    dynamic_root()
    put("root/etc/ld.so.cache", b"glibc-ld.so.cache1.1" + b"\xff" * 4000)
    return app(dynamic([(1, "libx.so")]))


# --- certificates

def cert_words(text):
    put("ca.pem", text)
    root()
    return [*app(), "--certs=ca.pem"]


@row(14, "a private key among certificates")
def _():
    return cert_words(certs() + PRIVATE)


@row(15, "no certificate")
def _():
    return cert_words("hello\n")


@row(16, "base64 that is none")
def _():
    block = "-----BEGIN CERTIFICATE-----\nMIIB!!!!\n-----END CERTIFICATE-----\n"
    return cert_words(certs() + block)


@row(17, "5,000 certificates")
def _():
    one = certs().split("-----END CERTIFICATE-----\n")[0] + "-----END CERTIFICATE-----\n"
    return cert_words(one * 5000)


@row(140, "a block that does not end")
def _():
    return cert_words(certs().replace("-----END CERTIFICATE-----", "", 1))


@row(141, "a certificate of random bytes")
def _():
    return cert_words("-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(bytes(range(256))).decode() +
                      "-----END CERTIFICATE-----\n")


@row(142, "a certificate with bytes behind it")
def _():
    body = certs().split("-----")[2]
    data = base64.b64decode(body) + b"more"
    return cert_words("-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(data).decode() + "-----END CERTIFICATE-----\n")


@row(143, "a bundle of 17 MiB")
def _():
    return cert_words(b"# " + b"x" * (17 << 20))


@row(144, "a line of a million columns")
def _():
    return cert_words("-----BEGIN CERTIFICATE-----\n" + "A" * 1000000 + "\n-----END CERTIFICATE-----\n")


@row(145, "NUL and escape bytes")
def _():
    return cert_words(b"\0\x1b[2J" * 1000)


@row(146, "an encrypted key")
def _():
    return cert_words(certs() + PRIVATE.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"))


@row(147, "a FIFO for a bundle")
def _():
    os.mkfifo(at("ca.pem"))
    return [*app(), "--certs=ca.pem"]


# --- zones

UTC = make_inputs.tzif(0, "UTC", "UTC0")


def zone(data, name="Europe/Oslo"):
    put("root/usr/share/zoneinfo/" + name, data)
    return [*app(), f"--tz={name}"]


@row(18, "counts that overflow")
def _():
    return zone(patched(UTC, 44 + 8 + 6 + 4 + 20 - 8, ">6L", *[2**32 - 1] * 6) if len(UTC) > 100 else UTC)


@row(19, "a zone above the zones")
def _():
    root()
    return [*app(), "--tz=../../etc/passwd"]


@row(150, "a zone of wrong magic")
def _():
    return zone(b"TZiX" + UTC[4:])


@row(151, "a zone cut short")
def _():
    return zone(UTC[:50])


@row(152, "a zone with bytes behind it")
def _():
    return zone(UTC + b"more")


@row(153, "a zone of two MiB")
def _():
    return zone(UTC + bytes(2 << 20))


@row(154, "a zone that is a link out of the root")
def _():
    os.makedirs(at("root/usr/share/zoneinfo/Europe"))
    os.symlink("../../../../../../../../../etc/passwd", at("root/usr/share/zoneinfo/Europe/Oslo"))
    return [*app(), "--tz=Europe/Oslo"]


@row(155, "a zone that is a loop of links")
def _():
    os.makedirs(at("root/usr/share/zoneinfo"))
    os.symlink("B", at("root/usr/share/zoneinfo/A"))
    os.symlink("A", at("root/usr/share/zoneinfo/B"))
    return [*app(), "--tz=A"]


@row(156, "a zone name with a newline")
def _():
    root()
    return [*app(), "--tz=Europe/\nOslo"]


# --- words of the command line

def words(*more):
    root()
    return [*app(), *more]


for number, name, more in (
        (20, "a user with a colon", ["--user", "a:b"]),
        (21, "a uid that wraps round", ["--user", "4294967296"]),
        (160, "a negative uid", ["--user", "-1"]),
        (161, "a user with a newline", ["--user", "a\nroot:0:0"]),
        (162, "a password line with a newline", ["--passwd-entry", "x:1000:1000:/:/\nroot::0:0::/:/bin/sh"]),
        (163, "a label that is not UTF-8", ["-l", b"k=\xff"]),
        (164, "a tag with a blank", ["-t", "a b"]),
        (165, "a tag of 10,000 bytes", ["-t", "a" * 10000]),
        (166, "a tag that climbs", ["-t", "../../x"]),
        (167, "a DEST that climbs", ["--file", "app:/../../etc/passwd"]),
        (168, "a DEST that means deletion", ["--file", "app:/.wh.etc"]),
        (169, "a DEST of 5,000 bytes", ["--file", "app:/" + "x/" * 2500 + "y"]),
        (170, "a name of 300 bytes", ["--file", "app:/" + "x" * 300]),
        (171, "an environment that is JSON", ["-e", "=x"]),
        (172, "an entrypoint nested a thousand times", ["--entrypoint", "[" * 1000]),
        (173, "an entrypoint with NUL", ["--entrypoint", '["a\\u0000b"]']),
        (174, "an unpaired surrogate", ["--entrypoint", '["\\ud800"]']),
        (175, "a port of 99999", ["-p", "99999"]),
        (176, "a range of ports backwards", ["-p", "9000-8000"]),
        (177, "a duration that overflows", ["--healthcheck", "tcp://:1", "--health-interval", "99999999999h"]),
        (178, "a size that overflows", ["--cache-size", "99999999999999999999"]),
        (179, "a level of minus one", ["--compress", "gzip:-1"]),
        (180, "a time before 1970", ["--created", "1969-12-31T23:59:59Z"]),
        (181, "the 30th of February", ["--created", "2024-02-30T00:00:00Z"]),
        (182, "a capability that is none", ["--cap", "/app=cap_everything"]),
        (183, "a probe of another scheme", ["--healthcheck", "file:///etc/passwd"]),
        (186, "a limit that is no size", ["--max-layer-size", "12x"]),
        (184, "an option with escape bytes", ["--\x1b[31m"])):
    @row(number, name)
    def _(more=more):
        return words(*more)


@row(35, "one path from two inputs")
def _():
    put("passwd", "x")
    return words("--file", "passwd:/etc/passwd", "--passwd-entry", "a:7")


@row(36, "a directory that cannot be written")
def _():
    return [*words()[:-1], "/proc/self/x.tar"]


@row(37, "a disk that is full")
def _():
    return [*words()[:-1], "/dev/full"]


@row(38, "a time that is no number")
def _():
    return {"SOURCE_DATE_EPOCH": "12x"}, words()


for number, name, more in ((39, "an image by plain HTTP", ["--base", "http://cdn.test/img.tar"]),
                           (40, "an image in a registry", ["--base", "docker://registry.test/app:1"]),
                           (185, "an image by HTTPS to look at", None)):
    @row(number, name)
    def _(more=more):
        return words(*more) if more else ["verify", "https://registry.test/v2/app/blobs/x"]


# --- images

VERIFY = ["verify", "l"]


def layer_row(number, name, entries):
    @row(number, name)
    def _():
        Image(entries if isinstance(entries, list) else entries()).save()
        return VERIFY


def layers_row(number, name, *layers):
    @row(number, name)
    def _():
        image = Image(layers[0])
        more = [Image.tar(entries) for entries in layers[1:]]
        blobs = [image.blob(data, image.media) for data in more]
        image.config["rootfs"]["diff_ids"] += ["sha256:" + hashlib.sha256(data).hexdigest() for data in more]
        image.edit_manifest = lambda m: m["layers"].extend(blobs)
        image.save()
        return VERIFY


# Each is in directories of its own that have no entries.
layer_row(440, "names of four thousand bytes", lambda: [("/".join([f"{i:07}" + "x" * 220] + ["y" * 230] * 16), b"", {}) for i in range(1000)])


def raw_row(number, name, spoil):
    @row(number, name)
    def _():
        Image().save()
        spoil()
        return VERIFY


raw_row(22, "a layout without oci-layout", lambda: os.unlink(at("l/oci-layout")))
raw_row(23, "a layout of another version", lambda: put("l/oci-layout", '{"imageLayoutVersion":"2.0.0"}'))
raw_row(24, "an index of 5 MiB", lambda: put("l/index.json", b" " * (5 << 20)))
raw_row(25, "nested 100,000 times", lambda: put("l/index.json", "[" * 100000))
raw_row(26, "a key given twice", lambda: put("l/index.json", '{"schemaVersion":2,\n"manifests":[],\n"manifests":[]}'))
for n, size in ((27, "-1"), (190, "1e400"), (191, "18446744073709551616"), (192, "1.5"), (193, '"12"'), (194, "null")):
    raw_row(n, f"a size of {size}", lambda size=size: put("l/index.json", re.sub(
        r'"size": \d+', f'"size": {size}', open(at("l/index.json"), encoding="ascii").read())))
for n, digest in ((28, "sha256:../../../../etc/passwd"), (195, "sha256:" + "A" * 64), (196, "md5:" + "a" * 32), (197, "sha256:"),
                  (198, "sha256:" + "0" * 64)):
    raw_row(n, f"a digest {digest[:24]}", lambda digest=digest: put("l/index.json", re.sub(
        r"sha256:[0-9a-f]+", digest, open(at("l/index.json"), encoding="ascii").read())))
for n, text in ((200, ""), (201, "{}"), (202, "null"), (203, '{"manifests":[]}'), (204, '{"schemaVersion":2,"manifests":{}}'),
                (205, '{"schemaVersion":2,"manifests":[3]}'), (206, '"\ud800"'.encode("utf-8", "surrogatepass").decode("latin1")),
                (207, '{"schemaVersion":2,"manifests":[],"layers":[]}'), (208, "{\"a\":\"\\u001b[31m\",")):
    raw_row(n, f"an index that is {text[:30]!r}", lambda text=text: put("l/index.json", text))


def blob_path(which):
    with open(at("l/index.json"), encoding="ascii") as f:
        manifest = json.load(f)["manifests"][0]["digest"]
    path = "l/blobs/sha256/" + manifest[7:]
    if which == "manifest":
        return path
    with open(at(path), encoding="ascii") as f:
        m = json.load(f)
    return "l/blobs/sha256/" + (m["config"] if which == "config" else m["layers"][0])["digest"][7:]


def change(which, how):
    path = blob_path(which)
    with open(at(path), "rb") as f:
        data = f.read()
    put(path, how(data))


for n, which in ((29, "layer"), (210, "config"), (211, "manifest")):
    raw_row(n, f"a {which} one byte short", lambda which=which: change(which, lambda d: d[:-1]))
for n, which in ((30, "layer"), (212, "config"), (213, "manifest")):
    raw_row(n, f"a {which} with a flipped bit", lambda which=which: change(which, lambda d: d[:40] + bytes([d[40] ^ 1]) + d[41:]))
for n, which in ((214, "layer"), (215, "config"), (216, "manifest")):
    raw_row(n, f"no {which}", lambda which=which: os.unlink(at(blob_path(which))))


def replace(which, how):
    path = at(blob_path(which))
    os.rename(path, path + ".real")
    how(path)


raw_row(217, "a blob that is a FIFO", lambda: replace("layer", os.mkfifo))
raw_row(218, "a blob that is a link to itself", lambda: replace("layer", lambda p: os.symlink(os.path.basename(p), p)))
raw_row(219, "a blob that is a directory", lambda: replace("layer", os.mkdir))
raw_row(220, "a blob that is a link to the right bytes", lambda: replace("layer", lambda p: os.symlink(p + ".real", p)))


layer_row(31, "an entry above the image", [("../x", b"", {})])
layer_row(32, "a hard link to what is not there", [("b", b"", {"type": tarfile.LNKTYPE, "linkname": "../../etc/shadow"})])
layer_row(221, "an absolute entry", [("/etc/x", b"", {})])
layer_row(222, "an entry twice", [("a", b"1", {}), ("a", b"2", {})])
layer_row(223, "a file and below it another", [("a", b"1", {}), ("a/b", b"2", {})])
layer_row(224, "a link and something below it", [("a", b"", {"type": tarfile.SYMTYPE, "linkname": "/etc"}), ("a/passwd", b"2", {})])
layers_row(671, "a file below a file, which a third layer deletes", [("a", b"1", {})], [("a/b", b"2", {})], [(".wh.a", b"", {})])
layers_row(672, "a file below a file, of which a third layer makes a directory", [("a", b"1", {})], [("a/b", b"2", {})],
           [("a", b"", {"type": tarfile.DIRTYPE})])
layers_row(673, "a file below a file, over which a third layer lays a file", [("a", b"1", {})], [("a/b", b"2", {})], [("a", b"3", {})])
layers_row(674, "a file below a file in a directory that a third layer empties", [("d/a", b"1", {})], [("d/a/b", b"2", {})],
           [("d/.wh..wh..opq", b"", {})])
layer_row(225, "a whiteout of everything", [(".wh..wh..opq", b"", {}), (".wh.", b"", {})])
layer_row(226, "a name with control bytes", [("a\n\x1b[31m", b"", {}), ("a\n\x1b[31m", b"", {})])
layer_row(227, "a pax path of a MiB", [("x" * (1 << 20) + "y", b"", {})])
layer_row(228, "a pax header of 2 MiB", [("a", b"", {"pax_headers": {"comment": "x" * (2 << 20)}})])
layer_row(229, "a character device", [("dev/mem", b"", {"type": tarfile.CHRTYPE, "devmajor": 1, "devminor": 1})])
layer_row(230, "a tar cut in a header", lambda: Image.tar([("a", b"1" * 2000, {})])[:300])
layer_row(231, "a tar cut in a body", lambda: Image.tar([("a", b"1" * 2000, {})])[:1000])
layer_row(232, "a layer that is no tar", lambda: b"hello" * 1000)
layer_row(233, "an empty layer", lambda: b"")
layer_row(234, "a sparse map", [("a", b"1", {"pax_headers": {"GNU.sparse.map": "0,1," * 10000, "GNU.sparse.size": "1099511627776"}})])


@row(34, "a gzip stream that ends early")
def _():
    image = Image(media=GZIP)
    image.layer = image.layer[:-12]
    image.save()
    return VERIFY


@row(33, "a gzip bomb")
def _():
    Image([("zeros", bytes(80 << 20), {})], GZIP).save()
    return [*VERIFY, "--max-layer-size", "64Mi"]


@row(235, "a gzip stream of 10,000 members")
def _():
    image = Image(b"", GZIP)
    image.layer = gzip.compress(b"", mtime=0) * 10000
    image.save()
    return VERIFY


@row(255, "a layer of 100 MiB in 100 kB")
def _():
    Image([("zeros", bytes(100 << 20), {})], GZIP).save()
    return VERIFY


@row(236, "a DiffID that is another's")
def _():
    image = Image()
    image.config["rootfs"]["diff_ids"] = ["sha256:" + "0" * 64]
    image.save()
    return VERIFY


@row(237, "more DiffIDs than layers")
def _():
    image = Image()
    image.config["rootfs"]["diff_ids"] *= 2
    image.save()
    return VERIFY


for n, edit, name in ((238, lambda m: m.update(manifests=[]), "a manifest that is an index too"),
                      (239, lambda m: m.update(mediaType="application/vnd.oci.image.index.v1+json"), "a manifest of the wrong type"),
                      (240, lambda m: m.update(layers=[]), "a manifest without layers"),
                      (241, lambda m: m["layers"][0].update(urls=["http://169.254.169.254/"]), "a foreign layer"),
                      (242, lambda m: m.update(layers=m["layers"] * 5000), "five thousand layers")):
    @row(n, name)
    def _(edit=edit):
        image = Image()
        image.edit_manifest = edit
        image.save()
        return VERIFY


@row(243, "an index that names itself")
def _():
    image = Image()
    image.edit_index = lambda i: i["manifests"][0].update(mediaType="application/vnd.oci.image.index.v1+json")
    image.save()
    return VERIFY


@row(250, "an archive that is text")
def _():
    put("img.tar", "hello")
    return ["verify", "img.tar"]


@row(251, "an archive cut in half")
def _():
    subprocess.run([MKSCRATCH, "--no-cache", "-q", "--compress", "none", *app()], cwd=room.work, check=True, env=ENV)
    with open(at("x.tar"), "rb") as f:
        data = f.read()
    os.unlink(at("x.tar"))
    put("img.tar", data[:600])
    return ["verify", "img.tar"]


@row(252, "an archive that climbs")
def _():
    put("img.tar", Image.tar([("../../../etc/passwd", b"x", {}), ("oci-layout", b"{}", {})]))
    return ["verify", "img.tar"]


@row(253, "an archive with a FIFO for its index")
def _():
    put("img.tar", Image.tar([("oci-layout", b'{"imageLayoutVersion":"1.0.0"}', {}), ("index.json", b"", {"type": tarfile.FIFOTYPE})]))
    return ["verify", "img.tar"]


def silent_fifo(path):
    """A FIFO whose writer comes, and says nothing."""
    os.mkfifo(path)
    threading.Thread(target=lambda: open(path, "wb").close(), daemon=True).start()


@row(254, "a FIFO for an archive, whose writer says nothing")
def _():
    silent_fifo(at("img.tar"))
    return ["verify", "img.tar"]


# --- in the same spirit: programs and what belongs to them

def shared(name, tags=(), **more):
    put("root/lib/" + name, tiny_elf.elf([*tags, (tiny_elf.SONAME, name)], **more), 0o755)


def program(number, what, make):
    @row(number, what)
    def _():
        dynamic_root()
        return app(make())


program(301, "a library that is a path out of the root", lambda: dynamic([(1, "/../../../../etc/passwd")]))
program(302, "a library that is its own directory", lambda: dynamic([(1, ".")]))
program(303, "a string table without a byte", lambda: edit_dynamic(dynamic([(1, "libx.so")]), 10, 0))
program(304, "a string table of 2^64 - 1 bytes", lambda: edit_dynamic(dynamic([(1, "libx.so")]), 10, 2**64 - 1))
program(305, "two interpreters", lambda: patched(dynamic([]), 64, "<I", 3))
program(306, "a RUNPATH that climbs", lambda: (put("secret/libx.so", tiny_elf.elf([])), dynamic(
    [(1, "libx.so"), (29, "$ORIGIN/../../../../../../../../" + room.work + "/secret")]))[1])


@row(307, "libraries that need each other")
def _():
    dynamic_root()
    shared("liba.so", [(1, "libb.so")])
    shared("libb.so", [(1, "liba.so")])
    return app(dynamic([(1, "liba.so")]))


@row(308, "a library of no bytes")
def _():
    dynamic_root()
    put("root/lib/libx.so", b"")
    return app(dynamic([(1, "libx.so")]))


@row(309, "a library that is a linker's script")
def _():
    dynamic_root()
    put("root/lib/libx.so", "/* GNU ld script */ INPUT ( /lib/libc.so.6 )\n")
    return app(dynamic([(1, "libx.so")]))


for number, what, make in ((310, "a FIFO", os.mkfifo), (311, "a directory", os.makedirs), (312, "a link to itself", lambda p: os.symlink(p, p))):
    @row(number, "an ld.so.conf that is " + what)
    def _(make=make):
        dynamic_root()
        os.makedirs(at("root/etc"))
        make(at("root/etc/ld.so.conf"))
        return app(dynamic([(1, "libx.so")]))

    @row(number + 3, "an ld.so.cache that is " + what)
    def _(make=make):
        dynamic_root()
        os.makedirs(at("root/etc"))
        make(at("root/etc/ld.so.cache"))
        return app(dynamic([(1, "libx.so")]))

    @row(number + 6, "an interpreter that is " + what)
    def _(make=make):
        os.makedirs(at("root/lib"))
        make(at("root/lib/ld.so"))
        return app(dynamic([], interp="/lib/ld.so"))


@row(319, "an ld.so.cache of a GiB without a byte on the disk")
def _():
    dynamic_root()
    put("root/etc/ld.so.cache", b"glibc-ld.so.cache1.1")
    os.truncate(at("root/etc/ld.so.cache"), 1 << 30)
    return app(dynamic([(1, "libx.so")]))


@row(321, "5,000 libraries, each needing the next")
def _():
    dynamic_root()
    for i in range(5000):
        shared(f"l{i}.so", [(1, f"l{i + 1}.so")])
    return app(dynamic([(1, "l0.so")]))


# --- trees and outputs

def tree(number, what, make, *more):
    @row(number, what)
    def _():
        os.makedirs(at("t"))
        make()
        return [*app(), "--tree", "t:/srv", *more]


tree(330, "a tree with a FIFO", lambda: os.mkfifo(at("t/fifo")))
tree(331, "a tree 300 deep", lambda: deep(300))
tree(332, "a name that means deletion in a tree", lambda: put("t/.wh.x", ""))
tree(333, "a link of 4,000 bytes in a tree", lambda: os.symlink("x" * 4000, at("t/l")))
tree(334, "names with escapes in a tree", lambda: os.mkfifo(at("t/\x1b]0;owned\x07\n")))


def deep(n):
    fd = os.open(at("t"), os.O_RDONLY)
    for _ in range(n):
        os.mkdir("d", dir_fd=fd)
        below = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    os.close(fd)


@row(335, "an output onto a program that is packed")
def _():
    return [*app()[:-1], "app"]


@row(336, "an output that is a loop of links")
def _():
    os.symlink("x.tar", at("x.tar"))
    return app()


@row(337, "one output twice")
def _():
    return [*app(), "-o", "./x.tar"]


# --- files of options

def config(number, what, text):
    @row(number, what)
    def _():
        app()
        put("c.json", text)
        return ["--config", "c.json", "-o", "x.tar"]


config(340, "options nested 100,000 deep", "[" * 100000)
config(341, "an option given twice in a file", '{"bin":"app",\n"bin":"app"}')
config(342, "an option that is none, with escapes", '{"bin":"app","\\u001b[31m":1}')
config(343, "a program that is a number", '{"bin":7}')
config(344, "options of 5 MiB", " " * (5 << 20))
config(345, "NUL in an option", '{"bin":"app\\u0000/etc/passwd"}')
config(346, "a target with escapes for a name", '{"targets":{"\\u001b]0;x\\u0007":{"bin":"app","output":"x.tar"}}}')
config(347, "options that begin with two byte order marks", b"\xef\xbb\xbf\xef\xbb\xbf{}")
config(348, "options that are UTF-16", '{"bin":"app"}'.encode("utf-16"))


# --- certificates and zones again

@row(350, "a directory of certificates with a FIFO in it")
def _():
    os.makedirs(at("certs"))
    os.mkfifo(at("certs/x.pem"))
    return [*app(), "--certs=certs"]


@row(351, "a certificate whose length is 2^63")
def _():
    put("ca.der", b"\x30\x88\x80" + bytes(7) + bytes(100))
    return [*app(), "--certs=ca.der"]


@row(352, "certificates in UTF-16")
def _():
    return cert_words(certs().encode("utf-16"))


@row(353, "a zone that is a FIFO")
def _():
    os.makedirs(at("root/usr/share/zoneinfo"))
    os.mkfifo(at("root/usr/share/zoneinfo/UTC"))
    return [*app(), "--tz=UTC"]


@row(354, "5,000 zones by name")
def _():
    put("root/usr/share/zoneinfo/UTC", UTC)
    return [*app(), "--tz=" + ",".join(["UTC"] * 5000)]


# --- images again

def image_row(number, name, spoil, words=VERIFY):
    @row(number, name)
    def _():
        image = Image()
        spoil(image)
        image.save()
        return words


def config_row(number, name, **more):
    image_row(number, name, lambda i: i.config["config"].update(more))


config_row(360, "an entrypoint that is a number", Entrypoint=7)
config_row(361, "an environment of numbers", Env=[1, 2])
config_row(362, "ports that are a list", ExposedPorts=["80"])
config_row(363, "labels with escapes", Labels={"\x1b[31m": "\x1b]0;x\x07"})
config_row(364, "100,000 arguments", Cmd=["x"] * 100000)
image_row(365, "a platform with escapes", lambda i: i.config.update(architecture="\x1b[31m", os="a/b\n"))
image_row(366, "a platform of 100,000 bytes", lambda i: i.config.update(architecture="x" * 100000))
image_row(367, "a history of 100,000 steps", lambda i: i.config.update(history=[{"created_by": "x"}] * 100000))
image_row(368, "annotations that are numbers", lambda i: setattr(i, "edit_manifest", lambda m: m.update(annotations={"a": 1})))
image_row(369, "5,000 manifests by one digest", lambda i: setattr(i, "edit_index", lambda x: x.update(manifests=x["manifests"] * 5000)))
image_row(370, "a reserved annotation with escapes", lambda i: setattr(i, "edit_index", lambda x: x["manifests"][0].update(
    annotations={"org.opencontainers.image.ref.name": "\x1b[31m\n"})))
image_row(371, "a recipe that is none", lambda i: setattr(i, "edit_manifest", lambda m: m.update(
    annotations={"org.opencontainers.image.ref.name": "x"})), ["verify", "--rebuild", "l"])


def tar_header(name=b"a", size=b"00000000000\0", kind=b"0", link=b"", uid=b"0000000\0"):
    head = bytearray(512)
    head[:len(name)], head[100:108], head[108:116], head[116:124] = name, b"0000644\0", uid, uid
    head[124:136], head[136:148], head[156:157], head[157:157 + len(link)] = size, b"00000000000\0", kind, link
    head[257:265] = b"ustar\x0000"
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


END = bytes(1024)
APP = Image.tar([("app", ELF, {"mode": 0o755})])[:1024]
for n, name, tar in (
        (380, "an entry of 2^63 bytes", tar_header(size=b"\x80" + bytes(3) + b"\x7f" + b"\xff" * 7) + END),
        (381, "an entry of a negative size", tar_header(size=b"\xff" * 12) + END),
        (382, "an entry without a name", tar_header(name=b"") + END),
        (383, "an entry that is the root as a file", tar_header(name=b"./") + END),
        (384, "a long name that is 8 GiB long", tar_header(name=b"././@LongLink", size=b"77777777777\0", kind=b"L") + END),
        (385, "a pax record whose length is not its own",
         tar_header(kind=b"x", size=b"00000000020\0") + b"99999999999 path".ljust(512, b"\0") + tar_header() + END),
        (386, "a pax path with NUL",
         tar_header(kind=b"x", size=b"00000000016\0") + b"14 path=a\0b/c\n".ljust(512, b"\0") + tar_header() + END),
        (387, "a wrong sum of a header", tar_header()[:148] + b"000000\0 " + tar_header()[156:] + END),
        (388, "hard links in a ring", tar_header(b"a", kind=b"1", link=b"b") + tar_header(b"b", kind=b"1", link=b"a") + END),
        (389, "a hard link to itself", tar_header(b"a", kind=b"1", link=b"a") + END),
        (390, "an entry of a type that is none", tar_header(kind=b"\xff") + END),
        (391, "a user of 2^63", tar_header(uid=b"\x80\xff\xff\xff\xff\xff\xff\xff") + END),
        (392, "a name that is not UTF-8", tar_header(name=b"\xff\xfe") * 2 + END),
        (393, "200,000 entries", tar_header(b"x" * 99) * 200000 + END)):
    layer_row(n, name, lambda tar=tar: APP + tar)

layer_row(394, "a path of 2,000 directories", [("d/" * 2000 + "f", b"", {})])
layer_row(395, "a file in the place of a directory with files", [("d/f", b"1", {}), ("d", b"2", {})])
layer_row(396, "a whiteout that climbs", [("a/../.wh.b", b"", {}), ("..", b"", {})])


def packed_row(number, name, data, media=GZIP):
    @row(number, name)
    def _():
        image = Image(media=media)
        image.layer = data(image.layer) if callable(data) else data
        image.save()
        return VERIFY


packed_row(400, "a gzip stream whose sum is wrong", lambda d: d[:-8] + bytes(4) + d[-4:])
packed_row(401, "a gzip header with a name of a MiB", lambda d: d[:3] + b"\x08" + d[4:10] + b"x" * (1 << 20) + b"\0" + d[10:])
packed_row(402, "bytes behind a gzip stream", lambda d: d + b"more")
packed_row(403, "a zstd window of 2 GiB", b"\x28\xb5\x2f\xfd\x00\xa8" + b"\x03\x00\x10" + bytes(10))
packed_row(404, "100,000 zstd frames to be skipped", b"\x50\x2a\x4d\x18\0\0\0\0" * 100000)
packed_row(405, "a gzip stream of half a header", b"\x1f\x8b\x08")


def docker_row(number, name, manifest, *more):
    @row(number, name)
    def _():
        put("img.tar", Image.tar([("manifest.json", manifest if isinstance(manifest, bytes) else json.dumps(manifest).encode(), {}), *more]))
        return ["verify", "img.tar"]


CONFIG = ("c.json", b'{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[]}}', {})
docker_row(410, "a config above the archive", [{"Config": "../../etc/passwd", "Layers": ["l.tar"]}])
docker_row(411, "a layer above the archive", [{"Config": "c.json", "Layers": ["/etc/passwd"]}], CONFIG)
docker_row(412, "a config that is a link out of the archive", [{"Config": "c.json", "Layers": []}],
           ("c.json", b"", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}))
docker_row(413, "a list of images that is none", b"{}")
docker_row(414, "names that are numbers", [{"Config": "c.json", "Layers": ["l.tar"], "RepoTags": [1]}], CONFIG, ("l.tar", END, {}))
docker_row(415, "links in a ring for a config", [{"Config": "a", "Layers": []}], ("a", b"", {"type": tarfile.SYMTYPE, "linkname": "b"}),
           ("b", b"", {"type": tarfile.SYMTYPE, "linkname": "a"}))

raw_row(420, "a FIFO for oci-layout", lambda: (os.unlink(at("l/oci-layout")), os.mkfifo(at("l/oci-layout"))))
raw_row(421, "blobs that are a link to elsewhere", lambda: (os.rename(at("l/blobs"), at("far")), os.symlink("../far", at("l/blobs"))))
raw_row(422, "an index that is a link out of the layout", lambda: (os.rename(at("l/index.json"), at("far")), os.symlink("../far", at("l/index.json"))))


@row(423, "a device for an image")
def _():
    return ["verify", "/dev/zero"]


@row(424, "an image without a name")
def _():
    return ["verify", ""]


@row(425, "a base that is hostile")
def _():
    image = Image([("../../etc/cron.d/x", b"", {})])
    image.save()
    return [*app(), "--base", "l"]


@row(428, "a base that is a bomb")
def _():
    Image([("zeros", bytes(80 << 20), {})], GZIP).save()
    return [*app(), "--base", "l", "--max-layer-size", "64Mi"]


@row(426, "a base whose blob is a link to a secret")
def _():
    Image().save()
    replace("layer", lambda p: os.symlink("/etc/passwd", p))
    return [*app(), "--base", "l"]


@row(427, "a path of an image that climbs")
def _():
    Image().save()
    return ["cat", "l", "/../../../../etc/passwd"]


# --- what was thought of later: documents

def raw_manifest(number, name, text):
    """A manifest of these bytes under its right digest; LAYER and CONFIG stand for the descriptors."""
    @row(number, name)
    def _():
        image = Image()
        parts = {}
        image.edit_manifest = lambda m: parts.update(m)
        image.save()
        data = text.replace("CONFIG", json.dumps(parts["config"])).replace("LAYER", json.dumps(parts["layers"][0])).encode()
        image.top["manifests"][-1].update(image.blob(data, "application/vnd.oci.image.manifest.v1+json"))
        put("l/blobs/sha256/" + hashlib.sha256(data).hexdigest(), data)
        put("l/index.json", json.dumps(image.top))
        return VERIFY


def ref_name(text):
    return lambda i: setattr(i, "edit_index", lambda x: x["manifests"][0].update(
        annotations={"org.opencontainers.image.ref.name": text}))


def first_layer(**more):
    return lambda i: setattr(i, "edit_manifest", lambda m: m["layers"][0].update(more))


def nested(depth, width=1):
    """Indexes in indexes, `width` times each."""
    def spoil(image):
        kind = "application/vnd.oci.image.index.v1+json"

        def wrap(index):
            for _ in range(depth):
                inner = json.dumps({"schemaVersion": 2, "mediaType": kind, "manifests": index["manifests"]}).encode()
                one = image.blob(inner, kind)
                put("l/blobs/sha256/" + one["digest"][7:], inner)
                index["manifests"] = [one] * width
        image.edit_index = wrap
    return spoil


raw_manifest(450, "a manifest that names its layers twice", '{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"layers":[]}')
raw_manifest(451, "a manifest in which a name is there once more by an escape", '{"schemaVersion":2,"config":CONFIG,"layers":[LAYER],"\\u006cayers":[]}')
raw_manifest(452, "a manifest that is two", '{"schemaVersion":2,"config":CONFIG,"layers":[LAYER]}{"schemaVersion":2}')
raw_manifest(453, "a manifest with a size of 1e2", '{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"sha256:%s","size":1e2},"layers":[LAYER]}' % ("0" * 64))
raw_manifest(454, "a manifest that has the layer for its config", '{"schemaVersion":2,"config":LAYER,"layers":[LAYER]}')
raw_manifest(455, "a manifest whose layers are an object", '{"schemaVersion":2,"config":CONFIG,"layers":{"0":LAYER}}')
raw_manifest(456, "a manifest without an end", '{"schemaVersion":2,"config":CONFIG,"layers":[LAYER')
raw_manifest(457, "a schema of version 2.0", '{"schemaVersion":2.0,"config":CONFIG,"layers":[LAYER]}')
image_row(458, "a reference name with NUL", ref_name("a\0b"))
image_row(459, "a reference name of four MB", ref_name("a" * 4000000))
image_row(460, "indexes in indexes, ten deep", nested(10))
image_row(461, "indexes in indexes, 30 each, four deep", nested(4, 30))
image_row(462, "a digest whose algorithm is in capitals", lambda i: setattr(i, "edit_manifest", lambda m: m["layers"][0].update(
    digest=m["layers"][0]["digest"].upper())))
image_row(463, "a digest of SHA-512 of which nothing is there", first_layer(digest="sha512:" + "0" * 128))
image_row(464, "a layer of 2^63 - 1 bytes", first_layer(size=2**63 - 1))
image_row(465, "a kind of layer with escapes", first_layer(mediaType="\x1b[31m\n"))
image_row(466, "the same layer twice", lambda i: (i.config["rootfs"].update(diff_ids=i.config["rootfs"]["diff_ids"] * 2),
                                                  setattr(i, "edit_manifest", lambda m: m.update(layers=m["layers"] * 2))))
image_row(467, "DiffIDs that are numbers", lambda i: i.config["rootfs"].update(diff_ids=[1]))
image_row(468, "no DiffIDs", lambda i: i.config.pop("rootfs"))
image_row(469, "a config that is a list", lambda i: setattr(i, "config", []))
image_row(470, "a config nested a thousand times", lambda i: i.config.update(x=json.loads("[" * 900 + "]" * 900)))
image_row(471, "a working directory that climbs", lambda i: i.config["config"].update(WorkingDir="../../etc"))
image_row(472, "a user with escapes", lambda i: i.config["config"].update(User="\x1b[31m:\n"))
image_row(473, "a time that is none", lambda i: i.config.update(created="\x1b[31m"))
image_row(474, "an entrypoint of 100,000 bytes", lambda i: i.config["config"].update(Entrypoint=["/" + "x" * 100000]))
image_row(475, "an operating system that is another's", lambda i: i.config.update(os="windows"))
raw_row(476, "an oci-layout of 5 MiB", lambda: put("l/oci-layout", b'{"imageLayoutVersion":"1.0.0"}' + b" " * (5 << 20)))
raw_row(477, "an index that is a directory", lambda: (os.unlink(at("l/index.json")), os.mkdir(at("l/index.json"))))
raw_row(478, "an index of 64 MiB without a byte on the disk", lambda: os.truncate(at("l/index.json"), 64 << 20))
raw_row(479, "a layer of 64 MiB without a byte on the disk", lambda: os.truncate(at(blob_path("layer")), 64 << 20))


# --- archives

def archive_row(number, name, make):
    @row(number, name)
    def _():
        put("img.tar", make())
        return ["verify", "img.tar"]


def layout_tar(*more, without=()):
    """The layout of Image as a tar, and entries behind it."""
    Image().save()
    entries = [("oci-layout", b'{"imageLayoutVersion":"1.0.0"}', {})]
    for top, _, names in os.walk(at("l")):
        entries += [(os.path.relpath(os.path.join(top, n), at("l")), open(os.path.join(top, n), "rb").read(), {})
                    for n in sorted(names) if n != "oci-layout"]
    shutil.rmtree(at("l"))
    return Image.tar([e for e in entries if not e[0].startswith(tuple(without))] + list(more))


archive_row(480, "an index that is there twice", lambda: layout_tar(("index.json", b"{}", {})))
archive_row(481, "an index that is a link out of the archive", lambda: layout_tar(
    ("index.json", b"", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}), without=["index.json"]))
archive_row(482, "an index that is a hard link to itself", lambda: layout_tar(
    ("index.json", b"", {"type": tarfile.LNKTYPE, "linkname": "index.json"}), without=["index.json"]))
archive_row(483, "an index of a TiB of holes", lambda: layout_tar(("index.json", b"1\n0\n0\n".ljust(512, b"\0"), {"pax_headers": {
    "GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "index.json", "GNU.sparse.realsize": str(1 << 40)}}),
    without=["index.json"]))
archive_row(485, "an archive of zeros in gzip", lambda: gzip.compress(bytes(80 << 20), mtime=0))
archive_row(486, "a gzip stream in a gzip stream in a gzip stream", lambda: gzip.compress(gzip.compress(gzip.compress(layout_tar()))))
archive_row(487, "an archive in gzip without its last bytes", lambda: gzip.compress(layout_tar(), 0, mtime=0)[:-9])
archive_row(488, "an archive without its end", lambda: layout_tar().rstrip(b"\0") + bytes(100))
docker_row(490, "a list of images of 5 MiB", b"[" + b" " * (5 << 20) + b"]")
docker_row(491, "the list twice", [{"Config": "c.json", "Layers": []}], CONFIG, ("manifest.json", b"[]", {}))
docker_row(492, "tags with escapes", [{"Config": "c.json", "Layers": [], "RepoTags": ["\x1b[31m:\n"]}], CONFIG)
docker_row(493, "a config for a layer", [{"Config": "c.json", "Layers": ["c.json"]}], CONFIG)
docker_row(494, "a list for a config", [{"Config": "manifest.json", "Layers": []}])
docker_row(495, "a thousand layers", [{"Config": "c.json", "Layers": ["l.tar"] * 1000}], CONFIG, ("l.tar", END, {}))
docker_row(496, "a layer that is a directory", [{"Config": "c.json", "Layers": ["d"]}],
           ("c.json", CONFIG[1].replace(b"[]", b'["sha256:%s"]' % (b"0" * 64)), {}), ("d", b"", {"type": tarfile.DIRTYPE}))
docker_row(497, "names with NUL", [{"Config": "c.json\0x", "Layers": []}], CONFIG)


# --- tars that readers take for different things

GNU = b"ustar  \0"


def made_header(kind=b"0", name=b"a", size=b"00000000000\0", **at_bytes):
    """tar_header() with other bytes, at_N=b"..", and the right sum."""
    head = bytearray(tar_header(name=name, kind=kind, size=size))
    for where, text in at_bytes.items():
        head[int(where[3:]):int(where[3:]) + len(text)] = text
    head[148:156] = b" " * 8
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


def pax_header(text, kind=b"x"):
    return tar_header(name=b"pax", kind=kind, size=b"%011o\0" % len(text)) + text + bytes(-len(text) % 512)


for n, name, tar in (
        (500, "an entry behind the flag of more sparse blocks", made_header(at_257=GNU, at_482=b"\1") + tar_header(b"hidden") + END),
        (501, "a hard link with a body in which an entry is", pax_header(b"13 comment=x\n") + tar_header(
            b"h", size=b"00000001000\0", kind=b"1", link=b"a") + tar_header(b"hidden") + END),
        (502, "a size that begins with NUL", made_header(at_124=b"\0" + b"0000001000") + tar_header(b"hidden") + END),
        (503, "a GNU sparse file of 2^62 bytes", made_header(b"S", at_257=GNU, at_483=b"\x80\0\0\0\x40") + END),
        (504, "a pax size below zero", pax_header(b"11 size=-1\n") + tar_header() + END),
        (505, "a pax size of 2^64", pax_header(b"29 size=18446744073709551616\n") + tar_header() + END),
        (506, "a pax size behind the end", pax_header(b"19 size=1000000000\n") + tar_header() + END),
        (507, "a pax size of nothing", pax_header(b"8 size=\n") + tar_header() + END),
        (508, "pax records before pax records", pax_header(b"10 path=b\n") + pax_header(b"10 path=c\n") + tar_header() + END),
        (509, "a pax path and a long name", pax_header(b"10 path=b\n") + tar_header(kind=b"L", size=b"00000000002\0") + b"c".ljust(512, b"\0") +
         tar_header() + END),
        (510, "a path for all that follows", pax_header(b"18 path=../../etc\n", b"g") + tar_header() + END),
        (511, "a link for all that follows", pax_header(b"19 linkpath=/../..\n", b"g") + tar_header() + END),
        (666, "a size for all that follows", tar_header() + pax_header(b"10 size=1\n", b"g") + tar_header(b"b") + END),
        (667, "an owner and a remark for all that follows", pax_header(b"13 comment=x\n9 uid=77\n", b"g") + tar_header() + END),
        (512, "pax records with nothing behind them", pax_header(b"10 path=b\n") + END),
        (513, "a long name of no bytes", tar_header(kind=b"L") + tar_header() + END),
        (514, "a long link of a MiB", tar_header(kind=b"K", size=b"00004000000\0") + b"x" * (1 << 20) + tar_header(kind=b"2") + END),
        (515, "a user of minus one", made_header(at_108=b"\xff" * 8) + END),
        (516, "a time of 2^62", made_header(at_136=b"\x80" + bytes(3) + b"\x40" + bytes(7)) + END),
        (517, "a path of two fields that climbs", made_header(name=b"passwd", at_345=b"a/../../etc") + END),
        (518, "a tar cut in the second header", tar_header() + tar_header()[:200]),
        (519, "a tar cut between entries", tar_header()),
        (520, "a file whose name ends in a slash", tar_header(b"a/") + END),
        (521, "a volume's name", tar_header(kind=b"V") + END),
        (522, "a device of a number that is none", made_header(b"3", at_329=b"99999999") + END),
        (527, "a block of zeros, and then none", tar_header() + bytes(512) + tar_header(b"hidden") + END),
        (528, "a block of zeros, and a part of one", tar_header() + bytes(600))):
    layer_row(n, name, lambda tar=tar: APP + tar)
layer_row(523, "a name of 256 bytes", [("x" * 256, b"", {})])
layer_row(524, "a link to itself by another name", [("a", b"", {"type": tarfile.SYMTYPE, "linkname": "./a"})])
layer_row(525, "attributes of 900 kB", [("a", b"", {"pax_headers": {f"SCHILY.xattr.user.{i}": "x" * 9000 for i in range(100)}})])
layer_row(526, "a capability of wrong length", [("a", b"", {"pax_headers": {"SCHILY.xattr.security.capability": "x"}})])


# --- programs again

def sections(data, count, offset, size=64, kind=1, flags=0):
    """The file with section headers behind it, all alike."""
    at_end = len(data)
    data = patched(patched(patched(data, 40, "<Q", at_end), 60, "<H", count), 58, "<H", 64)
    return data + struct.pack("<IIQQQQIIQQ", 0, kind, flags, 0, offset, size, 0, 0, 1, 0) * min(count, 1000)


program(530, "program headers in the header", lambda: patched(ELF, 32, "<Q", 0))
program(531, "program headers at an odd place", lambda: patched(ELF, 32, "<Q", 65))
program(532, "a dynamic section of 2^63 bytes", lambda: patched(dynamic([]), 64 + 56 * 3 + 32, "<Q", 2**63))
program(533, "a dynamic section without an end", lambda: (lambda d: d.replace(struct.pack("<QQQQ", 11, 24, 0, 0), struct.pack("<QQQQ", 11, 24, 1, 1)))(dynamic([(1, "libx.so")])))
program(534, "segments one over the other", lambda: patched(dynamic([(1, "libx.so")]), 64 + 56, "<I", 1))
program(535, "an interpreter of 2^64 - 1 bytes", lambda: patched(dynamic([]), 64 + 56 + 32, "<Q", 2**64 - 1))
program(536, "an interpreter without NUL", lambda: patched(dynamic([]), 64 + 56 + 32, "<Q", len(LOADER)))
program(537, "a note of 2^32 - 1 bytes", lambda: patched(ELF + struct.pack("<III", 2**32 - 1, 2**32 - 1, 1) + b"GNU\0", 64, "<IIQQQQQ", 4, 4, len(ELF), 0, 0, 16, 16))
program(538, "65,535 sections", lambda: sections(ELF, 65535, 0))
program(539, "sections behind the end", lambda: patched(sections(ELF, 3, 0), 40, "<Q", 2**63))
program(540, "a compressed section that is a bomb", lambda: sections(ELF, 3, 64, 24, 1, 0x800))
program(541, "versions that follow themselves", lambda: dynamic([(0x6FFFFFFE, 64), (0x6FFFFFFF, 2**32 - 1), (1, "libx.so")]))
program(542, "5,000 search paths that are the same", lambda: dynamic([(1, "libx.so"), (29, ":".join(["/d"] * 5000))]))
program(543, "a library without a name", lambda: dynamic([(1, "")]))
program(544, "a library of a name of 5,000 bytes", lambda: dynamic([(1, "x" * 5000)]))
program(545, "a library by a path that climbs out and in again", lambda: dynamic([(1, "../" * 50 + "lib/libx.so")]))
program(546, "a library that is not UTF-8", lambda: dynamic([(1, "lib\udcff.so".encode("utf-8", "surrogateescape").decode("latin1"))]))


for number, what in ((547, "doctor"), (548, "deps")):
    @row(number, f"a program that {what} shall look at and is 65,535 sections of strings behind the end")
    def _(what=what):
        put("app", sections(dynamic([]), 65535, 2**62, 2**62, 3), 0o755)
        dynamic_root()
        return [what, "--root", "root", "app"]


# --- certificates and zones once more

@row(550, "100,000 beginnings of a certificate")
def _():
    return cert_words("-----BEGIN CERTIFICATE-----\n" * 100000)


@row(551, "a certificate whose parts are longer than the whole")
def _():
    put("ca.der", b"\x30\x82\x01\x00\x30\x82\xff\xff" + bytes(252))
    return [*app(), "--certs=ca.der"]


@row(552, "NUL in a certificate")
def _():
    return cert_words(certs().replace("MII", "M\0I", 1))


@row(553, "a certificate on one line of blanks")
def _():
    return cert_words("-----BEGIN CERTIFICATE-----" + " " * 3000000 + "-----END CERTIFICATE-----\n")


@row(554, "certificates that are a link to themselves")
def _():
    os.symlink("ca.pem", at("ca.pem"))
    return [*app(), "--certs=ca.pem"]


@row(555, "certificates from a device")
def _():
    return [*app(), "--certs=/dev/zero"]


@row(556, "a directory of certificates that is a link to itself")
def _():
    os.makedirs(at("certs"))
    os.symlink(".", at("certs/d"))
    put("certs/a.pem", certs())
    put("certs/b.pem", b"\xff\xfe")
    return [*app(), "--certs=certs"]


def zone_tree(number, what, make):
    @row(number, what)
    def _():
        put("root/usr/share/zoneinfo/UTC", UTC)
        make(at("root/usr/share/zoneinfo"))
        return [*app(), "--tz"]


zone_tree(560, "zones with a link to their own directory", lambda z: os.symlink(".", z + "/d"))
zone_tree(561, "zones with a FIFO among them", lambda z: os.mkfifo(z + "/Fifo"))
zone_tree(562, "zones with links in a ring", lambda z: (os.symlink("B", z + "/A"), os.symlink("A", z + "/B")))
zone_tree(563, "zones 300 deep", lambda z: os.makedirs(z + "/d" * 300))
zone_tree(564, "zones that are a link to /", lambda z: os.symlink("/", z + "/Root"))
zone_tree(565, "a zone of three MiB without a byte on the disk", lambda z: (put("root/usr/share/zoneinfo/Big", UTC), os.truncate(z + "/Big", 3 << 20)))
zone_tree(566, "a zone with escapes in its name", lambda z: put("root/usr/share/zoneinfo/\x1b[31m\n", UTC))


# --- files of options, trees and outputs once more

config(570, "a number beyond all", '{"bin":"app","jobs":1e400}')
config(571, "a file of options that names itself", '{"bin":"app","config":"c.json"}')
config(572, "10,000 files", json.dumps({"bin": "app", "file": [f"app:/f{i}" for i in range(10000)]}))
config(574, "options that are a text", '"bin"')


for number, what, make in ((575, "a FIFO of which nothing comes", silent_fifo), (576, "a directory", os.makedirs), (577, "a link to itself", lambda p: os.symlink(p, p))):
    @row(number, "a file of options that is " + what)
    def _(make=make):
        app()
        make(at("c.json"))
        return ["--config", "c.json", "-o", "x.tar"]


tree(580, "a tree into which the output goes", lambda: None, "-o", "t/y.tar")
tree(581, "a tree with a link to its own directory", lambda: os.symlink(".", at("t/d")))
tree(582, "a tree with names that are not UTF-8", lambda: open(os.fsencode(at("t")) + b"/\xff\xfe", "w").close())
tree(583, "a tree with a name of 255 bytes", lambda: put("t/" + "x" * 255, ""))
tree(584, "a tree with a file of 80 MiB without a byte on the disk", lambda: (put("t/big", ""), os.truncate(at("t/big"), 80 << 20)), "--max-layer-size", "64Mi")


@row(585, "a tree that is a FIFO")
def _():
    os.mkfifo(at("t"))
    return [*app(), "--tree", "t:/srv"]


def output_row(number, name, output, make=lambda: None, more=()):
    @row(number, name)
    def _():
        words = app()[:-2]
        make()
        return [*words, *more, *(x for o in output for x in ("-o", o))]


output_row(591, "an output that is a socket", ["sock"], lambda: os.mknod(at("sock"), 0o644 | stat.S_IFSOCK))
output_row(592, "an output without a name", [""])
output_row(593, "an output of a name of 256 bytes", ["x" * 256])
output_row(596, "standard output twice", ["-", "-"])
output_row(597, "standard output by two names", ["-", "/dev/stdout"])
output_row(598, "an output onto the certificates", ["ca.pem"], lambda: put("ca.pem", certs()), ["--certs=ca.pem"])
output_row(599, "an output onto the base", ["l"], lambda: (Image().save(), put("l/x", "")), ["--base", "l"])
output_row(600, "an output below a file", ["f/x.tar"], lambda: put("f", ""))
output_row(601, "an output into a directory that has other things", ["d"], lambda: put("d/index.json", "{"))
for n, tag in ((602, "a:b:c"), (603, ":"), (604, "A/b"), (605, "a@sha256:" + "0" * 64), (606, "a:"), (607, "-a"), (608, "a/\x1b[31m"), (609, "a:" + "x" * 129)):
    output_row(n, f"the tag {tag[:12]!r}", ["x.tar"], more=["-t", tag])


# --- from outside: files that do not end, streams without their end, extensions of tar, loaders

def blob_path(kind):
    """The file of a blob of the layout that Image.save() wrote."""
    with open(at("l/index.json"), encoding="ascii") as f:
        manifest = "l/blobs/sha256/" + json.load(f)["manifests"][0]["digest"][7:]
    if kind == "manifest":
        return manifest
    with open(at(manifest), encoding="ascii") as f:
        m = json.load(f)
    return "l/blobs/sha256/" + (m["config"] if kind == "config" else m["layers"][0])["digest"][7:]


def blob_row(number, name, kind, spoil, words=VERIFY):
    @row(number, name)
    def _():
        Image().save()
        path = at(blob_path(kind))
        os.unlink(path)
        spoil(path)
        return words


def endless(path):
    with open(path, "wb") as f:
        f.truncate(1 << 40)


def sock(path):
    os.mknod(path, 0o644 | stat.S_IFSOCK)


blob_row(620, "a layer of a TiB without a byte on the disk", "layer", endless)
blob_row(621, "... that is listed", "layer", endless, ["ls", "l"])
blob_row(622, "... that is joined", "layer", endless, ["index", "-t", "a:1", "-o", "x.tar", "l"])
blob_row(623, "a config of a TiB", "config", endless)
blob_row(624, "a manifest of a TiB", "manifest", endless)
raw_row(625, "a blob of a TiB that nothing refers to", lambda: endless(at("l/blobs/sha256/" + "0" * 64)))
blob_row(626, "a layer that is a socket", "layer", sock)
raw_row(627, "an index that is a socket", lambda: (os.unlink(at("l/index.json")), sock(at("l/index.json"))))
blob_row(628, "a config that is /dev/zero", "config", lambda p: os.symlink("/dev/zero", p))
blob_row(629, "a manifest that is a FIFO", "manifest", os.mkfifo)
for n, cut in ((630, 1), (631, 8), (632, 9), (633, 20)):
    packed_row(n, f"a gzip stream without its last {cut} bytes", lambda d, cut=cut: d[:-cut])
packed_row(634, "20,000 empty gzip members in front", lambda d: gzip.compress(b"", mtime=0) * 20000 + d)
packed_row(635, "a gzip stream whose length is not its own", lambda d: d[:-4] + b"\5\0\0\0")


def pax(text, kind=b"x"):
    return tar_header(b"P", b"%011o\0" % len(text), kind) + text + bytes(-len(text) % 512)


def long_name(text, kind=b"L"):
    return tar_header(b"././@LongLink", b"%011o\0" % len(text), kind) + text + bytes(-len(text) % 512)


for n, name, tar in (
        (640, "an entry behind one block of zeros", bytes(512) + tar_header(b"hidden") + END),
        (641, "a path through .. that stays inside", tar_header(b"a/../b") + END),
        (642, "a pax size of 2^64", pax(b"29 size=18446744073709551616\n") + tar_header() + END),
        (643, "a pax size that is negative", pax(b"11 size=-1\n") + tar_header() + END),
        (644, "a pax time of 1e400", pax(b"15 mtime=1e400\n") + tar_header() + END),
        (645, "pax records of zeros", pax(bytes(100)) + tar_header() + END),
        (646, "a pax record without its newline", pax(b"12 path=abcd") + tar_header() + END),
        (647, "two pax headers for one entry", pax(b"10 path=a\n") * 2 + tar_header() + END),
        (648, "a pax header and a long name", pax(b"10 path=a\n") + long_name(b"b\0") + tar_header() + END),
        (649, "a long name without a byte", long_name(b"") + tar_header() + END),
        (650, "3,000 long names", long_name(b"a\0") * 3000 + tar_header() + END),
        (651, "a pax header and nothing behind it", pax(b"10 path=a\n") + END),
        (652, "a sparse map of another version", pax(b"22 GNU.sparse.major=9\n") + tar_header() + END),
        (653, "a link below a link to itself", tar_header(b"x", kind=b"2", link=b"x") + tar_header(b"x/y") + END),
        (654, "a file below a device", tar_header(b"x", kind=b"3") + tar_header(b"x/y") + END),
        (655, "a hard link to a directory", tar_header(b"d/", kind=b"5") + tar_header(b"x", kind=b"1", link=b"d") + END),
        (656, "an opaque whiteout that is a directory", tar_header(b".wh..wh..opq", kind=b"5") + END),
        (657, "a size in hexadecimal", tar_header(size=b"0x10\0") + END),
        (658, "a capability of two bytes", pax(b"39 SCHILY.xattr.security.capability=\xff\xff\n") + tar_header() + END)):
    layer_row(n, name, lambda tar=tar: APP + tar)


@row(660, "a loader whose name has 256 bytes")
def _():
    return app(dynamic([], interp="/lib64/" + "l" * 256))


@row(661, "a loader that is a script")
def _():
    put("root/lib64/s", "#!/bin/sh\n", 0o755)
    return app(dynamic([], interp="/lib64/s"))


@row(662, "a library that is a script")
def _():
    dynamic_root()
    put("root/lib/libx.so", "#!/bin/sh\n", 0o755)
    return app(dynamic([(1, "libx.so")]))


program(663, "a loader that asks for a loader of another machine", lambda: (put(
    "root/lib64/p", tiny_elf.elf([], machine=tiny_elf.AARCH64), 0o755), dynamic([], interp="/lib64/p"))[1])
program(664, "a name with an override of the writing direction", lambda: dynamic([(1, "lib\u202egnp.so")]))


def edit_load(data, form, at, memory):
    """Give the first segment to load this address and size in memory."""
    is64 = form == "<Q"
    table, step = struct.unpack_from(form, data, 32 if is64 else 28)[0], 56 if is64 else 32
    while struct.unpack_from("<I", data, table)[0] != 1:
        table += step
    return patched(patched(data, table + (16 if is64 else 8), form, at), table + (40 if is64 else 20), form, memory)


program(668, "a segment of 2^63 bytes in memory", lambda: edit_load(static_elf(), "<Q", 0x400000, 1 << 63))
program(669, "a segment that ends behind 2^64", lambda: edit_load(static_elf(), "<Q", 0x400000, 2**64 - 0x1000))
program(670, "a segment of 32 bits that ends behind 2^32", lambda: edit_load(
    tiny_elf.elf([], bits=32, machine=3, interp="/lib/ld-linux.so.2"), "<I", 0xfffff000, 0x2000))
program(665, "a RUNPATH of ten thousand directories", lambda: dynamic([(1, "libx.so"), (29, ":".join(f"/d{i}" for i in range(10000)))]))


# --- judging

def measure(words, env):
    """What came of it: the run, KiB, seconds of the processor, and what lay here before."""
    before = snapshot(room.work)
    cache = ["--no-cache"] if words[0].startswith("-") else []
    ran = run(room, [room.top + "/took", MKSCRATCH, *words, *cache], program=peak, env=env, seconds=30)
    with open(room.top + "/took", encoding="ascii") as f:
        kib, ms, ran.status = (int(n) for n in f.read().split())
    return ran, kib, ms / 1000, before


def said_by(ran):
    """The line that tells: of verify the first check that failed, else that on stderr."""
    lines = ran.err.decode("utf-8", "backslashreplace").splitlines()
    failed = [x for x in ran.out.decode("utf-8", "backslashreplace").splitlines() if x.startswith(("FAIL", "\u2717"))]
    return [x for x in lines if x.startswith("mkscratch: ")], failed


def judge(number, what, make):
    status, line = expected.get(number, (None, ""))
    room.reset()
    made = make()
    env, words = made if isinstance(made, tuple) else ({}, made)
    if words is None:
        tap.skip(f"{number}: {what}", "cannot: no device may be made")
        return
    ran, kib, cpu, before = measure(words, env)
    said, failed = said_by(ran)
    told = [x for x in ran.err.splitlines(True) if x.startswith((b"mkscratch: ", b"hint: "))]
    line_got = failed[0] if failed else said[0] if said else ""
    faults = []
    if ran.status < 0 or ran.status == 70:
        faults.append("a crash or a bug")
    if ran.status != status:
        faults.append(f"exit {ran.status}, want {status}")
    if plain(line_got) != line:
        faults.append("another line")
    if ran.status and (len(said) != 1 or ran.out and words[0] != "verify" or len(told[0]) > 300 or len(b"".join(told)) > 480):
        faults.append("not one line of at most 300 bytes, 480 with its hint, with nothing on stdout")
    if ran.status and snapshot(room.work) != before:
        faults.append("files changed")
    if any(b < 32 and b != 10 or b == 127 for b in ran.err + ran.out):
        faults.append("a control byte")
    if kib > KIB:
        faults.append(f"{kib} KiB")
    if cpu > SECONDS:
        faults.append(f"{cpu} s")
    totals["rows"] += 1
    totals["of the list"] += number < 41
    totals["largest_kib"], totals["slowest_s"] = max(totals["largest_kib"], kib), max(totals["slowest_s"], cpu)
    if "--show" in sys.argv:
        print(f"{number}\t{ran.status}\t{plain(line_got)}")
        return
    tap.ok(not faults, f"{number}: {what}", "; ".join(faults), f"want: {line}", f"got:  {line_got}", ran)


wanted = {int(a) for a in sys.argv[1:] if a.isdigit()}
peak = tool("peak")
expected = expectations()
if peak is None:
    tap.skip("hostile input", "cc is not installed")
    tap.done()
for each in rows:
    if not wanted or each[0] in wanted:
        judge(*each)
figures("hostile", totals=totals, failed=tap.failed)
room.remove()
tap.done()
