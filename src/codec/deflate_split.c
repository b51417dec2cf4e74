#include "deflate_parts.h"

/* In units of 1/4096 bit: what a symbol costs in the header of a block, about, and what the header costs beside. */
#define UNIT 12
#define OF_SYMBOL (3u << UNIT)
#define OF_BLOCK  (200u << UNIT)

/* log2(1 + i / 256) rounded down: squared, a number has twice the logarithm. */
static uint16_t fraction_of_log(unsigned i)
{
	const uint64_t one = 1u << 30;
	uint64_t v = (uint64_t)(256 + i) << 22;
	unsigned out = 0;

	for (unsigned bit = 0; bit < UNIT; bit++) {
		v = v * v >> 30;
		out = out << 1 | (v >= 2 * one);
		if (v >= 2 * one)
			v >>= 1;
	}
	return (uint16_t)out;
}

/* log2(v): by the eight bits behind the first, and between two of these by the eight behind them. */
static uint32_t log_of(const struct msk_deflate *d, uint32_t v)
{
	unsigned whole = 31 - (unsigned)__builtin_clz(v);
	uint32_t rest = v << (31 - whole), i = rest >> 23 & 255, between = rest >> 15 & 255;

	return (uint32_t)(whole << UNIT) + d->logs[i] + ((uint32_t)(d->logs[i + 1] - d->logs[i]) * between >> 8);
}

void msk_deflate_weigh(struct msk_deflate *d)
{
	for (unsigned i = 0; i < 256; i++)
		d->logs[i] = fraction_of_log(i);
	d->logs[256] = 1u << UNIT;
	d->weights[0] = 0;
	for (uint32_t v = 1; v < WEIGHTS; v++)
		d->weights[v] = v * log_of(d, v);
}

static uint64_t weight(const struct msk_deflate *d, uint32_t v)
{
	return v < WEIGHTS ? d->weights[v] : (uint64_t)v * log_of(d, v);
}

/* The bits of the codes of n symbols that occur uses[i] + more[i] times, and of their part of a header. */
static uint64_t cost_of(const struct msk_deflate *d, const uint32_t *uses, const uint32_t *more, unsigned n)
{
	uint64_t sum = 0;
	uint32_t all = 0, header = 0;

	for (unsigned i = 0; i < n; i++) {
		uint32_t v = uses[i] + more[i];

		all += v;
		sum += weight(d, v);
		header += v ? OF_SYMBOL : 0;
	}
	return weight(d, all) - sum + header;
}

static uint64_t block_cost(const struct msk_deflate *d, const uint32_t *uses, const uint32_t *more)
{
	return cost_of(d, uses, more, LITLEN) + cost_of(d, uses + LITLEN, more + LITLEN, DISTANCES) + OF_BLOCK;
}

static uint64_t pair_cost(const struct msk_deflate *d, unsigned i)
{
	return block_cost(d, d->pieces[i].uses, d->pieces[d->next[i]].uses);
}

static void join(struct msk_deflate *d, unsigned i)
{
	unsigned with = d->next[i];

	for (unsigned s = 0; s < SYMBOLS; s++)
		d->pieces[i].uses[s] += d->pieces[with].uses[s];
	d->next[i] = d->next[with];
}

/* Those two neighbours become one block of which that saves most, the first of equals, as long as it saves anything. */
void msk_deflate_split(struct msk_deflate *d)
{
	static const uint32_t none[SYMBOLS];
	uint64_t cost[PIECES], joined[PIECES];
	unsigned n = d->n_pieces;

	for (unsigned i = 0; i < n; i++) {
		d->next[i] = i + 1;
		cost[i] = block_cost(d, d->pieces[i].uses, none);
	}
	for (unsigned i = 0; i + 1 < n; i++)
		joined[i] = pair_cost(d, i);
	for (;;) {
		unsigned best = n, before_best = n, before = n;
		uint64_t most = 0;

		for (unsigned i = 0; d->next[i] < n; before = i, i = d->next[i])
			if (cost[i] + cost[d->next[i]] > joined[i] + most) {
				most = cost[i] + cost[d->next[i]] - joined[i];
				best = i;
				before_best = before;
			}
		if (best == n)
			return;
		join(d, best);
		cost[best] = joined[best];
		if (d->next[best] < n)
			joined[best] = pair_cost(d, best);
		if (before_best < n)
			joined[before_best] = pair_cost(d, before_best);
	}
}
