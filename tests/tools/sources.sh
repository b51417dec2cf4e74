#!/usr/bin/env bash
# The C files of the project, sorted, one a line: what lints of form look at. That there are none is an error.
# Usage: sources.sh [ROOT]; the names are relative to it.
set -u
export LC_ALL=C
cd "${1:-$(dirname "$0")/../..}" || exit 2

dirs=()
for d in include src tests probe; do
	[ -d "$d" ] && dirs+=("$d")
done
[ ${#dirs[@]} -gt 0 ] && find "${dirs[@]}" -name '*.[ch]' | sort | grep . && exit
echo "sources: found no source file in ${1:-the project}" >&2
exit 2
