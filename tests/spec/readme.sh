#!/usr/bin/env bash
# The README tells the truth: its commands run as they stand, and its table of options is that of the program.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/spec/common.sh"

# Lines that begin with mkscratch, of the blocks marked sh.
commands() {
	awk '/^```sh$/ { on = 1; next } /^```/ { on = 0 } on && /^mkscratch /' "$TOP/README.md"
}

mkdir bin && ln -s "$MKSCRATCH" bin/mkscratch
cat >bin/docker <<'END'
#!/bin/sh
exec cat >/dev/null
END
chmod 755 bin/docker
export PATH=$T/bin:$PATH

"$python" "$FIXTURE/make_inputs.py" in
here() {
	rm -rf work && mkdir -p work/public work/amd64 work/arm64
	cp in/app work/app
	cp in/app work/amd64/app
	cp in/app-arm64 work/arm64/app
	cp "$(type -P true)" work/app-dynamic
	mkdir work/plugins
	cp "$(mk deps --list work/app-dynamic | sed -n 's,/libc\.so\.6$,/libm.so.6,p')" work/plugins/libplug.so
	cp in/site/index.html work/public/
	cp "$FIXTURE/certs.pem" work/corp-ca.pem
	echo conf >work/app.conf
	mk --bin in/app:/old -q -o work/base.tar
}

require_host() {
	[ -e /etc/ssl/certs/ca-certificates.crt ] && [ -e /usr/share/zoneinfo/UTC ]
}

here
cd work || exit 1
mapfile -t lines < <(commands)
[ "${#lines[@]}" -ge 10 ]
is $? 0 the_readme_has_commands
for line in "${lines[@]}"; do
	if require_host; then
		t "$line" bash -o pipefail -c "$line"
	else
		skip "$line" "no certificates or no zones on this machine"
	fi
done
cd ..

# Options: every one of the README in the program, and the other way round. help, as everything, comes from the table.
options_of_program() {
	mk help --man | sed 's/\\-/-/g; s/\\f[A-Z]//g' | grep -oE -- '--[a-z][a-z-]+' | sort -u
}
options_of_readme() {
	awk '/^\| / && !/^\| .*\| .*\| .*\|$/' "$TOP/README.md" | grep -oE -- '--[a-z][a-z-]+' | sort -u
}
options_of_program | grep -vxE -e '--(list|man)' >program
options_of_readme >readme
[ -s program ] && [ -s readme ]
is $? 0 both_lists_of_options_hold_something
t the_options_of_the_readme_are_those_of_the_program diff -u program readme

# The table of symptoms is made from that of the program.
"$TOP/tests/tools/readme-table.sh" "$MKSCRATCH" "$TOP/README.md" >table
t the_symptoms_of_the_readme_are_those_of_the_program diff -u "$TOP/README.md" table
is "$(mk help --json troubleshooting | "$python" -c 'import json, sys; print(len(json.load(sys.stdin)) > 20)')" True there_are_symptoms

# Verbs likewise.
mk help | sed -n '/^Verbs:/,/^More:/p' | sed '/^More:/d; s/^Verbs://' | tr -s ' ' '\n' | sed '/^$/d' | sort >verbs
sed -n 's/^| `mkscratch \[\{0,1\}\([a-z]*\).*/\1/p' "$TOP/README.md" | sort >readme-verbs
t the_verbs_of_the_readme_are_those_of_the_program diff -u verbs readme-verbs

# What it names and counts: the annotation that is the recipe, and how a run ends whose image is too large.
mk --bin in/app -q -o img.tar && mk inspect --manifest img.tar | "$python" -c 'import json, sys; print(*json.load(sys.stdin)["annotations"], sep="\n")' >keys
grep -o '`dev\.mkscratch\.recipe`' "$TOP/README.md" | tr -d '`' | head -n 1 >key
t the_readme_names_the_annotation_of_the_recipe grep -qxFf key keys
mk --bin in/app -o large.tar --max-size 1 2>err
is "$?" "$(sed -n 's/^| \([0-9]*\) | .*--max-size.*/\1/p' "$TOP/README.md")" the_readme_tells_how_a_large_image_ends

# Links to files of the tree.
grep -ohE '\]\([^)#]+' "$TOP"/*.md "$TOP"/oci-layout-spec/README.md | sed 's/^](//' | sort -u >links
dead=
while read -r link; do
	case $link in
	http*) ;;
	*) [ -e "$TOP/$link" ] || [ -e "$TOP/oci-layout-spec/$link" ] || dead="$dead $link" ;;
	esac
done <links
is "$dead" "" no_link_leads_nowhere

done_testing
