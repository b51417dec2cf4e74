#!/usr/bin/env bash
# Certificates that are sound but will not do: too old, not to be had, none that signs.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/pki.sh"
require cc openssl
printf 'int main(void){return 0;}\n' >app.c
cc -static -o app app.c || skip_all "cannot: no static libc"
mkdir root
root_ca old 20010101000000Z 20000101000000Z && root_ca good && root_ca other && issue mid good ca && issue leaf mid leaf ||
	skip_all "cannot: openssl makes no certificates"

refused() { # STATUS LINE [HINT] -- ARG...: in an empty root
	must_fail "$@" --bin app --root root -o x.tar
}

refused 3 'old.pem: certificate 1 (line 1), CN=old: expired on 2001-01-01' '--allow-expired packs it all the same' -- --cert old.pem
cat good.pem old.pem >both.pem
lines=$(wc -l <good.pem)
refused 3 "both.pem: certificate 2 (line $((lines + 1))), CN=old: expired on 2001-01-01" '--allow-expired packs it all the same' -- \
	--cert both.pem
openssl x509 -in old.pem -outform DER -out old.der
refused 3 'old.der: certificate 1, CN=old: expired on 2001-01-01' -- --cert old.der
mkdir dir && cp old.pem dir/ && echo text >dir/README && cp good.key dir/good.key
refused 3 'dir/old.pem: certificate 1 (line 1), CN=old: expired on 2001-01-01' -- --cert dir
refused 3 'both.pem: certificate 2 (line '$((lines + 1))'), CN=old: expired on 2001-01-01' -- \
	--certs=both.pem --certs-expiry-min 1d
rm dir/old.pem
refused 3 'dir: no certificate found' 'of a directory the files *.crt, *.pem, *.cer, *.der and those of openssl rehash are read' -- --certs=dir
cp good.key dir/good.pem
refused 3 'dir/good.pem: holds a private key (block 1); refusing to pack it' -- --cert dir

# The gate. 2120 is 34,000 days from 2026 and 30,000 from 2037.
run mk --bin app --root root -o x.tar --cert good.pem --certs-expiry-min 90000d
like "$status $(head -n 1 "$err")" \
	'^3 mkscratch: good\.pem: certificate 1 \(line 1\), CN=good: expires on 2120-01-01, too soon for --certs-expiry-min \([0-9]{5} vs 90000 days\)$' \
	'a certificate that expires too soon is named, with its date'
refused 2 '--certs-expiry-min 90: not a duration' '--certs-expiry-min 90s, 1m30s, 12h or 90d' -- --cert good.pem --certs-expiry-min 90
refused 2 '--certs-expiry-min 90d: no certificates are packed' '--certs, --cert FILE or --certs-for FILE' -- --certs-expiry-min 90d

# Chains.
chain='openssl s_client -showcerts -connect HOST:443 prints a whole chain; --cert FILE adds a root'
refused 3 'leaf.pem: certificate 1 (line 1), CN=leaf: none of 1 roots ends its chain (issuer CN=mid)' "$chain" -- \
	--certs=good.pem --certs-for leaf.pem
cat leaf.pem mid.pem >whole.pem
refused 3 'whole.pem: certificate 1 (line 1), CN=leaf: none of 1 roots ends its chain (issuer CN=mid)' "$chain" -- \
	--certs=other.pem --certs-for whole.pem
refused 3 'none.pem: no such file' -- --certs=good.pem --certs-for none.pem
refused 3 'leaf.key: no certificate found' -- --certs=good.pem --certs-for leaf.key
refused 2 '--certs-for: the value is empty' -- --certs-for ''
for _ in $(seq 257); do cat leaf.pem; done >many.pem
refused 3 '--certs-for: too many certificates (257 vs 256)' -- --certs=good.pem --certs-for many.pem
refused 3 'CA bundle: none found in root (looked in 6 places)' -- --certs-for whole.pem

done_testing
