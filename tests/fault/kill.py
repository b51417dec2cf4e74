"""The end may come at any system call, or at any time: what is there then is the old output or the new one.

kill -9: the outputs are old or new, each layout is whole, and the next run leaves nothing of the one that was killed.
TERM, INT, HUP, QUIT, USR1: besides, nothing at all is left, and the process ends as that signal.
"""
import random
import resource

from common import *

tap = Tap()
inject = need_inject(tap)
room = Room()
ROUNDS = 1100
points = {"kill": 0, "TERM": 0, "INT": 0, "HUP": 0, "QUIT": 0, "USR1": 0, "most_seconds": 0.0}


def outputs(state):
    """What users asked for: without temporary files, and of a layout what its index tells."""
    keep = {}
    for name, what in state.items():
        parts = name.split("/")
        if ".mkscratch-" in name or parts[-1] == LOCK:
            continue
        if parts[0] == "l" and parts[-1] != "index.json":
            continue
        keep[name] = what
    return keep


def killed(s, k):
    s.begin()
    ran = run(room, s.words, around=[inject, "-n", f"any:{k}", "-a", "kill"])
    points["kill"] += 1
    if ran.status not in (0, -signal.SIGKILL):
        return f"call {k}: {ran}"
    now = outputs(snapshot(room.work))
    old, new = outputs(s.old), outputs(s.new)
    # Of two outputs the first may be new already.
    if any(now.get(n) not in (old.get(n), new.get(n)) for n in {*now, *old, *new}):
        return f"call {k}: neither old nor new"
    faults = layout_faults(os.path.join(room.work, "l"))
    if faults:
        return f"call {k}: {faults}"
    again = run(room, s.words)
    if again.status or again.out != s.ran.out or s.state() != "new":
        return f"call {k}: the next run: {again}\n{s.state()}"
    return None


def signalled(s, k, name):
    s.begin()
    took = os.path.join(room.top, "took")
    ran = run(room, s.words, around=[inject, "-m", took, "-n", f"any:{k}", "-a", f"signal={int(getattr(signal, 'SIG' + name))}"])
    points[name] += 1
    if ran.status not in (0, -getattr(signal, "SIG" + name)):
        return f"call {k}: {ran}"
    with open(took, encoding="ascii") as f:
        points["most_seconds"] = max(points["most_seconds"], int(f.read() or 0) / 1e6)
    state = s.state()
    if state == "new" or ran.status and state == "old":
        return None
    return f"call {k}: status {ran.status}, {state}"


def check_points():
    for s in builds(room):
        n = len(calls_of_fresh(s))
        step = 1 if FULL else 11
        faults = spread(room, points, lambda k, s=s: killed(s, k), range(1, n + 1, step))
        tap.ok(not faults, f"kill -9 at each system call: {s.name}", *faults[:5])
        for i, name in enumerate(("TERM", "INT", "HUP", "QUIT", "USR1")):
            faults = spread(room, points, lambda k, s=s, name=name: signalled(s, k, name), range(1 + i if step > 1 else 1, n + 1, step))
            tap.ok(not faults, f"{name} at each system call: {s.name}", *faults[:5])


def calls_of_fresh(s):
    s.begin()
    return calls_of(room, inject, s.words)


def spawn(words):
    return subprocess.Popen([MKSCRATCH, *words], cwd=room.work, env=ENV, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def random_kills(rounds):
    """Four writers into one layout; three in four of them are killed somewhere. Tags of those that ended well are there."""
    chance, want = random.Random(1), set()
    total = {"writers": 0, "kill": 0, "TERM": 0, "INT": 0, "torn": 0, "lost": 0, "left": 0}
    static = ["--no-cache", "-q", "-j", "1", "--bin", "../in/app", "-o", "l/"]
    room.reset()
    start = time.monotonic()
    run(room, [*static, "-t", "app:first"], check=True)
    usual = time.monotonic() - start
    for i in range(rounds):
        name = ("TERM", "INT", "KILL", "KILL")[i % 4]
        ps = [(f"t{w}", spawn([*static, "-t", f"app:t{w}", "-l", f"n={i}"])) for w in range(4)]
        time.sleep(chance.uniform(0, 2 * usual))
        for _, p in ps:
            if chance.random() < 0.75:
                p.send_signal(getattr(signal, "SIG" + name))
        for tag, p in ps:
            status = p.wait()
            if status == 0:
                want.add(tag)
            total["writers"] += 1
            total[name.replace("KILL", "kill")] += status == -getattr(signal, "SIG" + name)
        total["torn"] += bool(layout_faults(room.work + "/l"))
        total["lost"] += len(want - tags())
    # One that brings no blob: what is left beside those there goes all the same.
    run(room, [*static, "-t", "app:last"], check=True)
    total["left"] = len(temporaries(room.work))
    verified = run(room, ["verify", "l"])
    tap.ok(total["torn"] == total["lost"] == total["left"] == 0 and verified.status == 0,
           f"{total['writers']} writers into one layout, most of them killed", total, verified)
    return total


def tags():
    with open(room.work + "/l/index.json", "rb") as f:
        return {d["annotations"]["org.opencontainers.image.ref.name"] for d in json.load(f)["manifests"]}


def long_runs():
    """What takes long, in each of its phases: gathering, compressing large blocks, writing, looking again, reading what does not come."""
    text, sparse = os.path.join(room.top, "text"), os.path.join(room.top, "sparse")
    with open(text, "wb") as f:
        lines = random.Random(2)
        for _ in range(24):
            f.write(b"".join(b"%d line of text\n" % lines.randrange(10**9) for _ in range(50000)))
    with open(sparse, "wb") as f:
        f.truncate(4 << 30)
    build = ["--no-cache", "--bin", "../in/app", "--file", "../text:/text"]
    run(room, [*build, "-q", "-o", "../big.tar"], check=True)
    yield from (("gzip:12", [*build, "--compress", "gzip:12", "-j", "2", "-o", "x.tar"]),
                ("zstd:19", [*build, "--compress", "zstd:19", "-j", "2", "-o", "x/"]),
                ("eight threads", [*build, "--compress", "gzip:12", "-j", "8", "-o", "x.tar"]),
                ("nothing compressed", [*build, "--compress", "none", "-o", "x/", "-o", "x.tar"]),
                ("4 GiB of a sparse file", [*build, "--file", "../sparse:/sparse", "-o", "x.tar"]),
                ("4 GiB that are not compressed", [*build, "--compress", "none", "--file", "../sparse:/sparse", "-o", "x.tar"]),
                ("a cache that is filled", ["--cache", "../cache", *build[1:], "-o", "x.tar"]),
                ("--paranoid", [*build, "--paranoid", "-o", "x.tar"]),
                ("verify", ["verify", "../big.tar", "../big.tar", "../big.tar"]),
                ("verify --rebuild", ["verify", "--rebuild", "../big.tar"]),
                ("an image on standard input that does not come", ["verify", "-"]),
                ("options on standard input that do not come", ["--config", "-", "-o", "x.tar"]),
                ("an output that nobody reads", [*build, "-q", "-o", "-"]))


def all_whole(words):
    """The signal came behind the last step: each output is there and whole, and nothing else is."""
    outputs = [word for option, word in zip(words, words[1:]) if option == "-o" and word != "-"]
    return (outputs != [] and sorted(os.listdir(room.work)) == sorted(o.rstrip("/") for o in outputs) and
            not temporaries(room.work) and run(room, ["verify", *outputs]).status == 0)


def ended(words, name, after):
    """What is wrong once a signal came `after` seconds, the seconds it took to end, and whether it came in time."""
    room.reset()
    shutil.rmtree(os.path.join(room.top, "cache"), ignore_errors=True)
    silent, writer = os.pipe()
    reader, out = os.pipe()
    p = subprocess.Popen([MKSCRATCH, *words], cwd=room.work, env=ENV, stdin=silent, stderr=subprocess.DEVNULL,
                         stdout=out if words[-1] == "-" and "-o" in words else subprocess.DEVNULL)
    time.sleep(after)
    start = time.monotonic()
    p.send_signal(getattr(signal, "SIG" + name))
    status, took = p.wait(), time.monotonic() - start
    for fd in (silent, writer, reader, out):
        os.close(fd)
    left = sorted(os.listdir(room.work)) + temporaries(room.work) if status and not all_whole(words) else []
    left += [f for _, _, files in os.walk(os.path.join(room.top, "cache")) for f in files if ".mkscratch-" in f]
    wrong = status not in (0, -getattr(signal, "SIG" + name)) or bool(left)
    return f"{name} after {after} s: status {status}, left {left}" if wrong else None, took, status != 0


def check_phases():
    total = {"runs": 0, "most_seconds": 0.0}
    for what, words in long_runs():
        faults = []
        for i, after in enumerate((0.02, 0.05, 0.1, 0.2, 0.4, 0.8) if FULL else (0.03, 0.15)):
            fault, took, in_time = ended(words, ("TERM", "INT", "HUP")[i % 3], after)
            faults += [fault] if fault else []
            if in_time:
                total["runs"] += 1
                total["most_seconds"] = max(total["most_seconds"], took)
        tap.ok(not faults, f"a signal in the midst of {what}: nothing is left", *faults)
    tap.ok(total["runs"] > 13, f"{total['runs']} of them came in time")
    return total


resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
check_points()
in_phases = check_phases()
at_random = random_kills(ROUNDS if FULL else 25)
figures("kill", points=points, phases=in_phases, random=at_random, failed=tap.failed)
room.remove()
tap.done()
