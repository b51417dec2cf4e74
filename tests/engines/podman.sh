#!/usr/bin/env bash
# podman and buildah load what we write.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/engines/common.sh"
require podman buildah jq
[ "$(id -u)" = 0 ] || skip_all 'cannot: the storage wants root here'
make_images
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs TMPDIR=$T
p() { podman --root "$T/store" --runroot "$T/run" --storage-driver vfs "$@"; }
b() { buildah --root "$T/bstore" --runroot "$T/brun" --storage-driver vfs "$@"; }

like "$(p load -q -i static.tar 2>&1)" 'docker.io/svc/static:v1$' 'podman load names the image'
is "$(p image inspect docker.io/svc/static:v1 | jq -c '.[0].Config | [.User, .Entrypoint, .ExposedPorts]')" \
	'["65534:65534",["/service"],{"8080/tcp":{}}]' 'podman sees the config'
for transport in docker-archive oci-archive; do
	t "buildah from $transport" b from --name "$transport" "$transport:dynamic.tar"
	root=$(b mount "$transport")
	is "$(stat -c '%a %u:%g' "$root/service" "$root/tmp" | xargs)" '755 65534:65534 1777 0:0' "$transport: modes and owners"
done
done_testing
