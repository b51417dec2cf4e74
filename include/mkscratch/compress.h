/* Compression: streams ("parts", one a layer) are cut in blocks of at most MSK_BLOCK_SIZE bytes, by their content
 * (codec/cut.h), the blocks compressed by the threads of a pool, and the results passed on in order.
 *
 *   caller -> blocks -> hash: SHA-256 and size of the plain bytes, one block after the other
 *                     -> encode: any block on any thread -> write, in order -> part->open()
 *
 * All parts of a run share one ring of blocks, so the threads need not stop where a part ends. The caller's thread
 * fills and writes; whenever it would have to wait, it works on blocks like any other. A stream of one block or of few
 * bytes asks for no thread.
 *
 * The output depends on the input, the codec and its level, and on the version of the codec's library where one is used; never
 * on the number of threads, the CPU or how the input was cut into writes.
 *   gzip  RFC 1952, ONE member: blocks are raw deflate streams joined by empty stored blocks (a sync flush), header
 *         with zero time, XFL 0, OS 255. Several readers stop after the first member, hence one. Levels 1 to 7 use no
 *         library (codec/deflate.h).
 *   zstd  RFC 8878, one frame a block, each with content size and checksum.
 *   none  the bytes.
 *
 * A cache of blocks plugs in as msk_block_cache: what a block becomes depends on its plain bytes and the codec spec
 * alone, and the result stands for itself wherever it is put (no block refers to another). */
#ifndef MKSCRATCH_COMPRESS_H
#define MKSCRATCH_COMPRESS_H

#include <stdbool.h>
#include "mkscratch/codec_spec.h"
#include "mkscratch/digest.h"
#include "mkscratch/str.h"
#include "mkscratch/stream.h"
#include "mkscratch/task.h"

#define MSK_BLOCK_SIZE (512u * 1024)

/* Compressed blocks of earlier runs. Both are called on any thread, several at a time. */
struct msk_block_cache {
	/* Put what these plain bytes become into out[0..room) and return its size; 0: not there. *key is set always. */
	size_t (*get)(struct msk_block_cache *c, const void *plain, size_t n, struct msk_digest *key, void *out, size_t room);
	/* This was made just now from what `get` gave this key for. */
	void (*put)(struct msk_block_cache *c, const struct msk_digest *key, const void *packed, size_t n);
};

/* All that the compressed bytes of a block depend on beside its plain bytes, as text for keys: this program's way of
 * making blocks, codec, level, and the build of the library that makes them, if any. False when that cannot be told, or when
 * the codec compresses nothing. */
bool msk_codec_identity(const struct msk_codec_spec *codec, struct msk_str *out);

/* What compresses, with its version: "mkscratch deflate 1", of which the same bytes come everywhere, or the library this
 * program was built with, "libdeflate 1.14"; NULL: the codec compresses nothing. */
const char *msk_codec_maker(const struct msk_codec_spec *codec);

/* Does what compresses belong to this program, so that what it is called tells its bytes? */
bool msk_codec_is_own(const struct msk_codec_spec *codec);

/* The room that any block needs when it is compressed. */
size_t msk_block_bound(const struct msk_codec_spec *codec);

struct msk_early;

struct msk_compress_args {
	struct msk_codec_spec codec;
	struct msk_pool *pool;               /* NULL: the caller's thread alone */
	bool paranoid;                       /* decode each block and compare */
	struct msk_block_cache *cache;       /* borrowed; may be NULL */
	struct msk_early *early;             /* blocks that are there already, but for paranoid; borrowed, may be NULL */
};

/* Bytes of a part that have a digest of their own as well, as those of a large file in a tar: it is made together with the
 * part's, for little more than the one costs. The caller sets size, hash and close, and keeps it until close was called or the
 * compressor is gone. */
struct msk_span {
	uint64_t size;
	struct msk_sha256 *hash;
	/* The digest is known. Called as a part's close is, in the order of the spans. */
	int (*close)(struct msk_span *s, struct msk_err *err);
	struct msk_digest digest;
};
/* No block has bytes of more than two. */
#define MSK_SPAN_LEAST MSK_BLOCK_SIZE
#define MSK_SPANS_OF_BLOCK 2

/* One stream. The caller sets open and close and keeps it until close was called or the compressor is gone. */
struct msk_part {
	/* Its turn to be written has come: where to? */
	int (*open)(struct msk_part *p, struct msk_writer **to, struct msk_err *err);
	/* All of it was written; `to` is finished. */
	int (*close)(struct msk_part *p, struct msk_err *err);
	struct msk_strv *keys;               /* out: of its blocks in the cache, in order; NULL: nobody asks */
	struct msk_digest digest;            /* of the plain bytes, known when close is called, as are their number */
	uint64_t size;
	unsigned crc;                        /* and their checksum, where the codec has one */
	/* For the compressor. */
	struct msk_writer *to;
	struct msk_sha256 *hash;
};

/* What stands before the blocks of a part, and behind them: to p->to; size and crc are known. For who has the blocks
 * already. Fails as the writer does. */
int msk_part_head(const struct msk_codec_spec *codec, struct msk_part *p, struct msk_err *err);
int msk_part_tail(const struct msk_codec_spec *codec, struct msk_part *p, struct msk_err *err);

struct msk_compressor;

int msk_compressor_new(const struct msk_compress_args *a, struct msk_compressor **out, struct msk_err *err);
/* Begin a part, after the one before was finished. Its bytes go to the writer; finishing that returns before all of
 * it is written. Parts are opened and closed in this order, within calls of these functions or the writer's.
 * Fails (besides what open, close and their writer fail with): MSK_E_IO (no memory), MSK_E_BUG (paranoid). */
struct msk_writer *msk_compressor_begin(struct msk_compressor *c, struct msk_part *p);
/* The next `size` bytes of the part, at least MSK_SPAN_LEAST, are a span; those of the one before have all come. */
void msk_compressor_span(struct msk_compressor *c, struct msk_span *s);
/* Wait until every part is closed. */
int msk_compressor_wait(struct msk_compressor *c, struct msk_err *err);
/* The same where no other part comes: threads that run out of blocks go meanwhile. */
int msk_compressor_finish(struct msk_compressor *c, struct msk_err *err);
void msk_compressor_free(struct msk_compressor *c);          /* stops the threads; also half-way */
void msk_compressor_cleanup(struct msk_compressor **c);

#endif
