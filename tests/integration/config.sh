#!/usr/bin/env bash
# Options from a file.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/spec/common.sh"
require cc jq python3
printf 'int main(void){return 0;}\n' >app.c
cc -static -o app app.c || skip_all "cannot: no static libc"
cp app tool && mkdir sub && cp app sub/app && echo conf >sub/conf

# What is printed is what would be typed: both ways to the same plan and the same bytes.
words=(--bin app:/app --bin tool --file sub/conf:/etc/conf --dir /data:0700 --link conf:/etc/link --cap /app=cap_net_bind_service
	--env A=1 --env B=2=3 --env A=4 --expose 8080 --expose 53/udp --label 'k=v w' --annotation a=b --entrypoint '["/app","x"]'
	--cmd '["a","b"]' --cmd c --workdir /data --volume /data --user tom:7:8 --passwd-entry jack:9 --preset scratch
	--stop-signal INT --created 5 --tz=UTC --layers single --compress gzip:3 --jobs 2 --max-size 1G --allow-expired
	--healthcheck-cmd '["/app","ok"]' --health-retries 3 -o img.tar -t a:b -t c:d)
mk "${words[@]}" --print config >all.json
t 'what --print config writes is read' mk --config all.json --print plan
cp "$out" plan.json
is "$(mk "${words[@]}" --print plan)" "$(cat plan.json)" '... as the same plan'
t '... and makes an image' mk --config all.json -q
cp img.tar first.tar && mk "${words[@]}" -q && t '... of the same bytes' cmp first.tar img.tar
is "$(mk --config all.json --print config)" "$(cat all.json)" '... and printed again it is the same file'
is "$(jq -c '[.entrypoint, .["healthcheck-cmd"], .tz]' all.json)" '[["/app","x"],["/app","ok"],["UTC"]]' 'exec form is a list'

# The same for each option there is: a new one has to come with a sample.
# Where it can be built, the bytes are the same, and so are those of its recipe, pasted where the inputs lie at the same places.
cp "$TOP/oci-layout-spec/fixture/certs.pem" sub/conf
mk --bin app -q -t base:v1 --allow-expired --certs=sub/conf -o sub/base.tar && cp sub/base.tar sub/old.tar && cp sub/base.tar b.tar
mkdir bin elsewhere sub/tree && echo x >sub/tree/x && ln -s "$MKSCRATCH" bin/mkscratch && cp -r app tool sub b.tar elsewhere/
built=0 unbuilt='' other_bytes='' other_recipe=''
same_bytes() { # SAMPLE: that y.tar, which its words have made, comes of one.json and of its recipe too
	mk --config one.json -q -o z.tar 2>one.err && cmp -s y.tar z.tar || other_bytes="$other_bytes $1"
	built=$((built + 1))
	[[ $1 == --no-record* ]] && return
	(cd elsewhere && PATH=$T/bin:$PATH bash -c "$(mk verify --recipe ../y.tar)") >one.out 2>one.err && cmp -s y.tar elsewhere/rebuilt.tar ||
		{ other_recipe="$other_recipe $1"; comment <one.err; }
}
samples='--allow-expired|--annotation=k=a b|--annotation=k=v=w|--author=Ada <a@b>|--auto|--base=sub/base.tar:v1|--baseline=sub/old.tar --max-growth=5%
--bin=sub/app:/second|--cap=/app=cap_chown|--cert=sub/conf|--certs|--certs=sub/conf|--certs-expiry-min=3d --certs|--certs-for=sub/conf --certs
--cmd=["a b","c"]|--cmd=x --cmd=y|--compress=zstd:4|--created=5|--dir=/d:0700:1:2|--dlopen=-all|--entrypoint=/app|--entrypoint=["/app","a b"]
--env=A=|--env=B=x=y --env=B=é|--expose=8000-8002/udp|--file=sub/conf:/c:0600:3:4|--group-entry=g:7:nobody|--healthcheck=http://:8080/x
--healthcheck-cmd=/app ok|--health-interval=1m30s --healthcheck=tcp://:1|--health-retries=2 --healthcheck=tcp://:1
--health-start-period=2s --healthcheck=tcp://:1|--health-timeout=3s --healthcheck=tcp://:1|--hwcaps=v3|--label=l=|--layers=single
--lib=libz.so.1|--library-path=/a:/b|--link=../x:/l|--localtime=Etc/UTC|--max-growth=0.5% --baseline=sub/old.tar|--max-size=1.5G
--media-types=docker|--no-base-labels --base=b.tar|--no-record|--output=sub/x.tar|--passwd-entry=jack:9:9:/home/jack|--platform=linux/amd64|--preset=distroless
--root=sub|--root=linux/amd64=sub|--stop-signal=9|--strict|--tag=a:b --tag=c|--tree=sub/tree:/t|--tz|--tz=UTC,Europe/Paris --tz=Asia/*|--user=nonroot
--volume=/v|--workdir=/w'
sampled='' differing=''
while IFS= read -r sample; do
	[ "$sample" ] || continue
	rest=$sample sample_words=(--bin app)
	while [[ $rest == *' --'* ]]; do
		sample_words+=("${rest%% --*}")
		rest=--${rest#* --}
	done
	sample_words+=("$rest")
	name=${sample%%[= ]*}
	sampled="$sampled ${name#--}"
	mk "${sample_words[@]}" -o y.tar --print config >one.json 2>one.err && mk "${sample_words[@]}" -o y.tar --print plan >one.plan 2>one.err ||
		{ differing="$differing $sample"; comment <one.err; continue; }
	[ "$(mk --config one.json --print plan 2>&1)" = "$(cat one.plan)" ] && [ "$(mk --config one.json --print config)" = "$(cat one.json)" ] &&
		[ "$(jq --arg k "${name#--}" 'has($k)' one.json)" = true ] || differing="$differing $sample"
	if mk "${sample_words[@]}" -q -o y.tar 2>one.err; then
		same_bytes "$sample"
	else
		unbuilt="$unbuilt $sample"
	fi
done <<<"${samples//|/$'\n'}"
is "$other_bytes" '' '... and makes the same bytes by a file'
is "$other_recipe" '' '... and by its recipe'
echo "# built: $built; not: $unbuilt"
t '... which was tried of most' test "$built" -ge 50
is "$differing" '' 'each option, with values of each kind, is the same by a file'
sampled="$sampled cache cache-size jobs max-layer-size no-cache paranoid require-sandbox"
is "$(jq -r '."$defs" | keys[]' "$TOP/docs/mkscratch.schema.json" | grep -vxF "$(tr ' ' '\n' <<<"$sampled")" | xargs)" '' '... and there is none but those'

# Kinds of values.
cat >kinds.json <<'J'
{ "$schema": "anything", "bin": "app", "certs": false, "expose": [8080, "53/udp"], "jobs": 1, "created": 86400,
  "env": { "B": "2", "A": 1 }, "label": ["k=v"], "cap": { "/app": "cap_chown" }, "no-record": true, "no-cache": false,
  "entrypoint": ["/app", "serve"], "cmd": "x" }
J
is "$(mk --config kinds.json --print plan -o x | jq -c '[.certs, .config.ports, .jobs, .created, .config.env, .config.labels, .caps, .record, .config.entrypoint, .config.cmd]')" \
	'[false,["53/udp","8080/tcp"],1,"1970-01-02T00:00:00Z",["A=1","B=2"],{"k":"v"},{"/app":"cap_chown"},false,["/app","serve"],["x"]]' \
	'strings, numbers, lists, objects, true and false'

# Who wins.
cat >mkscratch.json <<'J'
{ "user": "root", "tag": ["top:1", "top:2"], "env": { "A": "top", "T": "top" }, "certs": true, "root": "sub",
  "targets": {
    "app": { "bin": "app", "user": "nonroot", "env": { "A": "target" }, "certs": false, "root": "/", "output": "app.tar" },
    "tool": { "bin": "tool", "tag": "tool:1", "certs": false, "root": "/", "output": "tool.tar" } } }
J
asked() { mk build "$@" --print plan | jq -c '[.user.name, [.tags[] | sub("docker.io/library/"; "")], .config.env, .certs]'; }
is "$(asked --target app)" '["nonroot",["top:1","top:2"],["A=target","T=top"],false]' 'a target goes before the top; pairs add up'
is "$(asked --target tool)" '["root",["tool:1"],["A=top","T=top"],false]' '... a list takes the place of a list'
is "$(asked --target app -t mine:1 --user 5 -e A=typed -e N=1)" '["user",["mine:1"],["A=typed","T=top","N=1"],false]' \
	'the command line goes before both'

# What is about something else counts where that is.
mk -q --bin app -o about.tar
echo '{ "bin": "app", "certs-expiry-min": "1d", "no-base-labels": true, "targets": {
  "plain": {}, "off": { "certs": false }, "scratch": { "preset": "scratch" }, "certs": { "certs": true }, "cert": { "cert": ["x"] },
  "auto": { "auto": true }, "distroless": { "preset": "distroless" }, "base": { "base": "about.tar" } } }' >about.json
about() { mk --config about.json --target "$@" --print config | jq -c '[has("certs-expiry-min"), has("no-base-labels")]'; }
for target in plain off scratch; do
	is "$(about $target)" '[false,false]' "no certificates and no base: $target"
done
for target in certs cert auto distroless; do
	is "$(about $target)" '[true,false]' "certificates, for which a time at the top counts: $target"
done
is "$(about base)" '[false,true]' 'a base, whose labels stay out'
is "$(about plain --certs)" '[true,false]' 'certificates of the command line'
rm about.tar

# Several targets are printed as one file, which says the same.
mk build --print config >again.json
is "$(jq -c '[keys, (.targets | keys), .targets.app.env]' again.json)" '[["targets"],["app","tool"],["A=top","T=top","A=target"]]' 'several targets are one file again'
is "$(mk --config again.json --print plan)" "$(mk build --print plan)" '... of the same plans'
is "$(mk build --target tool --print config | jq -c 'has("targets")')" false '... and one of them stands alone'
echo '{ "targets": { "a": { "bin": "app" }, "b": { "bin": "app", "user": "a b" } } }' >bad.json
run mk --config bad.json --print config
is "$status $(cat "$out")$(head -c 31 "$err")" '2 mkscratch: target b: user "a b"' '... and nothing of them where one is wrong'

# ... also where it says the same thing in another way.
echo '{ "bin": "app", "healthcheck": "http://:80/", "health-interval": "5s", "no-cache": true, "media-types": "docker", "output": "h/",
  "targets": { "cmd": { "healthcheck-cmd": "/app ok" }, "none": { "healthcheck": "none" }, "top": {} } }' >health.json
health() { mk --config health.json "$@" --print plan | jq -c .config.health.test; }
is "$(health | xargs -d '\n')" '["/app","ok"] [] ["/healthcheck","http://:80/"]' 'a command of a target goes before the URL of the top, none before both'
is "$(health --target top --healthcheck-cmd '/app typed')" '["/app","typed"]' '... and a command that was typed before a URL'
is "$(health --target cmd --healthcheck tcp://:1)" '["/healthcheck","tcp://:1"]' '... a URL before a command'
is "$(health --target top --healthcheck none)" '[]' '... and none before its times'
mk --config health.json --target none --cache kept -q
t '... a cache before none' test -d kept
echo '{ "bin": "app", "healthcheck": "http://:80/", "healthcheck-cmd": "/app" }' >both.json
must_fail 2 '--healthcheck-cmd /app: there is --healthcheck http://:80/ already' -- --config both.json -o x.tar

# Several images.
is "$(mk build | cut -d' ' -f1,2 | xargs)" 'app.tar: top:1,top:2 tool.tar: tool:1' 'all targets are built'
rm ./*.tar
is "$(mk build --target tool | cut -d: -f1)" tool.tar 'or one'
is "$(ls ./*.tar)" ./tool.tar '... alone'
is "$(mk build --target tool --target app --json | jq -r '.outputs[0]' | xargs)" 'tool.tar app.tar' 'or some, in their order'
t 'into one layout' mk build -q -o all/
is "$(jq '.manifests | length' all/index.json)" 3 '... which has all of them'

# What another target is made of comes first, whatever their names and in whatever order they are asked for.
ordered() { mk --config order.json "$@" | cut -d: -f1 | xargs; }
cat >order.json <<'J'
{ "bin": "app", "targets": {
    "a": { "base": "./c.tar", "output": "a.tar", "tag": "a" }, "b": { "file": "a.tar:/a.tar", "output": "images/", "tag": "b:1" },
    "c": { "output": "c.tar", "tag": "c" }, "d": { "base": "images:b:1", "output": "images/", "tag": "d:2" } } }
J
waiting() { mk --config order.json -n "$@" 2>&1 >said | sed -n 's/^warning: //p'; }
is "$(waiting)" 'target a: cannot be told yet: it needs ./c.tar, which target c is to make
target b: cannot be told yet: it needs a.tar, which target a is to make
target d: cannot be told yet: it needs images:b:1, which target b is to make' 'what needs the image of another is told as that where nothing is written'
is "$(mk --config order.json --target c -n | cmp - said && waiting -q)" '' '... and the other one is told, by which all is well'
is "$(waiting --print rootfs | wc -l)" 3 '... also its files'
is "$(mk --config order.json --print plan | jq -rs 'map(.tags[0]) | sort | join(" ")')" \
	'docker.io/library/a:latest docker.io/library/b:1 docker.io/library/c:latest docker.io/library/d:2' \
	'... while the plan of each is known without it'
mk --bin app -q -o c.tar -t c && mk --bin app -q -o images/ -t e
is "$(waiting)" 'target b: cannot be told yet: it needs a.tar, which target a is to make
target d: cannot be told yet: it needs images:b:1, which target b is to make' '... until it is there, in a layout too'
rm -r c.tar images
is "$(ordered)" 'c.tar a.tar images/ images/' 'a target whose output is a base of another is made before it'
is "$(ordered --target a --target c)" 'c.tar a.tar' '... though asked for behind it'
is "$(ordered --target a)" a.tar '... or not at all, of what is there'
is "$(ordered --target c --target d --target a --target d)" 'c.tar images/ a.tar' 'others keep their order, and none is made twice'
is "$(waiting)" '' '... and all are told once all are there'
is "$(jq '.manifests | length' images/index.json)" 2 'several targets may go into one layout'
digest=$(mk inspect --json c.tar | jq -r '.digest // .images[0].digest')
for base in c.tar@ c.tar:latest@; do
	rm c.tar && echo '{ "bin": "app", "targets": { "a": { "base": "'"$base$digest"'", "output": "a.tar" }, "c": { "output": "c.tar", "tag": "c" } } }' >order.json
	is "$(ordered)" 'c.tar a.tar' "... by its digest too: $base"
done
mkdir site && echo '{ "bin": "app", "targets": { "a": { "tree": "site:/srv", "output": "a.tar" }, "b": { "output": "site/b.tar" } } }' >order.json
is "$(ordered) $(mk ls --json a.tar /srv/b.tar | jq length)" 'site/b.tar a.tar 1' 'so is one that writes into a directory that is packed'

echo '{ "bin": "app", "targets": { "a": { "output": "a.tar", "tag": "a" }, "b": { "base": "-", "output": "b.tar" } } }' >order.json
is "$(ordered <c.tar)" 'a.tar b.tar' 'a base that comes from standard input, which a target before it leaves as it is'

# When the file is read.
is "$(mk --bin app --print plan -o x | jq -r .user.name)" nobody 'a command line with a program is whole without it'
is "$(mk --bin app --config mkscratch.json --target tool --print plan | jq -r .user.name)" root '... unless the file is named'
like "$(mk | head -n 1)" '^Examples:' 'without any word there is help'
# A pipe lies nowhere: its paths are those of whoever wrote it, here.
echo '{"bin":"app","file":"sub/conf:/c","root":"sub"}' >sub/here.json && mkfifo sub/fifo
want=$(mk --bin app --file sub/conf:/c --root sub -o x --print plan)
piped() { # NAME COMMAND...
	local name=$1
	shift
	is "$("$@")" "$want" "a config by $name is relative to the working directory"
}
there() { mk --config "$@" -o x --print plan; }
piped '<(...)' there <(cat sub/here.json)
piped '-' there - <sub/here.json
piped /dev/stdin there /dev/stdin <sub/here.json
{ sleep 0.2; echo '{"bin":"app","output":"late.tar"}'; } |
	python3 -c 'import os, sys; os.set_blocking(0, False); os.execvp(sys.argv[1], sys.argv[1:])' "$MKSCRATCH" -q --config -
t 'a standard input that does not wait is waited for' test -s late.tar
piped 'a descriptor of a file' there /dev/fd/7 7<sub/here.json
piped '... by another name' there /proc/self/fd/7 7<sub/here.json
cat sub/here.json >sub/fifo &
piped 'a FIFO' there sub/fifo
wait
mkdir other && cd other || exit 1
cp ../app.c . && mkdir deep && cp ../app deep/ && echo '{ "bin": "./app", "file": "conf:/etc/conf", "output": "out.tar" }' >deep/mkscratch.json
echo x >deep/conf
t 'paths begin at the directory of the file' mk --config deep/mkscratch.json -q
t '... outputs too' test -s deep/out.tar
t 'those of the command line where it stands' mk --config deep/mkscratch.json -q -o here.tar
t '... as ever' test -s here.tar
mkdir -p deep/linux/arm64=d && echo '{ "bin": "./app", "root": ["linux/arm64=r", "./linux/arm64=d"] }' >deep/roots.json
is "$(mk --config deep/roots.json --print plan -o x | jq -c '[.root, .roots]')" "$(mk --bin deep/app --root linux/arm64=deep/r --root deep/./linux/arm64=d \
	--print plan -o x | jq -c '[.root, .roots]')" '... behind the platform of a root, and of one that looks like that'
printf '\357\273\277{\r\n\t"bin": "deep/app",\r\n\t"output": "mark.tar"\r\n}\r\n' >mark.json
t 'a mark of the byte order and ends of lines as Windows has them are no matter' mk --config mark.json -q
is "$(mk --config deep/mkscratch.json -o - -q 2>/dev/null | tar tf - | head -n 1)" oci-layout '- is standard output'
cd ..

# Of several targets each warning tells which it is of, as errors do.
printf '{ "bin": "app", "targets": { "one\\u001b": { "output": "w1.tar" }, "two": { "output": "w2.tar", "tag": "two", "env": { "DB_PASSWORD": "x9" } } } }' >warned.json
secret='--env DB_PASSWORD: is a secret by its name; whoever has the image can read it: give it when a container is started'
run mk --config warned.json -e DB_PASSWORD=hunter22
is "$status $(cat "$err")" "0 warning: target one\\x1b: $secret"$'\n'"warning: target two: $secret" 'a warning names its target'
run mk --config warned.json --target two -n
is "$status $(cat "$err")" "0 warning: $secret" '... unless it is the only one'
run mk --config warned.json --strict
is "$status $(cat "$err")" "1 warning: target two: $secret
mkscratch: target two: --strict: 1 warning, none is allowed
hint: mend what is warned of; without --strict it is told and no more" '... and counts for that one alone'
run mk --config warned.json -n
is "$(cat "$err")" "warning: target two: $secret" '... also when nothing is written'

# The recipe has paths as they stand in the file: it is no matter where the run is started, and what a cache has seen before.
mkdir -p far/in/deep far/tree && cp app far/ && cp sub/conf far/ && cp "$FIXTURE/certs.pem" far/ && echo t >far/tree/t
mk -q --bin app -o far/base.tar
python3 -B "$FIXTURE/make_inputs.py" made && cp made/app-arm64 far/arm64
echo '{ "bin": "./app", "file": ["./conf:/etc/conf", "'"$T"'/far/conf:/etc/full"], "tree": "tree/:/srv", "base": "base.tar",
  "certs": "certs.pem", "cert": ["./certs.pem"], "certs-for": "./certs.pem", "baseline": "base.tar", "max-growth": "900%",
  "allow-expired": true, "output": "out.tar" }' >far/far.json
echo '{ "root": "../far", "targets": {
  "one": { "root": ["../far", "linux/arm64=."], "bin": ["app", "arm64:/app"], "output": "one.tar" }, "two": { "bin": "./app", "base": "one.tar", "output": "two.tar", "platform": "linux/amd64" },
  "full": { "bin": "'"$T"'/far/app", "file": ["'"$T"'/far/conf:/a", "conf:/b"], "output": "full.tar" } } }' >far/many.json
from() { # DIRECTORY CONFIG OUTPUT...: what each output is then, one a line
	local outputs=("${@:3}")
	(cd "$1" && "$MKSCRATCH" -q --config "$2" --cache "$T/far-cache") && (cd far && sha256sum "${outputs[@]}" && rm "${outputs[@]}")
}
for file in far many; do
	outputs=(out.tar) && [ "$file" = far ] || outputs=(one.tar two.tar full.tar)
	rm -rf far-cache && from far $file.json "${outputs[@]}" >here.sums 2>here.err || comment <here.err
	is "$(wc -l <here.sums)" ${#outputs[@]} "$file.json makes its images"
	for place in ". far/$file.json" "far ./$file.json" "far/in/deep ../../$file.json" "/ $T/far/$file.json" "sub ../far/in/../$file.json"; do
		is "$(from $place "${outputs[@]}" 2>&1)" "$(cat here.sums)" "$file.json: the same bytes by ${place/$T/}"
	done
	is "$(from far - "${outputs[@]}" 2>&1 <far/$file.json)" "$(cat here.sums)" "$file.json: the same bytes on standard input"
done
(cd far && mk -q --config far.json && mk -q --config many.json)
is "$(mk verify --recipe --json far/out.tar | jq -c '.options | [.bin, .file, .tree, .base, .certs, .cert, .["certs-for"]]')" \
	'[["app"],["'"$T"'/far/conf:/etc/full","conf:/etc/conf"],["tree:/srv"],"base.tar","certs.pem",["certs.pem"],["certs.pem"]]' \
	'paths are those of the file, and what was absolute stays so'
is "$(mk verify --recipe --json far/one.tar | jq -c '.options | [.bin, .root]' | xargs)" \
	'[[app],[../far]] [[arm64:/app],[../far,linux/arm64=.]]' '... of a program and its roots, for each platform'
is "$(mk verify --recipe --json far/full.tar | jq -c '.options | [.bin, .file]')" \
	'[["'"$T"'/far/app"],["'"$T"'/far/conf:/a","conf:/b"]]' '... of several targets each its own'
is "$(mk --config far/far.json -q --file far/conf:/typed --file ./far/../far/conf:/dots -o typed.tar && mk verify --recipe --json typed.tar | jq -c '.options | [.bin, .file]')" \
	'[["app"],["far/../far/conf:/dots","far/conf:/typed"]]' '... and what was typed beside it stays as typed'
for image in out one two full; do
	(cd far && run mk verify --rebuild $image.tar && echo "$status $(grep -c '^✓ rebuild: the same image, byte for byte' "$out")") >again
	like "$(cat again)" '^0 [12]$' "$image.tar is made again from there"
done
run mk verify --rebuild far/out.tar
is "$status $(grep -c 'rebuild: input .*not here' "$out") $(grep -c '^· rebuild: relative paths begin where' "$out")" '3 6 1' \
	'... and from elsewhere it is told where that would be'

# The schema.
# Names and types; descriptions are the help's words, which change more often.
bare() { jq -S 'del(."$defs"[].description)'; }
is "$(mk --print schema | bare)" "$(bare <"$TOP/docs/mkscratch.schema.json")" 'the schema in the repository is that of the program'
python=
for candidate in python3 /usr/bin/python3; do
	"$candidate" -c 'import jsonschema' 2>/dev/null && python=$candidate && break
done
if [ "$python" ]; then
	valid() { "$python" -c 'import json, jsonschema, sys
schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
sys.exit(0 if jsonschema.Draft202012Validator(schema).is_valid(json.load(open(sys.argv[2]))) else 9)' "$TOP/docs/mkscratch.schema.json" "$1"; }
	for file in all.json kinds.json mkscratch.json other/deep/mkscratch.json; do
		t "$file is valid by the schema" valid "$file"
	done
	awk '/^```json$/ { on = 1; next } /^```/ { on = 0 } on' "$TOP/README.md" >readme.json
	t 'that of the README is valid by the schema' valid readme.json
	is "$(mk --config readme.json --print plan -o x/ | grep -c '"entrypoint"')" 2 '... and two images'
	i=0
	for bad in '{ "bin": 1.5 }' '{ "binn": "app" }' '{ "certs": {} }' '{ "quiet": true }' '{ "jobs": [1] }' '{ "targets": [] }' \
		'{ "targets": { "a": { "targets": {} } } }' '{ "env": { "A": [] } }' '{ "preset": ["scratch"] }'; do
		echo "$bad" >bad.json
		run valid bad.json
		schema=$status
		run mk --config bad.json --bin app -o x.tar
		[ "$schema $status" = '9 3' ] || { i=$((i + 1)); comment <<<"$bad: schema $schema, mkscratch $status"; }
	done
	is "$i" 0 'what the schema refuses mkscratch refuses'
else
	skip 'files are valid by the schema' 'no jsonschema module for Python (python3-jsonschema)'
fi
done_testing
