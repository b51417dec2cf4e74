#include <string.h>

#include "mkscratch/le.h"
#include "deflate_parts.h"
#include "huffman.h"

#define ORDER_MOST 7
#define REPEAT 16
#define ZEROS 17
#define MANY_ZEROS 18
#define STORED_MOST 65535u

_Static_assert(7 + 4 * CODE_MOST < 64, "four literals are put at once");
_Static_assert(LITLEN <= MSK_HUFFMAN_MOST, "a code has all of them");

enum kind { STORED, FIXED, DYNAMIC };

/* Bits that are written, the first one lowest; fewer than eight wait when `drain` returns. */
struct sink {
	unsigned char *to;
	uint64_t bits;
	unsigned n;
};

/* Of both kinds of symbols. */
struct code {
	uint8_t lengths[SYMBOLS];
	uint16_t codes[SYMBOLS];
};

/* The lengths of a code of a block as they are written: symbols, in bits above these what follows them. */
struct outline {
	unsigned litlen, distances, n, order;
	uint16_t items[LITLEN + DISTANCES];
	uint8_t lengths[MSK_HUFFMAN_ORDER];
	uint16_t codes[MSK_HUFFMAN_ORDER];
};
#define ITEM_BITS 5

/* Bits and their number. */
struct word {
	uint32_t bits;
	uint8_t n;
};

static inline void put(struct sink *s, uint64_t bits, unsigned n)
{
	s->bits |= bits << s->n;
	s->n += n;
}

/* Eight bytes are written, of which those count that are full. */
static inline void drain(struct sink *s)
{
	msk_put_eight_bytes(s->to, s->bits);
	s->to += s->n / 8;
	s->bits >>= s->n & ~7u;
	s->n &= 7;
}

static void put_few(struct sink *s, uint32_t bits, unsigned n)
{
	put(s, bits, n);
	drain(s);
}

static void fill_byte(struct sink *s)
{
	put_few(s, 0, (8 - s->n) & 7);
}

/* Nothing, so that what follows begins on a byte. */
static void put_empty(struct sink *s)
{
	put_few(s, STORED << 1, 3);
	fill_byte(s);
	put_few(s, 0xffff0000, 32);
}

static void write_stored(struct sink *s, const unsigned char *in, size_t n)
{
	for (size_t part; n; n -= part, in += part) {
		part = n < STORED_MOST ? n : STORED_MOST;
		put_few(s, STORED << 1, 3);
		fill_byte(s);
		put_few(s, (uint32_t)part | (~(uint32_t)part & 0xffff) << 16, 32);
		memcpy(s->to, in, part);
		s->to += part;
	}
}

static void add_item(struct outline *o, uint32_t *uses, unsigned symbol, unsigned more)
{
	uses[symbol]++;
	o->items[o->n++] = (uint16_t)(symbol | more << ITEM_BITS);
}

/* A length that occurs `run` times in a row. */
static void add_run(struct outline *o, uint32_t *uses, unsigned length, unsigned run)
{
	if (!length) {
		for (unsigned part; run > 10; run -= part) {
			part = run < 138 ? run : 138;
			add_item(o, uses, MANY_ZEROS, part - 11);
		}
		if (run > 2) {
			add_item(o, uses, ZEROS, run - 3);
			run = 0;
		}
	} else if (run > 3) {
		add_item(o, uses, length, 0);
		run--;
		for (unsigned part; run > 2; run -= part) {
			part = run < 6 ? run : 6;
			add_item(o, uses, REPEAT, part - 3);
		}
	}
	for (; run; run--)
		add_item(o, uses, length, 0);
}

static unsigned without_zeros(const uint8_t *lengths, unsigned n, unsigned least)
{
	while (n > least && !lengths[n - 1])
		n--;
	return n;
}

static void draw(struct outline *o, const struct code *c)
{
	uint8_t all[LITLEN + DISTANCES];
	uint32_t uses[MSK_HUFFMAN_ORDER] = { 0 };
	unsigned n, run;

	o->litlen = without_zeros(c->lengths, LITLEN, FIRST_LENGTH);
	o->distances = without_zeros(c->lengths + LITLEN, DISTANCES, 1);
	memcpy(all, c->lengths, o->litlen);
	memcpy(all + o->litlen, c->lengths + LITLEN, o->distances);
	n = o->litlen + o->distances;
	o->n = 0;
	for (unsigned i = 0; i < n; i += run) {
		for (run = 1; i + run < n && all[i + run] == all[i]; run++)
			;
		add_run(o, uses, all[i], run);
	}
	msk_huffman_lengths(uses, MSK_HUFFMAN_ORDER, ORDER_MOST, o->lengths);
	msk_huffman_codes(o->lengths, MSK_HUFFMAN_ORDER, o->codes);
	for (o->order = MSK_HUFFMAN_ORDER; o->order > 4 && !o->lengths[msk_huffman_order[o->order - 1]]; o->order--)
		;
}

static unsigned extra_of_item(unsigned symbol)
{
	return symbol == REPEAT ? 2 : symbol == ZEROS ? 3 : symbol == MANY_ZEROS ? 7 : 0;
}

static size_t outline_bits(const struct outline *o)
{
	size_t bits = 5 + 5 + 4 + 3 * (size_t)o->order;

	for (unsigned i = 0; i < o->n; i++) {
		unsigned symbol = o->items[i] & ((1u << ITEM_BITS) - 1);

		bits += o->lengths[symbol] + extra_of_item(symbol);
	}
	return bits;
}

static void write_outline(struct sink *s, const struct outline *o)
{
	put_few(s, o->litlen - FIRST_LENGTH, 5);
	put_few(s, o->distances - 1, 5);
	put_few(s, o->order - 4, 4);
	for (unsigned i = 0; i < o->order; i++)
		put_few(s, o->lengths[msk_huffman_order[i]], 3);
	for (unsigned i = 0; i < o->n; i++) {
		unsigned symbol = o->items[i] & ((1u << ITEM_BITS) - 1);

		put(s, o->codes[symbol], o->lengths[symbol]);
		put_few(s, o->items[i] >> ITEM_BITS, extra_of_item(symbol));
	}
}

/* RFC 1951, 3.2.6. */
static void fixed_lengths(uint8_t *lengths)
{
	for (unsigned i = 0; i < LITLEN; i++)
		lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	memset(lengths + LITLEN, 5, DISTANCES);
}

static void best_lengths(const uint32_t *uses, uint8_t *lengths)
{
	msk_huffman_lengths(uses, LITLEN, CODE_MOST, lengths);
	msk_huffman_lengths(uses + LITLEN, DISTANCES, CODE_MOST, lengths + LITLEN);
}

static size_t symbol_bits(const uint8_t *lengths, const uint32_t *uses)
{
	size_t bits = 0;

	for (unsigned i = 0; i < SYMBOLS; i++)
		bits += (size_t)uses[i] * lengths[i];
	for (unsigned i = 0; i < LENGTHS; i++)
		bits += (size_t)uses[FIRST_LENGTH + i] * msk_lengths[i].extra;
	for (unsigned i = 0; i < DISTANCES; i++)
		bits += (size_t)uses[LITLEN + i] * msk_distances[i].extra;
	return bits;
}

static size_t stored_bits(size_t n)
{
	return 8 * (n + 5 * (n / STORED_MOST + 1));
}

/* What the symbols of a block become, at hand. */
struct table {
	struct word literals[256], lengths[MSK_COPY_MOST + 1];
	struct {
		uint16_t base, code;
		uint8_t n, extra;
	} distances[DISTANCES];
};

static void lay_table(const struct msk_deflate *d, const struct code *c, struct table *t)
{
	for (unsigned i = 0; i < 256; i++)
		t->literals[i] = (struct word){ c->codes[i], c->lengths[i] };
	for (unsigned i = MSK_COPY_LEAST; i <= MSK_COPY_MOST; i++) {
		unsigned symbol = d->length_symbol[i], n = c->lengths[FIRST_LENGTH + symbol];
		const struct msk_reach *r = &msk_lengths[symbol];

		t->lengths[i].bits = c->codes[FIRST_LENGTH + symbol] | (uint32_t)(i - r->base) << n;
		t->lengths[i].n = (uint8_t)(n + r->extra);
	}
	for (unsigned i = 0; i < DISTANCES; i++) {
		t->distances[i].base = msk_distances[i].base;
		t->distances[i].extra = msk_distances[i].extra;
		t->distances[i].code = c->codes[LITLEN + i];
		t->distances[i].n = c->lengths[LITLEN + i];
	}
}

static inline void put_literal(struct sink *s, const struct table *t, unsigned char literal)
{
	put(s, t->literals[literal].bits, t->literals[literal].n);
}

/* As many of the next four bytes as are literals: without a branch, which none could foretell. */
static inline void put_up_to_four(struct sink *s, const struct table *t, const unsigned char *p, unsigned n)
{
#pragma GCC unroll 4
	for (unsigned i = 0; i < 4; i++) {
		struct word w = t->literals[p[i]];
		uint32_t counts = -(uint32_t)(i < n);

		put(s, w.bits & counts, w.n & counts);
	}
	drain(s);
}

static inline const unsigned char *put_fours(struct sink *s, const struct table *t, const unsigned char *p, unsigned *n)
{
	for (; *n > 4; *n -= 4, p += 4) {
#pragma GCC unroll 4
		for (unsigned i = 0; i < 4; i++)
			put_literal(s, t, p[i]);
		drain(s);
	}
	return p;
}

static inline void put_copy(struct sink *s, const struct table *t, const struct msk_deflate *d, struct msk_deflate_step step)
{
	unsigned symbol = msk_distance_symbol(d, step.distance);

	put(s, t->lengths[step.length].bits, t->lengths[step.length].n);
	put(s, t->distances[symbol].code, t->distances[symbol].n);
	put(s, step.distance - t->distances[symbol].base, t->distances[symbol].extra);
	drain(s);
}

/* Behind the literals of a copy there are at least four bytes: it, or it and what is not looked up at the end. */
MSK_HOT void put_steps(struct sink *to, const struct table *t, const struct msk_deflate *d, const struct msk_piece *from,
		       const struct msk_piece *behind)
{
	struct sink s = *to;
	const unsigned char *p = from->in;

	for (const struct msk_deflate_step *step = from->steps; step < behind->steps; step++) {
		unsigned n = step->literals;

		p = put_fours(&s, t, p, &n);
		if (step->length) {
			put_up_to_four(&s, t, p, n);
			put_copy(&s, t, d, *step);
		} else {
			for (unsigned i = 0; i < n; i++)
				put_literal(&s, t, p[i]);
			drain(&s);
		}
		p += n + step->length;
	}
	*to = s;
}

#ifdef MSK_SHIFTS_FAST
MSK_SHIFTS_FAST
static void put_steps_fast(struct sink *to, const struct table *t, const struct msk_deflate *d, const struct msk_piece *from,
			   const struct msk_piece *behind)
{
	put_steps(to, t, d, from, behind);
}
#endif

static void write_steps(struct sink *to, const struct table *t, const struct msk_deflate *d, const struct msk_piece *from,
			const struct msk_piece *behind)
{
#ifdef MSK_SHIFTS_FAST
	if (d->shifts_fast) {
		put_steps_fast(to, t, d, from, behind);
		return;
	}
#endif
	put_steps(to, t, d, from, behind);
}

/* The codes by which the symbols take the fewest bits, those of their own drawn as well; STORED: the bytes take no more. */
static enum kind choose(const uint32_t *uses, size_t n, struct code *c, struct outline *o)
{
	uint8_t fixed[SYMBOLS];
	size_t own_bits, fixed_bits;
	enum kind kind = DYNAMIC;

	best_lengths(uses, c->lengths);
	draw(o, c);
	fixed_lengths(fixed);
	own_bits = outline_bits(o) + symbol_bits(c->lengths, uses);
	fixed_bits = symbol_bits(fixed, uses);
	if (fixed_bits <= own_bits) {
		memcpy(c->lengths, fixed, sizeof fixed);
		own_bits = fixed_bits;
		kind = FIXED;
	}
	return stored_bits(n) <= own_bits ? STORED : kind;
}

static void write_block(struct sink *s, const struct msk_deflate *d, struct msk_piece *from, const struct msk_piece *behind)
{
	struct code c;
	struct outline o;
	struct table t;
	enum kind kind;

	from->uses[END_OF_BLOCK] = 1;
	kind = choose(from->uses, (size_t)(behind->in - from->in), &c, &o);
	if (kind == STORED) {
		write_stored(s, from->in, (size_t)(behind->in - from->in));
		return;
	}
	put_few(s, (uint32_t)kind << 1, 3);
	if (kind == DYNAMIC)
		write_outline(s, &o);
	msk_huffman_codes(c.lengths, LITLEN, c.codes);
	msk_huffman_codes(c.lengths + LITLEN, DISTANCES, c.codes + LITLEN);
	lay_table(d, &c, &t);
	write_steps(s, &t, d, from, behind);
	put_few(s, c.codes[END_OF_BLOCK], c.lengths[END_OF_BLOCK]);
}

size_t msk_deflate_write(struct msk_deflate *d, unsigned char *out)
{
	struct sink s = { .to = out };

	for (unsigned i = 0; i < d->n_pieces; i = d->next[i])
		write_block(&s, d, &d->pieces[i], &d->pieces[d->next[i]]);
	put_empty(&s);
	return (size_t)(s.to - out);
}
