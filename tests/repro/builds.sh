#!/usr/bin/env bash
# Same inputs, same bytes: whatever compiler made the program, how it was optimised, and on which processor it runs.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/spec/common.sh"
"$python" "$FIXTURE/make_inputs.py" inputs
cp "$FIXTURE/certs.pem" inputs/
blocks inputs/site/large 700000

# build PROGRAM... : the image as img.tar, and as one of each codec
build() {
	local codec
	for codec in gzip zstd:3 none; do
		"$@" --no-cache -q --bin inputs/app --tree inputs/site:/srv --root inputs/root --certs=inputs/certs.pem --tz -e A=b \
			--compress "$codec" -o "img.${codec%:*}.tar" || return 1
	done
	cat img.*.tar >img.tar
}
build "$MKSCRATCH" && mv img.tar want.tar
same() {
	local name=$1
	shift
	rm -f img.*
	run build "$@"
	[ "$status" = 0 ] || comment <"$err"
	t "$name" cmp img.tar want.tar
}

# NAME MAKE-WORD...: another build of the same source
other() {
	local name=$1
	shift
	if make -s -j2 -C "$TOP" BUILD="$T/$name" "$@" all >"$name.log" 2>&1; then
		same "built with $*" "$(find "$T/$name" -maxdepth 2 -name mkscratch -type f | head -n 1)"
	else
		fail "built with $*"
		tail -n 20 "$name.log" | comment
	fi
}
other debug MODE=debug
other fast 'CFLAGS=-O3 -march=native -funroll-loops'
if command -v clang >/dev/null; then
	other clang CC=clang
else
	skip 'built by another compiler' 'clang is not installed'
fi

qemu=$(command -v qemu-x86_64-static || command -v qemu-x86_64)
if [ -n "$qemu" ] && [ "$(uname -m)" = x86_64 ]; then
	for cpu in qemu64 Conroe Nehalem SandyBridge Haswell EPYC max; do
		if "$qemu" -cpu "$cpu" "$MKSCRATCH" --version >/dev/null 2>&1; then
			same "on a processor like $cpu" "$qemu" -cpu "$cpu" "$MKSCRATCH"
		else
			skip "on a processor like $cpu" "cannot: the emulator has none, or a library needs more"
		fi
	done
else
	skip 'on other processors' 'cannot: no emulator of this machine'
fi

# A clock of any time; what it says is heard only where a warning may depend on it.
cat >clock.c <<'C'
#include <stdlib.h>
#include <time.h>
time_t time(time_t *out)
{
	time_t t = (time_t)atoll(getenv("CLOCK"));
	if (out)
		*out = t;
	return t;
}
C
cc -shared -fPIC -o clock.so clock.c
for clock in -1 0 1 2147483648 4294967296 253402300800; do
	same "the clock says $clock" env LD_PRELOAD="$T/clock.so" CLOCK="$clock" "$MKSCRATCH"
done

for words in 'nice -n 19' 'setarch --uname-2.6' 'setarch --addr-compat-layout' 'setarch --3gb'; do
	# shellcheck disable=SC2086
	if $words true 2>/dev/null; then
		# shellcheck disable=SC2086
		same "$words" $words "$MKSCRATCH"
	else
		skip "$words" "cannot: refused here"
	fi
done
same 'small limits' bash -c 'ulimit -n 30 -s 1024; exec "$@"' - "$MKSCRATCH"
on_terminal() {
	script -qec "$(printf '%q ' "$MKSCRATCH" "$@")" /dev/null
}
same 'a terminal' on_terminal
if [ "$(id -u)" = 0 ] && mkdir -p lower upper work merged && cp -a inputs/. lower/ &&
	unshare --mount mount -t overlay overlay -o "lowerdir=$T/lower,upperdir=$T/upper,workdir=$T/work" merged 2>/dev/null; then
	same 'inputs on an overlay' unshare --mount bash -c "mount -t overlay overlay -o lowerdir='$T/lower',upperdir='$T/upper',workdir='$T/work' '$T/inputs' && exec \"\$@\"" - "$MKSCRATCH"
else
	skip 'inputs on an overlay' 'cannot: no overlay may be mounted'
fi
# All of it at once: what may differ, in rows in which each two values of each two meet (pairs.py). The inputs are spelled the
# same throughout, as the manifest tells; they lie in a directory of the row's, which is where the program runs.
chmod 755 "$T" && mkdir -m 755 programs variants && mkdir -m 1777 rows
cp "$MKSCRATCH" programs/release
for name in debug fast clang; do
	built=$(find "$T/$name" -maxdepth 2 -name mkscratch -type f 2>/dev/null | head -n 1)
	[ -z "$built" ] || cp "$built" "programs/$name"
done
cc -O2 -D_GNU_SOURCE -shared -fPIC -o disorder.so "$TOP/tests/tools/disorder.c" -ldl
truncate -s 300000 inputs/site/hole
mk -q --bin inputs/app --file inputs/motd:/etc/motd --file inputs/certs.pem:/srv/index.html -o inputs/base/
cp -a inputs variants/plain && cp -r --sparse=never inputs variants/copy && ln variants/copy/app variants/app-again
FIXTURE_ORDER=reverse "$python" "$FIXTURE/make_inputs.py" variants/reversed
cp inputs/certs.pem variants/reversed/ && cp inputs/site/{large,hole} variants/reversed/site/ && cp -r inputs/base variants/reversed/
[ "$(id -u)" != 0 ] || chown -R 65534 variants
far=$(mktemp -d /dev/shm/mkscratch-t.XXXXXX 2>/dev/null) || far=
remove_far() {
	[ -z "$far" ] || rm -rf "$far"
}
at_exit+=(remove_far)
[ -z "$far" ] || { chmod 755 "$far" && cp -a variants/plain "$far/inputs" && ln -s "$far/inputs" variants/far; }

. "$TOP/tests/repro/common.sh"
t 'an archive and a layout of each kind' wanted
is "$(tr ' ' '\n' <<<"${#factors[@]}")" 34 'so many things may differ'
"$python" "$TOP/tests/repro/pairs.py" "${factors[@]}" >array
t '... each two values of each two meet in a row' "$python" "$TOP/tests/repro/pairs.py" --check array "${factors[@]}"
run bash -c 'grep -vw pipe array | "$0" "$1" --check /dev/stdin "${@:2}"' "$python" "$TOP/tests/repro/pairs.py" "${factors[@]}"
is "$status" 1 '... which they do not without those of one value'
# Beside those, a row by chance, which is told.
printf '%s\n' "${factors[@]}" | "$python" -c 'import random, sys; print(*(random.choice(f.strip().split("=", 1)[1].split(",")) for f in sys.stdin))' >>array
n=0
while read -r -u 9 -a row; do
	n=$((n + 1)) last=("${row[@]}")
	run by_row "${row[@]}"
	[ "$status" = 0 ] || comment <"$err"
	t "row $n: ${row[*]}" cmp img.tar "$want"
done 9<array
printf x >>variants/plain/site/large
last[2]=plain
run by_row "${last[@]}"
run cmp -s img.tar "$want"
is "$status" 1 'other bytes of an input show'
done_testing
