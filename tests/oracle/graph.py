"""Random trees of libraries below a directory: what distributions never ship, but loaders have rules for.

A tree is made from one random.Random alone, so a seed gives it again.
"""
import os
import struct

from tiny_elf import (AARCH64, AUXILIARY, DYN, FILTER, FLAGS_1, I386, NEEDED, NODEFLIB, PIE, RPATH, RUNPATH, SONAME,
                      elf)

NAMES = ["liba.so", "libb.so.1", "libc1.so.2", "libd.so.10", "libe.so.9", "libf.so", "libg.so", "libh.so.0"]
DIRS = ["/d0", "/d1", "/d1/sub", "/d2", "/app/lib", "/app/bin"]
SYSTEM = {"glibc": ["/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib", "/usr/lib"],
          "musl": ["/lib", "/usr/local/lib", "/usr/lib"]}
SUBDIRS = ["glibc-hwcaps/x86-64-v2", "glibc-hwcaps/x86-64-v3", "glibc-hwcaps/x86-64-v4", "tls", "x86_64", "tls/x86_64"]


class Graph:
    def __init__(self, rng, top, libc, interp):
        self.rng, self.top, self.libc, self.interp = rng, top, libc, interp
        self.files = []              # paths of what may be linked to
        self.auxiliaries = set()     # what may be missing
        self.loader = os.path.basename(interp)
        self.wild = rng.random() < 0.3      # some trees are gentle, so that whole lists are compared
        self.dirs = rng.sample(DIRS, rng.randint(2, len(DIRS))) + rng.sample(SYSTEM[libc], 2)

    def chance(self, p):
        return self.rng.random() < p

    def host(self, path):
        return self.top + path

    def put(self, path, data):
        os.makedirs(os.path.dirname(self.host(path)), exist_ok=True)
        if os.path.lexists(self.host(path)):
            return False
        with open(self.host(path), "wb") as f:
            f.write(data)
        os.chmod(self.host(path), 0o755)
        self.files.append(path)
        return True

    # --- names ---

    def directory(self):
        """One element of a search path."""
        r = self.rng
        plain = r.choice(self.dirs)
        return r.choices([
            plain, plain + "/", plain + "//", "/ln" + str(r.randint(0, 1)), "$ORIGIN", "${ORIGIN}/../lib", "$ORIGIN/sub",
            "/none", "/d1/../d0", "/", plain[1:], "", "$LIB", "/x/$LIB", "$ORIGINX", "/d0/$FOO", "/file", "file",
            "./d0", "/$PLATFORM",
        ], [30, 3, 1, 6, 8, 4, 4, 4, 2, 1, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1])[0]

    def search_path(self):
        return ":".join(self.directory() for _ in range(self.rng.randint(1, 4)))

    def name(self):
        r = self.rng
        plain = r.choice(NAMES)
        if self.chance(0.88 if self.wild else 0.97):
            return plain
        return r.choice([self.loader, "libnone.so", r.choice(self.dirs) + "/" + plain, "$ORIGIN/" + plain,
                         "d0/" + plain, "./" + plain, "/d1/../d0/" + plain, "${ORIGIN}/../lib/" + plain,
                         self.interp, "libself.so", "/x/$LIB/" + plain, "$FOO" + plain]
                        + (["libc.so", "libm.so.6"] if self.libc == "musl" else [""]))

    # --- files ---

    def tags(self, program):
        r, tags = self.rng, []
        for _ in range(r.randint(1, 5) if program else r.choice([0, 0, 1, 1, 2, 3])):
            kind = NEEDED
            if not program and self.chance(0.08):
                kind = r.choice([FILTER, AUXILIARY])
            tags.append((kind, self.name()))
            if kind == AUXILIARY:
                self.auxiliaries.add(os.path.basename(tags[-1][1]))
        for tag, p in ((RPATH, 0.3), (RUNPATH, 0.35)):
            if self.chance(p + 0.2 * program):
                tags.append((tag, self.search_path() if self.chance(0.95) else ""))
        flags = (NODEFLIB if self.chance(0.06) else 0) | (PIE if program and self.chance(0.7) else 0)
        if flags:
            tags.append((FLAGS_1, flags))
        r.shuffle(tags)
        return tags

    def library(self, path):
        """A file, or what stands in its place."""
        r = self.rng
        tags = self.tags(False)
        if self.chance(0.7):
            tags.insert(r.randint(0, len(tags)), (SONAME, os.path.basename(path) if self.chance(0.8) else r.choice(NAMES)))
        if self.files and self.chance(0.12):
            return self.link(path)
        odd = r.random()
        if self.libc == "musl" and odd < 0.06:
            odd = 1                  # it would map them and fall over; we stop, as a suite of its own shows
        if odd < 0.03:
            return self.put(path, elf(tags, machine=AARCH64))
        if odd < 0.06:
            return self.put(path, elf(tags, bits=32, machine=I386))
        if odd < 0.065:
            return self.put(path, elf(tags, osabi=3))
        if self.wild and odd < 0.10:
            return self.harm(path, tags)
        return self.put(path, elf(tags))

    def harm(self, path, tags):
        """What a loader stops at, or gives a directory up for."""
        r = self.rng
        what = r.randint(0, 8)
        if what == 0:
            return self.put(path, b"INPUT(libx.so)\n")
        if what == 1:
            return self.put(path, b"")
        if what == 2:
            return os.path.lexists(self.host(path)) or os.makedirs(self.host(path))
        if what == 3:
            return self.put(path, elf(tags + [(FLAGS_1, PIE)]))
        if what == 4:
            return self.put(path, elf(tags, dynamic=False))
        if what == 5 and self.libc == "glibc":       # musl does not ask, and we stop
            return self.put(path, elf(tags, osabi=9))
        if what == 6:
            return self.put(path, elf(tags, kind=1))
        return self.symlink(os.path.basename(path), path)

    def symlink(self, target, path):
        os.makedirs(os.path.dirname(self.host(path)), exist_ok=True)
        if not os.path.lexists(self.host(path)):
            os.symlink(target, self.host(path))

    def link(self, path):
        to = self.rng.choice(self.files)
        how = self.rng.randint(0, 4)
        if how == 0 and os.path.isfile(self.host(to)) and not os.path.islink(self.host(to)):
            os.makedirs(os.path.dirname(self.host(path)), exist_ok=True)
            if not os.path.lexists(self.host(path)):
                os.link(self.host(to), self.host(path))
        elif how == 1:
            self.symlink(os.path.relpath(to, os.path.dirname(path)), path)
        elif how == 2:
            self.symlink("/../.." + to, path)
        elif how == 3:
            self.symlink("/nowhere", path)
        else:
            self.symlink(to, path)

    def make(self):
        r = self.rng
        for i in (0, 1):
            self.symlink(r.choice(self.dirs), "/ln" + str(i))
        self.put("/file", b"no directory\n")
        for _ in range(r.randint(3, 14)):
            where = r.choice(self.dirs + (["/x/lib/x86_64-linux-gnu"] if self.chance(0.05) else []))
            if self.libc == "glibc" and self.chance(0.15):
                where += "/" + r.choice(SUBDIRS)
            name = r.choice(NAMES) if self.chance(0.97) else "libother.so"
            self.library(where + "/" + name)
        # Most names lead somewhere in the end, so that most lists are whole.
        for name in NAMES:
            if self.chance(0.5 if self.wild else 0.85):
                self.put(r.choice(SYSTEM[self.libc]) + "/" + name, elf(self.tags(False) + [(SONAME, name)]))
        program = "/app/bin/prog"
        self.put(program, elf(self.tags(True), interp=self.interp, kind=DYN))
        if self.chance(0.1) and not os.path.lexists(self.host("/d0/libself.so")):
            os.makedirs(self.host("/d0"), exist_ok=True)
            if self.chance(0.5):
                os.link(self.host(program), self.host("/d0/libself.so"))
            else:
                os.symlink(self.interp, self.host("/d0/libself.so"))
        if self.libc == "glibc" and self.chance(0.4):
            self.cache()
        if self.libc == "musl" and self.chance(0.3):
            self.path_file()
        return program

    def path_file(self):
        sep = self.rng.choice([":", "\n"])
        text = sep.join(self.rng.choice(self.dirs + ["", "d0"]) for _ in range(self.rng.randint(0, 4)))
        self.put("/etc/ld-musl-x86_64.path", text.encode())

    # --- ld.so.cache ---

    def cache(self):
        """New layout, behind an old one at times; names of variants in the extension area."""
        r, rows, variants = self.rng, [], sorted(s.split("/")[1] for s in SUBDIRS if s.startswith("glibc-hwcaps"))
        for path in self.files:
            if ".so" not in path or self.chance(0.4):
                continue
            hwcap = 0
            for i, v in enumerate(variants):
                if "/" + v + "/" in path:
                    hwcap = 1 << 62 | i
            if path.split("/")[-2] == "tls":
                hwcap = 1 << 63
            elif "/tls/" in path or "/x86_64/" in path:
                continue
            name = os.path.basename(path) if self.chance(0.9) else r.choice(NAMES)
            rows.append((name, r.choice([0x303] * 6 + [3, 0xA03]), path if self.chance(0.93) else "/gone" + path, hwcap))
        rows.sort(key=lambda row: (order(row[0]), row[1], row[3] != 0 and row[3] >> 62 == 1, row[3]), reverse=True)
        old = b""
        if self.chance(0.2):
            old = b"ld.so-1.7.0\0" + struct.pack("<I", 0)
        self.put("/etc/ld.so.cache", old + cache_bytes(rows, variants, len(old)))
        self.files.pop()


def order(name):
    """A key by which names sort as in a cache: digits behind all else, and by their value."""
    key, i = [], 0
    while i < len(name):
        j = i
        while j < len(name) and name[j].isdigit():
            j += 1
        key.append((1, int(name[i:j])) if j > i else (0, ord(name[i])))
        i = max(j, i + 1)
    return key


def cache_bytes(rows, variants, base):
    strings, at = bytearray(), {}
    start = 48 + 24 * len(rows)

    def text(s):
        if s not in at:
            at[s] = start + len(strings)
            strings.extend(s.encode() + b"\0")
        return at[s]

    table = b"".join(struct.pack("<iIIIQ", flags, text(name), text(path), 0, hwcap) for name, flags, path, hwcap in rows)
    names = [base + text(v) for v in variants]     # found by their place in the file, unlike the others
    while (start + len(strings)) % 4:
        strings += b"\0"
    extension = base + start + len(strings)
    head = b"glibc-ld.so.cache1.1" + struct.pack("<IIB3xI12x", len(rows), len(strings), 2, extension)
    area = struct.pack("<II", 0xEAA42174, 1) + struct.pack("<IIII", 1, 0, extension + 24, 4 * len(names))
    return head + table + bytes(strings) + area + struct.pack(f"<{len(names)}I", *names)
