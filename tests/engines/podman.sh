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
# The health check, which these two drop from OCI types.
for types in oci docker; do
	mk -q --bin "$FIXTURES/service" --healthcheck http://:8080/health --health-interval 5s --media-types "$types" -l "types=$types" \
		-t "svc/health-$types:v1" -o "health-$types.tar"
	p load -q -i "health-$types.tar" >/dev/null
done
health() {
	p image inspect "docker.io/svc/health-$1:v1" | jq -c '.[0].Healthcheck'
}
is "$(health oci)" null 'podman drops a health check from OCI types, as we warn'
is "$(health docker)" '{"Test":["CMD","/healthcheck","http://:8080/health"],"Interval":5000000000}' '... and keeps it in those of Docker'
is "$(b inspect --type image "$(b pull -q docker-archive:health-docker.tar)" | jq -c '.Docker.config.Healthcheck.Test')" \
	'["CMD","/healthcheck","http://:8080/health"]' '... as buildah does'
for transport in docker-archive oci-archive; do
	t "buildah from $transport" b from --name "$transport" "$transport:dynamic.tar"
	root=$(b mount "$transport")
	is "$(stat -c '%a %u:%g' "$root/service" "$root/tmp" | xargs)" '755 65534:65534 1777 0:0' "$transport: modes and owners"
done
done_testing
