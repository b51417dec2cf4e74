#!/usr/bin/env bash
# The closure against the real loaders: for every dynamic program and library of this machine, `deps` names the same files
# in the same order as ld.so does, and the same ones as missing. Nothing of them runs. MSK_SWEEP_SHARE=3 takes one of
# three files.
. "$(dirname "$0")/../lib.sh"
require python3

dirs=(/usr /opt "${RUSTUP_HOME:-$old_home/.rustup}" "${PYENV_ROOT:-$old_home/.pyenv}")
for dir in /lib /lib32 /lib64; do
	[ -L "$dir" ] || dirs+=("$dir")
done
mapfile -t dirs < <(for dir in "${dirs[@]}"; do [ ! -r "$dir" ] || echo "$dir"; done)
[ -e /lib64/ld-linux-x86-64.so.2 ] || [ -e /lib/ld-linux-aarch64.so.1 ] || skip_all 'cannot: no glibc loader here'
run python3 "$TOP/tests/oracle/sweep.py" "${MSK_SWEEP_SHARE:-1}" "${dirs[@]}"
comment <"$out"
[ "$status" = 0 ] || head -n 40 "$err" | comment
like "$(tail -n 1 "$out")" '^[1-9][0-9]+ files compared, 0 differ$' "the same objects in the same order as ld.so: $(tail -n 1 "$out")"
done_testing
