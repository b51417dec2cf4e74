#!/usr/bin/env bash
# How far the work is: a line on a terminal that is gone at the end, nothing in a pipe, JSON when asked for.
. "$(dirname "$0")/../lib.sh"
require python3 jq
. "$TOP/tests/spec/common.sh"
export TERM=xterm
"$python" "$FIXTURE/make_inputs.py" in
blocks large 4000000
for _ in 1 2 3; do cat large "$(type -P bash)"; done >long

# Work of more than half a second on any machine, and some that is over at once.
long=("$MKSCRATCH" build --bin in/app --file long:/long --compress gzip:12 -j 1 --no-cache -o img.tar)
short=("$MKSCRATCH" build --bin in/app -o short.tar)
on_terminal() {
	"$python" "$TOP/tests/integration/progress.py" "$@" >seen.json
}
seen() {
	jq -r "$@" seen.json
}
line='compressing [0-9.]+ .B of [0-9.]+ MB, [0-9.]+ .?B/s, [0-9]+ s left'
result='^img.tar: app:latest linux/[a-z0-9]+ sha256:'

on_terminal "${long[@]}"
like "$(seen .raw)" "$line" terminal_shows_how_far_it_is
is "$(seen '.screen | length') $(seen .status)" '1 0' terminal_keeps_nothing_but_the_result
like "$(seen '.screen[0]')" "$result" terminal_ends_with_the_result
on_terminal "${long[@]}" --progress never
is "$(seen '.raw | contains("compressing")')" false never_is_never
on_terminal "${long[@]}" -q
is "$(seen .raw)" '' quiet_is_quiet
on_terminal "${long[@]}" --json
is "$(seen '.raw | contains("compressing")')" false json_shows_none_unasked
TERM=dumb on_terminal "${long[@]}"
is "$(seen '.raw | contains("compressing")')" false a_terminal_that_cannot_erase_shows_none
on_terminal "${short[@]}" --progress always
is "$(seen '.raw | contains("compressing")')" false short_work_shows_none
on_terminal sh -c 'stty cols 20; exec "$@"' - "${long[@]}"
is "$(seen '[.raw | split("\r")[] | select(startswith("\u001b[Kcompressing")) | length - 3] | (length > 0) and (max <= 19)')" \
	true a_narrow_terminal_is_not_overrun

run "${long[@]}"
is "$(cat "$err")" '' pipe_shows_none
run "${long[@]}" --progress always
like "$(cat "$err")" "^$line\$" always_gives_plain_lines_in_a_pipe
is "$(tr -d '\n' <"$err" | tr -d ' -~' | wc -c)" 0 without_control_bytes
run "${long[@]}" --progress always --json
is "$(jq -s 'length > 0 and all(.stage and (.total == null or (.done <= .total and .seconds_left >= 0)))' "$err")" true \
	json_objects_a_line
is "$(jq -r .tags[0] "$out")" app:latest and_the_result_stays_alone_on_stdout

# Ctrl-C: ends as the signal, takes the line away, leaves no file.
rm -f img.tar
on_terminal --after compressing '\x03' "${long[@]}"
is "$(seen .status) $(seen '.screen | join("|")')" '-2 ' interrupt_clears_the_line_and_ends_as_the_signal
is "$(find . -name '*mkscratch-*' -o -name img.tar)" '' interrupt_leaves_nothing
on_terminal --after compressing '\x03' sh -c 'trap "" INT; exec "$@"' - "${long[@]}"
is "$(seen .status)" 0 an_ignored_interrupt_stays_ignored
"${long[@]}" --progress always 2>told >&2 &
pid=$!
until [ -s told ] || ! kill -0 "$pid"; do sleep 0.01; done
kill -TERM "$pid"
wait "$pid"
is $? 143 termination_ends_it_as_such
is "$(find . -name '*mkscratch-*')" '' termination_leaves_nothing
done_testing
