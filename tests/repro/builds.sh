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
done_testing
