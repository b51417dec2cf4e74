#!/usr/bin/env bash
# The command line from outside: what is printed where, and the exit status.
. "$(dirname "$0")/../lib.sh"
require cc jq
printf 'int main(void){return 0;}\n' >app.c
cc -static -o app app.c || skip_all "cannot: no static libc"
cc -o dyn app.c
printf 'int f(void){return 0;}\n' >f.c && cc -shared -o libgone.so f.c &&
	cc -Wl,--no-as-needed -o lacks app.c -L. -lgone && rm libgone.so

# help
run mk
is "$status $(head -n 2 "$out" | tail -n 1)" '0   mkscratch --bin ./app --certs --tz -o img.tar   program, TLS roots, time zones' \
	'bare mkscratch prints the short help, which begins with examples'
cp "$out" short
mk --help >long
t '--help is the same' cmp long short
t 'the short help fits 24 lines of 80 columns' awk 'length > 80 || NR > 24 { exit 1 }' short
for topic in input libraries content users config health output run speed presets reproducibility exit-status environment build deps doctor \
	inspect ls cat verify why cache help; do
	t "help $topic fits a screen" bash -c '"$MKSCRATCH" help '"$topic"' | awk "length > 80 { bad = 1 } END { exit bad || NR < 3 || NR > 24 }"'
done
mk help deps >topic && mk deps --help >verb
t 'VERB --help is help VERB' cmp verb topic
like "$(mk --version)" '^mkscratch [0-9]+\.[0-9]+\.[0-9]+$' '--version'
is "$(mk version)" "$(mk --version)" 'version is also a verb'

# man page and completions
is "$(mk version --help | grep Usage; mk help completion | grep Usage)" 'Usage: mkscratch version
Usage: mkscratch completion bash|zsh|fish' 'options are promised only where there are some'
is "$(mk --bin /bin/true --cmd -v --cmd --output -n --json | jq -c .dry_run)$?" "$(mk --bin /bin/true -n --json | jq -c .dry_run)0" \
	'what is in exec form may look like an option'
mk help --man >mkscratch.1
like "$(grep -c '^\.TP' mkscratch.1)" '^[3-9][0-9]$' 'the man page has a paragraph for each option'
if command -v mandoc >/dev/null; then
	is "$(mandoc -Tlint -W warning mkscratch.1)" '' 'mandoc has nothing to warn of'
elif command -v groff >/dev/null; then
	is "$(groff -man -ww -z mkscratch.1 2>&1)" '' 'groff has nothing to warn of'
else
	skip 'the man page renders without warnings' 'neither mandoc nor groff is installed'
fi
mk completion bash >c.bash && mk completion zsh >c.zsh && mk completion fish >c.fish
# shellcheck disable=SC2016
complete_bash() {
	bash -c '. ./c.bash; compopt() { :; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _mkscratch; printf "%s\n" "${COMPREPLY[@]}"' - "$@"
}
is "$(complete_bash mkscratch --li | sort | xargs)" '--lib --library-path --link' 'bash completes options'
is "$(complete_bash mkscratch v | sort | xargs)" 'verify version' '... verbs'
is "$(complete_bash mkscratch --layers s | sort | xargs)" 'single split' '... words of a value'
is "$(complete_bash mkscratch --compress = z)" 'zstd' '... behind an equals sign'
is "$(complete_bash mkscratch deps --l | sort | xargs)" '--library-path --list' '... and only what the verb takes'
is "$(complete_bash mkscratch cache '' | xargs) $(complete_bash mkscratch completion f)" 'stat trim clear fish' '... its words'
is "$(complete_bash mkscratch help repro)" 'reproducibility' '... and topics'
touch 'a b.pem'
is "$(complete_bash mkscratch --cert a\ )" 'a b.pem' '... and files with blanks'
if command -v zsh >/dev/null; then t 'zsh reads its completion' zsh -n c.zsh; else skip 'zsh reads its completion' 'zsh is not installed'; fi
complete_fish() { fish -c '. ./c.fish; complete -C "$argv"' "$1" | cut -f 1 | xargs; }
if command -v fish >/dev/null; then
	t 'fish reads its completion' fish -n c.fish
	is "$(complete_fish 'mkscratch cache ') $(complete_fish 'mkscratch why c.b') $(complete_fish 'mkscratch deps --l')" \
		'clear stat trim c.bash --library-path --list' '... and knows the words, files and options of a verb'
else skip 'fish reads its completion' 'fish is not installed'; fi
is "$(awk -F"'" '/^complete.* -d / { if (length($(NF - 1)) > 140) print }' c.fish)" '' 'no description is longer than a menu has room for'

# what a build prints
run mk --bin app -t app:v1 -o img.tar
like "$status $(cat "$out" "$err")" '^0 img\.tar: app:v1 linux/[a-z0-9/]+ sha256:[0-9a-f]{64} [0-9]+\.[0-9] kB in 2 layers$' \
	'success is one line on stdout'
like "$(mk --bin app --layers single -o one.tar)" ' in 1 layer$' 'one layer is one layer'
run mk build --bin=app -oa.tar -o b/ -t x -t y:2
like "$(tr '\n' ';' <"$out")" '^a\.tar: x:latest,y:2 .*;b/: x:latest,y:2 .*;$' 'several outputs: a line each, with all tags'
run mk --bin app -q -o img.tar
is "$status $(cat "$out" "$err")" '0 ' '-q says nothing'
run mk --bin app -v -o img.tar
is "$(wc -l <"$out")" 1 '-v changes nothing on stdout'
mk --bin app --json -t app:v1 -o img.tar -o b/ >json
is "$(jq -s length json)" 1 '--json is one object'
is "$(jq -c 'keys' json)" '["config","digest","layers","outputs","platform","size","tags"]' '... with the keys of the contract'
is "$(jq -c '.layers[0] | keys' json)" '["diff_id","digest","entries","media_type","size"]' '... for each layer too'
is "$(jq -c '[.tags, .outputs]' json)" '[["app:v1"],["img.tar","b/"]]' '... tags and outputs as typed'
is "$(jq -r .digest json)" "$(tar xOf img.tar index.json | jq -r '.manifests[0].digest')" '... the digest is that of the manifest'
run mk --bin app --json -t app:v1 -o -
is "$(jq -r .digest "$err")" "$(jq -r .digest json)" 'with -o - the object goes to stderr'

# looking only
rm -rf look && mkdir look && cd look || exit 1
run mk --bin ../app -n -o new.tar
like "$status $(cat "$out")" '^0 new\.tar: app:latest linux/.* [0-9]+ entries with .*; dry run, nothing written$' '--dry-run says what would be made'
is "$(mk --bin ../app -n --json -o new.tar | jq -c '[.dry_run, .outputs]')" '[true,["new.tar"]]' '... also as JSON'
run mk --bin ../app --print rootfs -o new.tar
like "$(cat "$out")" '/app.*--bin \.\./app' '--print rootfs shows each entry with its reason'
is "$(mk --bin ../app --print rootfs --json | jq -r '.[] | select(.path == "/tmp") | .mode')" 1777 '... also as JSON'
run mk --bin ../none --print plan
is "$status" 0 '--print plan looks at no file'
run mk --bin ../none -n
is "$status" 3 '... and --dry-run at all of them'
is "$(find . -type f | wc -l)" 0 'none of these writes'
cd .. || exit 1

# deps
run mk deps app
like "$status $(cat "$out")" '^0 app: linux/[a-z0-9/]+ static' 'deps of a static program'
is "$(mk deps --list app)" '' '... are none'
run mk deps dyn
like "$(cat "$out")" '^  libc\.so\.6 => /.*/libc\.so\.6 \(.+\)$' 'deps shows path and rule'
like "$(mk deps --list dyn | head -n 1)" '^/.*/libc\.so\.6$' 'deps --list is paths alone'
is "$(mk deps --json dyn | jq -c keys)" '["dlopen","file","findings","hints","interp","libc","missing","needs","objects","platform","runtime"]' 'deps --json has the keys of the contract'
is "$(mk deps --json dyn | jq -c '.objects[0] | keys')" '["found_by","glibc","name","needed_by","path"]' '... for each object too'
run mk deps lacks
is "$status" 4 'deps ends with 4 when something is missing'
like "$(cat "$out")" '^  libgone\.so => not found \(searched .+\)$' '... and shows it in its place'
like "$(cat "$err")" '^mkscratch: lacks: needs libgone\.so, not found' '... and says so'
is "$(mk deps --json lacks 2>/dev/null | jq -c '.missing[0] | keys')" '["name","needed_by","searched"]' '... as JSON with what was searched'
run mk deps lacks dyn
like "$status $(cat "$out")" '^dyn: ' '... and goes on with the next file'
echo text >none
run mk deps none dyn absent lacks
is "$status $(grep -c '^dyn: ' "$out") $(sed -n 's/^mkscratch: \([a-z]*\):.*/\1/p' "$err" | xargs)" '3 1 none absent lacks' \
	'a file that is no program does not keep the others from being shown; the first gives the exit status'
is "$(mk deps --list dyn dyn | sort | uniq -d)" '' 'deps --list of several files has each path once'
printf '#!/bin/sh\n' >s.sh
run mk deps --json s.sh app
is "$status $(jq -c '[.file, .exit, .hint != null, (.objects | length)]' "$out" | xargs)" '3 [s.sh,3,true,0] [app,null,false,0]' \
	'... of which one that fails has its line'
run mk deps --json s.sh
is "$status $(wc -c <"$out")" '3 0' '... unless it is the only one'
is "$(mk deps --json dyn app | jq -c .file | xargs)" 'dyn app' 'deps --json of several files is an object a line'
mkdir foreign && printf '\177ELF\1\1\1%09d\3\0\3\0\1\0\0\0%040d' 0 0 | tr 0 '\0' >foreign/libc.so.6
like "$(mk deps -v --library-path "$T/foreign" dyn)" '^ +passed over .*foreign/libc\.so\.6: built for' 'deps -v tells what was passed over'
like "$(mk deps --library-path "$T/foreign" dyn | grep -c passed)" '^0$' '... and only then'
like "$(TERM=xterm script -qec "$MKSCRATCH deps lacks" /dev/null 2>/dev/null)" "$(printf '\033')\\[31mnot found" 'on a terminal what is not found is red'
like "$(NO_COLOR=1 TERM=xterm script -qec "$MKSCRATCH deps lacks" /dev/null 2>/dev/null)" '=> not found' '... unless NO_COLOR is set'

# verify
run mk verify img.tar
is "$status $(grep -vc -e '^✓ ' -e '^· ' "$out")" '0 0' 'verify prints a line for each check'
run mk verify -q img.tar b
is "$status $(cat "$out")" '0 ' 'verify -q prints only what failed'
run mk verify --json img.tar
is "$(jq -c '[.image, .ok]' "$out")" '["img.tar",true]' 'verify --json'
printf x >>"$(find b/blobs/sha256 -type f | head -n 1)"
run mk verify b img.tar
like "$status $(grep -c '^✗ ' "$out") $(cat "$err")" '^7 [1-9][0-9]* mkscratch: b: [0-9]+ of [0-9]+ checks failed' 'a damaged image is exit 7'
like "$(tail -n 1 "$out")" '^✓ ' '... and the next one is checked all the same'

# where it prints
run bash -c '"$MKSCRATCH" --help >/dev/full'
is "$status $(cat "$err")" '5 mkscratch: standard output: write failed (No space left on device)' 'stdout that is full is exit 5'
run bash -c '"$MKSCRATCH" --bin app -o closed.tar >&-'
is "$status" 5 'stdout that is closed is exit 5'
t '... the image is whole' mk verify closed.tar
run bash -c '"$MKSCRATCH" --bin app -q -o closed.tar <&- >&- 2>&-'
is "$status" 0 'closed descriptors do no harm where nothing is said'
mk --bin app -q -o open.tar
t '... and nothing lands in the image' cmp closed.tar open.tar
run bash -c 'set -o pipefail; "$MKSCRATCH" --bin app --layers single -q -o - --tag x --compress none | true'
is "$status $(head -n 1 "$err" | cut -c1-30)" '5 mkscratch: standard output: wr' 'a reader that leaves is exit 5'
if command -v script >/dev/null; then
	run script -qec '"$MKSCRATCH" --bin app -o - 2>tty.err' /dev/null
	is "$status $(head -n 1 tty.err)" '2 mkscratch: --output -: standard output is a terminal' 'no archive is written to a terminal'
else
	skip 'no archive is written to a terminal' 'script is not installed'
fi
if [ "$(id -u)" = 0 ] && cp "$MKSCRATCH" ./setuid && chown 65534 setuid && chmod 4755 setuid &&
	! findmnt -no OPTIONS -T . 2>/dev/null | grep -q nosuid; then
	run ./setuid --version
	is "$(head -n 1 "$err")$(cat "$out")" 'mkscratch: refusing to run with the privileges of its file (set-id)' \
		'a set-uid copy refuses to run'
	t '... and fails' test "$status" -ne 0          # the leak check, which cannot look into it, makes a 1 of the 2
else
	skip 'a set-uid copy refuses to run' 'cannot: not root, or mounted nosuid'
fi

# Small work is done by one thread.
printf 'void _start(void) { for (;;); }\n' >tiny.c && cc -static -nostdlib -ffreestanding -fno-stack-protector -o tiny tiny.c
if strace -f -qq -o calls -e trace=clone,clone3,write "$MKSCRATCH" --bin tiny --cache cache -o tiny.tar >/dev/null 2>&1; then
	is "$(grep -c write calls | sed 's/[1-9].*/some/') $(grep -c clone calls)" 'some 0' 'tiny work starts no thread'
else
	skip 'tiny work starts no thread' 'cannot: strace is not here, or may not trace'
fi

# Starting is fast as long as no library is loaded but that of C; in the builds for tests, none that a tar does not need.
loads() {
	ldd "$MKSCRATCH" | grep -cE "lib($1)\."
}
if [ ! -e "$(cc -print-file-name=libarchive.a)" ] || ! command -v ldd >/dev/null; then
	skip 'no library is loaded that a tar does not need' 'cannot: no static libarchive here'
else
	is "$(loads 'archive|xml2|icu[a-z]*')" 0 'no library is loaded that a tar does not need'
fi
for lib in crypto jansson elf deflate zstd z; do
	if [ ! "$MKSCRATCH" -ef "$BUILD/mkscratch" ] || [ ! -e "$(cc -print-file-name="lib$lib.a")" ]; then
		skip "lib$lib is part of the program" 'cannot: a build for tests, or no static library here'
	else
		is "$(loads "$lib")" 0 "lib$lib is part of the program"
	fi
done
done_testing
