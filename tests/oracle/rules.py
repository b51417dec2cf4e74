#!/usr/bin/env python3
"""The loaders' rules, one small tree each, named by the rule: what is expected, what the real loader says, what we say.

    rules.py glibc|musl LOADER

Prints TAP. Run as root of a mount namespace of its own. Trees and expectations are in rules_glibc.py and rules_musl.py.
"""
import importlib
import os
import shutil
import sys

from arena import Arena
from tiny_elf import elf

PROGRAM = "/app/bin/prog"


def put(arena, path, what):
    """`what`: bytes, or ("link", text), ("hard", path), ("copy", path), ("dir",), ("elf", tags, options); a program gets its loader."""
    host = arena.top + path
    os.makedirs(os.path.dirname(host), exist_ok=True)
    if isinstance(what, bytes):
        with open(host, "wb") as f:
            f.write(what)
    elif what[0] == "link":
        os.symlink(what[1], host)
    elif what[0] == "hard":
        os.link(arena.top + what[1], host)
    elif what[0] == "copy":
        shutil.copy(arena.top + what[1], host)
    elif what[0] == "dir":
        os.makedirs(host, exist_ok=True)
    else:
        options = dict(what[2])
        if options.pop("program", False):
            options["interp"] = arena.interp
        with open(host, "wb") as f:
            f.write(elf(what[1], **options))
        os.chmod(host, 0o755)


def told(result, interp):
    """Paths, then "?name" for what is missing; the loader left out; "stops"."""
    if result is None:
        return "stops"
    paths, missing = result
    return " ".join([p for p in paths if p != interp] + ["?" + os.path.basename(m) for m in sorted(missing)])


def check(arena, case):
    for path, what in case["tree"].items():
        put(arena, path, what)
    program = case.get("program", PROGRAM)
    how = case.get("level"), case.get("library_path")
    if case.get("ldconfig"):        # the loader has a fresh cache, and we have what it was made from
        arena.ldconfig()
    theirs, text = arena.theirs(program, *how)
    if case.get("ldconfig"):
        os.unlink(arena.top + "/etc/ld.so.cache")
    ours, said = arena.ours(program, *how)
    faults = []
    if told(theirs, arena.interp) != case["want"]:
        faults.append(f"the loader says: {told(theirs, arena.interp)}\n{text}")
    if told(ours, arena.interp) != case.get("ours", case["want"]):
        faults.append(f"we say: {told(ours, arena.interp)}\n{said}")
    if "ours" not in case and not arena.same(ours, theirs):
        faults.append(f"in another order: {ours}\nthan: {theirs}")
    return faults and [f"want: {case['want']}"] + faults


def main():
    libc, loader = sys.argv[1:3]
    cases = importlib.import_module("rules_" + libc).CASES
    arena, failed = Arena(libc, loader), 0
    try:
        for n, (name, case) in enumerate(cases.items(), 1):
            if case.get("level") not in arena.levels:
                print(f"ok {n} - {name} # SKIP cannot: this CPU has no level {case['level']}")
                continue
            if arena.version >= case.get("before", sys.maxsize):
                print(f"ok {n} - {name} # SKIP cannot: this loader is too new")
                continue
            faults = check(arena, case)
            failed += bool(faults)
            print(f"{'not ok' if faults else 'ok'} {n} - {name}")
            for fault in faults:
                print("# " + fault.strip().replace("\n", "\n# "))
            arena.clean()
    finally:
        arena.close()
    print(f"1..{len(cases)}")
    sys.exit(failed != 0)


if __name__ == "__main__":
    main()
