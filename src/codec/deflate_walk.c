#include "deflate_walk.h"

#include "deflate_symbols.h"

#define NEXT_DISTANCE MSK_STEP_NEXT_DISTANCE
#define SPECIAL       MSK_STEP_SPECIAL
#define SKIP          MSK_STEP_SKIP
#define FAST_BITS     MSK_STEP_FAST_BITS
#define FAST_SIZE     MSK_STEP_FAST_SIZE
#define MAX_LENGTH    MSK_DEFLATE_LENGTH

typedef msk_step step;

uint64_t msk_bits_peek_last(const struct msk_bits *b)
{
	uint64_t word = 0;

	for (size_t i = b->at / 8, k = 0; i < b->n && k < 8; i++, k++)
		word |= (uint64_t)b->p[i] << (8 * k);
	return word >> (b->at % 8);
}

/* The last `length` (1 to 16) bits in the opposite order: neighbours change places, then pairs, and so on. */
static inline unsigned reversed(unsigned code, unsigned length)
{
	code = (code & 0x5555) << 1 | (code & 0xAAAA) >> 1;
	code = (code & 0x3333) << 2 | (code & 0xCCCC) >> 2;
	code = (code & 0x0F0F) << 4 | (code & 0xF0F0) >> 4;
	code = (code & 0x00FF) << 8 | (code & 0xFF00) >> 8;
	return code >> (16 - length);
}

static inline unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
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
static void fill_fast(struct msk_deflate_code *c, step *fast, unsigned bits, step blank)
{
	unsigned code = 0;
	const step *s = c->by_rank;

	fast[0] = blank;
	for (unsigned len = 1; len <= bits; len++, code <<= 1) {
		memcpy(fast + (1u << (len - 1)), fast, sizeof *fast << (len - 1));
		for (unsigned i = 0; i < c->count[len]; i++)
			fast[reversed(code++, len)] = *s++;
	}
	c->longer = code;
	c->longer_rank = (unsigned)(s - c->by_rank);
}

/* What has no code comes behind what has one: to ask of each whether it has costs more. */
static inline __attribute__((always_inline))
bool build(struct msk_deflate_code *c, step *fast, unsigned bits, step blank, const uint8_t *lengths, unsigned n,
	   step (*meaning)(unsigned, unsigned))
{
	unsigned rank[MAX_LENGTH + 2] = { 0 };

	if (!count_lengths(lengths, n, c->count))
		return false;
	for (unsigned len = 1; len <= MAX_LENGTH; len++)
		rank[len + 1] = rank[len] + c->count[len];
	rank[0] = rank[MAX_LENGTH + 1];
	for (unsigned symbol = 0; symbol < n; symbol++)
		c->by_rank[rank[lengths[symbol]]++] = meaning(symbol, lengths[symbol]);
	fill_fast(c, fast, bits, blank);
	return true;
}

bool msk_deflate_code_build(struct msk_deflate_code *c, step *fast, unsigned bits, step blank, const uint8_t *lengths,
			    unsigned n, step (*meaning)(unsigned, unsigned))
{
	return build(c, fast, bits, blank, lengths, n, meaning);
}

/* A length and its distance are one step where both codes are within the table's bits, and the step is no longer than
 * MOST_FUSED. That is so when a distance of 12 or 13 extra bits counts as FAR bits longer. What counts as MAX_LENGTH is
 * never fused. */
#define MOST_FUSED  (FAST_BITS + 11)
#define FAR         2
#define NO_DISTANCE ((step)(SPECIAL | NEXT_DISTANCE | MAX_LENGTH << MSK_STEP_CODE_SHIFT))

static step litlen_step(unsigned symbol, unsigned len)
{
	if (symbol < END_OF_BLOCK)
		return (step)len;
	if (symbol == END_OF_BLOCK)
		return (step)(len << MSK_STEP_CODE_SHIFT | SPECIAL | MSK_STEP_END_OF_BLOCK);
	if (symbol - FIRST_LENGTH >= LENGTHS)
		return SPECIAL | MSK_STEP_INVALID;
	return (step)(NEXT_DISTANCE | (len + msk_lengths[symbol - FIRST_LENGTH].extra));
}

static step dist_step(unsigned symbol, unsigned len)
{
	unsigned room, extra;

	if (symbol >= DISTANCES)
		return NO_DISTANCE | MSK_STEP_INVALID;
	extra = msk_distances[symbol].extra;
	room = extra < 12 ? len : least(len + FAR, MAX_LENGTH);
	return (step)(room << MSK_STEP_CODE_SHIFT | (len + extra));
}

/* A length, of which `f` is the first entry, and every distance whose code is still within the table's bits become one
 * step. What is behind the length's code counts through its extra bits and then through codes of distances. */
static void fuse(step *f, unsigned len, const step *dist)
{
	const unsigned s = *f, skip = s & SKIP, extra = skip - len, too_long = (FAST_BITS + 1 - skip) << MSK_STEP_CODE_SHIFT;

	for (unsigned behind = 0; behind < 1u << (FAST_BITS - len); behind++, f += 1u << len) {
		const unsigned d = dist[behind >> extra];

		*f = (step)(d < too_long ? d + skip : s);
	}
}

static void fuse_all(struct msk_deflate_codes *c)
{
	const step *s = c->codes[0].by_rank;
	unsigned code = 0;

	for (unsigned len = 1; len < FAST_BITS; len++, code <<= 1)
		for (unsigned i = 0; i < c->codes[0].count[len]; i++, s++, code++)
			if ((*s & (NEXT_DISTANCE | SPECIAL)) == NEXT_DISTANCE && (*s & SKIP) < FAST_BITS)
				fuse(c->fast + reversed(code, len), len, c->fast + FAST_SIZE);
}

/* The blanks tell which table they are from, so that the last step alone tells how to go on. */
bool msk_deflate_codes_build(struct msk_deflate_codes *c, const uint8_t *litlen, unsigned n_litlen, const uint8_t *dist,
			     unsigned n_dist)
{
	if (!build(&c->codes[0], c->fast, FAST_BITS, SPECIAL, litlen, n_litlen, litlen_step) ||
	    !build(&c->codes[1], c->fast + FAST_SIZE, FAST_BITS, NO_DISTANCE, dist, n_dist, dist_step))
		return false;
	fuse_all(c);
	return true;
}

/* The canonical decoder, a bit at a time, for codes that the fast table cannot hold. */
static __attribute__((noinline)) step slow_step(const struct msk_deflate_code *c, uint64_t window, step blank)
{
	unsigned code = reversed((unsigned)window & (FAST_SIZE - 1), FAST_BITS) << 1;
	unsigned first = c->longer, rank = c->longer_rank;

	for (unsigned len = FAST_BITS + 1; len <= MAX_LENGTH; len++) {
		code |= window >> (len - 1) & 1;
		if (code - first < c->count[len])
			return c->by_rank[rank + code - first];
		rank += c->count[len];
		first = (first + c->count[len]) << 1;
		code <<= 1;
	}
	return blank | MSK_STEP_INVALID;
}

/* Somebody on the way: where, and the last step. */
struct walker {
	uint64_t at;
	step last;
};

static inline step look_up(const struct msk_deflate_codes *c, uint64_t window, unsigned last)
{
	return c->fast[(window & (FAST_SIZE - 1)) | (last & NEXT_DISTANCE)];
}

static inline void take_step(struct walker *k, step s)
{
	k->last = s;
	k->at += s & SKIP;
}

static inline bool is_blank(step s)
{
	return (s & (SPECIAL | MSK_STEP_END_OF_BLOCK | MSK_STEP_INVALID)) == SPECIAL;
}

/* Complete the step; may more follow? */
static bool went(struct walker *k, const struct msk_deflate_codes *c, uint64_t window)
{
	if (is_blank(k->last))
		take_step(k, slow_step(&c->codes[k->last / NEXT_DISTANCE % 2], window, k->last));
	return !(k->last & SPECIAL);
}

static inline bool step_once(struct walker *k, const struct msk_deflate_codes *c, uint64_t window)
{
	take_step(k, look_up(c, window, k->last));
	return !(k->last & SPECIAL) || went(k, c, window);
}

/* The window has 57 bits. A distance alone takes 24 at most, as its code is in the table, and what is fused MOST_FUSED;
 * two distances alone never follow one another. So after two steps the bits that the third is looked up by are there.
 * A special step takes none: whoever comes to one takes it over and over, and nobody has to ask after every step. No
 * branch depends on which kind of symbol comes, as that is what no processor can predict. */
#define MOST_THREE (24 + MOST_FUSED + 24)
_Static_assert(57 - 24 - MOST_FUSED >= MSK_STEP_FAST_BITS, "the window is too short for three steps");

static inline __attribute__((always_inline))
void three_steps(struct walker *k, const struct msk_deflate_codes *c, const unsigned char *p)
{
	uint64_t window = msk_bits_peek(p, k->at);
	unsigned one, two, three;

	one = look_up(c, window, k->last);
	window >>= one & SKIP;
	two = look_up(c, window, one);
	window >>= two & SKIP;
	three = look_up(c, window, two);
	k->last = (step)three;
	k->at += (one + two + three) & MSK_STEP_SKIPS;
}

/* A step has to wait for the one before it, and a processor could do several in that time. So several go at once, each
 * from a place further on. All but the first begin somewhere within a symbol, but codes have the property that such a
 * walker falls into step with the true ones after a few dozen symbols. Nothing is taken on trust: the first walker goes
 * on until it stands where the next one stood at the beginning of a symbol, and is from there on the same. */
#define WALKERS 4
#define GAP     8192u                 /* bits between them, */
#define NEAR    1024u                 /* or where the end is near at least so many */
#define TURN    4                     /* times three steps before anybody looks how far they are */
#define BLIND   3                     /* turns until they are likely to be in step */
#define NOTED   4                     /* turns after that in which it is noted where they are */
#define NOTES   (NOTED * TURN)
#define REACH   (TURN * MOST_THREE + 28 + 64)  /* bits that may be read in a turn, with a step that completes it */
#define AHEAD   ((BLIND + NOTED + 1) * REACH)  /* bits that may be read behind the last gap */

struct stretch {
	struct walker came;           /* when `done`: in step with the next stretch, if that ever is, or at the end of block */
	uint64_t limit;               /* who has come as far has come far enough */
	uint64_t noted[NOTES];
	bool done;
};

static inline uint64_t noted(const struct walker *k)
{
	return k->at << 1 | (k->last & NEXT_DISTANCE) / NEXT_DISTANCE;
}

/* A turn of all; with `t` it is noted where they are. What is noted of the first nobody asks. */
static inline __attribute__((always_inline))
void turn(struct walker k[WALKERS], const struct msk_deflate_codes *c, const unsigned char *p, struct stretch *t, unsigned n)
{
	for (unsigned i = 0; i < TURN; i++) {
#pragma GCC unroll 4
		for (unsigned who = 0; who < WALKERS; who++) {
			if (t)
				t[who].noted[n + i] = noted(&k[who]);
			three_steps(&k[who], c, p);
		}
	}
}

static void complete(struct walker k[WALKERS], const struct msk_deflate_codes *c, const unsigned char *p)
{
	for (unsigned i = 0; i < WALKERS; i++)
		if (k[i].last & SPECIAL)
			went(&k[i], c, msk_bits_peek(p, k[i].at));
}

static inline bool must_look(const struct walker k[WALKERS], const struct stretch t[WALKERS])
{
	unsigned any = 0;

	for (unsigned i = 0; i < WALKERS; i++)
		any |= (k[i].last & SPECIAL) | (k[i].at >= t[i].limit);
	return any;
}

static __attribute__((noinline))
void take_turns(struct walker k[WALKERS], const struct stretch t[WALKERS], const struct msk_deflate_codes *c,
		const unsigned char *p)
{
	do
		turn(k, c, p, NULL, 0);
	while (!must_look(k, t));
	complete(k, c, p);
}

static void begin(struct walker k[WALKERS], struct stretch t[WALKERS], const struct msk_deflate_codes *c,
		  const unsigned char *p, uint64_t gap)
{
	const uint64_t start = k[0].at;

	for (unsigned i = 0; i < WALKERS; i++) {
		k[i] = (struct walker){ .at = start + i * gap };
		t[i].limit = 0;       /* they take one turn at a time */
		t[i].done = false;
	}
	for (unsigned i = 0; i < BLIND; i++)
		take_turns(k, t, c, p);
	for (unsigned i = 0; i < NOTED; i++) {
		turn(k, c, p, t, i * TURN);
		complete(k, c, p);
	}
	for (unsigned i = 0; i < WALKERS; i++)
		t[i].limit = i + 1 < WALKERS ? t[i + 1].noted[1] >> 1 : start + WALKERS * gap;
}

/* What a turn has brought. Who is done goes on from a place where it does no harm, and comes back to it. Behind an end of
 * block nobody has to walk: returned is how many still count. */
static unsigned look(struct walker k[WALKERS], struct stretch t[WALKERS], unsigned n, struct walker harmless, uint64_t gap)
{
	for (unsigned i = 0; i < WALKERS; i++) {
		const bool special = k[i].last & SPECIAL;

		if (!special && k[i].at < t[i].limit)
			continue;
		if (!t[i].done)
			t[i].came = k[i];
		if (!t[i].done && special && i < n)
			n = i + 1;
		t[i].done = true;
		t[i].limit = harmless.at + gap;
		k[i] = harmless;
	}
	return n;
}

static bool all_done(const struct stretch t[WALKERS], unsigned n)
{
	bool done = true;

	for (unsigned i = 0; i < n; i++)
		done &= t[i].done;
	return done;
}

/* Walk on to where the next stretch was in step; false: it never was, or here is the end of the block. */
static bool falls_in(struct walker *k, const struct stretch *next, const struct msk_deflate_codes *c,
		     const unsigned char *p)
{
	for (unsigned i = 0; i < NOTES;) {
		if (next->noted[i] == noted(k))
			return true;
		if (next->noted[i] < noted(k))
			i++;
		else if (!step_once(k, c, msk_bits_peek(p, k->at)))
			return false;
	}
	return false;
}

/* From the beginning of a symbol as far as the four can go. */
static void walk_together(struct walker *k, const struct msk_deflate_codes *c, const unsigned char *p, uint64_t gap)
{
	struct stretch t[WALKERS];
	struct walker now[WALKERS] = { *k };
	unsigned n = WALKERS;

	begin(now, t, c, p, gap);
	do {
		take_turns(now, t, c, p);
		n = look(now, t, n, *k, gap);
	} while (!all_done(t, n));
	*k = t[0].came;
	for (unsigned i = 1; i < n && !(k->last & SPECIAL) && falls_in(k, &t[i], c, p); i++)
		*k = t[i].came;
}

bool msk_deflate_walk(const struct msk_deflate_codes *c, struct msk_bits *b)
{
	const uint64_t end = (uint64_t)b->n * 8;
	struct walker k = { .at = b->at };

	while (!(k.last & SPECIAL) && k.at + WALKERS * NEAR + AHEAD <= end) {
		const uint64_t most = (end - k.at - AHEAD) / WALKERS;

		walk_together(&k, c, b->p, most < GAP ? most : GAP);
		if (k.last & NEXT_DISTANCE && !(k.last & SPECIAL))
			step_once(&k, c, msk_bits_peek(b->p, k.at));
	}
	while (!(k.last & SPECIAL) && k.at <= end) {
		b->at = k.at;
		step_once(&k, c, msk_bits_peek_end(b));
	}
	b->at = k.at;
	if (!(k.last & MSK_STEP_END_OF_BLOCK))
		return false;
	b->at += k.last >> MSK_STEP_CODE_SHIFT;
	return b->at <= end;
}
