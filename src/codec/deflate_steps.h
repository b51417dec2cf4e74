/* Bytes become steps: what every parse of the compressor does with what it finds. All of it is inline, so that what is known of
 * a parse stays in registers. */
#ifndef CODEC_DEFLATE_STEPS_H
#define CODEC_DEFLATE_STEPS_H

#include <string.h>

#include "deflate_parts.h"

struct msk_parse {
	struct msk_deflate *d;
	const unsigned char *in;
	uint32_t n, end;                      /* behind `end` nothing is looked up */
	uint32_t at, piece_end;
	uint32_t literals;                    /* since the last step */
	struct msk_deflate_step *step;        /* the next */
	uint32_t *uses;                       /* of this piece */
};

MSK_HOT uint32_t msk_parse_most(const struct msk_parse *s, uint32_t at)
{
	return s->n - at < MSK_COPY_MOST ? s->n - at : MSK_COPY_MOST;
}

/* Of these places `those` are tried, the lowest first, until a copy has `enough` bytes: one that is longer than the best
 * becomes it. */
MSK_HOT void msk_parse_try(const struct msk_parse *s, uint32_t at, uint64_t places, unsigned those, uint32_t enough,
			   struct msk_copy *best)
{
	const unsigned char *p = s->in + at;
	const uint32_t most = msk_parse_most(s, at);

	for (; those && best->length < enough && best->length < most; those &= those - 1) {
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

/* May three bytes be copied from there? */
MSK_HOT bool msk_is_three(const unsigned char *p, uint32_t distance)
{
	return distance - 1 < MSK_NEAR && ((msk_four_bytes(p - distance) ^ msk_four_bytes(p)) & 0xffffff) == 0;
}

MSK_HOT void msk_parse_literal(struct msk_parse *s)
{
	s->uses[s->in[s->at++]]++;
	s->literals++;
}

MSK_HOT void msk_parse_step(struct msk_parse *s, struct msk_copy copy)
{
	*s->step++ = (struct msk_deflate_step){ (uint16_t)s->literals, (uint16_t)copy.length, (uint16_t)copy.distance };
	s->literals = 0;
}

/* The place stays what it was. */
MSK_HOT void msk_parse_copy(struct msk_parse *s, struct msk_copy copy)
{
	msk_parse_step(s, copy);
	s->uses[FIRST_LENGTH + s->d->length_symbol[copy.length]]++;
	s->uses[LITLEN + msk_distance_symbol(s->d, copy.distance)]++;
}

MSK_HOT void msk_parse_piece(struct msk_parse *s)
{
	struct msk_deflate *d = s->d;
	struct msk_piece *piece;

	if (s->literals)
		msk_parse_step(s, (struct msk_copy){ 0, 0 });
	piece = &d->pieces[d->n_pieces++];
	piece->in = s->in + s->at;
	piece->steps = s->step;
	s->piece_end = s->at + PIECE;
	s->uses = piece->uses;
	memset(piece->uses, 0, sizeof piece->uses);
	piece->uses[END_OF_BLOCK] = 1;
}

MSK_HOT struct msk_parse msk_parse_begin(struct msk_deflate *d, const unsigned char *in, uint32_t n)
{
	struct msk_parse s = { .d = d, .in = in, .n = n, .end = n > MSK_LOOK_AHEAD ? n - MSK_LOOK_AHEAD : 0, .step = d->steps };

	d->n_pieces = 0;
	msk_parse_piece(&s);
	return s;
}

/* What is left are literals. */
MSK_HOT void msk_parse_end(struct msk_parse *s)
{
	while (s->at < s->n)
		msk_parse_literal(s);
	if (s->literals)
		msk_parse_step(s, (struct msk_copy){ 0, 0 });
	s->d->pieces[s->d->n_pieces].in = s->in + s->n;
	s->d->pieces[s->d->n_pieces].steps = s->step;
}

MSK_HOT int msk_log_of_distance(uint32_t distance)
{
	return 31 - __builtin_clz(distance);
}

/* Is it better to have one literal more and then the other copy? */
MSK_HOT bool msk_copy_is_better(struct msk_copy later, struct msk_copy copy)
{
	return later.distance && 4 * ((int)later.length - (int)copy.length) + msk_log_of_distance(copy.distance) -
					 msk_log_of_distance(later.distance) > 2;
}

#endif
