#include <string.h>

#include "deflate_parts.h"

/* All of them are inline, so that what is known of the parse stays in registers. */
#define HOT MSK_HOT
/* Of the longest copies from so near, which are runs, so many places are entered. */
#define LAST_OF_RUN 64u

struct parse {
	struct msk_deflate *d;
	const unsigned char *in;
	uint32_t n, end;                      /* behind `end` nothing is looked up */
	uint32_t at, piece_end;
	uint32_t literals;                    /* since the last step */
	struct msk_deflate_step *step;                /* the next */
	uint32_t *uses;                       /* of this piece */
	struct msk_slots slots;               /* of `at` */
};

HOT uint32_t most_at(const struct parse *s, uint32_t at)
{
	return s->n - at < MSK_COPY_MOST ? s->n - at : MSK_COPY_MOST;
}

HOT void try_places(const struct parse *s, uint32_t at, uint64_t places, unsigned those, uint32_t most, struct msk_copy *best)
{
	const unsigned char *p = s->in + at;

	for (; those && best->length < s->d->effort.enough && best->length < most; those &= those - 1) {
		uint32_t distance = msk_distance_to(at, places >> 16 * __builtin_ctz(those)), length;
		const unsigned char *last = p + best->length - 3;

		if (msk_four_bytes(last - distance) != msk_four_bytes(last) ||
		    msk_four_bytes(p - distance) != msk_four_bytes(p) || !msk_in_window(distance))
			continue;
		length = msk_same_bytes(p, distance, 4, most);
		if (length > best->length)
			*best = (struct msk_copy){ length, distance };
	}
}

HOT uint64_t older_places(const struct msk_finder *f, uint64_t places)
{
	uint64_t older = 0;

#pragma GCC unroll 4
	for (unsigned i = 0; i < 4; i++)
		older |= (uint64_t)f->older[(places >> 16 * i) % MSK_WINDOW] << 16 * i;
	return older;
}

/* From the newest places on, and on to older ones as long as that may bring more. */
HOT void try_six(const struct parse *s, uint32_t at, uint64_t places, unsigned those, uint32_t most, struct msk_copy *best)
{
	for (unsigned round = 0;; round++) {
		const unsigned char *last;

		try_places(s, at, places, those, most, best);
		if (!best->distance || best->length >= s->d->effort.enough || best->length == most ||
		    round == s->d->effort.rounds)
			return;
		places = older_places(&s->d->finder, places);
		last = s->in + at + best->length - 3;
		those = msk_which_have(places, at, last, msk_four_bytes(last));
	}
}

/* The longest copy of more than `least` bytes that may begin at the place whose slots are in s->slots; those become the
 * next place's. `first`: also one of three bytes. */
HOT struct msk_copy find(struct parse *s, uint32_t at, uint32_t least, bool first)
{
	struct msk_finder *f = &s->d->finder;
	const unsigned char *p = s->in + at, *last = p + least - 3;
	struct msk_slots slots = s->slots;
	uint32_t four = msk_distance_to(at, f->four[slots.four]);
	uint32_t three = msk_distance_to(at, f->three[slots.three]);
	uint64_t places = f->six[slots.six];
	struct msk_copy best = { least, 0 };
	unsigned those;

	/* Now, so that they are there when it is their turn. */
	s->slots = msk_slots_of(p + 1);
	msk_finder_add(f, slots, at);
	if (!first && least >= most_at(s, at))
		return best;
	those = msk_which_have(places, at, last, msk_four_bytes(last));
	if (those) {
		try_six(s, at, places, those, most_at(s, at), &best);
		if (best.distance)
			return best;
	}
	if ((first || least < 6) && msk_four_bytes(p - four) == msk_four_bytes(p) && msk_in_window(four)) {
		uint32_t length = msk_same_bytes(p, four, 4, most_at(s, at));

		if (length > least)
			return (struct msk_copy){ length, four };
	}
	if (first && three - 1 < MSK_NEAR && ((msk_four_bytes(p - three) ^ msk_four_bytes(p)) & 0xffffff) == 0)
		best.distance = three;
	return best;
}

HOT void add_literal(struct parse *s)
{
	s->uses[s->in[s->at++]]++;
	s->literals++;
}

HOT void add_step(struct parse *s, struct msk_copy copy)
{
	*s->step++ = (struct msk_deflate_step){ (uint16_t)s->literals, (uint16_t)copy.length, (uint16_t)copy.distance };
	s->literals = 0;
}

HOT void add_copy(struct parse *s, struct msk_copy copy)
{
	add_step(s, copy);
	s->uses[FIRST_LENGTH + s->d->length_symbol[copy.length]]++;
	s->uses[LITLEN + msk_distance_symbol(s->d, copy.distance)]++;
}

HOT void begin_piece(struct parse *s)
{
	struct msk_deflate *d = s->d;
	struct msk_piece *piece;

	if (s->literals)
		add_step(s, (struct msk_copy){ 0, 0 });
	piece = &d->pieces[d->n_pieces++];
	piece->in = s->in + s->at;
	piece->steps = s->step;
	s->piece_end = s->at + PIECE;
	s->uses = piece->uses;
	memset(piece->uses, 0, sizeof piece->uses);
	piece->uses[END_OF_BLOCK] = 1;
}

HOT void end_pieces(struct parse *s)
{
	while (s->at < s->n)
		add_literal(s);
	if (s->literals)
		add_step(s, (struct msk_copy){ 0, 0 });
	s->d->pieces[s->d->n_pieces].in = s->in + s->n;
	s->d->pieces[s->d->n_pieces].steps = s->step;
}

HOT int log_of(uint32_t distance)
{
	return 31 - __builtin_clz(distance);
}

/* Is it better to have one literal more and then the other copy? */
HOT bool is_better(struct msk_copy later, struct msk_copy copy)
{
	return later.distance &&
	       4 * ((int)later.length - (int)copy.length) + log_of(copy.distance) - log_of(later.distance) > 2;
}

/* Enter the places from s->at on to before `behind`. */
HOT void pass(struct parse *s, uint32_t behind)
{
	uint32_t to = behind < s->end ? behind : s->end;

	for (; s->at < to; s->at++)
		msk_finder_add(&s->d->finder, msk_slots_of(s->in + s->at), s->at);
	s->at = behind;
	if (behind < s->end)
		s->slots = msk_slots_of(s->in + behind);
}

HOT bool is_run(struct msk_copy copy)
{
	return copy.length == MSK_COPY_MOST && copy.distance <= LAST_OF_RUN;
}

/* A copy was found at s->at, whose place is entered: it is made, unless a better one begins behind it. */
HOT void settle(struct parse *s, struct msk_copy copy)
{
	uint32_t entered = 1, behind;

	while (copy.length < s->d->effort.enough && s->at + 1 < s->end) {
		struct msk_copy later = find(s, s->at + 1, copy.length > 3 ? copy.length - 1 : 3, false);

		if (!is_better(later, copy)) {
			entered = 2;
			break;
		}
		add_literal(s);
		copy = later;
	}
	add_copy(s, copy);
	behind = s->at + copy.length;
	s->at = is_run(copy) ? behind - LAST_OF_RUN : s->at + entered;
	pass(s, behind);
}

/* There is nothing before the first byte. */
HOT void begin(struct parse *s)
{
	msk_finder_add(&s->d->finder, msk_slots_of(s->in), 0);
	add_literal(s);
	s->slots = msk_slots_of(s->in + s->at);
}

HOT void parse(struct msk_deflate *d, const unsigned char *in, uint32_t n)
{
	struct parse s = { .d = d, .in = in, .n = n, .end = n > MSK_LOOK_AHEAD ? n - MSK_LOOK_AHEAD : 0, .step = d->steps };

	memset(&d->finder, 0, sizeof d->finder);
	d->n_pieces = 0;
	begin_piece(&s);
	if (s.end)
		begin(&s);
	while (s.at < s.end) {
		struct msk_copy copy;

		if (s.at >= s.piece_end)
			begin_piece(&s);
		copy = find(&s, s.at, 3, true);
		if (copy.distance)
			settle(&s, copy);
		else
			add_literal(&s);
	}
	end_pieces(&s);
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
#ifdef MSK_SHIFTS_FAST
	if (d->shifts_fast) {
		parse_fast(d, in, n);
		return;
	}
#endif
	parse(d, in, n);
}
