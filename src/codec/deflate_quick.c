/* At the lowest levels fewer places are tried, and of a copy only some are entered: those by three bytes never, which are then
 * known where a copy was looked for. What is constant of an effort decides what code there is for it. */
#include "deflate_steps.h"

#define HOT MSK_HOT

struct quick {
	unsigned places;                      /* with the same seven bytes: one or two */
	bool threes;                          /* are copies of three bytes looked for? */
	uint32_t enough;                      /* as in struct msk_deflate_effort */
	uint32_t first, last;                 /* of a copy so many places are entered */
};

HOT uint32_t three_of(const unsigned char *p)
{
	return (msk_four_bytes(p) << 8) * 0x9E3779B1u >> (32 - THREE_BITS);
}

HOT uint32_t four_of(const unsigned char *p)
{
	return msk_four_bytes(p) * 0x9E3779B1u >> (32 - QUICK_FOUR_BITS);
}

HOT uint32_t seven_of(const unsigned char *p)
{
	return (uint32_t)((msk_eight_bytes(p) << 8) * 0x9E3779B97F4A7C15u >> (64 - SEVEN_BITS));
}

HOT void enter(const struct msk_parse *s, struct quick q, uint32_t at)
{
	struct msk_quick_finder *f = &s->d->quick;
	uint32_t slot = seven_of(s->in + at);

	if (q.places == 1)
		f->one[slot] = (uint16_t)at;
	else
		f->two[slot] = f->two[slot] << 16 | (uint16_t)at;
	f->four[four_of(s->in + at)] = (uint16_t)at;
}

HOT unsigned which_have(struct quick q, uint32_t places, uint32_t at, const unsigned char *p, uint32_t last)
{
	unsigned those = 0;

#pragma GCC unroll 2
	for (unsigned i = 0; i < q.places; i++) {
		ptrdiff_t ahead = (uint16_t)((places >> 16 * i) - at);

		those |= (unsigned)(msk_four_bytes(p + (ahead - 65536)) == last) << i;
	}
	return those;
}

/* The longest copy of more than `least` bytes that may begin there, which is entered. `first`: also one of three bytes. */
HOT struct msk_copy find(const struct msk_parse *s, struct quick q, uint32_t at, uint32_t least, bool first)
{
	struct msk_quick_finder *f = &s->d->quick;
	const unsigned char *p = s->in + at, *last = p + least - 3;
	uint32_t four = msk_distance_to(at, f->four[four_of(p)]), slot = seven_of(p), three = 0;
	uint32_t places = q.places == 1 ? f->one[slot] : f->two[slot];
	struct msk_copy best = { least, 0 };

	if (q.threes) {
		three = msk_distance_to(at, f->three[three_of(p)]);
		f->three[three_of(p)] = (uint16_t)at;
	}
	enter(s, q, at);
	if (!first && least >= msk_parse_most(s, at))
		return best;
	msk_parse_try(s, at, places, which_have(q, places, at, last, msk_four_bytes(last)), q.enough, &best);
	if (best.distance)
		return best;
	if ((first || least < 6) && msk_four_bytes(p - four) == msk_four_bytes(p) && msk_in_window(four)) {
		uint32_t length = msk_same_bytes(p, four, 4, msk_parse_most(s, at));

		if (length > least)
			return (struct msk_copy){ length, four };
	}
	if (q.threes && first && msk_is_three(p, three))
		best.distance = three;
	return best;
}

/* Of the copy from s->at to before `behind` the first `entered` places are. With one place to a slot it is the same to enter
 * some twice, and there is nothing to ask. */
HOT void pass(struct msk_parse *s, struct quick q, uint32_t entered, uint32_t behind)
{
	const uint32_t to = behind < s->end ? behind : s->end, last = behind - s->at > q.last ? behind - q.last : s->at;
	uint32_t at = s->at + entered;

	if (q.places == 1 && q.first && behind <= s->end) {
#pragma GCC unroll 4
		for (uint32_t i = 1; i < q.first; i++)
			enter(s, q, s->at + i);
#pragma GCC unroll 4
		for (uint32_t i = q.last; i; i--)
			enter(s, q, behind - i);
	} else {
		for (; at < to && at < s->at + q.first; at++)
			enter(s, q, at);
		for (at = at > last ? at : last; at < to; at++)
			enter(s, q, at);
	}
	s->at = behind;
}

/* A copy was found at s->at, whose place is entered: it is made, unless a better one begins behind it. */
HOT void settle(struct msk_parse *s, struct quick q, struct msk_copy copy)
{
	uint32_t entered = 1;

	while (copy.length < q.enough && s->at + 1 < s->end) {
		struct msk_copy later = find(s, q, s->at + 1, copy.length > 3 ? copy.length - 1 : 3, false);

		if (!msk_copy_is_better(later, copy)) {
			entered = 2;
			break;
		}
		msk_parse_literal(s);
		copy = later;
	}
	msk_parse_copy(s, copy);
	pass(s, q, entered, s->at + copy.length);
}

HOT void parse(struct msk_deflate *d, const unsigned char *in, uint32_t n, struct quick q)
{
	struct msk_parse s = msk_parse_begin(d, in, n);

	memset(&d->quick, 0, sizeof d->quick);
	/* There is nothing before the first byte; as its place is 0, it is entered. */
	if (s.end)
		msk_parse_literal(&s);
	while (s.at < s.end) {
		struct msk_copy copy;

		if (s.at >= s.piece_end)
			msk_parse_piece(&s);
		copy = find(&s, q, s.at, 3, true);
		if (copy.distance)
			settle(&s, q, copy);
		else
			msk_parse_literal(&s);
	}
	msk_parse_end(&s);
}

typedef void parse_by(struct msk_deflate *d, const unsigned char *in, uint32_t n);

/* Each a function of its own: the compiler makes less of several in one. */
#define PARSE(name, ...) \
	static void name(struct msk_deflate *d, const unsigned char *in, uint32_t n) \
	{ \
		parse(d, in, n, (struct quick){ __VA_ARGS__ }); \
	}
/* With `enough` as long as any that is found, no later one is looked for. */
#define FIRST  .places = 1, .threes = false, .enough = 4, .first = 3, .last = 4
#define SECOND .places = 1, .threes = true, .enough = 16, .first = 0, .last = 8
#define THIRD  .places = 2, .threes = true, .enough = 16, .first = 0, .last = 8

PARSE(first, FIRST)
PARSE(second, SECOND)
PARSE(third, THIRD)
#ifdef MSK_SHIFTS_FAST
MSK_SHIFTS_FAST PARSE(first_fast, FIRST)
MSK_SHIFTS_FAST PARSE(second_fast, SECOND)
MSK_SHIFTS_FAST PARSE(third_fast, THIRD)
#else
#define first_fast first
#define second_fast second
#define third_fast third
#endif

void msk_deflate_quick(struct msk_deflate *d, const unsigned char *in, uint32_t n)
{
	static parse_by *const by[][2] = { { first, first_fast }, { second, second_fast }, { third, third_fast } };

	by[d->effort.quick - 1][d->shifts_fast](d, in, n);
}
