#!/usr/bin/env bash
# Same bytes, same blocks: the compressor by itself, which needs no library, for machines with other words and bytes in another
# order, by other compilers, optimised or not.
. "$(dirname "$0")/../lib.sh"
. "$TOP/tests/spec/common.sh"
require cc

cat >pack.c <<'C'
/* Standard input by each effort, one behind the other, as blocks on standard output; then of all 32768 bytes whether they would
 * rather be stored. */
#include <stdio.h>
#include <stdlib.h>

#include "deflate.h"
#include "dense.h"

int main(void)
{
	static unsigned char in[16 * MSK_DEFLATE_MOST];
	size_t n = fread(in, 1, sizeof in, stdin);
	unsigned char *out = malloc(msk_deflate_bound(MSK_DEFLATE_MOST));

	for (unsigned e = 0; e <= MSK_DEFLATE_LAST - MSK_DEFLATE_FIRST; e++) {
		struct msk_deflate *d = msk_deflate_new(&msk_deflate_efforts[e]);

		for (size_t at = 0, part; at < n; at += part) {
			part = n - at < MSK_DEFLATE_MOST ? n - at : MSK_DEFLATE_MOST;
			fwrite(out, 1, msk_deflate_part(d, in + at, part, out), stdout);
		}
		msk_deflate_free(d);
	}
	free(out);
	for (size_t at = 0; at + 32768 <= n; at += 32768)
		putchar(msk_dense(in + at, 32768) ? 'd' : '-');
	return fclose(stdout) != 0;
}
C
sources=("$TOP"/src/codec/{deflate{,_parse,_quick,_split,_symbols,_write},huffman,dense}.c)
by() { # NAME COMPILER WORD...
	"${@:2}" -std=gnu11 -I"$TOP/include" -I"$TOP/src/codec" -o "$1" pack.c "${sources[@]}"
}

# Of a program, of text, of counters, of chance, of nothing.
head -c 400000 "$MKSCRATCH" >bytes
cat "$TOP"/src/*/*.c | head -c 250000 >>bytes
"$python" -c '
import random, struct, sys
r = random.Random(4)
for n in range(20000): sys.stdout.buffer.write(struct.pack("<I", n * 7))
sys.stdout.buffer.write(r.randbytes(100000) + bytes(r.choice(b"abcdef") for _ in range(60000)) + bytes(70000))' >>bytes

t 'the compressor alone' by cc-O2 cc -O2
./cc-O2 <bytes >want
"$python" - <<'P'
import sys, zlib

want, data = open("want", "rb").read(), open("bytes", "rb").read()
for effort in range(7):
    for at in range(0, len(data), 512 * 1024):
        part = data[at:at + 512 * 1024]
        end = want.find(b"\0\0\xff\xff", 0)
        d = zlib.decompressobj(-15)
        got = b""
        # An empty stored block may well be within: go on until the part is whole.
        while got != part:
            got += d.decompress(want[:end + 4])
            want = want[end + 4:]
            end = want.find(b"\0\0\xff\xff")
            assert part.startswith(got)
sys.exit(set(want) != set(b"d-") or len(want) != len(data) // 32768)
P
is "$?" 0 '... makes what zlib decodes, and tells what is dense from what is not'

packs() { # COMMAND...
	"$@" <bytes >got && cmp got want
}
same() { # NAME WORD...: what it makes, run by these words
	t "... the same blocks" packs "${@:2}" "./$1"
}
for words in '-O0' '-O3 -march=native -funroll-loops' '-Os -fno-strict-aliasing'; do
	# shellcheck disable=SC2086
	t "built with $words" by "cc${words// /}" cc $words && same "cc${words// /}"
done
for compiler in clang musl-gcc; do
	if command -v "$compiler" >/dev/null; then
		t "built by $compiler" by "$compiler" "$compiler" -O2 && same "$compiler"
	else
		skip "by $compiler" "$compiler is not installed"
	fi
done
# s390x has the highest byte first; arm has words of 32 bits.
for pair in aarch64:aarch64-linux-gnu arm:arm-linux-gnueabihf riscv64:riscv64-linux-gnu ppc64le:powerpc64le-linux-gnu s390x:s390x-linux-gnu; do
	machine=${pair%%:*} compiler=${pair#*:}-gcc
	qemu=$(command -v "qemu-$machine-static" || command -v "qemu-$machine")
	if ! command -v "$compiler" >/dev/null; then
		skip "for $machine" "$compiler is not installed"
	elif [ -z "$qemu" ]; then
		skip "for $machine" "qemu-$machine-static is not installed"
	elif ! echo 'int main(void) { return 0; }' | "$compiler" -static -x c -o empty - 2>/dev/null; then
		skip "for $machine" "a libc of $machine is not installed"
	else
		t "built for $machine" by "$machine" "$compiler" -O2 -static && same "$machine" "$qemu"
	fi
done
done_testing
