#!/usr/bin/env bash
# An index of several platforms in the tools that read it: each gets the image it asks for, and all of them with --all.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/engines/common.sh"
require jq aarch64-linux-gnu-gcc arm-linux-gnueabihf-gcc riscv64-linux-gnu-gcc
[ "$(uname -m)" = x86_64 ] || skip_all 'cannot: what is expected is for x86_64'
export TMPDIR=$T STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot

# Programs that say what they were built for.
say() { # DIR COMPILER
	mkdir -p "$1" && printf '#include <stdio.h>\nint main(void) { return puts("%s") < 0; }\n' "$1" | "$2" -static -x c -o "$1/say" -
}
say amd64 cc && say arm64 aarch64-linux-gnu-gcc && say armv7 arm-linux-gnueabihf-gcc && say riscv64 riscv64-linux-gnu-gcc ||
	skip_all 'no static libc for one of the platforms'
programs=(--bin amd64/say --bin arm64/say --bin armv7/say --bin riscv64/say)
mk -q "${programs[@]}" --certs --tz=UTC -t svc/say:v1 -o img.tar -o layout/
index=$(jq -r '.manifests[0].digest' layout/index.json)
digest_of() { # ARCHITECTURE: of the manifest
	jq -r --arg a "$1" '.manifests[] | select(.platform.architecture == $a).digest' "layout/blobs/sha256/${index#sha256:}"
}
have() { command -v "$1" >/dev/null 2>&1 || { skip "$1" "$1 is not installed"; return 1; }; }
# Joined by somebody else.
if have buildah; then
	jb() { buildah --root "$T/jstore" --runroot "$T/jrun" --storage-driver vfs "$@"; }
	for a in amd64 arm64; do
		mk -q --bin $a/say -t "say:$a" -o "$a.tar"
	done
	jb manifest create many oci-archive:amd64.tar >/dev/null 2>&1 && jb manifest add many oci-archive:arm64.tar >/dev/null 2>&1 &&
		jb manifest push --all many oci-archive:theirs.tar:docker.io/svc/many:v1 >/dev/null 2>&1
	t 'an index that buildah made of our images verifies' mk verify theirs.tar
	mk index -q -t say:again -o again.tar theirs.tar && mk index -q -t say:again -o ours.tar amd64.tar arm64.tar
	is "$(jq -c '[.manifests[] | .digest]' <(tar xOf again.tar "blobs/sha256/$(tar xOf again.tar index.json | jq -r '.manifests[0].digest[7:]')"))" \
		"$(jq -c '[.manifests[] | .digest]' <(tar xOf ours.tar "blobs/sha256/$(tar xOf ours.tar index.json | jq -r '.manifests[0].digest[7:]')"))" \
		'... and holds the images that ours holds'
fi

# The only image for amd64 is one for better CPUs: who asks for amd64 finds it.
if command -v go >/dev/null; then
	printf 'package main\n\nfunc main() { println("v3") }\n' >v3.go
	GOAMD64=v3 CGO_ENABLED=0 GO111MODULE=off GOCACHE=$BUILD/fixtures/go-cache go build -o v3/say v3.go
	mk -q --bin v3/say --bin arm64/say -t svc/v3:v1 -o v3.tar
else
	skip 'an image for better CPUs in an index' 'no go'
fi

# With attestations: all of it stays to be had by platform.
rm -rf attested && mkdir attested && tar -xf img.tar -C attested && python3 "$TOP/tests/integration/attest.py" attested &&
	mk index -q -t svc/attested:v1 -o attested.tar attested && mk index -q --platform linux/arm64 -t svc/attested:v1 -o attested-arm64.tar attested ||
	fail 'attestations come along'

emulate() { # ROOT ARCHITECTURE
	case $2 in
	amd64) "$1/say" ;;
	arm64) qemu-aarch64-static "$1/say" ;;
	arm) qemu-arm-static "$1/say" ;;
	*) "qemu-$2-static" "$1/say" ;;
	esac
}

if have skopeo; then
	for a in amd64 arm64 arm riscv64; do
		is "$(skopeo --override-arch $a inspect oci-archive:img.tar | jq -r .Architecture)" $a "skopeo finds $a in the archive"
		is "$(skopeo --override-arch $a inspect oci:layout:v1 | jq -r .Architecture)" $a "... and in the layout"
	done
	[ ! -e v3.tar ] || is "$(skopeo --override-arch amd64 inspect --config oci-archive:v3.tar | jq -r .variant)" v3 \
		'skopeo finds an image for better CPUs where there is no other'
	is "$(skopeo inspect --raw oci-archive:img.tar | sha256sum | cut -d' ' -f1)" "${index#sha256:}" 'what it reads is the index'
	t 'skopeo copies all of it' skopeo --insecure-policy copy -q --all oci-archive:img.tar oci:copy:v1
	is "$(jq -r '.manifests[0].digest' copy/index.json)" "$index" '... and the index stays as it is'
	t '... and what it wrote verifies' mk verify copy
	is "$(skopeo inspect docker-archive:img.tar | jq -r .Architecture)" amd64 'the docker-archive side is for amd64'
	for a in amd64 arm64 arm riscv64; do
		is "$(skopeo --override-arch $a inspect oci-archive:attested.tar | jq -r .Architecture)" $a "... $a beside attestations"
	done
	is "$(skopeo --override-arch arm64 inspect oci-archive:attested-arm64.tar | jq -r .Architecture)" arm64 '... and one image with its own'
	t '... all of which are copied' skopeo --insecure-policy copy -q --all oci-archive:attested.tar oci:attested-copy:v1
	t '... and verify' mk verify attested-copy
	t 'skopeo copies one of it' skopeo --insecure-policy --override-arch arm64 copy -q oci-archive:img.tar oci:one:v1
	is "$(jq -r '.manifests[0].digest' one/index.json)" "$(digest_of arm64)" '... under the digest it has in the index'
fi

if have podman && have buildah; then
	p() { podman --root "$T/store" --runroot "$T/run" --storage-driver vfs "$@"; }
	b() { buildah --root "$T/bstore" --runroot "$T/brun" --storage-driver vfs "$@"; }
	like "$(p load -q -i img.tar 2>&1)" 'docker.io/svc/say:v1$' 'podman load names the image'
	is "$(p image inspect docker.io/svc/say:v1 | jq -r '.[0].Architecture')" amd64 '... of this machine'
	like "$(p load -q -i attested.tar 2>&1)" 'docker.io/svc/attested:v1$' '... one with attestations too'
	is "$(p image inspect docker.io/svc/attested:v1 | jq -r '.[0].Architecture')" amd64 '... of this machine'
	is "$(p image inspect "$(p pull -q --arch arm64 oci-archive:img.tar)" | jq -r '.[0].Architecture')" arm64 'podman pull --arch'
	for a in amd64 arm64 arm riscv64; do
		b from --arch $a --name "on-$a" oci-archive:img.tar >/dev/null 2>&1
		want=$a
		[ $a != arm ] || want=armv7
		is "$(emulate "$(b mount "on-$a")" $a 2>&1)" $want "buildah from --arch $a: its program says so"
	done
	[ ! -e v3.tar ] || t 'buildah takes an image for better CPUs where there is no other' b from --name on-v3 oci-archive:v3.tar
fi

if ! go_tool crane; then
	skip crane 'cannot: crane does not build here as a Go module'
elif have skopeo; then
	crane registry serve --address 127.0.0.1:0 >registry.log 2>&1 &
	registry=$!
	# shellcheck disable=SC2317
	stop_registry() { kill "$registry" 2>/dev/null; }
	at_exit+=(stop_registry)
	for _ in $(seq 40); do
		port=$(sed -n 's/.*:\([0-9][0-9]*\)$/\1/p; s/.*port \([0-9]*\).*/\1/p' registry.log | head -n 1)
		[ -z "$port" ] || break
		sleep 0.25
	done
	to=127.0.0.1:$port/svc/say:v1
	t 'skopeo pushes all of the archive' skopeo --insecure-policy copy -q --all --dest-tls-verify=false oci-archive:img.tar "docker://$to"
	is "$(crane digest --insecure "$to")" "$index" '... and crane finds the index'
	for a in amd64 arm64 arm/v7 riscv64; do
		is "$(crane digest --insecure --platform "linux/$a" "$to")" "$(digest_of "${a%/*}")" "crane finds linux/$a"
	done
	t 'crane finds nothing to complain of' crane validate --insecure --remote "$to"
	crane export --insecure --platform linux/arm/v7 "$to" arm.tar && mkdir arm && tar -xf arm.tar -C arm say
	is "$(emulate arm arm)" armv7 "... and exports linux/arm/v7"
fi

if have umoci; then
	for a in amd64 arm64 arm riscv64; do
		mk index -q --platform "linux/$a" -o "by-umoci/" img.tar -t "say:$a"
		t "umoci unpacks the image for $a" umoci unpack --image "by-umoci:$a" "bundle-$a"
		want=$a
		[ $a != arm ] || want=armv7
		is "$(emulate "bundle-$a/rootfs" $a)" $want '... whose program says so'
	done
fi

if have containerd && [ "$(id -u)" = 0 ]; then
	if start_containerd; then
		t 'containerd imports all platforms' c image import --all-platforms --no-unpack img.tar
		is "$(c image ls | awk '$1 == "docker.io/svc/say:v1" { print $3 }')" "$index" '... under the index'
		is "$(c image ls | awk '$1 == "docker.io/svc/say:v1" { print $6 }')" 'linux/amd64,linux/arm/v7,linux/arm64,linux/riscv64' '... which it sees for all'
		t '... and unpacks the one of this machine' c image import --snapshotter native img.tar
		is "$(c run --rm --snapshotter native docker.io/svc/say:v1 say 2>&1)" amd64 '... and runs it'
		t 'what it exports of all' c image export --all-platforms out.tar docker.io/svc/say:v1
		t '... verifies' mk verify out.tar
		t '... and unpacks the one of this machine beside attestations' c image import --snapshotter native attested.tar
		is "$(c run --rm --snapshotter native docker.io/svc/attested:v1 attested 2>&1)" amd64 '... and runs it'
	else
		skip containerd 'cannot: containerd does not start in this sandbox'
	fi
fi

if have dockerd && [ "$(id -u)" = 0 ]; then
	if start_dockerd; then
		at_exit+=(stop_dockerd)
		is "$(d load -i img.tar)" 'Loaded image: svc/say:v1' 'docker load names the image'
		is "$(d run --rm --network none svc/say:v1)" amd64 '... and runs the one for amd64'
		is "$(d load -i attested.tar)" 'Loaded image: svc/attested:v1' '... with attestations beside it'
		is "$(d run --rm --network none svc/attested:v1)" amd64 '... too'
		mk -q "${programs[@]}" --platform linux/arm64 -t svc/say:arm64 -o arm64.tar && d load -q -i arm64.tar >/dev/null
		is "$(d image inspect svc/say:arm64 | jq -r '.[0].Architecture')" arm64 'docker load gets the one of --platform'
	else
		skip docker 'cannot: dockerd does not start in this sandbox'
	fi
fi
done_testing
