"""Make tests/TORTURE.md and tests/torture.json from the figures that the tests of this folder left in $BUILD/fault, and put those
of the promises into SECURITY.md."""
import json
import os
import platform
import re
import subprocess
import sys

TOP = os.environ.get("TOP") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("BUILD") or os.path.join(TOP, "build")
NAMES = ("oom", "corpora", "calls", "kill", "order", "disk", "parallel", "hostile", "mutate", "sandbox", "entries")


def load():
    out = {}
    for name in NAMES:
        path = os.path.join(BUILD, "fault", name + ".json")
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                out[name] = json.load(f)
    return out


def number(n):
    return f"{n:,}" if isinstance(n, int) else str(n)


def verdict(part):
    form = "" if part["full"] else " (short form)"
    return ("all of them" if not part["failed"] else f"**{part['failed']} tests failed**") + form


def others(p):
    rows = []
    for name in ("mkscratch", "skopeo", "umoci", "crane"):
        if name in p:
            kept = "none: index.json is no JSON any more" if p[name].get("torn") else number(p[name]["kept"])
            rows.append(f"| {name} | {number(p[name]['ended_well'])} | {kept} |")
    return rows


def rows(d):
    if "oom" in d:
        t = d["oom"]["totals"]
        yield (f"each allocation fails, once and from then on, in our code and inside libraries; {t['scenarios']} scenarios",
               f"{number(t['once'])} once, {number(t['from then on'])} for good; {number(t['exit 5'])} ended with 5, "
               f"{number(t['without it'])} did without it to the same result",
               "no crash, no file left, the old output or the whole new one", d["oom"])
    if "corpora" in d:
        t = d["corpora"]["totals"]
        share = f"all of those of {number(t['whole inputs'])} inputs, {number(d['corpora']['most'])} of each other"
        yield (f"each allocation fails under each of the {number(t['inputs'])} inputs of {t['targets']} fuzzers, under the address sanitizer",
               f"{number(t['ended'] + t['went on'])} of {number(t['points'])}: {share}; {number(t['ended'])} ended with 5, "
               f"{number(t['went on'])} went on without", "no crash, no leak, what holds of every result holds of these", d["corpora"])
    if "calls" in d:
        t = d["calls"]["totals"]
        yield (f"each system call fails with each error it may have; short reads and writes, interruptions without end; {t['scenarios']} "
               "scenarios",
               f"{number(t['faults'])} failures, {number(t['storms'])} storms; {number(t['exit 5'])} ended with 5, "
               f"{number(t['the same bytes'])} had the same bytes, {number(t['another exit'])} found a file missing or "
               "closed to them", "one line with what the system said, the old output as it was; or the same bytes", d["calls"])
    if "kill" in d:
        p, r = d["kill"]["points"], d["kill"]["random"]
        killed = ", ".join(f"{number(r[name])} by {name.replace('kill', 'kill -9')}" for name in ("kill", "TERM", "INT"))
        yield ("kill -9 at each system call of 8 scenarios", number(p["kill"]), "old or new, and the next run leaves nothing of it", d["kill"])
        yield ("TERM, INT, HUP at each system call of 8 scenarios", number(p["TERM"] + p["INT"] + p["HUP"]),
               f"old or new, nothing left; the slowest ended after {p['most_seconds']:.3f} s", d["kill"])
        if "phases" in d["kill"]:
            yield ("TERM, INT and HUP in the midst of large blocks, large files and what does not come", number(d["kill"]["phases"]["runs"]),
                   f"nothing left; the slowest ended after {d['kill']['phases']['most_seconds']:.3f} s", d["kill"])
        yield ("four writers at a time into one layout, most of them killed at any time", f"{number(r['writers'])}: {killed}",
               f"{r['torn']} torn, {r['lost']} tags lost, {r['left']} files left", d["kill"])
    if "order" in d:
        t = d["order"]["totals"]
        yield ("power cut at each step of a run, with each part of what was not yet forced to the disk",
               f"{number(t['states'])} states of {t['traces']} traces, {number(t['distinct'])} of them different",
               "old or new, every layout whole; behind exit 0 the new one", d["order"])
    if "disk" in d:
        t = d["disk"]["totals"]
        yield ("a disk that is really full, of every size up to enough", f"{number(t['sizes'])} sizes",
               f"{number(t['exit 5'])} ended with 5 and left the old output as it was", d["disk"])
    if "parallel" in d:
        p = d["parallel"]
        yield (f"{p['writers']} processes add {p['tags']} tags each to one layout, others read it all the while",
               f"{number(p['mkscratch']['kept'])} of {number(p['writers'] * p['tags'])} tags are there",
               f"{number(p['mkscratch']['looks'])} looks and {number(p['mkscratch']['verified'])} runs of verify found it whole", p)
    if "hostile" in d:
        t = d["hostile"]["totals"]
        yield ("inputs made to harm, each with its line and exit", number(t["rows"]),
               f"nothing left, no control byte, at most {number(t['largest_kib'])} KiB and {t['slowest_s']} s", d["hostile"])
    if "mutate" in d:
        t = d["mutate"]["totals"]
        yield ("good files, spoiled byte by byte", number(t["mutants"]),
               f"{number(t['refused'])} refused, {number(t['accepted'])} taken and verified", d["mutate"])
    if "entries" in d:
        e = d["entries"]
        yield ("images of very many entries, read by every verb", ", ".join(number(m["entries"]) for m in e["entries"]),
               f"at most {number(max(max(m['peak_kib'].values()) for m in e['entries']))} KiB", e)
        yield ("images of very many files of the host", ", ".join(number(m["files"]) for m in e["trees"]),
               f"at most {number(max(m['peak_kib'] for m in e['trees']))} KiB", e)


def peaks(measured):
    """Peak memory by verb, a column for each number of entries."""
    verbs = {verb: None for m in measured for verb in m["peak_kib"]}
    lines = ["", "Peak memory in KiB (ru_maxrss) of reading images of so many entries, paths of 69 bytes, all contents different:", "",
             "| | " + " | ".join(number(m["entries"]) for m in measured) + " |", "|---|" + "--:|" * len(measured)]
    for verb in verbs:
        lines.append(f"| {verb} | " + " | ".join(number(m["peak_kib"].get(verb, "")) for m in measured) + " |")
    return lines


def passed(*suites):
    """How many tests of these there were when `make coverage` last ran them all."""
    with open(os.path.join(TOP, "tests", "coverage.json"), encoding="utf-8") as f:
        ran = json.load(f)["suites"]
    return sum(n["passed"] for name, n in ran.items() if name.startswith(suites))


def found(path, pattern):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return re.search(pattern, f.read())[1]


def promises(d):
    """A figure for each promise of SECURITY.md, when all was done in the long form and nothing failed; else those of before stay."""
    if not all(name in d and d[name]["full"] and not d[name]["failed"]
               for name in ("oom", "calls", "kill", "order", "disk", "parallel", "hostile", "mutate")):
        return
    points, chance, hostile = d["kill"]["points"], d["kill"]["random"], d["hostile"]["totals"]
    p, m, calls, oom = d["parallel"], d["mutate"]["totals"], d["calls"]["totals"], d["oom"]["totals"]
    ends = sum(points[name] for name in ("kill", "TERM", "INT", "HUP")) + d["kill"]["phases"]["runs"]
    yield "P1", (f"{number(ends)} ends at a chosen moment, {number(chance['writers'])} writers, {d['disk']['totals']['sizes']} sizes: "
                 f"{chance['torn']} torn, {chance['left']} left")
    yield "P2", f"{number(d['order']['totals']['states'])} states"
    yield "P3", f"of {number(p['writers'] * p['tags'])} tags there are: " + ", ".join(f"{name} {number(p[name]['kept'])}" for name in ("mkscratch", "skopeo", "umoci", "crane") if name in p)
    yield "P4", f"{number(m['mutants'])} spoiled files: {number(m['refused'])} refused, {number(m['accepted'])} taken, which verify"
    yield "P5", f"{number(hostile['rows'])} inputs: at most {number(hostile['largest_kib'])} KiB and {hostile['slowest_s']} s"
    yield "P6", f"{number(hostile['rows'])} inputs, {number(passed('integration/sandbox'))} tests"
    yield "P7", (f"{number(oom['once'] + oom['from then on'])} allocations, {number(calls['faults'])} calls, {calls['storms']} storms; "
                 "0 crashes, 0 leaks")
    yield "P8", (found("tests/repro/builds.sh", r"(\d+) 'so many things may differ'") + " things that differ, each two values together; "
                 f"{passed('repro/variations')} tests more")
    yield "P9", f"{number(passed('integration/sandbox'))} tests"
    texts = subprocess.run([sys.executable, os.path.join(TOP, "tests", "tools", "error_texts.py"), "--count"], capture_output=True,
                           text=True, check=True).stdout.strip()
    yield "P10", f"{texts} texts, each in a test; {number(passed('must-fail/'))} tests of commands that fail"


def put_promises(d):
    path = os.path.join(TOP, "SECURITY.md")
    with open(path, encoding="utf-8") as f:
        text = f.read()
    for name, figure in promises(d):
        text = re.sub(rf"^(\| {name} \|(?:[^|]*\|){{2}})[^|]*\|", lambda m, figure=figure: f"{m[1]} {figure} |", text, flags=re.M)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text)


def main():
    d = load()
    version = subprocess.run([os.environ.get("MKSCRATCH", BUILD + "/mkscratch"), "--version"], capture_output=True, text=True,
                             check=True).stdout.strip()
    lines = [
        "# Torture", "",
        "What mkscratch does when everything else fails, in figures. Written by `make torture`, never by hand; the same tests run",
        "in short as part of `./bootstrap check` ([tests/fault](fault)). The figures as JSON: [torture.json](torture.json).", "",
        f"{version}, {platform.system()} {platform.release()}, {platform.machine()}.", "",
        "| what is done | how often | what held | in |", "|---|---|---|---|",
    ]
    for what, count, held, part in rows(d):
        lines.append(f"| {what} | {count} | {held} | {verdict(part)} |")
    p = d.get("parallel")
    if p and others(p)[1:]:
        lines += ["", f"The same {p['writers']} processes of {p['tags']} tags each, with other tools that write layouts:", "",
                  "| tool | said it was done | tags that are there |", "|---|--:|--:|", *others(p)]
    if "entries" in d:
        lines += peaks(d["entries"]["entries"])
    lines += [
        "", "What each of it means, exactly, is told at the head of the test of that name. Where memory runs out the program ends at",
        "once; that its libraries do too is for C libraries like glibc, which let their allocator be called by another name. The power",
        "cut is a model: it promises what POSIX does, which is less than file systems keep.", "",
    ]
    with open(os.path.join(TOP, "tests", "TORTURE.md"), "w", encoding="utf-8") as f:
        f.write("\n".join(lines))
    with open(os.path.join(TOP, "tests", "torture.json"), "w", encoding="utf-8") as f:
        json.dump({"version": version, "kernel": platform.release(), "machine": platform.machine(), **d}, f, indent=1, sort_keys=True)
        f.write("\n")
    put_promises(d)
    return 1 if any(part["failed"] for part in d.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
