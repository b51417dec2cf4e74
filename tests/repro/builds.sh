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
cp -a inputs variants/plain && cp -r inputs variants/copy && ln variants/copy/app variants/app-again
FIXTURE_ORDER=reverse "$python" "$FIXTURE/make_inputs.py" variants/reversed
cp inputs/certs.pem variants/reversed/ && cp inputs/site/large variants/reversed/site/
[ "$(id -u)" != 0 ] || chown -R 65534 variants
far=$(mktemp -d /dev/shm/mkscratch-t.XXXXXX 2>/dev/null) || far=
remove_far() {
	[ -z "$far" ] || rm -rf "$far"
}
at_exit+=(remove_far)
[ -z "$far" ] || { chmod 755 "$far" && cp -a variants/plain "$far/inputs" && ln -s "$far/inputs" variants/far; }

is_there() { # VALUE COMMAND...: the value, where the command can be run
	if "${@:2}" >/dev/null 2>&1; then printf ',%s' "$1"; fi
}
factors=(
	"program=release$(for p in debug fast clang; do is_there $p test -x programs/$p; done)$([ -z "$qemu" ] || is_there emulated "$qemu" -cpu max "$MKSCRATCH" --version)"
	"inputs=plain,copy,reversed$(is_there far test -n "$far")"
	"directory=short,a_name_that_is_rather_longer" "times=kept,1969,2001,2100"
	"user=own$(is_there nobody setpriv --reuid 65534 --regid 65534 --clear-groups true)" "umask=022,000,027,077"
	"zone=none,Pacific/Kiritimati,XXX13:37,America/St_Johns" "locale=none,C.UTF-8,tr_TR.UTF-8,ja_JP.EUC-JP" "home=own,none,/nonexistent"
	"name=none,eve" "junk=none,some" "tmpdir=none,/nonexistent,/dev" "host=own$(is_there elsewhere unshare --uts true)"
	"clock=own,0,2147483648,4294967296" "kernel=own$(is_there 2.6 setarch --uname-2.6 true)"
	"addresses=random$(is_there fixed setarch -R true)" "processors=all$(is_there one taskset -c "$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')" true)"
	"cpu=own,old" "jobs=none,1,2,7" "order=own,reversed" "memory=plain,junk" "nice=0,19" "limits=own,small" "stdin=null,closed,pipe"
	"stdout=file,closed,full" "output=file,stdout,fifo" "cache=none,cold,warm" "words=-q,-vv,--json" "again=no,--paranoid"
)

# A row of values in the order of the above: img.tar by them. What stands in front of the program is built from the inside out.
declare -A value
by_row() {
	local i=0 f words=() front=() variables=(PATH="$PATH") preload='' where status=0
	for f in "${factors[@]}"; do
		i=$((i + 1))
		value[${f%%=*}]=${!i}
	done
	where=$T/rows/${value[directory]}
	rm -rf "$where" img.tar && mkdir -m 1777 "$where" && ln -s "$T/variants/${value[inputs]}" "$where/inputs"
	[ "${value[times]}" = kept ] || find "$where/inputs/" -exec touch -h -d "${value[times]}-01-02 03:04:05.6" {} +

	words=("$T/programs/${value[program]}")
	[ "${value[program]}" != emulated ] || words=("$qemu" -cpu max "$T/programs/release")
	words+=("${value[words]}" --bin inputs/app --tree inputs/site:/srv --root inputs/root --certs=inputs/certs.pem --tz -e A=b)
	[ "${value[again]}" = no ] || words+=("${value[again]}")
	[ "${value[jobs]}" = none ] || words+=(-j "${value[jobs]}")
	case ${value[cache]} in
	none) words+=(--no-cache) ;;
	cold) words+=(--cache "$where/cache") ;;
	warm) words+=(--cache "$T/rows/cache-${value[user]}") ;;
	esac
	case ${value[output]} in
	file) words+=(-o img.tar) ;;
	stdout) words+=(-o -) ;;
	fifo) mkfifo -m 666 "$where/fifo" && words+=(-o fifo) ;;
	esac

	[ "${value[zone]}" = none ] || variables+=("TZ=${value[zone]}")
	[ "${value[locale]}" = none ] || variables+=("LC_ALL=${value[locale]}" "LANG=${value[locale]}")
	case ${value[home]} in own) variables+=("HOME=$HOME") ;; /*) variables+=("HOME=${value[home]}") ;; esac
	[ "${value[name]}" = none ] || variables+=("USER=${value[name]}" "LOGNAME=${value[name]}")
	[ "${value[junk]}" = none ] || variables+=(GZIP=-1 ZSTD_CLEVEL=19 TAR_OPTIONS=--mtime=@5 OPENSSL_CONF=/nonexistent LD_BIND_NOW=1
		SSL_CERT_FILE=/nonexistent DOCKER_DEFAULT_PLATFORM=linux/arm64 POSIXLY_CORRECT=1 COLUMNS=7)
	[ "${value[tmpdir]}" = none ] || variables+=("TMPDIR=${value[tmpdir]}")
	[ "${value[memory]}" = plain ] || variables+=(MALLOC_PERTURB_=165 MALLOC_ARENA_MAX=1)
	[ "${value[cpu]}" = own ] || variables+=("GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX512F,-ERMS,-SSE4_2")
	[ "${value[clock]}" = own ] || { preload=$T/clock.so; variables+=("CLOCK=${value[clock]}"); }
	[ "${value[order]}" = own ] || preload=${preload:+$preload:}$T/disorder.so
	[ -z "$preload" ] || variables+=("LD_PRELOAD=$preload")

	front=(env -i "${variables[@]}")
	[ "${value[limits]}" = own ] || front=(bash -c 'ulimit -n 30 -s 1024; exec "$@"' - "${front[@]}")
	[ "${value[user]}" = own ] || front=(setpriv --reuid 65534 --regid 65534 --clear-groups "${front[@]}")
	[ "${value[nice]}" = 0 ] || front=(nice -n 19 "${front[@]}")
	[ "${value[kernel]}" = own ] || front=(setarch --uname-2.6 "${front[@]}")
	[ "${value[addresses]}" = random ] || front=(setarch -R "${front[@]}")
	[ "${value[host]}" = own ] || front=(unshare --uts bash -c 'hostname elsewhere; exec "$@"' - "${front[@]}")
	[ "${value[processors]}" = all ] || front=(taskset -c "$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')" "${front[@]}")
	(
		cd "$where" && umask "${value[umask]}" || exit
		case ${value[stdin]} in null) exec </dev/null ;; closed) exec <&- ;; pipe) exec < <(echo other) ;; esac
		case ${value[output]}:${value[stdout]} in
		stdout:*) exec >img.tar ;;
		*:file) exec >said ;;
		*:closed) exec >&- ;;
		*:full) exec >/dev/null ;;
		esac
		case ${value[output]} in
		fifo) cat fifo >img.tar & "${front[@]}" "${words[@]}" && wait $! ;;
		*) "${front[@]}" "${words[@]}" ;;
		esac
	) || status=$?
	chmod u+r "$where/img.tar" 2>/dev/null && cp "$where/img.tar" img.tar
	return "$status"
}
"$MKSCRATCH" --no-cache -q --bin inputs/app --tree inputs/site:/srv --root inputs/root --certs=inputs/certs.pem --tz -e A=b -o want.tar
is "$(tr ' ' '\n' <<<"${#factors[@]}")" 29 'so many things may differ'
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
	t "row $n: ${row[*]}" cmp img.tar want.tar
done 9<array
printf x >>variants/plain/site/large
last[1]=plain
run by_row "${last[@]}"
run cmp -s img.tar want.tar
is "$status" 1 'other bytes of an input show'
done_testing
