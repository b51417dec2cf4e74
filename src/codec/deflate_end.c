#include "deflate_end.h"

#include "deflate_walk.h"
#include "huffman.h"

#define PRE_BITS    7                 /* the longest code of theirs */
#define PRE_SHIFT   11                /* in a step: from here on the symbol */

/* Behind the end it gives zeros. */
static unsigned take(struct msk_bits *b, unsigned n)
{
	unsigned v = (unsigned)(msk_bits_peek_end(b) & ((1u << n) - 1));

	b->at += n;
	return v;
}

static bool overran(const struct msk_bits *b)
{
	return b->at > (uint64_t)b->n * 8;
}

static msk_step pre_step(unsigned symbol, unsigned len)
{
	return (msk_step)(symbol << PRE_SHIFT | len);
}

/* 3.2.7: the code lengths of both codes, themselves coded. */
static bool read_lengths(struct msk_bits *b, const msk_step *pre, uint8_t *lengths, unsigned n)
{
	for (unsigned i = 0; i < n;) {
		const uint64_t window = msk_bits_peek_end(b);
		const msk_step s = pre[window & ((1u << PRE_BITS) - 1)];
		const unsigned symbol = s >> PRE_SHIFT, behind = (unsigned)(window >> (s & MSK_STEP_SKIP));
		unsigned repeat;

		if (s & MSK_STEP_SPECIAL || (symbol == 16 && i == 0))
			return false;
		b->at += s & MSK_STEP_SKIP;
		if (symbol < 16) {
			lengths[i++] = (uint8_t)symbol;
			continue;
		}
		b->at += symbol == 16 ? 2 : symbol == 17 ? 3 : 7;
		repeat = symbol == 16 ? 3 + behind % 4 : symbol == 17 ? 3 + behind % 8 : 11 + behind % 128;
		if (repeat > n - i)
			return false;
		memset(lengths + i, symbol == 16 ? lengths[i - 1] : 0, repeat);
		i += repeat;
	}
	return !overran(b);
}

static bool read_precode(struct msk_bits *b, unsigned n, msk_step fast[1u << PRE_BITS])
{
	uint8_t lengths[MSK_HUFFMAN_ORDER] = { 0 };
	struct msk_deflate_code code;

	for (unsigned i = 0; i < n; i++)
		lengths[msk_huffman_order[i]] = (uint8_t)take(b, 3);
	return msk_deflate_code_build(&code, fast, PRE_BITS, MSK_STEP_SPECIAL, lengths, MSK_HUFFMAN_ORDER, pre_step);
}

static bool walk_dynamic(struct msk_bits *b, struct msk_deflate_codes *c)
{
	uint8_t lengths[MSK_DEFLATE_LITLEN + MSK_DEFLATE_DIST] = { 0 };
	unsigned n_litlen = 257 + take(b, 5), n_dist = 1 + take(b, 5), n_pre = 4 + take(b, 4);
	msk_step pre[1u << PRE_BITS];

	return n_litlen <= 286 && read_precode(b, n_pre, pre) && read_lengths(b, pre, lengths, n_litlen + n_dist) &&
	       msk_deflate_codes_build(c, lengths, n_litlen, lengths + n_litlen, n_dist) && msk_deflate_walk(c, b);
}

static bool walk_fixed(struct msk_bits *b, struct msk_deflate_codes *c)
{
	uint8_t litlen[MSK_DEFLATE_LITLEN], dist[MSK_DEFLATE_DIST];

	memset(litlen, 8, 144);
	memset(litlen + 144, 9, 112);
	memset(litlen + 256, 7, 24);
	memset(litlen + 280, 8, 8);
	memset(dist, 5, sizeof dist);
	return msk_deflate_codes_build(c, litlen, MSK_DEFLATE_LITLEN, dist, MSK_DEFLATE_DIST) && msk_deflate_walk(c, b);
}

static bool walk_stored(struct msk_bits *b)
{
	uint64_t at = (b->at + 7) / 8;
	size_t len;

	if (at + 4 > b->n)
		return false;
	len = b->p[at] | (size_t)b->p[at + 1] << 8;
	if ((len ^ (b->p[at + 2] | (size_t)b->p[at + 3] << 8)) != 0xFFFF || len > b->n - at - 4)
		return false;
	b->at = (at + 4 + len) * 8;
	return true;
}

bool msk_deflate_find_end(const unsigned char *p, size_t n, struct msk_deflate_end *out)
{
	struct msk_bits b = { p, n, 0 };
	struct msk_deflate_codes c;
	bool final, sound;

	do {
		unsigned type;

		out->last_header = b.at;
		final = take(&b, 1);
		type = take(&b, 2);
		if (overran(&b))
			return false;
		sound = type == 0 ? walk_stored(&b) : type == 1 ? walk_fixed(&b, &c) : type == 2 && walk_dynamic(&b, &c);
	} while (sound && !final);
	out->bits = b.at;
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
