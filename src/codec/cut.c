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

static bool is_cut(uint64_t s)
{
	return s * FACTOR < (uint64_t)1 << (64 - MSK_CUT_BITS);
}

/* How many of p[0..n) can be passed over for there is no cut among them: a multiple of four, whose sums need not wait for
 * one another. */
static size_t pass_over(uint64_t *s, const unsigned char *p, size_t n)
{
	size_t at = 0;

	for (; n - at >= 4; at += 4) {
		unsigned one = p[at] + 1u, two = 2 * one + p[at + 1] + 1, three = 2 * two + p[at + 2] + 1;
		uint64_t four = 16 * *s + 2 * three + p[at + 3] + 1;

		if (is_cut(2 * *s + one) || is_cut(4 * *s + two) || is_cut(8 * *s + three) || is_cut(four))
			break;
		*s = four;
	}
	return at;
}

size_t msk_cut_scan(struct msk_cut *c, const unsigned char *p, size_t n, bool *ends)
{
	size_t at = skip(c, n, MSK_CUT_MIN - WINDOW), last;
	uint64_t s;

	at += warm_up(c, p + at, n - at);
	last = at + least(n - at, MSK_BLOCK_SIZE - c->n);
	c->n += last - at;
	s = c->s;
	at += pass_over(&s, p + at, last - at);
	for (*ends = false; at < last && !*ends; at++) {
		s = 2 * s + p[at] + 1;
		*ends = is_cut(s);
	}
	c->s = s;
	*ends = *ends || c->n == MSK_BLOCK_SIZE;
	if (*ends)
		*c = (struct msk_cut){ 0 };
	return at;
}
