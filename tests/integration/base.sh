#!/usr/bin/env bash
# Images on top of others: what stays, what is inherited, what gives way.
. "$(dirname "$0")/../lib.sh"
require cc jq python3 gzip zstd
printf 'int main(void){return 0;}\n' >app.c
cc -static -o app app.c || skip_all "cannot: no static libc"
cc -o dynamic app.c

layer() { # NAME: the tree there as a layer, all root's but for home/nonroot
	(cd "$1" && find . -mindepth 1 | sed 's,^\./,,' | grep -v '^home/nonroot$' | LC_ALL=C sort) >"$1.names"
	tar -C "$1" --owner=0 --group=0 --numeric-owner --mtime=@0 --no-recursion -cf "$1.layer" -T "$1.names"
	[ ! -d "$1/home/nonroot" ] || tar -C "$1" --owner=65532 --group=65532 --numeric-owner --mtime=@0 --no-recursion \
		-rf "$1.layer" home/nonroot
}
assemble() { python3 "$TOP/tests/integration/make_image.py" "$@"; }
manifest() { tar xOf "$1" "blobs/sha256/$(tar xOf "$1" index.json | jq -r '.manifests[0].digest[7:]')"; }
config() { tar xOf "$1" "blobs/sha256/$(manifest "$1" | jq -r '.config.digest[7:]')"; }
own_layer() { tar xOf "$1" "blobs/sha256/$(manifest "$1" | jq -r ".layers[$2].digest[7:]")" | gzip -dc; }
file_of() { own_layer "$1" "$2" | tar xOf - "$3"; }

# A base like distroless: directories of its own, no merged /usr, a user, and a layer in each compression.
mkdir -p one/bin one/lib one/lib64 one/etc/ssl one/home/nonroot one/root one/tmp one/usr/lib two/etc two/opt/dir three/srv
printf 'root:x:0:0:root:/root:/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\nnonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin' >one/etc/passwd
printf 'root:x:0:\nnobody:x:65534:\ntty:x:5:\nnonroot:x:65532:\n' >one/etc/group
printf 'hosts: files dns\n' >one/etc/nsswitch.conf
ln -s ../usr/lib/os-release one/etc/os-release && echo 'ID=base' >one/usr/lib/os-release
chmod 1777 one/tmp && chmod 700 one/root one/home/nonroot && chmod 2750 two/opt
echo two >two/etc/two && echo in >two/opt/dir/in && echo srv >three/srv/file
for l in one two three; do layer "$l"; done
gzip -n one.layer && zstd -q --rm two.layer
base_config='{"architecture":"amd64","os":"linux","author":"them","os.version":"7","created":"2020-01-01T00:00:00Z",
 "config":{"User":"65532","Env":["PATH=/usr/bin:/bin","SHARED=base"],"Entrypoint":["/theirs"],"Cmd":["theirs"],
  "WorkingDir":"/home/nonroot","ExposedPorts":{"80/tcp":{}},"Volumes":{"/data":{}},"Labels":{"theirs":"1","shared":"base"},
  "StopSignal":"SIGQUIT","Healthcheck":{"Test":["CMD","/theirs"],"Interval":30000000000},"OnBuild":["RUN x"],
  "Shell":["/bin/bash","-c"]},
 "history":[{"created_by":"one"},{"created_by":"ENV","empty_layer":true},{"created_by":"two"}]}'
arch=$(mk --bin app --json -n -o x | jq -r .platform)
[ "$arch" = linux/amd64 ] || base_config=$(jq ".architecture = \"${arch#linux/}\"" <<<"$base_config")
assemble base.tar v1 "$base_config" one.layer.gz two.layer.zst three.layer

t 'a base of three layers, each compressed otherwise' mk --base base.tar --bin app -q -t app:v1 -o app.tar
t '... gives an image that verifies' mk verify -q app.tar
is "$(manifest app.tar | jq -c '[.layers[:3][] | [.digest, .size, .mediaType]]')" \
	"$(manifest base.tar | jq -c '[.layers[] | [.digest, .size, .mediaType]]')" 'layers of the base stay byte for byte'
# As many layers as readers take (512).
mkdir -p many && for i in $(seq 511); do tar -C many --mtime=@0 -cf "many/$i.layer" -T /dev/null; done
assemble many.tar v1 "$base_config" many/*.layer
must_fail 3 '--base many.tar: the image would have 513 layers (1 to 512 are allowed)' \
	'--layers single makes one of what lies on the base' -- --base many.tar --bin app --file app.c:/srv/code -q -o x.tar
is "$(mk --base many.tar --bin app --file app.c:/srv/code --layers single -q -o - | mk verify -q - 2>&1)" '' '... which is one less'

(printf 'P*M\x18\x05\0\0\0abcde' && cat two.layer.zst) >skips.layer.zst
assemble skips.tar v1 "$base_config" one.layer.gz skips.layer.zst three.layer
is "$(mk --base skips.tar --bin app -q -o - | mk verify -q - 2>&1)" '' 'a layer of zstd may begin with a frame that is skipped (RFC 8878, 3.1.2)'
must_fail 2 '--base skips.tar: --media-types docker: has no name for zstd, which layer 2 of the base is in' '--media-types oci' -- \
	--base skips.tar --bin app -q --media-types docker -o x.tar
is "$(config app.tar | jq -c '.rootfs.diff_ids[:3]')" "$(config base.tar | jq -c .rootfs.diff_ids)" '... with their DiffIDs'
is "$(config app.tar | jq -c '[.history[] | [.created_by, .empty_layer // false]]')" \
	'[["one",false],["ENV",true],["two",false],["layer of the base image",false],["mkscratch: program",false]]' \
	'history goes on, an item for each layer'
is "$(config app.tar | jq -Sc '.config')" \
	'{"Entrypoint":["/app"],"Env":["PATH=/usr/bin:/bin","SHARED=base"],"ExposedPorts":{"80/tcp":{}},"Healthcheck":{"Interval":30000000000,"Test":["CMD","/theirs"]},"Labels":{"shared":"base","theirs":"1"},"Shell":["/bin/bash","-c"],"StopSignal":"SIGQUIT","User":"65532:65532","Volumes":{"/data":{}},"WorkingDir":"/home/nonroot"}' \
	'the config is inherited, but for entrypoint and command'
is "$(config app.tar | jq -c '[.author, .["os.version"], .created]')" '["them","7","1970-01-01T00:00:00Z"]' '... the author too, the date not'
is "$(manifest app.tar | jq -r '.annotations["org.opencontainers.image.base.digest"]')" \
	"$(tar xOf base.tar index.json | jq -r '.manifests[0].digest')" 'base.digest names the manifest'
is "$(own_layer app.tar 3 | tar tvf - --numeric-owner | awk '{ print $1, $2, $6 }')" '-rwxr-xr-x 65532/65532 app' \
	'what the base has is left to it: passwd, group, nsswitch.conf, /tmp'

mk --base base.tar --bin app -q --cmd x -e SHARED=ours -e NEW=1 -p 90 --volume /more -l shared=ours -w / --stop-signal TERM \
	--healthcheck none --author us --annotation org.opencontainers.image.base.digest=said --no-base-labels -o app.tar
is "$(config app.tar | jq -Sc '[.author, (.config | .Cmd, .Env, (.ExposedPorts | keys), .Healthcheck, .Labels, .StopSignal, (.Volumes | keys), .WorkingDir)]')" \
	'["us",["x"],["PATH=/usr/bin:/bin","SHARED=ours","NEW=1"],["80/tcp","90/tcp"],{"Test":["NONE"]},{"shared":"ours"},"SIGTERM",["/data","/more"],"/"]' \
	'what is given goes before; ports, volumes and variables add up; --no-base-labels drops labels'
is "$(manifest app.tar | jq -r '.annotations["org.opencontainers.image.base.digest"]')" said 'an annotation that is given stays'

# Users.
user_of() { mk --base "$1" --bin app -q -o u.tar "${@:2}" && config u.tar | jq -r .config.User; }
is "$(user_of base.tar --user nobody)" 65534:65534 'a user that is given goes before'
is "$(user_of base.tar --user tom:1000:1001)" 1000:1001 '... also a new one'
is "$(file_of u.tar 3 etc/passwd)" "$(cat one/etc/passwd)
tom:x:1000:1001:tom:/nonexistent:/sbin/nologin" '... who is added behind the lines of the base'
is "$(file_of u.tar 3 etc/group)" "$(cat one/etc/group)
tom:x:1001:" '... with his group'
is "$(user_of base.tar --user nonroot)" 65532:65532 'a user the base knows'
t '... needs no other passwd' test "$(own_layer u.tar 3 | tar tf - | xargs)" = app
with_user() { assemble "$1.tar" v1 "$(jq ".config.User = \"$2\"" <<<"$base_config")" one.layer.gz; }
with_user name nonroot
is "$(user_of name.tar)" 65532:65532 'a name of the base becomes its numbers'
is "$(user_of name.tar --user nonroot)" 65532:65532 '... also when it is asked for'
with_user both nobody:tty
is "$(user_of both.tar)" 65534:5 'user and group by name'
with_user unnamed 4711
is "$(user_of unnamed.tar)" 4711:0 'a number without a name has group 0, as runtimes have it'
like "$(file_of u.tar 1 etc/passwd | tail -n 1)" '^user:x:4711:0:' '... and gets a name'
with_user root ''
is "$(user_of root.tar)" 65534:65534 'a base that says nothing leaves the user to mkscratch'
is "$(user_of base.tar --passwd-entry tom:1000:1000:/home/tom --user tom)" 1000:1000 'a passwd entry'
like "$(own_layer u.tar 3 | tar tvf - --numeric-owner)" 'drwx------ 1000/1000 .* home/tom/' '... with its home'

# Paths.
paths_of() { mk --base base.tar --bin app -q -o p.tar "${@}" && mk verify -q p.tar && own_layer p.tar 3 | tar tvf - --numeric-owner | awk '{ print $1, $2, $6 $7 $8 }'; }
is "$(paths_of --file app.c:/opt/new | grep opt)" 'drwxr-s--- 0/0 opt/
-rw-r--r-- 0/0 opt/new' 'parents keep mode and owner of the base'
is "$(paths_of --link opt:/root | tail -n 2)" '-rw-r--r-- 0/0 .wh.root
lrwxrwxrwx 0/0 root->opt' 'a link over an empty directory comes behind a whiteout'
is "$(paths_of --file app.c:/opt/ | tail -n 1)" '-rw-r--r-- 0/0 opt/app.c' 'a slash puts a file into a directory of the base'
is "$(paths_of --file three/srv/file:/srv/file | xargs)" '-rwxr-xr-x 65532/65532 app' 'the same file is not stored again'
is "$(paths_of --file app.c:/srv/file | tail -n 1)" '-rw-r--r-- 0/0 srv/file' '... another is'
mkdir -p merged/usr/lib merged/usr/bin && ln -s usr/lib merged/lib && ln -s usr/bin merged/bin && layer merged
assemble merged.tar v1 "$base_config" merged.layer
mk --base merged.tar --bin app:/bin/app --dir /lib/x -q -o p.tar
is "$(own_layer p.tar 2 | tar tf - | xargs)" 'usr/ usr/bin/ usr/bin/app usr/lib/ usr/lib/x/' 'paths run through the links of the base'

# What the base keeps from the user.
mkdir -p closed/etc && echo a >closed/etc/a && chmod 644 closed/etc
(cd closed && printf 'etc\netc/a\n') >closed.names
tar -C closed --owner=0 --group=0 --numeric-owner --mtime=@0 --no-recursion -cf closed.layer -T closed.names
chmod 755 closed/etc && assemble closed.tar v1 "$base_config" closed.layer
run mk --base closed.tar --bin app --user 5 -o closed-app.tar
is "$(grep -c 'user 5 may not search /etc (mode 0644, 0:0): accounts, certificates and settings there are not found; --dir /etc:0755 lets everybody' "$err")" 1 \
	'an /etc that the user may not search is warned of'
like "$(mk verify closed-app.tar)" '· user: may not search /etc \(mode 0644, 0:0\): accounts, certificates and settings there are not found' '... and noted by verify'
run mk --base closed.tar --bin app --user 5 --dir /etc:0755 -o closed-app.tar
is "$(grep -c 'may not search' "$err")$(mk verify closed-app.tar | grep -c 'may not search')" 00 '... until it is given another mode'
run mk --base closed.tar --bin app --user 0 -o closed-app.tar
is "$(grep -c 'may not search' "$err")" 0 '... and root goes everywhere'

# Libraries.
t 'a dynamic program on a base without merged /usr' mk --base base.tar --bin dynamic -q -o d.tar
t '... finds its libraries in the image' mk verify -q d.tar
t '... and on a merged one' mk --base merged.tar --bin dynamic -q -o d2.tar
t '... too' mk verify -q d2.tar
mk --base d2.tar --bin dynamic:/again -q -o d3.tar
is "$(config d3.tar | jq '.rootfs.diff_ids | length')" "$(($(config d2.tar | jq '.rootfs.diff_ids | length') + 1))" \
	'libraries that the base has are not stored again'
t '... and are found' mk verify -q d3.tar

# A base has its own build of the libraries: those are taken, and what it lacks comes from --root.
printf 'int f(void) { return 7; }\n' | cc -shared -fPIC -x c -o libf.so - -x none -Wl,-soname,libf.so
printf 'int f(void); int main(void) { return f(); }\n' | cc -x c -o needs-f - -x none ./libf.so
interp=$(mk deps --json dynamic | jq -r .interp)
libc=$(realpath "$(mk deps --list dynamic | grep /libc)")
install -D "$(realpath "$interp")" glibc"$interp" && install -D "$libc" glibc"$libc" && echo 'another build' >>glibc"$libc" && layer glibc
assemble glibc.tar v1 "$base_config" glibc.layer
run mk --base glibc.tar --bin dynamic -o own.tar
is "$status $(grep -v -e --expose "$err")" "0 warning: the base's health check /theirs: is not in the image" 'a dynamic program on a base with another build of its libc'
is "$(own_layer own.tar 1 | tar tf - | grep -v /$ | xargs)" 'etc/group etc/nsswitch.conf etc/passwd' '... brings no second one'
is "$(own_layer own.tar 2 | tar tf - | xargs)" dynamic '... and is all there is'
t '... starts in it' mk verify -q own.tar
t '... and is made again by its recipe' mk verify -q --rebuild own.tar
t 'a program that needs one library more' mk --base glibc.tar --bin needs-f --library-path "$PWD" -q -o f.tar
is "$(mk diff --json glibc.tar f.tar | jq -r '.[] | select(.kind == "added") | .path | select(test("[.]so"))' | xargs)" "$(dirname "$libc" | sed 's,^/lib/,/usr/lib/,;t')/libf.so" \
	'... brings that alone'
t '... and finds both' mk verify -q f.tar
t 'a library that is named and lies in the base' mk --base glibc.tar --bin dynamic --lib "${libc##*/}" -q -o own2.tar
t '... is not brought either' cmp <(own_layer own2.tar 2) <(own_layer own.tar 2)
# One that lies where the program is told to look on the host, and nowhere else.
mkdir apart && cp -a glibc/. apart && install -D libf.so apart/opt/f/libf.so && layer apart
assemble apart.tar v1 "$base_config" apart.layer
run mk --base apart.tar --root apart --bin needs-f --library-path /opt/f -o apart-app.tar
like "$(cat "$err")" '/opt/f/libf.so of the base is not where the program would find it' 'a library of the base where its loader does not look'
t '... comes again, to where it does' mk verify -q apart-app.tar
# One that does not fit makes room.
printf 'void nothing(void) {}\n' | cc -nostdlib -shared -fPIC -x c -o glibc"$libc" - -Wl,-soname,libc.so.6 && layer glibc
assemble unfit.tar v1 "$base_config" glibc.layer
run mk --base unfit.tar --bin dynamic -o unfit-app.tar
is "$status" 0 'libraries of a base that do not fit'
like "$(cat "$err")" "^warning: dynamic: the base's libraries do not do, those of --root come along: " '... are told'
like "$(cat "$err")" 'takes the place of another file of the base' '... with what takes their place'
t '... and it starts' mk verify -q unfit-app.tar
libc=$(mk deps --list dynamic | grep /libc)
libc=$(realpath "$libc")
mkdir -p other"$(dirname "$libc")" && echo older >other"$libc" && layer other
assemble other.tar v1 "$base_config" other.layer
run mk --base other.tar --bin dynamic -o o.tar
is "$status $(grep -c 'takes the place of another file of the base' "$err")" '0 1' 'a library that replaces another is told'

# Kinds of bases.
mk --base base.tar:v1 --bin app --no-record -q -o tagged.tar && mk --base base.tar --bin app --no-record -q -o plain.tar &&
	mk --base base.tar --bin app -q -o untagged.tar
t 'a base by its tag' cmp tagged.tar plain.tar
mkdir layout && tar xf base.tar -C layout
mk --base layout --bin app --no-record -q -o layout.tar && t 'a layout directory' cmp layout.tar plain.tar
mk --base - --bin app --no-record -q -o stdin.tar <base.tar && t 'standard input' cmp stdin.tar plain.tar
gzip -nk base.tar && mk --base base.tar.gz --bin app --no-record -q -o gz.tar && t 'a compressed archive' cmp gz.tar plain.tar
mk --base base.tar --bin app -q -o again/ && t 'an output that is a layout' mk verify -q again
mk --base base.tar --bin app -q -o - >pipe.tar && t 'an output that is a pipe' cmp pipe.tar untagged.tar
mk --base untagged.tar --bin app:/second -q -t second:v1 -o second.tar
is "$(manifest second.tar | jq -r '.annotations["org.opencontainers.image.base.name"]')" docker.io/library/app:latest \
	'base.name is the name of the base'
t 'an image on an image on an image' mk verify -q second.tar
mk --base base.tar --bin app -q -o recorded.tar
t 'it is made again by its recipe' mk verify -q --rebuild recorded.tar
is "$(mk verify --recipe --json recorded.tar | jq -c '.inputs[0] | [.[0], .[1], .[2]]')" \
	"$(tar xOf base.tar index.json | jq -c '["/", "--base", .manifests[0].digest]')" '... which names the base'
mv base.tar away.tar
run mk verify --rebuild recorded.tar
is "$status $(grep -c "^✗ rebuild: input base.tar: not here (looked for in $PWD)\$" "$out")" '3 1' 'a base that is gone is named'
cp second.tar base.tar
run mk verify --rebuild recorded.tar
is "$status $(grep -c '^✗ rebuild: input / (--base): has changed, was sha256:' "$out")" '7 1' '... and one that has changed'
mv away.tar base.tar
mk --base - --bin app -q -o piped.tar <base.tar
run mk verify --rebuild piped.tar
is "$status $(grep -c '^✗ rebuild: input --base -: was read from standard input$' "$out")" '3 1' '... and one that nobody kept'
is "$(mk why recorded.tar /etc/passwd)" '/etc/passwd: of the base image (--base)' 'what the base brought is told as its own'
for image in base.tar recorded.tar d.tar second.tar; do
	t "$image does not differ from itself" mk diff "$image" "$image"
done
if aarch64-linux-gnu-gcc -static -o arm app.c 2>/dev/null && [ "$arch" = linux/amd64 ]; then
	mk --bin app:/old --bin arm:/old -q -t both:v1 -o both.tar
	t 'a base for two platforms' mk --base both.tar --bin app:/new --bin arm:/new -q -o new.tar
	t '... verifies' mk verify -q new.tar
	is "$(mk diff --json both.tar new.tar | jq -c '[.[] | select(.kind == "added") | [.platform, .path]]')" \
		'[["linux/amd64","/new"],["linux/arm64","/new"]]' '... and each program lies on its own'
	is "$(mk --base both.tar --bin arm:/new --json -o arm.tar | jq -r .platform)" linux/arm64 'one of two platforms is chosen by the program'
else
	skip 'a base for two platforms' 'cannot: no cross compiler for arm64'
fi
if command -v skopeo >/dev/null; then
	assemble gzip.tar v1 "$base_config" one.layer.gz
	skopeo copy -q oci-archive:gzip.tar docker-archive:skopeo.tar:me/base:v1
	t 'a docker-archive of skopeo' mk --base skopeo.tar --bin app:/second -q -o x.tar
	t '... verifies' mk verify -q x.tar
	is "$(manifest x.tar | jq -c '[.annotations | keys[] | select(startswith("org"))]')" '["org.opencontainers.image.base.name"]' \
		'... whose manifest has no digest to name'
	skopeo copy -q oci-archive:untagged.tar oci:skopeo-layout:v1 && t 'a layout of skopeo' mk --base skopeo-layout:v1 --bin app:/second -q -o x.tar
	t 'skopeo reads it all' skopeo inspect oci-archive:second.tar
else
	skip 'bases of skopeo' 'skopeo is not installed'
fi
if command -v umoci >/dev/null && [ "$(id -u)" = 0 ]; then
	umoci init --layout umoci && umoci new --image umoci:v1 && umoci unpack --image umoci:v1 bundle >/dev/null 2>&1
	mkdir -p bundle/rootfs/etc && echo umoci >bundle/rootfs/etc/maker && umoci repack --image umoci:v1 bundle >/dev/null 2>&1
	umoci config --image umoci:v1 --architecture "${arch#linux/}" --config.env MAKER=umoci
	t 'a layout of umoci' mk --base umoci:v1 --bin app -q -t app:v1 -o umoci/
	is "$(umoci unpack --image umoci:v1 unpacked >/dev/null 2>&1; cat unpacked/rootfs/etc/maker; (cd unpacked/rootfs && echo *))" \
		'umoci
app etc tmp' '... and umoci unpacks what comes of it'
else
	skip 'bases of umoci' 'umoci is not installed'
fi
is "$(mk --base base.tar --bin app -q -o one-more.tar -j 1 && cmp one-more.tar untagged.tar && echo same)" same 'the same bytes again'
# Files alone: the base's programs run, with the user, the variables and all that they had.
assemble amd64.tar v1 "$(jq '.config |= del(.Healthcheck)' <<<"$base_config")" one.layer.gz
mk --base amd64.tar --file app:/theirs:0755 --file three/srv/file:/etc/extra -o alone.tar >said
like "$(cat said)" "^alone\\.tar: amd64:latest $arch " 'files on a base need no program; its name is that of the base'
is "$(config alone.tar | jq -c '[.config | .Entrypoint, .Cmd, .User, .Env, .WorkingDir, .StopSignal]')" \
	'[["/theirs"],["theirs"],"65532:65532",["PATH=/usr/bin:/bin","SHARED=base"],"/home/nonroot","SIGQUIT"]' \
	'... and entrypoint, command, user and the rest stay'
is "$(file_of alone.tar 1 etc/extra)" srv '... under what was added'
t '... and it is made again by its recipe' mk verify -q --rebuild alone.tar
mk -q --base amd64.tar --file app:/theirs:0755 --cmd other -o alone.tar
is "$(config alone.tar | jq -c '.config | [.Entrypoint, .Cmd]')" '[["/theirs"],["other"]]' '--cmd takes the place of the command alone'
mk -q --base alone.tar --file app:/more --cmd '[]' -o none.tar
is "$(config none.tar | jq -c '.config | [.Entrypoint, .Cmd]')" '[["/theirs"],null]' '... an empty list too'
t '... which is made again' mk verify -q --rebuild none.tar
mk -q --base amd64.tar --file app:/ours:0755 --entrypoint /ours -t x -o alone.tar
is "$(config alone.tar | jq -c '.config | [.Entrypoint, .Cmd]')" '[["/ours"],null]' '--entrypoint that of both'
# What goes without saying is not said, and nobody is told that lesser CPUs do not run it.
level=v1 && [ "$arch" = linux/amd64 ] || level=v8
assemble level.tar v1 "$(jq --arg v "$level" '.variant = $v' <<<"$base_config")" one.layer.gz
for more in '' '--bin app'; do
	# shellcheck disable=SC2086
	mk --base level.tar $more --dir /new --file app:/theirs:0755 -o levelled.tar >said 2>&1
	is "$(config levelled.tar | jq -c .variant) $(grep -c 'CPUs below' said)" 'null 0' "the least level of a base is none (${more:-no program})"
done
mkdir -p shelf && tar xf amd64.tar -C shelf
mk --base shelf:v1 --dir /new -o shelved/ >said
like "$(cat said)" "shelf:latest $arch " 'the name of a layout directory is without its tag'

done_testing
