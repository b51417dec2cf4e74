/* The symbols of a deflate stream (RFC 1951, 3.2.5): literals, the end of a block and lengths; and those of distances. */
#ifndef CODEC_DEFLATE_SYMBOLS_H
#define CODEC_DEFLATE_SYMBOLS_H

#include <stdint.h>

#define END_OF_BLOCK 256
#define FIRST_LENGTH 257
#define LENGTHS 29
#define DISTANCES 30

/* The symbol of a length, less FIRST_LENGTH, or of a distance: the value it begins at and its extra bits. */
struct msk_reach {
	uint16_t base;
	uint8_t extra;
};
extern const struct msk_reach msk_lengths[LENGTHS], msk_distances[DISTANCES];

#endif
