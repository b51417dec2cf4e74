"""A disk that is really full: a tmpfs of every size from none to enough. Up to there the run ends with 5 and says so, and
the old output is as it was, with nothing beside it."""
from common import *

tap = Tap()
PAGE = 4096
if os.environ.get("MSK_IN_NAMESPACE") != "1":
    how = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    if shutil.which("unshare") is None or subprocess.run([*how, "true"], check=False, stderr=subprocess.DEVNULL).returncode:
        tap.skip("a full disk", "cannot: no mount namespace may be made")
        tap.done()
    os.execvpe(how[0], [*how, sys.executable, *sys.argv], {**os.environ, "MSK_IN_NAMESPACE": "1"})

room = Room()
totals = {"sizes": 0, "exit 5": 0, "enough": 0}
disk = room.top + "/disk"
os.mkdir(disk)


def mount(pages):
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={pages * PAGE}", "full", disk], check=True)


def at_size(s, words, pages, env):
    """None: it was enough; else what is wrong, or "" when the failure was a clean one."""
    mount(pages)
    try:
        if s.prepared:
            shutil.copytree(s.prepared, disk, symlinks=True, dirs_exist_ok=True)
        before = snapshot(disk)
        p = subprocess.run([MKSCRATCH, *words], cwd=disk, env={**ENV, **env}, capture_output=True, check=False, timeout=120)
        after = snapshot(disk)
    finally:
        subprocess.run(["umount", disk], check=True)
    totals["sizes"] += 1
    if p.returncode == 0:
        totals["enough"] += 1
        return None if {n: v for n, v in after.items() if not n.startswith("tmp")} == s.new else f"{pages} pages: exit 0, wrong"
    line = [x for x in p.stderr.decode().splitlines() if x.startswith("mkscratch: ")]
    if p.returncode != 5 or p.stdout or len(line) != 1 or "No space left on device" not in line[0]:
        return f"{pages} pages: {p.returncode} {p.stderr.decode()}"
    totals["exit 5"] += 1
    # Of two outputs the first may have its name already when the second finds no room for its index.
    if s.name == "an archive and a layout" and after.get("img.tar") == s.new["img.tar"]:
        after["img.tar"] = before["img.tar"]
    return "" if after == before else f"{pages} pages: {sorted(n for n in {*after, *before} if after.get(n) != before.get(n))}"


def absolute(s):
    """The same with inputs that are found from anywhere; the image says how they were spelled."""
    return Scenario(room, s.name, [w.replace("../in/", room.top + "/in/") for w in s.words], s.prepared)


def sweep(s, step, env=()):
    # What is there already has room; a tmpfs of no page has no limit.
    held = sum((os.lstat(os.path.join(at, n)).st_size + PAGE - 1) // PAGE
               for at, _, names in os.walk(s.prepared or "/nonexistent") for n in names)
    faults, pages = [], max(1, held)
    for _ in range(4000):
        how = at_size(s, s.words, pages, dict(env))
        if how is None:
            break
        if how:
            faults.append(how)
        pages += step
    tap.ok(not faults and pages > held + step, f"every size up to the {pages} pages that are enough: {s.name}", *faults[:6])


for each in builds(room):
    if each.name == "a cache" or each.words[-1] == "-":
        continue
    sweep(absolute(each), 1)
# More than memory holds of an image: a file in TMPDIR, on the disk that is full too.
big = os.path.join(room.top, "in", "big")
write(big, b"".join(hashlib.sha512(i.to_bytes(8, "big")).digest() for i in range(12 * 2**20 // 64)))
each = Scenario(room, "a layout with a staging file on the same disk",
                ["--no-cache", "-j", "1", "--bin", "../in/app", "--file", "../in/big:/big", "-o", "l/"])
sweep(absolute(each), 64 if FULL else 1024, {"TMPDIR": disk})
figures("disk", totals=totals, failed=tap.failed)
room.remove()
tap.done()
