#!/usr/bin/env bash
# Same inputs, same options, same bytes: whatever of the host changes around them.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/spec/common.sh"

chmod 755 "$T"
cp "$MKSCRATCH" "$T/mkscratch"
inputs=$T/inputs
"$python" "$FIXTURE/make_inputs.py" "$inputs"
cp "$FIXTURE/certs.pem" "$inputs/"
blocks "$inputs/site/large" 3000000

# The image of the inputs in $1 (as they are to be spelled) at the output $2; more words go in front, behind --.
options=(--user web:1000:1001 --tz -e A=b -l k=v -t web -t web:2)
build() {
	local from=$1 to=$2
	shift 2
	"$@" "$T/mkscratch" --bin "$from/app" --tree "$from/site:/srv" --file "$from/motd:/etc/motd" --root "$from/root" \
		--certs="$from/certs.pem" "${options[@]}" -o "$to"
}

mkdir "$T/o" && chmod 1777 "$T/o"
build "$inputs" "$T/o/first.tar" >/dev/null
want=$(sha256sum <"$T/o/first.tar")
build "$inputs" "$T/o/plain.tar" env - bash -c 'exec "$@" --no-record' - >/dev/null
want_plain=$(sha256sum <"$T/o/plain.tar")

# same NAME COMMAND...: the command writes $T/o/img.tar, whose bytes are those of the first
same() {
	local name=$1
	shift
	rm -f "$T/o/img.tar"
	run "$@"
	chmod u+r "$T/o/img.tar"
	is "$status $(sha256sum "$T/o/img.tar" 2>&1)" "0 ${want%-}$T/o/img.tar" "$name"
	[ "$status" = 0 ] || comment <"$err"
}
# same_elsewhere NAME COMMAND...: the same for inputs that are spelled otherwise, which the recipe would tell
same_elsewhere() {
	local want=$want_plain
	options+=(--no-record)
	same "$@"
	unset 'options[-1]'
}
vary() {
	local name=$1
	shift
	same "$name" build "$inputs" "$T/o/img.tar" "$@"
}
differs() {
	rm -f "$T/o/img.tar"
	run "${@:2}"
	[ "$status" = 0 ] && [ "$(sha256sum <"$T/o/img.tar")" != "$want" ]
	is $? 0 "$1"
}

sleep 1.1
vary time_of_day
vary time_zone_far_east env TZ=Pacific/Kiritimati
vary time_zone_odd_west env TZ=America/St_Johns
vary time_zone_by_rule env TZ=XXX13:37
for locale in C.UTF-8 de_DE.UTF-8 tr_TR.UTF-8 ja_JP.EUC-JP; do
	vary "locale_$locale" env LC_ALL="$locale" LANG="$locale" LANGUAGE="$locale"
done
for mask in 000 027 077 777; do
	vary "umask_$mask" bash -c "umask $mask; exec \"\$@\"" -
done

vary empty_environment env -i
vary no_home env -u HOME
vary home_that_is_not_there env HOME=/nonexistent
mkdir "$T/tmp"
vary tmpdir env TMPDIR="$T/tmp"
vary tmpdir_that_is_not_there env TMPDIR=/nonexistent
vary settings_of_other_tools env GZIP=-1 ZSTD_CLEVEL=19 ZSTD_NBTHREADS=3 TAR_OPTIONS=--mtime=@5 POSIXLY_CORRECT=1 \
	OPENSSL_CONF=/nonexistent SSL_CERT_FILE=/nonexistent DOCKER_DEFAULT_PLATFORM=linux/arm64 USER=eve LOGNAME=eve
# Taken at its word, this leaves OpenSSL without SHA-256.
printf '%s\n' 'openssl_conf = a' '[a]' 'providers = b' '[b]' 'null = c' '[c]' 'activate = 1' >"$T/openssl.cnf"
vary openssl_without_its_algorithms env OPENSSL_CONF="$T/openssl.cnf"
vary memory_filled_with_junk env MALLOC_PERTURB_=165
vary verbose env - bash -c 'exec "$@" -vv' -
vary quiet env - bash -c 'exec "$@" -q' -
vary paranoid env - bash -c 'exec "$@" --paranoid' -
vary json env - bash -c 'exec "$@" --json' -
vary closed_stdin bash -c 'exec "$@" <&-' -

for jobs in 1 2 7 64; do
	options+=(-j "$jobs")
	vary "jobs_$jobs"
	unset 'options[-1]' 'options[-1]'
done
if command -v taskset >/dev/null; then
	vary one_processor taskset -c "$(taskset -cp $$ | sed 's/.*: *\([0-9]*\).*/\1/')"
else
	skip one_processor "taskset is not installed"
fi
if setarch -R true 2>/dev/null; then
	vary addresses_not_random setarch -R
else
	skip addresses_not_random "cannot: personality(2) is refused"
fi

cd "$inputs" || exit 1
same_elsewhere inputs_spelled_in_short build . ../o/img.tar
same_elsewhere inputs_spelled_in_long build "../inputs/./site/../" ../o/img.tar
cd / || exit 1
ln -s inputs "$T/alias"
same_elsewhere inputs_by_way_of_a_link build "$T/alias" "$T/o/img.tar"
cd "$T" || exit 1

find "$inputs" -exec touch -h -d '2001-02-03 04:05:06.789' {} +
vary times_of_inputs
find "$inputs" -type f -exec touch -d '1969-12-31 00:00:00' {} +
vary times_before_1970
cp -a "$inputs" "$T/copy"
same_elsewhere other_inodes build "$T/copy" "$T/o/img.tar"
ln "$T/copy/app" "$T/copy/second-name"
same_elsewhere hard_links_elsewhere build "$T/copy" "$T/o/img.tar"
FIXTURE_ORDER=reverse "$python" "$FIXTURE/make_inputs.py" "$T/reversed"
cp "$inputs/certs.pem" "$T/reversed/"
cp "$inputs/site/large" "$T/reversed/site/"
same_elsewhere names_that_came_in_another_order build "$T/reversed" "$T/o/img.tar"
if [ -w /dev/shm ] && other=$(mktemp -d /dev/shm/mkscratch-t.XXXXXX); then
	cp -a "$inputs/." "$other/"
	same_elsewhere another_file_system build "$other" "$T/o/img.tar"
	rm -rf "$other"
else
	skip another_file_system "cannot: /dev/shm is not writable"
fi

if [ "$(id -u)" = 0 ]; then
	chown -R 65534:65534 "$T/copy"
	same_elsewhere another_user build "$T/copy" "$T/o/img.tar" setpriv --reuid 65534 --regid 65534 --clear-groups
	chown -R 1234:5678 "$T/copy"
	same_elsewhere owners_of_inputs build "$T/copy" "$T/o/img.tar"
else
	skip another_user "cannot: not root"
	skip owners_of_inputs "cannot: not root"
fi
if unshare --uts true 2>/dev/null; then
	vary host_name unshare --uts bash -c 'hostname elsewhere; exec "$@"' -
else
	skip host_name "cannot: no UTS namespace may be made"
fi

# Where it goes.
to_stdout() {
	build "$inputs" - >"$T/o/img.tar"
}
same standard_output to_stdout
to_pipe() {
	build "$inputs" - | cat >"$T/o/img.tar"
}
same a_pipe to_pipe
over_another() {
	echo other >"$T/o/img.tar"
	build "$inputs" "$T/o/img.tar"
}
same over_an_old_output over_another
beside_a_layout() {
	options+=(-o "$T/o/layout/")
	build "$inputs" "$T/o/img.tar"
	unset 'options[-1]' 'options[-1]'
}
same beside_a_layout beside_a_layout
at_the_same_time() {
	local i
	for i in 1 2 3 4; do
		build "$inputs" "$T/o/$i.tar" >/dev/null &
	done
	wait
	for i in 1 2 3 4; do
		cmp "$T/o/$i.tar" "$T/o/first.tar" || return 1
	done
	cp "$T/o/4.tar" "$T/o/img.tar"
}
same four_at_the_same_time at_the_same_time

for i in 1 2; do
	build "$inputs" "$T/o/layout-$i/" >/dev/null
done
t two_layouts_are_the_same_file_by_file diff -r "$T/o/layout-1" "$T/o/layout-2"

# Programs of several platforms, in whatever order.
several() {
	local bins=() p
	for p in "$@"; do
		bins+=(--bin "$inputs/$p:/app")
	done
	"$T/mkscratch" "${bins[@]}" --tree "$inputs/site:/srv" --root "$inputs/root" "${options[@]}" -o "$T/o/img.tar"
}
for machine in 243 258; do
	"$python" -c 'import sys; d = bytearray(open(sys.argv[1], "rb").read()); d[18:20] = int(sys.argv[2]).to_bytes(2, "little"); open(sys.argv[3], "wb").write(d)' \
		"$inputs/app-arm64" "$machine" "$inputs/app-$machine" && chmod 755 "$inputs/app-$machine"
done
several app app-arm64 app-243 app-258 >/dev/null
cp "$T/o/img.tar" "$T/o/several.tar"
single=$want want=$(sha256sum <"$T/o/several.tar")
same platforms_in_another_order several app-arm64 app app-258 app-243
same platforms_in_reverse_order several app-258 app-243 app-arm64 app
DOCKER_DEFAULT_PLATFORM=linux/arm64 same platforms_whatever_docker_is_told several app app-arm64 app-243 app-258
options+=(-j 1 --no-cache)
same platforms_on_one_thread_without_a_cache several app app-arm64 app-243 app-258
unset 'options[-1]' 'options[-1]' 'options[-1]'
differs control_one_platform_less several app app-arm64 app-243
options+=(--platform linux/arm64)
differs control_another_platform_for_docker several app app-arm64 app-243 app-258
unset 'options[-1]' 'options[-1]'
want=$single

# The other codecs, on one thread and on several.
for codec in zstd none gzip:1 gzip:12; do
	options+=(--compress "$codec" -j 1)
	build "$inputs" "$T/o/one.tar" >/dev/null
	options[-1]=5
	build "$inputs" "$T/o/five.tar" >/dev/null
	t "$codec is the same on one thread and on five" cmp "$T/o/one.tar" "$T/o/five.tar"
	options+=(--paranoid)
	build "$inputs" "$T/o/paranoid.tar" >/dev/null
	t "$codec is the same when every block is looked at again" cmp "$T/o/one.tar" "$T/o/paranoid.tar"
	unset 'options[-1]'
	unset 'options[-1]' 'options[-1]' 'options[-1]' 'options[-1]'
done

# A dynamic program: the host's settings for its own loader are not the image's.
dynamic=$(type -P true)
mk --bin "$dynamic:/app" -o "$T/o/dynamic.tar" >/dev/null 2>"$err" || comment <"$err"
LD_LIBRARY_PATH=/nowhere LD_BIND_NOW=1 TZ=XXX1 mk --bin "$dynamic:/app" -o "$T/o/dynamic2.tar" >/dev/null 2>&1
t dynamic_program_whatever_the_loaders_environment cmp "$T/o/dynamic.tar" "$T/o/dynamic2.tar"

# What must show, lest the above compares nothing.
differs control_source_date_epoch build "$inputs" "$T/o/img.tar" env SOURCE_DATE_EPOCH=1
cp -a "$inputs" "$T/changed" && printf x >>"$T/changed/site/large"
differs control_content build "$T/changed" "$T/o/img.tar"
cp -a "$inputs" "$T/mode" && chmod 700 "$T/mode/site/bin/tool"
differs control_mode_in_a_tree build "$T/mode" "$T/o/img.tar"
cp -a "$inputs" "$T/name" && mv "$T/name/site/empty" "$T/name/site/Empty"
differs control_name_in_a_tree build "$T/name" "$T/o/img.tar"

done_testing
