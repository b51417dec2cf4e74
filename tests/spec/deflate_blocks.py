#!/usr/bin/env python3
"""Bytes for tests/spec/deflate.sh, and what they become held to the reference.

Usage: deflate_blocks.py files DIR PROGRAM     what a layer is made of, with machine code of PROGRAM
       deflate_blocks.py blocks DIR            small blocks: DIR/NAME.block
       deflate_blocks.py same LEVEL DIR        ends with 1 where NAME.block.LEVEL is not what the reference makes of NAME.block
"""
import glob
import os
import random
import sys

from archive import gzip_block, need_to_decode

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    with open(path, "wb") as f:
        f.write(data)


def text(r, n):
    whole = read(os.path.join(TOP, "oci-layout-spec/README.md"))
    at = r.randrange(len(whole) - n + 1)
    return whole[at:at + n]


def noise(r, n):
    return r.randbytes(n)


def skewed(r, n, symbols=26, ratio=1.7):
    """Each symbol occurs so many times as often as the one before: some codes would be longer than they may."""
    return bytes(r.choices(range(symbols), [ratio ** i for i in range(symbols)], k=n))


def runs(r, n):
    """Short ones and long ones, of one to 65 bytes."""
    out = b""
    while len(out) < n:
        out += r.randbytes(r.choice((1, 2, 3, 64, 65))) * r.choice((2, 5, 20, 90, 300))
    return out[:n]


def repeats(r, n):
    """Copies at the limits of what length and distance may be, and beyond."""
    out = bytearray(r.randbytes(16))
    while len(out) < n:
        far = r.choice((1, 2, 3, 64, 65, 4096, 4097, 32768, 32769, 65535, 65536, 65537, r.randrange(1, n + 1)))
        length = r.choice((3, 4, 5, 6, 7, 31, 32, 33, 64, 128, 257, 258, 259, 600))
        part = bytes(out[-far:])[:length]
        out += (part * length)[:length] + r.randbytes(r.choice((0, 1, 2, 3, 8)))
    return bytes(out[:n])


def make_files(top, program):
    r = random.Random(7)
    half = bytes(b & 127 for b in noise(r, 20000))         # random, but not dense
    code = read(program)
    at = len(code) // 3
    write(os.path.join(top, "a"), text(r, 30000) + code[at:at + 110000] + runs(r, 20000) + half + repeats(r, 50000))
    write(os.path.join(top, "b"), bytes(310000))           # no cut within: the block before it has all the bytes it may
    write(os.path.join(top, "c"), skewed(r, 20000))


def far(r, distance):
    """Copies from that far, one byte less and one more, over zeros that are in between."""
    out = bytearray(noise(r, 400) + bytes(distance - 398))
    while len(out) < distance + 300:
        at = len(out) - distance + r.choice((-1, 0, 1))
        out += out[at:at + r.choice((3, 3, 4, 6, 8))] + noise(r, 2)
    return bytes(out)


def rare(r, n):
    """Few copies, and values that occur once: codes of the greatest length."""
    out = bytearray(b & 127 for b in noise(r, n))
    for value in range(128, 160):
        out[r.randrange(n)] = value
    return bytes(out)


def drift(r, n):
    """Parts whose values differ more or less: of many it is a near thing whether they become one block."""
    return b"".join(bytes(8000) + bytes(r.choices(range(first, first + 40), k=200))
                    for first in (r.randrange(1, 60) for _ in range(n)))


def make_blocks(top):
    r = random.Random(9)
    made = {"text-%d" % n: text(r, n) for n in (0, 1, 2, 3, 12, 13, 14, 15, 8192, 8205)}
    made.update({"zeros-%d" % n: bytes(n) for n in (12, 13, 14, 271, 272, 20000)})
    made.update({"far-%d" % n: far(r, n) for n in (4096, 32768, 65536)})
    made.update({"bytes": bytes(range(256)), "noise": noise(r, 3000), "stored": bytes(8192) + noise(r, 66000),
                 "two": skewed(r, 9000, 2, 1.1), "skewed": skewed(r, 40000), "rare": rare(r, 40000),
                 "drift": drift(r, 60)})
    # As many bits in fixed codes as in their own; a copy with which the places that are looked up end.
    made.update({"equal-0": bytes(527), "equal-2": b"\2" * 528,
                 "last": b"\7" * 18 + bytes([0, 3, 6, 9, 12, 15, 18]) + b"\7" * 13})
    for i in range(100):
        made["noise-%d" % i] = noise(r, r.randrange(50, 100))
        made["skewed-%d" % i] = skewed(r, r.randrange(20, 200), r.randrange(2, 30), 1.2)
        made["repeats-%d" % i] = repeats(r, r.randrange(20, 200))
    for i in range(30):
        made["mixed-%d" % i] = b"".join(f(r, r.randrange(1, 2000)) for f in r.choices((text, noise, runs, repeats), k=3))
    for name, data in made.items():
        write(os.path.join(top, name + ".block"), data)


def compare(level, top):
    wrong = 0
    for path in sorted(glob.glob(os.path.join(top, "*.block"))):
        block, made = read(path), read("%s.%s" % (path, level))
        need_to_decode(made, block)
        if made != gzip_block(block, int(level)):
            print("%s: not what the reference makes of it at level %s" % (path, level))
            wrong = 1
    return wrong


def main(what, *arguments):
    return {"files": make_files, "blocks": make_blocks, "same": compare}[what](*arguments)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
