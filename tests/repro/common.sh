# shellcheck shell=bash disable=SC2154,SC2034
# What of a run may differ, and a run by a row of it. Sourced by builds.sh, which makes the programs and the variants of the
# inputs that the rows name.
#
#   factors        FACTOR=VALUE,VALUE,... of which a row holds one value each, in that order
#   by_row VALUE…  run it; img.tar is the archive, or the sums of all files of a layout; $want names what it is to be the same as
#   wanted         make all of those, and caches that know them

is_there() { # VALUE COMMAND...: the value, where the command can be run
	if "${@:2}" >/dev/null 2>&1; then printf ',%s' "$1"; fi
}
one_processor=$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')
kinds=(gzip gzip:1 gzip:12 zstd:3 none platforms single base)
factors=(
	"what=$(IFS=,; echo "${kinds[*]}")"
	"program=release$(for p in debug fast clang; do is_there $p test -x programs/$p; done)$([ -z "$qemu" ] || is_there emulated "$qemu" -cpu max "$MKSCRATCH" --version)"
	"inputs=plain,copy,reversed$(is_there far test -n "$far")"
	"directory=short,a_name_that_is_rather_longer,by_a_link" "times=kept,1969,2001,2100"
	"user=own$(is_there nobody setpriv --reuid 65534 --regid 65534 --clear-groups true)" "umask=022,000,027,077"
	"zone=none,Pacific/Kiritimati,XXX13:37,America/St_Johns" "locale=none,C.UTF-8,tr_TR.UTF-8,ja_JP.EUC-JP" "home=own,none,/nonexistent"
	"name=none,eve" "junk=none,some,much" "tmpdir=none,/nonexistent,/dev"
	"host=own$(is_there elsewhere unshare --uts true)$(is_there first_process unshare --pid --fork true)"
	"clock=own,0,2147483648,4294967296" "kernel=own$(is_there 2.6 setarch --uname-2.6 true)"
	"addresses=random$(is_there fixed setarch -R true)" "processors=all$(is_there one taskset -c "$one_processor" true)"
	"cpu=own,old" "jobs=none,1,2,7,64" "order=own,reversed" "memory=plain,junk" "nice=0,19"
	"limits=own,small$(is_there no_stack_limit bash -c 'ulimit -s unlimited')" "signals=usual,ignored" "stdin=null,closed,pipe"
	"stdout=file,closed,nowhere" "stderr=file,closed,full" "output=file,stdout,fifo,layout" "before=nothing,other" "beside=alone,another"
	"cache=none,cold,warm,wrong,read_only" "words=-q,-vv,--json" "again=no,--paranoid"
)

# kind WHAT: the words of it
kind() {
	words+=(--bin inputs/app:/app --tree inputs/site:/srv -e A=b -t web -t web:2)
	case $1 in
	platforms) words+=(--bin inputs/app-arm64:/app) ;;
	single) words+=(--layers single --media-types docker --file inputs/motd:/etc/motd) ;;
	base) words+=(--base inputs/base) ;;
	*) words+=(--root inputs/root --certs=inputs/certs.pem --tz --compress "$1") ;;
	esac
}

# summed LAYOUT: names and sums of its files
summed() {
	(cd "$1" && find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum)
}

wanted() {
	local kind words
	mkdir variants/seed && ln -s ../plain variants/seed/inputs || return 1
	for kind in "${kinds[@]}"; do
		words=(--no-cache -q) && kind "$kind"
		"$MKSCRATCH" "${words[@]}" -o "want.$kind.tar" -o layout/ && summed layout >"want.$kind.layout" && rm -r layout || return 1
		(cd variants/seed && "$MKSCRATCH" --cache "$T/rows/cache-own" -q "${words[@]:2}" -o -) | cmp "want.$kind.tar" - || return 1
		[[ ${factors[*]} != *nobody* ]] || (cd variants/seed && setpriv --reuid 65534 --regid 65534 --clear-groups "$T/programs/release" \
			--cache "$T/rows/cache-nobody" -q "${words[@]:2}" -o -) | cmp "want.$kind.tar" - || return 1
	done
}

# The cache of a user before the row, as $cache: what rows before this one left of all kinds, and what became of that.
cache_of() {
	local kept=$T/rows/cache-${value[user]} file
	cache=$where/cache
	case ${value[cache]} in
	warm) cache=$kept ;;
	wrong | read_only) cp -a "$kept" "$cache" ;;
	esac
	case ${value[cache]} in
	wrong)
		find "$cache" -type f -size +1c | while IFS= read -r file; do
			printf '\125' | dd of="$file" bs=1 seek=$(($(stat -c %s "$file") / 2)) conv=notrunc status=none
		done
		;;
	read_only) chmod -R a-w "$cache" ;;
	esac
}

# A row of values in the order of the above. What stands in front of the program is built from the inside out.
declare -A value
by_row() {
	local i=0 f words=() front=() variables=(PATH="$PATH") preload='' where cache status=0
	for f in "${factors[@]}"; do
		i=$((i + 1))
		value[${f%%=*}]=${!i}
	done
	where=$T/rows/${value[directory]}
	chmod -R u+w "$T"/rows/{real,by_a_link/,"${value[directory]}"} 2>/dev/null
	rm -rf "$T"/rows/{real,by_a_link} "$where" img.tar
	if [ "${value[directory]}" = by_a_link ]; then mkdir -m 1777 "$T/rows/real" && ln -s real "$where"; else mkdir -m 1777 "$where"; fi
	ln -s "$T/variants/${value[inputs]}" "$where/inputs"
	[ "${value[user]}" = own ] || chown 65534:65534 "$where/"
	[ "${value[times]}" = kept ] || find "$where/inputs/" -exec touch -h -d "${value[times]}-01-02 03:04:05.6" {} +
	want=want.${value[what]}.tar

	words=("$T/programs/${value[program]}")
	[ "${value[program]}" != emulated ] || words=("$qemu" -cpu max "$T/programs/release")
	words+=("${value[words]}") && kind "${value[what]}"
	[ "${value[again]}" = no ] || words+=("${value[again]}")
	[ "${value[jobs]}" = none ] || words+=(-j "${value[jobs]}")
	cache_of
	if [ "${value[cache]}" = none ]; then words+=(--no-cache); else words+=(--cache "$cache"); fi
	local another=("${words[@]}" -o another.tar)
	case ${value[output]} in
	file) words+=(-o img.tar) ;;
	stdout) words+=(-o -) ;;
	fifo) mkfifo -m 666 "$where/fifo" && words+=(-o fifo) ;;
	layout) words+=(-o layout/) && want=want.${value[what]}.layout ;;
	esac
	[ "${value[before]}" = nothing ] || echo other >"$where/img.tar"

	[ "${value[zone]}" = none ] || variables+=("TZ=${value[zone]}")
	[ "${value[locale]}" = none ] || variables+=("LC_ALL=${value[locale]}" "LANG=${value[locale]}")
	case ${value[home]} in own) variables+=("HOME=$HOME") ;; /*) variables+=("HOME=${value[home]}") ;; esac
	[ "${value[name]}" = none ] || variables+=("USER=${value[name]}" "LOGNAME=${value[name]}")
	[ "${value[junk]}" = none ] || variables+=(GZIP=-1 ZSTD_CLEVEL=19 TAR_OPTIONS=--mtime=@5 OPENSSL_CONF=/nonexistent LD_BIND_NOW=1
		SSL_CERT_FILE=/nonexistent DOCKER_DEFAULT_PLATFORM=linux/arm64 POSIXLY_CORRECT=1 COLUMNS=7)
	[ "${value[junk]}" != much ] || for i in {1..1500}; do variables+=("JUNK_$i=$(printf '%060d' "$i")"); done
	[ "${value[tmpdir]}" = none ] || variables+=("TMPDIR=${value[tmpdir]}")
	[ "${value[memory]}" = plain ] || variables+=(MALLOC_PERTURB_=165 MALLOC_ARENA_MAX=1)
	[ "${value[cpu]}" = own ] || variables+=("GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-AVX512F,-ERMS,-SSE4_2")
	[ "${value[clock]}" = own ] || { preload=$T/clock.so; variables+=("CLOCK=${value[clock]}"); }
	[ "${value[order]}" = own ] || preload=${preload:+$preload:}$T/disorder.so
	[ -z "$preload" ] || variables+=("LD_PRELOAD=$preload")

	front=(env -i "${variables[@]}")
	case ${value[limits]} in
	small) front=(bash -c 'ulimit -n 30 -s 1024; exec "$@"' - "${front[@]}") ;;
	no_stack_limit) front=(bash -c 'ulimit -s unlimited; exec "$@"' - "${front[@]}") ;;
	esac
	[ "${value[user]}" = own ] || front=(setpriv --reuid 65534 --regid 65534 --clear-groups "${front[@]}")
	[ "${value[nice]}" = 0 ] || front=(nice -n 19 "${front[@]}")
	[ "${value[kernel]}" = own ] || front=(setarch --uname-2.6 "${front[@]}")
	[ "${value[addresses]}" = random ] || front=(setarch -R "${front[@]}")
	case ${value[host]} in
	elsewhere) front=(unshare --uts bash -c 'hostname elsewhere; exec "$@"' - "${front[@]}") ;;
	first_process) front=(unshare --pid --fork "${front[@]}") ;;
	esac
	[ "${value[processors]}" = all ] || front=(taskset -c "$one_processor" "${front[@]}")
	(
		cd "$where" && umask "${value[umask]}" || exit
		[ "${value[signals]}" = usual ] || trap '' HUP INT PIPE CHLD TERM
		[ "${value[beside]}" = alone ] || "${front[@]}" "${another[@]}" </dev/null >/dev/null 2>&1 &
		case ${value[stdin]} in null) exec </dev/null ;; closed) exec <&- ;; pipe) exec < <(echo other) ;; esac
		case ${value[output]}:${value[stdout]} in
		stdout:*) exec >img.tar ;;
		*:file) exec >said ;;
		*:closed) exec >&- ;;
		*:nowhere) exec >/dev/null ;;
		esac
		case ${value[stderr]} in closed) exec 2>&- ;; full) exec 2>/dev/full ;; esac
		case ${value[output]} in
		fifo) cat fifo >img.tar & "${front[@]}" "${words[@]}" && wait $! ;;
		*) "${front[@]}" "${words[@]}" ;;
		esac
		status=$?
		[ "${value[beside]}" = alone ] || wait
		exit "$status"
	) || status=$?
	[ ! -d "$where/layout" ] || summed "$where/layout" >"$where/img.tar"
	chmod u+r "$where/img.tar" 2>/dev/null && cp "$where/img.tar" img.tar
	return "$status"
}
