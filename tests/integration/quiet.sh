#!/usr/bin/env bash
# -q: whoever asks by the exit status alone gets no word on standard output, of whatever verb; what programs read is printed.
. "$(dirname "$0")/../lib.sh"
require cc python3
cc -static -x c -o app - <<<'int main(void) { return 0; }'
cc -x c -o dynamic - <<<'int main(void) { return 0; }'
mk --bin app -q -o i.tar && mk --bin app --dir /more -q -o more.tar
export XDG_CACHE_HOME=$T/cache
mk --bin app -q -o i.tar

says() { # STATUS ARG...: that, and nothing but errors
	local want=$1
	shift
	run mk "$@" -q
	is "$status $(wc -c <"$out") $(grep -c -v -e '^mkscratch: ' -e '^hint: ' "$err")" "$want 0 0" "$* -q"
}

says 0 --bin app -o o.tar
says 0 --bin app --dry-run
says 0 index -o o.tar i.tar
says 0 inspect i.tar
says 0 ls i.tar
says 0 ls i.tar /app
says 3 ls i.tar /none
says 0 ls --layers i.tar
says 0 why i.tar /app
says 3 why i.tar /none
says 0 verify i.tar
says 0 diff i.tar i.tar
says 1 diff i.tar more.tar
says 0 deps dynamic
says 0 doctor app
says 3 doctor i.tar
says 0 cache stat
says 0 cache trim

asked() { # ARG...: what it prints without -q
	mk "$@" >loud && mk "$@" -q >quiet
	t "$* -q" cmp loud quiet
	t '... is something' test -s quiet
}

asked inspect --json i.tar
asked inspect --config i.tar
asked ls --json i.tar
asked why --json i.tar /app
asked verify --json i.tar
asked verify --recipe i.tar
asked diff --json i.tar i.tar
asked deps --json dynamic
asked deps --list dynamic
asked doctor --json app
asked doctor --sarif app
asked cache stat --json
asked cat i.tar /etc/passwd

done_testing
