#!/usr/bin/env bash
# Images made by other tools are valid, and verify says so of each: a corpus made on the spot.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/engines/common.sh"
require jq python3 cc
[ "$(id -u)" = 0 ] || skip_all 'cannot: most of them want root'
export TMPDIR=$T
printf 'int main(void) { return 0; }\n' | cc -static -x c -o app - || skip_all 'cannot: no static libc'
mkdir -p rootfs/etc rootfs/usr/bin && cp app rootfs/usr/bin/app && ln -s bin/app rootfs/usr/start
printf 'root:x:0:0::/root:/bin/false\nweb:x:7:8::/:/bin/false\n' >rootfs/etc/passwd && printf 'web:x:8:\n' >rootfs/etc/group
printf '#!/usr/bin/app\n' >rootfs/usr/bin/script && chmod +x rootfs/usr/bin/script
ln rootfs/usr/bin/app rootfs/usr/bin/twin
made=0

valid() { # NAME IMAGE...: they verify, and a byte that is flipped in the middle is found
	local name=$1 image
	shift
	for image; do
		made=$((made + 1))
		run mk verify "$image"
		if [ "$status" = 0 ]; then
			pass "$name: $image"
		else
			fail "$name: $image"
			grep -v '✓' "$out" | comment
		fi
	done
}
# shellcheck disable=SC2317
stop_registry() {
	kill "$registry" && wait "$registry" 2>/dev/null
}
copy() {
	skopeo --insecure-policy copy -q "$@"
}

if command -v umoci >/dev/null; then
	umoci init --layout umoci >/dev/null && umoci new --image umoci:v1 >/dev/null && umoci unpack --image umoci:v1 bundle >/dev/null 2>&1 &&
		cp -a rootfs/. bundle/rootfs/ && umoci repack --refresh-bundle --image umoci:v1 bundle >/dev/null &&
		rm bundle/rootfs/usr/bin/twin && umoci repack --image umoci:v1 bundle >/dev/null &&
		umoci config --image umoci:v1 --config.entrypoint /usr/start --config.user web:web --architecture amd64 --os linux
	valid umoci umoci umoci:v1
	tar cf umoci.tar -C umoci . && valid 'umoci, as a tar' umoci.tar
else
	skip umoci 'umoci is not installed'
fi

if command -v skopeo >/dev/null; then
	mk -q --bin app -t app:v1 -o ours.tar
	copy oci-archive:ours.tar oci:skopeo:v1 && copy oci-archive:ours.tar oci-archive:skopeo.tar:v1 &&
		copy oci-archive:ours.tar docker-archive:skopeo-docker.tar:app:v1 && copy --format v2s2 oci-archive:ours.tar oci:skopeo-v2s2:v1 &&
		copy --dest-compress-format zstd oci-archive:ours.tar oci:skopeo-zstd:v1 && copy docker-archive:skopeo-docker.tar oci:skopeo-back:v1
	valid skopeo skopeo skopeo.tar skopeo-docker.tar skopeo-v2s2 skopeo-zstd skopeo-back
	[ ! -e umoci ] || { copy oci:umoci:v1 docker-archive:of-umoci.tar:x:v1 && valid 'skopeo, of an image of umoci' of-umoci.tar; }
else
	skip skopeo 'skopeo is not installed'
fi

if command -v buildah >/dev/null && command -v podman >/dev/null; then
	export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
	p() { podman --root "$T/store" --runroot "$T/run" --storage-driver vfs "$@"; }
	b() { buildah --root "$T/store" --runroot "$T/run" --storage-driver vfs "$@"; }
	c=$(b from scratch) && b copy -q "$c" rootfs / >/dev/null && b config --entrypoint '["script"]' --env PATH=/bin:/usr/bin --user web --port 80 \
		--label a=b "$c" && b commit -q "$c" local/b:v1 >/dev/null && b commit -q --format docker "$c" local/b:docker >/dev/null
	b push -q local/b:v1 oci:buildah:v1 && b push -q local/b:v1 docker-archive:buildah.tar:local/b:v1 &&
		b push -q local/b:docker oci:buildah-docker:v1 && b push -q local/b:v1 oci-archive:buildah-oci.tar:v1
	valid buildah buildah buildah.tar buildah-docker buildah-oci.tar
	printf 'FROM localhost/local/b:v1\nCOPY app /app\nUSER 5\nENTRYPOINT ["/app"]\n' >Containerfile
	p build -q --isolation chroot -t local/p:v1 . >/dev/null
	p save -q --format oci-archive -o podman-oci.tar local/p:v1 && p save -q --format docker-archive -o podman.tar local/p:v1 &&
		p save -q --format docker-archive -m -o podman-several.tar local/p:v1 local/b:v1 && p save -q --format oci-dir -o podman-dir local/p:v1
	valid podman podman-oci.tar podman.tar podman-several.tar podman-dir
else
	skip 'buildah and podman' 'not installed'
fi

tar -C rootfs -czf layer.tar.gz etc usr
if go_tool crane; then
	# Onto nothing crane makes a config without a platform, so onto one of ours.
	mk -q --bin app -t base:v1 -o base.tar
	crane append -b base.tar -f layer.tar.gz -t local/c:v1 -o crane.tar 2>/dev/null ||
		crane append --oci-empty-base -f layer.tar.gz -t local/c:v1 -o crane.tar 2>/dev/null
	if mk inspect crane.tar >/dev/null 2>&1; then
		valid crane crane.tar
	else
		like "$(mk verify crane.tar)" '✗ config: os or architecture is missing' 'crane: a config without a platform is told'
	fi
	crane registry serve --address 127.0.0.1:0 >registry.log 2>&1 &
	registry=$!
	at_exit+=(stop_registry)
	for _ in $(seq 50); do
		port=$(sed -n 's/.*serving on port //p' registry.log)
		[ -z "$port" ] || break
		sleep 0.1
	done
	address=127.0.0.1:$port
	crane push base.tar "$address/local/c:v1" >/dev/null 2>&1 && crane append --insecure -b "$address/local/c:v1" -f layer.tar.gz -t "$address/local/c:v2" >/dev/null 2>&1 &&
		crane mutate --insecure --user 7 --entrypoint /usr/bin/app -t "$address/local/c:v3" "$address/local/c:v2" >/dev/null 2>&1 &&
		crane pull --insecure --format oci "$address/local/c:v3" crane-oci >/dev/null 2>&1 &&
		crane pull --insecure --format tarball "$address/local/c:v3" crane-pull.tar >/dev/null 2>&1 &&
		crane pull --insecure --format legacy "$address/local/c:v3" crane-legacy.tar >/dev/null 2>&1
	valid 'crane, by way of a registry' crane-oci crane-pull.tar crane-legacy.tar
else
	skip crane 'cannot: crane does not build here as a Go module'
fi

if command -v dockerd >/dev/null; then
	need_dockerd
	mkdir ctx && cp -a rootfs/. ctx/ && printf 'FROM scratch\nCOPY etc /etc\nCOPY usr /usr\nCOPY etc /etc\nUSER web\nENV PATH=/usr/bin\nEXPOSE 80\nVOLUME /data\nCMD ["app"]\n' >ctx/Dockerfile
	DOCKER_BUILDKIT=0 d build -q -t local/d:v1 ctx >/dev/null && d tag local/d:v1 local/d:v2 && d save -o docker.tar local/d:v1 &&
		d save -o docker-tags.tar local/d:v1 local/d:v2 && d save -o docker-untagged.tar "$(d images -q local/d:v1)" &&
		d import layer.tar.gz local/i:v1 >/dev/null && d save -o docker-import.tar local/i:v1
	valid 'docker save' docker.tar docker-tags.tar docker-untagged.tar docker-import.tar
	d load -q -i ours.tar >/dev/null && d save -o docker-ours.tar app:v1 && valid 'docker save of one of ours' docker-ours.tar
else
	skip 'docker save' 'dockerd is not installed'
fi

if command -v containerd >/dev/null && command -v ctr >/dev/null; then
	mkdir ctrd && printf 'version = 2\nroot = "%s"\nstate = "%s"\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "%s"\n' \
		"$T/ctrd/root" "$T/ctrd/state" "$T/ctrd/sock" >ctrd/config.toml
	containerd -c ctrd/config.toml >ctrd/log 2>&1 &
	containerd=$!
	k() { ctr -a "$T/ctrd/sock" "$@"; }
	for _ in $(seq 100); do
		k version >/dev/null 2>&1 && break
		sleep 0.1
	done
	if k images import ours.tar >/dev/null 2>&1 && k images export containerd.tar docker.io/library/app:v1 2>/dev/null; then
		valid 'ctr images export' containerd.tar
	else
		skip 'ctr images export' 'cannot: containerd does not run in this sandbox'
	fi
	kill "$containerd" && wait "$containerd" 2>/dev/null
else
	skip 'ctr images export' 'containerd is not installed'
fi

# Its base image comes from a registry.
if [ -n "${address:-}" ] && go_tool ko; then
	mkdir ko && printf 'package main\nfunc main() {}\n' >ko/main.go && printf 'module example.org/k\ngo 1.21\n' >ko/go.mod
	k() (cd ko && HOME=$old_home KO_DEFAULTBASEIMAGE=$address/local/c:v1 KO_DOCKER_REPO=example.org/ko GOFLAGS=-mod=mod ko build --push=false \
		--platform=linux/amd64 "$@" . >>../ko.log 2>&1)
	if k --oci-layout-path=../ko-layout && k --sbom=none --tarball=../ko.tar; then
		valid ko ko-layout ko.tar
	else
		fail 'ko makes images'
		tail -n 5 ko.log | comment
	fi
else
	skip ko 'cannot: ko or a registry for its base does not install here'
fi
echo "# $made images"
done_testing
