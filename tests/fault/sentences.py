"""What the system refuses is told in the words that are meant for it: each row has the line, the call that fails, and how."""
import errno

from common import *

tap = Tap()
inject = need_inject(tap)
room = Room()
static = ["--no-cache", "-j", "1", "-q", "--bin", "../in/app"]
bases = room.prepare("bases", [*static, "-o", "img.tar", "-o", "l/"])
recipe = room.prepare("recipe")
write(os.path.join(recipe, "r.json"), b"{}")
linked = room.prepare("linked")
shutil.copytree(os.path.join(room.top, "in/root"), os.path.join(linked, "root"), symlinks=True)
os.rename(os.path.join(linked, "root/lib/libtwo.so.2"), os.path.join(linked, "root/lib/real"))
os.symlink("real", os.path.join(linked, "root/lib/libtwo.so.2"))

def files(top):
    return {n: v for n, v in snapshot(top).items() if v[1] != "lock"}


def row(line, calls, error, words, prepared=None, status=5, otherwise=0):
    """Some call of one of those names, when it fails so, leads to this line, and nothing has changed then. A line
    that ends with a full stop is the whole, without what the system said. A run that is let be ends with `otherwise`.
    END: the call reads nothing, as at the end of a file."""
    room.reset(prepared)
    made = [(name, nth) for name, nth, _, _ in calls_of(room, inject, words, otherwise == 0) if name in calls.split()]
    want = f"mkscratch: {line} ({os.strerror(error)})" if status == 5 and line[-1] != "." else line.rstrip(".")
    others = set()
    for name, nth in reversed(made):
        room.reset(prepared)
        before = files(room.work)
        ran = run(room, words, around=[inject, "-n", f"{name}:{nth}", "-a", END if error == END else f"error={error}"])
        said = ran.err.decode("utf-8", "backslashreplace").splitlines()
        if want in said and ran.status == status and (not status or files(room.work) == before):
            tap.ok(True, line)
            return
        others.update(said)
    tap.ok(False, line, f"{words}: none of {len(made)} calls of {calls} leads to it, but to:", *sorted(others))


END = "short=0"
EIO, EACCES, EMFILE, ENOLCK = errno.EIO, errno.EACCES, errno.EMFILE, errno.ENOLCK
STAT = "fstat newfstatat"
rooted = ["--no-cache", "-j", "1", "-q", "--root", "../in/root", "--bin", "../in/dyn", "--tree", "../in/site:/srv"]
tree = [*rooted, "-o", "img.tar"]
row("../in/app: read failed", "pread64", EIO, [*static, "-o", "img.tar"])
row("img.tar: sync failed", "fsync", EIO, [*static, "-o", "img.tar"])
row("img.tar: cannot replace", "renameat", EIO, [*static, "-o", "img.tar"])
row("warning: cache ../cache: cannot examine (Input/output error); nothing is cached", STAT, EIO,
    ["-j", "1", "--bin", "../in/app", "--cache", "../cache", "-o", "img.tar"], status=0)
row("../in/app: cannot stat", STAT, EIO, [*static, "-o", "img.tar"])
row("--config r.json: cannot open", "openat", EACCES, ["-n", "--config", "r.json", "--bin", "../in/app"], recipe)
row("--root ../in/root: cannot open", "openat", EMFILE, tree)
row("../in/site: cannot list", "fcntl", EMFILE, tree)
row("../in/site: cannot list", "getdents64", EIO, tree)
row("../in/site: cannot examine", STAT, EIO, tree)
row("../in/app: cannot examine", STAT, EIO, [*static, "-o", "img.tar"])
row("../in/app: cannot examine", "fcntl", EMFILE, [*static, "--auto", "-o", "img.tar"])
row("warning: ../in/app: cannot examine (Too many open files)", "fcntl", EMFILE,
    ["--no-cache", "-j", "1", "--bin", "../in/app", "-o", "img.tar"], status=0)
row("../in/root: cannot examine", "fcntl", EMFILE, tree)
row("l/index.json: cannot examine", STAT, EIO, [*static, "-o", "l"], bases)
row("l/blobs: cannot open", "openat", EACCES, [*static, "-o", "l/"])
row("l/blobs/sha256: cannot create", "mkdirat", EIO, [*static, "-o", "l/"])
row("l/blobs/sha256: cannot open", "openat", EMFILE, [*static, "-o", "l/"])
row("l/.mkscratch.lock: cannot lock", "flock", EIO, [*static, "-o", "l/"])
row("warning: l: this file system has no locks; do not write to it from two processes", "flock", ENOLCK,
    ["--no-cache", "-j", "1", "--bin", "../in/app", "-o", "l/"], status=0)
row("l/blobs/sha256: cannot open", "openat", EACCES, ["verify", "l"], bases)
row("img.tar: cannot read", "fcntl", EMFILE, ["verify", "img.tar"], bases)
row("img.tar: cannot open", "openat", EACCES, ["verify", "img.tar"], bases)
row("mkscratch: /lib/: changed while it was being read.", "openat", EIO,
    ["-n", "--no-cache", "--root", "../in/root", "--link", "x:/y", "--library-path", "/lib/../lib", "--bin", "../in/dyn", "-o", "img.tar"])
row("mkscratch: --base l: layer 1: is gone.", "openat", errno.ENOENT, [*static, "--base", "l", "-o", "new.tar"], bases, status=7)
row("mkscratch: --base l: layer 1: changed while it was being read.", "read pread64", END, [*static, "--base", "l", "-o", "new.tar"],
    bases, status=7)
big = room.prepare("big")
write(os.path.join(big, "big"), os.urandom(3 << 20))
row("mkscratch: new.tar: ends early (2883584 of 3152384 bytes).", "pread64", END,
    [*static, "--compress", "none", "--layers", "single", "--file", "big:/big", "-o", "new.tar", "-o", "l/"], big)
dynamic = ["--no-cache", "-j", "1", "-q", "--root", "../in/root", "--bin", "../in/dyn"]
built = room.prepare("built", [*dynamic, "-o", "img.tar"], [*static[:-1], "../in/app:/dyn", "-o", "other.tar"])
row("staging file: cannot begin anew", "lseek", EIO, ["verify", "img.tar"], built)
row("staging file: cannot be lent", "fcntl", EMFILE, ["verify", "img.tar"], built)
for what in ("--base: ", "", "in the image: "):
    row(what + "staging file: cannot begin anew", "lseek", EIO,
        [*static[:-1], "../in/dyn:/other", "--base", "img.tar", "-o", "x.tar"], built)
row("verify --rebuild: cannot begin anew", "lseek", EIO, ["verify", "--rebuild", "img.tar"], built)
row("verify --rebuild: cannot wait for the process that reads the images", "wait4", EIO, ["verify", "--rebuild", "img.tar"], built)
row("verify --rebuild: cannot start a process", "clone", errno.EAGAIN, ["verify", "--rebuild", "img.tar"], built)
row("/lib/libtwo.so.2: cannot read the link", "readlinkat", EIO, ["-n", "--no-cache", "--root", "root", "--bin", "../in/dyn", "-o", "x.tar"], linked)


def absent(option, first, line, hint):
    """From the first of the places on, where such files of this machine are, there are none."""
    words = ["-n", "--no-cache", "--bin", "../in/app", option, "-o", "img.tar"]
    room.reset()
    at = [f"{name}:{n}+" for name, n, _, path in calls_of(room, inject, words, False) if path == first]
    ran = run(room, words, around=[inject, "-n", at[0], "-a", f"error={errno.ENOENT}"]) if at else None
    said = ran.err.decode().splitlines() if ran else []
    tap.ok(ran and ran.status == 3 and said[-2:] == [line, hint], hint, at, ran)


absent("--certs", "etc", "mkscratch: CA bundle: none found in / (looked in 6 places)",
       "hint: apt-get install ca-certificates, or --certs=FILE")
absent("--tz", "/usr/share/zoneinfo", "mkscratch: zoneinfo: no zones found in / (looked in /usr/share/zoneinfo)",
       "hint: apt-get install tzdata, dnf install tzdata or apk add tzdata")


def endless(line, words, prepared=None):
    """Where directories have no end, the list has."""
    room.reset(prepared)
    ran = run(room, words, env={"LD_PRELOAD": shim})
    tap.ok(ran.status == 3 and ran.line == f"mkscratch: {line}", line, words, ran)


shim = tool("endless", "-shared", "-fPIC")
endless("../in/site: more than 1000000 entries", ["-n", *tree])
endless("l/blobs/sha256: more than 100000 entries", ["verify", "l"], bases)
room.remove()
tap.done()
