"""Each allocation fails under each input of the fuzzers' corpora, in a process of its own under the address sanitizer: our code says
that memory ran out and ends with 5, a library does without or fails, what the target asserts of a result holds; no crash, no leak.

Part of `make torture`; in short (two allocations of each input) the suites fuzz_* of `make check` do the same. See
tests/fuzz/replay.c.
"""
from concurrent.futures import ThreadPoolExecutor

from common import *

SUMMARY = re.compile(r"^# refused: (\d+) ended, (\d+) went on$", re.M)
ALL = 1 << 30
tap = Tap()
totals = {"targets": 0, "inputs": 0, "ended": 0, "went on": 0}
corpora = sorted(os.listdir(os.path.join(TOP, "tests", "fuzz", "corpus")))


def replay(name):
    words = [os.path.join(BUILD, "asan", "fuzz", "fuzz_" + name), "-o", str(ALL if FULL else 2),
             os.path.join(TOP, "tests", "fuzz", "corpus", name)]
    return subprocess.run(words, capture_output=True, text=True, errors="backslashreplace", check=False)


with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
    for name, ran in zip(corpora, pool.map(replay, corpora)):
        said = SUMMARY.search(ran.stdout)
        inputs = len(re.findall(r"^(?:not )?ok ", ran.stdout, re.M))
        good = ran.returncode == 0 and said is not None and "not ok" not in ran.stdout
        tap.ok(good, f"memory runs out under each of {inputs} inputs: {name}", ran.stdout if not good else "", ran.stderr)
        totals["targets"] += 1
        totals["inputs"] += inputs
        totals["ended"] += int(said[1]) if said else 0
        totals["went on"] += int(said[2]) if said else 0
figures("corpora", totals=totals, failed=tap.failed)
tap.done()
