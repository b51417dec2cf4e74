/* Memory for blocks, in large pages where the system has them: to be given as much page by page takes as long as to
 * compress a tenth of it. */
#ifndef CODEC_SLAB_H
#define CODEC_SLAB_H

#include <stddef.h>

struct msk_slab {
	unsigned char *first;
	size_t piece;
	void *map;
	size_t mapped;
};

/* Room for `count` pieces of `size` bytes, of which nothing is taken from the system before it is touched: the first `small`
 * in small pages, for those whose run may have no more than one, and so those behind the first MSK_SLAB_LARGE bytes of the
 * others, since a long run does not notice and threads may be many. Ends the program when there is no memory. */
#define MSK_SLAB_LARGE (12u << 20)
void msk_slab_init(struct msk_slab *s, size_t count, size_t size, size_t small);
/* The i-th piece; for as long as the slab. */
unsigned char *msk_slab_piece(const struct msk_slab *s, size_t i);
void msk_slab_release(struct msk_slab *s);

#endif
