"""Each system call of a run fails, each with the errors it may have; reads and writes are cut short, calls are interrupted
again and again.

What is interrupted or cut short is carried on, to the same bytes. Else the run does without, to the same bytes, or ends
with one line that holds what the system said, and the old output stays.
"""
import errno

from common import *

tap = Tap()
inject = need_inject(tap)
room = Room()
totals = {"faults": 0, "the same bytes": 0, "exit 5": 0, "another exit": 0, "storms": 0}

NO_SPACE = ["ENOSPC", "EDQUOT", "EIO"]
APT = {
    "read": ["EIO", "EINTR"], "pread64": ["EIO", "EINTR"],
    "write": [*NO_SPACE, "EINTR", "EFBIG"], "pwrite64": [*NO_SPACE, "EINTR"],
    "close": ["EIO", "EINTR", "ENOSPC"],
    "openat": ["EMFILE", "ENFILE", "EACCES", "EIO", "ENOMEM", "EINTR", "ENOSPC", "EROFS"],
    "open": ["EMFILE", "EACCES", "EIO"],
    "openat2": ["ENOSYS", "EPERM", "EAGAIN", "EMFILE", "EIO", "EINVAL"],
    "fstat": ["EIO", "ENOMEM"], "newfstatat": ["EIO", "EACCES", "ENOMEM"], "statx": ["EIO", "ENOSYS"], "lseek": ["EIO"],
    "mmap": ["ENOMEM"], "mremap": ["ENOMEM"], "mprotect": ["ENOMEM"], "madvise": ["EINVAL"],
    "brk": ["ENOMEM"], "munmap": ["ENOMEM"], "unlinkat": ["EIO", "EPERM", "EROFS"], "renameat2": ["ENOSYS", "EINVAL", "EIO"],
    "fsync": ["EIO", "ENOSPC"], "fdatasync": ["EIO"], "sync_file_range": ["EIO", "ENOSYS", "ENOSPC"],
    "ftruncate": ["EIO", "ENOSPC"], "fallocate": ["ENOSPC", "EOPNOTSUPP"],
    "renameat": [*NO_SPACE, "EACCES", "EXDEV", "EROFS"], "rename": ["ENOSPC", "EROFS"],
    "linkat": ["EIO", "EMLINK", "ENOENT"], "mkdir": ["ENOSPC", "EACCES", "EROFS"], "mkdirat": ["ENOSPC", "EACCES", "EIO"],
    "readlinkat": ["EIO", "EACCES"], "readlink": ["EIO", "EACCES"], "faccessat": ["EIO"], "faccessat2": ["EIO", "ENOSYS"],
    "access": ["EIO"], "fchmod": ["EIO", "EPERM"], "utimensat": ["EIO", "EPERM"],
    "flock": ["EINTR", "ENOLCK", "EIO"], "fcntl": ["EMFILE", "EINVAL"], "getdents64": ["EIO"],
    "copy_file_range": ["ENOSYS", "EXDEV", "EIO"], "getrandom": ["ENOSYS", "EINTR"], "memfd_create": ["ENOSYS", "EMFILE"],
    "wait4": ["EINTR"], "clone": ["EAGAIN"], "clone3": ["EAGAIN", "ENOSYS", "EPERM"], "ioctl": ["ENOTTY", "EIO"],
    "sched_getaffinity": ["EINVAL"], "prctl": ["EINVAL", "ENOSYS"],
    "landlock_create_ruleset": ["ENOSYS", "EOPNOTSUPP", "EMFILE"], "landlock_add_rule": ["EIO", "ENOMEM"],
    "landlock_restrict_self": ["EPERM", "E2BIG"],
}
# A directory that is removed while it is read is ENOENT, which glibc makes its end, as POSIX wants: nobody is told.
EACH = "--each" in sys.argv
RESTARTED = ["read", "write", "pread64", "pwrite64", "flock", "wait4"]
# What is asked of the system and may simply be refused: then the answer is that there is none, not that it failed.
ANSWERS = {"EACCES", "ENOENT"}


def said(ran):
    """The line that says what is wrong; warnings may stand before it."""
    lines = [x for x in ran.err.decode("utf-8", "backslashreplace").splitlines() if x.startswith("mkscratch: ")]
    return lines[0] if len(lines) == 1 else ""


def judge(s, call, error, ran):
    # What cannot be removed stays, for the next run to remove.
    for name in temporaries(room.work) if call == "unlinkat" else ():
        os.unlink(os.path.join(room.work, name))
    state = s.state()
    if ran.status == s.ran.status:
        totals["the same bytes"] += 1
        good = (state == "new" or s.old == s.new and state == "old") and ran.out == s.ran.out
        return None if good else f"{call} {error}: ended well, but {state}"
    line, text = said(ran), os.strerror(getattr(errno, error))
    totals["exit 5" if ran.status == 5 else "another exit"] += 1
    if not line or len(line) > 300 or ran.out and s.name != "standard output":
        return f"{call} {error}: {ran}"
    # A lock that cannot be had, and a file that was there and may no longer be read, come out later and otherwise.
    if ran.status == 5 and text not in line and "out of memory" not in line and call != "flock" and error not in ANSWERS:
        return f"{call} {error}: does not say why: {ran}"
    # The names of verify's operands and of entrypoints may be anything: what cannot be looked at is not there.
    if ran.status != 5 and error not in ANSWERS and not (call == "newfstatat" and s.name.startswith("verify")):
        return f"{call} {error}: {ran}"
    # Once it has its name an output is there; that its directory is not on the disk for sure is an error all the same.
    if state == "old" or s.old == s.new or state == "new" and (call in ("fsync", "openat") or "standard output" in line):
        return None
    return f"{call} {error}: exit {ran.status}, {state}: {line}"


def one(s, name, nth, error):
    s.begin()
    ran = run(room, s.words, around=[inject, "-n", f"{name}:{nth}", "-a", f"error={getattr(errno, error)}"])
    totals["faults"] += 1
    wrong = judge(s, name, error, ran)
    return wrong and f"the {nth}. {wrong}"


def storm(s, name, action, rest=""):
    """`name` again and again; %2: each second, so that what is asked once more is done."""
    s.begin()
    ran = run(room, s.words, around=[inject, "-n", f"{name}:1{rest}", "-a", action])
    totals["storms"] += 1
    same = ran.status == s.ran.status and ran.out == s.ran.out and s.state() in (("new",) if s.old != s.new else ("new", "old"))
    return None if same else f"{name} {action}: {ran}{s.state()}"


def scenario(s):
    s.begin()
    rows = [(name, nth, e) for name, nth, _, _ in calls_of(room, inject, s.words, False)
            for e in APT.get(name, ())[:1 if EACH and nth > 1 else None]]
    step = 1 if FULL or EACH else 29
    faults = spread(room, totals, lambda row: one(s, *row), rows[::step])
    tap.ok(not faults, f"{len(rows[::step])} of {len(rows)} failing system calls: {s.name}", *faults[:None if FULL else 12])
    s.begin()
    names = {row[0] for row in calls_of(room, inject, s.words, False)}
    storms = [(n, f"short={size}", "+") for n in ("read", "write", "pread64", "pwrite64") if n in names
              for size in ((1, 7) if FULL else (7,))]
    storms += [(n, f"error={errno.EINTR}", "%2") for n in RESTARTED if n in names]
    faults = spread(room, totals, lambda each: storm(s, *each), storms)
    tap.ok(not faults, f"short and interrupted calls: {s.name}", *faults[:8])


scenarios = builds(room) + readers(room) + image_verbs(room)
for each in scenarios:
    scenario(each)
totals["scenarios"] = len(scenarios)
figures("calls", totals=totals, failed=tap.failed)
room.remove()
tap.done()
