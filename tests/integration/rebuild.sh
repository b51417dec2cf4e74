#!/usr/bin/env bash
# verify --rebuild and --recipe: the recipe of an image makes it again, and what is not as it was is named.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/spec/common.sh"
require jq cc python3
printf 'int main(void) { return 0; }\n' | cc -x c -o app -
mkdir -p tree/sub && echo hello >tree/sub/a && ln -s sub/a tree/b && echo conf >conf && cp "$FIXTURE/certs.pem" .
options=(--bin ./app --file "conf:/etc/conf:0600" --tree tree:/srv --certs=certs.pem --user web:1000 -e "A=it's \$HOME" -e $'B=two\tparts'
	-e 'C=' --cmd --port --label k=v --expose 80 -t team/web:1.0 -t web)
mk -q "${options[@]}" -o img.tar -o dir/
again() { # the findings of the rebuild alone, and the status
	run mk verify --rebuild --json "$@"
	jq -r '.checks[] | select(.check == "rebuild") | .detail' "$out" | sed 's/sha256:[0-9a-f]*/D/g'
	echo "$status"
}

is "$(again img.tar)" $'the same image, byte for byte: D\n0' same_inputs_same_image
is "$(again dir:1.0)" $'the same image, byte for byte: D\n0' of_a_layout_too
is "$(again - <img.tar)" $'the same image, byte for byte: D\n0' on_standard_input_too
mk verify --recipe img.tar >recipe
is "$(cat recipe)" "SOURCE_DATE_EPOCH=0 mkscratch --bin app --file conf:/etc/conf:0600 --tree tree:/srv --certs=certs.pem --user web:1000 --cmd --port --env 'A=it'\\''s \$HOME' --env \$'B=two\\011parts' --env C= --expose 80/tcp --label k=v --tag team/web:1.0 --tag web:latest --output rebuilt.tar" \
	the_recipe_is_a_command_line
mkdir bin && ln -s "$MKSCRATCH" bin/mkscratch
PATH=$PWD/bin:$PATH bash -c "$(cat recipe)" >"$out"
t "... that makes the same archive" cmp rebuilt.tar img.tar
is "$(mk verify --recipe --json img.tar | jq -c '[.options.bin, .epoch, .platform, (.inputs | map(.[0]))]')" \
	"[[\"app\"],0,\"$(mk --json -n --bin app | jq -r .platform)\",$(mk verify --recipe --json img.tar | jq -c '.inputs | map(.[0])')]" json_is_the_recipe
is "$(mk verify --recipe --json img.tar | jq -r '.inputs[] | select(.[0] == "/etc/conf") | .[2]')" "sha256:$(sha256sum <conf | cut -d' ' -f1)" \
	inputs_have_their_digests
export SOURCE_DATE_EPOCH=77
is "$(again img.tar)" $'the same image, byte for byte: D\n0' the_recipe_alone_says_what_time_it_is
unset SOURCE_DATE_EPOCH
mk -q --bin app --created now -o now.tar
sleep 1.1
is "$(again now.tar)" $'the same image, byte for byte: D\n0' created_now_is_the_time_it_was
is "$(grep -c . <(find . -newer recipe -name '*.tar' ! -name now.tar ! -name rebuilt.tar))" 0 nothing_is_written
python3 -B "$FIXTURE/make_inputs.py" made
cp made/app-arm64 moved && mk -q --bin moved -o arm64.tar && cp made/app moved
is "$(again arm64.tar)" $'the programs that are here are for another platform\n7' programs_of_another_platform

# Command lines that say the same make the same image.
spelled() {
	mk -q "$@" -o spelled.tar
	cmp -s spelled.tar plainly.tar && echo same
}
mk -q --bin app --file conf:/etc/conf --tree tree:/srv --root / --certs=certs.pem --cert certs.pem --tz=UTC -l b=2 -l a=1 -p 80 -p 90/udp \
	--annotation k=v -e A=1 -e B=2 --user 5 -o plainly.tar
rest=(--cert=certs.pem --tz=UTC -e A=1 -eB=2 --user=5)
is "$(spelled --bin ./app --file .//conf:/etc/conf --tree ./tree/:/srv --root // --certs=./certs.pem --cert ././certs.pem --tz=UTC -l b=2 -l a=1 \
	-p 80 -p 90/udp --annotation k=v -e A=1 -e B=2 --user 5)" same paths_may_be_spelled_in_any_way
is "$(spelled --bin app:/app:0755 --file conf:/etc/ --tree tree://srv/ --root / --certs=certs.pem --cert certs.pem --tz=UTC,UTC -l b=2 -l a=1 \
	-p 80/tcp -p 90-90/udp --annotation k=v -e A=1 -e B=2 --user 5)" same what_holds_anyhow_may_be_said
is "$(spelled --tree=tree:/srv -p 90/udp -p 80 -p 80 -l a=0 -l a=1 --label=b=2 --file=conf:/etc/conf --bin=app --root=/ --certs=certs.pem \
	--annotation=k=x --annotation=k=v "${rest[@]}")" same order_and_repetition_are_no_matter
is "$(spelled --bin app --file conf:/etc/conf --tree tree:/srv --root / --certs=certs.pem --cert certs.pem --tz=UTC -l b=2 -l a=1 -p 80 -p 90/udp \
	--annotation k=v -e B=2 -e A=1 --user 5)" '' the_order_of_variables_is
is "$(mk verify --recipe --json plainly.tar | jq -c .options.file)" '["conf:/etc/conf"]' the_recipe_has_the_plainest
is "$(again plainly.tar)" $'the same image, byte for byte: D\n0' ..._and_makes_it_again

mk -q --bin app --tz=UTC,Europe/Oslo -o plainly.tar
is "$(spelled --bin app --tz=Europe/Oslo,UTC)$(spelled --bin app --tz=Europe/Oslo --tz=UTC)" samesame zones_have_no_order
cp app a:b && mk -q --bin a:b:/ --file ./a:b:/srv//:0600 --link x:y:/l/ -o plainly.tar
is "$(mk verify --recipe --json plainly.tar | jq -c '.options | [.bin[], .file[], .link[]]')" '["a:b:/","a:b:/srv/:0600","x:y:/l"]' \
	a_colon_in_a_name_is_not_one_behind_DEST
is "$(again plainly.tar)" $'the same image, byte for byte: D\n0' ...so_that_it_is_made_again
mk -q --bin app --tree tree:/srv::5:6 -o plainly.tar
is "$(spelled --bin app --tree ./tree/:/srv/::05:6)$(mk verify --recipe --json plainly.tar | jq -c .options.tree)" 'same["tree:/srv::5:6"]' \
	a_tree_has_an_owner_and_no_mode
mk -q --bin app -o plainly.tar
is "$(spelled --bin app --compress gzip:5 --layers split --media-types oci --user 65534 --preset scratch --workdir / --entrypoint /app \
	--created 1970-01-01T00:00:00Z --root /)" same defaults_may_be_said
is "$(spelled --bin app --user nonroot)" '' ...and_nothing_else
is "$(mk verify --recipe spelled.tar | grep -o -- '--user [a-z]*')" '--user nonroot' ...which_the_recipe_has

# Names that a shell would take for something else, pasted in another directory.
mkdir odd elsewhere-in
for name in 'a b' "it's" 'do"uble' $'new\nline' '$HOME' '`id`' 'back\slash' '!bang' '*' '~' '=eq' '-dash' '{a,b}' '#hash' 'é' $'tab\t' ';semi' '&' '(p)' 'q?' \
	$'e\x1b[0m' $'c1\xc2\x9b31m' $'\xe2\x80\xaeback'; do
	echo x >"odd/$name"
done
mkdir in && cp app in/ && cp odd/* in/ && cp in/* elsewhere-in/
(cd in && odd=() && for file in *; do odd+=(--file "./$file:/f/$file"); done &&
	mk -q --bin app "${odd[@]}" --author=-v --label=-n=1 --annotation=-q=1 --env=-e=x -e "E=O'Neil \"x\"" --cmd 'a b' --cmd -v --cmd '' \
		-o odd.tar)
is "$(mk verify --recipe in/odd.tar | LC_ALL=C grep -c $'\x1b\|\xc2\x9b\|\xe2\x80\xae')" 0 'nothing in a recipe turns a terminal'
for shell in bash zsh; do
	if ! command -v $shell >/dev/null; then
		skip "odd names, pasted into $shell" "$shell is not installed"
		continue
	fi
	(cd elsewhere-in && rm -f rebuilt.tar && PATH=$T/bin:$PATH $shell -c "$(mk verify --recipe ../in/odd.tar)") >"$out"
	t "odd names, pasted into $shell" cmp elsewhere-in/rebuilt.tar in/odd.tar
done
cp conf $'\377' && run mk --bin app --file $'\377:/c' -o bytes.tar
is "$status $(cat "$err")" '0 warning: a name that was typed is no UTF-8: the image cannot tell how it was made (verify --rebuild)' \
	'a name that is no UTF-8 leaves no recipe, which is told'
run mk --bin app --file $'\377:/c' --no-record -o bytes.tar
is "$status $(cat "$err")" '0 ' '... unless none was wanted'
rm $'\377'

# What is not as it was.
from_there='relative paths begin where the build was started, those of a config file where that lay: verify it from there'
echo other >conf
is "$(again img.tar)" $'input /etc/conf (--file): has changed, was D, is D\nlayer 3: DiffID was D, is D\n7' a_changed_file
echo conf >conf && chmod 700 tree/sub/a
is "$(again img.tar)" $'input /srv/ (--tree): has changed, was D, is D\nlayer 3: DiffID was D, is D\n7' a_mode_in_a_tree
chmod 644 tree/sub/a && mv conf hidden && mv certs.pem hidden.pem
is "$(again img.tar)" "input conf: not here (looked for in $PWD)
input certs.pem: not here (looked for in $PWD)
$from_there
3" all_that_is_absent
mv hidden conf && mv hidden.pem certs.pem
is "$(cd / && again "$T/img.tar")" "$(printf 'input %s: not here (looked for in /)\n' app conf tree certs.pem)
$from_there
3" from_elsewhere_it_says_where_it_looks
if [ "$(id -u)" != 0 ] || setpriv --reuid 65534 --regid 65534 --clear-groups true; then
	cp "$MKSCRATCH" lent && mkdir shut && cp conf shut/ && mk -q --bin app --file shut/conf:/conf -o shut.tar && chmod 755 . && chmod 0 shut
	[ "$(id -u)" = 0 ] && nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
	run "${nobody[@]}" ./lent verify --rebuild shut.tar
	is "$status $(tail -1 "$err")" '5 mkscratch: shut/conf: cannot open (Permission denied)' an_input_that_may_not_be_looked_at_is_not_called_absent
	chmod 700 shut
else
	skip an_input_that_may_not_be_looked_at_is_not_called_absent 'cannot become another user here'
fi
is "$(again img.tar)" $'the same image, byte for byte: D\n0' all_is_well_again
mk -q --bin app --no-record -o plain.tar
is "$(again plain.tar)" $'has no recipe: made with --no-record, of names that are no UTF-8, too large for a manifest, or by another tool\n3' without_a_record
must_fail 3 'plain.tar: has no recipe' 'images made with --no-record, of names that are no UTF-8 or of too many, or by another tool, have none' -- verify --recipe plain.tar
must_fail 2 '--recipe: not together with --rebuild' -- verify --recipe --rebuild img.tar

# A library that changed, and another root.
mkdir -p root/lib && printf 'int f(void) { return 1; }\n' | cc -shared -fPIC -x c -o root/lib/libf.so - -x none -Wl,-soname,libf.so
printf 'int f(void); int main(void) { return f(); }\n' | cc -nostdlib -x c -o needs - -x none root/lib/libf.so -Wl,-e,main
loader=$(mk deps --json needs 2>"$err" | jq -r .interp)
mkdir -p "root$(dirname "$loader")" && cp -L "$loader" "root$loader" && cp -L "$(cc -print-file-name=libc.so.6)" root/lib/
run mk -q --bin needs --root root --library-path /lib -o lib.tar
is "$status" 0 a_program_with_a_library_of_a_root
mv root elsewhere
is "$(again lib.tar)" $"input root: not here (looked for in $PWD)"$'\n'"$from_there"$'\n3' a_root_that_is_gone
is "$(again lib.tar --root elsewhere)" $'the same image, byte for byte: D\n0' the_root_may_lie_elsewhere
printf 'int f(void) { return 2; }\n' | cc -shared -fPIC -x c -o elsewhere/lib/libf.so - -x none -Wl,-soname,libf.so
like "$(again lib.tar --root elsewhere)" '^input /lib/libf\.so \(library\): has changed, was D, is D$' a_changed_library

# Another codec gives other blobs of the same layers; of a library, so may another build.
cat >recompress.py <<'P'
import gzip, hashlib, json, os, sys
root, codec = sys.argv[1:]
def read(d): return open(f'{root}/blobs/sha256/' + d[7:], 'rb').read()
def store(b):
    d = hashlib.sha256(b).hexdigest(); open(f'{root}/blobs/sha256/{d}', 'wb').write(b)
    return {'digest': 'sha256:' + d, 'size': len(b)}
index = json.load(open(f'{root}/index.json')); manifest = json.loads(read(index['manifests'][0]['digest']))
for l in manifest['layers']: l.update(store(gzip.compress(gzip.decompress(read(l['digest'])), 1, mtime=0)))
recipe = json.loads(manifest['annotations']['dev.mkscratch.recipe']); recipe['codec'] = codec
manifest['annotations']['dev.mkscratch.recipe'] = json.dumps(recipe)
top = store(json.dumps(manifest).encode())
for m in index['manifests']: m.update(top)
json.dump(index, open(f'{root}/index.json', 'w'))
P
cp -r dir other && python3 recompress.py other 'libother 9.9'
like "$(again other)" '^the same layers before compression \(DiffIDs\) and the same config; compressed by libother 9\.9 then, by mkscratch deflate 1 here$' \
	another_codec
is "$status" 0 '... is no fault'
cp -r dir same && python3 recompress.py same "$(mk verify --recipe --json img.tar | jq -r .codec)"
is "$(again same)" $'the same layers before compression (DiffIDs) and the same config; compressed by something else than the mkscratch deflate 1\n0' \
	the_bytes_of_our_own_codec_are_known
mk -q "${options[@]}" --compress gzip:9 -o library/
is "$(again library)" $'the same image, byte for byte: D\n0' of_a_codec_of_a_library
cp -r library build && python3 recompress.py build "$(mk verify --recipe --json library | jq -r .codec)"
like "$(again build)" $'^the same layers .* compressed by another build of libdeflate [0-9.]*\n0$' another_build_of_the_codec

# A recipe is the image's own word.
forge() { # NAME JQ-PROGRAM: a layout whose recipe was changed
	cp -r dir "$1"
	python3 - "$1" "$2" <<-'P'
		import hashlib, json, subprocess, sys
		root, program = sys.argv[1:]
		index = json.load(open(f'{root}/index.json'))
		manifest = json.load(open(f'{root}/blobs/sha256/' + index['manifests'][0]['digest'][7:]))
		a = manifest['annotations']
		a['dev.mkscratch.recipe'] = subprocess.run(['jq', '-c', program], input=a['dev.mkscratch.recipe'], text=True, capture_output=True).stdout
		b = json.dumps(manifest).encode(); d = hashlib.sha256(b).hexdigest(); open(f'{root}/blobs/sha256/{d}', 'wb').write(b)
		for m in index['manifests']: m.update({'digest': 'sha256:' + d, 'size': len(b)})
		json.dump(index, open(f'{root}/index.json', 'w'))
	P
}
forge noepoch 'del(.epoch)'
is "$(again noepoch)" $'the recipe has no options or no epoch\n3' a_recipe_without_an_epoch
forge output '.options.output = ["/tmp/x"]'
is "$(again output)" "the recipe: 1 option that $(mk version) does not know"$'\n3' an_option_that_is_none_of_a_recipe
must_fail 3 "output: the recipe: 1 option that $(mk version) does not know" -- verify --recipe output
forge bad '.options.user = "a b"'
like "$(again bad)" '^the recipe: user "a b": ' an_option_with_a_bad_value
forge newer '.tool = "mkscratch 99.0"'
is "$(again newer)" $'the same layers and config; what the manifest says of its making differs\nmade by mkscratch 99.0, this is '"$(mk version)"$'\n0' \
	another_version_is_told
forge none '"x" | tostring'
is "$(again none | tail -n 1)" 3 a_recipe_that_is_no_object
done_testing
