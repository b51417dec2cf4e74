#!/usr/bin/env bash
# skopeo reads what we write, by each of its transports.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/engines/common.sh"
require skopeo jq
make_images
mk -q --bin "$FIXTURES/service" -p 8080 -t svc/l:v1 -t svc/l:v2 -o layout/
export TMPDIR=$T

digest=$(mk --bin "$FIXTURES/service:/service" --certs --tz -p 8080 -e GREETING=hi -l maker=test -t svc/static:v1 --json -o x.tar | jq -r .digest)
is "$(skopeo inspect oci-archive:static.tar | jq -r .Digest)" "$digest" 'oci-archive: the digest we said'
is "$(skopeo inspect docker-archive:static.tar | jq -c '[.Architecture, .Os, (.Layers | length), .Env]')" \
	"[\"$(skopeo inspect oci-archive:static.tar | jq -r .Architecture)\",\"linux\",2,[\"GREETING=hi\"]]" 'docker-archive: what is in it'
is "$(skopeo inspect --config docker-archive:static.tar | jq -c '.rootfs')" \
	"$(skopeo inspect --config oci-archive:static.tar | jq -c '.rootfs')" 'both sides have the same DiffIDs'
for tag in v1 v2; do
	t "oci: $tag of a layout" skopeo inspect "oci:layout:$tag"
done
for codec in gzip zstd none; do
	mk -q --bin "$FIXTURES/service" --compress "$codec" -o "$codec.tar"
	t "copy from an oci-archive with $codec" skopeo --insecure-policy copy -q "oci-archive:$codec.tar" "dir:$codec-1"
	t "copy from a docker-archive with $codec" skopeo --insecure-policy copy -q "docker-archive:$codec.tar" "dir:$codec-2"
done
mk -q --bin "$FIXTURES/service" --media-types docker -t svc/d:v1 -o docker.tar
is "$(skopeo inspect --raw oci-archive:docker.tar | jq -r .mediaType)" application/vnd.docker.distribution.manifest.v2+json \
	"an oci-archive with Docker's media types is read"
t '... and copied as it is' skopeo --insecure-policy copy -q oci-archive:docker.tar dir:docker-1
t '... and into OCI types' skopeo --insecure-policy copy -q oci-archive:docker.tar oci:converted:v1
t '... which verify' mk verify converted
t "... and from a docker-archive" skopeo --insecure-policy copy -q docker-archive:docker.tar dir:docker-2
t "a layout of Docker's types by others verifies" bash -c 'skopeo --insecure-policy copy -q --format v2s2 oci-archive:none.tar docker-archive:foreign.tar:a/b:c &&
	skopeo --insecure-policy copy -q docker-archive:foreign.tar oci:foreign:c && "$MKSCRATCH" verify foreign'
t 'copy into another layout' skopeo --insecure-policy copy -q oci:layout:v1 oci:other:v1
t '... which verifies as ours does' mk verify other
mk -q --bin "$FIXTURES/service" -t app:ours -o other
is "$(jq '.manifests | length' other/index.json)" 2 'a tag is added to a layout of skopeo'
t '... and both can be read' bash -c 'skopeo inspect oci:other:v1 && skopeo inspect oci:other:ours'
done_testing
