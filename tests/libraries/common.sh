# shellcheck shell=bash
# Libraries from source, for builds of mkscratch with others than those of the system. Sourced by the suites here.
#
# The sources are Debian's, downloaded with lists and settings of their own and kept, as what is built of them, below
# $BUILD/libraries. Debian's patches are left out.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
. "$TOP/tests/spec/common.sh"
require apt-get tar cc make ar
libraries=$BUILD/libraries
mkdir -p "$libraries"
cc=cc
! command -v ccache >/dev/null || cc="ccache cc"

# apt SUITE WORD...: apt-get for the sources of one of Debian's suites
apt() {
	local dir=$libraries/apt-$1 suite=$1
	shift
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main" >"$dir/sources.list"
	timeout 300 apt-get -qq -o "Dir::State::Lists=$dir/lists" -o "Dir::Cache=$dir/cache" -o APT::Sandbox::User=root \
		-o Dir::Etc::SourceParts=/dev/null -o "Dir::Etc::SourceList=$dir/sources.list" "$@"
}

# fetched SUITE PACKAGE: its source lies in $source
fetched() {
	local files
	source=$libraries/$1/$2
	[ ! -e "$source.whole" ] || return 0
	rm -rf "$source" "$source.get" && mkdir -p "$source" "$source.get" || return 1
	{ [ -e "$libraries/apt-$1/updated" ] || { apt "$1" update && : >"$libraries/apt-$1/updated"; }; } &&
		(cd "$source.get" && apt "$1" --download-only --tar-only source "$2") || return 1
	files=("$source.get/$2"_*.orig.tar.?z "$source.get/$2"_*.orig.tar.bz2)
	for files in "${files[@]}"; do
		[ ! -f "$files" ] || tar -C "$source" --strip-components=1 -xf "$files" || return 1
	done
	rm -rf "$source.get"
	: >"$source.whole"
}

# pc NAME LIBS: what pkg-config tells of a library in $prefix
pc() {
	mkdir -p "$prefix/lib/pkgconfig"
	printf 'Name: %s\nDescription: %s\nVersion: 1\nLibs: -L%s/lib %s\nCflags: -I%s/include\n' "$1" "$1" "$prefix" "$2" "$prefix" \
		>"$prefix/lib/pkgconfig/$1.pc"
}

# library NAME SOURCE-FILE...: compiled from the directory here with $cc $cflags, into $prefix
library() {
	local name=$1 file objects
	shift
	objects=$prefix/objects/$name
	rm -rf "$objects" && mkdir -p "$objects" "$prefix/lib" "$prefix/include" || return 1
	printf '%s\n' "$@" | xargs -P 2 -I{} sh -c '$CC $CFLAGS -w -c -o "$1/$(echo "$2" | tr / _).o" "$2"' - "$objects" {} || return 1
	rm -f "$prefix/lib/lib$name.a" && ar rcs "$prefix/lib/lib$name.a" "$objects"/*.o
}

# with FLAGS COMMAND...: the command, with $cc and those
with() {
	CC=$cc CFLAGS="$cflags $1" "${@:2}"
}

make_libdeflate() {
	(cd "$source" && mapfile -t files < <(find lib -name '*.c') && with '-I. -Ilib' library deflate "${files[@]}" &&
		cp libdeflate.h "$prefix/include/") && pc libdeflate -ldeflate
}

make_zstd() {
	(cd "$source/lib" && with '-DZSTD_DISABLE_ASM' library zstd common/*.c compress/*.c decompress/*.c &&
		cp zstd.h zstd_errors.h zdict.h "$prefix/include/") && pc libzstd -lzstd
}

make_zlib() {
	(cd "$source" && with '-DHAVE_UNISTD_H' library z adler32.c crc32.c deflate.c gzclose.c gzlib.c gzread.c gzwrite.c infback.c inffast.c inflate.c inftrees.c trees.c zutil.c \
		compress.c uncompr.c && cp zlib.h zconf.h "$prefix/include/") && pc zlib -lz
}

# Of libarchive only what a tar needs, as it is linked anyway.
make_libarchive() {
	(cd "$source" && { [ -e Makefile ] || with '' ./configure --disable-shared --disable-bsdtar --disable-bsdcat --disable-bsdcpio \
		--disable-acl --disable-xattr --without-bz2lib --without-libb2 --without-iconv --without-lz4 --without-lzma --without-cng \
		--without-openssl --without-xml2 --without-expat "CPPFLAGS=-I$prefix/include" "LDFLAGS=-L$prefix/lib" "$@"; } &&
		make -s -j2 libarchive.la && mkdir -p "$prefix/lib" "$prefix/include" && cp .libs/libarchive.a "$prefix/lib/" &&
		cp libarchive/archive.h libarchive/archive_entry.h "$prefix/include/") && pc libarchive '-larchive -lzstd -lz'
}

# other NAME MAKE-WORD...: mkscratch as $program, with the libraries in $prefix before those of the system
other() {
	local name=$1
	shift
	program=$libraries/$name/build/mkscratch
	run env PKG_CONFIG_PATH="$prefix/lib/pkgconfig" make -s -j2 -C "$TOP" BUILD="$libraries/$name/build" CC="$cc" "$@" all
	[ "$status" = 0 ] || { cat "$out" "$err"; } | tail -n 20 | comment
	[ -x "$program" ]
	is "$status $?" '0 0' "built: $name"
}

# to FILE PROGRAM WORD...: images of every codec, one behind the other, of one program and of two platforms
to() {
	local file=$1 codec
	shift
	for codec in gzip gzip:1 gzip:12 zstd:3 zstd:19 none; do
		"$@" --no-cache -q --bin inputs/app --tree inputs/site:/srv --root inputs/root --certs=inputs/certs.pem --tz -e A=b \
			--user web:1000:1001 --compress "$codec" -o - || return 1
	done >"$file"
	"$@" --no-cache -q --bin inputs/app:/app --bin inputs/app-arm64:/app --tree inputs/site:/srv -t a:1 -t a:2 -o - >>"$file" &&
		"$@" --no-cache -q -j 1 --layers single --media-types docker --bin inputs/app -o - >>"$file"
}

"$python" "$FIXTURE/make_inputs.py" inputs
cp "$FIXTURE/certs.pem" inputs/
blocks inputs/site/large 700000
