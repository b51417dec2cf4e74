"""Images of very many entries: every verb that reads one stays within 64 MiB, whatever the image holds.

Two images are made of the same paths, 69 bytes each and 300 in a directory, with other contents; the second comes to nothing
that the first has, so that a comparison has to look at every file. In short 100,000 entries, and a bound for each verb that
a table of the entries in memory would not keep; in full a million, and as many as an image may have, and one image that has
more. What is asserted is the peak of resident memory (ru_maxrss) and how the verb ends, never a time.

An image is also made of as many files of the host, which go in by --tree, and one of a hundred thousand values of options,
kind by kind, which is read again; of files and directories side by side neither recipe nor reasons have room in the
manifest, which is told, and the image is read all the same.

ENTRIES=N[,N...] measures these numbers of entries instead, and prints what each takes.
"""
import hashlib
import json
import os
import subprocess
import shutil
import tempfile
import zlib

from common import ENV, FULL, MKSCRATCH, Tap, figures, static_elf, tool, write

MANY = [int(n) for n in os.environ["ENTRIES"].split(",")] if "ENTRIES" in os.environ else \
    [1000000, 3999000] if FULL else [100000]
LIMIT = 64 << 10                # KiB
PAGE = 16 << 20                 # bytes of a page, which are to be searched at each key
SHORT = {"ls": 14, "cat": 14, "inspect": 20, "verify": 14, "index": 14, "diff": 32, "build": 20, "tree": 38}     # MiB
# Files of a tree: with their directories no more than a tree may have, of which the host needs an inode each.
TREES = [n for n in MANY if n <= 990000] if "ENTRIES" in os.environ else [990000] if FULL else [50000]
PER_DIRECTORY = 300
TOP_DIRECTORY = "usr/share/application/components"
tap = Tap()
measurer = tool("peak")
room = tempfile.mkdtemp(prefix="mkscratch-entries.", dir="/var/tmp")


def sha(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def header(name, kind, mode, size, mtime):
    h = bytearray(512)
    h[0:len(name)] = name
    h[100:157] = b"%07o\0%07o\0%07o\0%011o\0%011o\0        %b" % (mode, 0, 0, size, mtime, kind)
    h[257:265] = b"ustar\00000"
    h[148:156] = b"%06o\0 " % sum(h)
    return bytes(h)


class Blob:
    """A layer that is written while it is made."""

    def __init__(self, top):
        self.top, self.size = top, 0
        self.plain, self.packed, self.deflate = hashlib.sha256(), hashlib.sha256(), zlib.compressobj(1, zlib.DEFLATED, 31)
        os.makedirs(os.path.join(top, "blobs", "sha256"))
        self.file = open(os.path.join(top, "layer"), "wb")

    def add(self, data):
        self.plain.update(data)
        self.put(self.deflate.compress(data))

    def put(self, data):
        self.packed.update(data)
        self.size += len(data)
        self.file.write(data)

    def end(self):
        self.add(bytes(1024))
        self.put(self.deflate.flush())
        self.file.close()
        os.rename(os.path.join(self.top, "layer"), os.path.join(self.top, "blobs", "sha256", self.packed.hexdigest()))


def document(top, value):
    data = json.dumps(value).encode()
    write(os.path.join(top, "blobs", "sha256", sha(data)[7:]), data)
    return {"digest": sha(data), "size": len(data)}


def finish(blob, top, times=1):
    """The layout around the layer, which is there so many times."""
    oci = "application/vnd.oci.image."
    config = document(top, {"os": "linux", "architecture": "amd64", "config": {"Cmd": ["/none"]},
                            "rootfs": {"type": "layers", "diff_ids": ["sha256:" + blob.plain.hexdigest()] * times}})
    layer = {"mediaType": oci + "layer.v1.tar+gzip", "digest": "sha256:" + blob.packed.hexdigest(), "size": blob.size}
    manifest = document(top, {"schemaVersion": 2, "mediaType": oci + "manifest.v1+json",
                              "config": {"mediaType": oci + "config.v1+json", **config}, "layers": [layer] * times})
    write(os.path.join(top, "oci-layout"), b'{"imageLayoutVersion":"1.0.0"}')
    write(os.path.join(top, "index.json"), json.dumps(
        {"schemaVersion": 2, "manifests": [{"mediaType": oci + "manifest.v1+json", **manifest}]}).encode())


def directories(entries):
    """So many entries in all, a directory and what is in it at a time, as one tar for each image."""
    parts = TOP_DIRECTORY.split("/")
    above = ["/".join(parts[:i + 1]) for i in range(len(parts))]
    head = b"".join(header(p.encode() + b"/", b"5", 0o755, 0, 1700000000) for p in above)
    left, at = entries - len(above), 0
    yield head, head
    while left > 0:
        name = b"%b/package-%06d" % (TOP_DIRECTORY.encode(), at)
        both = [[header(name + b"/", b"5", 0o755, 0, 1700000000)] for _ in range(2)]
        for i in range(min(PER_DIRECTORY, left - 1)):
            file = b"%b/module_%06x_%04d.py" % (name, i * 7919 * 65537 % 0xffffff, i)
            h = header(file, b"0", 0o644, 7, 1700000000 + (i * 7919 + at) % 100000)
            for data, salt in zip(both, (b"A", b"B")):
                data += [h, b"%b%06d" % (salt, i) + bytes(505)]
        left -= 1 + min(PER_DIRECTORY, left - 1)
        at += 1
        yield b"".join(both[0]), b"".join(both[1])


def make(entries):
    blobs = [Blob(os.path.join(room, name)) for name in ("a", "b")]
    for data in directories(entries):
        for blob, part in zip(blobs, data):
            blob.add(part)
    for blob in blobs:
        blob.end()
        finish(blob, blob.top)
    return blobs


def peak(words, to=subprocess.DEVNULL):
    """Exit status, and the peak in KiB; by way of a small program, as a new process begins with the peak of its parent."""
    with open(os.path.join(room, "said"), "wb") as errors:
        subprocess.run([measurer, os.path.join(room, "peak"), MKSCRATCH, *words], cwd=room, env={**ENV, "PEAK_SECONDS": "600"},
                       stdin=subprocess.DEVNULL, stdout=to, stderr=errors, check=True)
    with open(os.path.join(room, "peak"), encoding="ascii") as f:
        kib, _, status = map(int, f.read().split())
    return status, kib


def said():
    with open(os.path.join(room, "said"), encoding="utf-8", errors="backslashreplace") as f:
        return f.read()


BUILD = ["build", "--no-cache", "--bin", "app", "-o", "made.tar"]
# By name: how it ends, and its words.
VERBS = {
    "ls": (0, ["ls", "a"]),
    "ls --layers": (0, ["ls", "--layers", "a"]),
    "ls --json": (0, ["ls", "--json", "a"]),
    "cat": (0, ["cat", "a", TOP_DIRECTORY + "/package-000007/module_000000_0000.py"]),
    "inspect": (0, ["inspect", "a"]),
    "inspect --json": (0, ["inspect", "--json", "a"]),
    "inspect --html": (0, ["inspect", "--html", "page.html", "a"]),
    "verify": (4, ["verify", "a"]),
    "index": (0, ["index", "-t", "example.com/a:1", "-o", "joined.tar", "a"]),
    "diff": (1, ["diff", "a", "b"]),
    "diff --json": (1, ["diff", "--json", "a", "b"]),
    "build --base": (0, [*BUILD, "--base", "a"]),
    "build --base --max-size": (3, [*BUILD, "--base", "a", "--max-size", "1k"]),
    "build --base --baseline": (3, [*BUILD, "--base", "a", "--baseline", "small.tar", "--max-growth", "1%"]),
    "build --baseline": (0, [*BUILD, "--baseline", "a", "--max-growth", "1%"]),
}


def measure(entries):
    blob, _ = make(entries)
    found = {}
    for name, (wanted, words) in VERBS.items():
        status, kib = peak(words)
        most = min(LIMIT, LIMIT if FULL or "ENTRIES" in os.environ else SHORT[words[0]] << 10)
        found[name] = kib
        if "ENTRIES" in os.environ:
            print(f"# {name}: {kib:,} KiB")
        tap.ok(status == wanted and kib <= most, f"{name}, {entries:,} entries: within {most >> 10} MiB",
               f"ended with {status}, at most {kib} KiB", said()[:1000])
    page = os.path.getsize(os.path.join(room, "page.html"))
    tap.ok(page <= PAGE, f"inspect --html, {entries:,} entries: a page that a browser opens", page)
    return found, blob


def make_unlike(top, salt, entries):
    """Names that have nothing in common, so that memory soon does not hold them."""
    blob = Blob(top)
    for i in range(entries):
        blob.add(header(hashlib.sha384(b"%b%d" % (salt.encode(), i)).hexdigest().encode(), b"0", 0o644, 0, 0))
    blob.end()
    finish(blob, top)


def disk_fails():
    """What lies outside of memory is on a disk, and that may be full or broken: told with the place and the cure."""
    inject, calls = tool("inject"), os.path.join(room, "calls")
    for name in ("a", "b"):
        make_unlike(os.path.join(room, name), name, 60000)
    cure = "hint: set TMPDIR to a directory on a disk with more room\n"
    if not inject:
        return
    for words in (["ls", "a"], ["diff", "a", "b"], [*BUILD, "--base", "a"]):
        subprocess.run([inject, "-l", calls, MKSCRATCH, *words], cwd=room, env=ENV, stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        with open(calls, encoding="utf-8", errors="backslashreplace") as f:
            made = [line.split() for line in f]
        staged = [c for c in made if c[1] == "pwrite64"][0][-1]
        for call, error, text in (("pwrite64", 28, "write failed (No space left on device)"),
                                  ("pread64", 5, "read failed (Input/output error)")):
            nth = [c[2] for c in made if c[1] == call and c[-1] == staged][-1]
            p = subprocess.run([inject, "-n", f"{call}:{nth}", "-a", f"error={error}", MKSCRATCH, *words], cwd=room, env=ENV,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
            wanted = f": staging file in {ENV['TMPDIR']}: {text}\n{cure}"
            tap.ok(p.returncode == 5 and p.stderr.decode().endswith(wanted),
                   f"{' '.join(words)}: {call} of what is staged fails", p.returncode, p.stderr[-500:])


def refused(blob, entries):
    """Layers that are replaced by others count as well."""
    finish(blob, blob.top, 4000000 // entries + 1)
    for name in ("ls", "inspect", "verify"):
        status, kib = peak([name, "a"], open(os.path.join(room, "shown"), "wb"))
        with open(os.path.join(room, "shown"), encoding="utf-8") as f:
            text = said() + f.read()
        tap.ok(status == 3 and kib <= LIMIT and "more than 4000000 entries" in text,
               f"{name}, {entries * (4000000 // entries + 1):,} entries: refused, within 64 MiB", status, kib, text[:1000])


def make_tree(top, entries):
    """Files of a few bytes, each another."""
    for at in range(0, entries, PER_DIRECTORY):
        directory = os.path.join(top, TOP_DIRECTORY, "package-%06d" % (at // PER_DIRECTORY))
        os.makedirs(directory)
        for i in range(at, min(at + PER_DIRECTORY, entries)):
            name = "module_%06x_%04d.py" % (i * 7919 * 65537 % 0xffffff, i % PER_DIRECTORY)
            write(os.path.join(directory, name), b"%d\n" % i)


def trees(entries):
    """So many files of the host; in the sandbox, if there is one, and beside a layer that goes through an unnamed file too."""
    most = LIMIT if FULL or "ENTRIES" in os.environ else SHORT["tree"] << 10
    top, out = os.path.join(room, "tree"), os.path.join(room, "out.tar")
    make_tree(top, entries)
    write(os.path.join(room, "large"), os.urandom(20 << 20))
    words = ["build", "--no-cache", "-j", "2", "--bin", "app", "--file", "large:/large", "--tree", "tree:/srv"]
    status, kib = peak([*words, "-o", "-"], open(out, "wb"))
    if "ENTRIES" in os.environ:
        print(f"# build --tree: {kib:,} KiB")
    tap.ok(status == 0 and kib <= most, f"build --tree, {entries:,} files: within {most >> 10} MiB",
           f"ended with {status}, at most {kib} KiB", said()[:1000])
    shown = subprocess.run([MKSCRATCH, "ls", "out.tar"], cwd=room, env=ENV, capture_output=True, check=False).stdout
    tap.ok(shown.count(b".py") == entries, "and all of them are in the image", shown.count(b".py"))
    shutil.rmtree(top)
    return kib


NO_ROOM = {
    "reasons": "the reasons have no room in a manifest (4194304 bytes, 200000 values): the image cannot tell why each path is there (why)",
    "recipe": "the recipe has no room in a manifest (4194304 bytes, 200000 values): the image cannot tell how it was made (verify --rebuild)",
}
# By name: the options, and which part of the record has no room for them.
VALUES = 100000
OPTIONS = {
    "file": ({"file": [f"app:/srv/{i // 300:04d}/{i:06d}.py" for i in range(VALUES)]}, ["recipe"]),
    "file and dir": ({"file": [f"app:/srv/{i // 300:04d}/{i:06d}.py" for i in range(0, VALUES, 2)],
                      "dir": [f"/srv/{i // 300:04d}/{i:06d}" for i in range(1, VALUES, 2)]}, ["reasons", "recipe"]),
    "dir": ({"dir": [f"/srv/{i // 300:04d}/{i:06d}" for i in range(VALUES)]}, []),
    "link": ({"link": [f"target-{i:06d}:/srv/{i // 300:04d}/{i:06d}" for i in range(VALUES)]}, []),
    "label": ({"label": [f"com.example.label-{i:06d}=value {i}" for i in range(VALUES)]}, []),
    "env": ({"env": [f"COM_EXAMPLE_{i:06d}=value {i}" for i in range(VALUES)]}, []),
    "passwd-entry": ({"passwd-entry": [f"u{i:06d}:{200000 + i}" for i in range(VALUES)]}, []),
    "group-entry": ({"group-entry": [f"g{i:06d}:{200000 + i}" for i in range(VALUES)]}, []),
    "file and cap": ({"file": [f"app:/srv/{i:06d}" for i in range(VALUES // 2)],
                      "cap": [f"/srv/{i:06d}=cap_kill" for i in range(VALUES // 2)]}, ["recipe"]),
}


# By name: what is done with an image of so many values, and with that of the kind before. In short with those of which the
# documents take the most.
READ = {
    "inspect --json": (0, ["inspect", "--json", "many.tar"]),
    "inspect --html": (0, ["inspect", "--html", "page.html", "many.tar"]),
    "build --base": (0, ["build", "--no-cache", "--bin", "app", "--base", "many.tar", "-o", "over.tar"]),
    "verify --rebuild": (0, ["verify", "--rebuild", "many.tar"]),
    "diff": (1, ["diff", "many.tar", "before.tar"]),
    "diff --json": (1, ["diff", "--json", "before.tar", "many.tar"]),
}
READ_IN_SHORT = ("label", "env")


def read_again(name, lacking):
    found = {}
    for verb, (wanted, words) in READ.items() if FULL or name in READ_IN_SHORT else ():
        status, kib = peak(words)
        if verb == "verify --rebuild" and "recipe" in lacking:
            wanted = 3
        found[f"{name}, {verb}"] = kib
        tap.ok(status == wanted and kib <= LIMIT, f"{verb}, {VALUES:,} values of {name}: within {LIMIT >> 10} MiB",
               f"ended with {status}, at most {kib} KiB", said()[:1000])
        if "ENTRIES" in os.environ:
            print(f"# {verb}, {name}: {kib:,} KiB")
    return found


def options():
    """Of each kind a hundred thousand values, which is close to the most there may be."""
    found = {}
    for name, (values, lacking) in OPTIONS.items():
        with open(os.path.join(room, "many.json"), "w", encoding="utf-8") as f:
            json.dump(values, f, separators=(",", ":"))
        status, found[name] = peak(["build", "--no-cache", "-j", "2", "--config", "many.json", "--bin", "app", "-o", "many.tar"])
        told = [part for part, text in NO_ROOM.items() if f"warning: {text}\n" in said()]
        tap.ok(status == 0 and found[name] <= LIMIT and told == lacking,
               f"build, {VALUES:,} values of {name}: within {LIMIT >> 10} MiB", f"ended with {status}, at most {found[name]} KiB",
               said()[:1000])
        status, found[name + ", plan"] = peak(["--config", "many.json", "--bin", "app", "-o", "none.tar", "--print", "plan"])
        tap.ok(status == 0 and found[name + ", plan"] <= LIMIT, f"--print plan, {VALUES:,} values of {name}: within {LIMIT >> 10} MiB",
               f"ended with {status}, at most {found[name + ', plan']} KiB", said()[:1000])
        p = subprocess.run([MKSCRATCH, "inspect", "many.tar"], cwd=room, env=ENV, capture_output=True, check=False)
        tap.ok(p.returncode == 0, f"{name}: and the image is read", p.stderr[:1000])
        if "ENTRIES" in os.environ:
            print(f"# build --{name}: {found[name]:,} KiB")
        if os.path.exists(os.path.join(room, "before.tar")):
            found |= read_again(name, lacking)
        os.replace(os.path.join(room, "many.tar"), os.path.join(room, "before.tar"))
    return found


def main():
    sizes = {}
    write(os.path.join(room, "app"), static_elf(), 0o755)
    subprocess.run([MKSCRATCH, "build", "--no-cache", "--bin", "app", "-o", "small.tar"], cwd=room, env=ENV, check=True,
                   stdout=subprocess.DEVNULL)
    for entries in MANY:
        for name in ("a", "b"):
            shutil.rmtree(os.path.join(room, name), ignore_errors=True)
        sizes[entries], blob = measure(entries)
    made = {entries: trees(entries) for entries in TREES}
    values = options()
    if FULL:
        refused(blob, MANY[-1])
    for name in ("a", "b"):
        shutil.rmtree(os.path.join(room, name))
    disk_fails()
    figures("entries", entries=[{"entries": n, "peak_kib": found} for n, found in sizes.items()],
            trees=[{"files": n, "peak_kib": kib} for n, kib in made.items()], values={"values": VALUES, "peak_kib": values},
            limit_kib=LIMIT, failed=tap.failed)


try:
    main()
finally:
    shutil.rmtree(room, ignore_errors=True)
tap.done()
