#!/usr/bin/env bash
# A FIFO that is read is waited for as `cat` waits: for whoever writes, however late. A signal ends the wait.
. "$(dirname "$0")/../lib.sh"
require cc jq python3
printf 'int main(void){return 0;}\n' >app.c
cc -static -o app app.c || skip_all "cannot: no static libc"
mk --bin app -q -o img.tar && mkfifo pipe other

# The writer comes when the reader is asleep in open(), or has ended without having waited.
late() { # COMMAND...
	"$@" >"$out" 2>"$err" &
	local reader=$!
	asleep "$reader" && timeout 20 bash -c 'cat img.tar >pipe'
	wait "$reader"
	status=$?
}
asleep() {
	local state
	while state=$(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null) && [ "$state" != Z ]; do
		if [ "$state" = S ] && [ "$(readlink "/proc/$1/exe")" = "$MKSCRATCH" ]; then return 0; fi
		sleep 0.01
	done
	return 1
}

MKSCRATCH=$(readlink -f "$MKSCRATCH")
for args in 'verify pipe' 'verify --recipe pipe' 'inspect --json pipe' 'inspect --config pipe' 'ls pipe' 'cat pipe /etc/passwd' 'why pipe /app' \
	'diff pipe img.tar' 'diff img.tar pipe'; do
	# shellcheck disable=SC2086
	run "$MKSCRATCH" ${args//pipe/img.tar}
	cp "$out" want
	# shellcheck disable=SC2086
	late "$MKSCRATCH" $args
	is "$status $(cat "$err")" '0 ' "$args: a writer that comes late is waited for"
	# The name of the image is told.
	is "$(sed 's/img\.tar/pipe/g' "$out")" "$(sed 's/img\.tar/pipe/g' want)" '... and what it writes is read'
done
late "$MKSCRATCH" index -q -o joined.tar pipe
is "$status $(cat "$err")" '0 ' 'so it is by index'
late "$MKSCRATCH" --bin app:/new --base pipe -q --no-record -o based.tar
is "$status $(cat "$err")" '0 ' '... as a base'
mk --bin app:/new --base img.tar -q --no-record -o want.tar
t '... of which the same is made' cmp based.tar want.tar
late "$MKSCRATCH" --bin app --max-growth 0% --baseline pipe -q -o grown.tar
is "$status $(cat "$err")" '0 ' '... as a baseline'
t 'several platforms are measured by one baseline that comes by a pipe' bash -c '
	mkdir arm64 && { head -c 18 app; printf "\267\0"; tail -c +21 app; } >arm64/app && "$MKSCRATCH" --bin app --bin arm64/app -q -o both.tar &&
	"$MKSCRATCH" --bin app --bin arm64/app -q --max-growth 0% --baseline <(cat both.tar) -o again.tar && cmp both.tar again.tar'
echo "{ \"bin\": \"$PWD/app\", \"no-record\": true }" >config.json
"$MKSCRATCH" --config pipe -q -o optioned.tar 2>"$err" &
asleep $!
timeout 20 bash -c 'cat config.json >pipe'
wait $!
is "$? $(cat "$err")" '0 ' 'a config file that comes late is one'

# The same of a standard input that was told not to wait: what comes there comes late, and in parts.
not_waiting='import os, sys; os.set_blocking(0, False); os.execvp(sys.argv[1], sys.argv[1:])'
in_parts() { sleep 0.2 && head -c 700 img.tar && sleep 0.2 && tail -c +701 img.tar; }
for args in 'verify -' 'inspect --json -' 'ls -'; do
	# shellcheck disable=SC2086
	run "$MKSCRATCH" $args <img.tar
	cp "$out" want
	# shellcheck disable=SC2086
	in_parts | python3 -c "$not_waiting" "$MKSCRATCH" $args >"$out" 2>"$err"
	is "${PIPESTATUS[*]} $(cat "$err")" '0 0 ' "$args: a standard input that does not wait is waited for"
	cp "$out" got
	t '... and read to its end' cmp got want
done
in_parts | python3 -c 'import os, subprocess, sys; os.set_blocking(0, False); subprocess.run(sys.argv[1:]); print(os.get_blocking(0))' \
	"$MKSCRATCH" cat - /etc/passwd >"$out"
is "$(tail -n 1 "$out")" False 'a standard input that others read too stays as it is'

# Whoever waits in vain is ended by a signal, as any other run.
for signal in INT TERM HUP; do
	for args in 'verify pipe' '--config pipe' 'index -o gone.tar pipe other'; do
		# shellcheck disable=SC2086
		env --default-signal=INT "$MKSCRATCH" $args 2>"$err" &
		asleep $!
		kill -"$signal" $!
		wait $!
		is "$? $(cat "$err")" "$((128 + $(kill -l "$signal"))) " "$signal ends $args, which nobody writes to"
	done
	for args in 'verify -' '--base - --bin app -o gone.tar' '--config - -o gone.tar'; do
		# shellcheck disable=SC2086
		python3 -c "$not_waiting" env --default-signal=INT "$MKSCRATCH" $args 2>"$err" <>pipe &
		asleep $!
		kill -"$signal" $!
		wait $!
		is "$? $(cat "$err")" "$((128 + $(kill -l "$signal"))) " "$signal ends $args, whose input does not wait by itself"
	done
done
t 'nothing is left' test -z "$(find . -name '*.mkscratch-*')" -a ! -e gone.tar
done_testing
