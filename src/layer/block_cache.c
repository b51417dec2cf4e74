#include "mkscratch/block_cache.h"

struct block_cache {
	struct msk_block_cache c;             /* first: what the compressor calls back with is this */
	struct msk_cache *cache;
	struct msk_str identity;
};

static size_t get(struct msk_block_cache *c, const void *plain, size_t n, struct msk_digest *key, void *out, size_t room)
{
	const struct block_cache *b = (const struct block_cache *)c;
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *h = msk_sha256_new();

	msk_sha256_add(h, b->identity.buf, b->identity.len);
	msk_sha256_add(h, plain, n);
	msk_sha256_end(h, key);
	return msk_cache_get(b->cache, MSK_CACHE_BLOCK, key, out, room);
}

static void put(struct msk_block_cache *c, const struct msk_digest *key, const void *packed, size_t n)
{
	msk_cache_put(((const struct block_cache *)c)->cache, MSK_CACHE_BLOCK, key, packed, n);
}

struct msk_block_cache *msk_block_cache_new(struct msk_cache *borrowed, const struct msk_codec_spec *codec)
{
	struct block_cache *b;
	struct msk_block_cache *made;

	if (!borrowed)
		return NULL;
	b = msk_xcalloc(1, sizeof *b);
	b->c = (struct msk_block_cache){ get, put };
	b->cache = borrowed;
	made = &b->c;
	if (!msk_codec_identity(codec, &b->identity))
		msk_block_cache_cleanup(&made);
	return made;
}

void msk_block_cache_cleanup(struct msk_block_cache **c)
{
	if (!*c)
		return;
	msk_str_release(&((struct block_cache *)*c)->identity);
	free(*c);
	*c = NULL;
}

const char *msk_block_cache_identity(const struct msk_block_cache *c)
{
	return msk_str_c(&((const struct block_cache *)c)->identity);
}
