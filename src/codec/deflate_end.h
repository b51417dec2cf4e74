/* The end of a raw deflate stream (RFC 1951), found by following the code lengths without decoding anything.
 *
 * libdeflate ends every stream with a final block. To put several streams behind one another as one, the last block
 * must not be final, and its last bit must be known. */
#ifndef CODEC_DEFLATE_END_H
#define CODEC_DEFLATE_END_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Where a stream ends, in bits, and where the header of its last block begins. */
struct msk_deflate_end {
	uint64_t last_header;
	uint64_t bits;
};

/* False when `p` is no complete deflate stream. Reads nothing outside of p[0..n). */
bool msk_deflate_find_end(const unsigned char *p, size_t n, struct msk_deflate_end *out);

/* Make a complete stream of `n` bytes into a part that more may follow: the last block is no longer final, and an
 * empty stored block fills up to a byte. `p` has room for n + MSK_DEFLATE_JOIN_ROOM bytes. Returns the new length; 0
 * when it is no deflate stream. */
#define MSK_DEFLATE_JOIN_ROOM 6
size_t msk_deflate_open_end(unsigned char *p, size_t n);

#endif
