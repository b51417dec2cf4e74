#!/usr/bin/env bash
# Content: what certificates, zones, users, files, trees and libraries become in the image.
. "$(dirname "$0")/../lib.sh"
require cc jq openssl
cat >app.c <<'C'
int main(void) { return 0; }
C
cc -static -o app app.c || skip_all "cannot: no static libc"

# A root of our own: certificates where Fedora keeps them, two zones, a link.
new_cert() {
	openssl req -x509 -newkey ed25519 -nodes -keyout "$1.key" -out "$1.pem" -subj "/CN=$1" -days 3650 2>/dev/null
}
for n in one two three; do new_cert "$n" || skip_all "cannot: openssl makes no ed25519 certificate"; done
# A TZif file: version 2, one type called UTC, no transitions. See tests/unit/test_zoneinfo.c for those that are unsound.
half() {
	printf TZif2 && head -c 31 /dev/zero && printf '\0\0\0\001\0\0\0\004\0\0\0\0\0\0UTC\0'
}
zone() {
	mkdir -p "$(dirname "$1")"
	{ half && half && printf '\nUTC0\n'; } >"$1"
}
bundle=root/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem
mkdir -p "$(dirname $bundle)" && cat one.pem two.pem >$bundle
zi=root/usr/share/zoneinfo
for z in Europe/Oslo UTC right/UTC posix/UTC; do zone "$zi/$z"; done
ln -s ../Europe/Oslo $zi/Europe/Bergen && ln -s /etc/localtime $zi/localtime && echo table >$zi/zone.tab

rootfs() { mk --bin app --root root --print rootfs "$@"; }
paths() { rootfs "$@" | cut -f5 | cut -d' ' -f1; }
# mode, owner, path and link of the entries whose path matches
entries() {
	local pattern=$1
	shift
	rootfs "$@" | cut -f1,2,5 | tr '\t' ' ' | grep -E "$pattern"
}
digest_of() { mk --bin app --root root --json -o d.tar "$@" --no-record | jq -r .digest; }

# unpack DIR ARCHIVE: the layers, one over the other
unpack() {
	local layer
	mkdir -p "$1" all.$$ && tar xf "$2" -C all.$$
	for layer in $(jq -r '.[0].Layers[]' all.$$/manifest.json); do
		tar xzf "all.$$/$layer" -C "$1" --no-same-owner
	done
	chmod -R u+rwX all.$$ && rm -rf all.$$
}

is "$(entries '^.' )" 'f0755 65534:65534 /app
d0755 0:0 /etc
f0644 0:0 /etc/group
f0644 0:0 /etc/nsswitch.conf
f0644 0:0 /etc/passwd
d1777 0:0 /tmp' 'a bare image is the program, who it runs as, and /tmp'
mk --bin app --root root -q -o user.tar --user app:1000:0 && unpack user user.tar
is "$(cat user/etc/passwd user/etc/group)" 'root:x:0:0:root:/root:/sbin/nologin
app:x:1000:0:app:/nonexistent:/sbin/nologin
root:x:0:' 'passwd and group name the user of the image'

mk --bin app --root root -q -o certs.tar --certs --cert three.pem && unpack certs certs.tar
packed=certs/etc/ssl/certs/ca-certificates.crt
fingerprints() { openssl crl2pkcs7 -nocrl -certfile "$1" | openssl pkcs7 -print_certs | grep '^subject' | sort; }
is "$(fingerprints $packed)" "$(cat one.pem two.pem three.pem >all.pem && fingerprints all.pem)" \
	'the bundle of the root and one more are packed, and openssl reads them'
is "$(grep -vc '^[A-Za-z0-9+/=]*$' $packed) $(awk 'length > 64' $packed | wc -l)" '6 0' 'nothing but blocks is packed'
{ echo '# reordered'; cat two.pem one.pem two.pem; } | sed 's/$/\r/' >other.pem
is "$(digest_of --certs=other.pem)" "$(digest_of --certs)" 'the same certificates are the same image'
openssl x509 -in three.pem -outform DER -out three.der
is "$(digest_of --certs --cert three.der)" "$(digest_of --certs --cert three.pem)" '--cert takes DER as well as PEM'

is "$(paths --tz | grep zoneinfo | xargs -n1 | sed 's|/usr/share/zoneinfo/*||' | xargs)" \
	'Europe Europe/Bergen Europe/Oslo UTC zone.tab' 'zones are packed without right, posix and localtime'
is "$(entries zoneinfo/ --tz=Europe/Bergen)" 'd0755 0:0 /usr/share/zoneinfo/Europe
l0777 0:0 /usr/share/zoneinfo/Europe/Bergen -> ../Europe/Oslo
f0644 0:0 /usr/share/zoneinfo/Europe/Oslo' 'a chosen zone comes with the link it goes through'

is "$(entries 'zoneinfo/.*/|localtime' --localtime Europe/Bergen)" 'l0777 0:0 /etc/localtime -> ../usr/share/zoneinfo/Europe/Bergen
l0777 0:0 /usr/share/zoneinfo/Europe/Bergen -> ../Europe/Oslo
f0644 0:0 /usr/share/zoneinfo/Europe/Oslo' '--localtime brings its zone and the link to it'
env_of() { mk --bin app --root root --print plan "$@" | jq -c .config.env; }
is "$(env_of --localtime UTC -e A=1) $(env_of -e A=1 --localtime UTC -e TZ=X)" '["TZ=UTC","A=1"] ["TZ=X","A=1"]' \
	'... and sets TZ, unless the user does'
is "$(paths --tz='Europe/*' | grep -c 'zoneinfo/Europe/')" 2 'a pattern names all zones of a kind'

mkdir -p root/etc && echo 'http 80/tcp' >root/etc/services
is "$(entries '/(root|home|etc/(s|p|os|mime|loc))|os-rel|tmp|zoneinfo$' --preset distroless | grep -v ssl)" 'l0777 0:0 /etc/os-release -> ../usr/lib/os-release
f0644 0:0 /etc/passwd
f0644 0:0 /etc/services
d0755 0:0 /home
d0700 65532:65532 /home/nonroot
d0700 0:0 /root
d1777 0:0 /tmp
f0644 0:0 /usr/lib/os-release
d0755 0:0 /usr/share/zoneinfo' 'the preset distroless has what its users expect'
is "$(rootfs --preset distroless 2>&1 >/dev/null)" \
	'warning: /etc/protocols and /etc/mime.types: left out, not in root (packages netbase and media-types)' \
	'... and says what the host lacks'
mk --bin app --root root -q --preset distroless -o d.tar && rm -rf all && mkdir all && tar xf d.tar -C all
is "$(jq -c .config "all/$(jq -r '.[0].Config' all/manifest.json)")" \
	'{"Entrypoint":["/app"],"Env":["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],"User":"65532:65532","WorkingDir":"/home/nonroot"}' \
	'... its config too'
is "$(mk help presets | grep -oE '^  /[^ ]+' | xargs -n1 | sort)" \
	"$({ paths; paths --preset distroless; echo /etc/protocols; echo /etc/mime.types; } 2>/dev/null |
		grep -vxE '/app|/(etc|home|usr)|/etc/ssl(/certs)?|/usr/(lib|share)|/usr/share/zoneinfo/.*' | sort -u)" \
	'help presets lists every path'
is "$(entries '/home|/data' --passwd-entry app:1000:50:/home/app --passwd-entry db:7:7:/data --dir /data:0750:7:7)" 'd0750 7:7 /data
d0755 0:0 /home
d0700 1000:50 /home/app' 'homes are made for their owners, unless somebody else makes them'

is "$(rootfs --link usr/bin:/bin --bin app:/usr/bin/tool --cap /bin/tool=net_raw,CAP_CHOWN+ep --cap /usr/bin/tool=cap_syslog | cut -f5 |
	grep tool)" '/usr/bin/tool {cap_chown,cap_net_raw,cap_syslog}' '--cap finds its file through links, and adds up'
is "$(mk --bin app --root root --print rootfs --json --cap /app=cap_bpf | jq -r '.[] | select(.capabilities) | .path, .capabilities' | xargs)" \
	'/app cap_bpf' '... in JSON too'
low() { { mk --bin app --root root --print rootfs "$@" >/dev/null; } 2>&1; }
is "$(low -p 8080 -p 80 -p 443)" \
	'warning: --expose 80/tcp: not every runtime lets user 65534 bind a port below 1024; --cap /app=cap_net_bind_service does' \
	'a low port without the right to it is warned of'
is "$(low -p 80 --cap /app=cap_net_bind_service; low -p 80 --user root; low -p 1024)" '' '... and with it is not'

mkdir -p tree/sub tree/tmp && echo x >tree/sub/x && chmod 640 tree/sub/x && chmod 1777 tree/tmp && ln -s 'no where' tree/l
is "$(entries '/srv' --tree tree:/srv)" 'd0755 0:0 /srv
l0777 0:0 /srv/l -> no where
d0755 0:0 /srv/sub
f0640 0:0 /srv/sub/x
d1777 0:0 /srv/tmp' 'a tree keeps modes and links and belongs to root'
is "$(paths --tree tree:/ | xargs)" '/app /etc /etc/group /etc/nsswitch.conf /etc/passwd /l /sub /sub/x /tmp' \
	'a tree over / is merged with what is there'
is "$(entries '^.{5} [0-9:]* /(a|b|d|l)' --file app.c:/a --file app.c:/b:4710:7:8 --dir /d:0700:1:2 --link ../a:/l/l)" \
	'f0644 0:0 /a
f0755 65534:65534 /app
f4710 7:8 /b
d0700 1:2 /d
d0755 0:0 /l
l0777 0:0 /l/l -> ../a' 'files, directories and links have the mode and owner that is asked for'
is "$(entries '^.{5} [0-9:]* /(r|m|d/)' --bin app:/r:0755:0:0 --bin app:/m:0750 --bin app:/d/:0555:1:2)" 'f0555 1:2 /d/app
f0750 65534:65534 /m
f0755 0:0 /r' '... and so have programs'
mk -q --bin app:/r:0755:0:0 -o r.tar
is "$(mk ls --json r.tar | python3 -c 'import json, sys
print([[e["mode"], e["uid"], e["gid"]] for e in json.load(sys.stdin) if e["path"] == "r"])')" "[['0755', 0, 0]]" '... in the image'
t '... which makes itself again' mk verify -q --rebuild r.tar
want=$(digest_of --file app.c:/a --tree tree:/srv)
chmod 600 app.c && touch -d 2001-01-01 app.c tree/sub/x
is "$(digest_of --file app.c:/a --tree tree:/srv)" "$want" 'the umask and clock that made a file do not show'
chmod 4755 tree/sub
run rootfs --tree tree:/srv --user 0
is "$(cat "$err")" 'warning: tree: set-id bits of 1 entry left out (the first: "sub"); --file SRC:DEST:MODE keeps them' \
	'set-id bits of a tree are left out with a warning'
chmod 0755 tree/sub

# Libraries: the program runs in nothing but the image.
# /proc is what $ORIGIN comes from.
in_image() {
	unshare -rm sh -c 'mkdir -p "$1/proc" && mount --rbind /proc "$1/proc" && exec chroot "$@"' sh "$@"
}
mkdir -p build/lib/sub elsewhere
echo 'int inner(void) { return 40; }' >inner.c
echo 'int inner(void); int outer(void) { return inner() + 2; }' >outer.c
echo '#include <stdio.h>
int outer(void); int main(void) { printf("%d\n", outer()); return 0; }' >dynamic.c
cc -shared -fPIC -o build/lib/sub/libinner.so inner.c
cc -shared -fPIC -o build/lib/libouter.so outer.c -Lbuild/lib/sub -linner '-Wl,-rpath,$ORIGIN/sub,--enable-new-dtags'
link() {
	cc -o "$1" dynamic.c -Lbuild/lib -louter -Wl,-rpath-link,build/lib/sub "${@:2}"
}
link build/app '-Wl,-rpath,$ORIGIN/lib,--enable-new-dtags'
mk --bin build/app -q -o origin.tar && unpack origin origin.tar
if ! unshare -rm true 2>/dev/null; then
	skip 'what is packed runs in the image' 'cannot: no user namespaces here'
	done_testing
fi
is "$(in_image origin /app)" 42 'libraries beside SRC are found beside DEST'
t '... and a library beside a library beside it' test -f origin/lib/sub/libinner.so -o -f origin/usr/lib/sub/libinner.so
mkdir -p build/bin && link build/bin/app '-Wl,-rpath,$ORIGIN/../lib,--enable-new-dtags'
mk --bin build/bin/app:/opt/a/bin/app -q -o up.tar && unpack up up.tar
is "$(in_image up /opt/a/bin/app) $(cd up/opt/a && find . -type f | sort | xargs)" \
	'42 ./bin/app ./lib/libouter.so ./lib/sub/libinner.so' '... also above it'
link build/old '-Wl,-rpath,$ORIGIN/lib:$ORIGIN/lib/sub,--disable-new-dtags'
mk --bin build/old:/srv/old -q -o rpath.tar && unpack rpath rpath.tar
is "$(in_image rpath /srv/old)" 42 '... and by an rpath that is inherited'
is "$(find origin up rpath -path "*$T*")" '' 'no path of this host is in the image'

link build/plain
cp build/lib/libouter.so build/lib/sub/libinner.so elsewhere/
mk --bin build/plain --library-path "$T/elsewhere" -q -o lp.tar && unpack lp lp.tar
is "$(in_image lp /plain)" 42 'what --library-path finds is put where the loader looks'
is "$(mk --bin build/plain --library-path "$T/elsewhere" -e "LD_LIBRARY_PATH=$T/elsewhere" --print rootfs | cut -f5 | grep -c "^$T/elsewhere/lib")" 2 \
	'... unless the image says LD_LIBRARY_PATH itself'

# libother.so is another name of libouter.so, by which a library asks for it.
cp build/lib/libouter.so build/lib/libother.so
echo 'int outer(void); int third(void) { return outer(); }' >third.c
cc -shared -fPIC -o build/lib/libthird.so third.c -Lbuild/lib -lother -Wl,-rpath-link,build/lib/sub '-Wl,-rpath,$ORIGIN'
ln -sf libouter.so build/lib/libother.so
echo '#include <stdio.h>
int outer(void), third(void); int main(void) { printf("%d\n", outer() - third()); return 0; }' >alias.c
cc -o build/alias alias.c -Lbuild/lib -louter -lthird -Wl,-rpath-link,build/lib/sub '-Wl,-rpath,$ORIGIN/lib'
mk --bin build/alias -q -o alias.tar && unpack alias alias.tar
is "$(readelf -d build/lib/libthird.so | grep -c 'NEEDED.*other') $(in_image alias /alias)" '1 0' \
	'a library that is asked for by a second name is found by it'
if [ -e /etc/ld.so.conf ] && mkdir -p host/opt/x && cp build/lib/libouter.so build/lib/sub/libinner.so host/opt/x/; then
	# A root that knows /opt/x by its ld.so.conf alone.
	mk --bin build/plain --library-path "$T/elsewhere" --print rootfs | cut -f5 | grep -E '/lib(c\.so\.6|64/ld|.*/ld-linux)' >from
	while read -r f _; do [ ! -f "$f" ] || { mkdir -p "host$(dirname "$f")" && cp "$f" "host$f"; }; done <from
	[ -e host/lib ] || ln -s usr/lib host/lib
	mkdir -p host/lib64 host/etc && cp /lib64/ld-linux* host/lib64/ 2>/dev/null
	echo /opt/x >host/etc/ld.so.conf
	mk --bin build/plain --root host -q -o conf.tar && unpack conf conf.tar
	is "$(in_image conf /plain)" 42 'what ld.so.conf alone leads to is put where the loader looks'
fi
if command -v musl-gcc >/dev/null; then
	musl-gcc -shared -fPIC -o elsewhere/libmusl.so inner.c
	echo 'int inner(void); int puts(const char *); int main(void) { return puts("musl") < 0 || inner() != 40; }' >m.c
	musl-gcc -o build/m m.c -Lelsewhere -lmusl
	mk --bin build/m --library-path "$T/elsewhere" -q -o musl.tar && unpack musl musl.tar
	is "$(in_image musl /m)" musl 'a program for musl is packed with its loader, and runs'
else
	skip 'a program for musl is packed with its loader, and runs' 'musl-gcc is not installed'
fi
is "$(mk --bin build/app --print rootfs | grep -c '# library: interpreter of /app$')" 1 'the interpreter is named as such'
like "$(mk --bin build/app --print rootfs)" '# library: libouter.so needed by /app, found by runpath in ' \
	'each library says who needs it and what found it'
mk --bin build/app --no-record -q -o here.tar && (cd / && mk --bin "$T/build/app" --no-record -q -o "$T/cwd.tar")
t 'the working directory does not show' cmp here.tar cwd.tar

# $LIB is what this machine's loader has for it.
loader=$(mk deps --json build/alias | jq -r '.interp // ""')
if [ -n "$loader" ] && lib=$("$loader" --list-diagnostics 2>/dev/null | sed -n 's/^dl_dst_lib="\(.*\)"$/\1/p') && [ -n "$lib" ]; then
	mkdir -p "build/$lib" && cc -shared -fPIC -o "build/$lib/libtoken.so" inner.c
	echo 'int inner(void); int puts(const char *); int main(void) { return puts("token") < 0 || inner() != 40; }' >token.c
	cc -o build/token token.c -L"build/$lib" -ltoken '-Wl,-rpath,$ORIGIN/$LIB,--enable-new-dtags'
	mk --bin build/token:/opt/bin/token -q -o token.tar && unpack token token.tar
	is "$(in_image token /opt/bin/token) $(test -f "token/opt/bin/$lib/libtoken.so" && echo there)" 'token there' \
		'a library that $ORIGIN/$LIB leads to has its place beside DEST'
else
	skip 'a library that $ORIGIN/$LIB leads to has its place beside DEST' 'cannot: this loader does not tell its $LIB'
fi

# What an option gives is there instead of what every image has.
mkdir -p own && echo 'hosts: dns' >own/nss && echo 'me:x:7:7::/:/bin/sh' >own/passwd && echo 'me:x:7:' >own/group
mk -q --bin build/app --file own/nss:/etc/nsswitch.conf --file own/passwd:/etc/passwd --file own/group:/etc/group --user 7:7 -o own.tar 2>said
is "$(mk cat own.tar /etc/nsswitch.conf) $(mk cat own.tar /etc/passwd) $(mk cat own.tar /etc/group)$(cat said)" \
	'hosts: dns me:x:7:7::/:/bin/sh me:x:7:' 'nsswitch.conf, passwd and group can be given'
is "$(mk ls own.tar | grep -cE ' etc/(nsswitch.conf|passwd|group)$')" 3 '... and are there once'
like "$(mk why own.tar /etc/passwd)" '\(--file\)$' '... of which why knows'
mk --bin build/app --file own/passwd:/etc/passwd -o own.tar >/dev/null 2>said
is "$(cat said)" 'warning: --file own/passwd:/etc/passwd: does not name 65534, the user of the image; --user says another' \
	'a passwd that does not name the user is warned of'
mkdir -p tree/etc && cp own/nss tree/etc/nsswitch.conf
mk -q --bin build/app --tree tree:/ -o own.tar
is "$(mk cat own.tar /etc/nsswitch.conf)" 'hosts: dns' 'a tree may bring it'
mk -q --bin build/app -o lower.tar && mk -q --bin build/app --base lower.tar --file own/passwd:/etc/passwd --user 7:7 -o own.tar
is "$(mk cat own.tar /etc/passwd)" 'me:x:7:7::/:/bin/sh' '... also over a base'

# The owner of a tree.
mkdir -p grove/sub && echo leaf >grove/sub/leaf && ln -s sub/leaf grove/link && chmod 750 grove/sub
mk -q --bin build/app --tree grove:/srv/data::1000:2000 -o grove.tar
is "$(mk ls grove.tar /srv | awk '{ print $1, $2, $6 }')" "$(printf '%s\n' 'drwxr-xr-x 0/0 srv/' 'drwxr-xr-x 1000/2000 srv/data/' \
	'lrwxrwxrwx 1000/2000 srv/data/link' 'drwxr-x--- 1000/2000 srv/data/sub/' '-rw-r--r-- 1000/2000 srv/data/sub/leaf')" \
	'all of a tree is whose it is said to be, with the modes that it has'
t '... and its recipe says so' mk verify -q --rebuild grove.tar
is "$(mk --bin build/app --tree grove:/srv/data::1000:2000 --print plan | jq -c '.inputs[] | select(.kind == "tree") | [.owner, .mode]')" \
	'["1000:2000",null]' '... and the plan'
mk -q --bin build/app --tree grove:/srv/data -o grove0.tar && mk -q --bin build/app --tree grove:/srv/data::0:0 -o grove1.tar
is "$(mk diff grove0.tar grove.tar | grep -cE 'srv/data.*1000')" 4 '... which is another layer than without, from a cache as well'

done_testing
