#!/usr/bin/env bash
# Certificates that are packed are found by OpenSSL, which looks where it was told to when it was built.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/pki.sh"
require cc jq openssl strip
root_ca good || skip_all 'cannot: openssl makes no certificates'

# A libcrypto says where it looks: OPENSSLDIR/cert.pem.
openssl_in() { # PATH FILE: a library that looks in FILE
	mkdir -p "$(dirname "$1")" &&
		printf 'const char *const v[] = { "%s", "SSL_CERT_FILE" };\nint f(void) { return !v[0]; }\n' "$2" |
		cc -shared -fPIC -Wl,-soname,libcrypto.so.3 -x c -o "$1" -
}
echo 'int f(void); int main(void) { return f(); }' >app.c
openssl_in lib/libcrypto.so.3 /opt/ssl/cert.pem && cc -o app app.c lib/libcrypto.so.3
entries() { # of a build with certificates: paths and links
	mk --bin app --library-path "$T/lib" --certs=good.pem "$@" --print rootfs 2>&1 | awk -F'\t' '$5 ~ /cert\.pem/ && !/# parent/ { print $5 }'
}
bundle=/etc/ssl/certs/ca-certificates.crt
is "$(entries)" "/opt/ssl/cert.pem -> $bundle" 'where the libcrypto of a program looks, there is a link to the bundle'
is "$(mk --bin app --library-path "$T/lib" --print rootfs | grep -c cert.pem)" 0 '... which nothing makes where no certificates are packed'
is "$(entries -e SSL_CERT_FILE=/certs/own.pem)" '' '... nor where SSL_CERT_FILE says that it looks elsewhere'
is "$(entries --preset distroless)" '' '... as a preset says'
is "$(entries --file good.pem:/opt/ssl/cert.pem)" /opt/ssl/cert.pem 'a file that is there stays'
is "$(entries --link /run/own.pem:/opt/ssl/cert.pem)" '/opt/ssl/cert.pem -> /run/own.pem' '... and a link, that leads nowhere too'
mkdir -p tree/opt/ssl && cp good.pem tree/opt/ssl/cert.pem
is "$(entries --tree tree:/)" /opt/ssl/cert.pem '... and what a tree brings'
is "$(entries --link /etc/ssl:/opt/ssl)" "/etc/ssl/cert.pem -> $bundle" 'links on the way are followed'
is "$(entries --link /run/ssl:/opt/ssl)$(entries --file good.pem:/opt/ssl)$(entries --link loop:/opt/loop --link loop:/opt/ssl)" '' \
	'... and where there is no way nothing is made'
mk -q --bin app --library-path "$T/lib" --certs=good.pem -o i.tar
like "$(mk why i.tar /opt/ssl/cert.pem)" '^/opt/ssl/cert\.pem: where certificates are looked for by /.*/libcrypto\.so\.3 \(--certs\)$' 'why names the library'
like "$(mk why i.tar /opt/ssl/cert.pem)" '^  /.*/libcrypto\.so\.3: libcrypto\.so\.3 needed by /app \(library\)$' '... and what needs that'

# Over a base.
mk -q --bin app --library-path "$T/lib" -o base.tar
is "$(entries --base base.tar)" "/opt/ssl/cert.pem -> $bundle" 'the libcrypto of a base counts'
mk -q --bin app --library-path "$T/lib" --tree tree:/ -o base.tar
is "$(entries --base base.tar)" '' '... and what the base has there stays'
mk -q --bin app --library-path "$T/lib" -e SSL_CERT_FILE=/certs/own.pem -o base.tar
is "$(entries --base base.tar)" '' '... and so does its SSL_CERT_FILE'

# What is no such path.
for odd in cert.pem /cert.pem /a/cert.pem.bak '/a\nb/cert.pem' /a/.wh.b/cert.pem "/$(printf 'x%.0s' {1..250})/cert.pem"; do
	openssl_in lib/libcrypto.so.3 "$odd"
	is "$(entries)" '' "no link for ${odd:0:20}"
done
openssl_in lib/libcrypto.so.3 /a/../b//ssl/cert.pem
is "$(entries)" "/b/ssl/cert.pem -> $bundle" '... and a path is made plain'
printf 'const char *v = "/opt/ssl/cert.pem"; int f(void) { return !v; }' | cc -shared -fPIC -Wl,-soname,libcrypto.so.3 -x c -o lib/libcrypto.so.3 -
is "$(entries)" '' 'what does not know SSL_CERT_FILE is no OpenSSL'

# Programs with OpenSSL in themselves.
own() { # TEXT: the program `own` has it besides what an OpenSSL has
	printf 'const char *const v[] = { "/usr/local/ssl/cert.pem", "SSL_CERT_FILE", "%s" };\nint main(int n, char **a) { return v[n] == *a; }\n' "$1" |
		cc -x c -o own - && strip own
}
told() {
	run mk --bin own --certs=good.pem "$@" -o own.tar
	cat "$err"
}
own x
warning="warning: own: looks for certificates in /usr/local/ssl/cert.pem, and the image has none there; add -e SSL_CERT_FILE=$bundle"
is "$(told)" "$warning" 'a program with an OpenSSL in itself is warned of'
is "$(told -e SSL_CERT_FILE=$bundle)" '' '... and the cure cures'
is "$(told --link $bundle:/usr/local/ssl/cert.pem)" '' '... as a link does'
is "$(mk -q --bin own -o own.tar 2>&1)" '' '... and nothing is said where no certificates are packed'
is "$(mk doctor --json own | jq -r .cert_file)" /usr/local/ssl/cert.pem 'doctor tells where it looks'
like "$(mk doctor own)" '^  openssl       /usr/local/ssl/cert\.pem: where it looks for certificates, unless SSL_CERT_FILE says otherwise$' '... on the screen'
is "$(mk doctor own | tail -n 1)" "  => mkscratch --bin own --certs -e SSL_CERT_FILE=$bundle -o img.tar" '... and gives the command'
# It is looked through once, whether somebody asks what else it needs or not.
times_read() { # OPTION...
	strace -f -qq -y -o calls -e trace=pread64 "$MKSCRATCH" --bin own --certs=good.pem "$@" --print rootfs >/dev/null 2>&1
	awk -v size="$(wc -c <own)" 'index($0, "/own>") { n += $NF } END { printf "%d", (n + size / 2) / size }' calls
}
printf 'const char *const v[] = { "/usr/local/ssl/cert.pem", "SSL_CERT_FILE" }, large[1000000] = { "x" };\nint main(int n, char **a) { return v[n] == *a || large[n]; }\n' |
	cc -x c -o own - && strip own
if strace -qq -o calls true 2>/dev/null; then
	is "$(times_read) $(times_read --auto) $(times_read --tz=UTC) $(times_read -e SSL_CERT_FILE=/x)" '1 1 1 1' 'a program is read once, whoever asks'
else
	skip 'a program is read once, whoever asks' 'cannot: strace is not here, or may not trace'
fi
is "$(told --auto)" "$warning" '... and told of all the same'
is "$(told --tz=UTC)" "$warning" '... where nothing else is asked'
own "%s/ca-certificates.crt"
is "$(told)$(mk doctor --json own | jq -c .cert_file)" null 'one that knows the bundle by name may look there by itself'

# The real one.
cat >verify.c <<'END'
#include <openssl/pem.h>
#include <openssl/ssl.h>
int main(int n, char **v)
{
	SSL_CTX *c = SSL_CTX_new(TLS_client_method());
	X509_STORE_CTX *s = X509_STORE_CTX_new();
	FILE *f = fopen(v[n - 1], "r");
	X509 *x = f ? PEM_read_X509(f, NULL, NULL, NULL) : NULL;

	return !x || !SSL_CTX_set_default_verify_paths(c) || !X509_STORE_CTX_init(s, SSL_CTX_get_cert_store(c), x, NULL) ||
	       X509_verify_cert(s) != 1;
}
END
cc -o verify verify.c -lssl -lcrypto
trusts() { # ARG...: does the program in the image trust the root?
	rm -rf there && mkdir there && mk -q --bin verify --file good.pem:/good.pem "$@" --layers single --compress none -o real.tar &&
		tar xf real.tar -C there && mkdir there/fs && tar xf "there/$(jq -r '.[0].Layers[0]' there/manifest.json)" -C there/fs &&
		env -i "$(command -v chroot)" there/fs /verify /good.pem
}
if [ "$(id -u)" = 0 ]; then
	t 'OpenSSL trusts what --cert packs' trusts --cert good.pem
	t '... and what --certs=FILE does' trusts --certs=good.pem
	fails() { ! trusts "$@"; }
	t '... and nothing else' fails
else
	skip 'OpenSSL trusts what --cert packs' 'cannot: chroot wants root'
fi
done_testing
