"""Words for the tables of rules."""
from tiny_elf import AUXILIARY, FILTER, FLAGS_1, NEEDED, NODEFLIB, PIE, RPATH, RUNPATH, SONAME


def tags(needed, soname=None, rpath=None, runpath=None, filters=(), auxiliaries=(), nodeflib=False):
    out = [(FILTER, n) for n in filters] + [(AUXILIARY, n) for n in auxiliaries] + [(NEEDED, n) for n in needed]
    for tag, value in ((SONAME, soname), (RPATH, rpath), (RUNPATH, runpath)):
        if value is not None:
            out.append((tag, value))
    return out + ([(FLAGS_1, NODEFLIB)] if nodeflib else [])


HEADER = "machine", "bits", "kind", "osabi", "abiversion", "padding", "dynamic"


def lib(*needed, extra=(), **facts):
    options = {name: facts.pop(name) for name in HEADER if name in facts}
    return ("elf", tags(needed, **facts) + list(extra), options)


def prog(*needed, extra=(), interp=None, **facts):
    return ("elf", tags(needed, **facts) + [(FLAGS_1, PIE | (NODEFLIB if facts.get("nodeflib") else 0))] + list(extra),
            {"interp": interp} if interp else {"program": True})


def link(text):
    return ("link", text)


def hard(path):
    return ("hard", path)


def copy(path):
    return ("copy", path)


DIR = ("dir",)


def case(want, app, tree=None, **how):
    """`app` is the program, `tree` the other files by their paths."""
    return {"want": want, "tree": {"/app/bin/prog": app, **(tree or {})}, **how}
