"""The power goes: of what was not yet forced to the disk any part may be there. The trace of a run is replayed up to each
of its calls, with all of the rest, none, all but one, one alone, and half of a write; every state that comes out is
judged: old or new, and each layout whole. Behind a run that ended well it is the new one, whatever was lost.

The model: a write or a change of length is certain once its file is synced, a name once its directory is. It is that of
POSIX, which promises less than any file system in use.
"""
from common import *

tap = Tap()
inject = need_inject(tap)
room = Room()
totals = {"traces": 0, "states": 0, "distinct": 0}

CREATE, DIRECTORY = os.O_CREAT, os.O_DIRECTORY


class Trace:
    """The operations of a run below w/: (what, key, ...), where key is what has to be synced to make it certain."""

    def __init__(self, s):
        s.begin()
        path = room.top + "/trace"
        run(room, s.words, around=[inject, "-d", path], check=True)
        self.ops, self.fds, self.where, self.next = [], {}, {}, 0
        self.start = {}
        for at, dirs, names in os.walk(s.prepared or "/nonexistent"):
            rel = os.path.relpath(at, s.prepared)
            for name in dirs:
                self.start[os.path.normpath(f"{rel}/{name}")] = None
            for name in names:
                with open(os.path.join(at, name), "rb") as f:
                    self.start[os.path.normpath(f"{rel}/{name}")] = f.read()
        for name, data in self.start.items():
            self.where[name] = f"dir:{name}" if data is None else f"old:{name}"
        with open(path, encoding="ascii") as f:
            for line in f:
                self.call(line.split())

    def path(self, dirfd, text):
        text = bytes.fromhex(text).decode("utf-8", "surrogateescape")
        dirfd = dirfd & 0xFFFFFFFF
        base = "." if dirfd == 0xFFFFFF9C else self.fds.get(dirfd, (None, None))[0]
        if text.startswith("/") or base is None:
            return None
        path = os.path.normpath(f"{base}/{text}")
        return None if path.startswith("..") else path

    def call(self, w):
        name, result, a = w[0], int(w[1]), [int(x) for x in w[2:6]]
        if result < 0:
            return
        more = w[6:]
        if name in ("openat", "open"):
            path = self.path(a[0] if name == "openat" else -100, more[0]) if more else None
            flags = a[1] if name == "open" else a[2]
            if flags & 0o20000000 & ~DIRECTORY:      # O_TMPFILE: no name, nothing that stays
                path = None
            if path and flags & CREATE and path not in self.where:
                self.next += 1
                self.where[path] = f"file {self.next}"
                self.ops.append(("name", os.path.dirname(path) or ".", path, self.where[path]))
            self.fds[result] = (path, self.where.get(path))
        elif name == "close":
            self.fds.pop(a[0], None)
        elif name == "fcntl" and a[1] in (0, 1030):
            self.fds[result] = self.fds.get(a[0], (None, None))
        elif name in ("write", "pwrite64") and self.fds.get(a[0], (0, 0))[1]:
            file = self.fds[a[0]][1]
            offset = a[3] if name == "pwrite64" else self.append(file)
            self.ops.append(("data", file, offset, bytes.fromhex(more[-1]) if len(more) else b""))
            if name == "write":
                self.fds[a[0]] = self.fds[a[0]][:2]
        elif name == "ftruncate" and self.fds.get(a[0], (0, 0))[1]:
            self.ops.append(("length", self.fds[a[0]][1], a[1]))
        elif name in ("mkdir", "mkdirat"):
            path = self.path(-100 if name == "mkdir" else a[0], more[0])
            if path:
                self.where[path] = f"dir:{path}"
                self.ops.append(("name", os.path.dirname(path) or ".", path, None))
        elif name in ("renameat", "renameat2", "rename"):
            old = self.path(-100 if name == "rename" else a[0], more[0])
            new = self.path(-100 if name == "rename" else a[2], more[1])
            # Of the ways of renameat2 it is the exchange where both are there, and no replacing where one is.
            if old and new and name == "renameat2" and new in self.where:
                self.ops.append(("swap", os.path.dirname(new) or ".", old, new, self.where[old], self.where[new]))
                self.where[old], self.where[new] = self.where[new], self.where[old]
            elif old and new:
                self.ops.append(("move", os.path.dirname(new) or ".", old, new, self.where.get(old)))
                self.where[new] = self.where.pop(old)
        elif name in ("unlinkat", "unlink", "rmdir"):
            path = self.path(a[0] if name == "unlinkat" else -100, more[0])
            if path:
                self.where.pop(path, None)
                self.ops.append(("gone", os.path.dirname(path) or ".", path))
        elif name in ("fsync", "fdatasync"):
            path, file = self.fds.get(a[0], (None, None))
            self.ops.append(("sync", file if file and not str(file).startswith("dir:") else path or "?"))

    def append(self, file):
        return max([o[2] + len(o[3]) for o in self.ops if o[0] == "data" and o[1] == file], default=0)

    def certain(self, end):
        """Which of the first `end` operations are on the disk for sure."""
        sure = set()
        for i, op in enumerate(self.ops[:end]):
            if op[0] != "sync" and any(o[0] == "sync" and o[1] == op[1] for o in self.ops[i + 1:end]):
                sure.add(i)
        return sure

    def state(self, which, half=None):
        """Names and contents when just these operations took place."""
        names = {n: f"old:{n}" if d is not None else None for n, d in self.start.items()}
        data = {f"old:{n}": bytearray(d) for n, d in self.start.items() if d is not None}
        for i in sorted(which):
            op = self.ops[i]
            if op[0] == "name":
                names[op[2]] = op[3]
            elif op[0] == "move":
                names.pop(op[2], None)
                names[op[3]] = op[4]
            elif op[0] == "swap":
                names[op[2]], names[op[3]] = op[5], op[4]
            elif op[0] == "gone":
                names.pop(op[2], None)
            elif op[0] == "data":
                text = op[3][:len(op[3]) // 2] if i == half else op[3]
                b = data.setdefault(op[1], bytearray())
                b.extend(bytes(max(0, op[2] + len(text) - len(b))))
                b[op[2]:op[2] + len(text)] = text
            elif op[0] == "length":
                b = data.setdefault(op[1], bytearray())
                b.extend(bytes(max(0, op[2] - len(b))))
                del b[op[2]:]
        out = {}
        for name, file in names.items():
            if all(names.get(p, 0) is None for p in parents(name)):
                out[name] = None if file is None else bytes(data.get(file, b""))
        return out


def parents(name):
    while "/" in name:
        name = os.path.dirname(name)
        yield name


def states(t):
    for end in range(len(t.ops) + 1):
        sure = t.certain(end)
        loose = [i for i in range(end) if i not in sure and t.ops[i][0] != "sync"]
        yield end, sure, None
        yield end, sure | set(loose), None
        for i in loose:
            yield end, sure | {i}, None
            yield end, sure | set(loose) - {i}, None
            if t.ops[i][0] == "data":
                yield end, sure | set(loose), i


def materialise(state):
    room.reset()
    for name in sorted(state):
        path = os.path.join(room.work, name)
        if state[name] is None:
            os.makedirs(path, exist_ok=True)
        else:
            write(path, state[name])


def read(name):
    try:
        with open(os.path.join(room.work, name), "rb") as f:
            return f.read()
    except (FileNotFoundError, NotADirectoryError):
        return None


def judge(s, olds, news, last):
    for name in olds:
        now = read(name)
        if now != news[name] and (last or now != olds[name]):
            return f"{name}: {'not the new one, though the run ended well' if last else 'neither old nor new'}"
    faults = layout_faults(os.path.join(room.work, "l"))
    if faults:
        return str(faults)
    index = read("l/index.json")
    if index is not None:
        ran = run(room, ["verify", "-q", "l"])
        if ran.status:
            return f"verify: {ran}"
    again = run(room, s.words)
    return None if again.status == 0 and s.state() == "new" else f"the next run: {again}{s.state()}"


def scenario(s):
    names = [n for n in ("img.tar", "l/index.json") if n in s.new]
    s.begin()
    olds = {n: read(n) for n in names}
    run(room, s.words, check=True)
    news = {n: read(n) for n in names}
    t = Trace(s)
    whole = t.state(range(len(t.ops)))
    wrong = [n for n in names if whole.get(n) != news[n]]
    tap.ok(not wrong, f"the trace, replayed as a whole, is the run: {s.name}", wrong, sorted(whole))
    seen, faults, count = set(), [], 0
    for end, which, half in states(t):
        count += 1
        state = t.state(which, half)
        last = end == len(t.ops)
        key = (last, tuple(sorted((n, d) for n, d in state.items() if d is not None)),
               tuple(sorted(n for n in state if state[n] is None)))
        if hash(key) in seen:
            continue
        seen.add(hash(key))
        if not FULL and len(seen) % 8 and not last:
            continue
        materialise(state)
        wrong = judge(s, olds, news, last)
        if wrong:
            faults.append(f"behind {end} of {len(t.ops)} operations ({t.ops[end - 1][:3]}): {wrong}")
    totals["traces"] += 1
    totals["states"] += count
    totals["distinct"] += len(seen)
    tap.ok(not faults, f"{len(seen)} states of the disk are old or new: {s.name}", *faults[:8])


for each in builds(room):
    if "-" not in each.words[-1:] and each.name != "a cache":
        scenario(each)
figures("order", totals=totals, failed=tap.failed)
room.remove()
tap.done()
