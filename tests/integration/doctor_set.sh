#!/usr/bin/env bash
# doctor held to a set of programs whose needs are known: tests/doctor/labels.tsv, built here from the sources beside it.
# Go compiles into the cache of the user, so that only the first run of a machine is slow; crates are kept below $BUILD.
. "$(dirname "$0")/../lib.sh"
require python3 cc
set_dir=$TOP/tests/doctor
bin=$T/bin
mkdir "$bin" "$T/lib"

# Rows of one builder: program, words behind the builder's name, source.
rows() {
	awk -F'\t' -v how="$1" '!/^#/ { n = split($2, w, ":"); if (w[1] == how) {
		rest = ""; for (i = 2; i <= n; i++) rest = rest " " w[i]; print $1 "\t" $3 "\t" rest } }' "$set_dir/labels.tsv"
}

# --- Go: one `go build` for all programs that are built alike ---

go_setup() {
	GOCACHE=$(HOME=$old_home go env GOCACHE) GOMODCACHE=$(HOME=$old_home go env GOMODCACHE)
	export GOCACHE GOMODCACHE
	export GOFLAGS=-buildvcs=false GOTOOLCHAIN=local GOWORK=off GOPATH=$BUILD/doctor-go/path
}

# $1: words; then programs and sources as "NAME SOURCE" lines
go_group() {
	local words=$1 flags=(-trimpath) ldflags='' arch='' cgo=0 word out=$T/go-out
	for word in $words; do
		case $word in
		strip) ldflags='-s -w' ;;
		pie) flags+=(-buildmode=pie) ;;
		cgo) cgo=1 ;;
		paths) flags=("${flags[@]:1}") ;;
		tags=*) flags+=(-tags "${word#tags=}") ;;
		*) arch=$word ;;
		esac
	done
	rm -rf "$out" && mkdir "$out"
	local name source packages=()
	while read -r name source; do
		packages+=("./${source#go/}")
	done <"$T/group"
	(cd "$set_dir/go" && CGO_ENABLED=$cgo GOOS=linux GOARCH=$arch go build -p 2 "${flags[@]}" -ldflags "$ldflags" -o "$out/" \
		"${packages[@]}") || return 1
	while read -r name source; do
		mv "$out/${source#go/}" "$bin/$name"
	done <"$T/group"
}

build_go() {
	local words
	rows go | if [ -n "${no_modules-}" ]; then grep -v -e go/fallback -e go/autocert; else cat; fi >"$T/go-rows"
	cut -f 3 "$T/go-rows" | sort -u >"$T/go-words"
	while read -r words; do
		awk -F'\t' -v w=" $words" '$3 == w { print $1, $2 }' "$T/go-rows" >"$T/group"
		go_group "$words" || return 1
	done <"$T/go-words"
}

# --- C and C++ ---

# Libraries whose headers this machine may lack: names are all that a program has of them.
stub() {
	local name=$1 symbol
	shift
	for symbol; do echo "int $symbol(void) { return 0; }"; done | cc -shared -Wl,-soname,"$name.so.4" -o "$T/lib/$name.so" -x c -
}

# $1: compiler, then flags; reads rows
compile() {
	local name source words strip
	while IFS=$'\t' read -r name source words; do
		strip=
		[ "${words% strip}" = "$words" ] || strip=-s
		[ "${words# static}" = "$words" ] || strip="$strip -static"
		# shellcheck disable=SC2086
		"$@" -O1 -w $strip -o "$bin/$name" "$set_dir/$source" $libs || return 1
	done
}

build_c() {
	stub libcurl curl_easy_init curl_easy_setopt curl_easy_perform
	stub libgnutls gnutls_certificate_allocate_credentials gnutls_certificate_set_x509_system_trust
	local libs="-L$T/lib -Wl,--as-needed -lcurl -lgnutls -lssl -lcrypto"
	rows cc | compile cc && rows c++ | grep -v static | compile c++ || return 1
	libs=
	rows c++ | grep static | compile c++ && rows static | compile cc -static || return 1
	rows musl | compile musl-gcc -static && rows aarch64 | compile aarch64-linux-gnu-gcc &&
		rows armhf | compile arm-linux-gnueabihf-gcc
}

# --- Rust ---

auditable() {
	python3 -c 'import sys, zlib; sys.stdout.buffer.write(zlib.compress(b"""{"packages":[
		{"name":"tempfile","version":"3.0.0","source":"crates.io","dependencies":[]},
		{"name":"doctor","version":"0.1.0","source":"local","root":true}]}"""))' >"$T/dep-v0"
	objcopy --add-section .dep-v0="$T/dep-v0" "$1"
}

build_rust() {
	local name source words out=$BUILD/doctor-rust
	(cd "$set_dir/rust" && HOME=$old_home cargo build --release --locked -q -j 2 --target-dir "$out") || return 1
	rows rust >"$T/rust-rows"
	while IFS=$'\t' read -r name source words; do
		cp "$out/release/${source#rust/}" "$bin/$name" || return 1
		case $words in
		*strip) strip "$bin/$name" ;;
		*auditable) auditable "$bin/$name" ;;
		esac
	done <"$T/rust-rows"
}

rust_is_there() {
	command -v cargo >/dev/null || return 1
	(cd "$set_dir/rust" && HOME=$old_home cargo fetch --locked -q 2>/dev/null) || { : >no-crates && return 1; }
}

count() {
	find "$bin" -type f | wc -l
}

go_is_recent() {
	command -v go >/dev/null && [ "$(go env GOVERSION | sed 's/^go1\.//; s/[^0-9].*//')" -ge "$(awk '/^go / { split($2, v, "."); print v[2] }' "$set_dir/go/go.mod")" ]
}

# Two builders at a time: Go links on one core what C and Rust leave of the other.
c_tool=
for tool in c++ musl-gcc aarch64-linux-gnu-gcc arm-linux-gnueabihf-gcc objcopy; do
	command -v $tool >/dev/null || c_tool=$tool
done
{
	[ -n "$c_tool" ] || build_c || echo failed >no-c
	rust_is_there && { build_rust || echo failed >no-rust; }
} >others 2>&1 &
others=$!
if go_is_recent; then
	go_setup
	(cd "$set_dir/go" && go mod download >/dev/null 2>&1) || no_modules=1
	[ -z "${no_modules-}" ] || skip 'those with modules besides' 'cannot: the Go module proxy is not to be reached'
	t 'the programs in Go are built' build_go
else
	skip 'the programs in Go are built' 'no Go of the version in tests/doctor/go/go.mod'
fi
wait $others
comment <others
if [ -n "$c_tool" ]; then
	skip 'the programs in C and C++ are built' "$c_tool is not installed"
else
	t 'the programs in C and C++ are built' test ! -e no-c
fi
if ! command -v cargo >/dev/null; then
	skip 'the programs in Rust are built' 'cargo is not installed'
elif [ -e no-crates ]; then
	skip 'the programs in Rust are built' 'cannot: crates.io is not to be reached'
else
	t 'the programs in Rust are built' test ! -e no-rust
fi

mk doctor --json "$bin"/* >found || true
# The static ones have the glibc of this machine.
nss_inside() {
	printf '2.34\n%s\n' "$(getconf GNU_LIBC_VERSION | cut -d ' ' -f 2)" | sort -C -V
}
if nss_inside; then sed '/^c-static/s/,nss//' "$set_dir/labels.tsv"; else cat "$set_dir/labels.tsv"; fi >labels.tsv
python3 "$set_dir/score.py" labels.tsv found >score
comment <score
is "$(wc -l <found)" "$(count)" 'each program is judged'
t 'at least 60 of them' test "$(count)" -ge 60
is "$(sed -n 's/^false required: //p' score)" 0 'nothing is called required that the source does not do'

# $1: need; Go's certificates and zones are never missed and never made up, within two of a hundred
precise() {
	awk -v need="$1" '$1 == "go" && $2 == need { seen = 1; ok = $4 >= 0.98 && $6 >= 0.98 } END { exit !(seen && ok) }' score
}
# Of the programs that could be built here.
known() {
	local line name any=
	while read -r line; do
		name=${line#otherwise: }
		[ ! -e "$bin/${name%%:*}" ] || { echo "$line" && any=1; }
	done < <(grep -v '^#' "$set_dir/known.txt")
	[ -n "$any" ] || echo 'otherwise: none'
}

if [ -e "$bin/zone" ]; then
	t 'Go: certificates, precision and recall of 0.98 and more' precise certificates
	t 'Go: zones, precision and recall of 0.98 and more' precise zones
fi
is "$(grep '^otherwise' score)" "$(known)" 'every need of every program as its label says, but for what is known'
done_testing
