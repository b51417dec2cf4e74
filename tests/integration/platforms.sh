#!/usr/bin/env bash
# Programs of several platforms make one index; each image in it is the one its platform has alone.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/spec/common.sh"
require jq
"$python" "$FIXTURE/make_inputs.py" in && cp "$FIXTURE/certs.pem" in/ || exit 1
mkdir -p amd64 arm64 riscv64 && cp in/app amd64/app && cp in/app-arm64 arm64/app

# The fixture's arm64 program as one of another machine: the header's word for it.
remake() { # FILE MACHINE
	"$python" - "$1" "$2" <<-'END'
		import sys
		data = bytearray(open("in/app-arm64", "rb").read())
		data[18:20] = int(sys.argv[2]).to_bytes(2, "little")
		open(sys.argv[1], "wb").write(data)
	END
	chmod 755 "$1"
}
remake riscv64/app 243

doc() { # ARCHIVE DIGEST: that document
	tar xOf "$1" "blobs/sha256/${2#sha256:}"
}
top() { tar xOf "$1" index.json | jq -r '.manifests[0].digest'; }

line=$(mk --bin arm64/app --bin amd64/app --bin riscv64/app --certs=in/certs.pem --root in/root --tz -o all.tar)
like "$line" '^all\.tar: app:latest linux/amd64,linux/arm64,linux/riscv64 sha256:[0-9a-f]{64} [0-9.]+ kB in 4 layers$' \
	'the summary names all platforms and the index'
is "$(echo "$line" | cut -d' ' -f4)" "$(top all.tar)" '... whose digest is what the tag names'
is "$(doc all.tar "$(top all.tar)" | jq -r '.manifests[].platform | "\(.os)/\(.architecture)"' | xargs)" \
	'linux/amd64 linux/arm64 linux/riscv64' 'manifests are sorted by platform, not as they were named'
t 'all of it verifies' mk verify all.tar
is "$(tar tf all.tar | sort | uniq -d)" '' 'no blob is there twice'

# Each image is the one that its platform has alone.
for p in amd64 arm64 riscv64; do
	alone=$(mk --bin "$p/app" --certs=in/certs.pem --root in/root --tz --json -o alone.tar | jq -r .digest)
	is "$(doc all.tar "$(top all.tar)" | jq -r --arg p "$p" '.manifests[] | select(.platform.architecture == $p).digest')" \
		"$alone" "$p: the image of a build for it alone"
done

# What is of no platform is read once for all of them.
if strace -f -qq -o calls -e trace=open,openat,openat2 "$MKSCRATCH" -q --bin arm64/app --bin amd64/app --bin riscv64/app --certs=in/certs.pem \
	--root in/root --tz -o traced.tar 2>/dev/null; then
	is "$(grep -c '"in/certs\.pem".*O_NOCTTY' calls) $(grep -c '"UTC"' calls)" '1 1' 'certificates and zones are read once'
	t '... and are the same' cmp all.tar traced.tar
else
	skip 'certificates and zones are read once' 'cannot: strace is not here, or may not trace'
fi

# Reasons by platform.
mk -q --bin amd64/app:/a --bin arm64/app:/a --file in/motd:/motd -o w.tar
is "$(mk why --platform linux/arm64 w.tar /a)" '/a: program (--bin)' 'why --platform'
must_fail 3 'w.tar: platform: no image for linux/s390x' -- why --platform linux/s390x w.tar /a

# JSON.
mk --bin arm64/app --bin amd64/app -t app:v1 -t app:v2 -o j.tar -o layout/ --json >json
is "$(jq -c '[.digest, .tags, .outputs, .docker_load, (.manifests | map(.platform))]' json)" \
	"[\"$(top j.tar)\",[\"app:v1\",\"app:v2\"],[\"j.tar\",\"layout/\"],\"linux/amd64\",[\"linux/amd64\",\"linux/arm64\"]]" \
	'--json tells of the index'
is "$(jq -c '.manifests[0] | keys' json)" '["config","digest","layers","outputs","platform","size","tags"]' '... and of each image'
is "$(jq -r '.manifests[].digest' json | xargs)" "$(doc j.tar "$(top j.tar)" | jq -r '.manifests[].digest' | xargs)" \
	'... as the index names it'
is "$(jq '.size' json)" "$(find layout/blobs -type f -printf '%s\n' | paste -sd+ | bc)" '... and the size of all blobs'
is "$(jq -c '[.manifests[] | [.digest, .mediaType]] | unique | length' layout/index.json)" 1 'a layout has the index under every tag'
t '... and verifies' mk verify layout
mk --bin riscv64/app -t app:v1 -o layout/ >/dev/null
is "$(jq -r '.manifests[].mediaType | split(".")[-2]' layout/index.json | xargs)" 'manifest index' 'an image takes the place of an index'

# Which image docker loads.
loaded() { doc "$1" "$(tar xOf "$1" manifest.json | jq -r '.[0].Config' | sed 's/.*sha256.//')" | jq -r .architecture; }
is "$(loaded all.tar)" amd64 'docker load gets the image for linux/amd64'
mk -q --bin arm64/app --bin amd64/app --platform linux/arm64 -o p.tar
is "$(loaded p.tar)" arm64 '... or the one of --platform'
mk -q --bin arm64/app --bin riscv64/app -o p.tar
is "$(loaded p.tar)" arm64 '... or the first there is'
mk -q --bin arm64/app --bin amd64/app --platform aarch64 -o p.tar
is "$(loaded p.tar)" arm64 '--platform takes other words for it'
is "$(tar xOf p.tar manifest.json | jq length)" 1 'manifest.json has one image'
t 'a platform that is the only one may be named' mk --bin arm64/app --platform linux/arm64/v8 -o p.tar

# Before anything is written.
is "$(mk --bin arm64/app --bin amd64/app -n | cut -d' ' -f4 | xargs)" 'linux/amd64 linux/arm64' '--dry-run has a line for each'
is "$(mk --bin arm64/app --bin amd64/app -n --json | jq -c '[.dry_run, [.manifests[] | [.platform, .entries]]]')" \
	'[true,[["linux/amd64",6],["linux/arm64",6]]]' '--dry-run --json'
is "$(mk --bin arm64/app --bin amd64/app --print rootfs | grep -A1 ':$' | cut -f1 | xargs)" \
	'linux/amd64: f0755 -- linux/arm64: f0755' '--print rootfs has both'
is "$(mk --bin arm64/app --bin amd64/app --print rootfs --json | jq -c 'map_values(length)')" \
	'{"linux/amd64":6,"linux/arm64":6}' '--print rootfs --json'
is "$(mk --bin amd64/app --root linux/arm64=x --root in/root --platform linux/arm64 --print plan | jq -c '[.root, .roots, .platform]')" \
	'["in/root",{"linux/arm64":"x"},"linux/arm64"]' '--print plan'
mk --bin arm64/app --bin amd64/app --certs=in/certs.pem -v -o v.tar 2>said >/dev/null
is "$(sort said | uniq -d)" '' 'what goes for all platforms is said once'

# Several programs; the first of each platform is where it starts.
mk -q --bin amd64/app --bin amd64/app:/tool --bin arm64/app:/tool --bin arm64/app -o two.tar
is "$(mk --bin amd64/app --bin amd64/app:/tool --bin arm64/app:/tool --bin arm64/app --print rootfs | grep -c '^f0755')" 4 \
	'several programs on each platform'
entrypoints() {
	doc "$1" "$(top "$1")" | jq -r '.manifests[].digest' | while read -r d; do
		doc "$1" "$(doc "$1" "$d" | jq -r .config.digest)" | jq -r '.config.Entrypoint[0]'
	done | xargs
}
is "$(entrypoints two.tar)" '/app /tool' 'the first program of each platform is its entrypoint'
mk -q --bin amd64/app --bin amd64/app:/tool --bin arm64/app:/tool --bin arm64/app --entrypoint /app -o two.tar
is "$(entrypoints two.tar)" '/app /app' '... unless one is given'
like "$(mk --bin in/app:/srv/web --bin in/app-arm64:/srv/web -o n.tar)" '^n\.tar: web:latest ' \
	'programs of other names are called what they are in the image'
must_fail 2 '/app: given by --bin amd64/app and by --bin in/app' 'programs for one platform have a DEST each: --bin SRC:DEST' -- --bin amd64/app --bin in/app --bin arm64/app \
	--file in/motd:/x -o x.tar
must_fail 2 'in/app-arm64: built for linux/arm64, for which there is no /app (for linux/amd64 there is)' \
	'every platform has the same programs: --bin in/app-arm64:/app' -- --bin in/app --bin in/app-arm64 -o x.tar
cp in/app app-linux-amd64 && cp in/app-arm64 app-linux-arm64
must_fail 2 'app-linux-arm64: built for linux/arm64, for which there is no /app-linux-amd64 (for linux/amd64 there is)' \
	'every platform has the same programs: --bin app-linux-amd64:/app --bin app-linux-arm64:/app' -- \
	--bin app-linux-amd64 --bin app-linux-arm64 -o x.tar
must_fail 2 'arm64/app: built for linux/arm64, for which there is no /tool (for linux/amd64 there is)' \
	'every platform has the same programs: --bin arm64/app:/tool' -- --bin amd64/app --bin amd64/app:/tool --bin arm64/app -o x.tar
must_fail 2 '--platform linux/s390x: no program is built for it' 'there are programs for linux/amd64, linux/arm64' -- \
	--bin amd64/app --bin arm64/app --platform linux/s390x -o x.tar
must_fail 2 '--platform linux/amd64: no program is built for it' 'there are programs for linux/arm64' -- \
	--bin arm64/app --platform linux/amd64 -o x.tar
must_fail 2 '--root linux/arm64: no program is built for it' 'there are programs for linux/amd64' -- \
	--bin amd64/app --root linux/arm64=in -o x.tar
must_fail 2 '--platform /linux: expected OS/ARCH or OS/ARCH/VARIANT' -- --bin amd64/app --platform /linux -o x.tar
must_fail 2 '--root linux/arm64=: DIR is empty' -- --bin amd64/app --root linux/arm64= -o x.tar
must_fail 2 '--root linux/aarch64=b: that platform has one already (a)' -- --bin amd64/app --root linux/arm64=a \
	--root linux/aarch64=b -o x.tar
must_fail 2 '--root: the value is empty' -- --bin amd64/app --root '' -o x.tar
must_fail 2 '--root linux/arm64=in: only a build has a root for each platform' '--root in' -- deps --root linux/arm64=in arm64/app
must_fail 2 '--root arm64=in: no such directory' '--root linux/arm64=in' -- --bin amd64/app --bin arm64/app --root arm64=in -o x.tar
must_fail 2 '--root nowhere: no such directory' -- --bin amd64/app --bin arm64/app --root linux/arm64=nowhere -o x.tar
mkdir -p linux/arm64=d
t 'a directory whose name looks like that can be had' mk --bin amd64/app --root ./linux/arm64=d -o x.tar
mk --bin amd64/app --bin arm64/app --max-size 900 -o small.tar >/dev/null 2>&1
is $? 3 '--max-size is asked for each image'
t '... not for all together' mk --bin amd64/app --bin arm64/app --max-size 3000 -o small.tar

# The recipes of its images, line for line.
mk -q --bin amd64/app --bin arm64/app -o both.tar
mkdir bin && ln -s "$MKSCRATCH" bin/mkscratch
PATH=$PWD/bin:$PATH bash -ec "$(mk verify --recipe both.tar)" >/dev/null
t 'the recipes of an index make it again' cmp rebuilt.tar both.tar
is "$(mk verify --recipe both.tar | tail -n 1)" 'mkscratch index --tag app:latest --output rebuilt.tar rebuilt-1.tar rebuilt-2.tar' \
	'... the last line joins what the others make'
mk -q --bin amd64/app --bin arm64/app -t 'me/app:v2' -t other --annotation "k=it's v" --annotation a=b --annotation=-x=y -o noted.tar
PATH=$PWD/bin:$PATH bash -ec "$(mk verify --recipe noted.tar)" >/dev/null
t '... with annotations and several names' cmp rebuilt.tar noted.tar
mk -q --bin amd64/app --bin arm64/app --media-types docker -o docker.tar
PATH=$PWD/bin:$PATH bash -ec "$(mk verify --recipe docker.tar)" >/dev/null
t "... with Docker's media types" cmp rebuilt.tar docker.tar
mk -q --bin amd64/app -t one -o apart/ && mk -q --bin arm64/app -t two:v2 -o apart/
is "$(mk verify --recipe apart | grep -c '^mkscratch index') $(mk verify --recipe apart | wc -l)" '0 2' '... but for images that are not one'

# Probes are the platform's own.
mk -q --bin amd64/app --bin arm64/app --healthcheck http://:8080/ -o h.tar --media-types docker
for p in amd64:x86-64 arm64:aarch64; do
	config=$(doc h.tar "$(top h.tar)" | jq -r --arg p "${p%:*}" '.manifests[] | select(.platform.architecture == $p).digest')
	layer=$(doc h.tar "$config" | jq -r '.layers[1].digest')
	doc h.tar "$layer" | tar xzf - healthcheck
	like "$(mk deps --json healthcheck | jq -r .platform)" "^linux/${p%:*}$" "the probe is for ${p%:*}"
done
is "$(mk inspect --json h.tar | jq '[.images[].layers[0].digest] | unique | length')" 1 '... and what is the same for all is one layer'
is "$(tar tf h.tar | grep -c blobs/sha256/.)" 10 '... which is there once'

# Levels of one CPU: one platform, or, when they are for the same place, several.
if command -v go >/dev/null; then
	printf 'package main\n\nfunc main() { println("hi") }\n' >main.go
	export GOCACHE=$BUILD/fixtures/go-cache GOFLAGS=-trimpath CGO_ENABLED=0 GOTOOLCHAIN=local GO111MODULE=off GOOS=linux
	GOARCH=amd64 go build -ldflags='-s -w' -o v1 main.go && GOARCH=amd64 GOAMD64=v3 go build -ldflags='-s -w' -o v3 main.go
	GOARCH=arm GOARM=6 go build -ldflags='-s -w' -o v6 main.go && GOARCH=arm GOARM=7 go build -ldflags='-s -w' -o v7 main.go
	is "$(mk --bin v3:/app --bin v1:/app --bin v7:/app --bin v6:/app -o l.tar | cut -d' ' -f3)" \
		'linux/amd64,linux/amd64/v3,linux/arm/v6,linux/arm/v7' 'levels and variants of one place are images of their own'
	is "$(mk --bin v1 --bin v3 -o l.tar | cut -d' ' -f3)" 'linux/amd64/v3' 'levels of other places are one image'
	listed() { # ARCHIVE
		doc "$1" "$(top "$1")" | jq -r '.manifests[].platform | .architecture + "/" + (.variant // "-")' | xargs
	}
	mk --bin v3:/app --bin v1:/app --bin v7:/app --bin v6:/app -o l.tar >/dev/null 2>said
	is "$(listed l.tar) $(cat said)" 'amd64/- amd64/v3 arm/v6 arm/v7 ' '... under these names'
	mk --bin v3:/app --bin v7:/app -o l.tar >/dev/null 2>said
	is "$(listed l.tar)" 'amd64/- arm/v7' 'who asks for amd64 finds the only one, of whatever level'
	is "$(mk inspect --json l.tar | jq -c '[.images[].platform]')" '["linux/amd64/v3","linux/arm/v7"]' '... whose config says the level'
	is "$(cat said)" 'linux/amd64/v3: CPUs below v3 do not run it' '... which is told'
	t '--platform without a variant finds one with it' mk --bin v6:/app --bin v7:/app --platform linux/arm -o l.tar
else
	skip 'levels of one CPU' 'no go'
fi

# A library that wants a better CPU raises the platform of its program's image.
if echo 'int x(void) { return 0; }' | cc -shared -fPIC -Wl,-z,x86-64-v3 -x c -o libx.so - 2>/dev/null && [ "$(uname -m)" = x86_64 ]; then
	echo 'int x(void); int main(void) { return x(); }' >uses.c
	cc -o base uses.c -L. -lx -Wl,-rpath,"$T" && cc -Wl,-z,x86-64-v3 -o level uses.c -L. -lx -Wl,-rpath,"$T"
	must_fail 2 'base and level: with their libraries both are for linux/amd64/v3' -- --bin base:/app --bin level:/app -o x.tar
else
	skip 'two images that become one by their libraries' 'cannot: the linker knows no levels of amd64'
fi

# Libraries: each platform has its root. Nothing else is looked up there.
if command -v aarch64-linux-gnu-gcc >/dev/null && [ "$(uname -m)" = x86_64 ]; then
	echo 'int main(void) { return 0; }' >d.c
	cc -o amd64/dyn d.c && aarch64-linux-gnu-gcc -o arm64/dyn d.c
	roots=$(dirname "$(dirname "$(aarch64-linux-gnu-gcc -print-file-name=ld-linux-aarch64.so.1)")")
	roots=$(cd "$roots" && pwd)
	must_fail 4 'arm64/dyn: its loader /lib/ld-linux-aarch64.so.1 is not in the root' \
		'give the system it was built for by --root linux/arm64=DIR, or link it statically' -- \
		--bin amd64/dyn --bin arm64/dyn -o x.tar
	must_fail 4 'arm64/dyn: its loader /lib/ld-linux-aarch64.so.1 is not in the root' \
		'give the system it was built for by --root DIR, or link it statically' -- --bin arm64/dyn -o x.tar
	mkdir -p foreign/etc/ssl/certs foreign/lib && cp in/motd foreign/etc/ssl/certs/ca-certificates.crt &&
		cp -a "$roots"/lib/*.so* foreign/lib/
	t 'dynamic programs find their libraries in roots of their own' mk --bin amd64/dyn --bin arm64/dyn --certs=in/certs.pem \
		--root linux/arm64=foreign -o d.tar
	t '... and verify' mk verify d.tar
	is "$(mk --bin amd64/dyn --bin arm64/dyn --root linux/arm64=foreign --print rootfs --json |
		jq -c 'map_values([.[] | select(.path | test("libc.so.6$")) | .path])')" \
		'{"linux/amd64":["/usr/lib/x86_64-linux-gnu/libc.so.6"],"linux/arm64":["/lib/libc.so.6"]}' '... each its own'
	t 'each is made again by its recipe' mk verify --rebuild d.tar
	is "$(mk verify --recipe d.tar | sed 's/ --tag.*//')" "$(printf '%s\n' \
		'SOURCE_DATE_EPOCH=0 mkscratch --bin amd64/dyn --certs=in/certs.pem' \
		'SOURCE_DATE_EPOCH=0 mkscratch --bin arm64/dyn --root linux/arm64=foreign --certs=in/certs.pem' 'mkscratch index')" '... which names what is its own'
	t 'certificates and zones are not looked for there' mk --bin amd64/dyn --bin arm64/dyn --root linux/arm64=foreign --certs -o d.tar
	holds '... so that they are the same blob' shared_base d.tar
	cp -a foreign elsewhere && rm elsewhere/lib/libc.so.6
	must_fail 4 'arm64/dyn: needs libc.so.6, not found (searched 4 directories)' -- --bin arm64/dyn --root linux/arm64=elsewhere -o x.tar
else
	skip 'dynamic programs find their libraries in roots of their own' 'no aarch64-linux-gnu-gcc'
fi
done_testing
