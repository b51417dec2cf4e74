#!/usr/bin/env bash
# BuildKit: it builds on what we write, and we read what it writes, by every exporter and compression.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/peers/common.sh"
require runc
version=v0.34.2
peer buildkit "github.com/moby/buildkit@$version" '' github.com/moby/buildkit/cmd/{buildkitd,buildctl} ||
	skip_all 'cannot: a peer does not build'
make_forms
# shellcheck disable=SC2317
stop_buildkit() {
	[ -z "${daemon:-}" ] || { kill "$daemon" && wait "$daemon"; } 2>/dev/null
}
at_exit+=(stop_buildkit)
mkdir bk && buildkitd --root "$T/bk/root" --addr "unix://$T/bk/sock" --oci-worker=true --containerd-worker=false \
	--oci-worker-snapshotter=native --oci-worker-net=host --oci-worker-binary=/usr/sbin/runc >bk.log 2>&1 &
daemon=$!
b() { buildctl --addr "unix://$T/bk/sock" "$@"; }
for _ in $(seq 100); do
	! b debug workers >/dev/null 2>&1 || break
	sleep 0.1
done

# build FORM OUTPUT OPTION...: the Dockerfile in ctx on top of one of our layouts
mkdir -p ctx/etc && cp amd64/say ctx/ && echo 'root:x:0:0::/:' >ctx/etc/passwd
printf '%s\n' 'FROM base AS first' 'COPY etc /etc' 'RUN ["/say"]' 'FROM scratch' 'COPY --from=first / /' 'COPY say /usr/bin/other' 'ENV A=b' 'USER 5:6' \
	'HEALTHCHECK CMD ["/say"]' 'EXPOSE 80' 'VOLUME /data' 'LABEL x=y' 'ENTRYPOINT ["/say"]' >ctx/Dockerfile
mkdir quiet && sed /^RUN/d ctx/Dockerfile >quiet/Dockerfile
build() {
	local form=$1 output=$2
	shift 2
	b build --frontend dockerfile.v0 --local context=ctx --local dockerfile="${files:-ctx}" --oci-layout "store=$form" \
		--opt "context:base=oci-layout://store@$(manifest_digest "$form")" --output "$output" "$@" >build.log 2>&1 ||
		{ tail -n 5 build.log | comment; return 1; }
}
reads() {
	local form
	for form in $forms; do
		t "FROM the layout $form, and its program runs" build "$form" type=tar,dest=fs.tar
		is "$(facts fs.tar | grep -c ' say $')" 1 '... and is there'
	done
}
writes() {
	local name=name=docker.io/p/bk:v1 digest codec
	build content type=tar,dest=fs.tar && facts fs.tar >list
	build content "type=oci,dest=oci.tar,$name" --metadata-file meta.json && digest=$(jq -r '."containerimage.digest"' meta.json)
	theirs oci.tar list "$digest"
	is "$(config_of oci.tar | jq -c '.config | [.User, .Env[1], .Healthcheck.Test, (.ExposedPorts | keys), .Labels]')" \
		'["5:6","A=b",["CMD","/say"],["80/tcp"],{"x":"y"}]' 'its config'
	build content "type=docker,dest=docker.tar,$name" && theirs docker.tar list "$digest"
	mkdir dir && build content "type=oci,tar=false,dest=dir,$name" && theirs dir list "$digest"
	for codec in uncompressed gzip zstd estargz; do
		build content "type=oci,dest=$codec.tar,$name,compression=$codec,force-compression=true,oci-mediatypes=true" || fail "$codec"
		# The table of contents of estargz is a file of the layer.
		theirs $codec.tar "$([ $codec = estargz ] || echo list)"
	done
	build content "type=oci,dest=attested.tar,$name,compression=zstd,force-compression=true" --opt attest:provenance=mode=max
	theirs attested.tar list
	like "$(mk inspect attested.tar)" 'attached +1 that is no image' 'its attestation is told of'
	mk index -q -t p/joined:v1 -o joined.tar attested.tar 2>said
	is "$(cat said)$(mk verify joined.tar | grep -c '^✓ attached')" 1 '... comes along in an index'
	build content "type=oci,dest=artifact.tar,$name,oci-artifact=true" --opt attest:provenance=mode=max && theirs artifact.tar list
	build content "type=oci,dest=dated.tar,$name,rewrite-timestamp=true" --opt build-arg:SOURCE_DATE_EPOCH=1700000000 && theirs dated.tar list
	files=quiet build many "type=oci,dest=many-bk.tar,$name" --opt platform=linux/amd64,linux/arm64,linux/arm/v7 --opt attest:provenance=mode=max
	files=quiet build many type=tar,dest=fs.tar --opt platform=linux/amd64 && facts fs.tar >list
	theirs many-bk.tar list
	is "$(mk inspect --json many-bk.tar | jq -c '[.images[].platform]')" '["linux/amd64","linux/arm64","linux/arm/v7"]' 'its platforms'
}
counted BuildKit "$version" reads "FROM $forms" reads
counted BuildKit "$version" writes 'type=oci, docker; tar and directory; gzip, zstd, estargz, plain; attestations in both forms; several platforms' writes
done_testing
