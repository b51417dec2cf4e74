#include "cut.h"

#include "mkscratch/compress.h"

#define WINDOW 64                     /* what is further back has left the 64 bits */
#define FACTOR 0x9E3779B97F4A7C15u    /* 2^64 divided by the golden ratio */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t skip(struct msk_cut *c, size_t n, size_t until)
{
	size_t part = c->n < until ? least(n, until - c->n) : 0;

	c->n += part;
	return part;
}

/* No cut may come yet; only the window has to be known. */
static size_t warm_up(struct msk_cut *c, const unsigned char *p, size_t n)
{
	size_t part = c->n < MSK_CUT_MIN - 1 ? least(n, MSK_CUT_MIN - 1 - c->n) : 0;

	for (size_t i = 0; i < part; i++)
		c->s = 2 * c->s + p[i] + 1;
	c->n += part;
	return part;
}

size_t msk_cut_scan(struct msk_cut *c, const unsigned char *p, size_t n, bool *ends)
{
	size_t at = skip(c, n, MSK_CUT_MIN - WINDOW), last;
	uint64_t s;

	at += warm_up(c, p + at, n - at);
	last = at + least(n - at, MSK_BLOCK_SIZE - c->n);
	s = c->s;
	*ends = false;
	for (size_t i = at; i < last; i++) {
		s = 2 * s + p[i] + 1;
		if (s * FACTOR >> (64 - MSK_CUT_BITS) == 0) {
			*c = (struct msk_cut){ 0 };
			*ends = true;
			return i + 1;
		}
	}
	c->s = s;
	c->n += last - at;
	*ends = c->n == MSK_BLOCK_SIZE;
	if (*ends)
		*c = (struct msk_cut){ 0 };
	return last;
}
