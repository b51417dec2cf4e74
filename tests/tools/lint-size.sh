#!/usr/bin/env bash
# Sizes that keep a file readable: 900 lines a file, 80 lines a function, 128 columns a line (tabs count 8).
# A function is what stands between `{` and `}` in the first column; tables open with `= {` and so are none.
# Usage: lint-size.sh [ROOT]; prints each offence as file:line and ends with 1 when there are any.
set -u
export LC_ALL=C
root=${1:-$(dirname "$0")/../..}
sources=$("$(dirname "$0")/sources.sh" "$root") && cd "$root" || exit 2

printf '%s\n' "$sources" | awk -v max_file=900 -v max_function=80 -v max_columns=128 '
function offence(line, text) {
	printf "%s:%d: %s\n", path, line, text
	bad++
}
function columns(s,    i, n, c, w) {
	if (length(s) * 8 <= max_columns)
		return 0
	n = length(s)
	for (i = 1; i <= n; i++) {
		c = substr(s, i, 1)
		w = c == "\t" ? w + 8 - w % 8 : w + 1
	}
	return w
}
{
	path = $0
	line = 0
	start = 0
	while ((getline text < path) > 0) {
		line++
		if (length(text) > max_columns / 8 && (w = columns(text)) > max_columns)
			offence(line, "line of " w " columns (allowed: " max_columns ")")
		if (text == "{")
			start = line
		if (text == "}" && start) {
			if (line - start - 1 > max_function)
				offence(start, "function of " line - start - 1 " lines (allowed: " max_function ")")
			start = 0
		}
	}
	close(path)
	if (line > max_file)
		offence(line, "file of " line " lines (allowed: " max_file ")")
}
END { exit bad ? 1 : 0 }'
