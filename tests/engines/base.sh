#!/usr/bin/env bash
# Bases that docker and buildah have made, and what comes of them in a real dockerd.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/engines/common.sh"
require dockerd docker jq
build_fixtures || skip_all 'the example does not build'
need_dockerd

# A root file system of two layers, the second of which replaces and deletes.
mkdir -p root/etc root/srv root/opt/gone root/opt/empty root/data
printf 'root:x:0:0:root:/root:/bin/sh\nsvc:x:321:322:svc:/:/bin/sh\n' >root/etc/passwd
printf 'root:x:0:\nsvc:x:322:\n' >root/etc/group
echo old >root/srv/file && echo gone >root/opt/gone/file && chmod 750 root/data
tar -C root --owner=0 --group=0 -cf - data etc opt srv | d import -c 'USER svc' -c 'ENV A=base B=base' -c 'LABEL theirs=1' \
	-c 'EXPOSE 9090' -c 'WORKDIR /srv' -c 'CMD ["theirs"]' - me/imported:v1 >/dev/null
mkdir context && echo newer >context/file
printf 'FROM me/imported:v1\nCOPY file /srv/file\nENV C=built\n' >context/Dockerfile
if DOCKER_BUILDKIT=0 d build -q -t me/base:v1 context >/dev/null 2>&1; then base=me/base:v1; else base=me/imported:v1; fi
d save -o saved.tar "$base"
comment <<<"dockerd $(d version --format '{{.Server.Version}}'), base $base"

t 'docker save makes a base' mk --base saved.tar --bin "$FIXTURES/service:/service" -e B=ours --certs -q -t on/saved:v1 -o app.tar
t '... and the image verifies' mk verify -q app.tar
is "$(d load -i app.tar)" 'Loaded image: on/saved:v1' 'docker loads what stands on it'
is "$(d image inspect on/saved:v1 | jq -c '.[0].RootFS.Layers[0:1]')" "$(d image inspect "$base" | jq -c '.[0].RootFS.Layers[0:1]')" \
	'... with the layers it has already'
is "$(d image inspect on/saved:v1 | jq -c '.[0].Config | [.User, .Entrypoint, .Cmd, (.ExposedPorts | keys), .Labels, .WorkingDir, (.Env | map(select(startswith("A") or startswith("B"))))]')" \
	'["321:322",["/service"],null,["9090/tcp"],{"theirs":"1"},"/srv",["A=base","B=ours"]]' 'the config is inherited'
is "$(d run --rm --network none on/saved:v1 --once /health 2>&1)" ok 'it runs'
like "$(d run --rm --network none on/saved:v1 --once /whoami 2>&1)" '^uid=321\(svc\) gid=322\(svc\) ' '... as the user of the base'
like "$(d run --rm --network none on/saved:v1 --once /tls 2>&1)" '^roots: [1-9][0-9]+$' '... with certificates that were added'
d create --name kept on/saved:v1 >/dev/null
is "$(d export kept | tar xOf - srv/file)" "$([ "$base" = me/base:v1 ] && echo newer || echo old)" 'files of the base are there'
is "$(d export kept | tar tvf - --numeric-owner data/ | awk '{ print $1, $2 }')" 'drwxr-x--- 0/0' '... directories as they were'

# A link over an empty directory, and a file in another.
mk --base saved.tar --bin "$FIXTURES/service:/service" --link gone/file:/opt/empty --file context/file:/opt/gone/ --dir /data/new -q -t on/over:v1 -o over.tar
d load -q -i over.tar >/dev/null && d create --name over on/over:v1 >/dev/null
is "$(d export over | tar tf - | grep '^opt\|^data' | xargs)" 'data/ data/new/ opt/ opt/empty opt/gone/ opt/gone/file' 'a link over a directory, in docker'
is "$(d export over | tar tvf - --numeric-owner data/ | head -n 1 | awk '{ print $1 }')" 'drwxr-x---' '... and a parent keeps its mode'
if command -v podman >/dev/null; then
	podman --storage-driver vfs --root "$T/ps" --runroot "$T/pr" load -q -i over.tar >/dev/null 2>&1
	mnt=$(podman --storage-driver vfs --root "$T/ps" --runroot "$T/pr" image mount on/over:v1 2>/dev/null)
	is "$(readlink "$mnt/opt/empty") $(cat "$mnt/opt/empty")" 'gone/file newer' 'a link over a directory, in podman'
	podman --storage-driver vfs --root "$T/ps" --runroot "$T/pr" image umount -a >/dev/null 2>&1
else
	skip 'a link over a directory, in podman' 'podman is not installed'
fi
if command -v umoci >/dev/null; then
	mkdir u && tar xf over.tar -C u && umoci unpack --image u:v1 bundle >/dev/null 2>&1
	is "$(readlink bundle/rootfs/opt/empty) $(cat bundle/rootfs/opt/empty)" 'gone/file newer' 'a link over a directory, in umoci'
else
	skip 'a link over a directory, in umoci' 'umoci is not installed'
fi

# buildah.
if command -v buildah >/dev/null; then
	b() { buildah --storage-driver vfs --root "$T/bs" --runroot "$T/br" "$@"; }
	c=$(b from scratch) && b copy -q "$c" root / >/dev/null && b config --user svc --env A=buildah "$c" &&
		b commit -q "$c" oci-archive:buildah.tar:b:v1 >/dev/null 2>&1
	t 'buildah makes a base' mk --base buildah.tar --bin "$FIXTURES/service:/service" -q -t on/buildah:v1 -o b.tar
	t '... and the image verifies' mk verify -q b.tar
	d load -q -i b.tar >/dev/null
	is "$(d image inspect on/buildah:v1 | jq -c '.[0].Config | [.User, .Env]')" '["321:322",["A=buildah"]]' '... and docker has it'
else
	skip 'buildah makes a base' 'buildah is not installed'
fi
done_testing
