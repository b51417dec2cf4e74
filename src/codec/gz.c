/* One gzip member (RFC 1952) made of blocks; see compress.h. */
#include <libdeflate.h>
#include <string.h>

#include "block_codec.h"
#include "deflate.h"
#include "deflate_end.h"
#include "dense.h"
#include "mkscratch/le.h"
#include "mkscratch/mem.h"

/* An empty, final block of fixed codes (RFC 1951, 3.2.6). */
#define FINAL_BLOCK "\x03\x00"
#define FINAL_SIZE 2
/* RFC 1951, 3.2.4: where it begins on a byte, a stored block has five bytes in front of its data. */
#define STORED_HEAD 5
#define STORED_MOST 0xffffu
/* From here on the library looks for a shortest path through whole blocks, and so slowly that nothing is to be gained. */
#define THOROUGH 10

_Static_assert(MSK_BLOCK_SIZE <= MSK_DEFLATE_MOST, "a block is one part");

/* Of levels that are made here, in less time than libdeflate takes for the same size; NULL: of the library's. */
static const struct msk_deflate_effort *own_effort(int level)
{
	return level < MSK_DEFLATE_FIRST || level > MSK_DEFLATE_LAST ? NULL : &msk_deflate_efforts[level - MSK_DEFLATE_FIRST];
}

struct state {
	int level;
	struct msk_deflate *own;              /* one of these two */
	struct libdeflate_compressor *c;
	struct libdeflate_decompressor *d;    /* paranoid only, as is what it decodes to */
	unsigned char *plain;
};

static void gzip_state_free(void *state)
{
	struct state *s = state;

	msk_deflate_free(s->own);
	libdeflate_free_compressor(s->c);
	libdeflate_free_decompressor(s->d);
	free(s->plain);
	free(s);
}

static void *gzip_state_new(int level, bool paranoid)
{
	struct state *s = msk_xcalloc(1, sizeof *s);
	const struct msk_deflate_effort *effort = own_effort(level);

	s->level = level;
	if (effort)
		s->own = msk_deflate_new(effort);
	else
		s->c = libdeflate_alloc_compressor(level);
	s->d = paranoid ? libdeflate_alloc_decompressor() : NULL;
	s->plain = paranoid ? msk_xmalloc(MSK_BLOCK_SIZE) : NULL;
	if ((s->own || s->c) && (s->d || !paranoid))
		return s;
	gzip_state_free(s);
	return NULL;
}

/* Of the library's, measured. */
static size_t gzip_state_size(int level)
{
	if (own_effort(level))
		return msk_deflate_size();
	return level < THOROUGH ? 3u << 18 : 9u << 20;
}

/* The library's bound for a block of the full size holds for every smaller one. */
static size_t gzip_bound(size_t n)
{
	size_t library = libdeflate_deflate_compress_bound(NULL, n) + MSK_DEFLATE_JOIN_ROOM, own = msk_deflate_bound(n);

	return (library > own ? library : own) + FINAL_SIZE;
}

static unsigned char *put_stored(unsigned char *out, const unsigned char *in, size_t n)
{
	const unsigned char head[STORED_HEAD] = { 0, n & 255, (unsigned char)(n >> 8), ~n & 255, (unsigned char)(~n >> 8) };

	memcpy(out, head, sizeof head);
	if (n)
		memcpy(out + sizeof head, in, n);
	return out + sizeof head + n;
}

/* As it is, and behind that the empty block that ends all of them. */
static size_t store(const unsigned char *in, size_t n, unsigned char *out)
{
	unsigned char *to = out;

	for (size_t part; n; n -= part, in += part) {
		part = n < STORED_MOST ? n : STORED_MOST;
		to = put_stored(to, in, part);
	}
	return (size_t)(put_stored(to, NULL, 0) - out);
}

static size_t gzip_encode(void *state, const unsigned char *in, size_t n, unsigned char *out, size_t room)
{
	struct state *s = state;
	size_t made;

	if (s->level < THOROUGH && msk_dense(in, n))
		return store(in, n, out);
	if (s->own)
		return msk_deflate_part(s->own, in, n, out);
	made = libdeflate_deflate_compress(s->c, in, n, out, room - MSK_DEFLATE_JOIN_ROOM - FINAL_SIZE);
	return made ? msk_deflate_open_end(out, made) : 0;
}

/* A block is followed by more; for decoding it alone, by a final block. */
static bool gzip_decodes(void *state, unsigned char *packed, size_t n_packed, const unsigned char *in, size_t n)
{
	struct state *s = state;
	size_t used, made;

	memcpy(packed + n_packed, FINAL_BLOCK, FINAL_SIZE);
	return libdeflate_deflate_decompress_ex(s->d, packed, n_packed + FINAL_SIZE, s->plain, n, &used, &made) ==
	       LIBDEFLATE_SUCCESS && used == n_packed + FINAL_SIZE && made == n && memcmp(s->plain, in, n) == 0;
}

static int gzip_begin(struct msk_part *p, struct msk_err *err)
{
	/* Deflate, no flags, time 0, XFL 0 whatever the level, OS unknown: nothing of the host or its clock. */
	static const unsigned char header[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff };

	return msk_writer_write(p->to, header, sizeof header, err);
}

static void gzip_check(struct msk_part *p, const unsigned char *in, size_t n)
{
	p->crc = libdeflate_crc32(p->crc, in, n);
}

static int gzip_end(struct msk_part *p, struct msk_err *err)
{
	unsigned char tail[FINAL_SIZE + 8];

	memcpy(tail, FINAL_BLOCK, FINAL_SIZE);
	msk_put_four_bytes(tail + FINAL_SIZE, p->crc);
	msk_put_four_bytes(tail + FINAL_SIZE + 4, (unsigned)p->size);
	return msk_writer_write(p->to, tail, sizeof tail, err);
}

static const void *gzip_linked(int level)
{
	return own_effort(level) ? NULL : (const void *)libdeflate_deflate_compress;
}

static const char *gzip_maker(int level)
{
	return own_effort(level) ? MSK_DEFLATE_NAME : "libdeflate " LIBDEFLATE_VERSION_STRING;
}

const struct msk_block_codec msk_gzip_codec = {
	.linked = gzip_linked,
	.maker = gzip_maker,
	.state_new = gzip_state_new,
	.state_free = gzip_state_free,
	.state_size = gzip_state_size,
	.bound = gzip_bound,
	.encode = gzip_encode,
	.decodes = gzip_decodes,
	.begin = gzip_begin,
	.check = gzip_check,
	.end = gzip_end,
};
