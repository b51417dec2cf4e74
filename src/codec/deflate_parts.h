/* What the parts of the compressor share (deflate.h). */
#ifndef CODEC_DEFLATE_PARTS_H
#define CODEC_DEFLATE_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "deflate.h"
#include "deflate_match.h"
#include "deflate_symbols.h"

/* Distances are counted behind the literals, the end of a block and lengths, of which the last two never occur. */
#define LITLEN 288
#define SYMBOLS (LITLEN + DISTANCES)

/* The most bits of a code: of four literals there is room in a word beside what waits for its byte to be full. */
#define CODE_MOST 14

/* Functions that shift by variables all the time are compiled twice, the second time for processors that do so in one step
 * (BMI2, on x86 alone): a twentieth of the time. */
#if defined __x86_64__ && (defined __clang__ || __GNUC__ >= 8)
#define MSK_SHIFTS_FAST __attribute__((target("bmi,bmi2")))
#endif
#define MSK_HOT static inline __attribute__((always_inline))
bool msk_deflate_shifts_fast(void);

/* So many literals, then a copy; a step without a copy has length 0. */
struct msk_deflate_step {
	uint16_t literals, length, distance;
};

/* Bytes that stay together when blocks are chosen, at least so many. First each piece is a block. */
#define PIECE 8192u
#define PIECES (MSK_DEFLATE_MOST / PIECE + 1)
#define STEPS (MSK_DEFLATE_MOST / 3 + PIECES + 1)

struct msk_piece {
	const unsigned char *in;              /* where its first step begins */
	struct msk_deflate_step *steps;
	uint32_t uses[SYMBOLS];               /* how often it has each symbol; of a block that begins here, all of it */
};

/* Sums of so many are known beforehand (deflate_split.c). */
#define WEIGHTS 1024

struct msk_deflate {
	struct msk_deflate_effort effort;
	bool shifts_fast;                     /* decides of no byte */
	union {
		struct msk_finder finder;
		struct msk_quick_finder quick;
	};
	unsigned n_pieces;
	struct msk_piece pieces[PIECES + 1];  /* one behind the last: where they end */
	unsigned next[PIECES];                /* of a piece that begins a block: the one that begins the next */
	struct msk_deflate_step steps[STEPS];
	uint8_t length_symbol[259];
	uint8_t distance_symbol[512];         /* of distances to 256; of others by the bits above the lowest seven */
	uint16_t logs[257];
	uint32_t weights[WEIGHTS];
};

static inline unsigned msk_distance_symbol(const struct msk_deflate *d, unsigned distance)
{
	unsigned before = distance - 1;

	return d->distance_symbol[before < 256 ? before : 256 + (before >> 7)];
}

/* in[0..n) as pieces of steps. */
void msk_deflate_parse(struct msk_deflate *d, const unsigned char *in, uint32_t n);
/* The same for an effort that is quick. */
void msk_deflate_quick(struct msk_deflate *d, const unsigned char *in, uint32_t n);
/* What choosing blocks needs; once. */
void msk_deflate_weigh(struct msk_deflate *d);
/* Which pieces make a block together: those from i to before d->next[i], from 0 on. */
void msk_deflate_split(struct msk_deflate *d);
/* Write them; returns the size. */
size_t msk_deflate_write(struct msk_deflate *d, unsigned char *out);

#endif
