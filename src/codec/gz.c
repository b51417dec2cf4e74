/* One gzip member (RFC 1952) made of blocks; see compress.h. */
#include <libdeflate.h>

#include "blocks.h"
#include "deflate_end.h"

static void *gzip_state_new(int level)
{
	return libdeflate_alloc_compressor(level);
}

static void gzip_state_free(void *state)
{
	libdeflate_free_compressor(state);
}

/* The library's bound for a block of the full size holds for every smaller one. */
static size_t gzip_bound(size_t n)
{
	return libdeflate_deflate_compress_bound(NULL, n) + MSK_DEFLATE_JOIN_ROOM;
}

static size_t gzip_encode(void *state, const unsigned char *in, size_t n, unsigned char *out, size_t room)
{
	size_t made = libdeflate_deflate_compress(state, in, n, out, room - MSK_DEFLATE_JOIN_ROOM);

	return made ? msk_deflate_open_end(out, made) : 0;
}

static int gzip_begin(struct msk_compressor *c, struct msk_err *err)
{
	/* Deflate, no flags, time 0, XFL 0 whatever the level, OS unknown: nothing of the host or its clock. */
	static const unsigned char header[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff };

	return msk_writer_write(msk_compressor_head(c)->next, header, sizeof header, err);
}

static void gzip_plain(struct msk_compressor *c, const unsigned char *in, size_t n)
{
	struct msk_compressor_head *h = msk_compressor_head(c);

	h->crc = libdeflate_crc32(h->crc, in, n);
	h->plain_size += n;
}

static void put_le32(unsigned char *p, unsigned v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

static int gzip_end(struct msk_compressor *c, struct msk_err *err)
{
	struct msk_compressor_head *h = msk_compressor_head(c);
	unsigned char tail[10] = { 0x03, 0x00 };   /* an empty, final block of fixed codes */

	put_le32(tail + 2, h->crc);
	put_le32(tail + 6, (unsigned)h->plain_size);
	return msk_writer_write(h->next, tail, sizeof tail, err);
}

const struct msk_block_codec msk_gzip_codec = {
	.state_new = gzip_state_new,
	.state_free = gzip_state_free,
	.bound = gzip_bound,
	.encode = gzip_encode,
	.begin = gzip_begin,
	.plain = gzip_plain,
	.end = gzip_end,
};
