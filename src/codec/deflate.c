#include "deflate.h"

#include <assert.h>
#include <stdlib.h>

#include "deflate_parts.h"

/* What is written over behind the last byte. */
#define SLACK 8

const struct msk_deflate_effort msk_deflate_efforts[] = {
	{ .quick = 1 },
	{ .quick = 2 },
	{ .quick = 3 },
	{ .rounds = 0, .enough = 32 },
	{ .rounds = 1, .enough = 64 },
	{ .rounds = 7, .enough = 128 },
	{ .rounds = 15, .enough = 258 },
};

static void name_symbols(struct msk_deflate *d)
{
	for (unsigned i = MSK_COPY_LEAST, symbol = 0; i <= MSK_COPY_MOST; i++) {
		if (symbol + 1 < LENGTHS && i == msk_lengths[symbol + 1].base)
			symbol++;
		d->length_symbol[i] = (uint8_t)symbol;
	}
	for (unsigned i = 1, symbol = 0; i <= MSK_WINDOW; i++) {
		unsigned before = i - 1;

		if (symbol + 1 < DISTANCES && i == msk_distances[symbol + 1].base)
			symbol++;
		d->distance_symbol[before < 256 ? before : 256 + (before >> 7)] = (uint8_t)symbol;
	}
}

struct msk_deflate *msk_deflate_new(const struct msk_deflate_effort *effort)
{
	struct msk_deflate *d = malloc(sizeof *d);

	if (!d)
		return NULL;
	d->effort = *effort;
	d->shifts_fast = msk_deflate_shifts_fast();
	name_symbols(d);
	msk_deflate_weigh(d);
	return d;
}

bool msk_deflate_shifts_fast(void)
{
#ifdef MSK_SHIFTS_FAST
	return __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
#else
	return false;
#endif
}

void msk_deflate_free(struct msk_deflate *d)
{
	free(d);
}

size_t msk_deflate_size(void)
{
	return sizeof(struct msk_deflate);
}

/* As if each piece were stored, which takes up to two bits more than is counted where blocks are chosen, and an empty block. */
size_t msk_deflate_bound(size_t n)
{
	return n + 6 * (n / PIECE + 2) + 5 + SLACK;
}

size_t msk_deflate_part(struct msk_deflate *d, const unsigned char *in, size_t n, unsigned char *out)
{
	assert(n <= MSK_DEFLATE_MOST);
	msk_deflate_parse(d, in, (uint32_t)n);
	msk_deflate_split(d);
	return msk_deflate_write(d, out);
}
