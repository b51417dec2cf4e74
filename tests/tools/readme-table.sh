#!/usr/bin/env bash
# The README with its table of symptoms as the program knows them, on standard output.
# Usage: readme-table.sh MKSCRATCH README.md >new && mv new README.md
set -eu
"$1" help --json troubleshooting | python3 -c '
import json, sys
begin, end = "<!-- troubleshooting: made by tests/tools/readme-table.sh -->\n", "<!-- /troubleshooting -->\n"
text = open(sys.argv[1], encoding="utf-8").read()
head, rest = text.split(begin)
rows = "".join("| {symptom} | {cause} | {fix} |\n".format(**row) for row in json.load(sys.stdin))
sys.stdout.buffer.write((head + begin + "| symptom | cause | what helps |\n|---|---|---|\n" + rows + end +
                         rest.split(end)[1]).encode())
' "$2"
