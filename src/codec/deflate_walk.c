#include "deflate_walk.h"

#define NEXT_DISTANCE MSK_STEP_NEXT_DISTANCE
#define SPECIAL       MSK_STEP_SPECIAL
#define SKIP          MSK_STEP_SKIP
#define FAST_SIZE     MSK_STEP_FAST_SIZE
#define MAX_LENGTH    MSK_DEFLATE_LENGTH

typedef msk_step step;

uint64_t msk_bits_peek_end(const struct msk_bits *b)
{
	uint64_t word = 0;

	if (b->n >= 8 && b->at / 8 <= b->n - 8)
		return msk_bits_peek(b->p, b->at);
	for (size_t i = b->at / 8, k = 0; i < b->n && k < 8; i++, k++)
		word |= (uint64_t)b->p[i] << (8 * k);
	return word >> (b->at % 8);
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

/* A table over `len` bits is that over one bit less twice, and the codes of that length. */
static void fill_fast(const struct msk_deflate_code *c, step *fast, unsigned bits, step blank)
{
	unsigned code = 0;
	const step *s = c->by_rank;

	fast[0] = blank;
	for (unsigned len = 1; len <= bits; len++, code <<= 1) {
		memcpy(fast + (1u << (len - 1)), fast, sizeof *fast << (len - 1));
		for (unsigned i = 0; i < c->count[len]; i++)
			fast[reversed(code++, len)] = *s++;
	}
}

bool msk_deflate_code_build(struct msk_deflate_code *c, step *fast, unsigned bits, step blank, const uint8_t *lengths,
			    unsigned n, step (*meaning)(unsigned, unsigned))
{
	unsigned rank[MAX_LENGTH + 2] = { 0 };

	if (!count_lengths(lengths, n, c->count))
		return false;
	for (unsigned len = 1; len <= MAX_LENGTH; len++)
		rank[len + 1] = rank[len] + c->count[len];
	for (unsigned symbol = 0; symbol < n; symbol++)
		if (lengths[symbol])
			c->by_rank[rank[lengths[symbol]]++] = meaning(symbol, lengths[symbol]);
	fill_fast(c, fast, bits, blank);
	return true;
}

/* 3.2.5: extra bits of length codes 257..285 and of distance codes. */
static step litlen_step(unsigned symbol, unsigned len)
{
	static const uint8_t extra[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4,
					 5, 5, 5, 5, 0 };

	if (symbol < 256)
		return (step)len;
	if (symbol == 256)
		return (step)(len | SPECIAL | MSK_STEP_END_OF_BLOCK);
	if (symbol - 257 >= sizeof extra)
		return SPECIAL | MSK_STEP_INVALID;
	return (step)(NEXT_DISTANCE | (len + extra[symbol - 257]));
}

static step dist_step(unsigned symbol, unsigned len)
{
	if (symbol >= 30)
		return SPECIAL | MSK_STEP_INVALID;
	return (step)(symbol < 4 ? len : len + symbol / 2 - 1);
}

/* The blanks tell which table they are from, so that the last step alone tells how to go on. */
bool msk_deflate_codes_build(struct msk_deflate_codes *c, const uint8_t *litlen, unsigned n_litlen, const uint8_t *dist,
			     unsigned n_dist)
{
	return msk_deflate_code_build(&c->codes[0], c->fast, MSK_STEP_FAST_BITS, SPECIAL, litlen, n_litlen, litlen_step) &&
	       msk_deflate_code_build(&c->codes[1], c->fast + FAST_SIZE, MSK_STEP_FAST_BITS, SPECIAL | NEXT_DISTANCE, dist,
				      n_dist, dist_step);
}

/* The canonical decoder, a bit at a time; for codes that the fast table cannot hold. */
static __attribute__((noinline)) step slow_step(const struct msk_deflate_code *c, uint64_t window)
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
	return SPECIAL | MSK_STEP_INVALID;
}

/* Somebody on the way: where, the bits from there on, and the last step. Two steps take 56 bits at most, which is what a
 * window has. No branch depends on which kind of symbol comes, as that is what no processor can predict. */
struct walker {
	uint64_t at, window;
	step last;
};

static inline void take_step(struct walker *k, step s)
{
	k->last = s;
	k->window >>= s & SKIP;
	k->at += s & SKIP;
}

static inline void go(struct walker *k, const struct msk_deflate_codes *c)
{
	take_step(k, c->fast[(k->window & (FAST_SIZE - 1)) | (k->last & NEXT_DISTANCE)]);
}

static inline bool is_blank(step s)
{
	return (s & ~NEXT_DISTANCE) == SPECIAL;
}

/* Complete the step; may more follow? */
static inline bool went(struct walker *k, const struct msk_deflate_codes *c)
{
	if (is_blank(k->last))
		take_step(k, slow_step(&c->codes[k->last / NEXT_DISTANCE], k->window));
	return !(k->last & SPECIAL);
}

static inline bool step_once(struct walker *k, const struct msk_deflate_codes *c, const unsigned char *p)
{
	k->window = msk_bits_peek(p, k->at);
	go(k, c);
	return went(k, c);
}

/* A step has to wait for the one before it, and a processor could do several in that time. So several go at once, each
 * from a place further on. All but the first begin somewhere within a symbol, but codes have the property that such a
 * walker falls into step with the true ones after a few dozen symbols. Nothing is taken on trust: the first walker goes
 * on until it stands where the next one stood at the beginning of a symbol, and is from there on the same. */
#define WALKERS 4
#define GAP     8192u                 /* bits between them */
#define TURN    16                    /* steps before anybody looks how far they are */
#define REACH   (TURN / 2 * 56 + 64)  /* bits that may be read in a turn */
#define NOTED   4                     /* turns in which it is noted where symbols begin */
#define NOTES   (NOTED * TURN / 2 * 56)

struct stretch {
	struct walker now;
	struct walker sure;           /* the furthest before the next stretch begins, or the end of block */
	uint64_t start, noted[NOTES / 64 + 1];
	bool done;                    /* `sure` is final */
};

static inline bool all_went(struct walker *a, struct walker *b, struct walker *c, struct walker *d,
			    const struct msk_deflate_codes *codes)
{
	bool more;

	if (!((a->last | b->last | c->last | d->last) & SPECIAL))
		return true;
	more = went(a, codes);
	more &= went(b, codes);
	more &= went(c, codes);
	return more & went(d, codes);
}

static inline void note(struct stretch *t, const struct walker *k)
{
	uint64_t bit = k->at - t->start;

	t->noted[bit / 64] |= (uint64_t)!(k->last & NEXT_DISTANCE) << bit % 64;
}

/* A turn of all four; false: one of them has come to an end. What is noted of the first nobody asks. */
static inline __attribute__((always_inline))
bool turn(struct stretch t[WALKERS], const struct msk_deflate_codes *codes, const unsigned char *p, bool notes)
{
	struct walker a = t[0].now, b = t[1].now, c = t[2].now, d = t[3].now;
	bool more = true;

	for (unsigned i = 0; i < TURN; i++) {
		if (notes) {
			note(&t[1], &b);
			note(&t[2], &c);
			note(&t[3], &d);
		}
		if (i % 2 == 0) {
			a.window = msk_bits_peek(p, a.at);
			b.window = msk_bits_peek(p, b.at);
			c.window = msk_bits_peek(p, c.at);
			d.window = msk_bits_peek(p, d.at);
		}
		go(&a, codes);
		go(&b, codes);
		go(&c, codes);
		go(&d, codes);
		if (!all_went(&a, &b, &c, &d, codes)) {
			more = false;
			break;
		}
	}
	t[0].now = a;
	t[1].now = b;
	t[2].now = c;
	t[3].now = d;
	return more;
}

static bool take_turn(struct stretch t[WALKERS], const struct msk_deflate_codes *codes, const unsigned char *p)
{
	return turn(t, codes, p, false);
}

static bool take_noted_turn(struct stretch t[WALKERS], const struct msk_deflate_codes *codes, const unsigned char *p)
{
	return turn(t, codes, p, true);
}

/* What a turn has brought. Who is done goes on from a place where it does no harm, that all do the same. */
static void look(struct stretch *t, bool is_last, struct walker harmless)
{
	if (!t->done && (is_last || t->now.at < t->start + GAP)) {
		t->sure = t->now;
		t->done = t->now.last & SPECIAL;
	} else {
		t->done = true;
	}
	if (t->now.last & SPECIAL)
		t->now = harmless;
}

static bool all_done(const struct stretch t[WALKERS], uint64_t end)
{
	bool done = true;

	for (unsigned i = 0; i < WALKERS; i++) {
		if (t[i].now.at + REACH > end)
			return true;
		done &= t[i].done || (i == WALKERS - 1 && t[i].now.at >= t[i].start + GAP);
	}
	return done;
}

/* Walk on to where the next stretch was in step; false: it never was, or here is the end of the block. */
static bool falls_in(struct walker *k, const struct stretch *next, const struct msk_deflate_codes *c,
		     const unsigned char *p)
{
	for (;;) {
		uint64_t bit = k->at - next->start;

		if (k->at >= next->start && !(k->last & NEXT_DISTANCE)) {
			if (bit >= NOTES)
				return false;
			if (next->noted[bit / 64] >> bit % 64 & 1)
				return true;
		}
		if (!step_once(k, c, p))
			return false;
	}
}

/* From the beginning of a symbol as far as the four can go. */
static void walk_together(struct walker *k, const struct msk_deflate_codes *c, const unsigned char *p, uint64_t end)
{
	const struct walker from = *k;
	struct stretch t[WALKERS];
	unsigned notes = NOTED;

	for (unsigned i = 0; i < WALKERS; i++)
		t[i] = (struct stretch){ .now = { .at = from.at + i * GAP }, .start = from.at + i * GAP };
	while (!(t[0].sure.last & SPECIAL) && !all_done(t, end)) {
		bool more = notes ? take_noted_turn(t, c, p) : take_turn(t, c, p);

		notes = notes && more ? notes - 1 : 0;
		for (unsigned i = 0; i < WALKERS; i++)
			look(&t[i], i == WALKERS - 1, from);
	}
	*k = t[0].sure;
	for (unsigned i = 1; i < WALKERS && !(k->last & SPECIAL) && falls_in(k, &t[i], c, p); i++)
		*k = t[i].sure;
}

static void walk_alone(struct walker *k, const struct msk_deflate_codes *c, const unsigned char *p, uint64_t end)
{
	while (k->at + 64 <= end) {
		k->window = msk_bits_peek(p, k->at);
		go(k, c);
		if (!went(k, c))
			return;
		go(k, c);
		if (!went(k, c))
			return;
	}
}

bool msk_deflate_walk(const struct msk_deflate_codes *c, struct msk_bits *b)
{
	const uint64_t end = (uint64_t)b->n * 8;
	struct walker k = { .at = b->at };

	while (!(k.last & SPECIAL) && k.at + WALKERS * GAP + REACH <= end) {
		walk_together(&k, c, b->p, end);
		if (k.last & NEXT_DISTANCE)
			step_once(&k, c, b->p);
	}
	if (!(k.last & SPECIAL))
		walk_alone(&k, c, b->p, end);
	while (!(k.last & SPECIAL) && k.at <= end) {
		b->at = k.at;
		k.window = msk_bits_peek_end(b);
		go(&k, c);
		went(&k, c);
	}
	b->at = k.at;
	return k.last & MSK_STEP_END_OF_BLOCK && k.at <= end;
}
