#!/usr/bin/env bash
# --certs, --cert, --certs-for and their dates: what is packed, and what is said.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/pki.sh"
require cc jq openssl
printf 'int main(void){return 0;}\n' >app.c
cc -static -o app app.c || skip_all "cannot: no static libc"
root_ca old 20010101000000Z 20000101000000Z && root_ca older 19990101000000Z 19980101000000Z && root_ca good && root_ca other &&
	root_ca future 21200101000000Z 21100101000000Z && issue mid good ca && issue leaf mid leaf ||
	skip_all "cannot: openssl makes no certificates"
mkdir -p root/etc/ssl/certs && cat good.pem old.pem other.pem older.pem >root/etc/ssl/certs/ca-certificates.crt

packed() { # names of the packed certificates
	mk --bin app --root root --layers single --compress none -q -o p.tar "$@" && rm -rf p && mkdir p && tar xf p.tar -C p &&
		tar xf "p/$(jq -r '.[0].Layers[0]' p/manifest.json)" -O etc/ssl/certs/ca-certificates.crt >packed.pem &&
		openssl crl2pkcs7 -nocrl -certfile packed.pem | openssl pkcs7 -print_certs | sed -n 's/^subject=CN = //p' | sort | xargs
}
said() { # what is said on stderr
	run mk --bin app --root root -o s.tar "$@"
	cat "$err"
}
digest() { mk --bin app --root root --json -o d.tar "$@" --no-record | jq -r .digest; }

# Expired.
is "$(packed --certs)" 'good old older other' 'what the bundle of the root holds is packed, expired or not'
is "$(said --certs)" '' '... without a word'
like "$(said --certs -v)" "^root/etc/ssl/certs/ca-certificates.crt: certificate 2 \(line [0-9]+\), CN=old: expired on 2001-01-01 \(and 1 more like it\)$" \
	'... but for -v'
cp root/etc/ssl/certs/ca-certificates.crt b.pem
like "$(said --certs=b.pem)" '^warning: b.pem: certificate 2 \(line [0-9]+\), CN=old: expired on 2001-01-01 \(and 1 more like it\)$' \
	'of a bundle that was named there is a warning'
is "$(said --certs=b.pem --allow-expired)" '' '... that --allow-expired silences'
is "$(packed --cert old.pem --cert good.pem --allow-expired)" 'good old' '--allow-expired packs one that was named'
is "$(said --cert old.pem --allow-expired)" '' '... without a word'
is "$(said --cert good.pem --certs-expiry-min 90d)" '' 'a certificate that lives long passes the gate'
is "$(packed --certs --allow-expired --certs-expiry-min 90d)" 'good old older other' 'the gate passes over those that may have expired'
like "$(said --cert future.pem)" '^warning: future.pem: certificate 1 \(line 1\), CN=future: not valid before 2110-01-01$' \
	'one that is not valid yet is packed with a warning'
like "$(said --cert leaf.pem)" '^warning: leaf.pem: certificate 1 \(line 1\), CN=leaf: is not a CA, so nothing that it signed is trusted$' \
	'so is one that is no CA'

# What is told.
is "$(mk --bin app --root root --certs --json -o j.tar | jq -c '.certificates | del(.sha256)')" \
	'{"count":4,"expired":2,"first_expiry":"1999-01-01T00:00:00Z","first_subject":"CN=older"}' '--json tells count and dates'
is "$(mk --bin app --root root --certs --json -n | jq -r .certificates.sha256)" \
	"sha256:$(packed --certs >/dev/null; sha256sum <packed.pem | cut -d' ' -f1)" '... and the digest of the bundle, in a dry run too'
is "$(mk --bin app --root root --json -n | jq -c .certificates)" null '... where there is a bundle'
said --certs -v >told
like "$(cat told)" '^certificates: 4 from /etc/ssl/certs/ca-certificates.crt, 0 duplicates dropped$' '-v tells the count'
like "$(cat told)" '^certificates: the next to expire is CN=(good|other), on 2' '... the next to expire, of those that have not yet'
mk -q --bin app --root root --certs -o told.tar
like "$(mk inspect told.tar | grep -A 1 '^Certificates')" '^  4, 2 expired; the next to expire, on 2[0-9-]*: CN=(good|other)$' '... and so does inspect'
like "$(cat told)" '^certificates: the bundle is sha256:[0-9a-f]{64}$' '... and the digest'

# Directories and DER.
mkdir -p dir/sub && cp good.pem dir/good.crt && openssl x509 -in other.pem -outform DER -out dir/sub/other.der &&
	ln -s ../mid.pem dir/mid.cer && cp leaf.key dir/leaf.key && cp leaf.pem dir/leaf.txt && ln -s sub dir/dir.pem
is "$(packed --certs=dir)" 'good mid other' 'a directory gives its .crt, .pem, .cer and .der, through links too'
mkdir hashed && cp good.pem hashed/0a1b2c3d.0 && cp other.pem hashed/0a1b2c3d.1 && cp leaf.key hashed/0a1b2c3d.r0
is "$(packed --certs=hashed)" "$(packed --certs=good.pem --cert other.pem)" '... and the names of openssl rehash'
is "$(digest --certs=dir)" "$(digest --cert mid.pem --cert dir/sub/other.der --cert good.pem --certs=good.pem)" \
	'the same certificates are the same image, whatever they come from'

# Chains.
cat leaf.pem mid.pem >whole.pem
is "$(packed --certs-for whole.pem)" good '--certs-for leaves the root that ends the chain'
cat mid.pem leaf.key leaf.pem >combined.pem
is "$(packed --certs-for combined.pem)" good '... whatever the order, with a key beside, and packs no key'
t '... indeed' openssl verify -CAfile packed.pem -untrusted mid.pem leaf.pem
is "$(packed --certs-for good.pem)" good 'a root among the presented certificates is found itself'
is "$(packed --certs-for whole.pem --cert other.pem)" 'good other' '--cert is packed whatever the chains'
issue mid2 other ca && issue leaf2 mid2 leaf && cat leaf2.pem mid2.pem leaf.pem mid.pem >two.pem
is "$(packed --certs-for two.pem)" 'good other' 'several chains in a file need all of their roots'
is "$(packed --certs-for whole.pem --certs-for mid2.pem)" 'good other' '... and so do several files'
openssl x509 -in good.pem -out reissued.pem && root_ca good 21300101000000Z && cat reissued.pem good.pem >pair.pem
is "$(packed --certs=pair.pem --certs-for whole.pem)" good 'a root of the same name with another key does not sign'

done_testing
