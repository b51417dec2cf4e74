"""Memory runs out at each allocation, once or from then on: the program says so and ends with 5, or does without; outputs
are the old ones, or right; nothing is left behind, no crash, no hang."""
from common import *

tap = Tap()
shim = tool("oom", "-shared", "-fPIC", "-ldl")
room = Room()
# One scenario has each of its allocations fail; of the others each place that none before them had.
EXHAUSTED = "an archive over an old one"
seen = set()
fixed = ["setarch", "-R"] if subprocess.run(["setarch", "-R", "true"], check=False).returncode == 0 else []
totals = {"once": 0, "from then on": 0, "without it": 0, "exit 5": 0, "places": 0}


def preload(**more):
    return {"LD_PRELOAD": shim, **{k: str(v) for k, v in more.items()}}


def count_file():
    return room.top + "/count"


def counted():
    """Did the process come to its proper end, where it counts?"""
    return os.path.exists(count_file()) and os.path.getsize(count_file()) > 0


def counts():
    with open(count_file(), encoding="ascii") as f:
        return [int(n) for n in f.read().split()]


def fault(s, at, sticky, live):
    s.begin()
    if os.path.exists(count_file()):
        os.unlink(count_file())
    env = preload(OOM_AT=at, OOM_COUNT=count_file(), **({"OOM_ALL": 1} if sticky else {}))
    ran = run(room, s.words, env=env)
    state = s.state()
    if s.old == s.new and state == "new":
        state = "old"
    if ran.status == s.ran.status:
        totals["without it"] += 1
        if state != ("old" if s.old == s.new else "new") or ran.out != s.ran.out:
            return f"allocation {at}: ended well, but {state}"
        if counts()[1] > live:
            return f"allocation {at}: {counts()[1]} blocks never freed, {live} without a fault"
        return None
    totals["exit 5"] += ran.status == 5
    said = [x for x in ran.err.decode().splitlines() if not x.startswith("warning: ")]
    if ran.status != 5 or said != ["mkscratch: out of memory"] or ran.out not in (b"", s.ran.out) and s.name != "standard output":
        return f"allocation {at}: {ran}"
    if counted() and counts()[1] > live:
        return f"allocation {at}: {counts()[1]} blocks never freed, {live} without a fault: {ran}"
    # The result may be there and cannot be told.
    return None if state in ("old", "new") else f"allocation {at}: exit 5, {state}"


def places(s):
    """The first allocation of each place that allocates, of those that no scenario before this one has come to."""
    s.begin()
    stacks_file = room.top + "/stacks"
    run(room, s.words, around=fixed, env=preload(OOM_STACKS=stacks_file))
    with open(stacks_file, encoding="ascii") as f:
        rows = [line.split() for line in f]
    fresh = sorted(int(n) for n, place in rows if not fixed or place not in seen)
    seen.update(place for _, place in rows)
    return fresh


def scenario(s):
    s.begin()
    run(room, s.words, env=preload(OOM_COUNT=count_file()))
    total, live = counts()
    which = places(s)
    totals["places"] += len(which)
    for sticky in (False, True):
        points = range(1, total + 1) if FULL and s.name == EXHAUSTED else which if FULL else which[sticky::9]
        faults = spread(room, totals, lambda at, sticky=sticky: fault(s, at, sticky, live), points)
        totals["from then on" if sticky else "once"] += len(points)
        tap.ok(not faults, f"memory runs out {'for good' if sticky else 'once'}, {len(points)} of {total} times: {s.name}",
               *faults[:6])


if shim and run(room, ["version"], env=preload(OOM_AT=1)).status != 5:
    tap.skip("memory runs out", "cannot: another C library, or an allocator of its own")
    tap.done()
if shim is None:
    tap.skip("memory runs out", "cc is not installed")
    tap.done()
scenarios = builds(room) + readers(room) + image_verbs(room)
for one in scenarios:
    scenario(one)
totals["scenarios"] = len(scenarios)
figures("oom", totals=totals, failed=tap.failed)
room.remove()
tap.done()
