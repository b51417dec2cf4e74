#!/usr/bin/env bash
# What a program may open besides its libraries is told, with the option that adds it, and never added unasked.
. "$(dirname "$0")/../lib.sh"
require cc jq
need_glibc

prog() { # NAME CODE [FLAGS]
	local name=$1 code=$2
	shift 2
	printf '#include <dlfcn.h>\n#include <iconv.h>\n#include <libintl.h>\n#include <locale.h>\n#include <stdio.h>\n%s\n' "$code" |
		cc -x c -o "$name" - -x none -Wl,--no-as-needed "$@"
}
lib() { # PATH SONAME [FLAGS]
	local path=$1 soname=$2
	shift 2
	mkdir -p "$(dirname "$path")" && echo 'int f(void) { return 1; }' | cc -shared -fPIC -x c -o "$path" - -x none -Wl,-soname,"$soname" "$@"
}
hints() { # ARG...: WHAT: EVIDENCE; FIX
	mk deps --json "$@" | jq -r '.hints[] | "\(.what): \(.evidence); \(.fix)"'
}
# A root with the loader and libc of this machine and nothing else.
mkdir root && mk deps --list probe | while read -r f; do mkdir -p "root$(dirname "$f")" && cp -L "$f" "root$f"; done
libdir=$(dirname "$(mk deps --list probe | grep -m1 '/libc\.so')") usr=/usr${libdir#/usr}

prog iconv 'int main(void) { return iconv_open("UTF-8", "KOI8-R") == (iconv_t)-1; }'
is "$(hints --root root iconv)" 'character sets beyond UTF-8, UCS-2, UCS-4 and ASCII: iconv imports iconv_open; the root has none of it (LIBDIR/gconv)' \
	gconv_that_is_not_there
prog sets 'int main(int n, char **v) { while (--n) printf("%d", iconv_open("UTF-8", v[n]) != (iconv_t)-1); return 0; }'
cp sets root/
if chroot root /sets UTF-8 >/dev/null 2>&1; then
	is "$(chroot root /sets ASCII UCS-4 UCS-2 UTF-8)$(chroot root /sets UTF-16 KOI8-R)" 111100 '... and these sets are what glibc has without it'
else
	skip '... and these sets are what glibc has without it' 'cannot: chroot wants root'
fi
mkdir -p "root$usr/gconv"
is "$(hints --root root iconv)" "character sets beyond UTF-8, UCS-2, UCS-4 and ASCII: iconv imports iconv_open; --tree $usr/gconv:$usr/gconv" gconv
prog locale 'int main(void) { return !setlocale(LC_ALL, ""); }'
mkdir -p root/usr/lib/locale root/usr/share/locale
is "$(hints --root root locale)" 'locales beyond C and C.UTF-8: locale imports setlocale; --tree /usr/lib/locale:/usr/lib/locale; -e LC_ALL=C.UTF-8 needs no file from glibc 2.35 on' locale
prog gettext 'int main(void) { return !bindtextdomain("a", "/x"); }'
is "$(hints --root root gettext)" 'translated messages: gettext imports bindtextdomain; --tree /usr/share/locale:/usr/share/locale' gettext
prog plain 'int main(void) { return 0; }'
is "$(hints --root root plain)" '' a_plain_program_has_no_hint

# Names in strings.
lib root/lib/libnamed.so.2 libnamed.so.2 && lib root/lib/libchoice.so.1.1 libchoice.so.1.1 && lib root/lib/libthere.so.1 libthere.so.1
prog opens 'int main(int n, char **v) { const char *c = "libchoice.so(.3|.1.1|)"; puts(c); puts("see libtext.so.1 for more"); puts("libnamed.so.2/x");
return dlopen(n > 1 ? "libnamed.so.2" : "libnone.so.9", RTLD_NOW) != 0; }' root/lib/libthere.so.1
is "$(hints --root root opens | sort)" 'libchoice.so.1.1: opens imports dlopen and names it; --lib libchoice.so.1.1 adds /lib/libchoice.so.1.1
libnamed.so.2: opens imports dlopen and names it; --lib libnamed.so.2 adds /lib/libnamed.so.2' names_that_are_there_are_told
prog silent 'int main(void) { puts("libnamed.so.2"); return 0; }'
is "$(hints --root root silent)" '' a_string_without_dlopen_is_none
is "$(mk --root root --bin opens --print rootfs | grep -cE 'libnamed|libchoice')" 0 none_is_added_unasked
is "$(mk --root root --bin opens --lib libnamed.so.2 --print rootfs | cut -f5 | grep -cx /lib/libnamed.so.2)" 1 the_option_in_the_hint_adds_it
is "$(hints --root root --hwcaps v3 opens | wc -l)" 2 hwcaps_make_no_difference

# By soname.
lib root/lib/libpam.so.0 libpam.so.0 && mkdir -p root/etc/pam.d "root$usr/security"
lib root/lib/libmagic.so.1 libmagic.so.1 && mkdir -p root/usr/share/misc && : >root/usr/share/misc/magic.mgc
prog hosts 'int main(void) { return 0; }' root/lib/libpam.so.0 root/lib/libmagic.so.1
is "$(hints --root root hosts)" "PAM modules and their configuration: libpam.so.0 is one of its libraries; --tree /etc/pam.d:/etc/pam.d --tree $usr/security:$usr/security
the magic database: libmagic.so.1 is one of its libraries; --file /usr/share/misc/magic.mgc:/usr/share/misc/magic.mgc" plug_in_hosts_are_known_by_soname

# libcrypto says where it looks.
printf 'const char a[] = "OPENSSLDIR: \\"/usr/lib/ssl\\"", b[] = "MODULESDIR: \\"/opt/modules\\"", c[] = "ENGINESDIR: \\"broken";' |
	cc -shared -fPIC -x c -o root/lib/libcrypto.so.3 - -Wl,-soname,libcrypto.so.3
mkdir -p root/opt/modules
prog tls 'int main(void) { return 0; }' root/lib/libcrypto.so.3
is "$(hints --root root tls)" 'OpenSSL'\''s configuration: libcrypto.so.3 has OPENSSLDIR: "/usr/lib/ssl"; the root has none of it (/usr/lib/ssl/openssl.cnf)
OpenSSL'\''s providers (legacy, fips): libcrypto.so.3 has MODULESDIR: "/opt/modules"; --tree /opt/modules:/opt/modules' openssl_by_its_own_words

# Where they are shown.
is "$(mk deps --root root -v iconv | tail -n 2)" "  may open besides, and is not added by itself:
    character sets beyond UTF-8, UCS-2, UCS-4 and ASCII: iconv imports iconv_open; --tree $usr/gconv:$usr/gconv" deps_v_shows_them
is "$(mk deps --root root iconv | grep -c 'may open')" 0 deps_alone_does_not
run mk --root root --bin iconv -n -v
like "$(cat "$err")" "^iconv: may open character sets beyond .*: iconv imports iconv_open; --tree $usr/gconv:$usr/gconv\$" build_v_shows_them
run mk --root root --bin iconv --tree "root$usr/gconv:$usr/gconv" -n -v
is "$(grep -c 'character sets' "$err")" 0 '... but not what is added already'
run mk --root root --bin iconv --tree "root$usr/gconv:/srv/gconv" -n -v
is "$(grep -c 'character sets' "$err")" 1 '... which it is by its place in the image'
lib root/lib/libnss3.so libnss3.so && for name in softokn3 freebl3 nssckbi; do lib "root/lib/lib$name.so" "lib$name.so"; done
prog tokens 'int main(void) { return 0; }' root/lib/libnss3.so
run mk --root root --bin tokens --lib libsoftokn3.so -n -v
like "$(grep 'token modules' "$err")" 'libraries; --lib /lib/libfreebl3\.so --lib /lib/libnssckbi\.so$' '... nor libraries that --lib adds'
run mk --root root --bin tokens --lib libsoftokn3.so --lib libfreebl3.so --lib libnssckbi.so -n -v
is "$(grep -c 'token modules' "$err")" 0 '... nor all of them'
mk -q --root root --bin opens -o a.tar && mk -v --root root --bin opens -o b.tar 2>"$err" >"$out"
t '... and changes no byte' cmp a.tar b.tar
if command -v musl-gcc >/dev/null; then
	printf '#include <iconv.h>\n#include <locale.h>\nint main(void) { setlocale(LC_ALL, ""); return iconv_open("a", "b") == (iconv_t)-1; }' | musl-gcc -x c -o m -
	is "$(hints m)" '' musl_has_them_inside
fi
done_testing
