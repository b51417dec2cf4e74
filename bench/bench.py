#!/usr/bin/env python3
"""mkscratch beside the other tools that can do the same work, in one run on one machine.

    make bench                the whole: ten minutes; writes build/bench/results.json, RESULTS.md and results.svg
    BENCH_QUICK=1 make bench  the same on tiny inputs, to see that it works; its figures mean nothing
    BENCH_INSTALL=1           first install the tools that are absent (crane by `go install`, others by apt-get)
    BENCH_PUBLISH=1           also renew bench/RESULTS.md, bench/results.{json,svg} and the README's table
    BENCH_ONLY=w1,large       only these groups: w1 large go tree deps start levels large-levels blocks memory size jobs
                              files
    BENCH_RUNS=7              runs of each command in a group; medians are shown
    BENCH_PEERS=crane,umoci   only these others; none: without them
    BENCH_LARGE=FILE          a static program of your own instead of the one that is put together here

Needs python3, a C compiler and the libraries of mkscratch; a tool that is absent is skipped and named.
"""
import json
import os
import platform
import re
import shutil
import subprocess
import sys

import inputs
import peers
import plot
import report
from measure import Bench, Failed, Row

MB = inputs.MB
QUICK = bool(os.environ.get("BENCH_QUICK"))
RUNS = int(os.environ.get("BENCH_RUNS", 2 if QUICK else 7))
BUILD = os.path.abspath(os.environ.get("BUILD", os.path.join(inputs.TOP, "build")))
OUT = os.path.abspath(os.environ.get("BENCH_OUT", os.path.join(BUILD, "bench")))
LEVEL = 5                # of gzip, where none is given
TOOLS = ("crane", "umoci", "buildah", "BuildKit", "tar, gzip, sha256sum")


def few(runs):
    return min(runs, RUNS)


def first_line(*command):
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return ran.stdout.split("\n")[0].strip()


class Session:
    """The machine, the tools that are there and where inputs and outputs lie."""

    def __init__(self, mkscratch):
        self.mkscratch = mkscratch
        self.work = os.path.join(OUT, "work")
        shutil.rmtree(self.work, ignore_errors=True)
        os.makedirs(os.path.join(self.work, "home"))
        env = dict(os.environ, HOME=os.path.join(self.work, "home"), LC_ALL="C")
        for name in ("XDG_CACHE_HOME", "SOURCE_DATE_EPOCH", "MAKEFLAGS", "MAKELEVEL"):
            env.pop(name, None)
        env["PATH"] += ":" + os.path.join(OUT, "bin")
        os.environ["PATH"] = env["PATH"]
        self.daemon = peers.start_buildkit(os.path.join(self.work, "buildkit")) if os.environ.get("BENCH_INSTALL") else None
        if self.daemon:
            env["BUILDKIT_HOST"] = os.environ["BUILDKIT_HOST"]
        self.limit = os.path.join(BUILD, "bench", "limit")
        self.bench = Bench(self.work, os.path.join(BUILD, "bench", "stopwatch"), env, QUICK)
        self.cores = len(os.sched_getaffinity(0))
        self.peers = self.find_peers()
        inputs.build_c(self.work, os.path.join(self.work, "nano"), inputs.NANO)

    def close(self):
        if self.daemon:
            self.daemon.terminate()
            self.daemon.wait()
        shutil.rmtree(self.work, ignore_errors=True)

    def find_peers(self):
        wanted = os.environ.get("BENCH_PEERS", ",".join(t.split(",")[0] for t in TOOLS)).split(",")
        found = []
        for tool in TOOLS:
            if tool.split(",")[0] not in wanted:
                continue
            why = peers.absent(tool)
            if why:
                self.bench.skip(tool, why)
            else:
                found.append(tool)
        return found

    def mk(self, *options, out="mk.tar", cache=None):
        how = ["--cache", cache] if cache else ["--no-cache"]
        return [self.mkscratch, *options, *how, "-o", out]

    def warm(self, group, name, *options):
        """A cache filled by these options, and NAME.tar; gives what to call before each run to have the cache as it was."""
        path = os.path.join(self.work, name)
        ran = subprocess.run(self.mk(*options, out=name + ".tar", cache=path + ".filled"), cwd=self.work, check=False,
                             stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if ran.returncode:
            raise Failed(f"{group}: mkscratch: status {ran.returncode}: {(ran.stderr.strip() or 'no message')[-160:]}")

        def restore():
            shutil.rmtree(path, ignore_errors=True)
            shutil.copytree(path + ".filled", path)
        return path, restore

    def peer_rows(self, root, only=TOOLS):
        return [Row(tool, peers.script(tool, root, f"p{i}.tar"), "peer", f"p{i}.tar",
                    prepare=lambda: peers.clear(self.work))
                for i, tool in enumerate(self.peers) if tool in only]

    def limit_row(self, level, *files):
        return Row(f"limit: SHA-256 beside libdeflate, level {level}", [self.limit, str(level), str(self.cores), *files],
                   "limit", inner=True)

    def cached_rows(self, group, base, changed, options):
        """The same with a cache, over the archive of the run that filled it: another version of the program, and nothing
        changed."""
        name = "cache-of-" + base
        path, restore = self.warm(group, name, "--bin", f"{base}:/app", *options)
        rows = []
        if changed:
            rows.append(Row("mkscratch, program changed, cache warm",
                            self.mk("--bin", f"{changed}:/app", *options, out="c.tar", cache=path), "us", "c.tar",
                            name + ".tar", restore))
        rows.append(Row("mkscratch, nothing changed, cache warm",
                        self.mk("--bin", f"{base}:/app", *options, out="n.tar", cache=path), "us", "n.tar",
                        name + ".tar", restore))
        return rows


def w1(s):
    what = inputs.server(s.work, QUICK)
    options = ["--tz"] + (["--certs"] if os.path.exists(inputs.CERTS) else [])
    size = inputs.root_of(s.work, "w1", os.path.join(s.work, "app"))
    rows = [Row("mkscratch", s.mk("--bin", "app", *options), "us", "mk.tar")]
    rows += s.cached_rows("w1", "app", "app-changed", options)
    rows += s.peer_rows("w1") + [s.limit_row(LEVEL, "w1.tar")]
    program = os.path.getsize(os.path.join(s.work, "app"))
    return s.bench.group("w1", f"{what} of {program / MB:.1f} MB, CA bundle, all of zoneinfo", rows, RUNS, size)


def large(s):
    own = os.environ.get("BENCH_LARGE")
    program, changed = os.path.join(s.work, "large"), os.path.join(s.work, "large-changed")
    if own:
        shutil.copy(own, program)
    else:
        inputs.payload_program(s.work, program, (4 if QUICK else 126) * MB, changed)
    size = inputs.root_of(s.work, "big", program)
    rows = [Row("mkscratch", s.mk("--bin", "large:/app"), "us", "mk.tar"),
            Row("mkscratch --compress gzip:3", s.mk("--bin", "large:/app", "--compress", "gzip:3", out="m3.tar"), "us", "m3.tar"),
            Row("mkscratch --compress zstd", s.mk("--bin", "large:/app", "--compress", "zstd", out="mz.tar"), "us", "mz.tar")]
    rows += s.cached_rows("large", "large", None if own else "large-changed", [])
    rows += s.peer_rows("big") + [s.limit_row(LEVEL, "big.tar"), s.limit_row(3, "big.tar")]
    return s.bench.group("large", f"a static program of {os.path.getsize(program) / MB:.0f} MB", rows, RUNS, size)


def go_program(s):
    """A program that somebody runs, linked again after a change: only where Go and its modules are."""
    program, changed = os.path.join(s.work, "prometheus"), os.path.join(s.work, "prometheus-changed")
    if QUICK:
        return None
    try:
        inputs.go_large(s.work, program, changed, bool(os.environ.get("BENCH_INSTALL")))
    except (OSError, subprocess.CalledProcessError):
        s.bench.skip("a large Go program", "no Go, or its modules are not here; BENCH_INSTALL=1 fetches them")
        return None
    size = inputs.root_of(s.work, "prom", program)
    rows = [Row("mkscratch", s.mk("--bin", "prometheus:/app"), "us", "mk.tar")]
    rows += s.cached_rows("go", "prometheus", "prometheus-changed", [])
    rows += s.peer_rows("prom", ("crane", "umoci")) + [s.limit_row(LEVEL, "prom.tar")]
    title = f"Prometheus, a Go program of {os.path.getsize(program) / MB:.0f} MB; changed: its main function, linked again"
    return s.bench.group("go", title, rows, few(5), size)


def tree(s):
    count = 200 if QUICK else 10000
    size = inputs.tree(s.work, "tree", count)
    rows = [Row("mkscratch --tree", s.mk("--bin", "nano", "--tree", "tree:/srv"), "us", "mk.tar"),
            Row("tar c | cat", "tar -c tree | cat >/dev/null", "floor"), s.limit_row(LEVEL, "tree.tar")]
    rows += s.peer_rows("tree", ("crane", "tar, gzip, sha256sum"))
    return s.bench.group("tree", f"{count:,} small files", rows, RUNS, size)


def deps(s):
    loader = inputs.loader_of("/bin/sh")
    if not loader:
        raise Failed("deps: this system's shell has no loader")
    files = inputs.dynamic_files(loader, 10 if QUICK else 400)
    with open(os.path.join(s.work, "files"), "w", encoding="utf-8") as f:
        f.write("\n".join(files))
    rows = [Row("mkscratch deps", [s.mkscratch, "deps", "--list", *files]),
            Row("the loader, file by file", f"while read -r f; do {loader} --list $f; done <files", "peer"),
            Row("ldd, file by file", "while read -r f; do ldd $f; done <files", "peer")]
    if shutil.which("libtree"):
        rows.append(Row("libtree", ["libtree", "-p", *files], "peer"))
    else:
        s.bench.skip("libtree", "not installed")
    return s.bench.group("deps", f"libraries of {len(files)} system files", rows, RUNS)


def start(s):
    rows = [Row("mkscratch, an image of a program of 9 kB", s.mk("--bin", "nano", out="/dev/null")),
            Row("mkscratch --version", [s.mkscratch, "--version"]), Row("true", ["true"], "floor")]
    return s.bench.group("start", "start to end", rows, RUNS if QUICK else 50)


def levels(s):
    if not os.path.exists(os.path.join(s.work, "app")):
        inputs.server(s.work, QUICK)
    specs = ["gzip:1", "gzip:3", "gzip:5", "gzip:6", "gzip:9", "gzip:12", "zstd:1", "zstd:3", "zstd:9", "zstd:19", "none"]
    rows = [Row(spec, s.mk("--bin", "app", "--compress", spec, out=f"l{i}.tar"), "us", f"l{i}.tar")
            for i, spec in enumerate(specs)]
    return s.bench.group("levels", "the program of the first table at each level", rows, few(5),
                         os.path.getsize(os.path.join(s.work, "app")))


def large_levels(s):
    program = os.path.join(s.work, "large")
    if not os.path.exists(program):
        inputs.payload_program(s.work, program, (4 if QUICK else 126) * MB, None)
    specs = ["gzip:1", "gzip:3", "gzip:5", "gzip:6", "gzip:9", "zstd:1", "zstd:3", "zstd:9", "none"]
    rows = [Row(spec, s.mk("--bin", "large:/app", "--compress", spec, out=f"l{i}.tar"), "us", f"l{i}.tar")
            for i, spec in enumerate(specs)]
    return s.bench.group("large-levels", "the program of the second table at each level", rows, few(3),
                         os.path.getsize(program))


def blocks(s):
    """What the size of blocks costs and saves, by the probe: larger ones are smaller together, and fewer stay the same."""
    program = os.path.join(s.work, "large")
    if not os.path.exists(program):
        inputs.payload_program(s.work, program, (4 if QUICK else 126) * MB, None)
    rows = [Row(f"blocks of {kib:,} KiB", [s.limit, f"{LEVEL}:{kib}", str(s.cores), "large"], "block", inner=True)
            for kib in (64, 128, 256, 512, 1024, 4096)]
    return s.bench.group("blocks", "the program of the second table, hashed and compressed in memory", rows, few(3),
                         os.path.getsize(program))


def memory(s):
    size = (64 << 20) if QUICK else (4 << 30)
    inputs.mostly_holes(s.work, "holes", size)
    options = ["--bin", "nano", "--file", "holes:/data"]
    rows = [Row("mkscratch", s.mk(*options, out="mem.tar"), "us", "mem.tar"),
            Row("mkscratch -j 16", s.mk(*options, "-j", "16", out="mem.tar"), "us", "mem.tar")]
    result = s.bench.group("memory", f"a file of {size >> 20} MiB, seven eighths of it holes", rows, 1, size)
    os.unlink(os.path.join(s.work, "holes"))
    return result


def size_growth(s):
    points = []
    for n in (1, 2) if QUICK else (1, 10, 100, 1000):
        inputs.pour(os.path.join(s.work, "data"), n * MB)
        rows = [Row("mkscratch", s.mk("--bin", "nano", "--file", "data:/data"), "us", "mk.tar"), s.limit_row(LEVEL, "data")]
        if "crane" in s.peers and n <= 100:
            os.makedirs(os.path.join(s.work, "grow"), exist_ok=True)
            os.replace(os.path.join(s.work, "data"), os.path.join(s.work, "grow/data"))
            inputs.ready_tar(s.work, os.path.join(s.work, "grow"), "grow.tar")
            os.replace(os.path.join(s.work, "grow/data"), os.path.join(s.work, "data"))
            rows += s.peer_rows("grow", ("crane",))
        points.append({"x": n, **s.bench.group(f"size {n}", f"{n} MB", rows, few(7 if n < 100 else 3), n * MB)})
    return {"name": "size", "title": "size of the input", "unit": "MB", "points": points}


def jobs_growth(s):
    n = 4 if QUICK else 100
    inputs.pour(os.path.join(s.work, "data"), n * MB)
    counts = sorted({1, s.cores} | {2 ** i for i in range(1, 7) if 2 ** i < s.cores})
    points = []
    for jobs in counts:
        rows = [Row("mkscratch", s.mk("--bin", "nano", "--file", "data:/data", "-j", str(jobs)), "us", "mk.tar")]
        points.append({"x": jobs, **s.bench.group(f"jobs {jobs}", f"-j {jobs}", rows, few(5), n * MB)})
    return {"name": "jobs", "title": f"threads (-j), {n} MB", "unit": "threads", "points": points}


def files_growth(s):
    points = []
    for n in (10, 100) if QUICK else (10, 100, 1000, 10000, 100000):
        total = inputs.tree(s.work, "many", n)
        rows = [Row("mkscratch", s.mk("--bin", "nano", "--tree", "many:/srv"), "us", "mk.tar"),
                Row("tar c | cat", "tar -c many | cat >/dev/null", "floor"), s.limit_row(LEVEL, "many.tar")]
        points.append({"x": n, **s.bench.group(f"files {n}", f"{n:,} files", rows, few(7 if n < 100000 else 3), total)})
    return {"name": "files", "title": "number of files (--tree)", "unit": "files", "points": points}


GROUPS = {"w1": w1, "large": large, "go": go_program, "tree": tree, "deps": deps, "start": start, "levels": levels,
          "large-levels": large_levels, "blocks": blocks, "memory": memory}
GROWTH = {"size": size_growth, "jobs": jobs_growth, "files": files_growth}


def machine(s):
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        model = re.search(r"^(?:model name|Hardware|uarch)\s*:\s*(.*)$", f.read(), re.M)
    with open("/proc/meminfo", encoding="utf-8") as f:
        memory_mb = int(f.read().split()[1]) // 1024
    system = platform.freedesktop_os_release() if hasattr(platform, "freedesktop_os_release") else {}
    return {"cpu": model.group(1) if model else platform.machine(), "cores": s.cores, "memory_mb": memory_mb,
            "kernel": re.match(r"[0-9.]*[0-9]", platform.release()).group(), "os": system.get("PRETTY_NAME", platform.system())}


def versions(s):
    found = {"mkscratch": first_line(s.mkscratch, "--version").removeprefix("mkscratch ")}
    for library in ("libdeflate", "libzstd", "libcrypto", "libarchive"):
        found[library] = first_line("pkg-config", "--modversion", library)
    for tool in s.peers + (["libtree"] if shutil.which("libtree") else []):
        found[tool] = peers.version(tool)
    return found


def main():
    os.makedirs(os.path.join(OUT, "bin"), exist_ok=True)
    if os.environ.get("BENCH_INSTALL"):
        peers.install(os.path.join(OUT, "bin"))
    s = Session(os.path.abspath(os.environ.get("MKSCRATCH", os.path.join(BUILD, "mkscratch"))))
    only = [name for name in os.environ.get("BENCH_ONLY", "").split(",") if name]
    results = {"quick": QUICK, "cleared": True, "machine": machine(s), "versions": versions(s), "groups": [], "growth": []}
    for table, to in ((GROUPS, "groups"), (GROWTH, "growth")):
        for name, measure in table.items():
            if not only or name in only:
                print(f"measuring {name} ...", flush=True)
                measured = measure(s)
                results[to] += [measured] if measured else []
    results["skipped"] = [{"what": what, "why": why} for what, why in s.bench.skipped]
    s.close()
    deliver(results)


def deliver(results):
    with open(os.path.join(OUT, "results.json"), "w", encoding="utf-8") as f:
        json.dump(results, f, indent=1)
        f.write("\n")
    report.write(results, OUT)
    plot.write(results, os.path.join(OUT, "results.svg"))
    print()
    print(report.tables(results))
    print(f"written: {os.path.relpath(OUT)}/results.json, RESULTS.md, results.svg")
    if os.environ.get("BENCH_PUBLISH"):
        for name in ("results.json", "RESULTS.md", "results.svg"):
            shutil.copy(os.path.join(OUT, name), os.path.join(inputs.TOP, "bench", name))
        report.renew_readme(results, os.path.join(inputs.TOP, "README.md"))


if __name__ == "__main__":
    try:
        main()
    except (Failed, subprocess.CalledProcessError) as e:
        sys.exit(f"bench: {e}")
