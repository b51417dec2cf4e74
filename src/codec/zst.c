/* One zstd frame a block (RFC 8878), each with its content size and checksum; see compress.h. */
#include <zstd.h>

#include "blocks.h"

static void *zstd_state_new(int level)
{
	ZSTD_CCtx *ctx = ZSTD_createCCtx();

	if (ctx && !ZSTD_isError(ZSTD_CCtx_setParameter(ctx, ZSTD_c_compressionLevel, level)) &&
	    !ZSTD_isError(ZSTD_CCtx_setParameter(ctx, ZSTD_c_contentSizeFlag, 1)) &&
	    !ZSTD_isError(ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1)))
		return ctx;
	ZSTD_freeCCtx(ctx);
	return NULL;
}

static void zstd_state_free(void *state)
{
	ZSTD_freeCCtx(state);
}

static size_t zstd_bound(size_t n)
{
	return ZSTD_compressBound(n);
}

static size_t zstd_encode(void *state, const unsigned char *in, size_t n, unsigned char *out, size_t room)
{
	size_t made = ZSTD_compress2(state, out, room, in, n);

	return ZSTD_isError(made) ? 0 : made;
}

const struct msk_block_codec msk_zstd_codec = {
	.state_new = zstd_state_new,
	.state_free = zstd_state_free,
	.bound = zstd_bound,
	.encode = zstd_encode,
};
