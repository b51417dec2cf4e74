#include "deflate_end.h"

#include <string.h>

#define MAX_LITLEN 288
#define MAX_DIST   32
#define MAX_LENGTH 15         /* of a code, in bits */
#define FAST_BITS  11

/* What a run of bits means for somebody who only walks: how many to skip, extra bits included, and whether a distance
 * comes next or something special is to be done. NEXT_DISTANCE is an offset between tables. */
typedef uint16_t step;
#define SKIP          0x003Fu
#define SPECIAL       0x0040u         /* one of the next two, or neither: the code is longer than FAST_BITS */
#define END_OF_BLOCK  0x0080u
#define INVALID       0x0100u
#define NEXT_DISTANCE (1u << FAST_BITS)
#define SYMBOL_SHIFT  11              /* of the precode: from here on the symbol */

/* The canonical form of a Huffman code, for what the tables over the first FAST_BITS cannot hold. */
struct code {
	step by_rank[MAX_LITLEN];
	uint16_t count[MAX_LENGTH + 1];
};

#define FAST_SIZE (1u << FAST_BITS)

/* Codes by what comes next: [0] literals and lengths, [1] distances. Scratch space of one walk. */
struct walk {
	step fast[2 * FAST_SIZE];
	struct code codes[2];
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

/* The last `length` (1 to 16) bits in the opposite order: neighbours change places, then pairs, and so on. */
static unsigned reversed(unsigned code, unsigned length)
{
	code = (code & 0x5555) << 1 | (code & 0xAAAA) >> 1;
	code = (code & 0x3333) << 2 | (code & 0xCCCC) >> 2;
	code = (code & 0x0F0F) << 4 | (code & 0xF0F0) >> 4;
	code = (code & 0x00FF) << 8 | (code & 0xFF00) >> 8;
	return code >> (16 - length);
}

/* RFC 1951, 3.2.5: extra bits of length codes 257..285 and of distance codes. */
static step litlen_step(unsigned symbol, unsigned len)
{
	static const uint8_t extra[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4,
					 5, 5, 5, 5, 0 };

	if (symbol < 256)
		return (step)len;
	if (symbol == 256)
		return (step)(len | SPECIAL | END_OF_BLOCK);
	if (symbol - 257 >= sizeof extra)
		return SPECIAL | INVALID;
	return (step)(NEXT_DISTANCE | (len + extra[symbol - 257]));
}

static step dist_step(unsigned symbol, unsigned len)
{
	if (symbol >= 30)
		return SPECIAL | INVALID;
	return (step)(symbol < 4 ? len : len + symbol / 2 - 1);
}

static step precode_step(unsigned symbol, unsigned len)
{
	return (step)(symbol << SYMBOL_SHIFT | len);
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

static void fill_fast(step *fast, unsigned code, unsigned length, step s)
{
	for (unsigned at = reversed(code, length); at < FAST_SIZE; at += 1u << length)
		fast[at] = s;
}

/* Build from code lengths (3.2.2). An incomplete code is allowed, as for a block with a single distance. */
static bool build(struct walk *w, unsigned which, const uint8_t *lengths, unsigned n, step (*meaning)(unsigned, unsigned))
{
	unsigned next[MAX_LENGTH + 2] = { 0 }, rank[MAX_LENGTH + 2] = { 0 };
	step *fast = w->fast + which * FAST_SIZE;
	struct code *c = &w->codes[which];

	if (!count_lengths(lengths, n, c->count))
		return false;
	for (unsigned len = 1; len <= MAX_LENGTH; len++) {
		next[len + 1] = (next[len] + c->count[len]) << 1;
		rank[len + 1] = rank[len] + c->count[len];
	}
	for (unsigned i = 0; i < FAST_SIZE; i++)
		fast[i] = SPECIAL;
	for (unsigned symbol = 0; symbol < n; symbol++) {
		unsigned len = lengths[symbol];
		step s;

		if (!len)
			continue;
		s = meaning(symbol, len);
		c->by_rank[rank[len]++] = s;
		if (len <= FAST_BITS)
			fill_fast(fast, next[len], len, s);
		next[len]++;
	}
	return true;
}

/* The canonical decoder, a bit at a time; for codes that the fast table cannot hold. */
static step slow_step(const struct code *c, uint64_t window)
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
	return SPECIAL | INVALID;
}

/* The next step after `last`, of which only NEXT_DISTANCE counts. */
static inline step look_up(const struct walk *w, step last, uint64_t window)
{
	unsigned table = last & NEXT_DISTANCE;
	step s = w->fast[(window & (FAST_SIZE - 1)) | table];

	return s == SPECIAL ? slow_step(&w->codes[table / NEXT_DISTANCE], window) : s;
}

/* Far from the end of the input: two steps take 56 bits at most, and a refill gives them. No branch depends on which
 * kind of symbol comes, as that is what no processor can predict. */
static step walk_fast(struct bits *b, const struct walk *w)
{
	struct bits at = *b;
	step s = 0;

	while (at.n - at.at >= 8) {
		refill(&at);
		s = look_up(w, s, at.window);
		at.window >>= s & SKIP;
		at.have -= s & SKIP;
		if (s & SPECIAL)
			break;
		s = look_up(w, s, at.window);
		at.window >>= s & SKIP;
		at.have -= s & SKIP;
		if (s & SPECIAL)
			break;
	}
	*b = at;
	return s;
}

/* Walk the symbols of a block. */
static bool walk_symbols(struct bits *b, const struct walk *w)
{
	step s = walk_fast(b, w);

	while (!(s & SPECIAL)) {
		refill(b);
		s = look_up(w, s, b->window);
		skip(b, s & SKIP);
		if (b->overrun)
			return false;
	}
	return s & END_OF_BLOCK;
}

/* 3.2.7: the code lengths of both codes, themselves coded. */
static bool read_lengths(struct bits *b, const struct walk *pre, uint8_t *lengths, unsigned n)
{
	for (unsigned i = 0; i < n;) {
		unsigned symbol, repeat = 1;
		uint8_t value = 0;
		step s;

		refill(b);
		s = look_up(pre, 0, b->window);
		symbol = s >> SYMBOL_SHIFT;
		if (s & SPECIAL)
			return false;
		skip(b, s & SKIP);
		if (symbol < 16)
			value = (uint8_t)symbol;
		else if (symbol == 16 && i > 0)
			value = lengths[i - 1];
		else if (symbol == 16)
			return false;
		if (symbol >= 16)
			repeat = symbol == 16 ? 3 + take(b, 2) : symbol == 17 ? 3 + take(b, 3) : 11 + take(b, 7);
		if (b->overrun || repeat > n - i)
			return false;
		memset(lengths + i, value, repeat);
		i += repeat;
	}
	return true;
}

static bool walk_coded(struct bits *b, struct walk *w, const uint8_t *lengths, unsigned n_litlen, unsigned n_dist)
{
	if (!build(w, 0, lengths, n_litlen, litlen_step) || !build(w, 1, lengths + n_litlen, n_dist, dist_step))
		return false;
	return walk_symbols(b, w);
}

static bool walk_dynamic(struct bits *b, struct walk *w)
{
	static const uint8_t order[19] = { 16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15 };
	uint8_t lengths[MAX_LITLEN + MAX_DIST] = { 0 }, pre[19] = { 0 };
	unsigned n_litlen = 257 + take(b, 5), n_dist = 1 + take(b, 5), n_pre = 4 + take(b, 4);

	if (n_litlen > 286)
		return false;
	for (unsigned i = 0; i < n_pre; i++)
		pre[order[i]] = (uint8_t)take(b, 3);
	return build(w, 0, pre, 19, precode_step) && read_lengths(b, w, lengths, n_litlen + n_dist) &&
	       walk_coded(b, w, lengths, n_litlen, n_dist);
}

static bool walk_fixed(struct bits *b, struct walk *w)
{
	uint8_t lengths[MAX_LITLEN + MAX_DIST];

	memset(lengths, 8, 144);
	memset(lengths + 144, 9, 112);
	memset(lengths + 256, 7, 24);
	memset(lengths + 280, 8, 8);
	memset(lengths + MAX_LITLEN, 5, MAX_DIST);
	return walk_coded(b, w, lengths, MAX_LITLEN, MAX_DIST);
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
