#!/usr/bin/env bash
# The sandbox: what the command line does not name is out of reach, even for code that has taken the process over; and the
# image is the same with and without.
. "$(dirname "$0")/../lib.sh"
require python3 cc
export PYTHONDONTWRITEBYTECODE=1
python3 "$TOP/oci-layout-spec/fixture/make_inputs.py" in
cp "$TOP/oci-layout-spec/fixture/certs.pem" in/
cc -O2 -D_GNU_SOURCE -o inject "$TOP/tests/tools/inject.c" && cc -O2 -D_GNU_SOURCE -shared -fPIC -o escape.so "$TOP/tests/tools/escape.c" -ldl
mkdir -p out certs outside && echo secret >outside/secret
options=(--no-cache -q -j 1 --bin in/app --tree in/site:/srv --file in/motd:/etc/motd --root in/root --certs=in/certs.pem --tz)

run mk "${options[@]}" --require-sandbox -o out/x.tar
if [ "$status" != 0 ]; then
	skip_all "cannot: $(head -n 1 "$err")"
fi
pass 'this kernel has one'

# What a sandbox that does not hold lets it leave outside of the room of this test shall not make the next run fail.
let_go() { rm -df /tmp/mkscratch-escaped /var/tmp/mkscratch-escaped; }
at_exit+=(let_go)
# With the loader's help a stranger is in the process.
escape() {
	run env LD_PRELOAD="$T/escape.so" ESCAPE_READ="$T/outside/secret" ESCAPE_WRITE="$1" "$MKSCRATCH" "${@:2}"
}
escaped() {
	sed -n 's/^escape: //p' "$err" | xargs -d '\n' printf '%s; '
}
refused='read: Permission denied; write: Permission denied; remove: No such file or directory; directory: Permission denied; '
refused+='connect: Permission denied; execute: Permission denied; '
for to in "$T/outside/new" "$T/in/new" /tmp/mkscratch-escaped "$HOME/new"; do
	escape "$to" "${options[@]}" -o out/x.tar
	is "$(escaped | sed 's/remove: [A-Z][a-z ]*/remove: No such file or directory/; s/connect: Connection refused/connect: Permission denied/')" \
		"$refused" "a build reads and writes nothing else: ${to#"$T"/}"
	t '... and is done' test "$status" = 0 -a ! -e "$to"
done
escape "$T/out/new" "${options[@]}" -o out/x.tar
like "$(escaped)" '^read: Permission denied; write: done; remove: done; ' 'beside an output it may write'
run env LD_PRELOAD="$T/escape.so" ESCAPE_READ="$T/in/site/index.html" "$MKSCRATCH" "${options[@]}" -o out/x.tar
like "$(escaped)" '^read: done; ' 'in a tree that is packed it may read'
escape "$T/outside/new" deps --root in/root in/app
like "$(escaped)" '^read: Permission denied; write: Permission denied; ' 'deps reads and writes nothing else'

# What reads images has nowhere to write; what is staged lies in files that were open before. The room of this test is in /tmp.
mk "${options[@]}" --label a=b -o out/other.tar
mk "${options[@]}" --base out/x.tar -o out/over.tar
reading() {
	local to
	for to in "$T/outside/new" /tmp/mkscratch-escaped /var/tmp/mkscratch-escaped; do
		escape "$to" "${@:2}"
		like "$status $(escaped)" "^$1 read: Permission denied; write: Permission denied; remove: .*; directory: Permission denied; .*execute: Permission denied; \$" \
			"reads and writes nothing else: ${*:2:1}, $to"
		t '... where nothing came to be' test ! -e "$to"
	done
}
reading 0 verify -q out/x.tar
reading 0 verify -q - <out/x.tar
reading 0 ls out/x.tar
reading 0 cat out/x.tar /etc/motd
reading 0 why --json out/x.tar /app
reading 0 inspect out/x.tar
reading 1 diff out/x.tar out/other.tar
reading 0 index -q -t example.com/joined:1 -o out/joined.tar out/x.tar
t '... and index is done' mk verify -q out/joined.tar
reading 0 "${options[@]}" --base out/x.tar -o out/over-again.tar
t '... and the build upon an image is done' cmp out/over-again.tar out/over.tar
rm -rf out/new
escape "$T/out/new" index -q -t example.com/joined:1 -o out/joined.tar out/x.tar
like "$status $(escaped)" '^0 read: Permission denied; write: done; ' 'beside an output of index it may write'
escape "$T/in/new" index -q -t example.com/joined:1 -o out/joined/ out/x.tar
like "$status $(escaped)" '^0 read: Permission denied; write: Permission denied; ' 'index writes nothing beside another directory'
t '... and a layout is there' mk verify -q out/joined
run env LD_PRELOAD="$T/escape.so" ESCAPE_READ="$T/outside/secret" "$T/inject" -n landlock_create_ruleset:1+ -a error=38 \
	"$MKSCRATCH" index -q -t example.com/joined:1 -o out/joined.tar out/x.tar
like "$(escaped)" '^read: done; ' 'without it the stranger has its way in index, too'
run env LD_PRELOAD="$T/escape.so" ESCAPE_READ="$T/outside/secret" "$T/inject" -n landlock_create_ruleset:1+ -a error=38 \
	"$MKSCRATCH" "${options[@]}" -o out/x.tar
like "$(escaped)" '^read: done; ' 'without it the stranger has its way, so the above can fail'

# verify --rebuild reads what the image's recipe names, and that root; an image is what a stranger hands out.
far=$(mktemp -d /dev/shm/mkscratch-t.XXXXXX) || far=$(mktemp -d "$BUILD/mkscratch-t.XXXXXX")
remove_far() {
	rm -rf "$far"
}
at_exit+=(remove_far)
echo secret >"$far/secret"
mk "${options[@]}" -o out/again.tar
rebuild() {
	rm -rf "$far/new"
	run env LD_PRELOAD="$T/escape.so" ESCAPE_AT="$T/in/app" ESCAPE_READ="$far/secret" ESCAPE_WRITE="$far/new" "$@"
}
for image in out/again.tar -; do
	rebuild "$MKSCRATCH" verify --rebuild --require-sandbox "$image" <out/again.tar
	like "$(escaped)" '^read: Permission denied; write: Permission denied; .*execute: Permission denied; $' \
		"verify --rebuild reads and writes nothing that the recipe does not name: $image"
	like "$status $(grep rebuild: "$out")" '^0 ✓ rebuild: the same image, byte for byte' '... and makes it again'
done
run env LD_PRELOAD="$T/escape.so" ESCAPE_AT="$T/in/app" ESCAPE_WRITE=/tmp/mkscratch-escaped "$MKSCRATCH" verify -q --rebuild out/again.tar
like "$status $(escaped)" '^0 write: Permission denied; ' '... nor below /tmp'
cat out/again.tar | rebuild "$MKSCRATCH" verify --rebuild --require-sandbox -
like "$status $(escaped)" '^0 read: Permission denied; write: Permission denied; ' '... from a pipe, too'
mk "${options[@]}" -t app:other --certs=in/../in/certs.pem -e OTHER=1 -o out/layout/
rebuild "$MKSCRATCH" verify -q --rebuild --require-sandbox out/again.tar out/layout out/absent.tar
like "$status $(escaped)" '^3 read: Permission denied; write: Permission denied; ' '... of several images at once'
is "$(grep -v '^escape: ' "$err")" 'mkscratch: out/absent.tar: no such image' '... of which those that are there are made again'
mk "${options[@]}" --file "$far/secret:/secret" -o out/secret.tar
rebuild "$MKSCRATCH" verify -q --rebuild --require-sandbox out/secret.tar
like "$status $(escaped)" '^0 read: done; write: Permission denied; ' '... and what a recipe names may be read'
rebuild "$T/inject" -n landlock_create_ruleset:1+ -a error=38 "$MKSCRATCH" verify -q --rebuild out/again.tar
like "$(escaped)" '^read: done; ' 'without it the stranger has its way there, too'
run ./inject -n landlock_create_ruleset:1+ -a error=38 "$MKSCRATCH" verify --rebuild --require-sandbox out/again.tar
is "$status $(head -n 1 "$err")" '5 mkscratch: --require-sandbox: this kernel has none, or refuses it (Landlock)' '... and --require-sandbox says so'
echo '#include <signal.h>
#include <sys/prctl.h>
int prctl(int what, ...) { return what == PR_SET_PDEATHSIG ? raise(SIGKILL) : 0; }' >killed.c && cc -shared -fPIC -o killed.so killed.c
run env LD_PRELOAD="$T/killed.so" "$MKSCRATCH" verify --rebuild out/again.tar
is "$status $(head -n 1 "$err")" '5 mkscratch: verify --rebuild: the process that reads the images ended by signal 9' '... that it ended early is told'
run python3 -c 'import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); os.execv(sys.argv[1], sys.argv[1:])' "$MKSCRATCH" verify -q --rebuild out/again.tar
is "$status $(cat "$err")" '0 ' '... and it is waited for where nobody waits for children'
# Before the recipes are known it is confined, too: the first byte of an image that is read is read so.
mk "${options[@]}" -t app:other --certs=in/../in/certs.pem -e OTHER=1 -o out/alone/
for image in out/again.tar out/alone - out/layout; do
	at=out/again.tar
	rm -rf "$far/new"
	[ -f "$image" ] || [ "$image" = - ] || at=$(grep -rl dev.mkscratch.recipe "$image/blobs")
	run env LD_PRELOAD="$T/escape.so" ESCAPE_AT="$T/$at" ESCAPE_READ="$T/in/app" ESCAPE_WRITE="$far/new" \
		"$MKSCRATCH" verify -q --rebuild --require-sandbox "$image" <out/again.tar
	like "$status $(escaped)" '^0 read: Permission denied; write: Permission denied; .*execute: Permission denied; read: ' \
		"what looks into an image for its recipe reads and writes nothing else: $image"
done
mkdir tmp && run env TMPDIR="$T/tmp" "$MKSCRATCH" verify -q --rebuild --require-sandbox out/again.tar
is "$status $(cat "$err")" '0 ' 'TMPDIR may be closed to it by then'
# Elsewhere than in the directories for temporary files: blobs that layouts share, the page, and pipes.
mk "${options[@]}" -o "$far/layout/" && mv "$far/layout/blobs" out/shared && ln -s "$T/out/shared" "$far/layout/blobs"
t 'a layout whose blobs are a link to elsewhere' mk verify -q --require-sandbox "$far/layout"
mk inspect --html "$far/page.html" out/x.tar
t 'inspect writes its page anywhere' test -s "$far/page.html"
like "$(mk diff <(cat out/x.tar) <(cat out/other.tar))" Labels 'images that come by pipes'
cat out/x.tar | mk index -q -t example.com/joined:1 -o "$far/joined.tar" - && t 'index, from a pipe' cmp "$far/joined.tar" out/joined.tar

# The same bytes, whatever the kernel has, and wherever things are.
mk "${options[@]}" -o out/want.tar
same() {
	local name=$1
	shift
	run "$@"
	[ "$status" = 0 ] || comment <"$err"
	t "$name" cmp out/x.tar out/want.tar
}
for error in 38 95 1 22; do
	same "the same bytes where the kernel says $error" ./inject -n landlock_create_ruleset:1+ -a "error=$error" \
		"$MKSCRATCH" "${options[@]}" -o out/x.tar
	run ./inject -n landlock_create_ruleset:1+ -a "error=$error" "$MKSCRATCH" "${options[@]}" --require-sandbox -o out/none.tar
	is "$status $(cat "$err")" "5 mkscratch: --require-sandbox: this kernel has none, or refuses it (Landlock)
hint: it takes Linux 5.13 with landlock among its security modules; without the option it runs anyway" '... and --require-sandbox says so'
	t '... before anything is written' test ! -e out/none.tar
done
same 'the same bytes where it may not be entered' ./inject -n landlock_restrict_self:1 -a error=1 "$MKSCRATCH" "${options[@]}" -o out/x.tar
ln -s "$T/in/app" linked && ln -s ../in/certs.pem certs/one.pem && ln -s out way
other=("${options[@]/--certs=in\/certs.pem/--certs=certs}")
other=("${other[@]/in\/app/linked:\/app}")
./inject -n landlock_create_ruleset:1+ -a error=38 "$MKSCRATCH" "${other[@]}" -o out/want.tar
same 'inputs by way of links, a directory of links to certificates, an output too' mk "${other[@]}" --require-sandbox -o way/x.tar
mk "${options[@]}" -o out/want.tar
echo old >outside/far.tar && ln -s "$T/outside/far.tar" out/link.tar
t 'an output that is a link to elsewhere' mk "${options[@]}" --require-sandbox -o out/link.tar
t '... is there' cmp outside/far.tar out/want.tar
t 'a layout that is new, and a tag added to it' bash -c '"$@" -o out/l/ && "$@" -t app:v2 -o out/l' - "$MKSCRATCH" "${options[@]}" --require-sandbox
t '... verifies' mk verify -q --require-sandbox out/l
mkdir elsewhere
t 'a cache that is new, and filled' bash -c 'for i in 1 2; do "$@" || exit 1; done' - "$MKSCRATCH" "${options[@]:1}" --cache elsewhere/a/b -o out/x.tar
t '... gives the same' cmp out/x.tar out/want.tar
t '... and has something' test "$(find elsewhere/a/b -type f | wc -l)" -gt 2
mkfifo fifo && { cat fifo >from-fifo & } && mk "${options[@]}" --require-sandbox -o fifo && wait
t 'a FIFO' cmp from-fifo out/want.tar
mk "${options[@]}" --require-sandbox -o - | cat >piped
t 'standard output' cmp piped out/want.tar
python3 -c 'import os; open("in/big", "wb").write(os.urandom(12 << 20))'
t 'more than memory holds, in a file that was open before' mk "${options[@]}" --file in/big:/big --require-sandbox -o out/big/
t '... verifies, also unpacked from a pipe' bash -c 'tar -C out/big -c . | "$MKSCRATCH" verify -q --require-sandbox -'
t 'a dry run' mk "${options[@]}" --require-sandbox -n -o nowhere/x.tar

# Several targets are confined together; what one makes another may read.
cat >several.json <<'JSON'
{"root":"in/root","targets":{"one":{"bin":"in/app","tree":"in/site:/srv","output":"out/one.tar"},
"two":{"bin":"in/app","base":"out/one.tar","output":"out/two/"}}}
JSON
rm -rf out/two out/one.tar
run env LD_PRELOAD="$T/escape.so" ESCAPE_READ=/etc/passwd ESCAPE_AT="$T/in/app" ESCAPE_WRITE="$T/outside/several" "$MKSCRATCH" --config several.json --cache "$T/cache" --require-sandbox
like "$status $(escaped)" '^0 read: Permission denied; write: Permission denied; ' 'several targets read and write nothing else'
t '... and are done' mk verify -q out/one.tar out/two
run ./inject -n landlock_create_ruleset:1+ -a error=38 "$MKSCRATCH" --config several.json --require-sandbox
is "$status $(head -n 1 "$err")" '5 mkscratch: --require-sandbox: this kernel has none, or refuses it (Landlock)' '... or --require-sandbox says that they are not'
done_testing
