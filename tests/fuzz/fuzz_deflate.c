/* The end of a raw deflate stream, and where its last block begins, against zlib's inflate. First byte: even, the rest is
 * the stream; odd, the rest but four bytes, 1 to 64 times, is what a stream is made of, in which those four change two
 * bytes. It is long enough then for several to walk in it at once. */
#include <libdeflate.h>

#include "mkscratch/mem.h"
#include "mkscratch/str.h"
#include "fuzz.h"
#include "zlib_end.h"

#define ROOM (32 << 10)

FUZZ_ALLOCATOR_ENDS;

static bool compare(const unsigned char *p, size_t n)
{
	struct msk_deflate_end ours = { 0 }, theirs = { 0 };
	bool found = msk_deflate_find_end(p, n, &ours), sound = zlib_finds_end(p, n, &theirs);

	/* It may accept more: where a distance leads is not looked at, and whether a code is complete. */
	assert(found || !sound);
	assert(!sound || (ours.bits == theirs.bits && ours.last_header == theirs.last_header));
	assert(!found || (ours.bits <= (uint64_t)n * 8 && ours.last_header < ours.bits));
	return sound;
}

static void compare_made(unsigned times, const uint8_t *data, size_t size)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(1 + (int)(times % 6));
	MSK_AUTO_STR plain = MSK_STR_INIT;
	unsigned char *made;
	size_t n;

	for (unsigned i = 0; i < times && plain.len + size < ROOM; i++)
		msk_str_add(&plain, data, size - 4);
	n = libdeflate_deflate_compress_bound(c, plain.len);
	made = msk_xmalloc(n);
	n = libdeflate_deflate_compress(c, plain.buf, plain.len, made, n);
	libdeflate_free_compressor(c);
	made = msk_xrealloc(made, n, 1);      /* for the sanitizers to see a step too far */
	assert(compare(made, n));
	for (unsigned i = size - 4; i < size; i += 2) {
		made[(data[i] | (size_t)data[i + 1] << 8) * n >> 16] ^= (unsigned char)(1 << data[i + 1] % 8);
		compare(made, n);
	}
	free(made);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > ROOM)
		return 0;
	if (size > 5 && data[0] & 1)
		compare_made(1 + data[0] / 4, data + 1, size - 1);
	else if (size)
		compare(data + 1, size - 1);
	return 0;
}
