#!/usr/bin/env python3
"""What of the sources the suites come to, and how far the fuzzers' corpora come into the parsers.

coverage.py              run every suite over the program of MODE=cov, then write tests/COVERAGE.md and tests/coverage.json
coverage.py --seconds N  the same in parts: begin no suite after N seconds; the next call goes on with those that are left
coverage.py -k PATTERN...
                         run the suites of these names once more; writes nothing below tests/
coverage.py --missing [FILE...]
                         from what was counted last: lines never come to, and conditions that were never one of both
                         (with --corpus: by the corpora alone)
coverage.py --parsers    regions of each parser that the corpora come to, now; 1 when they are fewer than the target

`make coverage` builds what this needs. clang counts each condition of a decision by itself, when it was true and when it
was false: twice as many branches as there are conditions, one for each label of a switch; none that the compiler made.
Counters lie in files that the processes map (MODE_cov in the Makefile), so also what ended by a signal is counted. They
and the suites that were run (suites.json) are kept in $BUILD/cov as long as the program is the same, byte by byte.
The suites are those of `make check` without OTHERS, the fuzzers' corpora among them; LONG has more of some.
Environment: BUILD.
"""
import concurrent.futures
import fcntl
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("BUILD") or os.path.join(TOP, "build"))
COV = os.path.join(BUILD, "cov")
PROFILE = os.path.join(COV, "profile")
CORPUS_PROFILE = os.path.join(COV, "profile-corpus")
LEDGER = os.path.join(COV, "suites.json")
TARGETS = {"lines": 95, "branches": 90, "parsers": 90}
# These have a form in which each system call fails: each failure is a branch of its own.
LONG = {"fault/calls": [sys.executable, os.path.join(TOP, "tests/fault/calls.py"), "--each"]}
# These run other builds of the program or the engines of others for most of their time; what they do with this one, other
# suites do too.
OTHERS = ("repro/builds", "repro/machines", "engines/")

# The parsers of bytes from outside, by the fuzz targets that are theirs.
PARSERS = """
src/base/json.c src/base/json_where.c
src/base/filecap.c src/codec/deflate_end.c src/codec/deflate_walk.c src/codec/gzip_sum.c src/codec/tar_headers.c
src/codec/tar_in.c src/codec/xattr.c
src/doctor/auditable.c src/doctor/comment.c src/doctor/pclntab.c src/doctor/scan.c
src/elf/attributes.c src/elf/dlopen_note.c src/elf/dynamic.c src/elf/golang.c src/elf/layout.c src/elf/ldcache.c
src/elf/ldconf.c src/elf/musl.c src/elf/notes.c src/elf/object.c src/elf/symbol_refs.c src/elf/symbol_versions.c
src/elf/symbols.c src/elf/sysdirs.c src/elf/table.c src/elf/token.c
src/formats/pem.c src/formats/tz_rule.c src/formats/tzif.c src/formats/x509.c
src/plan/accounts.c src/plan/groups.c
src/source/docker_archive.c src/source/document.c src/source/image_list.c src/source/image_tree.c
src/source/layer_reader.c src/source/source_image.c
""".split()


def fresh(directory):
    """An empty place for counters that any user may write: tests run the program as others."""
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    os.chmod(directory, 0o777)


def program():
    return os.path.join(COV, "mkscratch")


def open_to_all():
    subprocess.run([program(), "version"], stdout=subprocess.DEVNULL, check=True)
    for name in os.listdir(PROFILE):
        os.chmod(os.path.join(PROFILE, name), 0o666)


def environment():
    return {**os.environ, "TOP": TOP, "BUILD": BUILD, "MKSCRATCH": program(), "MSK_MODES": "cov"}


def runner(*words):
    return subprocess.run([os.path.join(TOP, "tests", "run.sh"), *words], env=environment(), stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, errors="replace", check=False)


def suites():
    return [n for n in runner("--list").stdout.split() if not n.startswith("asan/") and not n.startswith(OTHERS)]


def revision():
    p = subprocess.run(["git", "-C", TOP, "rev-parse", "--short=10", "HEAD"], capture_output=True, text=True, check=False)
    return p.stdout.strip() or "unknown"


def ledger():
    """What was run over the program as it is now: {"program": its digest, "revision": of what it was made, "suites": {name:
    [passed, failed, skipped]}}."""
    with open(program(), "rb") as f:
        digest = hashlib.file_digest(f, "sha256").hexdigest()
    if os.path.exists(LEDGER) and os.path.isdir(PROFILE):
        with open(LEDGER, encoding="utf-8") as f:
            kept = json.load(f)
        if kept["program"] == digest:
            return kept
    fresh(PROFILE)
    open_to_all()
    return {"program": digest, "revision": revision(), "suites": {}}


def suite(name):
    """Run one; [passed, failed, skipped], and the lines that tell of failures and skips."""
    if name in LONG:
        p = subprocess.run(LONG[name], env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                           errors="replace", check=False)
        said = p.stdout.splitlines()
        good, bad = (sum(line.startswith(w) for line in said) for w in ("ok ", "not ok "))
        return [good, bad + (p.returncode != 0 and not bad), 0], said
    said = runner("-k", "=" + name).stdout.splitlines()
    return [int(part.split()[0]) for part in said[-1].split(",")], said


def count_suite(kept, name):
    kept["suites"][name], said = suite(name)
    with open(LEDGER + ".new", "w", encoding="utf-8") as f:
        json.dump(kept, f, indent=1)
    os.rename(LEDGER + ".new", LEDGER)
    print(name, "%d passed, %d failed, %d skipped" % tuple(kept["suites"][name]), flush=True)
    for line in said:
        if "not ok" in line or "skipped:" in line:
            print("   ", line.strip(), flush=True)


def run_suites(kept, names, seconds):
    """Two at a time."""
    end = time.monotonic() + seconds if seconds else None

    def one(name):
        if end is None or time.monotonic() < end:
            count_suite(kept, name)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(one, names))


def corpora():
    fresh(CORPUS_PROFILE)
    env = {**os.environ, "LLVM_PROFILE_FILE": os.path.join(CORPUS_PROFILE, "%m.profraw")}
    folder = os.path.join(COV, "fuzz")
    names = sorted(n for n in os.listdir(folder) if n.startswith("fuzz_") and "." not in n)
    for name in names:
        corpus = os.path.join(TOP, "tests/fuzz/corpus", name[len("fuzz_"):])
        subprocess.run([os.path.join(folder, name), corpus], env=env, stdout=subprocess.DEVNULL, check=True)
    return [os.path.join(folder, n) for n in names]


def export(profile, objects, *also):
    """Per file of ours what clang's tools say: its summary, and the data behind it."""
    merged = profile + ".profdata"
    raw = [os.path.join(d, n) for d in (profile, *also) for n in sorted(os.listdir(d))]
    subprocess.run(["llvm-profdata", "merge", "-sparse", "-o", merged, *raw], check=True)
    more = [w for o in objects[1:] for w in ("-object", o)]
    p = subprocess.run(["llvm-cov", "export", "-instr-profile", merged, objects[0], *more], capture_output=True, check=True,
                       cwd=TOP)
    files = {os.path.relpath(f["filename"], TOP): f for f in json.loads(p.stdout)["data"][0]["files"]}
    return {n: f for n, f in sorted(files.items()) if n.startswith(("src/", "include/", "probe/"))}


def counts(files, what):
    return [sum(f["summary"][what][k] for f in files) for k in ("covered", "count")]


def percent(covered, count):
    return 100.0 * covered / count if count else 100.0


def cell(covered, count):
    return f"{percent(covered, count):.1f} % ({covered} of {count})" if count else "-"


def table(rows, whats):
    """A line for each (name, files), and one for all of them."""
    def cells(fs, mark=""):
        return " | ".join(mark + cell(*counts(fs, w)) + mark for w in whats)

    lines = [f"| | {' | '.join(whats)} |", "|---|" + "---:|" * len(whats)]
    lines += [f"| {name} | {cells(fs)} |" for name, fs in rows]
    return "\n".join(lines + [f"| **all** | {cells([f for _, fs in rows for f in fs], '**')} |"])


def directories(files):
    """(directory, its files), in order."""
    out = {}
    for name, f in files.items():
        out.setdefault(os.path.dirname(name) + "/", []).append(f)
    return sorted(out.items())


def sums(fs, what):
    covered, count = counts(fs, what)
    return {"covered": covered, "count": count}


def machine():
    clang = subprocess.run(["clang", "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    return {"kernel": platform.system() + " " + platform.release(), "machine": platform.machine(), "compiler": clang}


def write_report(files, parsers, kept):
    where, ran = machine(), [sum(r[i] for r in kept["suites"].values()) for i in range(3)]
    text = f"""# What the tests come to

Written by `make coverage`, never by hand. Revision {kept["revision"]}; {where["compiler"]}; {where["kernel"]},
{where["machine"]}. {len(kept["suites"])} suites: {ran[0]} tests passed, {ran[1]} failed, {ran[2]} skipped. As JSON, with each
suite: [coverage.json](coverage.json).

Measured by clang's source-based coverage over the program built without optimisation across files and with assertions
compiled out (one that fails is a bug, and has no test). A branch is one outcome of one condition: `a && b` has four, each
label of a switch one; none is of the compiler's making. Counted in every process that the suites start, also those that a
signal ends or the sandbox confines; nothing of the sources is left out. The suites are those of `make check`, the fuzzers'
corpora among them, without those that run other builds or engines most of their time ({", ".join(OTHERS)});
{", ".join(LONG)} with a failure of each system call.

| what | covered | target |
|---|---:|---:|
| lines | {cell(*counts(files.values(), "lines"))} | {TARGETS["lines"]} % |
| branches | {cell(*counts(files.values(), "branches"))} | {TARGETS["branches"]} % |
| regions of the parsers, by the fuzzers' corpora alone | {cell(*counts(parsers.values(), "regions"))} | {TARGETS["parsers"]} % |

## Every directory, by all suites

{table(directories(files), ["lines", "branches"])}

## Every file, by all suites

{table([(n, [f]) for n, f in files.items()], ["lines", "branches"])}

## Parsers, by the corpora of `tests/fuzz` alone

{table([(n, [f]) for n, f in parsers.items()], ["regions", "branches"])}
"""
    with open(os.path.join(TOP, "tests/COVERAGE.md"), "w", encoding="utf-8") as f:
        f.write(text)
    whats = ("lines", "branches")
    data = {"revision": kept["revision"], **where, "targets": TARGETS,
            "percent": {**{w: percent(*counts(files.values(), w)) for w in whats},
                        "parsers": percent(*counts(parsers.values(), "regions"))},
            "suites": {n: dict(zip(("passed", "failed", "skipped"), r)) for n, r in sorted(kept["suites"].items())},
            "directories": {n: {w: sums(fs, w) for w in whats} for n, fs in directories(files)},
            "files": {n: {w: sums([f], w) for w in whats} for n, f in files.items()},
            "parsers": {n: sums([f], "regions") for n, f in parsers.items()}}
    with open(os.path.join(TOP, "tests/coverage.json"), "w", encoding="utf-8") as f:
        json.dump(data, f, indent=1)
        f.write("\n")


def summary(files, parsers):
    print("lines", cell(*counts(files.values(), "lines")))
    print("branches", cell(*counts(files.values(), "branches")))
    print("regions of the parsers by the corpora", cell(*counts(parsers.values(), "regions")))


def of_parsers():
    """Regions by the corpora alone, a line for each file; whether they are as many as they should be."""
    by_corpora = export(CORPUS_PROFILE, corpora())
    parsers = {n: by_corpora[n] for n in PARSERS}
    for name, f in parsers.items():
        print(f"{name}: {cell(*counts([f], 'regions'))}")
    whole = counts(parsers.values(), "regions")
    print(f"regions of the parsers by the corpora: {cell(*whole)}, target {TARGETS['parsers']} %")
    return percent(*whole) >= TARGETS["parsers"]


def bare_lines(f):
    """Lines in which a region begins, or into which one reaches, that was never entered."""
    bare, at, count = set(), None, None
    for line, _, n, has, entry, gap in f["segments"]:
        if count == 0 and at is not None:
            bare.update(range(at, line))
        if has and entry and n == 0 and not gap:
            bare.add(line)
        at, count = line, n if has else None
    return bare


def missing(files, names):
    for name, f in files.items():
        if names and name not in names:
            continue
        one_sided = {}
        for line, _, _, _, yes, no, *_ in f["branches"]:
            if not yes or not no:
                one_sided.setdefault(line, set()).add("neither" if not yes and not no else "never true" if not yes else "never false")
        bare = bare_lines(f)
        if not bare and not one_sided:
            continue
        print(f"{name}: lines {cell(*counts([f], 'lines'))}, branches {cell(*counts([f], 'branches'))}")
        with open(os.path.join(TOP, name), encoding="utf-8") as source:
            for i, text in enumerate(source, 1):
                if i in bare or i in one_sided:
                    told = ", ".join(sorted(one_sided.get(i, ())))
                    print(f"  {i:4}{'-' if i in bare else ' '} {text.rstrip():<100} {told}")


def everything():
    """What all suites that were run come to, the corpora among them; and what the corpora alone."""
    targets = corpora()
    by_corpora = export(CORPUS_PROFILE, targets)
    return export(PROFILE, [program()], CORPUS_PROFILE), by_corpora


def count(again, seconds):
    kept, names = ledger(), suites()
    run_suites(kept, [n for n in names if (any(p in n for p in again) if again else n not in kept["suites"])], seconds)
    files, by_corpora = everything()
    parsers = {n: by_corpora[n] for n in PARSERS}
    left = [n for n in names if n not in kept["suites"]]
    if not left and not again:
        write_report(files, parsers, kept)
    summary(files, parsers)
    print(f"{len(left)} of {len(names)} suites are left to run" if left else f"all {len(names)} suites were run")


def main(words):
    if words == ["--parsers"]:
        sys.exit(0 if of_parsers() else 1)
    if words[:1] == ["--missing"]:
        names = [n for n in words[1:] if n != "--corpus"]
        files, by_corpora = everything()
        missing(*((by_corpora, names or PARSERS) if "--corpus" in words else (files, names)))
        return
    again = words[1:] if words[:1] == ["-k"] else []
    seconds = int(words[1]) if words[:1] == ["--seconds"] else None
    with open(os.path.join(COV, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        count(again, seconds)


main(sys.argv[1:])
