/* Does a gzip stream (RFC 1952) end as it must: with the CRC-32 and the length of what it held, and nothing behind? Whoever
 * inflates it by libarchive is not told, while others refuse such a stream as a whole.
 *
 * Of several members only the last one's end could be seen, and not where that began: nothing is said of them. */
#ifndef MKSCRATCH_GZIP_SUM_H
#define MKSCRATCH_GZIP_SUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct msk_gzip_sum {
	unsigned char head[4];        /* the first packed bytes, zeros behind fewer */
	unsigned char last[8];        /* of those so far, the newest at the end */
	uint64_t packed, plain;       /* bytes so far */
	uint32_t crc;                 /* of the plain ones */
	bool is_gzip, has_more;       /* begins as one does; has what may be the head of another member */
};

#define MSK_GZIP_SUM_INIT { .crc = 0 }
void msk_gzip_sum_packed(struct msk_gzip_sum *s, const void *p, size_t n);
void msk_gzip_sum_plain(struct msk_gzip_sum *s, const void *p, size_t n);
/* All of both was seen. True also for what is no gzip stream. */
bool msk_gzip_sum_is_right(const struct msk_gzip_sum *s);

#endif
