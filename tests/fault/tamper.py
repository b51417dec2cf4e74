#!/usr/bin/env python3
"""Bend an image in every way that can be thought of, and see that verify refuses it.

Usage: tamper.py MKSCRATCH ARCHIVE LAYOUT [POSITIONS]
POSITIONS: how many bytes of a document are flipped at least, of a blob a quarter of them; 120 by default.
Flips, cuts, extends, empties, removes and swaps each document and each blob, and flips the headers of the archive.
A blob that is bent must end with 7; a document with 3 or 7; nothing may crash. Prints what was not refused, and the counts.
"""
import io
import os
import re
import subprocess
import sys
import tarfile

POSITIONS = int(sys.argv[4]) if len(sys.argv) > 4 else 120
DOCUMENTS = {"oci-layout", "index.json", "manifest.json"}
counts, wrong = {}, []


def verify(program, image, kind, name, allowed):
    p = subprocess.run([program, "verify", "-q", image], capture_output=True)
    counts[kind] = counts.get(kind, 0) + 1
    lines = p.stderr.count(b"\n")
    if p.returncode not in allowed or lines < 1 or lines > 3 or not p.stderr.startswith(b"mkscratch: "):
        wrong.append("%s: %s: exit %d %r" % (kind, name, p.returncode, p.stderr[:120]))


def positions(n, most):
    """All of a small thing, a spread over a large one with both its ends."""
    return range(n) if n <= most else sorted({0, 1, n - 2, n - 1} | {i * (n - 1) // most for i in range(most)})


def flips(data, most):
    for at in positions(len(data), most):
        for bit in (1, 0x80) if at % 3 else (0x20,):
            bent = bytearray(data)
            bent[at] ^= bit
            yield "byte %d ^ %#x" % (at, bit), bytes(bent)


def lengths(data):
    yield "one byte less", data[:-1]
    yield "half of it", data[:len(data) // 2]
    yield "nothing of it", b""
    yield "a zero more", data + b"\0"
    yield "itself once more", data + data


def allowed(name):
    return (7,) if name.startswith("blobs/") else (3, 7)


def layout(program, root):
    """In a directory names are its owner's own: of the index what leads to the image is bent, and tags, which are there twice."""
    files = [os.path.join(d, f) for d, _, names in os.walk(root) for f in names if not f.startswith(".")]
    blobs = [f for f in files if "/blobs/" in f]
    for path in files:
        name = os.path.relpath(path, root)
        with open(path, "rb") as f:
            data = f.read()
        bends = list(lengths(data))
        if name == "index.json":
            led = data.index(b'"digest"')
            places = list(range(led, data.index(b"}", led) - 1))
            for tag in re.finditer(rb'ref\.name":"([^"]*)"|image\.name":"[^"]*:([^":]*)"', data):
                places += range(*tag.span(1 if tag.group(1) else 2))
            bends += [("byte %d" % at, data[:at] + bytes([data[at] ^ 1]) + data[at + 1:]) for at in places]
        else:
            bends += list(flips(data, POSITIONS // 4))
        for how, bent in bends:
            with open(path, "wb") as f:
                f.write(bent)
            verify(program, root, "layout", name + ": " + how, allowed(name))
        os.remove(path)
        verify(program, root, "layout", name + ": removed", (3,) if name in DOCUMENTS else (7,))
        with open(path, "wb") as f:
            f.write(data)
    for a, b in zip(blobs, blobs[1:] + blobs[:1]):
        swap(a, b)
        verify(program, root, "layout", "%s and another swapped" % os.path.relpath(a, root), (7,))
        swap(a, b)


def swap(a, b):
    os.rename(a, a + ".x")
    os.rename(b, a)
    os.rename(a + ".x", b)


def write_tar(path, members):
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as t:
        for name, data in members:
            m = tarfile.TarInfo(name)
            m.size = len(data)
            t.addfile(m, io.BytesIO(data))


def archive(program, path):
    with open(path, "rb") as f:
        whole = bytearray(f.read())
    with tarfile.open(path) as t:
        members = [(m.name, m.offset, m.offset_data, m.size) for m in t if m.isfile()]
    files = [(name, bytes(whole[at:at + n])) for name, _, at, n in members]
    bent_path = path + ".bent.tar"

    def try_bytes(kind, how, data, codes):
        with open(bent_path, "wb") as f:
            f.write(data)
        verify(program, bent_path, kind, how, codes)

    def try_files(how, changed, codes):
        write_tar(bent_path, changed)
        verify(program, bent_path, "archive", how, codes)

    for k, (name, header, at, n) in enumerate(members):
        data = files[k][1]
        for how, bent in flips(data, POSITIONS if name in DOCUMENTS else POSITIONS // 4):
            try_bytes("archive", name + ": " + how, whole[:at] + bent + whole[at + n:], allowed(name))
        for how, bent in lengths(data):
            try_files(name + ": " + how, files[:k] + [(name, bent)] + files[k + 1:], allowed(name))
        # Without what docker load reads it is still a whole OCI archive, as others write them.
        if name != "manifest.json":
            try_files(name + ": removed", files[:k] + files[k + 1:], (3, 7))
        other = files[(k + 1) % len(files)]
        swapped = [(f, other[1] if f == name else data if f == other[0] else d) for f, d in files]
        try_files(name + " and another swapped", swapped, (3, 7))
        for i in positions(512, POSITIONS // 6):
            bent = bytearray(whole)
            bent[header + i] ^= 1
            try_bytes("archive, headers", "%s: header byte %d" % (name, i), bent, (3, 7))
    for cut in positions(len(whole) - 1024, POSITIONS // 6):
        try_bytes("archive, cut", "first %d bytes" % cut, whole[:cut], (3, 7))
    zeros = bytes(512 if (len(whole) + 512) % 10240 else 1024)    # a whole record is what other tars end with
    for tail in (b"\1", b"x" * 512, zeros, bytes(1), bytes(whole)):
        try_bytes("archive, extended", "%d bytes more" % len(tail), whole + tail, (3, 7))
    os.remove(bent_path)


def main():
    program, tar, root = sys.argv[1:4]
    archive(program, tar)
    layout(program, root)
    for w in wrong[:40]:
        print(w)
    print("bent in %d ways, %d not refused as they should be (%s)" % (
        sum(counts.values()), len(wrong), ", ".join("%s %d" % c for c in sorted(counts.items()))))
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
