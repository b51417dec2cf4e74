/* The compressed blocks of a cache, as the compressor wants them: found by their plain bytes and the codec's identity. */
#ifndef MKSCRATCH_BLOCK_CACHE_H
#define MKSCRATCH_BLOCK_CACHE_H

#include "mkscratch/cache.h"
#include "mkscratch/compress.h"

/* NULL: there is no cache, or nothing could be kept in it, since the codec compresses nothing or the build of its library
 * cannot be told. All others take that. */
struct msk_block_cache *msk_block_cache_new(struct msk_cache *borrowed, const struct msk_codec_spec *codec);
void msk_block_cache_cleanup(struct msk_block_cache **c);
/* What the codec's part of every key is (msk_codec_identity). */
const char *msk_block_cache_identity(const struct msk_block_cache *c);

#endif
