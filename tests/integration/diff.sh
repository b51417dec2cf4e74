#!/usr/bin/env bash
# Two images told apart: field by field, path by path, and in one sentence.
. "$(dirname "$0")/../lib.sh"
require cc jq python3 gzip
printf 'int main(void){return 0;}\n' >one.c && printf 'int main(void){return 1;}\n' >two.c
cc -static -o one one.c && cc -static -o two two.c || skip_all "cannot: no static libc"
build() { mk -q --no-record "${@:2}" -o "$1.tar"; }
build a --bin one:/app --file one.c:/etc/conf --link conf:/etc/link --dir /data
differ() { run mk diff "$@"; }
sentence() { differ "$@"; sed '1!d; s/ (sha256:[0-9a-f]*)//g' "$out"; }
rows() { differ "$@"; sed 1d "$out"; }

# The same.
differ a.tar a.tar
is "$status $(cat "$out" "$err")" '0 ' 'an image does not differ from itself'
is "$(mk diff --json a.tar a.tar)" '[]' '... in JSON neither'
cp a.tar copy.tar && build tagged --bin one:/app --file one.c:/etc/conf --link conf:/etc/link --dir /data -t other:v2
t 'a name is no difference' mk diff a.tar tagged.tar
mkdir layout && tar xf a.tar -C layout && t 'nor is the kind of source' mk diff a.tar layout
t 'standard input is an image' bash -c '"$MKSCRATCH" diff - a.tar <copy.tar'

# Contents.
build b --bin two:/app --file one.c:/etc/conf --link conf:/etc/link --dir /data
is "$(sentence a.tar b.tar)" 'a.tar and b.tar differ in the content of /app' 'the content of one file'
differ a.tar b.tar
is "$status" 1 '... is exit 1'
like "$(rows a.tar b.tar)" '^changed   /app  content [0-9.]+ kB -> [0-9.]+ kB$' '... with sizes'
like "$(head -n 1 "$out")" '^a.tar \(sha256:[0-9a-f]{12}\) and b.tar \(sha256:[0-9a-f]{12}\) differ in ' 'digests are named'
differ -q a.tar b.tar
is "$status $(cat "$out")" '1 ' '-q says it by the exit status alone'

# Paths.
build c --bin one:/app --file one.c:/etc/conf:0600:7:8 --link app:/etc/link --file one.c:/data --file two.c:/new
is "$(sentence a.tar c.tar)" 'a.tar and c.tar differ in what was added, /new, the type of /data, where a link leads, /etc/link, the mode of /etc/conf and the owner of /etc/conf' \
	'whatever a path has'
is "$(rows a.tar c.tar)" 'added     /new  26 B
changed   /data  type directory -> file
changed   /etc/conf  mode 0644 -> 0600, owner 0:0 -> 7:8
changed   /etc/link  link conf -> app' '... row by row'
is "$(rows c.tar a.tar | head -n 1)" 'removed   /new  26 B' 'the other way round'
is "$(mk diff --json a.tar c.tar | jq -c '.[] | [.kind, .path, .aspects, .from.mode, .to.mode]')" \
	'["added","/new",null,null,"0644"]
["changed","/data",["type"],"0755","0644"]
["changed","/etc/conf",["mode","owner"],"0644","0600"]
["changed","/etc/link",["link"],"0777","0777"]' 'the same in JSON'
if cc -static -o caps one.c && mk -q --no-record --bin one:/app --file one.c:/etc/conf --link conf:/etc/link --dir /data --cap /app=cap_net_bind_service -o caps.tar; then
	is "$(rows a.tar caps.tar)" 'changed   /app  xattr security.capability (none) -> cap_net_bind_service=ep' 'a capability'
fi

xattrs() { # OUT NAME VALUE...
	local out=$1 all='' && shift
	for (( ; $#; )); do all+="'SCHILY.xattr.$1': '$2', " && shift 2; done
	python3 -B "$TOP/tests/integration/make_layers.py" "$out.tar" "[('f', 'file', 'x', 0o755, 0, {$all})]"
}
xattrs x1 user.gone 1 user.kept 2 user.new 3 security.selinux 'a_t\0'
xattrs x2 user.kept 2 user.new 4 user.other "$(printf 'x%.0s' {1..65})" security.selinux 'b_t\0'
is "$(sentence x1.tar x2.tar)" 'x1.tar and x2.tar differ in the attributes of /f' 'extended attributes'
is "$(rows x1.tar x2.tar)" 'changed   /f  xattr security.selinux "a_t\0" -> "b_t\0", xattr user.gone "1" -> (none), xattr user.new "3" -> "4", xattr user.other (none) -> 65 bytes sha256:9537c5fdf120482f7d58d25e9ed583f52c02b4e304ea814db1633ad565aed7e9' \
	'... by name: added, removed, changed'
is "$(mk diff --json x1.tar x2.tar | jq -c '.[] | [.from, .to] | map(.xattrs | map(.name))')" \
	'[["security.selinux","user.gone","user.kept","user.new"],["security.selinux","user.kept","user.new","user.other"]]' '... in JSON all of both'

# Config and manifest.
build d --bin one:/app --file one.c:/etc/conf --link conf:/etc/link --dir /data -e A=1 -l x=y -p 80 --annotation k=v
is "$(sentence a.tar d.tar)" 'a.tar and d.tar differ in the config (Env A, ExposedPorts and 1 more) and the manifest (annotations k)' \
	'config and annotations'
is "$(rows a.tar d.tar)" 'config    config.Env A  (none) -> 1
config    config.ExposedPorts  (none) -> {"80/tcp":{}}
config    config.Labels x  (none) -> y
manifest  annotations k  (none) -> v' '... row by row'
long=$(printf 'much %.0s' {1..20})
build l1 --bin one:/app --annotation "k=${long}one end" && build l2 --bin one:/app --annotation "k=${long}other end"
is "$(rows l1.tar l2.tar)" 'manifest  annotations k  ...much much much one end -> ...much much much other end' \
	'of long values the place where they differ'
build e --bin one:/app --file one.c:/etc/conf --link conf:/etc/link --dir /data -e A=1 -e B=2
build f --bin one:/app --file one.c:/etc/conf --link conf:/etc/link --dir /data -e B=2 -e A=1
is "$(rows e.tar f.tar)" 'config    config.Env (order)' 'variables in another order'
with_env() { # NAME ENV: an image whose config has this Env
	python3 "$TOP/tests/integration/make_image.py" "$1" v1 '{"os":"linux","architecture":"amd64","config":{"Env":'"$2"'}}' one.c.tar
}
tar -cf one.c.tar one.c
with_env env1 '["A=1"]'
compare_env() { # ENV WANT WHAT
	with_env env2 "$1"
	is "$(rows env1 env2)" "${2:+config    config.}$2" "$3"
}
compare_env '["A=1","NOEQ"]' 'Env entry NOEQ  (none) -> NOEQ' 'an entry that is no variable'
compare_env '["A=1","=x"]' 'Env entry =x  (none) -> =x' '... nor has a name'
compare_env '["A=0","A=1"]' 'Env entry A=0  (none) -> A=0' 'a variable that is set twice'
is "$(mk diff --json env1 env2 | jq -c '.[] | [.from, .to]')" '[null,"A=0"]' '... in JSON'
compare_env '["A=1","A=1"]' 'Env entry A=1  A=1 -> A=1 (2 times)' '... to the same'
compare_env '["A=1","A=2"]' 'Env A  1 -> 2' '... whose last value counts'
many() { python3 -c 'import json, sys; print(json.dumps(["A%d=1" % (i // 2) for i in range(6000)] + sys.argv[1:]))' "$@"; }
with_env env1 "$(many)"
compare_env "$(many A2999=2)" 'Env A2999  1 -> 2' '... which it does among very many'
with_env env1 null
compare_env '[]' 'Env  null -> []' 'none in two spellings'
compare_env '{"A":"1"}' 'Env  null -> {"A":"1"}' 'what is no list at all'
with_env env1 '{"A":"1"}'
compare_env '{"A":"1"}' '' '... which may be on both sides'
compare_env '["A=1"]' 'Env A  (none) -> 1' '... or on one'

# The same content in other bytes.
build z --bin one:/app --file one.c:/etc/conf --link conf:/etc/link --dir /data --compress none
is "$(sentence a.tar z.tar)" 'a.tar and z.tar differ in nothing but how the layers are compressed' 'another compression'
like "$(rows a.tar z.tar | head -n 1)" '^layer     layer 1  same content, other compression: [0-9.]+ k?B -> [0-9.]+ kB$' '... layer by layer'
SOURCE_DATE_EPOCH=9 mk -q --no-record --created 0 --bin one:/app --file one.c:/etc/conf --link conf:/etc/link --dir /data -o t.tar
is "$(sentence a.tar t.tar)" 'a.tar and t.tar differ in nothing but the times of 9 paths' 'times alone'
is "$(rows a.tar t.tar)" 'changed   9 paths in time alone (-v lists them)' '... are counted'
is "$(rows -v a.tar t.tar | head -n 1)" 'changed   /app  time 1970-01-01 00:00:00 -> 1970-01-01 00:00:09' '... and listed by -v'
build s --bin one:/app --file one.c:/etc/conf --link conf:/etc/link --dir /data --layers single
is "$(sentence a.tar s.tar)" 'a.tar and s.tar differ in the config (history) and the form of the layers (2 against 1), which say the same' \
	'one layer instead of two'
assemble() { python3 "$TOP/tests/integration/make_image.py" "$@"; }
mkdir -p l/d && echo x >l/d/x && echo y >l/d/y
tar -C l --mtime=@0 --owner=0 --group=0 -cf l1.tar d/x d/y && tar -C l --mtime=@0 --owner=0 --group=0 -cf l2.tar d/y d/x
assemble l1 v1 '{"os":"linux","architecture":"amd64"}' l1.tar && assemble l2 v1 '{"os":"linux","architecture":"amd64"}' l2.tar
is "$(sentence l1 l2)" 'l1 and l2 differ in nothing but the form of the layers (the order of entries), which say the same' 'the same entries in another order'
tar -C l --mtime=@0 --owner=0 --group=0 -b 80 -cf padded.tar d/x d/y && tar -C l --mtime=@0 --owner=0 --group=0 -cf twice.tar d/x d/x d/y
assemble padded v1 '{"os":"linux","architecture":"amd64"}' padded.tar && assemble twice v1 '{"os":"linux","architecture":"amd64"}' twice.tar
is "$(rows l1 padded)" 'form      layers (padding, headers or hard links)  the same in other bytes' '... with more zeros at the end'
is "$(rows l1 twice)" 'form      layers (2 entries against 3)  the same in other bytes' '... one of them twice'
assemble l3 v1 '{"architecture":"amd64","os":"linux"}' l1.tar
is "$(sentence l1 l3)" 'l1 and l3 differ in nothing but the form of the config, which says the same' 'the same config written in another order'
ln -f l/d/x l/d/z && tar -C l --mtime=@0 --owner=0 --group=0 -cf h1.tar d/x d/z && cp --remove-destination l/d/x l/d/z &&
	tar -C l --mtime=@0 --owner=0 --group=0 -cf h2.tar d/x d/z
assemble h1 v1 '{"os":"linux","architecture":"amd64"}' h1.tar && assemble h2 v1 '{"os":"linux","architecture":"amd64"}' h2.tar
is "$(rows h1 h2)" 'form      layers (padding, headers or hard links)  the same in other bytes' 'a hard link is the file it names'

# Documents alone: the sentence names what makes the digests differ, where anything does.
cat >reword.py <<'P'
"""usage: reword.py FROM TO CHANGE: a copy of a layout, `c` (config), `m` (manifest), `e` (its entry) and `x` (index.json) changed,
or told to be written in another form."""
import hashlib, json, os, shutil, sys
source, out, change = sys.argv[1:]
shutil.copytree(source, out)
blob = lambda d: f"{out}/blobs/sha256/{d['digest'][7:]}"
form = {"c": json.dumps, "m": json.dumps}
x = json.load(open(out + "/index.json"))
e = x["manifests"][0]
m = json.load(open(blob(e)))
c = json.load(open(blob(m["config"])))
def put(d, text):
    d.update(digest="sha256:" + hashlib.sha256(text.encode()).hexdigest(), size=len(text))
    open(blob(d), "w").write(text)
def turned(v):
    return {k: turned(w) for k, w in reversed(v.items())} if isinstance(v, dict) else v
exec(change)
put(m["config"], form["c"](c))
put(e, form["m"](m))
json.dump(x, open(out + "/index.json", "w"))
P
mkdir laid && tar xf l1 -C laid && python3 reword.py laid base 'c["config"] = {"Env": ["A=1"]}'
n=0
while IFS='|' read -r change want; do
	n=$((n + 1)) && rm -rf other && python3 reword.py base other "$change"
	if [ -n "$want" ]; then want="base and other differ in $want"; fi
	is "$(sentence base other)" "$want" "${change:0:70}"
done <<'E'
c["x"] = 1|the config (x)
c["config"]["Weird"] = {}|the config (Weird)
c["config"]["Labels"] = {}|the config (Labels)
c["config"]["Labels"] = None|the config (Labels)
c["config"]["Env"] = None|the config (Env A)
c["config"] = None|the config (Env A)
del c["config"]|the config (Env A)
c["rootfs"]["extra"] = 1|the config (rootfs.extra)
c["history"] = [{"comment": "x"}]|the config (history)
c = turned(c)|nothing but the form of the config, which says the same
form["c"] = lambda v: json.dumps(v, indent=1)|nothing but the form of the config, which says the same
form["c"] = lambda v: json.dumps(v).replace("A", "\\u0041")|nothing but the form of the config, which says the same
m["x"] = [1]|the manifest (x)
m["annotations"] = {}|the manifest (annotations)
m["annotations"] = {"k": "v"}|the manifest (annotations k)
m["layers"][0]["annotations"] = {"k": "v"}|the manifest (layer 1 annotations)
m["layers"][0]["urls"] = ["http://x"]; m["layers"][0]["x"] = 1|the manifest (layer 1 urls, layer 1 x)
m["layers"][0]["mediaType"] = "application/vnd.docker.image.rootfs.diff.tar"|the manifest (layer 1 mediaType)
m["config"]["data"] = "e30="|the manifest (config.data)
m["config"]["mediaType"] = "application/vnd.docker.container.image.v1+json"|the manifest (config.mediaType)
m["artifactType"] = "a/b"|the manifest (artifactType)
m = turned(m)|nothing but the form of the manifest, which says the same
form["m"] = lambda v: json.dumps(v, indent=1)|nothing but the form of the manifest, which says the same
c = turned(c); m["annotations"] = {"k": "v"}|the manifest (annotations k) and the form of the config, which says the same
e["annotations"] = {"org.opencontainers.image.ref.name": "v2"}|
e["platform"] = {"os": "linux", "architecture": "amd64"}; x["annotations"] = {"k": "v"}; x["y"] = 1|
E
is $n 26 'all of them were compared'
python3 reword.py base other2 'c["config"]["Labels"] = {"k": "v"}' && rm -rf other && python3 reword.py other2 other 'c["config"]["Labels"] = {}'
is "$(rows other2 other)" 'config    config.Labels k  v -> (none)' 'what a member tells the whole does not tell again'

# Go.
if command -v go >/dev/null; then
	mkdir go && (cd go && printf 'module example.org/app\n\ngo 1.18\n' >go.mod && printf 'package main\n\nfunc main() { println(1) }\n' >main.go)
	export GOFLAGS=-mod=mod GOCACHE=$BUILD/fixtures/go-cache GO111MODULE=on CGO_ENABLED=0
	(cd go && go build -o ../go1 . && go build -tags more -ldflags=-s -o ../go2 .) 2>/dev/null
	if [ -x go1 ] && [ -x go2 ]; then
		build g1 --bin go1:/app && build g2 --bin go2:/app
		is "$(rows g1.tar g2.tar | grep '^go')" 'go        build -ldflags  (none) -> -s  in /app
go        build -tags  (none) -> more  in /app' 'how Go built two programs'
		is "$(mk diff --json g1.tar g2.tar | jq -c '[.[] | select(.kind == "go") | [.path, .what, .from, .to]]')" \
			'[["/app","build -ldflags",null,"-s"],["/app","build -tags",null,"more"]]' '... in JSON'
	else
		skip 'how Go built two programs' 'cannot: go does not build here'
	fi

	# Modules from a proxy of files, so that versions are what they would be from any other.
	cat >publish.py <<-'P'
		import sys, zipfile
		path, version = sys.argv[1:]
		base = f'proxy/{path}/@v/{version}'
		open(base + '.info', 'w').write('{"Version": "%s"}' % version)
		mod = f'module {path}\n\ngo 1.18\n'
		open(base + '.mod', 'w').write(mod)
		with zipfile.ZipFile(base + '.zip', 'w') as z:
		    z.writestr(f'{path}@{version}/go.mod', mod)
		    z.writestr(f'{path}@{version}/one.go', 'package %s\n\nconst Version = "%s"\n' % (path.split('/')[-1], version))
	P
	export GOPROXY=file://$PWD/proxy GOSUMDB=off GONOSUMDB='*' GOMODCACHE=$T/gomod GOTOOLCHAIN=local GOFLAGS='-mod=mod -modcacherw'
	mkdir -p proxy/example.org/one/@v proxy/example.org/two/@v proxy/example.org/three/@v
	for module in one two three; do
		for version in v1.0.0 v1.2.0; do python3 publish.py "example.org/$module" "$version"; done
	done
	program() { # OUT MODULE@VERSION... [REPLACE]
		rm -rf mod && mkdir mod && printf 'module example.org/app\n\ngo 1.18\n' >mod/go.mod && printf 'package main\n\nimport (\n' >mod/main.go
		local out=$1 module
		shift
		for module; do
			case $module in
			replace*) echo "$module" >>mod/go.mod ;;
			*)
				echo "require ${module%@*} ${module#*@}" >>mod/go.mod
				echo "	$(basename "${module%@*}") \"${module%@*}\"" >>mod/main.go
				;;
			esac
		done
		printf ')\n\nfunc main() {\n' >>mod/main.go
		for module; do
			[ "${module#replace}" != "$module" ] || printf '	println(%s.Version)\n' "$(basename "${module%@*}")" >>mod/main.go
		done
		echo '}' >>mod/main.go
		(cd mod && go build -o "../$out" .)
	}
	mkdir local && printf 'module example.org/one\n\ngo 1.18\n' >local/go.mod && printf 'package one\n\nconst Version = "mine"\n' >local/one.go
	if program m1 example.org/one@v1.0.0 example.org/two@v1.0.0 >go.log 2>&1 && program m2 example.org/one@v1.2.0 example.org/three@v1.0.0 >go.log 2>&1 &&
		program m3 example.org/one@v1.0.0 example.org/two@v1.0.0 'replace example.org/one => ../local' >go.log 2>&1 &&
		program m4 example.org/one@v1.0.0 example.org/two@v1.0.0 'replace example.org/two => example.org/three v1.2.0' >go.log 2>&1; then
		for i in 1 2 3 4; do build "m$i" --bin "m$i:/app"; done
		go_rows() { rows "$@" | grep '^go' | tr -s ' ' | LC_ALL=C sort; }
		is "$(go_rows m1.tar m2.tar)" 'go example.org/one v1.0.0 -> v1.2.0 in /app
go example.org/three (none) -> v1.0.0 in /app
go example.org/two v1.0.0 -> (none) in /app' 'modules of two programs: another version, one more, one less'
		is "$(go_rows m1.tar m3.tar)" 'go example.org/one v1.0.0 -> v1.0.0 => ../local (devel) in /app' '... one that a directory takes the place of'
		is "$(go_rows m1.tar m4.tar)" 'go example.org/two v1.0.0 -> v1.0.0 => example.org/three v1.2.0 in /app' '... or another module'
		is "$(mk diff --json m1.tar m2.tar | jq -c '[.[] | select(.kind == "go") | [.what, .from, .to]] | sort')" \
			'[["example.org/one","v1.0.0","v1.2.0"],["example.org/three",null,"v1.0.0"],["example.org/two","v1.0.0",null]]' '... in JSON'
	else
		comment <go.log
		skip 'modules of two programs' 'cannot: this go does not build from a proxy of files'
	fi
else
	skip 'how Go built two programs' 'go is not installed'
fi

# What other tools make of it.
if command -v skopeo >/dev/null; then
	skopeo copy -q oci-archive:a.tar docker-archive:docker.tar:me/a:v1
	is "$(sentence a.tar docker.tar)" 'a.tar and docker.tar differ in nothing but how the layers are compressed' 'the docker-archive of an image'
else
	skip 'the docker-archive of an image' 'skopeo is not installed'
fi

# Refused.
must_fail 2 'diff: takes two images (1 given)' 'mkscratch diff old.tar new.tar' -- diff a.tar
must_fail 2 'diff: standard input can be read once only' -- diff - -
must_fail 3 'none.tar: no such image' -- diff a.tar none.tar
mkdir bad && tar xf a.tar -C bad && layer=$(find bad/blobs -type f -size +4 | head -n 1) && printf X | dd of="$layer" bs=1 seek=99 conv=notrunc status=none
run mk diff a.tar bad
is "$status $(wc -c <"$out")" '7 0' 'a blob that is not what its digest says ends with 7'
run mk diff bad bad
is "$status" 7 '... also when both are the same'
done_testing
