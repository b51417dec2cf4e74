#include "deflate.h"

#include <assert.h>
#include <stdlib.h>

#include "deflate_parts.h"

/* What is written over behind the last byte. */
#define SLACK 8

const struct msk_deflate_effort msk_deflate_efforts[] = { { 0, 32 }, { 1, 64 }, { 7, 128 }, { 15, 258 } };

const struct msk_reach msk_lengths[LENGTHS] = {
	{ 3, 0 }, { 4, 0 }, { 5, 0 }, { 6, 0 }, { 7, 0 }, { 8, 0 }, { 9, 0 }, { 10, 0 }, { 11, 1 }, { 13, 1 }, { 15, 1 },
	{ 17, 1 }, { 19, 2 }, { 23, 2 }, { 27, 2 }, { 31, 2 }, { 35, 3 }, { 43, 3 }, { 51, 3 }, { 59, 3 }, { 67, 4 },
	{ 83, 4 }, { 99, 4 }, { 115, 4 }, { 131, 5 }, { 163, 5 }, { 195, 5 }, { 227, 5 }, { 258, 0 },
};

const struct msk_reach msk_distances[DISTANCES] = {
	{ 1, 0 }, { 2, 0 }, { 3, 0 }, { 4, 0 }, { 5, 1 }, { 7, 1 }, { 9, 2 }, { 13, 2 }, { 17, 3 }, { 25, 3 }, { 33, 4 },
	{ 49, 4 }, { 65, 5 }, { 97, 5 }, { 129, 6 }, { 193, 6 }, { 257, 7 }, { 385, 7 }, { 513, 8 }, { 769, 8 }, { 1025, 9 },
	{ 1537, 9 }, { 2049, 10 }, { 3073, 10 }, { 4097, 11 }, { 6145, 11 }, { 8193, 12 }, { 12289, 12 }, { 16385, 13 },
	{ 24577, 13 },
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
