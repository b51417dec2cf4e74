#!/usr/bin/env bash
# A containerd of our own: it imports, checks, runs and exports what we write, the record in the manifest included.
. "$(dirname "$0")/../lib.sh"
require containerd ctr jq cc
[ "$(id -u)" = 0 ] || skip_all 'cannot: containerd wants root'
cat >config.toml <<END
version = 2
root = "$T/root"
state = "$T/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "$T/c.sock"
[ttrpc]
address = "$T/t.sock"
END
c() { ctr -a "$T/c.sock" "$@"; }
# shellcheck disable=SC2317
stop_containerd() {
	[ -z "${containerd:-}" ] || { kill "$containerd" && wait "$containerd"; } 2>/dev/null
}
at_exit+=(stop_containerd)
containerd -c config.toml >containerd.log 2>&1 &
containerd=$!
for _ in $(seq 120); do
	! c version >/dev/null 2>&1 || break
	sleep 0.25
done
c version >/dev/null 2>&1 || { tail -5 containerd.log | comment; skip_all 'cannot: containerd does not start in this sandbox'; }

cc -static -x c -o who - <<'C'
#include <stdio.h>
#include <unistd.h>
int main(void) { return printf("uid %d\n", (int)getuid()) < 0; }
C
mk -q --bin who --certs --annotation org.opencontainers.image.title=x -t a/with:v1 -o with.tar
mk -q --bin who --certs --annotation org.opencontainers.image.title=x -t a/without:v1 --no-record -o without.tar
mk -q --bin who --certs --media-types docker --healthcheck-cmd /who -t a/docker:v1 -o docker.tar
mk -q --bin who --certs --compress zstd -t a/zstd:v1 -o zstd.tar
manifest() { # NAME: what containerd holds of it
	c content get "$(c image ls | awk -v n="docker.io/a/$1:v1" '$1 == n { print $3 }')"
}
for name in with without docker zstd; do
	t "$name: imported and unpacked" c image import --snapshotter native "$name.tar"
	like "$(c image check --snapshotter native | grep "/$name:")" 'complete \(3/3\).* true$' "$name: complete"
	is "$(c run --rm --snapshotter native "docker.io/a/$name:v1" "run-$name" 2>&1)" 'uid 65534' "$name: runs"
done
is "$(manifest with | jq -c '.layers')" "$(manifest without | jq -c '.layers')" 'the record disturbs no layer'
is "$(manifest with | jq -r '.annotations["dev.mkscratch.reasons"] | fromjson | map(select(.[0] == "/who"))[0] | join(" ")')" \
	'/who --bin program' 'the record arrives whole'
t 'what it exports' c image export out.tar docker.io/a/with:v1
t '... verifies' mk verify out.tar
is "$(mk why out.tar /who)" '/who: program (--bin)' '... and still tells why'
done_testing
