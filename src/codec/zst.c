/* One zstd frame a block (RFC 8878), each with its content size and checksum; see compress.h. */
#include <string.h>
#include <zstd.h>

#include "block_codec.h"
#include "mkscratch/mem.h"

struct state {
	ZSTD_CCtx *c;
	ZSTD_DCtx *d;              /* paranoid only, as is what it decodes to */
	unsigned char *plain;
};

static void zstd_state_free(void *state)
{
	struct state *s = state;

	ZSTD_freeCCtx(s->c);
	ZSTD_freeDCtx(s->d);
	free(s->plain);
	free(s);
}

static void *zstd_state_new(int level, bool paranoid)
{
	struct state *s = msk_xcalloc(1, sizeof *s);

	s->c = ZSTD_createCCtx();
	s->d = paranoid ? ZSTD_createDCtx() : NULL;
	s->plain = paranoid ? msk_xmalloc(MSK_BLOCK_SIZE) : NULL;
	if (s->c && (s->d || !paranoid) && !ZSTD_isError(ZSTD_CCtx_setParameter(s->c, ZSTD_c_compressionLevel, level)) &&
	    !ZSTD_isError(ZSTD_CCtx_setParameter(s->c, ZSTD_c_contentSizeFlag, 1)) &&
	    !ZSTD_isError(ZSTD_CCtx_setParameter(s->c, ZSTD_c_checksumFlag, 1)))
		return s;
	zstd_state_free(s);
	return NULL;
}

/* Measured with blocks of our size, which bound the library's window. */
static size_t zstd_state_size(int level)
{
	return level < 4 ? 5u << 18 : level < 7 ? 4u << 20 : 10u << 20;
}

static size_t zstd_bound(size_t n)
{
	return ZSTD_compressBound(n);
}

static size_t zstd_encode(void *state, const unsigned char *in, size_t n, unsigned char *out, size_t room)
{
	struct state *s = state;
	size_t made = ZSTD_compress2(s->c, out, room, in, n);

	return ZSTD_isError(made) ? 0 : made;
}

static bool zstd_decodes(void *state, unsigned char *packed, size_t n_packed, const unsigned char *in, size_t n)
{
	struct state *s = state;

	return ZSTD_decompressDCtx(s->d, s->plain, n, packed, n_packed) == n && memcmp(s->plain, in, n) == 0;
}

static const void *zstd_linked(int level)
{
	(void)level;
	return (const void *)ZSTD_compress2;
}

static const char *zstd_maker(int level)
{
	(void)level;
	return "libzstd " ZSTD_VERSION_STRING;
}

const struct msk_block_codec msk_zstd_codec = {
	.linked = zstd_linked,
	.maker = zstd_maker,
	.state_new = zstd_state_new,
	.state_free = zstd_state_free,
	.state_size = zstd_state_size,
	.bound = zstd_bound,
	.encode = zstd_encode,
	.decodes = zstd_decodes,
};
