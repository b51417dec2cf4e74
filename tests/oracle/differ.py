#!/usr/bin/env python3
"""What our parsers read, and what other tools read from the same bytes: real files, and those altered by their structure.

    differ.py [elf] [tar] [image] [layer] [--mutants N] [--seed N] [--record] [--keep DIR]

elf: readelf of binutils. tar: GNU tar, bsdtar and Go's archive/tar. image: skopeo. layer: layers over one another, as umoci
unpacks them without root. --record adds the counts to tests/FUZZ.json. --keep leaves a copy of each input that differs in DIR.
Prints TAP.

What is compared, and when: a file that both take without a word has to be the same in every field that both tell. Where
the other tool warns, or prints a number for a name, it reads on by its own guess: nothing is compared, and it is counted as
such. Where only we refuse, the reason has to be one of STRICTER, which says why; where only the other refuses, it is a
difference. OTHERWISE are the things of which the standards leave more than one reading.
Environment: BUILD, MKSCRATCH.
"""
import argparse
import collections
import datetime
import functools
import hashlib
import io
import json
import os
import random
import re
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import zlib

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("BUILD") or os.path.join(TOP, "build"))
MKSCRATCH = os.path.abspath(os.environ.get("MKSCRATCH") or os.path.join(BUILD, "mkscratch"))
FACTS = os.path.join(BUILD, "release", "fuzz", "facts")
ENV = {**os.environ, "LC_ALL": "C", "TZ": "UTC"}
BATCH = 100

# What we refuse and another takes, by our words.
STRICTER = {
    "elf": {
        r"not (a sound|an) ELF|ELF (class|version|header|data)|program header|byte order": "the header is unsound",
        r"relocatable|core (dump|file)|object|not loadable|neither|type": "only what a loader takes is read",
        r"outside|ends at|past|truncated|beyond|file has|not terminated|no segment to load|path of its loader|wraps round": "a part is not in the file",
        r"string table|dynamic section|interpreter|interp": "readelf prints what it finds of a dynamic section",
        r"too (large|long|many)|more than|larger": "a limit of ours",
        r"marked as|alignment|separate debug": "no loader takes it: another byte order, an address off its page, debug data",
        r"empty|not a path|no path|absolute|control|name": "a name that no loader can open",
    },
    "tar": {
        r"readers differ about": "what Go, GNU tar and libarchive take for different entries, or no runtime unpacks",
        r"a link to nothing|without a name": "an entry that nobody can make",
        r"out of range": "a user or group of more than 32 bits, which no system has",
        r"not a(?: sound)? tar archive": "libarchive takes no part of a spoiled header",
    },
    "layer": {
        r"readers differ about|not a(?: sound)? tar archive|truncated|ends (early|inside)": "no tar that all readers read alike",
        r"is there twice": "of two entries of one layer it depends on the reader which is there",
        r"goes through": "a path that climbs; umoci keeps it below its root",
        r"below what is no directory|below a link": "umoci puts a directory in the place of a file, others fail",
        r"a hard link to": "it names what is not there by then",
        r"is a whiteout, but not a file": "a link or directory of a name that deletes",
        r"out of range|a link to nothing|without a name": "as of a tar",
    },
    "image": {r".": "each digest, size, media type and name has to be right, where skopeo looks at the first image alone"},
}
# Where both take a tar and read it otherwise, each with right: what is in its headers, the fields that may differ (None: any,
# also which entries there are), and why.
TYPE, MODE, UID, GID, SIZE, MTIME, PATH, LINK = range(8)
OTHERWISE = [
    (lambda types, data: b"GNU.sparse." in data or any(data[at + 483:at + 495].strip(b"\0") for at in headers(data)),
     {SIZE, PATH}, "the size and name of a sparse file whose map is none, or told of an entry that is no sparse file"),
    (lambda types, data: b"g" in types, {UID, GID, MTIME},
     "a global pax header holds for all that follows: GNU tar goes by it, libarchive and the runtimes pass it over; of paths and sizes we refuse it"),
    (lambda types, data: any(data[at + 156:at + 157] in b"123456" and any(data[at + 124:at + 136].strip(b" 0\0")) for at in headers(data)),
     None, "a link, pipe or directory that has a size: for POSIX, libarchive and Go nothing follows it, for GNU tar that many bytes"),
    (lambda types, data: any(data[at + 156:at + 157] in b"LK" and size_at(data, at) and data[at + 511 + size_at(data, at)] for at in headers(data)),
     {PATH, LINK}, "a long name without a NUL: GNU tar reads on to the end of the block"),
]


class Tally:
    def __init__(self, kind, keep=None):
        self.kind, self.keep, self.counts, self.faults = kind, keep, collections.Counter(), []

    def add(self, what):
        self.counts[what] += 1

    def differ(self, name, text):
        self.counts["differ"] += 1
        self.faults.append(f"{name}: {text}")
        if self.keep:
            (shutil.copytree if os.path.isdir(name) else shutil.copy)(name, os.path.join(self.keep, f"{self.kind}-{len(self.faults)}"))

    def refused_by_us(self, name, why):
        known = next((r for p, r in STRICTER[self.kind].items() if re.search(p, why)), None)
        if known is None:
            self.differ(name, f"only we refuse: {why}")
        else:
            self.add("stricter")


def chunks(items, n=BATCH):
    for i in range(0, len(items), n):
        yield items[i:i + n]


def facts(paths, *program):
    """Of each path, the pairs that a program tells: FACTS, or another that speaks like it."""
    out = {}
    for part in chunks(paths):
        text = subprocess.run([*program, *part], capture_output=True, check=True, timeout=120).stdout.decode("ascii")
        for line in text.splitlines():
            key, _, value = line.partition(" ")
            if key == "file":
                at = out[value] = []
            else:
                at.append((key, value))
    return out


def mutants(kind, seed, n, path, room):
    os.makedirs(room, exist_ok=True)
    first = (seed * 1000003 + zlib.crc32(path.rpartition("/")[2].encode())) % 2**32     # runs whose seeds are near have none in common
    subprocess.run([FACTS, "mutate", kind, str(first), str(n), path, room], check=True)
    return [os.path.join(room, str(i)) for i in range(n)]


# ---- ELF

MACHINES = {"Intel 80386": 3, "Advanced Micro Devices X86-64": 62, "ARM": 40, "AArch64": 183, "PowerPC": 20, "PowerPC64": 21,
            "IBM S/390": 22, "MIPS R3000": 8, "RISC-V": 243, "LoongArch": 258, "Sparc": 2}
TYPES = {"NONE": 0, "REL": 1, "EXEC": 2, "DYN": 3, "CORE": 4}
TAGS = {"NEEDED": "needed", "FILTER": "filter", "AUXILIARY": "auxiliary", "SONAME": "soname", "RPATH": "rpath",
        "RUNPATH": "runpath"}
# A name that is printed as a number, and what readelf says of parts that are not sound.
GUESS = r"\((?:NEEDED|FILTER|AUXILIARY|SONAME|RPATH|RUNPATH)\) +(?:[\w ]+: )?0x|<corrupt|not found"
TOLD_BY_BOTH = {"class", "data", "machine", "type", "flags", "interp", "kernel", *TAGS.values()}


def readelf_facts(text):
    """As pairs, those of the dynamic section in its order."""
    out = []
    for line in text.splitlines():
        m = re.match(r"  (Class|Data|Machine|Type|Flags): +(.*)", line)
        if m:
            key, value = m[1].lower(), m[2]
            if key == "class":
                out.append(("class", value.replace("ELF", "")))
            elif key == "data":
                out.append(("data", "little" if "little" in value else "big"))
            elif key == "machine":
                out.append(("machine", str(MACHINES.get(value, value))))
            elif key == "type":
                out.append(("type", str(TYPES.get(value.split(" ")[0], value))))
            else:
                out.append(("flags", value.split(",")[0]))
        m = re.match(r" +\[Requesting program interpreter: (.*)\]$", line)
        if m and not any(k == "interp" for k, _ in out):       # of several, the kernel takes the first
            out.append(("interp", m[1]))
        m = re.match(r" 0x[0-9a-f]+ \((\w+)\) +.*?: \[(.*)\]$", line)
        if m and m[1] in TAGS:
            out.append((TAGS[m[1]], m[2]))
        m = re.search(r"NT_GNU_ABI_TAG.*OS: Linux, ABI: (\d+\.\d+\.\d+)$", line)
        if m:
            out.append(("kernel", m[1]))
    return out


def comparable(ours, theirs):
    """Both in one form: what both tell, the last of what counts once, a search path that another one hides left out."""
    def form(pairs):
        lists = [(k, v) for k, v in pairs if k in ("needed", "filter", "auxiliary")]
        once = {k: v for k, v in pairs if k in TOLD_BY_BOTH and k not in ("needed", "filter", "auxiliary")}
        if "runpath" in once:
            once.pop("rpath", None)
        return lists, once

    (a, b), (c, d) = form(ours), form(theirs)
    if not d.get("machine", "").isdigit():       # one that MACHINES does not have
        b.pop("machine", None)
        d.pop("machine", None)
    if "kernel" not in b:               # the note of another system, or behind one that is unsound: ours tells nothing then
        d.pop("kernel", None)
    return (a, b), (c, d)


def compare_elf(paths, tally):
    ours = facts(paths, FACTS, "elf")
    for path in paths:
        tally.add("inputs")
        p = subprocess.run(["readelf", "-W", "-h", "-l", "-d", "-n", path], env=ENV, capture_output=True, check=False, timeout=60)
        text = p.stdout.decode("utf-8", "backslashreplace")
        silent = p.returncode == 0 and not p.stderr and not re.search(GUESS, text)
        mine = ours[path]
        refused = next((v for k, v in mine if k == "refused"), None)
        if refused is not None:
            tally.add("refused by both") if not silent else tally.refused_by_us(path, refused)
            continue
        if not silent or any("\\" in v for _, v in mine) or "^" in text or "<" in "".join(v for _, v in mine):
            tally.add("other warns")
            continue
        a, b = comparable(mine, readelf_facts(text))
        if a == b:
            tally.add("same")
        elif len(re.findall(r"\(STRTAB\)", text)) > 1:        # a loader goes by the last string table, readelf by the first
            tally.add("otherwise")
        else:
            tally.differ(path, f"{a} but readelf: {b}")


def without_sections(path, out):
    """A copy whose section headers are gone: readelf then goes by the segments, as loaders and we do."""
    with open(path, "rb") as f:
        b = bytearray(f.read())
    wide = b[4] == 2
    at, n = (40, 8) if wide else (32, 4)
    b[at:at + n] = bytes(n)
    tail = 60 if wide else 48
    b[tail:tail + 4] = bytes(4)
    with open(out, "wb") as f:
        f.write(b)
    return out


def real_elves(limit):
    out = []
    for folder in ("/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64"):
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else []:
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path) and os.path.getsize(path) < 4 << 20:
                with open(path, "rb") as f:
                    if f.read(4) == b"\x7fELF":
                        out.append(path)
    step = max(1, len(out) // limit)
    return out[::step]


def elf(room, a, tally):
    real = real_elves(40 if a.mutants < 1000 else 1500)
    compare_elf(real, tally)
    corpus = os.path.join(TOP, "tests/fuzz/corpus/elf")
    seeds = [os.path.join(corpus, n) for n in ("program", "library", "filter", "arm", "s390x", "isa")]
    seeds += [without_sections(p, os.path.join(room, f"real{i}")) for i, p in enumerate(sorted(real, key=os.path.getsize)[:4])]
    for i, path in enumerate(seeds):
        made = mutants("elf", a.seed, a.mutants // len(seeds), path, os.path.join(room, f"elf{i}"))
        compare_elf(made, tally)


# ---- tar

def plain(path):
    return re.sub("/+", "/", path).rstrip("/") or "/"


def gnu_entries(text):
    """GNU tar's lines, one an entry. Its C is a file that should lie in one piece; it unpacks one that ends in / as a directory."""
    out, width = [], 0
    for line in text.decode().splitlines():
        m = re.match(r"(.)([rwxsStT-]{9}) (\d+)/(\d+) +(\d+|\d+,\d+) (-?[\d-]+ [\d:.]+) (.*)$", line)
        if not m:
            return None
        width = max(width, len(m[6]))           # its times are as wide as the widest so far
        path, link = m[7][width - len(m[6]):], None
        if m[1] == "l":
            path, _, link = path.partition(" -> ")
        elif m[1] == "h":
            path, _, link = path.partition(" link to ")
        kind = "d" if m[1] == "C" and path.endswith("/") else re.sub("[-C]", "f", m[1])
        out.append((kind, m[2], m[3], m[4], m[5] if kind == "f" else "", m[6].split(".")[0], plain(path), link))
    return out


def mode_text(mode):
    bits = int(mode, 8)
    out = [c if bits >> (8 - i) & 1 else "-" for i, c in enumerate("rwxrwxrwx")]
    for at, bit, x in ((2, 0o4000, "s"), (5, 0o2000, "s"), (8, 0o1000, "t")):
        if bits & bit:
            out[at] = x if out[at] == "x" else x.upper()
    return "".join(out)


def time_text(seconds):
    """Of any year: the calendar comes again every 400 years."""
    cycles, rest = divmod(seconds, 146097 * 86400)
    when = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=rest)
    return f"{when.year + 400 * cycles:04}" + when.strftime("-%m-%d %H:%M:%S")


def our_entries(pairs):
    out = []
    for key, value in pairs:
        if key == "entry":
            kind, mode, uid, gid, size, mtime = value.split(" ")
            out.append([kind, mode_text(mode), uid, gid, size if kind == "f" else "", time_text(int(mtime)), "", None])
        elif key == "path":
            out[-1][6] = plain(value)
        elif key == "link":
            out[-1][7] = value
    return [tuple(e) for e in out]


@functools.cache
def go_program():
    """tar_facts.go, built."""
    out = os.path.join(BUILD, "tar_facts")
    subprocess.run(["go", "build", "-o", out, os.path.join(TOP, "tests/oracle/tar_facts.go")], check=True,
                   env={**ENV, "CGO_ENABLED": "0", "GOCACHE": os.path.join(BUILD, "go-cache"), "GOFLAGS": "-mod=mod"})
    return out


def go_differs(mine, pairs):
    """What runtimes would unpack otherwise, of what we take; None: nothing."""
    theirs = our_entries(pairs)
    refused = next((v for k, v in pairs if k == "refused"), None)
    if refused is not None:
        return f"Go refuses what we take: {refused}"
    # Half a second before 1970 is for libarchive half a second behind.
    mine, theirs = ([e[:MTIME] + (re.sub("^1969-12-31 23:59:5[89]$", "before 1970", e[MTIME]),) + e[MTIME + 1:] for e in entries]
                    for entries in (mine, theirs))
    return None if mine == theirs else first_difference(mine, theirs, "Go")


def first_difference(mine, theirs, who):
    pair = next(((x, y) for x, y in zip(mine, theirs) if x != y), (len(mine), len(theirs)))
    return f"{pair[0]} but {who}: {pair[1]}"


def compare_tars(paths, tally):
    ours, go = facts(paths, FACTS, "tar"), facts(paths, go_program())
    for path in paths:
        tally.add("inputs")
        p = subprocess.run(["tar", "--numeric-owner", "--full-time", "--quoting-style=escape", "--absolute-names", "-tvf", path],
                           env=ENV, capture_output=True, check=False)
        q = subprocess.run(["bsdtar", "-tf", path], env=ENV, capture_output=True, check=False)
        refused = next((v for k, v in ours[path] if k == "refused"), None)
        silent = p.returncode == 0 and not p.stderr
        if refused is not None:
            if q.returncode == 0 and not q.stderr and not re.search("link to nothing|without a name|out of range|"
                                                                    "out-of-order sparse|readers differ about", refused):
                tally.differ(path, f"bsdtar takes what we refuse: {refused}")
            elif silent:
                tally.refused_by_us(path, refused)
            else:
                tally.add("refused by both")
            continue
        mine = our_entries(ours[path])
        other = go_differs(mine, go[path])
        if other:
            tally.differ(path, other)
            continue
        warned = q.stderr.decode(errors="replace")
        if q.returncode and not re.search("Error exit delayed", warned):
            tally.differ(path, f"bsdtar refuses what we take: {warned[:200]}")
            continue
        theirs = gnu_entries(p.stdout) if silent and not q.returncode else None
        if theirs is None or any("\\" in (e[6] + (e[7] or "")) for e in theirs):
            tally.add("other warns")
            continue
        if mine == theirs:
            tally.add("same")
        elif read_otherwise(path, mine, theirs):
            tally.add("otherwise")
        else:
            tally.differ(path, first_difference(mine, theirs, "GNU tar"))


def size_at(data, at):
    """Of the header there; 0: none that is in the file."""
    field = data[at + 124:at + 136]
    octal = re.match(b" *([0-7]+)", field)
    size = int(octal[1], 8) if octal else int.from_bytes(field[4:], "big") if field[0] == 0x80 else 0
    return size if at + 512 + size <= len(data) else 0


def headers(data):
    """Where a block has the sum of a header, also within what one heads."""
    def total(block):
        return sum(block) - sum(block[148:156]) + 8 * 32
    return [at for at in range(0, len(data) - 511, 512)
            if data[at] | data[at + 156] and data[at + 148:at + 156].strip(b" \0") == b"%06o" % total(data[at:at + 512])]


def read_otherwise(path, mine, theirs):
    """Is each difference one of OTHERWISE?"""
    with open(path, "rb") as f:
        data = f.read()
    types = {data[at + 156:at + 157] for at in headers(data)}
    where = {i for x, y in zip(mine, theirs) for i in range(len(x)) if x[i] != y[i]} if len(mine) == len(theirs) else None
    rules = [fields for applies, fields, _ in OTHERWISE if applies(types, data)]
    return None in rules or where is not None and where <= set().union(*rules)


def seed_tars(room):
    tree = os.path.join(room, "tree")
    os.makedirs(os.path.join(tree, "a"))
    with open(os.path.join(tree, "a/file"), "w", encoding="ascii") as f:
        f.write("hello\n" * 3)
    os.symlink("file", os.path.join(tree, "a/link"))
    os.link(os.path.join(tree, "a/file"), os.path.join(tree, "a/hard"))
    os.mkfifo(os.path.join(tree, "pipe"))
    with open(os.path.join(tree, "n" * 120), "w", encoding="ascii") as f:
        f.write("x")
    out = []
    for form in ("ustar", "gnu", "posix"):
        out.append(os.path.join(room, form + ".tar"))
        subprocess.run(["tar", "--format=" + form, "--sort=name", "--mtime=@1700000000", "--numeric-owner", "--owner=7", "--group=8",
                        "-C", tree, "-cf", out[-1], "a", "pipe", "n" * 120], env=ENV, stderr=subprocess.DEVNULL, check=False)
    return out


def tar(room, a, tally):
    seeds = seed_tars(room)
    compare_tars(seeds, tally)
    for i, path in enumerate(seeds):
        compare_tars(mutants("tar", a.seed, a.mutants // len(seeds), path, os.path.join(room, f"tar{i}")), tally)


# ---- images

def put(layout, data):
    name = hashlib.sha256(data).hexdigest()
    with open(os.path.join(layout, "blobs/sha256", name), "wb") as f:
        f.write(data)
    return {"digest": "sha256:" + name, "size": len(data)}


def get(layout, descriptor):
    with open(os.path.join(layout, "blobs/sha256", descriptor["digest"][7:]), "rb") as f:
        return f.read()


def layouts(room, a):
    """Copies of an image with one document altered, and right digests again above it."""
    app = os.path.join(room, "app")
    shutil.copyfile(os.path.join(TOP, "tests/fuzz/corpus/elf/static"), app)
    good = os.path.join(room, "good")
    subprocess.run([MKSCRATCH, "--bin", app, "-t", "a:v1", "-q", "-o", good + "/"], check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(good, "index.json"), "rb") as f:
        index = f.read()
    manifest = get(good, json.loads(index)["manifests"][0])
    config = get(good, json.loads(manifest)["config"])
    yield good, True
    # Four processes an image: an eighth of them is enough.
    for which, text in (("index", index), ("manifest", manifest), ("config", config)):
        source = os.path.join(room, which)
        with open(source, "wb") as f:
            f.write(text)
        for i, path in enumerate(mutants("json", a.seed, a.mutants // 24, source, os.path.join(room, which + "s"))):
            with open(path, "rb") as f:
                data = f.read()
            bad = os.path.join(room, f"{which}-{i}")
            shutil.copytree(good, bad)
            if which == "config":
                m = json.loads(manifest)
                m["config"].update(put(bad, data))
                data = json.dumps(m).encode()
            if which != "index":
                x = json.loads(index)
                x["manifests"][0].update(put(bad, data))
                data = json.dumps(x).encode()
            with open(os.path.join(bad, "index.json"), "wb") as f:
                f.write(data)
            yield bad, False
            shutil.rmtree(bad)


def image(room, a, tally):
    def said(*words):
        p = subprocess.run(words, capture_output=True, env={**ENV, "HOME": room}, check=False, cwd=room)
        return p.returncode, p.stdout, p.stderr.decode(errors="replace").strip()

    for path, good in layouts(room, a):
        tally.add("inputs")
        mine, manifest, why = said(MKSCRATCH, "inspect", "--manifest", path)
        theirs, raw, _ = said("skopeo", "inspect", "--raw", "oci:" + path)
        _, config, _ = said(MKSCRATCH, "inspect", "--config", path)
        parsed, raw_config, other = said("skopeo", "inspect", "--config", "--raw", "oci:" + path)
        theirs = theirs or parsed
        if good and (mine or theirs):
            tally.differ(path, f"the image itself is refused: {why} / {other}")
        elif mine and theirs:
            tally.add("refused by both")
        elif mine:
            tally.refused_by_us(path, why)
        elif theirs and "choose an image" in other:            # of several without names we show each, skopeo none
            tally.add("otherwise")
        elif theirs and said(MKSCRATCH, "verify", path)[0]:    # inspect shows also what verify finds wrong
            tally.add("refused by both")
        elif theirs:
            tally.differ(path, f"only skopeo refuses: {other}")
        elif manifest != raw or json.loads(config) != json.loads(raw_config):
            tally.differ(path, "manifest or config is another one")
        else:
            tally.add("same")


# ---- layers

WORDS = ["a", "b", "c", "d"]
NOBODY = 65534
KINDS = {stat.S_IFREG: "file", stat.S_IFDIR: "directory", stat.S_IFLNK: "symlink", stat.S_IFIFO: "fifo"}
# What other runtimes pass over: a global pax header, bits of a mode that are none, and a whiteout below a link to itself.
PASSED_OVER = r"unknown typeflag '\\x67'|unpriv.mknod: invalid argument|/\.wh\.[^\n]*too many levels of symbolic links"
# umoci makes each layer: what fails in one and is gone with the next we judge of hard links alone.
FAILS_ON_THE_WAY = "no such file or directory|not a directory|too many levels of symbolic links|operation not permitted|is a directory"


def odd_path(rand):
    path = "/".join(rand.choices(WORDS, k=rand.choice((1, 1, 2, 2, 3))))
    if rand.random() < 0.98:
        return rand.choice(("", "", "", "./", "/", ".//")) + path
    return rand.choice(("../", "b/../", "a/./../../")) + path


def odd_layer(rand, path, nth, files):
    """A tar of entries of each kind, whose paths run over and through one another; each file has a size of its own. `files`: those
    that there are, for hard links."""
    names = {odd_path(rand): None for _ in range(rand.randrange(1, 7))}      # mostly once each, by one spelling
    with tarfile.open(path, "w", format=rand.choice((tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))) as out:
        for i, name in enumerate(names):
            e = tarfile.TarInfo(name)
            e.type = rand.choice([tarfile.REGTYPE] * 3 + [tarfile.DIRTYPE] * 3 + [tarfile.SYMTYPE] * 2 + [tarfile.LNKTYPE, tarfile.FIFOTYPE])
            e.mode = rand.choice((0o755, 0o644, 0o700, 0o711, 0o4755, 0o1777))
            e.mtime = 1000 + i
            if nth and rand.random() < 0.25:
                top, _, base = e.name.rstrip("/.").rpartition("/")
                e.name = f"{top}/.wh.{rand.choice((base, base, '.wh..opq'))}".lstrip("/")
                e.type = tarfile.REGTYPE
            elif e.isreg():
                e.size = 100 * nth + i + 1
                files.append(e.name)
            if e.issym():
                e.linkname = rand.choice(("", "", "/", "../", "../../", "./")) + rand.choice([*WORDS, "a/b", "."])
            if e.islnk():
                e.linkname = rand.choice(files) if files and rand.random() < 0.95 else "a/b"
            out.addfile(e, io.BytesIO(b"x" * e.size))


def laid_over(room, layers):
    """A layout of these tars."""
    layout = os.path.join(room, "layout")
    shutil.rmtree(layout, ignore_errors=True)
    os.makedirs(os.path.join(layout, "blobs/sha256"))
    blobs = []
    for path in layers:
        with open(path, "rb") as f:
            blobs.append({"mediaType": "application/vnd.oci.image.layer.v1.tar", **put(layout, f.read())})
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": [b["digest"] for b in blobs]}}
    manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "layers": blobs,
                "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **put(layout, json.dumps(config).encode())}}
    index = {"schemaVersion": 2, "manifests": [{"mediaType": manifest["mediaType"], **put(layout, json.dumps(manifest).encode()),
                                                "annotations": {"org.opencontainers.image.ref.name": "v1"}}]}
    for name, what in (("index.json", index), ("oci-layout", {"imageLayoutVersion": "1.0.0"})):
        with open(os.path.join(layout, name), "w", encoding="ascii") as f:
            json.dump(what, f)
    return layout


def said_by(room, *words):
    p = subprocess.run(words, capture_output=True, env={"PATH": ENV["PATH"], "HOME": room, "TMPDIR": room}, check=False)
    return p.returncode, p.stdout, (p.stdout + p.stderr).decode(errors="replace")


def escaped(name):
    """Of bytes, as our JSON has them: what is no UTF-8 as \\xNN."""
    text = name.decode("utf-8", "surrogateescape")
    return re.sub("[\udc80-\udcff]",
                  lambda m: "".join(f"\\x{b:02x}" for b in m[0].encode("utf-8", "surrogateescape")), text)


def unpacked(top):
    """What lies there: path -> kind, mode, size or target."""
    out = {}
    for at, dirs, files in os.walk(os.fsencode(top)):
        for name in dirs + files:
            path = os.path.join(at, name)
            st = os.lstat(path)
            kind = KINDS[stat.S_IFMT(st.st_mode)]
            what = escaped(os.readlink(path)) if kind == "symlink" else st.st_size if kind == "file" else ""
            out[escaped(os.path.relpath(path, os.fsencode(top)))] = (kind, stat.S_IMODE(st.st_mode), what)
    return out


def in_image(name):
    return os.path.normpath("/" + name.lstrip("/"))


def members(path):
    try:
        with tarfile.open(path) as tar_file:
            return tar_file.getmembers()
    except (tarfile.TarError, ValueError):      # as of no bytes
        return []


def layer_difference(mine, theirs, layers):
    """What is not compared, as tools do otherwise: the mode of a symlink; of what has several names, that of which name it has; of
    a directory without an entry, which umoci leaves as it is below, also when the layer hides it; directories that are left empty.
    For a device umoci makes without root an empty file, and a group's rights it lends nobody."""
    linked = {os.path.basename(in_image(n)) for path in layers for e in members(path) if e.islnk() for n in (e.name, e.linkname)}
    for e in mine:
        there = theirs.pop(e["path"], None)
        if not there:
            return f"only we have {e}"
        kind, mode, what = there
        free = kind == "symlink" or kind == "directory" and e["mtime"] == 0 or os.path.basename(e["path"]) in linked
        if e["type"] == "hardlink":
            good = kind == "file"
        elif e["type"].endswith("device"):
            good = kind == "file" and what == 0
        else:
            good = kind == e["type"] and (free or mode & ~0o2000 == int(e["mode"], 8) & ~0o2000)
            good = good and what == {"symlink": e.get("link"), "file": e["size"]}.get(kind, "")
        if not good:
            return f"{e} but umoci: {there}"
    left = {path: what for path, what in theirs.items() if what[0] != "directory"}
    return f"only umoci has {left}" if left else None


def in_order(path):
    """The same layer, in the order that no reader stumbles over: what hides before what there is, links last."""
    def rank(e):
        base = os.path.basename(in_image(e.name))
        return (not base.startswith(".wh."), e.islnk(), in_image(e.name))

    with tarfile.open(path) as old, tarfile.open(path + ".ordered", "w", format=tarfile.PAX_FORMAT) as new:
        for e in sorted(old.getmembers(), key=rank):
            new.addfile(e, old.extractfile(e) if e.isreg() else None)
    return path + ".ordered"


def hides_target(path):
    """Does the layer hide, or stand in the place of, what it has a hard link to, which is of a layer below?"""
    entries = members(path)
    names = [in_image(e.name) for e in entries]
    for target in {in_image(e.linkname) for e in entries if e.islnk()} - set(names):
        for name, e in zip(names, entries):
            top, base = os.path.split(name)
            hidden = top if base == ".wh..wh..opq" else os.path.join(top, base[4:]) if base.startswith(".wh.") else None if e.isdir() else name
            if hidden and (target + "/").startswith(hidden.rstrip("/") + "/"):
                return True
    return False


def stumbles(room, layers, other):
    """Why umoci cannot make what we take, where that is a matter of opinion; None: it is not. Of what has another reason some image
    of the layers up to one is refused by us."""
    if re.search(PASSED_OVER, other):
        return "passed over by others"
    if not re.search(FAILS_ON_THE_WAY, other):
        return None
    if any(said_by(room, MKSCRATCH, "verify", "-q", laid_over(room, layers[:k]))[0] for k in range(1, len(layers))):
        return "gone with a later layer"
    if "link:" in other and any(hides_target(path) for path in layers[1:]):
        return "the layer hides what it links to"
    return None if umoci(room, laid_over(room, [in_order(path) for path in layers]))[0] else "order within a layer"


def umoci(room, layout):
    out = os.path.join(room, "out")
    shutil.rmtree(out, ignore_errors=True)
    os.mkdir(out, 0o777)
    os.chmod(out, 0o777)
    as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.getuid() == 0 else []
    return said_by(out, *as_nobody, "umoci", "raw", "unpack", "--rootless", "--image", layout + ":v1", out + "/rootfs")


def compare_layers(room, layers, tally):
    tally.add("inputs")
    layout = laid_over(room, layers)
    mine, _, why = said_by(room, MKSCRATCH, "verify", "-q", layout)
    theirs, _, other = umoci(room, layout)
    if mine and theirs:
        tally.add("refused by both")
    elif mine:
        tally.refused_by_us(layers[0], why)
    elif theirs and stumbles(room, layers, other):
        tally.add("otherwise")
    elif theirs:
        tally.differ(layers[0], f"only umoci refuses: {other[-300:]}")
    else:
        listed = said_by(room, MKSCRATCH, "ls", "--json", layout)[1]
        wrong = layer_difference(json.loads(listed), unpacked(room + "/out/rootfs"), layers)
        if wrong:
            tally.differ(layers[0], wrong)
        else:
            tally.add("same")


def layer(room, a, tally):
    os.chmod(room, 0o755)
    for i in range(a.mutants // 12):
        rand, files = random.Random(a.seed * 1000003 + i), []
        layers = [os.path.join(room, f"{i}-{k}.tar") for k in range(rand.choice((1, 2, 3)))]
        for k, path in enumerate(layers):
            odd_layer(rand, path, k, files)
        compare_layers(room, layers, tally)
    for i, seed in enumerate(seed_tars(room)):
        for path in mutants("tar", a.seed, a.mutants // 24, seed, os.path.join(room, f"mutants{i}")):
            compare_layers(room, [path], tally)


def record(tallies, seed):
    sys.path.insert(0, os.path.join(TOP, "tests/fuzz"))
    import campaign
    campaign.add_comparisons([{"with": WITH[t.kind], "kind": t.kind, "seed": seed, **t.counts} for t in tallies])


WITH = {"elf": "readelf", "tar": "GNU tar, bsdtar and Go", "image": "skopeo", "layer": "umoci"}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("kinds", nargs="*", choices=[[], *WITH])
    parser.add_argument("--mutants", type=int, default=240)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--keep")
    a = parser.parse_args()
    tallies = []
    for i, kind in enumerate(a.kinds or list(WITH)):
        tally = Tally(kind, a.keep)
        with tempfile.TemporaryDirectory(prefix="mkscratch-differ-") as room:
            {"elf": elf, "tar": tar, "image": image, "layer": layer}[kind](room, a, tally)
        tallies.append(tally)
        told = ", ".join(f"{n} {what}" for what, n in sorted(tally.counts.items()) if what != "inputs")
        good = not tally.faults and tally.counts["same"] > 0
        print(f"{'ok' if good else 'not ok'} {i + 1} - {tally.counts['inputs']} {kind}s as {WITH[kind]} reads them: {told}")
        for fault in tally.faults if a.keep else tally.faults[:12]:
            print("#", fault)
    print(f"1..{len(tallies)}")
    if a.record:
        record(tallies, a.seed)
    return any(t.faults for t in tallies)


if __name__ == "__main__":
    sys.exit(main())
