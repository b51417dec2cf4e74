#!/usr/bin/env bash
# Odd surroundings: closed descriptors, limits, no /proc, no HOME, a file that lends its rights, kernels that lack calls. The
# image is the same, or there is one line and nothing else.
. "$(dirname "$0")/../lib.sh"
require python3 cc
export PYTHONDONTWRITEBYTECODE=1
python3 "$TOP/oci-layout-spec/fixture/make_inputs.py" in
options=(--no-cache -q --bin in/app --tree in/site:/srv --root in/root --tz)
mk "${options[@]}" -o want.tar
inject=$BUILD/fault/inject
mkdir -p "$BUILD/fault"
cc -O2 -D_GNU_SOURCE -o "$inject.$$" "$TOP/tests/tools/inject.c" && mv "$inject.$$" "$inject"

# same NAME COMMAND...: the command writes got.tar, which is want.tar
same() {
	local name=$1
	shift
	rm -f got.tar
	run "$@"
	t "$name" cmp got.tar want.tar
}

# Every other verb and output over images that are there: what it says, how it ends and what it writes stays the same.
mkdir amd64 arm64 && cp in/app amd64/app && cp in/app-arm64 arm64/app
mk --no-cache -q --bin arm64/app --root in/root -t app:v1 -o arm64.tar
mk --no-cache -q --bin amd64/app --root in/root -t app:v1 -o amd64.tar
mk --no-cache -q --bin in/app -o img/
echo '{"bin": ["in/app"], "output": ["got.tar", "got/"], "no-cache": true}' >r.json
verbs=(
	'index -q -o got.tar amd64.tar arm64.tar' 'index -q -o got/ amd64.tar arm64.tar' 'index --json -o got.tar arm64.tar amd64.tar'
	'--no-cache -q --bin in/app --base want.tar -o got.tar' '--no-cache -q --bin in/app --base img -o got/'
	'--no-cache --json --bin amd64/app --bin arm64/app -o got.tar -o got/' '-q --config r.json'
	'diff want.tar amd64.tar' 'diff --json img want.tar' 'diff want.tar want.tar' 'cat want.tar /srv/index.html' 'ls want.tar /srv'
	'ls img' 'inspect want.tar' 'inspect --json img' 'inspect --html=- want.tar' 'verify want.tar' 'verify --json img' 'verify --rebuild want.tar' 'why want.tar /app'
	'deps --json in/app' 'doctor --json in/app' '--no-cache --bin in/app --print plan -o x.tar' 'version'
)

# outcome COMMAND...: all that comes of it but what is on standard error
outcome() {
	rm -rf got.tar got
	run "$@"
	echo "$status"
	cat "$out"
	find got.tar got -type f ! -name '.*' -exec sha256sum {} + 2>/dev/null | sort
}

for i in "${!verbs[@]}"; do
	read -ra words <<<"${verbs[i]}"
	expected[i]=$(outcome "$MKSCRATCH" "${words[@]}")
	[[ ${expected[i]} = [01]* ]] || fail "${verbs[i]}: ended with ${expected[i]}"
done

# all_same NAME COMMAND...: so it is with each of them behind this command
all_same() {
	local name=$1 i different=
	shift
	for i in "${!verbs[@]}"; do
		read -ra words <<<"${verbs[i]}"
		[ "$(outcome "$@" "$MKSCRATCH" "${words[@]}")" = "${expected[i]}" ] || different+="${verbs[i]}; "
	done
	is "$different" '' "$name: every verb and output"
}

# What has something to say fails where nobody can be told, and leaves nothing.
all_closed() {
	local i different=
	for i in "${!verbs[@]}"; do
		read -ra words <<<"${verbs[i]}"
		rm -rf got.tar got
		run bash -c 'exec "$@" >&-' - "$MKSCRATCH" "${words[@]}"
		case ${expected[i]} in
		? | ?$'\n'[0-9a-f]*'  got'*) ;;
		*) [[ "$status $(head -n 1 "$err")" = '5 mkscratch: '*'standard output: write failed (Bad file descriptor)' ]] || different+="${verbs[i]}: $status; " ;;
		esac
	done
	is "$different" '' 'closed descriptors: >&-: every verb that prints says so'
}

all_closed
for closed in '<&-' '2>&-' '<&- 2>&-'; do
	all_same "closed descriptors: $closed" bash -c "exec \"\$@\" $closed" -
done
for closed in '<&-' '>&-' '2>&-' '<&- >&-' '<&- >&- 2>&-'; do
	same "closed descriptors: $closed" bash -c "exec \"\$@\" $closed" - "$MKSCRATCH" "${options[@]}" -o got.tar
done
run bash -c 'exec "$@" >&-' - "$MKSCRATCH" --no-cache --bin in/app --root in/root -o first.tar
is "$status $(head -n 1 "$err")" '5 mkscratch: standard output: write failed (Bad file descriptor)' 'a result that goes nowhere is an error'
run bash -c 'exec "$@" >&-' - "$MKSCRATCH" "${options[@]}" -o -
is "$status" 5 '... and so is an archive'

same 'no variable at all' env -i "$MKSCRATCH" "${options[@]}" -o got.tar
same 'no HOME, and a cache by default' env -u HOME "$MKSCRATCH" "${options[@]:1}" -o got.tar
mkdir closed && chmod 555 closed
same 'a TMPDIR that cannot be written' env TMPDIR="$T/closed" "$MKSCRATCH" "${options[@]}" -o got.tar
same 'a TMPDIR that is a file' env TMPDIR="$T/want.tar" "$MKSCRATCH" "${options[@]}" -o got.tar
all_same 'no variable at all' env -i
all_same 'no HOME' env -u HOME
all_same 'a TMPDIR that cannot be written' env TMPDIR="$T/closed"
all_same 'few descriptors' bash -c 'ulimit -n 24; exec "$@"' -
same 'few descriptors' bash -c 'ulimit -n 24; exec "$@"' - "$MKSCRATCH" "${options[@]}" -o got.tar
run bash -c 'ulimit -n 5; exec "$@"' - "$MKSCRATCH" "${options[@]}" -o none.tar
like "$status $(head -n 1 "$err")" '^5 mkscratch: .*\(Too many open files\)' 'too few descriptors are an error'
like "$(cat "$err")" '^hint: ulimit -n, which limits the files that are open at once, has to be more$' '... that names the limit'
t '... that leaves nothing' test ! -e none.tar
cp want.tar old.tar
run bash -c 'trap "" XFSZ; ulimit -f 4; exec "$@"' - "$MKSCRATCH" "${options[@]}" --compress none -o old.tar
like "$status $(head -n 1 "$err")" '^5 mkscratch: old.tar: write failed \(File too large\); previous file kept$' 'a limit on the size of files is an error'
t '... and the old file is kept' cmp old.tar want.tar
for words in '--no-cache -q --bin in/app --base want.tar --compress none -o old.tar' 'index -q -o old.tar amd64.tar arm64.tar' \
	'--no-cache -q --bin amd64/app --bin arm64/app --tree in/site:/srv --tz --root in/root -o old.tar'; do
	read -ra words <<<"$words"
	run bash -c 'ulimit -f 2; exec "$@"' - "$MKSCRATCH" "${words[@]}"
	like "$status $(head -n 1 "$err")" '^5 mkscratch: .*old\.tar: write failed \(File too large\); previous file kept$' "... for ${words[*]}"
	t '... and the old file is kept' cmp old.tar want.tar
done
cp -r img old
run bash -c 'ulimit -f 1; exec "$@"' - "$MKSCRATCH" index -q -o old/ amd64.tar arm64.tar
like "$status $(head -n 1 "$err")" '^5 mkscratch: old.*\(File too large\)' 'a limit on the size of files is an error of a layout'
t '... which is as it was' diff -r img old
run bash -c 'ulimit -v 20000; exec "$@"' - "$MKSCRATCH" "${options[@]}" -o none.tar
like "$status" '^(5|127)$' 'a limit on memory is an error'
t '... that leaves nothing' test ! -e none.tar
is "$(find . -name '*.mkscratch-*')" '' 'no temporary file is left by any of these'

if [ "$(id -u)" = 0 ] && unshare --mount true 2>/dev/null; then
	same 'no /proc and no /sys' unshare --mount bash -c 'mount -t tmpfs none /proc && mount -t tmpfs none /sys; exec "$@"' - \
		"$MKSCRATCH" "${options[@]}" -o got.tar
	same '... and no /dev but null' unshare --mount bash -c 'mount -t tmpfs none /proc; mount --bind /dev/null /dev/null; exec "$@"' - \
		"$MKSCRATCH" "${options[@]}" -o got.tar
	# Root may write what its mode closes, but no file system that is read-only.
	same 'a TMPDIR that is read-only' unshare --mount bash -c 'mount -t tmpfs -o ro none closed; TMPDIR=$PWD/closed exec "$@"' - \
		"$MKSCRATCH" "${options[@]}" -o got.tar
	all_same 'a TMPDIR that is read-only' unshare --mount bash -c 'mount -t tmpfs -o ro none closed; TMPDIR=$PWD/closed exec "$@"' -
	all_same 'no /proc and no /sys' unshare --mount bash -c 'mount -t tmpfs none /proc && mount -t tmpfs none /sys; exec "$@"' -
else
	skip 'no /proc and no /sys' 'cannot: no mount namespace may be made'
fi

if [ "$(id -u)" = 0 ]; then
	chmod 755 "$T" && cp "$MKSCRATCH" lent && chown 1 lent && chmod 4755 lent
	run setpriv --reuid 65534 --regid 65534 --clear-groups ./lent "${options[@]}" -o none.tar
	if [ "$(stat -c %a lent)" = 4755 ] && ! grep -q 'such file' "$err"; then
		is "$status $(cat "$err")" '2 mkscratch: refusing to run with the privileges of its file (set-id)' 'a file that lends its rights is refused'
	fi
	cp "$MKSCRATCH" lent && chgrp 1 lent && chmod 2755 lent
	run setpriv --reuid 65534 --regid 65534 --clear-groups ./lent version
	is "$status" 2 '... and those of its group'
	for i in "${!verbs[@]}"; do
		read -ra words <<<"${verbs[i]}"
		rm -rf got.tar got
		run setpriv --reuid 65534 --regid 65534 --clear-groups ./lent "${words[@]}"
		[ "$status" = 2 ] && [ ! -s "$out" ] && [ ! -e got.tar ] && [ ! -e got ] || fail "a file that lends its rights: ${verbs[i]}"
	done
else
	skip 'a file that lends its rights is refused' 'cannot: not root'
fi

if "$inject" /bin/true 2>/dev/null; then
	for call in openat2 renameat2 copy_file_range landlock_create_ruleset landlock_add_rule landlock_restrict_self statx \
		sync_file_range memfd_create faccessat2; do
		for error in 38 1; do
			same "a kernel without $call ($error)" "$inject" -n "$call:1+" -a "error=$error" "$MKSCRATCH" "${options[@]}" -o got.tar
			rm -rf l
			t "... into a layout" "$inject" -n "$call:1+" -a "error=$error" "$MKSCRATCH" "${options[@]}" -o l/
		done
	done
	t 'the last of these layouts verifies' mk verify -q l
	for call in openat2 renameat2 copy_file_range landlock_create_ruleset memfd_create; do
		all_same "a kernel without $call" "$inject" -n "$call:1+" -a error=38
	done
else
	skip 'kernels that lack calls' 'cannot: ptrace is refused here'
fi
done_testing
