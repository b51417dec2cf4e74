#!/usr/bin/env bash
# Why a path is in an image: the chain up to the option, program or evidence, for every path there is.
. "$(dirname "$0")/../lib.sh"
require cc jq bsdtar openssl
mkdir -p lib site/a
printf 'int f(void) { return 1; }\n' | cc -shared -fPIC -x c -o lib/liby.so.1.2 - -x none -Wl,-soname,liby.so.1
ln -s liby.so.1.2 lib/liby.so.1
printf 'int f(void); int g(void) { return f(); }\n' |
	cc -shared -fPIC -x c -o lib/libx.so - -x none -Wl,-soname,libx.so lib/liby.so.1.2
# shellcheck disable=SC2016
printf 'int g(void); int main(void) { return g(); }\n' |
	cc -x c -o app - -x none lib/libx.so -Wl,-rpath-link,lib -Wl,--disable-new-dtags -Wl,-rpath,'$ORIGIN/lib'
echo hi >site/a/index.html && echo conf >conf && ln -s a site/b
mk -q --bin app:/srv/app --file conf:/etc/conf --tree site:/www --dir /data --link a:/www/c -o i.tar
why() {
	mk why i.tar "$@"
}

is "$(why /srv/lib/liby.so.1)" '/srv/lib/liby.so.1: liby.so.1 needed by /srv/lib/libx.so (library)
  /srv/lib/libx.so: libx.so needed by /srv/app (library)
    /srv/app: program (--bin)' a_library_leads_to_its_program
like "$(why "$(mk deps --list app | grep -m1 /ld-)")" 'interpreter of /srv/app \(library\)' the_interpreter_too
is "$(why /www/a/index.html)" '/www/a/index.html: below the directory named on the command line (--tree)' a_file_of_a_tree
is "$(why /www/b/index.html)" "$(why /www/a/index.html)" links_among_the_directories_are_followed
is "$(why www/../www/b)" '/www/b: below the directory named on the command line (--tree)' the_link_itself_is_not
is "$(why /data)" '/data: named on the command line (--dir)' a_directory
is "$(why /srv)" '/srv: parent of /srv/app (parent)
  /srv/app: program (--bin)' a_parent_is_there_for_what_lies_below
is "$(why / | head -n 1)" '/: parent of /data (parent)' the_root_is_a_parent_too
is "$(why /etc/conf /tmp | wc -l)" 2 several_paths_one_after_the_other
is "$(why /srv/lib/libx.so --json | jq -c '[.path, [.chain[].path], .chain[0].from]')" \
	'["/srv/lib/libx.so",["/srv/lib/libx.so","/srv/app"],"/srv/app"]' json_has_the_chain
mk -q --bin app:/srv/app -t a:v1 -t a:v2 -o layout/
is "$(mk why layout:v2 /srv/app)" '/srv/app: program (--bin)' a_layout_and_its_tag
is "$(mk why - /srv/app <i.tar)" '/srv/app: program (--bin)' standard_input

# Every path of every layer has an answer that ends at somebody who was asked.
for layer in $(tar xOf i.tar manifest.json | jq -r '.[0].Layers[]'); do
	tar xOf i.tar "$layer" | bsdtar -tf -
done | sort -u >paths
xargs -d '\n' "$MKSCRATCH" why i.tar <paths >answers 2>"$err"
is "$? $(grep -c '^/' answers)" "0 $(wc -l <paths)" every_path_has_an_answer
is "$(awk '/^\//{ if (last !~ /\((--[a-z]*|mkscratch itself)\)$/ && NR > 1) print last } { last = $0 }' answers)" '' \
	every_chain_ends_at_an_option_or_ours

# What an option brings that stands for others is told by the name of that option; --auto by what it saw.
mkdir -p etc/etc/ssl/certs etc/usr/share/zoneinfo/US
openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=R -days 900 2>/dev/null >etc/etc/ssl/certs/ca-certificates.crt
cp -L /usr/share/zoneinfo/UTC etc/usr/share/zoneinfo/ && ln -s ../UTC etc/usr/share/zoneinfo/US/Link
cc -static -x c -o static - <<<'int main(void) { return 0; }'
brought() { # PATH OPTION...: what is said to have brought PATH
	local path=$1
	shift
	mk -q --bin static --root etc "$@" -o o.tar && mk why o.tar "$path" | tail -n 1 | sed 's/.*: //'
}
certs=/etc/ssl/certs/ca-certificates.crt zones=/usr/share/zoneinfo
is "$(brought $certs --certs)" '1 certificate (--certs)' certs_are_those_of_the_option
is "$(brought $certs --preset distroless)" '1 certificate (--preset)' ...or_of_the_preset
is "$(brought $certs --preset distroless --certs)" '1 certificate (--certs)' ...unless_they_are_asked_for
is "$(brought $certs --cert etc$certs)" '1 certificate (--cert)' ...or_of_a_file
is "$(brought $certs --certs-for etc$certs)" '1 certificate (--certs-for)' ...or_chosen_for_a_chain
is "$(brought $zones/UTC --tz)" 'time zones (--tz)' zones_are_those_of_the_option
is "$(brought $zones/US/Link --preset distroless)" 'time zones (--preset)' ...or_of_the_preset_of_zones
is "$(brought $zones/US/Link --localtime US/Link)" 'time zones (--localtime)' ...or_of_the_zone_to_live_in
is "$(brought $zones/UTC --tz=US/Link)" 'time zones (--tz)' ...or_of_a_link_that_leads_there
is "$(mk why o.tar $zones/UTC | head -n 1)" "$zones/UTC: the zone behind $zones/US/Link (--tz)" ...which_is_told
is "$(brought $zones/UTC --tz=US/Link,UTC; mk why o.tar $zones/UTC | wc -l)" 'time zones (--tz)
1' ...unless_it_is_asked_for_itself
printf 'int f(void) { return 1; }\n' | cc -shared -fPIC -x c -o lib/libnamed.so -
mk -q --bin app:/srv/app --lib "$PWD/lib/libnamed.so" -o o.tar
is "$(mk why o.tar "$PWD/lib/libnamed.so")" "$PWD/lib/libnamed.so: named on the command line (--lib)" a_library_that_was_named
if command -v go >/dev/null; then
	printf 'package main\n\nimport (\n\t"net/http"\n\t"time"\n)\n\nfunc main() {\n\t_, _ = time.LoadLocation("UTC")\n\t_, _ = http.Get("https://x/")\n}\n' >go.go
	CGO_ENABLED=0 HOME=$old_home go build -trimpath -o goapp go.go
	mk -q --bin goapp --root etc --auto -o o.tar
	like "$(mk why o.tar $certs)" '^/etc/ssl/certs/ca-certificates.crt: 1 certificate, for net/http\..* of /goapp \(--auto\)' \
		auto_names_the_evidence_for_certificates
	like "$(mk why o.tar $zones/UTC | xargs)" 'time zones, for time\.LoadLocation .* of /goapp \(--auto\) /goapp: program' \
		...and_for_zones
else
	skip auto_names_the_evidence_for_certificates 'go is not installed'
fi

is "$(mk why o.tar /etc/passwd /tmp)" '/etc/passwd: root and the user of the image (--user)
/tmp: programs expect it (mkscratch itself)' what_comes_of_itself_is_told_in_words

run mk why --json o.tar /none /tmp
is "$status $(jq -c '[.path, .error, .exit, (.chain | length)]' "$out" | xargs -d '\n')" \
	'3 ["/none","o.tar: /none is not in the image",3,0] ["/tmp",null,null,1]' a_path_that_is_not_there_has_its_line
run mk why --json o.tar /none
is "$status $(wc -c <"$out")" '3 0' ...unless_it_is_the_only_one

# The record touches neither layers nor config, and says nothing of the host.
mk --json --bin app:/srv/app -o with.tar >with.json && mk --json --bin app:/srv/app --no-record -o without.tar >without.json
is "$(jq -c '[.config, .layers]' with.json)" "$(jq -c '[.config, .layers]' without.json)" the_record_changes_no_layer_and_no_config
is "$(jq -r .digest with.json | cut -c1-7)$(tar xOf without.tar "blobs/sha256/$(jq -r '.digest[7:]' without.json)" | jq .annotations)" \
	sha256:null without_it_the_manifest_has_no_annotation
mkdir moved && cp -a app lib moved/
(cd moved && mk --bin "$PWD/app:/srv/app" -o x.tar) >moved.json
reasons() {
	tar xOf "$1" "$(tar tf "$1" | tail -n 1)" | jq -r '.annotations["dev.mkscratch.reasons"]'
}
is "$(reasons moved/x.tar)" "$(reasons with.tar)" it_does_not_depend_on_where_the_inputs_lie
like "$(mk --bin app:/srv/app -v -o v.tar 2>&1)" '/srv/lib/libx\.so: libx\.so needed by /srv/app \(library\)' v_prints_the_same

run mk why i.tar /none /data /nothing /www/b
is "$status $(grep -c '^/' "$out") $(grep -c '^mkscratch: ' "$err")" '3 2 2' a_path_that_is_not_there_does_not_stop_the_others
must_fail 2 'why: no IMAGE given' 'mkscratch why img.tar /app' -- why
must_fail 2 'why: no PATH given' 'mkscratch why img.tar /app' -- why i.tar
must_fail 3 'i.tar: /none is not in the image' -- why i.tar /none
must_fail 3 'without.tar: has no record of why its files are there' \
	'images made with --no-record, or by another tool, have none' -- why without.tar /srv/app
must_fail 3 'layout: no image has the tag v3' 'choose one: layout:v1, layout:v2' -- why layout:v3 /srv/app
must_fail 2 '--annotation dev.mkscratch.x: keys beginning with dev.mkscratch. are made by mkscratch' -- \
	--bin app --annotation dev.mkscratch.x=1 -o x.tar
forged() { # NAME TEXT: an archive whose record is TEXT
	python3 - "$1" "$2" <<-'END'
		import hashlib, io, json, sys, tarfile
		old = {m.name: tarfile.open("with.tar").extractfile(m).read() for m in tarfile.open("with.tar") if m.isfile()}
		index = json.loads(old["index.json"])
		digest = index["manifests"][0]["digest"][7:]
		manifest = json.loads(old.pop("blobs/sha256/" + digest))
		manifest["annotations"]["dev.mkscratch.reasons"] = sys.argv[2]
		text = json.dumps(manifest).encode()
		name = hashlib.sha256(text).hexdigest()
		for m in index["manifests"]:
		    m.update(digest="sha256:" + name, size=len(text))
		old.update({"index.json": json.dumps(index).encode(), "blobs/sha256/" + name: text})
		with tarfile.open(sys.argv[1], "w") as t:
		    for n, data in old.items():
		        i = tarfile.TarInfo(n)
		        i.size = len(data)
		        t.addfile(i, io.BytesIO(data))
	END
}
forged bad.tar '{"no": "rows"}'
must_fail 3 'bad.tar: its record does not speak of /srv/app' -- why bad.tar /srv/app
forged bad.tar 'rubbish'
run mk why bad.tar /srv/app
like "$status $(cat "$err")" '^3 mkscratch: bad\.tar: dev\.mkscratch\.reasons: ' a_record_that_is_no_json
forged circle.tar '[["/srv/app","a","x","/srv"],["/srv","b","y","/srv/app"],[1],["/only"]]'
is "$(mk why circle.tar /srv/app | wc -l)" 2 a_circle_ends
cp with.tar flipped.tar && printf 'X' | dd of=flipped.tar bs=1 seek=20000 conv=notrunc 2>/dev/null
run mk why flipped.tar /srv/app
is "$status $(cat "$out")" '7 ' what_is_damaged_says_nothing
done_testing
