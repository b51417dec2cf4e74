"""What the torture tests share: inputs, scenarios, the injector, states of a directory, TAP and figures.

A test is a program of this folder; `--full` is the long form (make torture), otherwise it is done within a minute (make
check). It prints TAP; its figures go to $BUILD/fault/NAME.json, from which report.py makes tests/TORTURE.md. Environment:
MKSCRATCH, BUILD, TOP, as tests/lib.sh sets them.
"""
import hashlib
import json
import os
import pickle
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import traceback

TOP = os.environ.get("TOP") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD") or os.path.join(TOP, "build")
MKSCRATCH = os.environ.get("MKSCRATCH") or os.path.join(BUILD, "mkscratch")
FULL = "--full" in sys.argv
sys.path[:0] = [os.path.join(TOP, "tests", "oracle"), os.path.join(TOP, "oci-layout-spec", "fixture")]
sys.dont_write_bytecode = True

import make_inputs  # noqa: E402
import tiny_elf  # noqa: E402

LOADER = "/lib64/ld-linux-x86-64.so.2"
ENV = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TMPDIR": "/tmp"}
LOCK = ".mkscratch.lock"
LARGEST = 1 << 30                       # of a longer file a snapshot has the size alone


class Tap:
    def __init__(self):
        self.run = self.failed = 0

    def ok(self, good, name, *remarks):
        self.run += 1
        self.failed += not good
        print(f"{'' if good else 'not '}ok {self.run} - {name}", flush=True)
        if not good:
            for line in "\n".join(map(str, remarks)).splitlines()[:400 if FULL else 60]:
                print("#", line.encode("ascii", "backslashreplace").decode())

    def skip(self, name, reason):
        self.run += 1
        print(f"ok {self.run} - {name} # SKIP {reason}", flush=True)

    def done(self):
        print(f"1..{self.run}")
        sys.exit(1 if self.failed else 0)


def figures(name, **values):
    """Leave what was measured for the report."""
    os.makedirs(os.path.join(BUILD, "fault"), exist_ok=True)
    with open(os.path.join(BUILD, "fault", name + ".json"), "w", encoding="utf-8") as f:
        json.dump({"full": FULL, **values}, f, indent=1, sort_keys=True)
        f.write("\n")


def tool(name, *flags):
    """Build a C program of tests/tools; None where the compiler or machine cannot."""
    out = os.path.join(BUILD, "fault", name)
    source = os.path.join(TOP, "tests", "tools", name + ".c")
    os.makedirs(os.path.dirname(out), exist_ok=True)
    if not os.path.exists(out) or os.path.getmtime(out) < os.path.getmtime(source):
        temporary = f"{out}.{os.getpid()}"
        if subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", temporary, source, *flags], check=False).returncode:
            return None
        os.rename(temporary, out)
    return out


def static_elf():
    return make_inputs.elf_exit0(tiny_elf.X86_64)


def write(path, data, mode=0o644):
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


class Room:
    """A directory with `in/` (inputs, never written) and `w/`, where a scenario runs."""

    def __init__(self):
        self.top = tempfile.mkdtemp(prefix="mkscratch-fault.")
        os.chmod(self.top, 0o755)
        self.work = os.path.join(self.top, "w")
        inputs = os.path.join(self.top, "in")
        make_inputs.main(inputs)
        shutil.copy(os.path.join(TOP, "oci-layout-spec", "fixture", "certs.pem"), inputs)
        elf = tiny_elf.elf
        for name, needed in (("libone.so.1", ["libtwo.so.2"]), ("libtwo.so.2", []), ("../lib64/ld-linux-x86-64.so.2", [])):
            soname = os.path.basename(name)
            tags = [(tiny_elf.NEEDED, n) for n in needed] + [(tiny_elf.SONAME, soname)]
            write(os.path.join(inputs, "root/lib", name), elf(tags), 0o755)
        dyn = elf([(tiny_elf.NEEDED, "libone.so.1")], interp=LOADER)
        write(os.path.join(inputs, "dyn"), dyn, 0o755)
        self.reset()

    def reset(self, prepared=None):
        shutil.rmtree(self.work, ignore_errors=True)
        if prepared:
            shutil.copytree(prepared, self.work, symlinks=True)
        else:
            os.mkdir(self.work)

    def prepare(self, name, *commands):
        """A state of `w/` to begin from: what these command lines leave."""
        self.reset()
        for words in commands:
            run(self, words, check=True)
        kept = os.path.join(self.top, "state-" + name)
        shutil.copytree(self.work, kept, symlinks=True)
        return kept

    def move(self):
        """Go to a copy of the inputs, for a process that shares this room with others."""
        top = tempfile.mkdtemp(prefix="mkscratch-fault.")
        os.chmod(top, 0o755)
        for name in os.listdir(self.top):
            if not name.startswith("state-") and name != "w":
                path = os.path.join(self.top, name)
                to = os.path.join(top, name)
                if os.path.isdir(path):
                    shutil.copytree(path, to, symlinks=True)
                else:
                    shutil.copy2(path, to)
        self.top, self.work = top, os.path.join(top, "w")

    def remove(self):
        shutil.rmtree(self.top, ignore_errors=True)


def spread(room, totals, work, points):
    """What work(point) finds wrong, for all points, shared out over the processors: each has a room of its own. What it
    counts in `totals` is added up; of what begins with `most` the largest is kept."""
    n = max(1, min(len(os.sched_getaffinity(0)), len(points)))
    parts = [worker(room, totals, work, points[i::n]) for i in range(n)]
    faults = []
    for pid, pipe in parts:
        with pipe:
            text = pipe.read()
        if os.waitpid(pid, 0)[1] or not text:
            raise SystemExit("a worker of a test ended early")
        counted, found = pickle.loads(text)
        for key, value in counted.items():
            totals[key] = max(totals[key], value) if key.startswith("most") else totals[key] + value
        faults += found
    return faults


def worker(room, totals, work, points):
    ours, theirs = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        os.close(theirs)
        return pid, os.fdopen(ours, "rb")
    status = 1
    try:
        os.close(ours)
        room.move()
        totals.update(dict.fromkeys(totals, 0))
        faults = [f for p in points if (f := work(p))]
        room.remove()
        with os.fdopen(theirs, "wb") as f:
            f.write(pickle.dumps((totals, faults)))
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)


class Ran:
    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err
        self.line = err.decode("utf-8", "backslashreplace").split("\n")[0]

    def __str__(self):
        return f"status {self.status}\n{self.err.decode('utf-8', 'backslashreplace')}"


def run(room, words, around=(), check=False, seconds=60, env=None, program=None):
    p = subprocess.run([*around, program or MKSCRATCH, *words], cwd=room.work, env={**ENV, **(env or {})},
                       stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False)
    if check and p.returncode:
        raise SystemExit(f"{words} ended with {p.returncode}: {p.stderr.decode()}")
    return Ran(p.returncode, p.stdout, p.stderr)


def snapshot(top):
    """What lies below: name -> kind, mode and content. Of a lock file only that it is there."""
    out = {}
    for at, dirs, names in os.walk(top):
        for name in dirs + names:
            path = os.path.join(at, name)
            st = os.lstat(path)
            if stat.S_ISREG(st.st_mode):
                with open(path, "rb") as f:
                    what = "lock" if name == LOCK else st.st_size if st.st_size > LARGEST else \
                        hashlib.sha256(f.read()).hexdigest()
            else:
                what = os.readlink(path) if stat.S_ISLNK(st.st_mode) else ""
            out[os.path.relpath(path, top)] = (oct(st.st_mode), what)
    return out


def temporaries(top):
    return [n for n in snapshot(top) if ".mkscratch-" in os.path.basename(n)]


def layout_faults(top):
    """What is wrong with a layout directory, by its digests alone; no index: there is no image yet."""
    index = os.path.join(top, "index.json")
    if not os.path.exists(index):
        return []
    faults = []

    def blob(d):
        path = os.path.join(top, "blobs", *d["digest"].split(":"))
        try:
            with open(path, "rb") as f:
                data = f.read()
        except OSError as e:
            faults.append(str(e))
            return None
        if hashlib.sha256(data).hexdigest() != d["digest"].split(":")[1] or len(data) != d["size"]:
            faults.append(f"{path}: not what its descriptor says")
        return data

    with open(index, "rb") as f:
        entries = json.load(f)["manifests"]
    for d in entries:
        data = blob(d)
        if data:
            m = json.loads(data)
            for part in [m["config"], *m["layers"]]:
                blob(part)
    if not os.path.exists(os.path.join(top, "oci-layout")):
        faults.append("an index without oci-layout")
    return faults


class Scenario:
    """A command line of which the outcome is known: the state of `w/` and stdout before and after."""

    def __init__(self, room, name, words, prepared=None, status=0):
        self.room, self.name, self.words, self.prepared = room, name, words, prepared
        room.reset(prepared)
        self.old = snapshot(room.work)
        self.ran = run(room, words, check=status == 0)
        if self.ran.status != status:
            raise SystemExit(f"{words} ended well")
        self.new = snapshot(room.work)

    def begin(self):
        self.room.reset(self.prepared)

    def state(self):
        """old, new, or what differs from both."""
        now = snapshot(self.room.work)
        if now == self.new:
            return "new"
        if now == self.old:
            return "old"
        return f"beside the old: {sorted(set(now) - set(self.old))}, gone: {sorted(set(self.old) - set(now))}, " \
               f"changed: {sorted(n for n in now if n in self.old and now[n] != self.old[n])}"


def builds(room):
    """The command lines that write."""
    static = ["--no-cache", "-j", "1", "--bin", "../in/app"]
    full = static + ["--file", "../in/motd:/etc/motd", "--tree", "../in/site:/srv", "--root", "../in/root",
                     "--certs=../in/certs.pem", "--tz", "--user", "web:1000:1001"]
    dynamic = ["--no-cache", "-j", "1", "--bin", "../in/dyn", "--root", "../in/root"]
    archive = room.prepare("archive", [*static, "-q", "-l", "old=1", "-o", "img.tar"])
    layout = room.prepare("layout", [*static, "-q", "-l", "old=1", "-t", "app:old", "-o", "l/"])
    both = room.prepare("both", [*static, "-q", "-l", "old=1", "-o", "img.tar", "-o", "l/"])
    return [
        Scenario(room, "an archive over an old one", [*static, "-o", "img.tar"], archive),
        Scenario(room, "an archive that is there already", [*static, "-l", "old=1", "-o", "img.tar"], archive),
        Scenario(room, "a new archive of everything", [*full, "-o", "img.tar"]),
        Scenario(room, "a dynamic program, zstd", [*dynamic, "--compress", "zstd", "-o", "img.tar"]),
        Scenario(room, "a new layout", [*static, "-o", "l/"]),
        Scenario(room, "a tag added to a layout", [*full, "-t", "app:new", "-o", "l"], layout),
        Scenario(room, "an archive and a layout", [*static, "-o", "img.tar", "-o", "l"], both),
        Scenario(room, "standard output", [*static, "-o", "-"]),
        Scenario(room, "a cache", ["-j", "1", "--bin", "../in/app", "--cache", "../cache", "-o", "img.tar"], archive),
    ]


def readers(room):
    """The command lines that only read, over an image and files made here."""
    image = room.prepare("image", ["--no-cache", "-q", "--bin", "../in/dyn", "--root", "../in/root", "-o", "img.tar", "-o", "l/"])
    return [
        Scenario(room, "verify of an archive", ["verify", "img.tar"], image),
        Scenario(room, "verify of a layout", ["verify", "l"], image),
        Scenario(room, "why", ["why", "img.tar", "/lib/libtwo.so.2"], image),
        Scenario(room, "deps", ["deps", "--root", "../in/root", "../in/dyn"], image),
        Scenario(room, "doctor", ["doctor", "--root", "../in/root", "../in/dyn"], image),
        Scenario(room, "a dry run", ["-n", "--bin", "../in/app", "--root", "../in/root", "--tz", "-o", "x.tar"], image),
    ]


def image_verbs(room):
    """The other verbs that make something of images, and those that show them."""
    quiet = ["--no-cache", "-j", "1", "-q"]
    dynamic = [*quiet, "--root", "../in/root", "--bin", "../in/dyn"]
    images = room.prepare("images", [*dynamic, "-o", "img.tar", "-o", "l/"],
                          [*quiet, "--bin", "../in/app:/dyn", "--file", "../in/motd:/etc/motd", "-o", "app.tar"])
    write(os.path.join(images, "c.json"), json.dumps(
        {"bin": ["../in/app"], "file": ["../in/motd:/etc/motd"], "env": {"A": "b"}, "output": ["x.tar"]}).encode())
    return [
        Scenario(room, "a program put on a base", [*quiet, "--base", "img.tar", "--bin", "../in/dyn:/other", "-o", "x.tar"], images),
        Scenario(room, "a config file", [*quiet, "--config", "c.json"], images),
        Scenario(room, "an index", ["index", "-q", "-t", "all:1", "-o", "x.tar", "img.tar"], images),
        Scenario(room, "no more than it was", [*dynamic, "--max-growth", "0%", "--baseline", "img.tar", "-o", "x.tar"], images),
        Scenario(room, "diff", ["diff", "img.tar", "app.tar"], images, 1),
        Scenario(room, "ls", ["ls", "img.tar"], images),
        Scenario(room, "cat", ["cat", "app.tar", "/etc/motd"], images),
        Scenario(room, "inspect", ["inspect", "l"], images),
        Scenario(room, "verify, and build it again", ["verify", "--rebuild", "app.tar"], images),
    ]


def calls_of(room, inject, words, check=True):
    """(name, nth of that name, result, path) of each system call of a run."""
    log = os.path.join(room.top, "calls")
    run(room, words, around=[inject, "-l", log], check=check)
    rows = []
    with open(log, encoding="utf-8", errors="backslashreplace") as f:
        for line in f:
            part = line.rstrip("\n").split(" ", 5)
            rows.append((part[1], int(part[2]), int(part[3]), part[5]))
    return rows


def need_inject(tap):
    """The injector, or a skip where ptrace is refused."""
    inject = tool("inject")
    if inject and subprocess.run([inject, "/bin/true"], check=False, stderr=subprocess.DEVNULL).returncode == 0:
        return inject
    tap.skip("system calls are counted", "cannot: ptrace is refused here" if inject else "cc is not installed")
    tap.done()
    return None


__all__ = [n for n in dir() if not n.startswith("_")]
