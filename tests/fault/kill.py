"""The end may come at any system call, or at any time: what is there then is the old output or the new one.

kill -9: the outputs are old or new, each layout is whole, and the next run leaves nothing of the one that was killed.
TERM, INT, HUP: besides, nothing at all is left, and the process ends as that signal.
"""
import random

from common import *

tap = Tap()
inject = need_inject(tap)
room = Room()
points = {"kill": 0, "TERM": 0, "INT": 0, "HUP": 0}
slowest = 0.0


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
    global slowest
    s.begin()
    took = os.path.join(room.top, "took")
    ran = run(room, s.words, around=[inject, "-m", took, "-n", f"any:{k}", "-a", f"signal={int(getattr(signal, 'SIG' + name))}"])
    points[name] += 1
    if ran.status not in (0, -getattr(signal, "SIG" + name)):
        return f"call {k}: {ran}"
    with open(took, encoding="ascii") as f:
        slowest = max(slowest, int(f.read() or 0) / 1e6)
    state = s.state()
    mixed = s.name == "an archive and a layout" and not temporaries(room.work) and not layout_faults(room.work + "/l")
    if state == "new" or ran.status and (state == "old" or mixed):
        return None
    return f"call {k}: status {ran.status}, {state}"


def check_points():
    for s in builds(room):
        n = len(calls_of_fresh(s))
        step = 1 if FULL else 11
        faults = [f for k in range(1, n + 1, step) if (f := killed(s, k))]
        tap.ok(not faults, f"kill -9 at each system call: {s.name}", *faults[:5])
        for i, name in enumerate(("TERM", "INT", "HUP")):
            faults = [f for k in range(1 + i, n + 1, step) if (f := signalled(s, k, name))]
            tap.ok(not faults, f"{name} at each system call: {s.name}", *faults[:5])


def calls_of_fresh(s):
    s.begin()
    return calls_of(room, inject, s.words)


def spawn(words):
    return subprocess.Popen([MKSCRATCH, *words], cwd=room.work, env=ENV, stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def random_kills(count):
    """Four writers into one layout; each time one of them is killed somewhere. Tags of those that ended well are there."""
    chance, want, lost, torn = random.Random(1), {}, 0, 0
    static = ["--no-cache", "-q", "-j", "1", "--bin", "../in/app", "-o", "l/"]
    room.reset()
    for i in range(count // 4):
        ps = [(f"t{w}", str(i), spawn([*static, "-t", f"app:t{w}", "-l", f"n={i}"])) for w in range(4)]
        time.sleep(chance.uniform(0, 0.02))
        for _, _, p in ps:
            if chance.random() < 0.75:
                p.send_signal(signal.SIGKILL if i % 3 else signal.SIGTERM)
        for tag, n, p in ps:
            if p.wait() == 0:
                want[tag] = n
        faults = layout_faults(room.work + "/l")
        torn += bool(faults)
        if want:
            have = read_labels()
            lost += sum(1 for tag in want if tag not in have)
    run(room, [*static, "-t", "app:last"], check=True)
    left = len(temporaries(room.work))
    verified = run(room, ["verify", "l"])
    tap.ok(torn == lost == left == 0 and verified.status == 0, f"{count // 4 * 4} writers into one layout, most of them killed",
           f"{torn} torn, {lost} lost, {left} temporary files, verify {verified}")
    return {"writers": count // 4 * 4, "torn": torn, "lost": lost, "left": left}


def read_labels():
    try:
        with open(room.work + "/l/index.json", "rb") as f:
            return {d["annotations"]["org.opencontainers.image.ref.name"] for d in json.load(f)["manifests"]}
    except FileNotFoundError:
        return set()


check_points()
at_random = random_kills(2000 if FULL else 100)
figures("kill", points=points, slowest_signal_s=round(slowest, 3), random=at_random, failed=tap.failed)
room.remove()
tap.done()
