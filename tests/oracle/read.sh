#!/usr/bin/env bash
# Images of other tools, read by us and by the tools themselves: the same entries, owners, modes, links and contents.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/engines/common.sh"
require jq python3 umoci skopeo
[ "$(id -u)" = 0 ] || skip_all 'cannot: owners can be unpacked by root only'
export TMPDIR=$T

# One line an entry, and the digest of all files one behind the other.
theirs() { # DIR
	(cd "$1" && find . -mindepth 1 -printf '%y %m %U:%G %P %l\n' | sed 's/^\(.\) \(.*\) $/\1 \2/' | sort
		find . -mindepth 1 -type f -printf '%P\0' | sort -z | xargs -0 cat | sha256sum)
}
ours() { # IMAGE
	mk ls --json "$@" >ls.json || return
	jq -r '.[] | [({ fifo: "p", hardlink: "f", symlink: "l" }[.type] // .type[0:1]), (if .type == "symlink" then "777" else (.mode | ltrimstr("0")) end),
		"\(.uid):\(.gid)", .path] + (if .type == "symlink" then [.link] else [] end) | join(" ")' ls.json | sort
	jq -r '.[] | select(.type == "file" or .type == "hardlink").path' ls.json | sort | xargs -d '\n' "$MKSCRATCH" cat "$@" | sha256sum
}
same() { # NAME DIR IMAGE [OPTION...]
	theirs "$2" >want
	ours "${@:3}" >got 2>&1
	t "$1" diff -u want got
	run mk verify "$3"
	like "$status" '^[034]$' "$1: every digest is right"
}

# umoci: three layers, with whiteouts of each kind, links, modes, owners and names that need pax headers.
umoci init --layout u >/dev/null && umoci new --image u:t >/dev/null && umoci unpack --image u:t bundle >/dev/null 2>&1 ||
	skip_all 'cannot: umoci unpacks nothing here'
r=bundle/rootfs
mkdir -p $r/etc $r/gone/deep $r/opaque/old $r/usr/bin "$r/$(printf 'long%.0s' {1..60})"
echo root >$r/etc/passwd && echo a >$r/gone/deep/a && echo old >$r/opaque/old/x && echo 'odd name' >"$r/with blank"
echo shared >$r/usr/bin/one && ln $r/usr/bin/one $r/usr/bin/two && ln -s ../../etc/passwd $r/usr/bin/link && ln -s bin $r/usr/sbin
chmod 4755 $r/usr/bin/one && chmod 1777 $r/opaque && chown 12:34 $r/etc && chown 3000000:7 $r/etc/passwd
head -c 3000000 /dev/urandom >$r/big && echo utf >"$r/ä ☃" && printf '' >$r/empty
umoci repack --refresh-bundle --image u:t bundle >/dev/null
rm -r $r/gone && rm $r/big && rm -r $r/opaque/old && echo new >$r/opaque/new && echo x >$r/etc/passwd
umoci repack --refresh-bundle --image u:t bundle >/dev/null
rm $r/usr/bin/two && mkdir $r/usr/bin/two && echo y >$r/usr/bin/two/y && mkdir $r/gone && rm "$r/ä ☃" && mkfifo $r/pipe
umoci repack --refresh-bundle --image u:t bundle >/dev/null
umoci config --image u:t --config.user 1:2 --config.env A=b --config.exposedports 80/tcp --architecture amd64 --os linux
rm -rf bundle && umoci unpack --image u:t bundle >/dev/null 2>&1
same 'umoci' $r u:t
is "$(mk inspect --json u:t | jq '.layers | length')" 3 'umoci: its layers'
is "$(mk inspect --json u:t | jq -c '.config.config | [.User, .Env]')" '["1:2",["A=b"]]' 'umoci: its config'

# skopeo: the same image in all its forms.
copy() {
	skopeo --insecure-policy copy -q "$@"
}
copy oci:u:t docker-archive:d.tar:app:v1 && copy oci:u:t oci-archive:o.tar:v1
copy --dest-compress-format zstd oci:u:t oci:z:v1 && copy --format v2s2 oci:u:t dir:v2s2
copy docker-archive:d.tar:app:v1 oci-archive:back.tar:v1
same 'skopeo, a docker-archive' $r d.tar
same 'skopeo, a docker-archive by tag' $r d.tar:app:v1
same 'skopeo, an oci-archive' $r o.tar
same 'skopeo, zstd' $r z:v1
same 'skopeo, there and back' $r back.tar
for i in o.tar:oci-archive:o.tar:v1 z:v1:oci:z:v1 u:t:oci:u:t; do
	image=$(echo "$i" | sed 's/:oci.*//') transport=$(echo "$i" | sed 's/^.*:\(oci.*\)/\1/')
	is "$(mk inspect --manifest "$image" | sha256sum)" "$(skopeo inspect --raw "$transport" | sha256sum)" "$image: the manifest is skopeo's"
	is "$(mk inspect --config "$image" | jq -S .)" "$(skopeo inspect --config --raw "$transport" | jq -S .)" "$image: so is the config"
	is "sha256:$(mk inspect --manifest "$image" | sha256sum | cut -c 1-64)" "$(skopeo inspect "$transport" | jq -r .Digest)" \
		"$image: and the digest"
done
is "$(mk inspect --json d.tar | jq -c '[.layers[].diff_id]')" \
	"$(skopeo inspect --config docker-archive:d.tar | jq -c .rootfs.diff_ids)" 'a docker-archive has the DiffIDs that skopeo tells'

# buildah and podman.
if command -v buildah >/dev/null && command -v podman >/dev/null; then
	export BUILDAH_ISOLATION=chroot STORAGE_DRIVER=vfs
	p() { podman --root "$T/store" --runroot "$T/run" --storage-driver vfs "$@"; }
	b() { buildah --root "$T/store" --runroot "$T/run" --storage-driver vfs "$@"; }
	c=$(b from scratch) && b copy -q "$c" $r/usr /usr >/dev/null && b copy -q "$c" $r/etc /etc >/dev/null &&
		b config --cmd /usr/bin/one --port 80 "$c" && b commit -q "$c" local/b:v1 >/dev/null
	b push -q local/b:v1 oci:bo:v1 && b push -q local/b:v1 docker-archive:bd.tar:local/b:v1
	umoci unpack --image bo:v1 bo-bundle >/dev/null 2>&1
	same 'buildah, a layout' bo-bundle/rootfs bo:v1
	same 'buildah, a docker-archive' bo-bundle/rootfs bd.tar
	p save -q --format oci-archive -o po.tar local/b:v1 && p save -q --format docker-archive -o pd.tar local/b:v1
	same 'podman save, oci-archive' bo-bundle/rootfs po.tar
	same 'podman save, docker-archive' bo-bundle/rootfs pd.tar
	is "$(mk inspect --json pd.tar | jq -r '.tags[0]')" localhost/local/b:v1 'podman save: the name'
	p save -q --format docker-archive -m -o pm.tar local/b:v1 "$(p load -q -i d.tar | sed 's/.*: //')" 2>/dev/null &&
		same 'podman save of several, by tag' bo-bundle/rootfs pm.tar:local/b:v1
else
	skip 'buildah and podman' 'not installed'
fi

# crane, whose own reading is a tar of all layers as one.
if go_tool crane; then
	tar -C $r --numeric-owner -czf layer.tar.gz etc usr && mkdir over over/etc && echo over >over/etc/passwd && tar -C over -cf over.tar etc/passwd
	crane append --oci-empty-base -f layer.tar.gz -f over.tar -t local/c:v1 -o c.tar 2>/dev/null
	mkdir c-root && crane export - - <c.tar 2>/dev/null | tar -C c-root --numeric-owner -xpf -
	if mk inspect c.tar >/dev/null 2>&1; then
		same 'crane append' c-root c.tar
	else
		# An empty base has no platform, which a config must have.
		like "$(mk inspect c.tar 2>&1)" 'os or architecture is missing' 'crane append onto nothing says no platform, which is told'
		python3 - <<-'P'
			import hashlib, io, json, tarfile
			old = tarfile.open("c.tar")
			parts = {m.name: old.extractfile(m).read() for m in old}
			items = json.loads(parts.pop("manifest.json"))
			config = json.loads(parts.pop(items[0]["Config"])) | {"os": "linux", "architecture": "amd64"}
			text = json.dumps(config).encode()
			items[0]["Config"] = "sha256:" + hashlib.sha256(text).hexdigest()
			parts |= {items[0]["Config"]: text, "manifest.json": json.dumps(items).encode()}
			with tarfile.open("c2.tar", "w") as t:
			    for name, data in parts.items():
			        i = tarfile.TarInfo(name)
			        i.size = len(data)
			        t.addfile(i, io.BytesIO(data))
		P
		same 'crane append' c-root c2.tar
	fi
else
	skip 'crane' 'cannot: crane does not build here as a Go module'
fi

# docker, classic builder and `docker save`.
if command -v dockerd >/dev/null; then
	need_dockerd
	mkdir ctx && cp -a $r/etc $r/usr ctx/ && printf 'FROM scratch\nCOPY etc /etc\nCOPY usr /usr\nCOPY etc /etc\nUSER 1:2\nENV A=b\nEXPOSE 80\nCMD ["/usr/bin/one"]\n' >ctx/Dockerfile
	DOCKER_BUILDKIT=0 d build -q -t local/d:v1 ctx >/dev/null && d save -o ds.tar local/d:v1
	mkdir d-root && d export "$(d create local/d:v1)" | tar -C d-root --numeric-owner -xpf - --exclude=dev --exclude=proc --exclude=sys \
		--exclude=.dockerenv --exclude=etc/hostname --exclude=etc/hosts --exclude=etc/resolv.conf --exclude=etc/mtab
	same 'docker save' d-root ds.tar
	is "$(mk inspect --json ds.tar | jq -r .config_digest)" "$(d image inspect local/d:v1 | jq -r '.[0].Id')" 'docker save: its id is the digest of the config'
	is "$(mk inspect --json ds.tar | jq -c '[.layers[].diff_id]')" "$(d image inspect local/d:v1 | jq -c '.[0].RootFS.Layers')" 'docker save: its DiffIDs'
	d tag local/d:v1 local/d:v2 && d load -qi d.tar >/dev/null && d save -o several.tar local/d:v2 local/d:v1 app:v1
	is "$(mk inspect --json several.tar | jq -c '[.images[].tags] | add | sort')" '["app:v1","local/d:v1","local/d:v2"]' 'docker save of several'
	same '... one of which is chosen by tag' d-root several.tar:v2
	d save local/d:v1 | mk ls - >/dev/null
	is "${PIPESTATUS[*]}" '0 0' 'docker save, as it comes'
else
	skip 'docker save' 'dockerd is not installed'
fi

# ko, on a base in a registry of ours; crane is the one to read what it made.
if command -v crane >/dev/null && go_tool ko; then
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	crane registry serve --address "127.0.0.1:$port" >registry.log 2>&1 &
	registry=$!
	# shellcheck disable=SC2317
	stop_registry() { kill "$registry" 2>/dev/null; }
	at_exit=(stop_registry ${at_exit[@]+"${at_exit[@]}"})     # what ends dockerd waits for all that still runs
	printf 'int main(void) { return 0; }\n' | cc -static -x c -o app - && mk -q --bin app -o base.tar
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		crane push base.tar "127.0.0.1:$port/base:v1" >/dev/null 2>&1 && break
		sleep 0.5
	done
	mkdir ko ko-root && printf 'package main\nfunc main() {}\n' >ko/main.go && printf 'module example.org/k\ngo 1.21\n' >ko/go.mod
	printf 'defaultBaseImage: 127.0.0.1:%s/base:v1\n' "$port" >ko/.ko.yaml
	t 'ko makes an image' env -C ko HOME="$old_home" KO_DOCKER_REPO="127.0.0.1:$port/made" GOFLAGS=-mod=mod ko build --push=false \
		--sbom=none --platform="linux/$(go env GOARCH)" --oci-layout-path=../kol --tarball=../ko.tar .
	crane export - - <ko.tar 2>/dev/null | tar -C ko-root --numeric-owner -xpf -
	same 'ko, a tarball' ko-root ko.tar
	same 'ko, a layout' ko-root kol
else
	skip 'ko' 'cannot: ko does not build here as a Go module'
fi
done_testing
