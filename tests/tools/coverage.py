#!/usr/bin/env python3
"""What of the sources the suites come to, and how far the fuzzers' corpora come into the parsers.

coverage.py              run every suite over the program of MODE=cov, then write tests/COVERAGE.md and tests/coverage.json
coverage.py -k PATTERN...
                         add the suites of these names to what was counted before; writes nothing below tests/
coverage.py --missing FILE...
                         from what was counted last: lines never come to, and conditions that were never one of both
                         (with --corpus: by the corpora alone)

`make coverage` builds what this needs. clang counts each condition of a decision by itself, when it was true and when it
was false: twice as many branches as there are conditions, one for each label of a switch; none that the compiler made.
Counters lie in files that the processes map (MODE_cov in the Makefile), so also what ended by a signal is counted.
Environment: BUILD.
"""
import json
import os
import shutil
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.abspath(os.environ.get("BUILD") or os.path.join(TOP, "build"))
COV = os.path.join(BUILD, "cov")
PROFILE = os.path.join(COV, "profile")
CORPUS_PROFILE = os.path.join(COV, "profile-corpus")
TARGETS = {"lines": 95, "branches": 90, "parsers": 90}

# The parsers of bytes from outside, by the fuzz targets that are theirs.
PARSERS = """
src/base/json.c src/base/json_where.c
src/codec/gz.c src/codec/tar_in.c src/codec/zst.c
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


def suites(pattern):
    """Run them; the lines that tell of failures and the count."""
    env = {**os.environ, "BUILD": BUILD, "MKSCRATCH": program(), "MSK_MODES": "cov"}
    words = [os.path.join(TOP, "tests", "run.sh")] + (["-k", pattern] if pattern else [])
    p = subprocess.run(words, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", check=False)
    said = p.stdout.splitlines()
    for line in said:
        if "not ok" in line or line.startswith("FAIL") or "skipped:" in line or "passed," in line:
            print(line, flush=True)
    return said[-1]


def corpora():
    fresh(CORPUS_PROFILE)
    env = {**os.environ, "LLVM_PROFILE_FILE": os.path.join(CORPUS_PROFILE, "%m.profraw")}
    folder = os.path.join(COV, "fuzz")
    names = sorted(n for n in os.listdir(folder) if n.startswith("fuzz_") and "." not in n)
    for name in names:
        corpus = os.path.join(TOP, "tests/fuzz/corpus", name[len("fuzz_"):])
        subprocess.run([os.path.join(folder, name), corpus], env=env, stdout=subprocess.DEVNULL, check=True)
    return [os.path.join(folder, n) for n in names]


def export(profile, objects):
    """Per file of ours what clang's tools say: its summary, and the data behind it."""
    merged = profile + ".profdata"
    raw = [os.path.join(profile, n) for n in sorted(os.listdir(profile))]
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


def table(files, whats):
    rows = [f"| file | {' | '.join(whats)} |", "|---|" + "---:|" * len(whats)]
    for name, f in files.items():
        rows.append(f"| {name} | " + " | ".join(cell(*counts([f], w)) for w in whats) + " |")
    rows.append("| **all** | " + " | ".join(f"**{cell(*counts(files.values(), w))}**" for w in whats) + " |")
    return "\n".join(rows)


def write_report(files, parsers, said):
    whole = {w: percent(*counts(files.values(), w)) for w in ("lines", "branches")}
    parsed = percent(*counts(parsers.values(), "regions"))
    text = f"""# What the tests come to

Written by `make coverage`; not edited by hand. Suites: {said}.

Measured by clang's source-based coverage over the program built without optimisation across files and with assertions
compiled out (one that fails is a bug, and has no test). A branch is one outcome of one condition: `a && b` has four, each
label of a switch one; none is of the compiler's making. Counted in every process that the suites start, also those that a
signal ends or the sandbox confines.

| what | covered | target |
|---|---:|---:|
| lines | {cell(*counts(files.values(), "lines"))} | {TARGETS["lines"]} % |
| branches | {cell(*counts(files.values(), "branches"))} | {TARGETS["branches"]} % |
| regions of the parsers, by the fuzzers' corpora alone | {cell(*counts(parsers.values(), "regions"))} | {TARGETS["parsers"]} % |

## Parsers, by the corpora of `tests/fuzz` alone

{table(parsers, ["regions", "branches"])}

## Every file, by all suites

{table(files, ["lines", "branches"])}
"""
    with open(os.path.join(TOP, "tests/COVERAGE.md"), "w", encoding="utf-8") as f:
        f.write(text)
    data = {"suites": said, "targets": TARGETS, "percent": {**whole, "parsers": parsed},
            "files": {n: {w: dict(zip(("covered", "count"), counts([f], w))) for w in ("lines", "branches")}
                      for n, f in files.items()},
            "parsers": {n: dict(zip(("covered", "count"), counts([f], "regions"))) for n, f in parsers.items()}}
    with open(os.path.join(TOP, "tests/coverage.json"), "w", encoding="utf-8") as f:
        json.dump(data, f, indent=1)
        f.write("\n")


def summary(files, parsers):
    print("lines", cell(*counts(files.values(), "lines")))
    print("branches", cell(*counts(files.values(), "branches")))
    print("regions of the parsers by the corpora", cell(*counts(parsers.values(), "regions")))


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


def main(words):
    if words[:1] == ["--missing"]:
        names = words[1:]
        corpus = "--corpus" in names
        names = [n for n in names if n != "--corpus"]
        missing(export(CORPUS_PROFILE, corpora()) if corpus else export(PROFILE, [program()]),
                names or (PARSERS if corpus else []))
        return
    patterns = words[1:] if words[:1] == ["-k"] else []
    if not patterns or not os.path.isdir(PROFILE):
        fresh(PROFILE)
    open_to_all()
    said = [suites(p) for p in patterns or [None]][-1]
    files = export(PROFILE, [program()])
    by_corpora = export(CORPUS_PROFILE, corpora())
    parsers = {n: by_corpora[n] for n in PARSERS}
    if not patterns:
        write_report(files, parsers, said)
    summary(files, parsers)


main(sys.argv[1:])
