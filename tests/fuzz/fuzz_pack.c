/* The compressor: whatever the bytes, zlib makes them again of what comes out, in no more room than was said, and a state that
 * was used makes the same of them as a new one. First byte: the lowest two bits are the effort; then, if the next is 0, the
 * rest are the bytes; else the rest tells in a few bytes how to make many, as `write_out` has it. */
#include <stdlib.h>
#include <zlib.h>

#include "../../src/codec/deflate_parts.h"
#include "mkscratch/mem.h"
#include "mkscratch/str.h"
#include "fuzz.h"

#define ROOM (144u << 10)                 /* more than what 16 bits tell */

FUZZ_ALLOCATOR_ENDS;

static void put_copy(struct msk_str *to, size_t n, size_t distance)
{
	for (distance = 1 + distance % to->len; n; n--)
		msk_str_addc(to, to->buf[to->len - distance]);
}

static void put_noise(struct msk_str *to, size_t n, uint32_t seed, unsigned values)
{
	for (; n; n--) {
		seed = seed * 1664525 + 1013904223;
		msk_str_addc(to, (char)((seed >> 16) % values));
	}
}

/* An instruction has four bytes, of which the lowest bits of the first tell what it is: so many of the bytes behind it, a copy,
 * noise, a run. */
static void write_out(const uint8_t *p, size_t n, struct msk_str *to)
{
	while (n >= 4 && to->len < ROOM) {
		const unsigned more = p[0] >> 2, two = p[1] | (unsigned)p[2] << 8;
		const uint8_t last = p[3];
		const unsigned what = p[0] & 3;

		p += 4;
		n -= 4;
		if (what == 0) {
			size_t literals = more < n ? more : n;

			msk_str_add(to, p, literals);
			p += literals;
			n -= literals;
		} else if (what == 1 && to->len) {
			put_copy(to, (last | (more & 15) << 8) + 1, two | more >> 4 << 16);
		} else if (what == 2) {
			put_noise(to, (more << 8 | last) + 1, two, 1 + two % 256);
		} else {
			put_noise(to, two, 0, 1);
			msk_str_addc(to, (char)last);
		}
	}
}

static void check_decodes(const unsigned char *packed, size_t n_packed, const struct msk_str *want)
{
	unsigned char *plain = msk_xmalloc(want->len + 1);
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)packed, .avail_in = (unsigned)n_packed, .next_out = plain,
		       .avail_out = (unsigned)want->len + 1 };

	if (inflateInit2(&z, -15) != Z_OK)
		abort();
	assert(inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_in == 0 && z.avail_out == 1);
	assert(!want->len || memcmp(plain, want->buf, want->len) == 0);
	inflateEnd(&z);
	free(plain);
}

/* All of them in memory of just that size, for the sanitizers to see a step too far. */
static unsigned char *pack(struct msk_deflate *d, const struct msk_str *plain, size_t n, size_t *made)
{
	unsigned char *in = msk_xmalloc(n + !n), *out = msk_xmalloc(msk_deflate_bound(n));

	if (n)
		memcpy(in, plain->buf, n);
	*made = msk_deflate_part(d, in, n, out);
	assert(*made <= msk_deflate_bound(n) && d->pieces[d->n_pieces].steps <= d->steps + STEPS);
	free(in);
	return out;
}

static void check(const struct msk_deflate_effort *effort, const struct msk_str *plain)
{
	struct msk_deflate *d = msk_deflate_new(effort);
	unsigned char *first, *again;
	size_t n, n_again;

	if (!d)
		msk_oom();
	free(pack(d, plain, plain->len / 2, &n));
	first = pack(d, plain, plain->len, &n);
	msk_deflate_free(d);
	d = msk_deflate_new(effort);
	if (!d)
		msk_oom();
	again = pack(d, plain, plain->len, &n_again);
	msk_deflate_free(d);
	assert(n == n_again && memcmp(first, again, n) == 0);
	first = msk_xrealloc(first, n + 2, 1);
	memcpy(first + n, "\3", 2);
	check_decodes(first, n + 2, plain);
	free(first);
	free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct msk_deflate_effort efforts[] = { { 0, 32 }, { 1, 64 }, { 7, 128 }, { 15, 258 } };
	MSK_AUTO_STR plain = MSK_STR_INIT;

	if (!size)
		return 0;
	if (data[0] & 4)
		write_out(data + 1, size - 1, &plain);
	else
		msk_str_add(&plain, data + 1, size - 1 < ROOM ? size - 1 : ROOM);
	check(&efforts[data[0] & 3], &plain);
	return 0;
}
