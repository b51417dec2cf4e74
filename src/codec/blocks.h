/* Blocks in parallel: input cut every MSK_BLOCK_SIZE bytes, each block made into bytes on its own by one of several
 * threads, results passed on in order. What a codec must give for that. */
#ifndef CODEC_BLOCKS_H
#define CODEC_BLOCKS_H

#include <stddef.h>
#include "mkscratch/compress.h"

struct msk_block_codec {
	/* State for one thread. NULL: out of memory. */
	void *(*state_new)(int level);
	void (*state_free)(void *state);
	/* Room that `encode` needs for n bytes. */
	size_t (*bound)(size_t n);
	/* Encode one block; the result depends on the bytes and the level only. 0: failure. */
	size_t (*encode)(void *state, const unsigned char *in, size_t n, unsigned char *out, size_t room);
	/* Bytes in front of the first block and behind the last; `plain` sees every block in order. May be NULL. */
	int (*begin)(struct msk_compressor *c, struct msk_err *err);
	void (*plain)(struct msk_compressor *c, const unsigned char *in, size_t n);
	int (*end)(struct msk_compressor *c, struct msk_err *err);
};

extern const struct msk_block_codec msk_gzip_codec, msk_zstd_codec;

/* What begin, plain and end work on. */
struct msk_compressor_head {
	struct msk_writer w;
	struct msk_writer *next;
	int level;
	unsigned crc;
	unsigned long long plain_size;
};

static inline struct msk_compressor_head *msk_compressor_head(struct msk_compressor *c)
{
	return (struct msk_compressor_head *)c;
}

#endif
