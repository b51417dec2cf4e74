"""Search for inputs that break a parser, and record what was done: tests/FUZZ.json, and the table of it, tests/FUZZ.md.

    campaign.py [--seconds N] [--rounds N] [--jobs N] [--build checked|swift]... [--target NAME]...

A run is one target under libFuzzer for N seconds (60), from its corpus and what earlier runs kept in $BUILD/fuzz/found.
`checked` is the build with the address and undefined-behaviour sanitizers (MODE=fuzz), `swift` that without (MODE=swift):
some five times as many inputs, for which crashes and broken assertions show, not every byte too far. A find is left in
the target's corpus, where the tests meet it again until it is mended; the search goes on, and the end is 1.

Environment: BUILD, TOP.
"""
import argparse
import concurrent.futures
import json
import os
import re
import subprocess
import sys
import time

TOP = os.environ.get("TOP") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD") or os.path.join(TOP, "build")
RECORD = os.path.join(TOP, "tests", "FUZZ.json")
MODES = {"checked": "fuzz", "swift": "swift"}


def load(what="runs"):
    """The runs, or the comparisons."""
    try:
        with open(RECORD, encoding="utf-8") as f:
            return json.load(f).get(what, [])
    except FileNotFoundError:
        return []


def save(runs, comparisons=None):
    """A line for each run, so that a difference can be read."""
    kept = {"runs": runs, "comparisons": load("comparisons") if comparisons is None else comparisons}
    parts = [f'"{k}": [\n' + ",\n".join("  " + json.dumps(r, sort_keys=True) for r in rows) + "\n]" for k, rows in kept.items()]
    temporary = f"{RECORD}.{os.getpid()}"
    with open(temporary, "w", encoding="utf-8") as f:
        f.write("{" + ", ".join(parts) + "}\n")
    os.rename(temporary, RECORD)


def add_comparisons(rows):
    """What tests/oracle/differ.py has compared."""
    save(load(), load("comparisons") + [{**r, "revision": revision()} for r in rows])
    report(load())


def revision():
    p = subprocess.run(["git", "-C", TOP, "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True, check=False)
    return os.environ.get("REVISION") or p.stdout.strip() or "unknown"


def new_seed():
    return int(time.time_ns() // 1000 % 2**31) or 1


def number_after(pattern, text):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else 0


def search(build, target, seconds, seed):
    """One run; what is to be recorded of it."""
    program = os.path.join(BUILD, MODES[build], "fuzz", "fuzz_" + target)
    corpus = os.path.join(TOP, "tests", "fuzz", "corpus", target)
    found = os.path.join(BUILD, "fuzz", "found", target)
    for path in (corpus, found):
        os.makedirs(path, exist_ok=True)
    before = set(os.listdir(corpus))
    start = time.monotonic()
    p = subprocess.run([program, f"-seed={seed}", f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024",
                        "-print_final_stats=1", f"-artifact_prefix={corpus}/", found, corpus],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    text = p.stderr.decode("utf-8", "replace")
    finds = sorted(set(os.listdir(corpus)) - before)
    if p.returncode and not finds:
        print(text[-3000:], file=sys.stderr)
    return {
        "target": target, "build": build, "seed": seed, "seconds": round(time.monotonic() - start, 1),
        "executions": number_after(r"stat::number_of_executed_units: *(\d+)", text) or number_after(r"#(\d+)\t", text),
        "edges": number_after(r" cov: (\d+) ", text), "finds": finds, "ended": p.returncode, "revision": revision(),
    }, text


def table(runs):
    targets = sorted({r["target"] for r in runs})
    of = lambda t, b: [r for r in runs if (t is None or r["target"] == t) and (b is None or r["build"] == b)]  # noqa: E731
    total = lambda rs, key: sum(r[key] for r in rs)  # noqa: E731
    corpus = lambda t: len(os.listdir(os.path.join(TOP, "tests", "fuzz", "corpus", t)))  # noqa: E731
    edges = lambda t: max((r["edges"] for r in of(t, "checked")), default="")  # noqa: E731
    finds = [(r["target"], n) for r in runs for n in r["finds"]]
    lines = [
        "# Fuzzing", "",
        "What the targets of [tests/fuzz](fuzz) were given. Written by `make fuzz`, never by hand; each run with its seed, revision,",
        "seconds and edges: [FUZZ.json](FUZZ.json). The corpora, and every find in them, are run again by `./bootstrap check`.", "",
        f"{total(runs, 'executions'):,} inputs in {total(runs, 'seconds') / 3600:.1f} hours; {len(finds)} finds.", "",
        "| target | inputs | of them under sanitizers | runs | hours | edges | seeds in its corpus |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for t in [*targets, None]:
        rs = of(t, None)
        lines.append(f"| {t or '**all**'} | {total(rs, 'executions'):,} | {total(of(t, 'checked'), 'executions'):,} | {len(rs)} | "
                     f"{total(rs, 'seconds') / 3600:.2f} | {edges(t) if t else ''} | "
                     f"{corpus(t) if t else sum(map(corpus, targets))} |")
    if finds:
        lines += ["", "Found, mended, and kept in the corpus:", "", *(f"* {t}: `{n}`" for t, n in finds)]
    lines += compared(load("comparisons"))
    lines += [
        "", "Edges are those of the build with sanitizers. What holds of every input, not only that nothing crashes, is told at the head",
        "of each target and asserted by it.", "",
    ]
    return "\n".join(lines)


def compared(rows):
    """Inputs that other tools have read too."""
    if not rows:
        return []
    whats = ("inputs", "same", "refused by both", "stricter", "other warns", "otherwise", "differ")
    lines = ["", "Read by other tools too, real ones and altered by their structure (`make differ`; the rules are in",
             "[oracle/differ.py](oracle/differ.py)):", "", f"| what | with | {' | '.join(whats)} |", "|---|---|" + "--:|" * len(whats)]
    for kind in sorted({r["kind"] for r in rows}):
        of = [r for r in rows if r["kind"] == kind]
        lines.append(f"| {kind} | {of[0]['with']} | " + " | ".join(f"{sum(r.get(w, 0) for r in of):,}" for w in whats) + " |")
    return lines


def report(runs):
    with open(os.path.join(TOP, "tests", "FUZZ.md"), "w", encoding="utf-8") as f:
        f.write(table(runs))


def main():
    known = sorted(n[5:-2] for n in os.listdir(os.path.join(TOP, "tests", "fuzz")) if n.startswith("fuzz_") and n.endswith(".c"))
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--build", action="append", choices=list(MODES))
    parser.add_argument("--target", action="append", choices=known)
    parser.add_argument("--jobs", type=int, default=1)
    a = parser.parse_args()
    runs, broken = load(), False
    for _ in range(a.rounds):
        with concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
            # One after the other for a target, as the second begins with what the first has found.
            for done in pool.map(lambda t: [search(b, t, a.seconds, new_seed()) for b in a.build or list(MODES)], a.target or known):
                for run, text in done:
                    broken = broken or run["ended"] != 0
                    runs.append(run)
                    print(f"{run['target']} ({run['build']}): {run['executions']:,} inputs, {run['edges']} edges, seed {run['seed']}"
                          + (f", FOUND {run['finds']}\n{text[-4000:]}" if run["ended"] else ""), flush=True)
                save(runs)
        report(runs)
    return broken


if __name__ == "__main__":
    sys.exit(main())
