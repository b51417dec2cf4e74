#!/usr/bin/env bash
# Same inputs, same bytes: a build with musl, its libraries and all, gives what the one that is tested gives.
. "$(dirname "$0")/common.sh"
require musl-gcc perl
[ "$(uname -m)" = x86_64 ] || skip_all 'cannot: this machine is another'
cc=musl-gcc
! command -v ccache >/dev/null || cc="ccache musl-gcc"
prefix=$libraries/musl/prefix
# musl-gcc knows no header of the kernel.
kernel='-idirafter /usr/include -idirafter /usr/include/x86_64-linux-gnu'
# shellcheck disable=SC2034
cflags="-O2 -fPIE $kernel"

make_jansson() {
	local has=(STDINT_H UNISTD_H ATOMIC_BUILTINS SYNC_BUILTINS SCHED_H SCHED_YIELD LOCALECONV FCNTL_H OPEN READ CLOSE SYS_STAT_H
		SYS_TYPES_H GETTIMEOFDAY SYS_TIME_H GETPID CONFIG_H)
	(cd "$source/src" && sed 's/@json_inline@/inline/; s/@json_have_[a-z_]*@/1/' jansson_config.h.in >jansson_config.h &&
		: >jansson_private_config.h &&
		with "-I. ${has[*]/#/-DHAVE_} -DUSE_URANDOM -DINITIAL_HASHTABLE_ORDER=3" library jansson dump.c error.c hashtable.c hashtable_seed.c load.c memory.c pack_unpack.c strbuffer.c strconv.c utf.c value.c version.c &&
		cp jansson.h jansson_config.h "$prefix/include/") && pc jansson -ljansson
}

# libelf alone; what else elfutils asks the libc for it does not use.
make_elf() {
	(cd "$source" && mkdir -p shim && printf '%s\n' '#include <stdio.h>' \
		'#define error(status, number, ...) ((void)(status), (void)(number), fprintf(stderr, __VA_ARGS__))' >shim/error.h &&
		{ [ -e config.h ] || with '' ./configure --host=x86_64-linux-musl --disable-debuginfod --disable-libdebuginfod \
			--disable-nls --without-bzlib --without-lzma --without-zstd ac_cv_search_argp_parse='none required' \
			ac_cv_search_fts_close='none required' ac_cv_search__obstack_free='none required' ac_cv_c99=yes \
			"CPPFLAGS=-I$prefix/include -I$source/shim" "LDFLAGS=-L$prefix/lib"; } &&
		with "-DHAVE_CONFIG_H -D_GNU_SOURCE -std=gnu99 -Ishim -I. -Ilib -Ilibelf -I$prefix/include" library elf libelf/*.c \
			lib/crc32.c lib/crc32_file.c lib/next_prime.c lib/xmalloc.c lib/xstrdup.c lib/xstrndup.c &&
		cp libelf/libelf.h libelf/gelf.h libelf/elf.h "$prefix/include/") && pc libelf '-lelf -lz'
}

make_crypto() {
	local without=(shared asm tests dso engine async comp ui-console sock legacy cms ct ocsp ts srp aria bf camellia cast chacha des
		idea md4 mdc2 poly1305 rc2 rc4 rmd160 scrypt seed siphash sm2 sm3 sm4 whirlpool blake2 dsa ec2m gost srtp psk)
	# shellcheck disable=SC2086
	(cd "$source" && { [ -e configdata.pm ] || CC=$cc ./Configure linux-x86_64 "${without[@]/#/no-}" -O1 -fPIE $kernel; } &&
		make -s build_generated && make -s -j2 libcrypto.a && cp libcrypto.a "$prefix/lib/" &&
		cp -r include/openssl "$prefix/include/") && pc libcrypto -lcrypto
}

musl_version() {
	"$(readelf -l "$program" | sed -n 's/.*interpreter: \(.*\)]/\1/p')" 2>&1 | sed -n 's/^Version //p'
}

# Each a minute at most, once.
for pair in libdeflate:libdeflate zlib:zlib libzstd:zstd jansson:jansson libarchive:libarchive elfutils:elf openssl:crypto; do
	[ ! -e "$prefix/${pair#*:}.made" ] || continue
	run package "${pair%:*}"
	[ "$status" = 0 ] || comment <"$err"
	is "$status" 0 "the source of ${pair%:*}"
	run "make_${pair#*:}"
	[ "$status" = 0 ] || tail -n 20 "$err" | comment
	is "$status" 0 "built for musl: ${pair#*:}"
	[ "$status" != 0 ] || : >"$prefix/${pair#*:}.made"
done
PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig other musl probe_own_amd64=cc probe_own_386='cc -m32' CFLAGS="$kernel" LDFLAGS="-L$prefix/lib"
like "$(file -b "$program")" 'ld-musl-x86_64' 'it is a program for musl'
is "$(readelf -d "$program" | grep -c NEEDED)" 1 'it needs no library of the system but that'
t 'images of all codecs, made here' to want.tars "$MKSCRATCH"
t '... by the build with musl' to musl.tars "$program"
t '... which are the same bytes' cmp musl.tars want.tars
for jobs in 1 7; do
	t "an image on $jobs threads, by the build with musl" "$program" --no-cache -q -j "$jobs" --bin inputs/app --tree inputs/site:/srv -o musl.tar
	mk --no-cache -q --bin inputs/app --tree inputs/site:/srv -o here.tar
	t '... is the same bytes' cmp musl.tar here.tar
done
[ "$tests_failed" != 0 ] || told "musl $(musl_version), with all libraries of $suite" 'the same bytes'
t 'the build with musl verifies what this one made' "$program" verify -q here.tar
t 'and makes it again from its recipe' "$program" verify -q --rebuild here.tar
mk --no-cache -q --bin inputs/app --tree inputs/site:/srv -e DIFFERS=1 -o differs.tar
run cmp -s differs.tar here.tar
is "$status" 1 'what differs is told apart'
done_testing
