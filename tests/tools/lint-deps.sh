#!/usr/bin/env bash
# Include directions of the house: what is said here, and only here, about who may see whom.
# A file's tier is its folder below src/; a header's tier is the folder that holds its .c, unless HEADERS names it.
# Usage: lint-deps.sh [ROOT]; prints each offence as file:line and ends with 1 when there are any.
set -u
export LC_ALL=C
cd "${1:-$(dirname "$0")/../..}" || exit 2

# Tier and the tiers it may include, besides itself. `value` are headers of plain values and interfaces that tiers
# share without knowing each other.
ALLOWED='
base
value   base codec
codec   base value
rootfs  base value
store   base value codec
plan    base value
elf     base value
formats base value
doctor  base value codec elf
gather  base value doctor elf formats plan rootfs
cache   base value codec
ground  base value codec plan rootfs store layer source
layer   base value rootfs codec store cache
image   base value codec plan layer store
source  base value codec image
sink    base value codec store image
join    base value codec plan store layer image source sink
check   base value codec elf doctor formats source image
inspect base value codec elf formats plan gather source
budget  base value codec plan rootfs doctor image source layer store
build   *
cli     *
main    cli
'

# Headers whose tier is not where a .c of their name lies.
HEADERS='
le           base
codec_spec value
descriptor value
media_type value
platform   value
ref        value
progress   value
rotree     value
probe      value
probe_url  value
timestamp  value
stop_signal value
options    plan
names      base
table      base
closure    elf
image_contents check
symbols    elf
elf_layout elf
remarks    elf
'

# One door per library: the files that may include its headers.
DOORS='
archive.h       src/codec/tar.c src/codec/tar_in.c
archive_entry.h src/codec/tar.c src/codec/tar_in.c
libdeflate.h    src/codec/gz.c src/codec/gzip_sum.c src/codec/zlib.c
zstd.h          src/codec/zst.c
zlib.h          src/codec/gzip_marks.c
jansson.h       src/base/json.c
openssl/        src/codec/digest.c src/formats/x509.c
libelf.h        src/elf/
gelf.h          src/elf/
elf.h           src/elf/
'

find include/mkscratch src -name '*.[ch]' | sort | awk -v allowed="$ALLOWED" -v headers="$HEADERS" -v doors="$DOORS" '
function load(text, into,    lines, n, i, w) {
	n = split(text, lines, "\n")
	for (i = 1; i <= n; i++) {
		split(lines[i], w, " ")
		if (w[1] == "")
			continue
		into[w[1]] = " " substr(lines[i], length(w[1]) + 1) " "
		gsub(/ +/, " ", into[w[1]])
	}
}
function tier_of_file(path,    part, n) {
	n = split(path, part, "/")
	if (part[1] == "include")
		return tier_of_header(part[3])
	if (n == 3)
		return part[2]
	sub(/\.c$/, "", part[2])
	return part[2]
}
function tier_of_header(name) {
	sub(/\.h$/, "", name)
	if (name in header)
		return header[name]
	return (name in home) ? home[name] : (name in allow) ? name : "unknown"
}
function offence(path, line, text) {
	printf "%s:%d: %s\n", path, line, text
	bad++
}
function check_own(path, line, name,    from, to) {
	from = tier_of_file(path)
	to = tier_of_header(name)
	if (!(from in allow))
		offence(path, line, "tier " from " is not in the table of tests/tools/lint-deps.sh")
	else if (to == "unknown")
		offence(path, line, "mkscratch/" name ": no tier known; name it in tests/tools/lint-deps.sh")
	else if (from != to && index(allow[from], " * ") == 0 && index(allow[from], " " to " ") == 0)
		offence(path, line, from " must not include mkscratch/" name " (" to ")")
}
function check_library(path, line, name,    d, places, n, i, inside) {
	for (d in door) {
		if (d ~ /\/$/ ? index(name, d) != 1 : name != d)
			continue
		inside = 0
		n = split(door[d], places, " ")
		for (i = 1; i <= n; i++)
			if (places[i] != "" && index(path, places[i]) == 1)
				inside = 1
		if (!inside)
			offence(path, line, "<" name "> is for" door[d] "only")
	}
}
BEGIN {
	load(allowed, allow)
	load(headers, header)
	load(doors, door)
	for (h in header)
		gsub(/ /, "", header[h])
	while ((getline path) > 0) {
		file[++n_files] = path
		if (path ~ /^src\/[^\/]+\/[^\/]+\.c$/) {
			split(path, part, "/")
			sub(/\.c$/, "", part[3])
			home[part[3]] = part[2]
		}
	}
	for (f = 1; f <= n_files; f++) {
		line = 0
		while ((getline text < file[f]) > 0) {
			line++
			if (text !~ /^[ \t]*#[ \t]*include[ \t]/)
				continue
			n_includes++
			name = text
			sub(/^[^"<]*["<]/, "", name)
			sub(/[">].*$/, "", name)
			if (name ~ /^mkscratch\//) {
				sub(/^mkscratch\//, "", name)
				check_own(file[f], line, name)
			} else if (text ~ /"/ && name ~ /\//) {
				offence(file[f], line, "\"" name "\": a private header is for its own folder")
			} else {
				check_library(file[f], line, name)
			}
		}
		close(file[f])
	}
	if (!n_includes) {
		print "lint-deps: found no #include at all"
		bad++
	}
	exit bad ? 1 : 0
}'
