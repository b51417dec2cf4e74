#include "deflate_steps.h"

#define HOT MSK_HOT
/* Of the longest copies from so near, which are runs, so many places are entered. */
#define LAST_OF_RUN 64u

HOT uint64_t older_places(const struct msk_finder *f, uint64_t places)
{
	uint64_t older = 0;

#pragma GCC unroll 4
	for (unsigned i = 0; i < 4; i++)
		older |= (uint64_t)f->older[(places >> 16 * i) % MSK_WINDOW] << 16 * i;
	return older;
}

/* From the newest places on, and on to older ones as long as that may bring more. */
HOT void try_six(const struct msk_parse *s, uint32_t at, uint64_t places, unsigned those, uint32_t most, struct msk_copy *best)
{
	for (unsigned round = 0;; round++) {
		const unsigned char *last;

		msk_parse_try(s, at, places, those, s->d->effort.enough, best);
		if (!best->distance || best->length >= s->d->effort.enough || best->length == most ||
		    round == s->d->effort.rounds)
			return;
		places = older_places(&s->d->finder, places);
		last = s->in + at + best->length - 3;
		those = msk_which_have(places, at, last, msk_four_bytes(last));
	}
}

/* The longest copy of more than `least` bytes that may begin at the place whose slots are in *next; those become the next
 * place's. `first`: also one of three bytes. */
HOT struct msk_copy find(const struct msk_parse *s, struct msk_slots *next, uint32_t at, uint32_t least, bool first)
{
	struct msk_finder *f = &s->d->finder;
	const unsigned char *p = s->in + at, *last = p + least - 3;
	struct msk_slots slots = *next;
	uint32_t four = msk_distance_to(at, f->four[slots.four]);
	uint32_t three = msk_distance_to(at, f->three[slots.three]);
	uint64_t places = f->six[slots.six];
	struct msk_copy best = { least, 0 };
	unsigned those;

	/* Now, so that they are there when it is their turn. */
	*next = msk_slots_of(p + 1);
	msk_finder_add(f, slots, at);
	if (!first && least >= msk_parse_most(s, at))
		return best;
	those = msk_which_have(places, at, last, msk_four_bytes(last));
	if (those) {
		try_six(s, at, places, those, msk_parse_most(s, at), &best);
		if (best.distance)
			return best;
	}
	if ((first || least < 6) && msk_four_bytes(p - four) == msk_four_bytes(p) && msk_in_window(four)) {
		uint32_t length = msk_same_bytes(p, four, 4, msk_parse_most(s, at));

		if (length > least)
			return (struct msk_copy){ length, four };
	}
	if (first && msk_is_three(p, three))
		best.distance = three;
	return best;
}

/* Enter the places from s->at on to before `behind`, whose slots are the next. */
HOT void pass(struct msk_parse *s, struct msk_slots *next, uint32_t behind)
{
	uint32_t to = behind < s->end ? behind : s->end;

	for (; s->at < to; s->at++)
		msk_finder_add(&s->d->finder, msk_slots_of(s->in + s->at), s->at);
	s->at = behind;
	if (behind < s->end)
		*next = msk_slots_of(s->in + behind);
}

HOT bool is_run(struct msk_copy copy)
{
	return copy.length == MSK_COPY_MOST && copy.distance <= LAST_OF_RUN;
}

/* A copy was found at s->at, whose place is entered: it is made, unless a better one begins behind it. */
HOT void settle(struct msk_parse *s, struct msk_slots *next, struct msk_copy copy)
{
	uint32_t entered = 1, behind;

	while (copy.length < s->d->effort.enough && s->at + 1 < s->end) {
		struct msk_copy later = find(s, next, s->at + 1, copy.length > 3 ? copy.length - 1 : 3, false);

		if (!msk_copy_is_better(later, copy)) {
			entered = 2;
			break;
		}
		msk_parse_literal(s);
		copy = later;
	}
	msk_parse_copy(s, copy);
	behind = s->at + copy.length;
	s->at = is_run(copy) ? behind - LAST_OF_RUN : s->at + entered;
	pass(s, next, behind);
}

/* There is nothing before the first byte. */
HOT void begin(struct msk_parse *s, struct msk_slots *next)
{
	msk_finder_add(&s->d->finder, msk_slots_of(s->in), 0);
	msk_parse_literal(s);
	*next = msk_slots_of(s->in + s->at);
}

HOT void parse(struct msk_deflate *d, const unsigned char *in, uint32_t n)
{
	struct msk_parse s = msk_parse_begin(d, in, n);
	struct msk_slots next = { 0 };

	memset(&d->finder, 0, sizeof d->finder);
	if (s.end)
		begin(&s, &next);
	while (s.at < s.end) {
		struct msk_copy copy;

		if (s.at >= s.piece_end)
			msk_parse_piece(&s);
		copy = find(&s, &next, s.at, 3, true);
		if (copy.distance)
			settle(&s, &next, copy);
		else
			msk_parse_literal(&s);
	}
	msk_parse_end(&s);
}

#ifdef MSK_SHIFTS_FAST
MSK_SHIFTS_FAST
static void parse_fast(struct msk_deflate *d, const unsigned char *in, uint32_t n)
{
	parse(d, in, n);
}
#endif

void msk_deflate_parse(struct msk_deflate *d, const unsigned char *in, uint32_t n)
{
	if (d->effort.quick) {
		msk_deflate_quick(d, in, n);
		return;
	}
#ifdef MSK_SHIFTS_FAST
	if (d->shifts_fast) {
		parse_fast(d, in, n);
		return;
	}
#endif
	parse(d, in, n);
}
