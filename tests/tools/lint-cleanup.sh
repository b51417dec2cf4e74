#!/usr/bin/env bash
# What is cleaned up at the end of its scope must hold something by then: `MSK_AUTO_… x;` without an initialiser is for what
# the function fills (`&x`) before it can return.
# Usage: lint-cleanup.sh [ROOT]; prints each offence as file:line and ends with 1 when there are any.
set -u
export LC_ALL=C
root=${1:-$(dirname "$0")/../..}
sources=$("$(dirname "$0")/sources.sh" "$root") && cd "$root" || exit 2

printf '%s\n' "$sources" | awk '
function filled(text, name,    rest, at) {
	for (rest = text; (at = index(rest, "&" name)); rest = substr(rest, at + 1 + length(name)))
		if (substr(rest, at + 1 + length(name)) !~ /^[A-Za-z0-9_]/)
			return 1
	return 0
}
{
	path = $0
	line = 0
	split("", bare)
	while ((getline text < path) > 0) {
		line++
		for (name in bare) {
			if (filled(text, name))
				delete bare[name]
			else if (text ~ /(^|[^A-Za-z0-9_])return([^A-Za-z0-9_]|$)/ || text ~ /^}/) {
				printf "%s:%d: %s has no initialiser and may not be filled by line %d\n", path, bare[name], name, line
				delete bare[name]
				bad++
			}
		}
		if (text ~ /^\t+MSK_AUTO_[A-Z_]+ [a-z0-9_]+;$/) {
			name = text
			sub(/;$/, "", name)
			sub(/.* /, "", name)
			bare[name] = line
		}
	}
	close(path)
}
END { exit bad ? 1 : 0 }'
