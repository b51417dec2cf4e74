/* What a codec gives to be run block by block. The result of a block depends on its bytes and the level only. */
#ifndef CODEC_BLOCK_CODEC_H
#define CODEC_BLOCK_CODEC_H

#include "mkscratch/compress.h"
#include "slab.h"

struct msk_block_codec {
	/* State for one thread; `paranoid`: also what decoding needs. NULL: out of memory. */
	void *(*state_new)(int level, bool paranoid);
	void (*state_free)(void *state);
	/* Memory of a state at a level, at most. */
	size_t (*state_size)(int level);
	/* Room that `encode` needs for n bytes. */
	size_t (*bound)(size_t n);
	/* 0: failure. */
	size_t (*encode)(void *state, const unsigned char *in, size_t n, unsigned char *out, size_t room);
	/* Does what encode made become in[0..n) again? `packed` may be changed and must be put back. */
	bool (*decodes)(void *state, unsigned char *packed, size_t n_packed, const unsigned char *in, size_t n);
	/* Bytes in front of the first block of a part and behind the last. May be NULL. */
	int (*begin)(struct msk_part *p, struct msk_err *err);
	int (*end)(struct msk_part *p, struct msk_err *err);
	/* What encodes at a level, with its version; of one name, only builds of a library may differ. NULL: nothing does. */
	const char *(*maker)(int level);
	/* A function of that library; NULL: it is part of this program, and of one name are always the same bytes. */
	const void *(*linked)(int level);
	/* Carry the checksum of a part over these bytes; called in order. May be NULL. */
	void (*check)(struct msk_part *p, const unsigned char *in, size_t n);
};

extern const struct msk_block_codec msk_gzip_codec, msk_zstd_codec, msk_plain_codec;

const struct msk_block_codec *msk_codec_of(enum msk_codec_kind kind);

/* How many blocks a compressor has in memory at a time. */
size_t msk_compressor_blocks(const struct msk_block_codec *codec, const struct msk_compress_args *a);

/* For the one compressor that has the blocks of `e`: memory for so many of its own, until `e` is gone. Nothing else is done
 * early from now on. NULL: another has it, and may have blocks of which more is known; or `e` was made for another codec, or
 * for fewer. */
struct msk_block_memory *msk_early_lend(struct msk_early *e, const struct msk_block_codec *codec, size_t blocks);
/* The first block from the *i-th on, of those that are made or in work, that begins with p[0..n): *i is its number, *size
 * its size, and its bytes are returned, which only may be read before it was taken. NULL: there is none. */
unsigned char *msk_early_find(struct msk_early *e, const unsigned char *p, size_t n, size_t *i, size_t *size);
/* What the i-th became; it is waited for. *key is its own in the cache, where there is one. Its size is returned; 0: it
 * failed. The block and *out are pieces of that memory, for the caller to give back. Any thread. */
size_t msk_early_take(struct msk_early *e, size_t i, unsigned char **out, struct msk_digest *key);
/* A state of the codec that is no longer needed there, now the caller's; NULL: there is none. Any thread. */
void *msk_early_state(struct msk_early *e);

/* As msk_compressor_new, with a codec of the caller's: for tests. */
struct msk_compressor *msk_compressor_with(const struct msk_block_codec *codec, const struct msk_compress_args *a);

#endif
