/* Blocks compressed before the stream they belong to has begun: the largest program is known from the start, while what
 * stands before it in the image is still being gathered. They are cut from the file as they will be from the stream,
 * but for the first, which begins with headers that nobody knows yet.
 *
 * Guesses, no more: the compressor takes a block when its plain bytes are those that it has to compress, all of them
 * compared, and makes all others itself. So nothing here can reach a byte of the output. */
#ifndef MKSCRATCH_EARLY_H
#define MKSCRATCH_EARLY_H

#include "mkscratch/compress.h"

struct msk_early;

/* Begin, on threads of the pool, with the file `own_fd`, before which `headers` bytes stand in the stream, as far as can
 * be told; NULL where that is no use: no threads, or a codec that compresses nothing or needs much memory. At most 8
 * blocks are made; none behind one that is in a->cache, since then the file is most likely what it was, and so is all
 * that is made of it. The file is closed by the last call. */
struct msk_early *msk_early_start(const struct msk_compress_args *a, int own_fd, size_t headers);
/* Begin no other block; those in work are completed. `e` may be NULL. */
void msk_early_enough(struct msk_early *e);
void msk_early_free(struct msk_early *e);       /* waits for the block in work */
void msk_early_cleanup(struct msk_early **e);

#endif
