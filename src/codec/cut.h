/* Where a stream is cut in blocks: by its content, so that bytes put in or taken out move the cuts around them and no
 * others, and blocks further on are those of before (which is what a cache of blocks lives on).
 *
 * A block ends behind the first byte at which it has at least MSK_CUT_MIN bytes and
 *     s * 0x9E3779B97F4A7C15 mod 2^64 < 2^(64 - MSK_CUT_BITS),
 *     s = sum of (byte + 1) * 2^distance mod 2^64 over the block's last 64 bytes,
 * where the last byte's distance is 0; or when it has MSK_BLOCK_SIZE bytes. Nothing else counts: not how the stream was
 * written, not what was cut before. */
#ifndef CODEC_CUT_H
#define CODEC_CUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MSK_CUT_MIN  (256u * 1024)
#define MSK_CUT_BITS 17

struct msk_cut {
	size_t n;            /* bytes of the block so far */
	uint64_t s;
};

/* How many of p[0..n) still belong to the block; *ends: it is complete with them. n > 0. A block that is complete is
 * begun anew by the next call. */
size_t msk_cut_scan(struct msk_cut *c, const unsigned char *p, size_t n, bool *ends);

#endif
