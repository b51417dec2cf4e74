# shellcheck shell=bash
# Libraries from source, for builds of mkscratch with others than those of the system. Sourced by the suites here.
#
# The sources are those of the system's own release of Debian, downloaded with lists and settings of their own, and such as crates
# bring along, each of one version for good. They are kept, as what is built of them, below $BUILD/libraries. Debian's patches are
# left out.
. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"
. "$TOP/tests/spec/common.sh"
require apt-get tar cc make ar
libraries=$BUILD/libraries
mkdir -p "$libraries"
suite=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release)
cc=cc
! command -v ccache >/dev/null || cc="ccache cc"

# apt WORD...: apt-get for the sources of the system's release
apt() {
	local dir=$libraries/apt
	mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
	echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian $suite main" >"$dir/sources.list"
	timeout 300 apt-get -qq -o "Dir::State::Lists=$dir/lists" -o "Dir::Cache=$dir/cache" -o APT::Sandbox::User=root \
		-o Dir::Etc::SourceParts=/dev/null -o "Dir::Etc::SourceList=$dir/sources.list" "$@"
}

# package NAME: its source lies in $source. One at a time, as apt locks its lists, and two suites may ask for the same; lists that are
# no longer true are had anew.
package() {
	source=$libraries/$suite/$1
	(
		flock 9
		[ -e "$source.whole" ] || unpacked "$1"
	) 9>"$libraries/.lock"
}

unpacked() {
	local file
	rm -rf "$source" "$source.get" && mkdir -p "$source" "$source.get" && cd "$source.get" || return 1
	apt --download-only --tar-only source "$1" 2>/dev/null || { apt update && apt --download-only --tar-only source "$1"; } || return 1
	for file in "$1"_*.orig.tar.*; do
		case $file in *.asc) ;; *) tar -C "$source" --strip-components=1 -xf "$file" || return 1 ;; esac
	done
	rm -rf "$source.get"
	: >"$source.whole"
}

# crate NAME VERSION FOLDER: the source in a folder of it lies in $source
crate() {
	local dir=$libraries/crates/$1-$2
	source=$dir/vendor/$1/$3
	[ ! -e "$dir.whole" ] || return 0
	rm -rf "$dir" && mkdir -p "$dir/src" && : >"$dir/src/lib.rs" || return 1
	printf '[package]\nname = "sources"\nversion = "0.0.0"\nedition = "2021"\n\n[dependencies]\n%s = "=%s"\n\n[workspace]\n' "$1" "${2%+*}" \
		>"$dir/Cargo.toml"
	(cd "$dir" && HOME=$old_home timeout 300 cargo vendor -q vendor >/dev/null) && [ -d "$source" ] && : >"$dir.whole"
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
		find . \( -name zstd.h -o -name zstd_errors.h \) -exec cp {} "$prefix/include/" \;) && pc libzstd -lzstd
}

make_zlib() {
	(cd "$source" && with '-DHAVE_UNISTD_H' library z adler32.c crc32.c deflate.c gzclose.c gzlib.c gzread.c gzwrite.c infback.c inffast.c inflate.c inftrees.c trees.c zutil.c \
		compress.c uncompr.c && cp zlib.h zconf.h "$prefix/include/") && pc zlib -lz
}

# Of libarchive only what a tar needs, as it is linked anyway.
make_libarchive() {
	mkdir -p "$prefix/objects/archive" "$prefix/lib" "$prefix/include" || return 1
	(cd "$prefix/objects/archive" && { [ -e Makefile ] || with '' "$source/configure" --disable-shared --disable-bsdtar --disable-bsdcat \
		--disable-bsdcpio --disable-acl --disable-xattr --without-bz2lib --without-libb2 --without-iconv --without-lz4 --without-lzma \
		--without-cng --without-openssl --without-xml2 --without-expat "CPPFLAGS=-I$prefix/include" "LDFLAGS=-L$prefix/lib"; } &&
		make -s -j2 libarchive.la && cp .libs/libarchive.a "$prefix/lib/") && headers_of_libarchive
}

# The same of a source that brings no ./configure.
make_libarchive_by_cmake() {
	local unused=({TEST,TAR,CPIO,CAT,UNZIP,ACL,XATTR,BZip2,LIBB2,ICONV,LZ4,LZMA,LZO,OPENSSL,LIBXML2,EXPAT,CNG,WERROR,PCREPOSIX,PCRE2POSIX}"=OFF")
	mkdir -p "$prefix/objects/archive" "$prefix/lib" "$prefix/include" || return 1
	(cd "$prefix/objects/archive" && { [ -e Makefile ] || CC=${cc##* } cmake -Wno-dev -DCMAKE_BUILD_TYPE=None "-DCMAKE_C_FLAGS=$cflags" \
		-DBUILD_SHARED_LIBS=OFF "${unused[@]/#/-DENABLE_}" "$source"; } && make -s -j2 archive_static &&
		cp libarchive/libarchive.a "$prefix/lib/") && headers_of_libarchive
}

headers_of_libarchive() {
	cp "$source/libarchive/archive.h" "$source/libarchive/archive_entry.h" "$prefix/include/" && pc libarchive '-larchive -lzstd -lz'
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

# linked NAME: the same of the objects that the program under test is made of, but for those that read headers of the libraries
linked() {
	local dir=$libraries/$1/build
	rm -rf "$dir" && mkdir -p "$dir" && cp -a "$BUILD/release" "$BUILD/probe" "$dir/" && rm "$dir"/release/src/codec/*.o
	other "$1"
}

# to FILE PROGRAM WORD...: images of every codec, one behind the other, of one program and of two platforms
to() {
	local file=$1 codec
	shift
	for codec in gzip gzip:1 gzip:4 gzip:6 gzip:7 gzip:12 zstd:3 zstd:19 none; do
		"$@" --no-cache -q --bin inputs/app --tree inputs/site:/srv --root inputs/root --certs=inputs/certs.pem --tz -e A=b \
			--user web:1000:1001 --compress "$codec" -o - || return 1
	done >"$file"
	"$@" --no-cache -q --bin inputs/app:/app --bin inputs/app-arm64:/app --tree inputs/site:/srv -t a:1 -t a:2 -o - >>"$file" &&
		"$@" --no-cache -q -j 1 --layers single --media-types docker --bin inputs/app -o - >>"$file"
}

# told WHAT OUTCOME: what was compared, and what came of it, for `make repro` to print
told() {
	printf '%-56s %s\n' "$1" "$2" | tee -a "$libraries/compared" | comment
}

"$python" "$FIXTURE/make_inputs.py" inputs
cp "$FIXTURE/certs.pem" inputs/
blocks inputs/site/large 700000
