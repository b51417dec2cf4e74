"""The end may come at any system call, or at any time: what is there then is the old output or the new one.

kill -9: the outputs are old or new, each layout is whole, and the next run leaves nothing of the one that was killed.
TERM, INT, HUP: besides, nothing at all is left, and the process ends as that signal.
"""
import random

from common import *

tap = Tap()
inject = need_inject(tap)
room = Room()
ROUNDS = 1100
points = {"kill": 0, "TERM": 0, "INT": 0, "HUP": 0, "most_seconds": 0.0}


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
        for i, name in enumerate(("TERM", "INT", "HUP")):
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


check_points()
at_random = random_kills(ROUNDS if FULL else 25)
figures("kill", points=points, random=at_random, failed=tap.failed)
room.remove()
tap.done()
