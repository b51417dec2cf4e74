#include "deflate_end.h"

#include <string.h>

#define MAX_LITLEN 288
#define MAX_DIST   32
#define MAX_LENGTH 15         /* of a code, in bits */
#define FAST_BITS  11

/* What a code means for somebody who only walks: how many bits it takes, extra bits included, and what comes next. */
enum follows { NEXT_SYMBOL, NEXT_DISTANCE, END_OF_BLOCK, INVALID };

struct step {
	uint8_t bits;
	uint8_t follows;
};

/* A Huffman code: a table over the first FAST_BITS, and the canonical form for what is longer. */
struct code {
	struct step fast[1 << FAST_BITS];
	struct step by_rank[MAX_LITLEN];      /* in canonical order */
	uint16_t count[MAX_LENGTH + 1];
};

struct bits {
	const unsigned char *p;
	size_t n, at;                         /* bytes taken into `window` so far */
	uint64_t window;
	unsigned have;                        /* valid bits in the window */
	bool overrun;
};

/* At least 56 bits; behind the end of the input zeros, which must not be consumed. */
static inline void refill(struct bits *b)
{
	if (b->n - b->at >= 8) {
		uint64_t word;

		memcpy(&word, b->p + b->at, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		word = __builtin_bswap64(word);
#endif
		b->window |= word << b->have;
		b->at += (63 - b->have) >> 3;
		b->have |= 56;
		return;
	}
	while (b->have <= 56 && b->at < b->n) {
		b->window |= (uint64_t)b->p[b->at++] << b->have;
		b->have += 8;
	}
}

static inline void skip(struct bits *b, unsigned n)
{
	if (n > b->have) {
		b->overrun = true;
		n = b->have;
	}
	b->window >>= n;
	b->have -= n;
}

static unsigned take(struct bits *b, unsigned n)
{
	unsigned v;

	refill(b);
	v = (unsigned)(b->window & ((1u << n) - 1));
	skip(b, n);
	return v;
}

static uint64_t position(const struct bits *b)
{
	return (uint64_t)b->at * 8 - b->have;
}

static unsigned reversed(unsigned code, unsigned length)
{
	unsigned r = 0;

	for (; length; length--, code >>= 1)
		r = r << 1 | (code & 1);
	return r;
}

/* RFC 1951, 3.2.5: extra bits of length codes 257..285 and of distance codes. */
static struct step litlen_step(unsigned symbol)
{
	static const uint8_t extra[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4,
					 5, 5, 5, 5, 0 };

	if (symbol < 256)
		return (struct step){ 0, NEXT_SYMBOL };
	if (symbol == 256)
		return (struct step){ 0, END_OF_BLOCK };
	if (symbol - 257 >= sizeof extra)
		return (struct step){ 0, INVALID };
	return (struct step){ extra[symbol - 257], NEXT_DISTANCE };
}

static struct step dist_step(unsigned symbol)
{
	if (symbol >= 30)
		return (struct step){ 0, INVALID };
	return (struct step){ (uint8_t)(symbol < 4 ? 0 : symbol / 2 - 1), NEXT_SYMBOL };
}

/* Symbols of the precode stand for themselves: `follows` carries the symbol. */
static struct step precode_step(unsigned symbol)
{
	return (struct step){ 0, (uint8_t)symbol };
}

static bool count_lengths(const uint8_t *lengths, unsigned n, uint16_t count[MAX_LENGTH + 1])
{
	unsigned left = 1;

	memset(count, 0, (MAX_LENGTH + 1) * sizeof *count);
	for (unsigned i = 0; i < n; i++)
		count[lengths[i]]++;
	count[0] = 0;
	for (unsigned len = 1; len <= MAX_LENGTH; len++) {
		left <<= 1;
		if (count[len] > left)
			return false;
		left -= count[len];
	}
	return true;
}

static void fill_fast(struct code *c, unsigned code, unsigned length, struct step s)
{
	for (unsigned at = reversed(code, length); at < 1u << FAST_BITS; at += 1u << length)
		c->fast[at] = s;
}

/* Build from code lengths (3.2.2). An incomplete code is allowed, as for a block with a single distance. */
static bool build(struct code *c, const uint8_t *lengths, unsigned n, struct step (*meaning)(unsigned))
{
	unsigned next[MAX_LENGTH + 2] = { 0 }, rank[MAX_LENGTH + 2] = { 0 };

	if (!count_lengths(lengths, n, c->count))
		return false;
	for (unsigned len = 1; len <= MAX_LENGTH; len++) {
		next[len + 1] = (next[len] + c->count[len]) << 1;
		rank[len + 1] = rank[len] + c->count[len];
	}
	memset(c->fast, 0, sizeof c->fast);
	for (unsigned symbol = 0; symbol < n; symbol++) {
		unsigned len = lengths[symbol];
		struct step s = meaning(symbol);

		if (!len)
			continue;
		s.bits = (uint8_t)(s.bits + len);
		c->by_rank[rank[len]++] = s;
		if (len <= FAST_BITS)
			fill_fast(c, next[len], len, s);
		next[len]++;
	}
	return true;
}

/* The canonical decoder, a bit at a time; for codes that the fast table cannot hold. */
static struct step slow_step(const struct code *c, uint64_t window)
{
	unsigned code = 0, first = 0, rank = 0;

	for (unsigned len = 1; len <= MAX_LENGTH; len++) {
		code |= (unsigned)(window & 1);
		window >>= 1;
		if (code - first < c->count[len])
			return c->by_rank[rank + code - first];
		rank += c->count[len];
		first = (first + c->count[len]) << 1;
		code <<= 1;
	}
	return (struct step){ 0, INVALID };
}

static inline struct step look_up(const struct code *c, uint64_t window)
{
	struct step s = c->fast[window & ((1u << FAST_BITS) - 1)];

	return s.bits ? s : slow_step(c, window);
}

/* Walk the symbols of a block. A length and its distance take 48 bits at most, so one refill serves both. */
static bool walk_symbols(struct bits *b, const struct code *litlen, const struct code *dist)
{
	for (;;) {
		struct step s;

		refill(b);
		s = look_up(litlen, b->window);
		skip(b, s.bits);
		if (s.follows == NEXT_SYMBOL) {
			s = look_up(litlen, b->window);
			skip(b, s.bits);
			if (s.follows == NEXT_SYMBOL)
				goto next;
			if (s.follows == NEXT_DISTANCE)
				refill(b);
		}
		if (s.follows == END_OF_BLOCK)
			return !b->overrun;
		if (s.follows == INVALID)
			return false;
		s = look_up(dist, b->window);
		skip(b, s.bits);
		if (s.follows == INVALID)
			return false;
next:
		if (b->overrun)
			return false;
	}
}

/* 3.2.7: the code lengths of both codes, themselves coded. */
static bool read_lengths(struct bits *b, const struct code *pre, uint8_t *lengths, unsigned n)
{
	for (unsigned i = 0; i < n;) {
		unsigned symbol, repeat = 1;
		uint8_t value = 0;
		struct step s;

		refill(b);
		s = look_up(pre, b->window);
		symbol = s.follows;
		if (!s.bits || b->overrun)
			return false;
		skip(b, s.bits);
		if (symbol < 16)
			value = (uint8_t)symbol;
		else if (symbol == 16 && i > 0)
			value = lengths[i - 1];
		else if (symbol == 16)
			return false;
		if (symbol >= 16)
			repeat = symbol == 16 ? 3 + take(b, 2) : symbol == 17 ? 3 + take(b, 3) : 11 + take(b, 7);
		if (repeat > n - i)
			return false;
		memset(lengths + i, value, repeat);
		i += repeat;
	}
	return true;
}

/* Scratch space of one walk; too large for some stacks when nested, so there is one. */
struct walk {
	struct code pre, litlen, dist;
};

static bool walk_dynamic(struct bits *b, struct walk *w)
{
	static const uint8_t order[19] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 };
	uint8_t lengths[MAX_LITLEN + MAX_DIST] = { 0 }, pre[19] = { 0 };
	unsigned n_litlen = 257 + take(b, 5), n_dist = 1 + take(b, 5), n_pre = 4 + take(b, 4);

	if (n_litlen > 286)
		return false;
	for (unsigned i = 0; i < n_pre; i++)
		pre[order[i]] = (uint8_t)take(b, 3);
	return build(&w->pre, pre, 19, precode_step) && read_lengths(b, &w->pre, lengths, n_litlen + n_dist) &&
	       build(&w->litlen, lengths, n_litlen, litlen_step) &&
	       build(&w->dist, lengths + n_litlen, n_dist, dist_step) && walk_symbols(b, &w->litlen, &w->dist);
}

static bool walk_fixed(struct bits *b, struct walk *w)
{
	uint8_t lengths[MAX_LITLEN + MAX_DIST];

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	memset(lengths + 280, 8, 8);
	memset(lengths + MAX_LITLEN, 5, MAX_DIST);
	return build(&w->litlen, lengths, MAX_LITLEN, litlen_step) &&
	       build(&w->dist, lengths + MAX_LITLEN, MAX_DIST, dist_step) && walk_symbols(b, &w->litlen, &w->dist);
}

static bool walk_stored(struct bits *b)
{
	uint64_t at = (position(b) + 7) / 8;
	size_t len;

	if (at + 4 > b->n)
		return false;
	len = b->p[at] | (size_t)b->p[at + 1] << 8;
	if ((len ^ (b->p[at + 2] | (size_t)b->p[at + 3] << 8)) != 0xFFFF || len > b->n - at - 4)
		return false;
	*b = (struct bits){ b->p, b->n, (size_t)at + 4 + len, 0, 0, false };
	return true;
}

bool msk_deflate_find_end(const unsigned char *p, size_t n, struct msk_deflate_end *out)
{
	struct bits b = { p, n, 0, 0, 0, false };
	struct walk w;
	bool final, sound;

	do {
		unsigned type;

		out->last_header = position(&b);
		final = take(&b, 1);
		type = take(&b, 2);
		if (b.overrun)
			return false;
		sound = type == 0 ? walk_stored(&b) : type == 1 ? walk_fixed(&b, &w) : type == 2 && walk_dynamic(&b, &w);
	} while (sound && !final);
	out->bits = position(&b);
	return sound;
}

size_t msk_deflate_open_end(unsigned char *p, size_t n)
{
	struct msk_deflate_end end;
	size_t at;

	if (!msk_deflate_find_end(p, n, &end))
		return 0;
	p[end.last_header / 8] &= (unsigned char)~(1u << (end.last_header % 8));
	/* Three zero bits (not final, stored), zeros up to a byte, then length 0 and its complement. */
	if (end.bits % 8)
		p[end.bits / 8] &= (unsigned char)((1u << (end.bits % 8)) - 1);
	at = (size_t)((end.bits + 3 + 7) / 8);
	if (at > n)
		p[n] = 0;
	memcpy(p + at, "\0\0\xff\xff", 4);
	return at + 4;
}
