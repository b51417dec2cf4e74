/* The compressor: whatever the bytes, zlib makes them again of what comes out, in no more room than was said, and a state that
 * was used makes the same of them as a new one. First byte: the lowest two bits are the effort, of quick ones if
 * the fifth is 1; then, if the third is 0, the rest are the bytes; else the rest tells in a few bytes how to make many, as
 * `write_out` has it, and the fourth whether so many that distances do not fit in 16 bits. */
#include <stdlib.h>
#include <zlib.h>

#include "../../src/codec/deflate_parts.h"
#include "mkscratch/mem.h"
#include "fuzz.h"

#define EFFORT 3
#define MANY   4
#define LONG   8
#define QUICK  16
#define QUICKS 3                          /* come first among the efforts */
#define SHORT_ROOM (24u << 10)
#define LONG_ROOM  (144u << 10)
#define STEP_MOST  (64u << 10)            /* bytes of an instruction */

FUZZ_ALLOCATOR_ENDS;

static unsigned char plain[LONG_ROOM + STEP_MOST];

static size_t put_copy(unsigned char *to, size_t n, size_t distance)
{
	for (size_t i = 0; i < n; i++)
		to[i] = to[(ptrdiff_t)i - (ptrdiff_t)distance];
	return n;
}

static size_t put_noise(unsigned char *to, size_t n, uint32_t seed, unsigned values)
{
	for (size_t i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		to[i] = (unsigned char)((seed >> 16) * values >> 16);
	}
	return n;
}

/* An instruction has four bytes, of which the lowest bits of the first tell what it is: so many of the bytes behind it, a copy,
 * noise, a run. Returns how many bytes are made. */
static size_t write_out(const uint8_t *p, size_t n, size_t room)
{
	size_t made = 0;

	while (n >= 4 && made < room) {
		const unsigned what = p[0] & 3, more = p[0] >> 2, two = p[1] | (unsigned)p[2] << 8, last = p[3];
		unsigned char *to = plain + made;

		p += 4;
		n -= 4;
		if (what == 0) {
			size_t literals = more < n ? more : n;

			memcpy(to, p, literals);
			made += literals;
			p += literals;
			n -= literals;
		} else if (what == 1 && made) {
			made += put_copy(to, (last | (more & 15) << 8) + 1, 1 + (two | more >> 4 << 16) % made);
		} else if (what == 2) {
			made += put_noise(to, (more << 8 | last) + 1, two, 1 + two % 256);
		} else {
			memset(to, (int)last, two);
			made += two;
		}
	}
	return made < room ? made : room;
}

static void check_decodes(const unsigned char *packed, size_t n_packed, size_t n)
{
	static unsigned char again[LONG_ROOM + 1];
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)packed, .avail_in = (unsigned)n_packed, .next_out = again,
		       .avail_out = sizeof again };

	if (inflateInit2(&z, -15) != Z_OK)
		abort();
	assert(inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_in == 0 && z.avail_out == sizeof again - n);
	assert(memcmp(plain, again, n) == 0);
	inflateEnd(&z);
}

/* The bytes and what becomes of them in memory of just that size, for the sanitizers to see a step too far. */
static unsigned char *pack(struct msk_deflate *d, size_t n, size_t *made)
{
	unsigned char *in = msk_xmalloc(n + !n), *out = msk_xmalloc(msk_deflate_bound(n));

	memcpy(in, plain, n);
	*made = msk_deflate_part(d, in, n, out);
	assert(*made <= msk_deflate_bound(n) && d->pieces[d->n_pieces].steps <= d->steps + STEPS);
	free(in);
	return out;
}

static void check(const struct msk_deflate_effort *effort, size_t n)
{
	struct msk_deflate *d = msk_deflate_new(effort);
	unsigned char *first, *again;
	size_t n_first, n_again;

	if (!d)
		msk_oom();
	first = pack(d, n, &n_first);
	again = pack(d, n, &n_again);
	msk_deflate_free(d);
	assert(n_first == n_again && memcmp(first, again, n_first) == 0);
	first = msk_xrealloc(first, n_first + 2, 1);
	memcpy(first + n_first, "\3", 2);
	check_decodes(first, n_first + 2, n);
	free(first);
	free(again);
}

static const struct msk_deflate_effort *effort_of(uint8_t first)
{
	unsigned i = first & EFFORT;

	return &msk_deflate_efforts[first & QUICK ? i % QUICKS : QUICKS + i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t n = size - 1;

	if (!size)
		return 0;
	if (data[0] & MANY) {
		n = write_out(data + 1, size - 1, data[0] & LONG ? LONG_ROOM : SHORT_ROOM);
	} else {
		n = n < LONG_ROOM ? n : LONG_ROOM;
		memcpy(plain, data + 1, n);
	}
	check(effort_of(data[0]), n);
	return 0;
}
