/* The symbols of a block of a deflate stream (RFC 1951, 3.2), followed by the lengths of their codes without decoding
 * anything. */
#ifndef CODEC_DEFLATE_WALK_H
#define CODEC_DEFLATE_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mkscratch/le.h"

/* What a run of bits means for somebody who only walks: how many to skip, extra bits included, and whether a distance
 * comes next or something special is to be done, which skips nothing. A length and its distance may be one step.
 * NEXT_DISTANCE is an offset between tables. */
typedef uint16_t msk_step;
#define MSK_STEP_FAST_BITS 11
#define MSK_STEP_FAST_SIZE (1u << MSK_STEP_FAST_BITS)
#define MSK_STEP_SKIP          0x003Fu
#define MSK_STEP_SKIPS         0x00FFu    /* of the sum of three steps */
#define MSK_STEP_END_OF_BLOCK  0x0100u
#define MSK_STEP_INVALID       0x0200u
#define MSK_STEP_SPECIAL       0x0400u    /* one of these two, or neither: the code is longer than the table's bits */
#define MSK_STEP_NEXT_DISTANCE (1u << MSK_STEP_FAST_BITS)
#define MSK_STEP_CODE_SHIFT    12         /* from here on the length of the code, of an end of block or a distance */

#define MSK_DEFLATE_LITLEN 288
#define MSK_DEFLATE_DIST   32
#define MSK_DEFLATE_LENGTH 15         /* of a code, in bits */

/* The canonical form of a Huffman code (3.2.2), for what a table over the first bits cannot hold. */
struct msk_deflate_code {
	msk_step by_rank[MSK_DEFLATE_LITLEN];
	uint16_t count[MSK_DEFLATE_LENGTH + 1];
	unsigned longer, longer_rank;     /* the first code that is longer than the table's bits */
};

/* Codes by what comes next: [0] literals and lengths, [1] distances. Scratch space of one walk. */
struct msk_deflate_codes {
	msk_step fast[2 * MSK_STEP_FAST_SIZE];
	struct msk_deflate_code codes[2];
};

/* Bytes, and a place in them that is counted in bits. */
struct msk_bits {
	const unsigned char *p;
	size_t n;
	uint64_t at;
};

/* At least 57 bits from a place that has 8 bytes before it. */
static inline uint64_t msk_bits_peek(const unsigned char *p, uint64_t at)
{
	return msk_eight_bytes(p + at / 8) >> (at % 8);
}

/* The same from the last bytes, and anywhere: behind the end zeros, which must not be consumed. */
uint64_t msk_bits_peek_last(const struct msk_bits *b);

static inline uint64_t msk_bits_peek_end(const struct msk_bits *b)
{
	return b->n >= 8 && b->at / 8 <= b->n - 8 ? msk_bits_peek(b->p, b->at) : msk_bits_peek_last(b);
}

/* Build from code lengths the code, and the table over its first `bits`, where entries of no code of that length are
 * `blank`. An incomplete code is allowed, as for a block with a single distance; false: there are too many codes. */
bool msk_deflate_code_build(struct msk_deflate_code *c, msk_step *fast, unsigned bits, msk_step blank,
			    const uint8_t *lengths, unsigned n, msk_step (*meaning)(unsigned symbol, unsigned len));

/* The two codes of a block from their lengths. */
bool msk_deflate_codes_build(struct msk_deflate_codes *c, const uint8_t *litlen, unsigned n_litlen, const uint8_t *dist,
			     unsigned n_dist);

/* Go from the first symbol of a block, where `b` is, to behind its end of block. False: there is none, or what comes
 * before it is no code. */
bool msk_deflate_walk(const struct msk_deflate_codes *c, struct msk_bits *b);

#endif
