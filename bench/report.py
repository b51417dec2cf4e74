#!/usr/bin/env python3
"""Results as text: every figure in bench/RESULTS.md and in the README's table comes from the JSON by way of this.

    report.py RESULTS.json              print RESULTS.md
    report.py RESULTS.json README.md    renew the part between the markers of README.md
"""
import json
import os
import sys

BEGIN, END = "<!-- bench:begin -->", "<!-- bench:end -->"


def seconds(t):
    return f"{t * 1000:.1f} ms" if t < 0.1 else f"{t:.2f} s"


def count(n):
    return f"{n:,}" if n is not None else ""


def mib(kib):
    return f"{kib / 1024:.0f} MiB"


def table(head, rows):
    """Words to the left, figures to the right."""
    lines = [[cell.replace("|", "\\|") for cell in row] for row in [head] + rows]
    text = ["| " + " | ".join(line) + " |" for line in lines]
    return "\n".join(text[:1] + ["|---" + "|--:" * (len(head) - 1) + "|"] + text[1:])


def short(tool):
    return tool.split(",")[0] if tool.startswith("tar,") else tool.split(":")[0]


def floor_plus_limit(group):
    """What reading the tree and compressing it cost when each is done alone, one behind the other."""
    floor = [r["seconds"] for r in group["rows"] if r["role"] == "floor"]
    limit = [r["seconds"] for r in group["rows"] if r["role"] == "limit"]
    return floor[0] + limit[0] if floor and limit else None


def ratio(ours, theirs):
    return f"{ours / theirs:.2f}"


def group_table(group):
    others = [r for r in group["rows"] if r["role"] in ("peer", "limit")]
    total = floor_plus_limit(group)
    with_bytes = any(r["bytes"] for r in group["rows"])
    head = [group["title"], "time"] + (["bytes", "same bytes twice"] if with_bytes else []) + ["peak memory"]
    head += [f"÷ {short(r['tool'])}{r['tool'][-2:] if r['role'] == 'limit' else ''}" for r in others]
    head += ["÷ (tar + limit)"] if total else []
    rows = []
    for r in group["rows"]:
        line = [r["tool"], seconds(r["seconds"])]
        if with_bytes:
            line += [count(r["bytes"]), {True: "yes", False: "no", None: ""}[r["same_bytes_twice"]]]
        line.append(mib(r["rss_kib"]))
        line += [ratio(r["seconds"], o["seconds"]) if r["role"] == "us" else "" for o in others]
        line += [ratio(r["seconds"], total) if r["role"] == "us" else ""] if total else []
        rows.append(line)
    return table(head, rows)


def growth_table(growth):
    tools = list(dict.fromkeys(r["tool"] for p in growth["points"] for r in p["rows"]))
    head = [growth["unit"]] + [t for tool in tools for t in ([tool] if tool != "mkscratch" else [tool, "MB/s", "peak memory"])]
    rows = []
    for point in growth["points"]:
        by_tool = {r["tool"]: r for r in point["rows"]}
        line = [f"{point['x']:,}"]
        for tool in tools:
            r = by_tool.get(tool)
            line.append(seconds(r["seconds"]) if r else "")
            if tool == "mkscratch":
                line += [f"{point['input_bytes'] / r['seconds'] / 1e6:.1f}", mib(r["rss_kib"])]
        rows.append(line)
    return table(head, rows)


def tables(results):
    parts = [group_table(g) for g in results["groups"]]
    parts += [f"Growth with the {g['title']}:\n\n{growth_table(g)}" for g in results["growth"]]
    return "\n\n".join(parts) + "\n"


def describe(results):
    m, v = results["machine"], results["versions"]
    runs = max((r["runs"] for g in results["groups"] for r in g["rows"]), default=0)
    return (f"{m['cpu']}, {m['cores']} core{'s' if m['cores'] > 1 else ''}, {m['memory_mb']:,} MB, kernel {m['kernel']}, "
            f"{m['os']}; " + ", ".join(f"{name} {version}" for name, version in v.items() if version)
            + f". Medians of runs that alternate, up to {runs} of each.")


def document(results):
    text = ["# Measurements", "",
            "Written by `BENCH_PUBLISH=1 make bench`; nothing here is typed by hand. " + describe(results), "",
            "`÷ X` is the time of that row divided by the time of X: below 1 is faster than X. The limit is",
            "[limit.c](limit.c): the same bytes hashed and compressed in memory on all cores, nothing read or written.", ""]
    if results.get("cleared"):
        text += ["No tool finds an output to write over, but for the rows with a warm cache: there lies the archive of the run",
                 "that filled it.", ""]
    if results["quick"]:
        text += ["**Tiny inputs (BENCH_QUICK=1): these figures mean nothing.**", ""]
    text += [tables(results)]
    if results["growth"]:
        text += ["![growth](results.svg)", ""]
    if results["skipped"]:
        text += ["Skipped: " + "; ".join(f"{s['what']} ({s['why']})" for s in results["skipped"]) + ".", ""]
    return "\n".join(text)


def write(results, folder):
    with open(os.path.join(folder, "RESULTS.md"), "w", encoding="utf-8") as f:
        f.write(document(results))


def summary(results):
    """The README's part: the groups that answer "how fast", and which level is worth what."""
    wanted = [g for g in results["groups"] if g["name"] in ("w1", "large", "large-levels", "go", "deps")]
    return "\n\n".join([describe(results)] + [group_table(g) for g in wanted])


def renewed(text, results):
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    return f"{head}{BEGIN}\n{summary(results)}\n{END}{tail}"


def renew_readme(results, path):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    with open(path, "w", encoding="utf-8") as f:
        f.write(renewed(text, results))


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as source:
        loaded = json.load(source)
    if len(sys.argv) > 2:
        renew_readme(loaded, sys.argv[2])
    else:
        print(document(loaded), end="")
