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
        length = r.choice((3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 64, 128, 257, 258, 259, 600))
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


def alike(r, n):
    """Parts of five kinds, each value of which occurs twice: which neighbours save most is a tie, over and over."""
    kinds = [list(range(first, first + 40)) * 2 for first in range(1, 201, 40)]
    return b"".join(bytes(8000) + bytes(r.sample(kind, 80)) for kind in r.choices(kinds, k=n))


def even(of_own):
    """Two parts that have 256, two lengths and a distance in common, equally often, and each so many bytes of its own: as
    one they take two bits more for each of these, and 3 * 4 + 200 fewer for the header."""
    return b"".join(bytes([first]) * (8193 - of_own) + bytes(range(first + 1, first + of_own)) for first in (2, 110))


def six_in_slot(r, slot):
    """Six bytes with that slot of six."""
    product = slot << 50 | r.randrange(1 << 34) << 16
    return (product * pow(0x9E3779B97F4A7C15, -1, 1 << 64) % (1 << 64)).to_bytes(8, "little")[2:]


def forgotten(r, n):
    """A copy of n bytes, and behind its first byte a longer one, whose place only four knows: in six others took its room."""
    first, more = noise(r, n), noise(r, 12)
    longer = first[1:] + more
    slot = (int.from_bytes(longer[:6], "little") * (0x9E3779B97F4A7C15 << 16) & (1 << 64) - 1) >> 50
    others = b"".join(six_in_slot(r, slot) + noise(r, 2) for _ in range(4))
    return noise(r, 9).join((first, longer, others, first + more, noise(r, 9)))


def large(r, n, odd):
    """More than 2^16 bytes that are alike, and a part with so many others: whether they become one block hangs on the last
    bits of what each costs."""
    part = bytearray(r.choices(range(128), k=n + 8192))
    for _ in range(odd):
        part[n + r.randrange(8192)] = r.randrange(128, 256)
    return bytes(part)


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
    made.update({"alike-%d" % i: alike(r, 10) for i in range(12)})
    made.update({"even-%d" % n: even(n) for n in (105, 106, 107)})
    made.update({"forgotten-%d-%d" % (n, i): forgotten(r, n) for n in range(4, 10) for i in range(4)})
    made["large"] = large(random.Random(126), 70000, 190)
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
