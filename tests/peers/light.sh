#!/usr/bin/env bash
# Tools that need no daemon but one: regctl, oras, umoci, ko, apko, kaniko, and ctr of containerd 2. They read what we write and
# write what we read; each is built on its own, and one that does not build here is left out with a word.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/peers/common.sh"
make_forms
have() { # NAME MODULE@VERSION TAGS PACKAGE...
	peer "$@" || { skip "$1" "cannot: $1 does not build here as a Go module"; return 1; }
}
# shellcheck disable=SC2317
stop_light() {
	local pid
	for pid in ${registry:-} ${daemon:-}; do
		kill "$pid" && wait "$pid"
	done 2>/dev/null
}
at_exit+=(stop_light)
start_registry() { # $address
	[ -z "${address:-}" ] || return 0
	have crane github.com/google/go-containerregistry@v0.22.1 '' github.com/google/go-containerregistry/cmd/crane || return
	crane registry serve --address 127.0.0.1:0 >registry.log 2>&1 &
	registry=$!
	for _ in $(seq 50); do
		address=$(sed -n 's/.*serving on port //p' registry.log)
		[ -z "$address" ] || break
		sleep 0.1
	done
	[ -n "$address" ] && address=127.0.0.1:$address
}
manifests_of() { # IMAGE: all digests that its index names
	mk inspect --index "$1" | jq -r '.manifests[].digest' | sort
}

# regctl: by reference of a layout directory, or a tar to import.
regctl_reads() {
	local form
	for form in $forms; do
		regctl image copy "ocidir://$form:v1" "ocidir://copy-$form:v1" >regctl.log 2>&1
		is "$(jq -r '.manifests[0].digest' "copy-$form/index.json")" "$(manifest_digest $form)" "regctl copies $form"
		regctl image import "ocidir://import-$form:v1" "$form.tar" >regctl.log 2>&1
		is "$(regctl image digest "ocidir://import-$form:v1" 2>&1)" "$(manifest_digest $form)" '... and imports its tar'
		is "$(regctl image get-file --platform linux/amd64 "ocidir://$form:v1" /say 2>/dev/null | sha256sum)" "$(sha256sum <amd64/say)" '... and finds the program'
		is "$(regctl image config --platform linux/amd64 "ocidir://$form:v1" --format raw-body 2>/dev/null | sha256sum)" "$(config_of "$form" | sha256sum)" '... and the config'
	done
}
regctl_writes() {
	local codec
	our_facts content >list
	regctl image export ocidir://content:v1 regctl.tar && theirs regctl.tar list "$(manifest_digest content)"
	regctl image export ocidir://many:v1 regctl-many.tar && our_facts many >many.list && theirs regctl-many.tar many.list
	for codec in none gzip zstd; do
		regctl image mod ocidir://content:v1 --create "ocidir://regctl-$codec:v1" --layer-compress $codec >/dev/null 2>regctl.log
		theirs "regctl-$codec" list
	done
	regctl image mod ocidir://content:v1 --create ocidir://regctl-mod:v1 --to-docker --label x=y --expose-add 81/tcp --time set=2024-01-01T00:00:00Z >/dev/null 2>regctl.log
	theirs regctl-mod list
	is "$(mk inspect --config regctl-mod | jq -c '[.config.Labels, (.config.ExposedPorts | keys)]')" '[{"x":"y"},["81/tcp"]]' 'its config'
	regctl index create ocidir://regctl-index:v1 --ref ocidir://plain:v1 --ref ocidir://many:v1 --platform linux/arm64 --platform linux/amd64 >/dev/null 2>regctl.log
	t 'an index that it made: verify' mk verify --platform linux/arm64 regctl-index
}

oras_reads() {
	local form
	for form in $forms; do
		oras copy --from-oci-layout "$form:v1" --to-oci-layout "oras-$form:v1" >oras.log 2>&1
		is "$(jq -r '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == "v1").digest' "oras-$form/index.json")" \
			"$(manifest_digest $form)" "oras copies $form"
		is "$(oras manifest fetch --oci-layout --platform linux/amd64 "$form:v1" 2>/dev/null | sha256sum)" \
			"$(mk inspect --manifest --platform linux/amd64 "$form" | sha256sum)" '... and prints the manifest'
	done
}
oras_writes() {
	our_facts content >list
	theirs oras-content:v1 list "$(manifest_digest content)"
	our_facts many >many.list && theirs oras-many:v1 many.list
	cp -r content attached && echo '{}' >sbom.json && oras attach --oci-layout --artifact-type application/x attached:v1 sbom.json:application/json >oras.log 2>&1
	theirs attached list "$(manifest_digest content)"
	like "$(mk inspect attached)" 'that is no image' 'what is attached is told of'
	oras manifest index create --oci-layout attached:several v1 >oras.log 2>&1
	t 'an index that it made: ls' mk ls --platform linux/amd64 attached:several
	oras push --oci-layout artifact:v1 sbom.json:application/json >oras.log 2>&1
	run mk ls artifact
	is "$status $(head -n 1 "$err")" '3 mkscratch: artifact: holds no image' 'an artifact is no image'
}

umoci_reads() {
	local form
	for form in plain content config zstd none based; do
		rm -rf bundle
		t "umoci unpacks $form" umoci unpack --image "$form:v1" bundle
		facts_of_dir bundle/rootfs >list
		our_facts $form >ours.facts
		t '... and finds what we list' diff ours.facts list
	done
}
umoci_writes() {
	rm -rf bundle ulayout && umoci init --layout ulayout >/dev/null && umoci new --image ulayout:v1 && umoci unpack --image ulayout:v1 bundle >/dev/null 2>&1 &&
		mkdir -p bundle/rootfs/etc && cp amd64/say bundle/rootfs/ && cp -a tree/. bundle/rootfs/etc/ && ln bundle/rootfs/say bundle/rootfs/twin &&
		umoci repack --refresh-bundle --image ulayout:v1 bundle >/dev/null && rm bundle/rootfs/twin && echo more >bundle/rootfs/etc/more &&
		umoci repack --image ulayout:v1 bundle >/dev/null &&
		umoci config --image ulayout:v1 --config.entrypoint /say --config.user 7:8 --config.env A=b --architecture amd64 --os linux
	facts_of_dir bundle/rootfs >list
	theirs ulayout:v1 list
	tar -cf ulayout.tar -C ulayout . && theirs ulayout.tar list
	cp -r content inserted && umoci insert --image inserted:v1 --rootless tree /inserted >/dev/null 2>&1
	t 'umoci insert into one of ours: verify' mk verify inserted
	is "$(mk cat inserted /inserted/d/e/file)" hello '... and cat'
}

ko_writes() {
	start_registry && crane push plain "$address/p/plain:v1" >/dev/null 2>&1 || { fail 'a registry for the base of ko'; return; }
	mkdir -p ko && printf 'package main\nfunc main() { println("amd64") }\n' >ko/main.go && printf 'module example.org/k\ngo 1.21\n' >ko/go.mod
	ko_build() (cd ko && HOME=$old_home KO_DEFAULTBASEIMAGE=$address/p/plain:v1 KO_DOCKER_REPO=example.org/ko GOFLAGS=-mod=mod \
		ko build --push=false --platform=linux/amd64 "$@" . >>../ko.log 2>&1)
	ko_build --oci-layout-path=../ko-layout && ko_build --sbom=none --tarball=../ko.tar
	our_facts ko-layout >list
	is "$(grep -c ' say $' list) $(grep -c 'ko-app/k $' list)" '1 1' 'ko lays its program over one of ours'
	theirs ko-layout list
	theirs ko.tar list
}

apko_writes() {
	local layer
	python3 -B "$TOP/tests/peers/apk.py" apks x86_64=amd64/say aarch64=arm64/say
	cat >apko.yaml <<-'END'
	contents: {repositories: [./apks], packages: [say]}
	entrypoint: {command: /usr/bin/say}
	accounts: {run-as: nobody, users: [{username: nobody, uid: 65534, gid: 65534}], groups: [{groupname: nobody, gid: 65534}]}
	environment: {A: b}
	END
	apko_build() { apko build --ignore-signatures --sbom=false --arch "$1" apko.yaml say:v1 "$2" >apko.log 2>&1 || tail -n 3 apko.log | comment; }
	mkdir apko apko-many && apko_build x86_64 apko.tar && apko_build x86_64 apko && apko_build x86_64,aarch64 apko-many
	layer=$(mk inspect --manifest apko | jq -r '.layers[0].digest')
	gzip -dc "apko/blobs/sha256/${layer#*:}" | facts - >list
	is "$(grep -c ' usr/bin/say $' list)" 1 'apko installs a package'
	theirs apko list
	theirs apko.tar list
	theirs apko-many list
	t 'the other platform of two that it made: verify' mk verify --platform linux/arm64 apko-many
}

kaniko_writes() {
	start_registry && crane push content "$address/p/content:v1" >/dev/null 2>&1 || { fail 'a registry for the base of kaniko'; return; }
	mkdir -p kaniko && cp amd64/say kaniko/ && printf 'FROM %s/p/content:v1\nCOPY say /usr/bin/other\nENV A=b\nUSER 5:6\nENTRYPOINT ["/say"]\n' "$address" >kaniko/Dockerfile
	# It unpacks into its own root: a directory for that alone.
	mkdir -p jail/kaniko jail/work && cp "$peers_bin/executor" jail/kaniko/ && cp -r kaniko/. jail/work/ && mkdir -p jail/etc && echo '127.0.0.1 localhost' >jail/etc/hosts
	mkdir -p jail/proc && unshare --mount sh -c 'mount --rbind /proc jail/proc && exec chroot jail "$@"' sh /kaniko/executor --force --insecure --insecure-pull --skip-tls-verify --context dir:///work --dockerfile /work/Dockerfile \
		--no-push --no-push-cache --destination p/kaniko:v1 --tar-path /kaniko/out.tar >kaniko.log 2>&1 || tail -n 3 kaniko.log | comment
	cp jail/kaniko/out.tar kaniko.tar 2>/dev/null || { fail 'kaniko builds on one of ours'; return; }
	our_facts kaniko.tar >list
	is "$(grep -c ' usr/bin/other $' list) $(grep -c ' say $' list)" '1 1' 'kaniko builds on one of ours'
	theirs kaniko.tar list
}

ctr_start() {
	have containerd github.com/containerd/containerd/v2@v2.4.2 'no_btrfs no_devmapper no_zfs' github.com/containerd/containerd/v2/cmd/{containerd,ctr,containerd-shim-runc-v2} || return
	mkdir -p ctrd && printf 'version = 3\nroot = "%s"\nstate = "%s"\ndisabled_plugins = ["io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", "io.containerd.grpc.v1.cri"]\n[grpc]\naddress = "%s"\n[ttrpc]\naddress = "%s"\n' \
		"$T/ctrd/root" "$T/ctrd/state" "$T/ctrd/sock" "$T/ctrd/tsock" >ctrd/config.toml
	"$peers_bin/containerd" -c ctrd/config.toml >ctrd/log 2>&1 &
	daemon=$!
	for _ in $(seq 100); do
		! k version >/dev/null 2>&1 || return 0
		sleep 0.1
	done
	tail -n 3 ctrd/log | comment
	return 1
}
k() { "$peers_bin/ctr" -a "$T/ctrd/sock" "$@"; }
ctr_reads() {
	local form
	for form in $forms; do
		t "ctr imports $form" k images import --local --snapshotter native "$form.tar"
		is "$(k images ls | awk -v n="docker.io/p/$form:v1" '$1 == n { print $3 }')" "$(manifest_digest $form)" '... under its digest'
		mkdir -p mnt && k images mount --snapshotter native "docker.io/p/$form:v1" mnt >/dev/null 2>ctr.log
		facts_of_dir mnt >list
		k images unmount --rm mnt >/dev/null 2>&1
		our_facts $form >ours.facts
		t '... and finds what we list' diff ours.facts list
	done
}
ctr_writes() {
	local form
	for form in content docker zstd none; do
		our_facts $form >list
		k images export --local --platform linux/amd64 "ctr-$form.tar" "docker.io/p/$form:v1" >ctr.log 2>&1
		theirs "ctr-$form.tar" list "$(manifest_digest $form)"
	done
	our_facts many >list
	k images import --local --all-platforms --no-unpack many.tar >ctr.log 2>&1
	k images export --local --all-platforms ctr-many.tar docker.io/p/many:v1 >ctr.log 2>&1 && theirs ctr-many.tar list
	k images convert --oci --platform linux/amd64 docker.io/p/docker:v1 docker.io/p/converted:v1 >ctr.log 2>&1
	our_facts docker >list
	k images export --local --platform linux/amd64 ctr-oci.tar docker.io/p/converted:v1 >>ctr.log 2>&1 && theirs ctr-oci.tar list
}

# both NAME VERSION WHAT-IT-WRITES PREFIX
both() {
	counted "$1" "$2" reads "$forms" "$4_reads"
	counted "$1" "$2" writes "$3" "$4_writes"
}
v=v0.11.7
! have regctl github.com/regclient/regclient@$v '' github.com/regclient/regclient/cmd/regctl ||
	both regctl $v 'image export, mod (gzip, zstd, plain; to Docker), index create' regctl
v=v1.3.6
! have oras oras.land/oras@$v '' oras.land/oras/cmd/oras || both oras $v 'copy, attach, manifest index create, push' oras
v=v0.6.0
! have umoci github.com/opencontainers/umoci@$v '' github.com/opencontainers/umoci/cmd/umoci || both umoci $v 'repack, insert, config' umoci
v=v0.19.1
! have ko github.com/google/ko@$v '' github.com/google/ko || counted ko $v writes '--oci-layout-path, --tarball, over one of ours' ko_writes
v=v0.30.0
! have apko chainguard.dev/apko@$v '' chainguard.dev/apko || counted apko $v writes 'an archive, a layout, two platforms' apko_writes
v=v1.24.0
! have kaniko github.com/GoogleContainerTools/kaniko@$v '' github.com/GoogleContainerTools/kaniko/cmd/executor ||
	counted kaniko $v writes '--tar-path, over one of ours' kaniko_writes
! ctr_start || both 'ctr of containerd' v2.4.2 'images export, convert' ctr
done_testing
