#!/usr/bin/env bash
# The bench runs in its short form, and what it writes is sound. Its figures are nobody's business here.
. "$(dirname "$0")/../lib.sh"
require python3 make cc pkg-config tar
export PYTHONDONTWRITEBYTECODE=1
bench=$TOP/bench

quick() {
	BENCH_QUICK=1 BENCH_PEERS=tar BENCH_OUT=$T/bench BENCH_PUBLISH='' MKSCRATCH=${1:-$MKSCRATCH} \
		"$bench/bench.py"
}

t the_probes_build make -s -C "$TOP" BUILD="$BUILD" "$BUILD/bench/limit" "$BUILD/bench/stopwatch"
t the_short_form_runs quick
cat >check.py <<'EOF'
import json, os, sys
from xml.dom import minidom

sys.path.insert(0, sys.argv[1])
import report

results = json.load(open("bench/results.json"))
rows = [r for g in results["groups"] for r in g["rows"]]
rows += [r for g in results["growth"] for p in g["points"] for r in p["rows"]]

assert results["quick"] is True
assert [g["name"] for g in results["groups"]] == ["w1", "large", "tree", "deps", "start", "levels", "large-levels", "blocks", "memory"]
assert [g["name"] for g in results["growth"]] == ["size", "jobs", "files"]
assert results["machine"]["cores"] >= 1 and results["versions"]["mkscratch"]
for r in rows:
    assert r["seconds"] > 0 and r["fastest"] <= r["seconds"] and r["rss_kib"] > 0 and r["runs"] >= 1, r
    assert r["role"] in ("us", "peer", "limit", "floor", "block"), r
    if r["role"] == "us" and r["bytes"] is not None and r["runs"] > 1:
        assert r["same_bytes_twice"] is True, r
for g in results["groups"][:2]:
    assert {"us", "peer", "limit"} <= {r["role"] for r in g["rows"]}, g
    assert [r["tool"] for r in g["rows"] if "cache warm" in r["tool"]][1:] == ["mkscratch, nothing changed, cache warm"], g
    limit, = [r["bytes"] for r in g["rows"] if r["tool"].endswith("level 5")]
    assert limit < g["rows"][0]["bytes"] < g["input_bytes"], g
assert open("bench/RESULTS.md").read() == report.document(results)
# Nothing that names this machine or its folders.
text = open("bench/results.json").read() + open("bench/RESULTS.md").read()
assert os.uname().nodename not in text.split() and os.getcwd() not in text and "/home/" not in text
assert len(minidom.parse("bench/results.svg").getElementsByTagName("circle")) > 6
EOF
t its_json_is_sound python3 check.py "$bench"

run quick "$(type -P false)"
like "$status $(tail -n 1 "$err")" '^1 bench: w1: mkscratch: status 1: ' a_mkscratch_that_fails_ends_it

cat >published.py <<'EOF'
import json, os, sys

sys.path.insert(0, os.path.join(sys.argv[1], "bench"))
import report

results = json.load(open(os.path.join(sys.argv[1], "bench/results.json")))
assert results["quick"] is False
assert open(os.path.join(sys.argv[1], "bench/RESULTS.md")).read() == report.document(results), "bench/RESULTS.md"
readme = open(os.path.join(sys.argv[1], "README.md")).read()
assert readme == report.renewed(readme, results), "README.md"
EOF
t published_figures_come_from_the_json python3 published.py "$TOP"
done_testing
