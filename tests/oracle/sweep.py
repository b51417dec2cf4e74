#!/usr/bin/env python3
"""Every dynamic ELF file below the given directories, resolved by one call of `mkscratch deps` and by ld.so itself.

    sweep.py SHARE DIR...

SHARE: one file of so many is taken. Loaders of this machine run as they are, those of cross packages under qemu-user.
Prints what differs and a count.
"""
import json
import os
import shutil
import stat
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import loaders

BATCH = 200
NATIVE = {"x86_64": [("amd64", 62, 2, "<"), ("386", 3, 1, "<")], "aarch64": [("arm64", 183, 2, "<")]}
# Name, e_machine, class, order, loader, root, what runs it. A root of its own is that of Debian's cross packages.
SYSTEMS = [
    ("amd64", 62, 2, "<", "/lib64/ld-linux-x86-64.so.2", "/", None),
    ("386", 3, 1, "<", "/lib/ld-linux.so.2", "/", None),
    ("arm64", 183, 2, "<", "/lib/ld-linux-aarch64.so.1", "/", None),
    ("arm64", 183, 2, "<", "/lib/ld-linux-aarch64.so.1", "/usr/aarch64-linux-gnu", "qemu-aarch64-static"),
    ("armhf", 40, 1, "<", "/lib/ld-linux-armhf.so.3", "/usr/arm-linux-gnueabihf", "qemu-arm-static"),
    ("riscv64", 243, 2, "<", "/lib/ld-linux-riscv64-lp64d.so.1", "/usr/riscv64-linux-gnu", "qemu-riscv64-static"),
    ("ppc64le", 21, 2, "<", "/lib64/ld64.so.2", "/usr/powerpc64le-linux-gnu", "qemu-ppc64le-static"),
    ("s390x", 22, 2, ">", "/lib/ld64.so.1", "/usr/s390x-linux-gnu", "qemu-s390x-static"),
]


def identify(path):
    """(machine, class, order) of an ELF program or library with a dynamic section, else None."""
    try:
        with open(path, "rb") as f:
            head = f.read(64)
            if len(head) < 52 or head[:4] != b"\x7fELF":
                return None
            wide, order = head[4] == 2, "<" if head[5] == 1 else ">"
            kind, machine = struct.unpack_from(order + "HH", head, 16)
            f.seek(struct.unpack_from(order + ("Q" if wide else "I"), head, 32 if wide else 28)[0])
            size, count = struct.unpack_from(order + "HH", head, 54 if wide else 42)
            table = f.read(size * count)
            kinds = {struct.unpack_from(order + "I", table, i * size)[0] for i in range(count)}
    except (OSError, ValueError, struct.error):
        return None
    return (machine, head[4], order) if kind in (2, 3) and 2 in kinds else None


def find(dirs):
    seen, found = set(), {}
    for top in dirs:
        for at, names, files in os.walk(top):
            names.sort()
            for name in sorted(files):
                path = os.path.join(at, name)
                # What can be loaded is executable or called so; the rest need not be opened.
                st = os.lstat(path)
                if not stat.S_ISREG(st.st_mode) or not (st.st_mode & 0o111 or ".so" in name):
                    continue
                if (st.st_dev, st.st_ino) in seen:
                    continue
                seen.add((st.st_dev, st.st_ino))
                path = os.path.realpath(path)
                what = identify(path)
                if what:
                    found.setdefault(what, []).append(path)
    return found


def ours(root, files):
    """By file: ([paths], {missing}), or None where we stop. A file at which we stop ends a call, so the rest is asked again."""
    result, todo = {}, list(files)
    while todo:
        batch = todo[:BATCH]
        p = subprocess.run([os.environ["MKSCRATCH"], "deps", "--json", "--dlopen", "none", "--root", root] + batch,
                           capture_output=True, text=True)
        lines = p.stdout.splitlines()
        for path, line in zip(batch, lines):
            d = json.loads(line)
            result[path] = [o["path"] for o in d["objects"]], {m["name"] for m in d["missing"]}
        if len(lines) < len(batch):
            result[batch[len(lines)]] = None
        todo = todo[len(lines) + (len(lines) < len(batch)):]
    return result


def theirs(system, path):
    loader, root, runner = system[4:]
    env, argv = {"LD_TRACE_LOADED_OBJECTS": "1"}, [loader, path]
    if runner:
        argv = [runner, "-L", root, "-E", "LD_TRACE_LOADED_OBJECTS=1", root + loader, path[len(root):]]
        env = {"PATH": os.environ["PATH"]}
    p = subprocess.run(argv, env=env, capture_output=True, text=True, close_fds=False)
    text = p.stdout + p.stderr
    if runner:
        text = text.replace(root + loader, loader)      # which is its name for itself when it is started so
    return loaders.parse_glibc(p.returncode, text), text


def works(system):
    loader, root, runner = system[4:]
    if runner:
        return os.path.exists(root + loader) and shutil.which(runner)
    return os.path.exists(loader) and system[:4] in NATIVE.get(os.uname().machine, [])


def same(our, their, loader):
    """The loader is told by ld.so where something needs it, and by us always."""
    if our is None or their is None:
        return our is their
    paths, missing = our
    if loader not in their[0] and paths and paths[-1] == loader:
        paths = paths[:-1]
    # A name with tokens stands for itself with us, for what it leads to with ld.so.
    base = [{os.path.basename(n) for n in names} for names in (missing, their[1])]
    return paths == their[0] and base[0] == base[1]


def is_musls(our):
    """A library made for musl (rustup has some), for which glibc's loader has nothing to say."""
    return our is not None and any(os.path.basename(p).startswith("ld-musl-") for p in our[0])


def compare(system, files):
    """How many differ."""
    name, loader = system[0], system[4]
    our, differ = ours(system[5], files), 0
    files = [f for f in files if not is_musls(our[f])]
    with ThreadPoolExecutor(2) as pool:
        for path, (their, text) in zip(files, pool.map(lambda f: theirs(system, f), files)):
            if same(our[path], their, loader):
                continue
            differ += 1
            if differ <= 10:
                print(f"{path}\n  ld.so: {their} {text if their is None else ''}\n  ours:  {our[path]}")
    print(f"{name}: {len(files)} files, {differ} differ")
    return differ


def main():
    share, found = int(sys.argv[1]), find(sys.argv[2:])
    compared = differ = 0
    roots = [s[5] + "/" for s in SYSTEMS if s[5] != "/"]
    for system in SYSTEMS:
        root = system[5]
        files = [f for f in found.get(system[1:4], [])
                 if f.startswith(root) and (root != "/" or not f.startswith(tuple(roots)))]
        if files and works(system):
            files = files[::share]
            differ += compare(system, files)
            compared += len(files)
    print(f"{compared} files compared, {differ} differ")
    sys.exit(differ != 0)


main()
