"""Each allocation fails under each input of the fuzzers' corpora, in a process of its own under the address sanitizer: our code says
that memory ran out and ends with 5, a library does without or fails, what the target asserts of a result holds; no crash, no leak.

Part of `make torture`; in short (two allocations of each input) the suites fuzz_* of `make check` do the same. Of an input that
makes more than MOST allocations that many fail, spread evenly over the run; how many were there is told. What is spread out is
the same at each time. See tests/fuzz/replay.c.
"""
from concurrent.futures import ThreadPoolExecutor

from common import *

SUMMARY = re.compile(r"^# refused: (\d+) ended, (\d+) went on, of (\d+); all of (\d+) inputs$", re.M)
MOST = 4096 if FULL else 2
SHARE = 8       # inputs of one process: a small one, as it is copied for each allocation
# A fork copies what the sanitizer keeps for its reports; an input of which there is one can be run again without this.
SMALL = {**ENV, "ASAN_OPTIONS": "quarantine_size_mb=1:malloc_context_size=4"}
CORPUS = os.path.join(TOP, "tests", "fuzz", "corpus")
tap = Tap()
totals = dict.fromkeys(("targets", "inputs", "ended", "went on", "points", "whole inputs"), 0)


def replay(job):
    name, paths = job
    words = [os.path.join(BUILD, "asan", "fuzz", "fuzz_" + name), "-o", str(MOST), *paths]
    return subprocess.run(words, capture_output=True, text=True, errors="backslashreplace", check=False, env=SMALL)


def parts(name):
    """The work on a corpus, shared out; it begins with no bytes at all."""
    top = os.path.join(CORPUS, name)
    paths = ["/dev/null"] + sorted(os.path.join(top, n) for n in os.listdir(top))
    n = -(-len(paths) // SHARE)
    return [(name, paths[i::n]) for i in range(n)]


def count(ran):
    """Add up what a process did; what is wrong with it."""
    said = SUMMARY.search(ran.stdout)
    if ran.returncode or not said or "not ok" in ran.stdout:
        return ran.stdout + ran.stderr
    totals["inputs"] += len(re.findall(r"^ok ", ran.stdout, re.M))
    for key, value in zip(("ended", "went on", "points", "whole inputs"), said.groups()):
        totals[key] += int(value)
    return ""


corpora = sorted(os.listdir(CORPUS))
with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
    work = [(name, [pool.submit(replay, job) for job in parts(name)]) for name in corpora]
    for name, jobs in work:
        before = dict(totals)
        faults = [fault for job in jobs if (fault := count(job.result()))]
        did = {key: value - before[key] for key, value in totals.items()}
        tap.ok(not faults and did["inputs"], f"memory runs out under each of {did['inputs']} inputs: {name}, "
               f"{did['ended'] + did['went on']} of {did['points']} allocations", *faults)
        totals["targets"] += 1
figures("corpora", most=MOST, totals=totals, failed=tap.failed)
tap.done()
