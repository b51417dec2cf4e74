#!/usr/bin/env bash
# Content at work: programs in an unpacked image (by umoci, in a chroot, not as root) meet what was packed for them.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/pki.sh"
require umoci jq openssl go
[ "$(id -u)" = 0 ] || skip_all 'cannot: chroot wants root'

cat >client.go <<'GO'
// client: tls ADDRESS | zone NAME | user NAME|UID | home
package main

import (
	"crypto/tls"
	"fmt"
	"os"
	"os/user"
	"time"
)

func try() (string, error) {
	arg := os.Args[2]
	switch os.Args[1] {
	case "tls":
		c, err := tls.Dial("tcp", arg, &tls.Config{ServerName: "localhost"})
		if err != nil {
			return "", err
		}
		return "verified " + c.ConnectionState().VerifiedChains[0][1].Subject.CommonName, nil
	case "zone":
		z, err := time.LoadLocation(arg)
		if err != nil {
			return "", err
		}
		return time.Unix(0, 0).In(z).Format("15:04 MST"), nil
	case "local":
		return time.Unix(0, 0).Format("15:04 MST"), nil
	}
	u, err := user.Lookup(arg)
	if err != nil {
		return "", err
	}
	return u.Uid + ":" + u.Gid + " " + u.HomeDir, nil
}

func main() {
	s, err := try()
	if err != nil {
		s = err.Error()
	}
	fmt.Println(s)
}
GO
CGO_ENABLED=0 GOFLAGS=-mod=mod GOCACHE=$BUILD/go-cache go build -ldflags='-s -w' -o client client.go ||
	skip_all 'cannot: the Go of this machine builds nothing'
root_ca root && root_ca other && issue leaf root leaf || skip_all 'cannot: openssl makes no certificates'

image() { # NAME OPTION...
	local name=$1
	shift
	mk -q "$@" -t "x:$name" -o images/ && umoci unpack --image "images:$name" "$name" >/dev/null 2>&1
}
inside() { # NAME PROGRAM ARG...: as the image's config says, in its environment alone
	local name=$1 env
	shift
	mapfile -t env < <(jq -r '.process.env[] | select(test("^(TERM|HOME)=") | not)' "$name/config.json")
	env -i "${env[@]}" "$(command -v chroot)" --userspec="$(jq -r '.process.user | "\(.uid):\(.gid)"' "$name/config.json")" "$name/rootfs" "$@" 2>&1
}

# A server whose certificate only our root vouches for.
# shellcheck disable=SC2317
stop_server() { kill "$server" 2>/dev/null; }
at_exit+=(stop_server)
port=$((20000 + RANDOM % 20000))
openssl s_server -accept "127.0.0.1:$port" -cert leaf.pem -key leaf.key -quiet -naccept 100 >server.log 2>&1 </dev/null &
server=$!
for _ in $(seq 100); do
	(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break
	sleep 0.1
done

image with --bin client --cert root.pem --certs --tz=Europe/Oslo --passwd-entry app:1000:50:/home/app --user app
is "$(inside with /client tls "127.0.0.1:$port")" 'verified root' 'a root given by --cert is trusted'
image without --bin client --cert other.pem
like "$(inside without /client tls "127.0.0.1:$port")" 'x509: certificate signed by unknown authority' '... and one that was not given is not'
image bare --bin client
like "$(inside bare /client tls "127.0.0.1:$port")" 'x509: ' '... nor is anything where there are none'
cat leaf.pem >chain.pem
cat root.pem other.pem >both.pem
image for --bin client --certs=both.pem --certs-for chain.pem
is "$(inside for /client tls "127.0.0.1:$port") $(grep -c BEGIN for/rootfs/etc/ssl/certs/ca-certificates.crt)" 'verified root 1' \
	'the root that --certs-for picks is the one that is needed'

is "$(inside with /client zone Europe/Oslo)" '01:00 CET' 'a packed zone is loaded'
is "$(inside with /client zone Europe/Moscow)" 'unknown time zone Europe/Moscow' '... and one that was not packed is not there'
image local --bin client --localtime Asia/Tokyo
is "$(inside local /client local x)" '09:00 JST' 'the program lives in --localtime'
is "$(env -i "$(command -v chroot)" local/rootfs /client local x)" '09:00 JST' '... by /etc/localtime too'

is "$(inside with /client user app)" '1000:50 /home/app' 'an account of --passwd-entry is found by its name'
is "$(inside with /client user joe)" 'user: unknown user joe' '... and nobody else'
is "$(stat -c '%u:%g %a' with/rootfs/home/app)" '1000:50 700' '... and its home is its own'

# The preset, with a program that looks for certificates elsewhere unless it is told.
image preset --bin "$(command -v openssl):/openssl" --bin client --preset distroless --cert root.pem
is "$(inside preset /openssl s_client -connect "127.0.0.1:$port" -verify_return_error </dev/null | grep -c '^Verify return code: 0 (ok)')" 1 \
	'SSL_CERT_FILE of the preset leads OpenSSL to the bundle'
is "$(inside preset /client user nonroot)" '65532:65532 /home/nonroot' 'nonroot of the preset is known'
is "$(inside preset /client zone America/New_York)" '19:00 EST' '... and every zone'
is "$(jq -r .process.cwd preset/config.json)" /home/nonroot '... who starts at home'

done_testing
