"""A file system as lines that can be compared: kind, mode, owner, size, path, link. usage: facts.py tar|ls FILE|-

tar: a tar of a whole file system; ls: what `mkscratch ls --json` prints. A hard link counts as the file it is."""
import json
import sys
import tarfile

# What engines put into every container.
ENGINES = {".dockerenv", "dev", "proc", "sys", "etc/hostname", "etc/hosts", "etc/resolv.conf", "etc/mtab"}
KINDS = {tarfile.DIRTYPE: "directory", tarfile.SYMTYPE: "symlink", tarfile.REGTYPE: "file", tarfile.AREGTYPE: "file"}


def plain(name):
    name = name.lstrip("/")
    while name.startswith("./"):
        name = name[2:]
    return name.rstrip("/")


def of_tar(path):
    found = {}
    with tarfile.open(fileobj=sys.stdin.buffer, mode="r|") if path == "-" else tarfile.open(path) as t:
        for m in t:
            name = plain(m.name)
            if m.type == tarfile.LNKTYPE:
                found[name] = found[plain(m.linkname)]
                continue
            kind = KINDS.get(m.type, "other")
            found[name] = (kind, m.mode & 0o7777, m.uid, m.gid, m.size if kind == "file" else 0,
                           m.linkname if kind == "symlink" else "")
    return found


def of_ls(path):
    with sys.stdin if path == "-" else open(path, encoding="utf-8") as f:
        entries = json.load(f)
    found = {e["path"]: (e["type"], int(e["mode"], 8), e["uid"], e["gid"], e["size"],
                         e.get("link", "") if e["type"] == "symlink" else "") for e in entries if e["type"] != "hardlink"}
    for e in entries:
        if e["type"] == "hardlink":
            found[e["path"]] = found[e["link"].lstrip("/")]
    return found


def main():
    found = (of_tar if sys.argv[1] == "tar" else of_ls)(sys.argv[2])
    for path in sorted(found):
        if path in ("", ".") or path in ENGINES or path.split("/")[0] in ("dev", "proc", "sys"):
            continue
        kind, mode, uid, gid, size, link = found[path]
        # Of a symlink's mode some file systems know nothing.
        print(kind, "-" if kind == "symlink" else f"{mode:04o}", f"{uid}:{gid}", size, path, link)


main()
