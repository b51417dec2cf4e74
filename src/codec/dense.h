/* Are bytes worth the time that it takes to compress them? What is compressed already (an archive, a picture, the debug
 * information of a Go program) is not: a search through it takes as long as any and finds next to nothing. */
#ifndef CODEC_DENSE_H
#define CODEC_DENSE_H

#include <stdbool.h>
#include <stddef.h>

/* A block is dense when it has at least 4,096 bytes and
 *   of its first 4,096 bytes, the squares of how often each value occurs add up to at most 73,728 (9/8 of the least sum);
 *   of all of its n bytes, to at most n^2 / 256 * 51/50;
 *   fewer than one in a hundred of its samples repeat. Samples are all v, four bytes read as a little-endian number, of
 *   which h = v * 0x9E3779B1 mod 2^32 is below 2^28; one repeats when the last sample before it whose h has the same
 *   upper 17 bits has the same v and is at most 32,768 bytes back.
 * A pure function of the bytes. n <= 2^24. */
bool msk_dense(const unsigned char *p, size_t n);

#endif
