"""Writes seeds that are easier told in Python than in C: tars whose entries have extended attributes of every form, file
capabilities of every revision among them; an image of hard links; command lines with --cap; what is to be compressed.
usage: seeds.py"""
import gzip
import io
import os
import struct
import subprocess
import sys
import tarfile
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RAW = b"\4"                        # fuzz_tar: the rest are the bytes of the tar
BUILD = b"\0"                      # fuzz_words: the verb
EFFECTIVE = 1


def capabilities(revision, flags, *sets, root=None):
    """struct vfs_ns_cap_data: sets of (permitted, inheritable), the lower half first."""
    value = struct.pack("<I", revision << 24 | flags) + b"".join(struct.pack("<II", *s) for s in sets)
    return value if root is None else value + struct.pack("<I", root)


NONE = (0, 0)
CAPABILITIES = [
    capabilities(2, EFFECTIVE, (1 << 10, 0), NONE), capabilities(2, 0, (0, 1 << 5), NONE),
    capabilities(2, EFFECTIVE, (3, 1), (1 << 5, 1 << 31)), capabilities(3, EFFECTIVE, (1 << 13, 1 << 13), NONE, root=1000),
    capabilities(3, 0, (1, 0), NONE, root=0), capabilities(1, EFFECTIVE, (7, 0)), capabilities(2, 0, NONE, NONE),
    capabilities(2, EFFECTIVE, NONE, NONE), capabilities(2, EFFECTIVE, (1, 0)), capabilities(4, 0, (1, 0), NONE),
    capabilities(2, EFFECTIVE, (0xFFFFFFFF, 0), (0xFFFFFFFF, 0)), capabilities(2, EFFECTIVE, (15, 255), NONE), b"\1",
]
OTHERS = [
    {"user.a": b"hi there", "user.b\\c d": b"\1\xff", "user.z": b"", "user.q": b'a"b\\c', "security.selinux": b"etc_t\0"},
    {"user.long": b"x" * 65, "user.exact": b"y" * 64, "user.again": b"\n"},
]


LAYERS = [
    """[("d", "dir"), ("d/a", "file", "one"), ("d/b", "hard", "d/a"), ("c", "hard", "d/b"), ("l", "sym", "d"), ("n", "chr", (1, 3)),
        ("m", "hard", "n"), ("f", "fifo"), ("g", "hard", "f"), ("x", "file", "x", 0o644, 0, {"SCHILY.xattr.user.a": "hi"}),
        ("y", "hard", "x"), ("gone", "hard", "nothing")]""",
    """[("d/.wh.a", "file", ""), ("l/e", "file", "two"), ("d/z", "hard", "c"), (".wh.n", "file", "")]""",
    """[("d/.wh..wh..opq", "file", ""), ("d/q", "file", "q"), ("a/b/c", "file", "deep"), ("l2", "sym", "l2"),
        ("l2/x", "file", "loop"), ("d", "file", "now a file")]""",
    "[]",
]


def write(target, name, data):
    with open(os.path.join(TESTS, "fuzz", "corpus", target, name), "wb") as f:
        f.write(data)


def tar(all_of_them):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT, errors="surrogateescape") as t:
        for i, attributes in enumerate(all_of_them):
            info = tarfile.TarInfo(f"f{i}")
            info.pax_headers = {"SCHILY.xattr." + k: v.decode("utf-8", "surrogateescape") for k, v in attributes.items()}
            t.addfile(info)
        return out.getvalue()[:t.offset]


def image():
    with tempfile.NamedTemporaryFile() as f:
        subprocess.run([sys.executable, "-B", os.path.join(TESTS, "integration", "make_layers.py"), f.name, *LAYERS], check=True)
        return gzip.compress(f.read(), mtime=0)


def literals(data):
    return bytes([len(data) << 2, 0, 0, 0]) + data


def copy(length, distance):
    length, distance = length - 1, distance - 1
    return struct.pack("<BHB", 1 | length >> 8 << 2 | distance >> 16 << 6, distance & 0xFFFF, length & 255)


def noise(length, seed, values):
    return struct.pack("<BHB", 2 | (length - 1) >> 8 << 2, seed << 8 | values - 1, (length - 1) & 255)


def zeros(length):
    return struct.pack("<BHB", 3, length, 1)


# fuzz_pack: efforts; what is told in instructions has MANY as well, and LONG where it comes to much.
MANY, LONG = 4, 8
FAR = b"".join(noise(16384, seed, 256) for seed in range(3)) + b"".join(copy(300, d) + noise(20, d & 255, 256) for d in (
    1, 32767 - 40, 32768, 32769)) + noise(16384, 9, 200) + noise(16384, 10, 200) + copy(4096, 65536) + copy(700, 65537)
PACKED = {
    "empty": b"\1", "one": b"\2a", "words": b"\1" + b"a layer of an image is a tar of layers, and a tar of tars is an image " * 3,
    "short-periods": bytes([MANY | 1]) + literals(b"x") + copy(300, 1) + literals(b"abc") + copy(258, 3) + literals(b"0123456") + copy(515, 7),
    "far": bytes([MANY | LONG | 3]) + FAR, "zeros": bytes([MANY | LONG]) + zeros(65535) + zeros(8000) + literals(b"end"),
    "few-values": bytes([MANY | LONG | 2]) + b"".join(noise(9000, seed, values) for seed, values in ((1, 2), (2, 4), (3, 16), (4, 60), (5, 256))),
    "end-in-a-copy": bytes([MANY | 1]) + noise(5000, 4, 100) + copy(13, 4000),
}

for at, part in enumerate((CAPABILITIES[:7], CAPABILITIES[7:]), 1):
    write("tar", f"attributes-{at}", RAW + tar([{"security.capability": c} for c in part]))
write("tar", "attributes-3", RAW + tar(OTHERS))
write("image", "hardlinks.gz", image())
for name, caps in ("capabilities", "net_bind_service,CAP_CHOWN,cap_kill"), ("no-capability", "net_bind,chown"):
    write("words", name, BUILD + f"--bin\0app\0--cap\0/app={caps}\0-o\0x.tar\0".encode())
for name, data in PACKED.items():
    write("pack", name, data)
