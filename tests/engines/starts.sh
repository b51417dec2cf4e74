#!/usr/bin/env bash
# It starts: dynamic programs of the distribution and of this hour, packed, unpacked by umoci and run where nothing but
# the image is; each does some real work, and what it says is looked at.
# shellcheck disable=SC2016
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/engines/common.sh"
require umoci jq cc c++ openssl python3
[ "$(id -u)" = 0 ] || skip_all 'cannot: chroot wants root'
unshare --mount true 2>/dev/null || skip_all 'cannot: no mount namespace here'
need_glibc
libdir=$(dirname "$(realpath "$(mk deps --list probe | grep -m1 '/libc\.so')")")

# pack NAME ARG...: an image of that tag in the layout l/, unpacked in b/NAME/rootfs
pack() {
	local name=$1
	shift
	mkdir -p b && mk -q "$@" -t "app:$name" --compress none -o l/ && umoci unpack --image "l:$name" "b/$name" >/dev/null
}
# within NAME COMMAND...: run in the image as its user, with /proc and /dev/null beside it
within() {
	local root=b/$1/rootfs
	shift
	mkdir -p "$root/proc" "$root/dev" && : >>"$root/dev/null"
	unshare --mount sh -c 'root=$1; shift; mount -t proc proc "$root/proc" 2>/dev/null || mount --bind /proc "$root/proc"
		mount --bind /dev/null "$root/dev/null"
		exec env -i PATH=/usr/bin:/bin HOME=/tmp "$(command -v chroot)" --userspec=65534:65534 "$root" "$@"' sh "$root" "$@" 2>&1
}
# of NAME PACKAGE PROGRAM...: where there is no such program, its tests are skipped
of() {
	local name=$1 package=$2 program
	shift 2
	for program; do
		[ -x "$program" ] && continue
		skip "$name" "$package is not installed"
		return 1
	done
}

# --- a TLS server for those that speak it: files of this directory, on the loopback ---
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out ca.pem -subj /CN=localhost \
	-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -days 3650 2>/dev/null
mkdir www && echo 'over TLS' >www/hello
cat >server.py <<'P'
import functools, http.server, ssl
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory='www')
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain('ca.pem', 'key.pem')
server.socket = tls.wrap_socket(server.socket, server_side=True)
open('port.new', 'w').write(str(server.server_address[1]))
__import__('os').rename('port.new', 'port')
server.serve_forever()
P
python3 server.py >server.log 2>&1 &
server=$!
stop_server() { kill "$server" 2>/dev/null; }
at_exit+=(stop_server)
for _ in $(seq 100); do [ ! -s port ] || break; sleep 0.1; done
port=$(cat port 2>/dev/null)
printf '127.0.0.1 localhost here\n' >hosts
printf 'http 80/tcp\nhttps 443/tcp\n' >services
net=(--cert ca.pem --file hosts:/etc/hosts)

# --- programs of the distribution ---
if of openssl openssl /usr/bin/openssl; then
	pack openssl --bin /usr/bin/openssl --file /etc/ssl/openssl.cnf:/usr/lib/ssl/openssl.cnf "${net[@]}" \
		--tree "$libdir/ossl-modules:$libdir/ossl-modules"
	like "$(within openssl /openssl s_client -brief -verify_return_error -CAfile /etc/ssl/certs/ca-certificates.crt \
		-connect "localhost:$port")" 'Verification: OK' 'openssl: a handshake against the CA of the image'
	is "$(within openssl /openssl list -providers -provider legacy -provider default | grep -c 'status: active')" 2 \
		'openssl: a provider of its modules directory is loaded'
	like "$(within openssl /openssl genpkey -algorithm ed25519)" 'BEGIN PRIVATE KEY' 'openssl: a key'
fi
if of sqlite3 sqlite3 /usr/bin/sqlite3; then
	pack sqlite3 --bin /usr/bin/sqlite3
	is "$(within sqlite3 /sqlite3 /tmp/a.db 'create table t(a,b); insert into t values (1,2),(3,4),(5,6);
		select sum(a*b), max(json_extract(json_array(a,b), "$[1]")) from t')" '44|6' 'sqlite3: a table on disk, a query'
fi
if of curl curl /usr/bin/curl; then
	pack curl --bin /usr/bin/curl "${net[@]}"
	is "$(within curl /curl -sS "https://localhost:$port/hello")" 'over TLS' 'curl: over TLS, name by /etc/hosts'
fi
if of git git /usr/bin/git /usr/lib/git-core/git-remote-https; then
	git init -q repo && (cd repo && echo content >file && git add file &&
		git -c user.name=a -c user.email=a@b commit -qm one && git -c user.name=a -c user.email=a@b tag -am t v1)
	git clone -q --bare repo www/repo.git && git -C www/repo.git update-server-info
	pack git --bin /usr/bin/git:/usr/bin/git --bin /usr/lib/git-core/git-remote-https:/usr/lib/git-core/git-remote-https \
		--bin /usr/lib/git-core/git-http-fetch:/usr/lib/git-core/git-http-fetch "${net[@]}" --entrypoint /usr/bin/git
	within git /usr/bin/git clone -q --template= "https://localhost:$port/repo.git" /tmp/c >git.log
	is "$(cat git.log b/git/rootfs/tmp/c/file 2>&1)" content 'git: clone by the https helper'
	is "$(within git /usr/bin/git -C /tmp/c -c safe.directory=* log --format=%s -1)" one 'git: the history is there'
fi
if of python3 python3 /usr/bin/python3; then
	py=$(realpath /usr/bin/python3) v=$(basename "$(realpath /usr/bin/python3)")
	libs=()
	for f in /usr/lib/"$v"/lib-dynload/_{ssl,sqlite3,ctypes,hashlib,bz2,lzma}.*.so; do libs+=(--lib "$f"); done
	pack python3 --bin "$py:/usr/bin/$v" --tree "/usr/lib/$v:/usr/lib/$v" "${libs[@]}" "${net[@]}"
	is "$(within python3 "/usr/bin/$v" -c 'import ssl, sqlite3, ctypes, hashlib, lzma, bz2, zlib, json, threading, urllib.request, pwd, sys
c = ssl.create_default_context(cafile="/etc/ssl/certs/ca-certificates.crt")
print(urllib.request.urlopen(f"https://localhost:{sys.argv[1]}/hello", context=c).read().decode().strip())
print(sqlite3.connect(":memory:").execute("select 6*7").fetchone()[0], hashlib.sha256(b"").hexdigest()[:8])
print(lzma.decompress(lzma.compress(b"x")) + bz2.decompress(bz2.compress(b"y")), pwd.getpwuid(65534).pw_name)
def f():
    try: raise ValueError("thrown")
    except ValueError as e: print(e)
t = threading.Thread(target=f); t.start(); t.join()
print(ctypes.CDLL(None).abs(-5))' "$port" | xargs)" "over TLS 42 e3b0c442 bxy nobody thrown 5" 'python3: modules, TLS, SQL, threads, ctypes'
fi
if of getent libc-bin /usr/bin/getent; then
	pack getent --bin /usr/bin/getent --file hosts:/etc/hosts --file services:/etc/services
	is "$(within getent /getent passwd nobody)" 'nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin' 'getent: a user by NSS'
	is "$(within getent /getent services https | xargs)" 'https 443/tcp' 'getent: a service'
	is "$(within getent /getent hosts here | xargs)" '127.0.0.1 localhost here' 'getent: a host'
fi
if of gawk gawk /usr/bin/gawk; then
	pack gawk --bin /usr/bin/gawk
	is "$(within gawk /gawk -M 'BEGIN { print 2^100, length("äö"), strftime("%Y", 0, 1) }')" '1267650600228229401496703205376 4 1970' 'gawk: large numbers'
fi
if of jq jq /usr/bin/jq; then
	pack jq --bin /usr/bin/jq
	is "$(within jq /jq -nc '[range(3)] | map(. * 2) | @base64 "\(.)", test("4"; "x")?')" '"WzAsMiw0XQ=="' 'jq: a filter'
	is "$(within jq /jq -n '"foo bar" | test("(?<x>o+) b")')" true 'jq: a regular expression'
fi
if of file file /usr/bin/file; then
	magic=$(realpath /usr/share/misc/magic.mgc)
	pack file --bin /usr/bin/file --file "$magic:/usr/share/misc/magic.mgc"
	like "$(within file /file -b /file)" 'ELF .* dynamically linked, interpreter' 'file: tells what it is itself'
fi
if of busybox busybox /usr/bin/busybox; then
	pack busybox --bin /usr/bin/busybox:/bin/busybox --link busybox:/bin/sh --file hosts:/etc/hosts
	is "$(within busybox /bin/sh -c 'echo $((6 * 7)) | /bin/busybox tr 4 5; /bin/busybox id -un')" "52
nobody" 'busybox: a shell, a pipe, a user'
fi
if of bash bash /bin/bash; then
	pack bash --bin /bin/bash
	is "$(within bash /bash -c 'x=(a b c); printf "%s-" "${x[@]}"; [[ abc =~ b(.) ]] && echo "${BASH_REMATCH[1]}"')" 'a-b-c-c' 'bash: arrays, a regular expression'
fi
if of iconv libc-bin /usr/bin/iconv; then
	pack iconv --bin /usr/bin/iconv --tree "$libdir/gconv:$libdir/gconv"
	printf '\xf0\xf2\xe9\n' >b/iconv/rootfs/tmp/koi8
	is "$(within iconv /iconv -f KOI8-R -t UTF-8 /tmp/koi8)" 'ПРИ' 'iconv: a character set of its modules'
fi

# --- programs of this hour ---
cat >threads.cc <<'C'
#include <future>
#include <iostream>
#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>
struct Tidy { ~Tidy() { done++; } static std::atomic<int> done; };
std::atomic<int> Tidy::done;
static int work(int n)
{
	static thread_local Tidy tidy;
	(void)&tidy;
	if (n % 2)
		throw std::runtime_error("odd " + std::to_string(n));
	return n;
}
int main()
{
	std::vector<std::future<int>> all;
	for (int i = 0; i < 4; i++)
		all.push_back(std::async(std::launch::async, work, i));
	for (auto &f : all)
		try { std::cout << f.get() << ' '; } catch (const std::exception &e) { std::cout << e.what() << ' '; }
	std::thread([] { try { work(7); } catch (...) { std::cout << "caught "; } }).join();
	std::cout << std::regex_replace(std::string("a1b2"), std::regex("[0-9]"), "#") << ' ' << Tidy::done << '\n';
}
C
c++ -O1 -pthread -o threads threads.cc && pack cxx --bin threads
is "$(within cxx /threads)" '0 odd 1 2 odd 3 caught a#b# 5' 'C++: exceptions across threads, thread-local destructors'

cat >cancel.c <<'C'
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>
static void tidy(void *p) { puts(p); }
static void *f(void *p) { pthread_cleanup_push(tidy, "tidied"); for (;;) pause(); pthread_cleanup_pop(0); return p; }
int main(void)
{
	pthread_t t;
	void *how;
	pthread_create(&t, 0, f, 0);
	pthread_cancel(t);
	pthread_join(t, &how);
	puts(how == PTHREAD_CANCELED ? "cancelled" : "?");
	return 0;
}
C
cc -pthread -o cancel cancel.c && pack cancel --bin cancel
is "$(within cancel /cancel | tail -n 1)" cancelled 'C: a thread is cancelled'

mkdir -p app/bin app/lib
echo 'int inner(void) { return 40; }' | cc -shared -fPIC -x c -o app/lib/libinner.so -
echo 'int inner(void); int outer(void) { return inner() + 2; }' |
	cc -shared -fPIC -x c -o app/lib/libouter.so - -Lapp/lib -linner '-Wl,-rpath,$ORIGIN'
printf '#include <stdio.h>\nint outer(void); int main(void) { printf("%%d\\n", outer()); return 0; }' |
	cc -x c -o app/bin/prog - -Lapp/lib -louter -Wl,-rpath-link,app/lib '-Wl,-rpath,$ORIGIN/../lib'
pack origin --bin app/bin/prog:/srv/app/bin/prog
is "$(within origin /srv/app/bin/prog)" 42 'C: libraries by $ORIGIN, at another place'

if command -v musl-gcc >/dev/null; then
	printf '#include <math.h>\n#include <pthread.h>\n#include <pwd.h>\n#include <stdio.h>
static void *f(void *p) { *(double *)p = sqrt(2.25); pthread_exit(p); }
int main(void) { pthread_t t; double d = 0; pthread_create(&t, 0, f, &d); pthread_join(t, 0);
printf("%%g %%s\\n", d, getpwuid(65534)->pw_name); return 0; }' | musl-gcc -x c -o m - && pack musl --bin m
	is "$(within musl /m)" '1.5 nobody' 'musl: threads and a user'
else
	skip 'musl: threads and a user' 'musl-gcc is not installed'
fi

for rustc in /usr/bin/rustc rustc ''; do # a rustup without a toolchain is there, but no compiler
	! "${rustc:-false}" --version >/dev/null 2>&1 || break
done
if [ -n "$rustc" ]; then
	cat >r.rs <<'R'
use std::{collections::HashMap, net::{TcpListener, TcpStream, ToSocketAddrs}, panic, sync::mpsc, thread};
fn main() {
    panic::set_hook(Box::new(|_| {}));
    let (tx, rx) = mpsc::channel();
    for i in 0..4 {
        let tx = tx.clone();
        thread::spawn(move || tx.send((i, panic::catch_unwind(|| if i == 2 { panic!("two") } else { i * i }).is_ok())).unwrap());
    }
    drop(tx);
    let all: HashMap<i32, bool> = rx.iter().collect();
    let joined = thread::spawn(|| { if true { panic!("thread") } 1 }).join().is_err();
    let l = TcpListener::bind("127.0.0.1:0").unwrap();
    let met = TcpStream::connect(l.local_addr().unwrap()).is_ok();
    let here = ("here", 80).to_socket_addrs().map(|mut a| a.next().unwrap().to_string());
    println!("{} {} {} {} {}", all.len(), all[&2], joined, met, here.unwrap_or("?".into()));
}
R
	"$rustc" -C debuginfo=0 -o r r.rs 2>rust.log && pack rust --bin r --file hosts:/etc/hosts
	is "$(within rust /r)" '4 false true true 127.0.0.1:80' 'Rust: threads, panics that are caught, a host by NSS'
else
	skip 'Rust: threads and panics' 'rustc is not installed'
fi

# A Go server with SQLite by way of C; its module is fetched, so this wants a network once.
go_server() {
	export GOCACHE=$BUILD/fixtures/go-cache GOFLAGS='-trimpath -mod=mod -modcacherw' CGO_ENABLED=1 GOTOOLCHAIN=local HOME=$BUILD/fixtures
	[ -e /usr/include/sqlite3.h ] || return
	mkdir -p gosql && cat >gosql/main.go <<'G' || return
package main

import (
	"database/sql"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/user"

	_ "github.com/mattn/go-sqlite3"
)

func answer(w http.ResponseWriter, r *http.Request) {
	db, err := sql.Open("sqlite3", "/tmp/go.db")
	if err == nil {
		_, err = db.Exec("create table if not exists t(n); insert into t values(20),(22)")
	}
	var sum int
	if err == nil {
		err = db.QueryRow("select sum(n) from t").Scan(&sum)
	}
	addrs, _ := net.LookupHost("here")
	u, uerr := user.Current()
	if err != nil || uerr != nil {
		fmt.Fprintln(w, err, uerr)
		return
	}
	fmt.Fprintln(w, sum, addrs, u.Username)
}

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	go http.Serve(l, http.HandlerFunc(answer))
	r, err := http.Get("http://" + l.Addr().String())
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	io.Copy(os.Stdout, r.Body)
}
G
	cd gosql && printf 'module gosql\n\ngo 1.19\n\nrequire github.com/mattn/go-sqlite3 v1.14.22\n' >go.mod &&
		timeout 120 go build -tags 'libsqlite3 netcgo osusergo_no' -ldflags='-s -w' -o ../gosqld . >../go.log 2>&1
}
if ! command -v go >/dev/null; then
	skip 'Go: a server with SQLite' 'go is not installed'
elif (go_server); then
	pack go --bin gosqld --file hosts:/etc/hosts
	is "$(within go /gosqld)" '42 [127.0.0.1] nobody' 'Go: a server with SQLite, host and user by libc'
else
	tail -n 3 go.log 2>/dev/null | comment
	skip 'Go: a server with SQLite' 'cannot: its module or libsqlite3-dev is not to be had here'
fi

# --- two of them in a real dockerd ---
at_exit+=(stop_dockerd)
if command -v dockerd >/dev/null && command -v docker >/dev/null && start_dockerd; then
	mk -q --bin threads -t cxx:v1 -o cxx.tar && d load -q -i cxx.tar >/dev/null
	is "$(d run --rm --network none cxx:v1)" '0 odd 1 2 odd 3 caught a#b# 5' 'docker: the C++ program'
	if [ -x /usr/bin/sqlite3 ]; then
		mk -q --bin /usr/bin/sqlite3 -t sqlite3:v1 -o sqlite3.tar && d load -q -i sqlite3.tar >/dev/null
		is "$(d run --rm --network none --read-only --tmpfs /tmp sqlite3:v1 :memory: 'select 6 * 7')" 42 'docker: sqlite3'
	fi
else
	skip 'docker: two of them' 'cannot: dockerd does not start in this sandbox'
fi
done_testing
