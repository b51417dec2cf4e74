#!/usr/bin/env bash
# Content that cannot be packed: each with its sentence and, where one helps, its hint.
. "$(dirname "$0")/../lib.sh"
require cc openssl
printf 'int main(void){return 0;}\n' >app.c
cc -static -o app app.c || skip_all "cannot: no static libc"
mkdir root

refused() { # STATUS LINE [HINT] -- ARG...: in an empty root
	must_fail "$@" --bin app --root root -o x.tar
}

# Certificates.
openssl req -x509 -newkey ed25519 -nodes -keyout key.pem -out cert.pem -subj /CN=x -days 3650 2>/dev/null ||
	skip_all "cannot: openssl makes no ed25519 certificate"
refused 3 'CA bundle: none found in root (looked in 6 places)' "install ca-certificates in root, or take this host's: --certs=/etc/ssl/certs/ca-certificates.crt" -- --certs
refused 3 'none.pem: no such file' -- --certs=none.pem
cat cert.pem cert.pem key.pem >ca.pem
refused 3 'ca.pem: holds a private key (block 3); refusing to pack it' -- --certs=ca.pem
refused 3 'key.pem: holds a private key (block 1); refusing to pack it' -- --cert key.pem
echo 'no block here' >ca.pem
refused 3 'ca.pem: no certificate found' -- --certs=ca.pem
: >ca.pem
refused 3 'ca.pem: no certificate found' -- --certs=ca.pem
lines=$(wc -l <cert.pem)
{ cat cert.pem; sed '2s/^./*/' cert.pem; } >ca.pem
refused 3 "ca.pem: certificate 2 (line $((lines + 2))): invalid base64" -- --certs=ca.pem
openssl x509 -in cert.pem -trustout -out ca.pem
refused 3 'ca.pem: block 1 (line 1) is no certificate but "TRUSTED CERTIFICATE"' \
	'openssl x509 -in FILE writes it as a plain certificate' -- --certs=ca.pem
printf -- '-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n' >ca.pem
refused 3 'ca.pem: block 1 (line 1) is no certificate but "X509 CRL"' -- --certs=ca.pem
printf -- '-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n' >ca.pem
refused 3 'ca.pem: certificate 1 (line 1): not an X.509 certificate' -- --certs=ca.pem
head -n 2 cert.pem >ca.pem
refused 3 'ca.pem: block 1 (line 1): no END line' -- --certs=ca.pem
truncate -s 16777217 ca.pem
refused 3 'ca.pem: larger than 16777216 bytes' -- --certs=ca.pem
for _ in $(seq 64); do cat cert.pem; done >c64 && for _ in $(seq 65); do cat c64; done >ca.pem
refused 3 'ca.pem: more than 4096 certificates' -- --certs=ca.pem
rm -f ca.pem && mkfifo ca.pem
refused 3 'ca.pem: is a FIFO, expected a regular file' -- --certs=ca.pem
mkdir -p root/etc/ssl/certs && ln -s ca-certificates.crt root/etc/ssl/certs/ca-certificates.crt
refused 3 '/etc/ssl/certs/ca-certificates.crt: too many symbolic links (40)' -- --certs
rm -r root/etc
printf 'x\033[31m' >"$(printf 'evil\033[31m.pem')"
refused 3 'evil\x1b[31m.pem: no certificate found' -- --certs="$(printf 'evil\033[31m.pem')"

# Zones.
refused 3 'zoneinfo: no zones found in root (looked in /usr/share/zoneinfo)' \
	"install tzdata in root, or take this host's: --tree /usr/share/zoneinfo:/usr/share/zoneinfo" -- --tz
refused 3 'zoneinfo: no zones found in root (looked in /usr/share/zoneinfo)' -- --tz=Europe/Oslo
refused 3 'zoneinfo: no zones found in root (looked in /usr/share/zoneinfo)' -- --localtime Europe/Oslo
refused 2 'zone "../../etc/passwd": not a zone name' \
	"--tz=Europe/Oslo,UTC or --tz='Europe/*'; --tz alone takes all zones" -- --tz=../../etc/passwd
refused 2 'zone "Europe/*": not a zone name' '--localtime Europe/Oslo' -- --localtime 'Europe/*'
refused 2 'zone "": not a zone name' '--localtime Europe/Oslo' -- --localtime ''
refused 2 'zone "posix/UTC": not a zone name' \
	'posix/ and right/ hold the same zones in other encodings; their name is UTC' -- --tz=posix/UTC
zi=root/usr/share/zoneinfo
mkdir -p $zi/Europe
zone() { # a TZif file of version 1 with so many transitions (as printf escapes), though it holds none
	printf TZif && head -c 28 /dev/zero && printf "$1\\0\\0\\0\\001\\0\\0\\0\\004\\0\\0\\0\\0\\0\\0UTC\\0"
}
zone '\0\0\0\0' >$zi/Europe/Moscow
zone '\0\0\0\0' >$zi/localtime
refused 2 'zone "localtime": is a setting of the host, no zone' 'name the zone itself: --localtime Europe/Oslo' -- --tz=localtime
rm $zi/localtime
refused 2 'zone "Europe/Mosow": not in /usr/share/zoneinfo' 'did you mean Europe/Moscow?' -- --tz=Europe/Mosow
refused 2 'zone "Europe/Mosow": not in /usr/share/zoneinfo' 'did you mean Europe/Moscow?' -- --localtime Europe/Mosow
refused 2 'zone "E*": matches nothing in /usr/share/zoneinfo' '* and ? stop at "/", as in Europe/* and America/*/*' -- --tz='E*'
refused 2 'zone "Europe": is a directory of zones' "'Europe/*' names all that are in it" -- --tz=Europe
zone '\377\377\377\377' >$zi/Europe/Oslo
refused 3 'Europe/Oslo: length from header is 21474836529, file has 54 bytes' -- --tz
echo text >$zi/Europe/Oslo
refused 3 'Europe/Oslo: not a zone file (no TZif header)' -- --tz=Europe/Oslo
rm $zi/Europe/Oslo && mkfifo $zi/Europe/Oslo
refused 3 'Europe/Oslo: is a FIFO, expected a regular file' -- --tz
rm $zi/Europe/Oslo && ln -s /etc/passwd $zi/Europe/Oslo
refused 2 'zone "Europe/Oslo": not in /usr/share/zoneinfo' -- --tz=Europe/Oslo

# Users.
refused 2 'user "a:b": character ":" is not allowed' -- --user a:b
refused 2 'uid 4294967296: larger than 2147483646' -- --user 4294967296
entry='--passwd-entry NAME:UID[:GID[:HOME[:SHELL]]], or a line of passwd(5)'
refused 2 '--passwd-entry app: has no uid' "$entry" -- --passwd-entry app
refused 2 '--passwd-entry a:b:1: uid "b": not a whole number' "$entry" -- --passwd-entry a:b:1
refused 2 '--passwd-entry app: holds a password, which everybody could read' 'an image has no log-in: write x in its place' -- \
	--passwd-entry 'app:$6$salt$hash:1000:1000::/:/bin/sh'
refused 2 '--group-entry app:1:joe: member "joe" is no user of the image' '--passwd-entry NAME:UID makes one' -- --group-entry app:1:joe
refused 2 '--group-entry app:1:nobody,root,nobody: member "nobody" is given twice' -- --group-entry app:1:nobody,root,nobody
refused 2 '--passwd-entry a: its home /etc/passwd is a file (--user)' \
	'--passwd-entry NAME:UID[:GID[:HOME[:SHELL]]] with a directory for HOME' -- --passwd-entry a:1:1:/etc/passwd
refused 2 '--group-entry app: has no gid' '--group-entry NAME:GID[:MEMBER,...], or a line of group(5)' -- --group-entry app
refused 2 'uid 1: has two names (a and b)' -- --passwd-entry a:1 --passwd-entry b:1
refused 2 'user "joe": has no uid and is none of nobody, nonroot, root' \
	'--user nobody, nonroot, root, UID[:GID], NAME:UID[:GID], or the name of a --passwd-entry' -- --user joe --passwd-entry app:1
refused 2 '--preset debian: is none of scratch, distroless' 'mkscratch help presets' -- --preset debian
refused 3 'CA bundle: none found in root (looked in 6 places)' -- --preset distroless
refused 2 '/home/a: given by --passwd-entry a and by --passwd-entry b' \
	'they differ in mode or owner: 0700 1:1 and 0700 2:2' -- --passwd-entry a:1:1:/home/a --passwd-entry b:2:2:/home/a
echo 'me:x:1:1::/:/bin/sh' >passwd
refused 2 '/etc/passwd: given by --user and by --file ./passwd:/etc/passwd' \
	'put the lines of --passwd-entry into that file, and leave the option out' -- --file ./passwd:/etc/passwd --passwd-entry a:7
echo 'me:x:1:' >group
refused 2 '/etc/group: given by --user and by --file ./group:/etc/group' \
	'put the lines of --group-entry into that file, and leave the option out' -- --file ./group:/etc/group --group-entry a:7
refused 2 '/etc/nsswitch.conf: given by --file ./group:/etc/nsswitch.conf and by --file ./passwd:/etc/nsswitch.conf' -- \
	--file ./group:/etc/nsswitch.conf --file ./passwd:/etc/nsswitch.conf

refused 2 '--tree root:/b:0755: a tree keeps the modes of its files ("0755")' '--tree SRC:DEST::UID:GID gives it an owner' -- --tree root:/b:0755

# Capabilities.
refused 2 '--cap /app: is not PATH=CAPABILITY' '--cap /app=cap_net_bind_service' -- --cap /app
refused 2 '--cap /app=: is not PATH=CAPABILITY' '--cap /app=cap_net_bind_service' -- --cap /app=
refused 2 '--cap app=cap_chown: "app" is not an absolute path' -- --cap app=cap_chown
refused 2 '--cap /app=cap_chown,bind: "bind" is not a capability' 'capabilities(7) lists them' -- --cap /app=cap_chown,bind
refused 2 '--cap /app=cap_net_bind: "cap_net_bind" is not a capability' 'did you mean cap_net_bind_service?' -- --cap /app=cap_net_bind
refused 2 '--cap /app=net_ra: "net_ra" is not a capability' 'did you mean cap_net_raw?' -- --cap /app=net_ra
refused 2 '--cap /app=cap_foo: "cap_foo" is not a capability' 'capabilities(7) lists them' -- --cap /app=cap_foo
refused 2 '--cap cap_chwon: is not PATH=CAPABILITY' '--cap /app=cap_chown' -- --cap cap_chwon
refused 2 '--cap cap_syslog: is not PATH=CAPABILITY' '--cap /app=cap_syslog' -- --cap cap_syslog
refused 2 '--cap /app=cap_net_row: "cap_net_row" is not a capability' 'did you mean cap_net_raw?' -- --cap /app=cap_net_row
refused 2 '--cap /app=cap_chown+eip: the sets "+eip" are not effective and permitted' 'leave them out, or write +ep' -- \
	--cap /app=cap_chown+eip
refused 2 '--cap /ap=cap_chown: no such file in the image' '--print rootfs lists what there is' -- --cap /ap=cap_chown
refused 2 '--cap /tmp=cap_chown: is a directory, expected a regular file' -- --cap /tmp=cap_chown
refused 2 '--cap /l=cap_chown: is a symbolic link' 'capabilities belong to the file that it leads to (app)' -- \
	--link app:/l --cap /l=cap_chown

# Files, trees, directories.
refused 3 'none: no such file' -- --file none:/x
refused 3 'root: is a directory, expected a regular file' -- --file root:/x
# Files that the kernel makes up tell another size than they have.
refused 3 '/proc/version: says that it has 0 bytes, and has more' 'cat /proc/version >copy, and take that' -- --file /proc/version:/x
must_fail 3 '/proc/sys/kernel/random/boot_id: says that it has 0 bytes, and has more' \
	'cat /proc/sys/kernel/random/boot_id >copy, and take that' -- --bin app --root root -n --tree /proc/sys/kernel/random:/x
page=/sys/kernel/mm/transparent_hugepage/enabled
refused 3 "$page: says that it has 4096 bytes, and has $(wc -c <<<"$(cat $page)")" "cat $page >copy, and take that" -- --file $page:/x
refused 3 '/dev/null: is a character device, expected a regular file' -- --file /dev/null:/x
ln -s loop loop
refused 3 'loop: too many symbolic links (40)' -- --file loop:/x
refused 3 'none: no such directory' -- --tree none:/x
refused 3 'app.c: is a regular file, expected a directory' '--file app.c:/x' -- --tree app.c:/x
mkdir -p tree/run && mkfifo tree/run/pipe
refused 3 'tree/run/pipe: is a FIFO, expected a regular file, directory or link' -- --tree tree:/x
rm tree/run/pipe && touch tree/run/.wh.x
refused 3 'tree/run/.wh.x: names beginning with .wh. are reserved for deletions' -- --tree tree:/x
rm tree/run/.wh.x && mkdir -p "tree/$(printf 'd/%.0s' $(seq 256))"
refused 3 'tree: nested deeper than 256 directories' -- --tree tree:/x
refused 2 '/x: given by --file app.c:/x and by --file app:/x' -- --file app.c:/x --file app:/x
refused 2 '/tmp: given by mkscratch itself and by --dir /tmp' -- --dir /tmp

# The root and the programs.
must_fail 2 '--root none: no such directory' -- --bin app --root none -o x.tar
must_fail 2 '--root app.c: not a directory' -- --bin app --root app.c -o x.tar
refused 2 '--lib libz.so.1: /app is static and loads nothing' -- --lib libz.so.1

# Libraries that are no libraries; the loader of this host is not needed to say so.
printf 'int f(void); int main(void){return f();}\n' >needs.c && printf 'int f(void){return 0;}\n' >f.c
cc -shared -fPIC -o libf.so f.c && cc -o needs needs.c -L. -lf "-Wl,-rpath,$T/lib,--enable-new-dtags"
mkdir lib && mkfifo lib/libf.so
run timeout 20 "$MKSCRATCH" --bin needs -o x.tar
is "$status" 3 'a FIFO in the place of a library does not hang'
like "$(head -n 1 "$err")" 'libf\.so: is a FIFO, expected a regular file$' '... and is named'
rm lib/libf.so && ln -s libf.so lib/libf.so
run mk --bin needs -o x.tar
like "$status $(head -n 1 "$err")" '^3 mkscratch: .*libf\.so: too many symbolic links \(40\)$' 'a library that links to itself is named'
# $ORIGIN with another token, from a SRC that DEST is not beside.
for cpu in x86_64 aarch64 i686 v7l v6l power8 z900; do
	mkdir -p build/lib/$cpu && cp libf.so build/lib/$cpu/
done
cc -o build/token needs.c -L. -lf '-Wl,-rpath,$ORIGIN/lib/$PLATFORM,--enable-new-dtags'
run mk --bin build/token -o x.tar
like "$status $(grep -v ^warning "$err" | head -n 1)" \
	'^4 mkscratch: libf\.so: found in .*/build/lib.* by way of \$ORIGIN, which is elsewhere in the image$' \
	'a library beside SRC that has no sure place beside DEST is refused'

done_testing
