#!/usr/bin/env bash
# Words to plan: golden/plan/NAME.args holds one argument a line, NAME.json what --print plan makes of them. The plan
# sees no file, so nothing of the host is in it.
. "$(dirname "$0")/../lib.sh"
golden=$TOP/tests/golden/plan

for args in "$golden"/*.args; do
	name=$(basename "$args" .args)
	mapfile -t words <"$args"
	run mk "${words[@]}" --print plan
	is "$(cat "$out")" "$(cat "$golden/$name.json")" "plan of $name"
done
plan() { mk --bin ./app -t me/app:v1 --certs --tz --print plan "$@"; }
plan >plan.json
mkdir elsewhere
t 'no locale, zone, directory or user reaches it' bash -c 'cd elsewhere && umask 077 &&
	LC_ALL=C.UTF-8 TZ=Asia/Tokyo HOME=/ TMPDIR=/x "$MKSCRATCH" --bin ./app -t me/app:v1 --certs --tz --print plan | cmp - ../plan.json'
is "$(SOURCE_DATE_EPOCH=86400 plan | grep -E 'created|mtime' | xargs)" 'created: 1970-01-02T00:00:00Z, mtime: 86400,' \
	'SOURCE_DATE_EPOCH dates the image and its files'
is "$(SOURCE_DATE_EPOCH=86400 plan --created 0 | grep -E 'created|mtime' | xargs)" \
	'created: 1970-01-01T00:00:00Z, mtime: 86400,' '... and --created the image alone'
done_testing
