#!/usr/bin/env bash
# A containerd of our own: it imports, checks, runs and exports what we write, the record in the manifest included.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/engines/common.sh"
require containerd ctr jq cc
need_containerd

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
