#!/usr/bin/env bash
# A real dockerd of our own: load, inspect, run.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/engines/common.sh"
require dockerd docker jq
make_images

need_dockerd
comment <<<"dockerd $(d version --format '{{.Server.Version}}')"

is "$(d load -i static.tar)" 'Loaded image: svc/static:v1' 'docker load names the image'
config=$(d image inspect svc/static:v1 | jq -c '.[0].Config | [.User, .Entrypoint, (.ExposedPorts | keys), .Env, .Labels]')
is "$config" '["65534:65534",["/service"],["8080/tcp"],["GREETING=hi"],{"maker":"test"}]' 'the config arrives whole'
for v in $(variants); do
	[ "$v" = static ] || d load -q -i "$v.tar" >/dev/null
	check_answers "$v in docker" d run --rm --network none "svc/$v:v1"
done

id=$(d run -d --network none --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges svc/static:v1)
probe() {
	for _ in $(seq 40); do
		d exec "$id" /service --probe 2>/dev/null && return
		sleep 0.25
	done
}
is "$(probe)" ok 'a hardened container answers on /health from inside'
d stop -t 10 "$id" >/dev/null
is "$(d inspect "$id" | jq -r '.[0].State.ExitCode')" 0 'and stops gracefully'

mk -q --bin "$FIXTURES/service" -t svc/stdin:v1 -o - | d load -q >/dev/null
t 'docker load takes the tar from a pipe' d image inspect svc/stdin:v1
mk -q --bin "$FIXTURES/service" -t svc/plain:v1 --compress none -o plain.tar && d load -q -i plain.tar >/dev/null
is "$(d run --rm --network none svc/plain:v1 --once /health)" ok 'uncompressed layers run'
mkdir -p srv/deep/er && echo hi >srv/deep/er/file
mk -q --bin "$FIXTURES/service" --tree srv:/srv --certs --tz -t svc/deep:v1 -o deep.tar && d load -q -i deep.tar >/dev/null
is "$(d create svc/deep:v1 >id && d export "$(cat id)" | tar tvf - --numeric-owner srv/deep/er | head -1 | awk '{print $1, $2}')" \
	'drwxr-xr-x 0/0' 'every parent directory can be entered'
# A capability of the file, seen by a process that is not root: bit 10 of what it may do.
cat >caps.c <<'C'
#include <stdio.h>
#include <string.h>
int main(void)
{
	char line[256];
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof line, f))
		if (strncmp(line, "CapEff:", 7) == 0)
			fputs(line + 8, stdout);
	return 0;
}
C
caps=0
if cc -static -o caps caps.c 2>/dev/null; then
	caps=1
	mk -q --bin caps --cap /caps=cap_net_bind_service -t svc/caps:v1 -o caps.tar && d load -q -i caps.tar >/dev/null
	is "$(d run --rm --network none svc/caps:v1)" 0000000000000400 'a file capability is in force'
	is "$(d run --rm --network none --cap-drop ALL --cap-add NET_BIND_SERVICE svc/caps:v1)" 0000000000000400 \
		'... also where it is the only one'
else
	skip 'a file capability is in force' 'cannot: no static libc'
fi
is "$(d image ls --format "{{.Repository}}" | sort -u | wc -l)" "$(($(variants | wc -w) + 3 + caps))" 'nothing else was loaded'
done_testing
