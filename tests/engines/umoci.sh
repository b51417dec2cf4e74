#!/usr/bin/env bash
# umoci unpacks what we write; owners, modes, links and times are compared with what --print rootfs says.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/engines/common.sh"
require umoci jq
[ "$(id -u)" = 0 ] || skip_all 'cannot: owners can be unpacked by root only'
build_fixtures || skip_all 'the example does not build'
mkdir -p tree/sub && echo hi >tree/sub/file && chmod 640 tree/sub/file && ln -s sub/file tree/link
args=(--bin "$FIXTURES/service-dynamic:/service" --certs --tz --tree tree:/srv --dir /data:2770:7:8
	--file tree/sub/file:/etc/secret:400:9:9 --link /srv/link:/opt/l)
mk -q "${args[@]}" -t x:v1 -o l/
t 'umoci unpacks the image' umoci unpack --image l:v1 bundle
mk "${args[@]}" --print rootfs | awk -F'\t' '{ split($5, p, " -> "); printf "%s %s %s %s\n", $1, $2, p[1], p[2] }' | sort >want
(cd bundle/rootfs && find . -mindepth 1 -printf '%y%04m %U:%G /%P %l\n') | sort >got
is "$(diff want got)" '' 'types, modes, owners and links are those of the plan'
is "$(find bundle/rootfs -mindepth 1 ! -newermt '1970-01-01 00:00:01' | wc -l)" "$(wc -l <want)" 'all times are the epoch'
is "$(jq -c '.process | [.user.uid, .user.gid, .args]' bundle/config.json)" '[65534,65534,["/service"]]' 'the runtime config fits'
check_answers 'dynamic, unpacked, in a chroot' chroot --userspec=65534:65534 bundle/rootfs /service

# Capabilities arrive on the disk, by umoci and by others who unpack layers.
if command -v getcap >/dev/null; then
	mk -q --bin "$FIXTURES/service:/service" --cap /service=cap_net_bind_service,cap_net_raw -t x:caps -o caps/
	if umoci unpack --image caps:caps caps-bundle >/dev/null 2>&1 && want='cap_net_bind_service,cap_net_raw=ep' &&
		setcap "$want" "$(cp "$FIXTURES/service" probe && echo probe)" 2>/dev/null; then
		is "$(getcap caps-bundle/rootfs/service | cut -d' ' -f2)" "$want" 'capabilities are unpacked'
		layer=$(jq -r '.layers[-1].digest' "caps/blobs/$(jq -r '.manifests[0].digest' caps/index.json | tr : /)" | tr : /)
		mkdir by-bsdtar && bsdtar --xattrs -xpf "caps/blobs/$layer" -C by-bsdtar service
		is "$(getcap by-bsdtar/service | cut -d' ' -f2)" "$want" '... by bsdtar'
		mkdir by-tar && tar --xattrs --xattrs-include='security.*' -xzpf "caps/blobs/$layer" -C by-tar service
		is "$(getcap by-tar/service | cut -d' ' -f2)" "$want" '... by tar'
	else
		skip 'capabilities are unpacked' 'cannot: this file system holds no file capabilities'
	fi
else
	skip 'capabilities are unpacked' 'getcap is not installed'
fi
mk -q --bin "$FIXTURES/service" --media-types docker -t x:docker -o docker/
run umoci unpack --image docker:docker docker-bundle
like "$(cat "$out" "$err")" 'does not point to ispec.MediaTypeImageManifest' "umoci reads no Docker types, as the README says"
mkdir grown && echo 9 >grown/new && umoci init --layout put && umoci new --image put:v1 && umoci insert --image put:v1 grown /data >/dev/null 2>&1
is "$(mk cat put:v1 /data/new)" 9 'a layer of umoci insert, whose last block is not filled, is read'
umoci tag --image l:v1 again && t 'a tag of umoci verifies' mk verify l
done_testing
