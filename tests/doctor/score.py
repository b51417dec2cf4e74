#!/usr/bin/env python3
"""Hold what doctor says (JSON lines in FOUND, one object a program) to the labels.

Prints precision and recall of each need, for each language, as TAP comments; then a line for each program that is
judged otherwise than its label, and last `false required: N`. Required and likely count as found.
Usage: score.py LABELS FOUND
"""
import collections
import json
import os
import sys

NEEDS = ["certificates", "zones", "passwd", "resolver", "tmp", "mime", "services", "locale", "gconv", "nss", "plugins",
         "low-port"]


def words(text):
    return set() if text == "-" else set(text.split(","))


def labels(path):
    for line in open(path):
        if not line.startswith("#"):
            name, how, _, needs, embedded = line.rstrip("\n").split("\t")
            yield name, how.split(":")[0], words(needs), words(embedded)


def ratio(part, whole):
    return part / whole if whole else 1.0


def main():
    found = {os.path.basename(o["file"]): o for o in map(json.loads, open(sys.argv[2]))}
    counts = collections.Counter()
    wrong, false_required, judged = [], 0, 0
    for name, how, needs, embedded in labels(sys.argv[1]):
        if name not in found:
            continue
        judged += 1
        group = {"go": "go", "rust": "rust"}.get(how, "c")
        level = {n["what"]: n["level"] for n in found[name]["needs"]}
        said = {w for w, l in level.items() if l != "hint"}
        own = {e["what"] for e in found[name]["embedded"]}
        for need in NEEDS:
            counts[group, need, need in needs, need in said] += 1
            if (need in needs) != (need in said):
                wrong.append(f"{name}: {need} is {level.get(need, 'unseen')}")
            if level.get(need) == "required" and need not in needs:
                false_required += 1
        if own != embedded:
            wrong.append(f"{name}: embedded {sorted(own)} instead of {sorted(embedded)}")
    for group in "go", "c", "rust":
        for need in NEEDS:
            hit, extra, missed = (counts[group, need, a, b] for a, b in ((1, 1), (0, 1), (1, 0)))
            if hit + extra + missed:
                print(f"{group} {need} precision {ratio(hit, hit + extra):.3f} recall {ratio(hit, hit + missed):.3f} "
                      f"({hit} of {hit + missed}, {extra} too many)")
    print("\n".join(f"otherwise: {w}" for w in wrong) or "otherwise: none")
    print(f"programs: {judged}")
    print(f"false required: {false_required}")


if __name__ == "__main__":
    main()
