#!/usr/bin/env bash
# Same inputs, same bytes: a build for arm64 under an emulator, one with other libraries, and the one that is tested.
#
# The libraries of arm64 are Debian's: packages that are downloaded and unpacked below $BUILD/machines, not installed. They stay there
# for the next run.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/spec/common.sh"
[ "$(uname -m)" = x86_64 ] || skip_all 'cannot: this machine is another'
require aarch64-linux-gnu-gcc apt-get dpkg-deb

"$python" "$FIXTURE/make_inputs.py" inputs
cp "$FIXTURE/certs.pem" inputs/
blocks inputs/site/large 700000

# unpacked PACKAGE...: those of arm64, in $sys; apt's lists and settings are its own, the system's stay as they are.
sys=$BUILD/machines/arm64
unpacked() {
	local dir=$BUILD/machines/apt deb link to
	[ ! -e "$sys.whole" ] || return 0
	rm -rf "$dir" "$sys" && mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial" "$dir/debs" "$sys" && cd "$dir/debs" || return 1
	local apt=(apt-get -qq -o "Dir::State::Lists=$dir/lists" -o "Dir::Cache=$dir/cache" -o APT::Architecture=arm64
		-o APT::Architectures=arm64 -o APT::Sandbox::User=root)
	timeout 300 "${apt[@]}" update && timeout 300 "${apt[@]}" download "$@" || return 1
	for deb in *.deb; do
		dpkg-deb -x "$deb" "$sys" || return 1
	done
	# Links and .pc files name places of a system of which this is the root.
	find "$sys" -type l -lname '/*' | while IFS= read -r link; do
		to=$(readlink "$link")
		ln -sfn "$sys$to" "$link"
	done
	sed -i "s|^prefix=.*|prefix=$sys/usr|; s|=/usr/|=$sys/usr/|" "$sys"/usr/lib/aarch64-linux-gnu/pkgconfig/*.pc
	rm -rf "$dir"
	: >"$sys.whole"
}

if ! (unpacked libarchive-dev libssl-dev libssl3 libjansson-dev libjansson4 libelf-dev libelf1 libdeflate-dev libdeflate0 libzstd-dev \
	libzstd1 zlib1g-dev zlib1g libc6) >apt.log 2>&1; then
	tail -n 5 apt.log | comment
	skip_all 'cannot: the libraries of arm64 cannot be downloaded from here'
fi
qemu=$(command -v qemu-aarch64-static || command -v qemu-aarch64) || skip_all 'qemu-user-static is not installed'

# NAME MAKE-WORD...: another build of the same source
other() {
	local name=$1
	shift
	run make -s -j2 -C "$TOP" BUILD="$BUILD/machines/$name" "$@" all
	[ "$status" = 0 ] || tail -n 20 "$err" | comment
	[ -x "$BUILD/machines/$name/mkscratch" ]
	is "$status $?" '0 0' "built: $name"
}
libs=$sys/usr/lib/aarch64-linux-gnu
cc=aarch64-linux-gnu-gcc
! command -v ccache >/dev/null || cc="ccache $cc"
PKG_CONFIG_LIBDIR=$libs/pkgconfig other build-arm64 CC="$cc" AR=aarch64-linux-gnu-ar \
	CFLAGS="-I$sys/usr/include -I$sys/usr/include/aarch64-linux-gnu" \
	LDFLAGS="-L$libs -Wl,-rpath-link,$libs:$sys/lib/aarch64-linux-gnu"
other build-shared STATIC_LIBS=
arm=("$qemu" -L "$sys" "$BUILD/machines/build-arm64/mkscratch")
like "$(file -b "$BUILD/machines/build-arm64/mkscratch")" 'ARM aarch64' 'it is a program for arm64'

# to FILE PROGRAM...: an image as one tar of each codec, one behind the other, and the layouts and programs of two platforms
to() {
	local out=$1 codec
	shift
	for codec in gzip gzip:1 gzip:4 gzip:6 gzip:7 gzip:12 zstd:3 zstd:19 none; do
		"$@" --no-cache -q --bin inputs/app --tree inputs/site:/srv --root inputs/root --certs=inputs/certs.pem --tz -e A=b \
			--user web:1000:1001 --compress "$codec" -o - || return 1
	done >"$out"
	"$@" --no-cache -q --bin inputs/app:/app --bin inputs/app-arm64:/app --tree inputs/site:/srv -t a:1 -t a:2 -o - >>"$out" || return 1
	"$@" --no-cache -q -j 1 --layers single --media-types docker --bin inputs/app -o - >>"$out"
}
t 'images of all codecs, made here' to want.tars "$MKSCRATCH"
t '... by the build for arm64' to arm.tars "${arm[@]}"
t '... which are the same bytes' cmp arm.tars want.tars
t '... by the build with shared libraries' to shared.tars "$BUILD/machines/build-shared/mkscratch"
t '... which are the same bytes, too' cmp shared.tars want.tars
# What the emulator makes threads of is one more thing that may not show.
for jobs in 1 7; do
	t "an image on $jobs threads, by the build for arm64" "${arm[@]}" --no-cache -q -j "$jobs" --bin inputs/app --tree inputs/site:/srv -o arm.tar
	mk --no-cache -q --bin inputs/app --tree inputs/site:/srv -o here.tar
	t '... is the same bytes' cmp arm.tar here.tar
done
t 'the build for arm64 verifies what this one made' "${arm[@]}" verify -q here.tar
t 'and makes it again from its recipe' "${arm[@]}" verify -q --rebuild here.tar
mk --no-cache -q --bin inputs/app --tree inputs/site:/srv -e DIFFERS=1 -o differs.tar
run cmp -s differs.tar here.tar
is "$status" 1 'what differs is told apart'
done_testing
