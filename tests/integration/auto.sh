#!/usr/bin/env bash
# --auto adds what doctor calls required, and a plain build warns of it: once, with the option, and only where nothing
# else supplies it.
. "$(dirname "$0")/../lib.sh"
require cc jq
[ -e /etc/ssl/certs/ca-certificates.crt ] || skip_all 'ca-certificates is not installed'
[ -e /usr/share/zoneinfo/UTC ] || skip_all 'tzdata is not installed'

# Imports are what counts; libraries of these names come with the test.
mkdir lib
echo 'int SSL_CTX_set_default_verify_paths(void *c) { return !c; }' | cc -shared -Wl,-soname,libssl.so.3 -o lib/libssl.so -x c -
echo 'int _ZNSt6chrono8get_tzdbEv(void) { return 0; }' | cc -shared -Wl,-soname,libzones.so -o lib/libzones.so -x c -
ln -s libssl.so lib/libssl.so.3
echo 'int SSL_CTX_set_default_verify_paths(void *); int main(void) { return SSL_CTX_set_default_verify_paths(0); }' >tls.c
echo 'int _ZNSt6chrono8get_tzdbEv(void); int main(void) { return _ZNSt6chrono8get_tzdbEv(); }' >zones.c
cc -o tls tls.c -Llib -lssl && cc -o zones zones.c -Llib -lzones
cc -o plain -x c - <<<'int main(void) { return 0; }'
lib=(--library-path "$T/lib")

told() {
	run mk "$@" "${lib[@]}" -o i.tar
	[ "$status" = 0 ] && cat "$err"
}
packed() {
	mk "$@" "${lib[@]}" --print rootfs 2>/dev/null | awk -F'\t' '{ print $5 }' | grep -cE '^/etc/ssl/certs/ca-certificates.crt$|^/usr/share/zoneinfo/Etc/UTC$'
}

imported='SSL_CTX_set_default_verify_paths imported by the program'
is "$(told --bin tls)" "warning: tls: requires certificates, and the image has none ($imported); add --certs, or --auto" \
	'a plain build warns of certificates'
is "$(told --bin tls --bin tls:/again)" "$(told --bin tls)" '... once'
is "$(told --bin zones)" 'warning: zones: requires zones, and the image has none (_ZNSt6chrono8get_tzdbEv imported by the program); add --tz, or --auto' \
	'a plain build warns of zones'
is "$(told --bin plain)" '' 'nothing is said of a program that needs nothing'
run mk --bin tls --tree none:/srv -o i.tar
is "$status $(cat "$err")" '3 mkscratch: none: no such directory' 'nor where there is no image'
is "$(told -q --bin tls)" '' '-q keeps silence'
is "$(packed --bin tls)" 0 'a warning adds nothing'
mk -q --bin tls "${lib[@]}" -o quiet.tar && mk --bin tls "${lib[@]}" -o loud.tar >/dev/null 2>&1
t '... and changes no byte' sh -c 'mkdir a && cd a && cp ../quiet.tar i.tar && cd .. && cmp quiet.tar loud.tar'

is "$(told --auto --bin tls)" "--auto: --certs for tls ($imported)" '--auto says what it adds'
is "$(packed --auto --bin tls)" 1 '... and adds it'
is "$(packed --auto --bin tls --bin zones)" 2 '... for each program'
is "$(packed --auto --bin plain)" 0 '... and nothing that is not required'
like "$(mk --auto --bin tls "${lib[@]}" --print rootfs 2>/dev/null)" \
	"/etc/ssl/certs/ca-certificates.crt	# --auto: [0-9]+ certificates from .*, for /tls: $imported" 'the reason is the evidence'
is "$(mk --auto --bin zones "${lib[@]}" --print rootfs 2>/dev/null | awk -F'\t' '$5 == "/usr/share/zoneinfo/Etc/UTC" { print $6 }')" \
	'# --auto: zone' '... of zones too'
is "$(told --auto --bin zones --tz=UTC)" '' 'what was chosen is not added to'
diff_ids() {
	mk "$@" --bin tls "${lib[@]}" --json -o i.tar 2>/dev/null | jq -r '.layers[].diff_id'
}
is "$(diff_ids --auto)" "$(diff_ids --certs)" '--auto makes the layers that --certs makes'

# What is but likely is left out, and told.
echo 'int curl_easy_perform(void *c) { return !c; }' | cc -shared -Wl,-soname,libcurl.so.4 -o lib/libcurl.so.4 -x c -
echo 'int curl_easy_perform(void *); int main(void) { return curl_easy_perform(URL); }' >curl.c
cc -w -DURL='"https://example.org"' -o curl curl.c lib/libcurl.so.4 && cc -w -DURL='"http://example.org"' -o nocurl curl.c lib/libcurl.so.4
is "$(told --auto --bin curl)" '--auto: --certs for curl (curl_easy_perform imported by the program)' \
	'libcurl and an address of https require certificates'
is "$(told --auto --bin nocurl)" '--auto: nocurl likely needs --certs too; mkscratch doctor nocurl says why' '... which libcurl alone likely needs'
is "$(packed --auto --bin nocurl)" 0 '... and which are not added'
is "$(told --auto --bin nocurl --certs)$(told --bin nocurl)" '' '... and nothing is said of it where they are, nor without --auto'
is "$(told --auto --bin nocurl --bin curl)" '--auto: --certs for curl (curl_easy_perform imported by the program)' \
	'... nor where another program brings them'
cc -o services -x c - <<<'#include <netdb.h>
int main(int n, char **v) { return !getservbyname(v[n - 1], "tcp"); }'
told_of_services='--auto: services likely needs --file /etc/services:/etc/services too; mkscratch doctor services says why'
is "$(told --auto --bin services)" "$told_of_services" 'a file that is likely needed is told, too'
: >none.txt
is "$(told --auto --bin services --file none.txt:/etc/services)" '' '... unless it is there'
is "$(mk --auto --bin services --preset distroless -o i.tar 2>said >/dev/null && grep -c likely said)" 0 '... by a preset, too'
is "$(told -q --auto --bin services)" '' '... and -q keeps silence'
mk -q --bin plain --file none.txt:/etc/services -o base.tar
is "$(told --auto --bin services --base base.tar)" '' '... and a base that has it'

mkdir -p tree/etc/ssl/certs && : >tree/etc/ssl/certs/mine
for supply in --certs '--cert /etc/ssl/certs/ca-certificates.crt' '--file plain:/etc/ssl/certs/ca-certificates.crt' \
	'--tree tree:/' '--tree tree/etc:/etc' '-e SSL_CERT_FILE=/ca.pem'; do
	# shellcheck disable=SC2086
	is "$(told --bin tls $supply)" '' "no warning with $supply"
done
mkdir other
is "$(told --bin tls --tree other:/ | cut -d' ' -f1)" 'warning:' 'a tree without certificates supplies none'
# shellcheck disable=SC2043
for supply in --tz --tz=UTC '--tree tree/etc:/usr/share/zoneinfo' '-e ZONEINFO=/z.zip'; do
	# shellcheck disable=SC2086
	is "$(told --bin zones $supply)" '' "no warning with $supply"
done

# Of several platforms each has its own evidence, whatever they have in common.
mkdir amd64 arm64 riscv64
echo 'int SSL_CTX_set_default_verify_paths(void *c) { return !c; } int main(void) { return SSL_CTX_set_default_verify_paths(0); }' >static.c
if cc -static -o amd64/tls static.c && cc -static -g -o arm64/tls static.c; then
	cp amd64/tls riscv64/tls
	printf '\267' | dd of=arm64/tls bs=1 seek=18 conv=notrunc status=none
	printf '\363' | dd of=riscv64/tls bs=1 seek=18 conv=notrunc status=none
	mk -q --auto --bin amd64/tls --bin arm64/tls --bin riscv64/tls --json -o many.tar >many.json
	for p in amd64 arm64 riscv64; do
		is "$(mk -q --auto --bin $p/tls --json -o one.tar | jq -r .digest)" \
			"$(jq -r --arg p linux/$p '.manifests[] | select(.platform == $p).digest' many.json)" "$p: --auto makes the image of that platform alone"
	done
	isnt() { [ "$1" != "$2" ]; }
	t '... for reasons that are not the same' isnt "$(mk why --platform linux/amd64 many.tar /etc/ssl/certs/ca-certificates.crt)" \
		"$(mk why --platform linux/arm64 many.tar /etc/ssl/certs/ca-certificates.crt)"
else
	skip '--auto of several platforms' 'cannot: no static libc'
fi
done_testing
