/* Earlier places with the same bytes: inline, since it is asked for at every other byte.
 *
 * Places are the lower 16 bits of an offset: whatever one of them means by now, its distance is taken modulo 2^16, is no more
 * than what lies before, and counts only when the bytes there are the same. So tables need not be tidied, only be zero in the
 * beginning. */
#ifndef CODEC_DEFLATE_MATCH_H
#define CODEC_DEFLATE_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mkscratch/le.h"

#define MSK_COPY_LEAST 3
#define MSK_COPY_MOST  258
#define MSK_WINDOW     32768u
/* A copy of three bytes from further away takes more bits than they do. */
#define MSK_NEAR       4096u
/* Bytes that must follow a place that is looked up: eight from the one behind it, and some that are copied whole. */
#define MSK_LOOK_AHEAD 12u

#define THREE_BITS 14
#define FOUR_BITS  15
#define SIX_BITS   14
#define QUICK_FOUR_BITS 16
#define SEVEN_BITS      15

struct msk_finder {
	uint16_t three[1 << THREE_BITS];      /* by three bytes: the last place that had them */
	uint16_t four[1 << FOUR_BITS];        /* by four */
	uint64_t six[1 << SIX_BITS];          /* by six: the last four places, the newest lowest */
	uint16_t older[MSK_WINDOW];           /* by place: the fourth before it */
};

/* Of quick efforts. */
struct msk_quick_finder {
	uint16_t three[1 << THREE_BITS], four[1 << QUICK_FOUR_BITS];
	union {                               /* by seven: */
		uint16_t one[1 << SEVEN_BITS];        /* the last place */
		uint32_t two[1 << SEVEN_BITS];        /* or the last two, the newer lower */
	};
};

/* The slots of a place in the tables of others. */
struct msk_slots {
	uint32_t three, four, six;
};

struct msk_copy {
	uint32_t length, distance;            /* distance 0: there is none */
};

/* Multiplied by 2^32 and 2^64 divided by the golden ratio. */
static inline struct msk_slots msk_slots_of(const unsigned char *p)
{
	uint64_t v = msk_eight_bytes(p);

	return (struct msk_slots){
		.three = ((uint32_t)v << 8) * 0x9E3779B1u >> (32 - THREE_BITS),
		.four = (uint32_t)v * 0x9E3779B1u >> (32 - FOUR_BITS),
		.six = (uint32_t)((v << 16) * 0x9E3779B97F4A7C15u >> (64 - SIX_BITS)),
	};
}

static inline void msk_finder_add(struct msk_finder *f, struct msk_slots s, uint32_t at)
{
	uint64_t places = f->six[s.six];

	f->three[s.three] = (uint16_t)at;
	f->four[s.four] = (uint16_t)at;
	f->older[at % MSK_WINDOW] = (uint16_t)(places >> 48);
	f->six[s.six] = places << 16 | (uint16_t)at;
}

static inline uint32_t msk_distance_to(uint32_t at, uint64_t place)
{
	return (uint16_t)(at - (uint32_t)place);
}

static inline bool msk_in_window(uint32_t distance)
{
	return distance - 1 < MSK_WINDOW;
}

/* How many bytes are the same at p and before it, at most `most`; the first `known` are. */
static inline uint32_t msk_same_bytes(const unsigned char *p, uint32_t distance, uint32_t known, uint32_t most)
{
	for (; known + 8 <= most; known += 8) {
		uint64_t differ = msk_eight_bytes(p + known) ^ msk_eight_bytes(p + known - distance);

		if (differ)
			return known + (uint32_t)__builtin_ctzll(differ) / 8;
	}
	while (known < most && p[known] == *(p + known - distance))
		known++;
	return known;
}

/* Which of four places, none of them `at`, have `last` where p is for `at`. Without a branch for each: none could be
 * foretold. The distance is subtracted from what is added, which saves an instruction. */
static inline unsigned msk_which_have(uint64_t places, uint32_t at, const unsigned char *p, uint32_t last)
{
	unsigned those = 0;

#pragma GCC unroll 4
	for (unsigned i = 0; i < 4; i++) {
		ptrdiff_t ahead = (uint16_t)((uint32_t)(places >> 16 * i) - at);

		those |= (unsigned)(msk_four_bytes(p + (ahead - 65536)) == last) << i;
	}
	return those;
}

#endif
