/* Memory for blocks, in large pages where the system has them: to be given as much page by page takes as long as to
 * compress a tenth of it. Pieces are handed out one by one; the one that came back last goes first, since it has been
 * touched before and most likely still is in a cache of the processor. */
#ifndef CODEC_SLAB_H
#define CODEC_SLAB_H

#include <pthread.h>
#include <stddef.h>

struct msk_slab {
	unsigned char *first;
	size_t piece, count;
	void *map;
	size_t mapped;
	pthread_mutex_t lock;
	size_t touched;                       /* how many were handed out so far */
	unsigned char **back;                 /* those that came back */
	size_t n_back;
};

/* Room for `count` pieces of `size` bytes, of which nothing is taken from the system before it is touched: the first `small`
 * in small pages, for those whose run may have no more than one, and so those behind the first MSK_SLAB_LARGE bytes of the
 * others, since a long run does not notice and threads may be many. Ends the program when there is no memory. */
#define MSK_SLAB_LARGE (12u << 20)
void msk_slab_init(struct msk_slab *s, size_t count, size_t size, size_t small);
void msk_slab_release(struct msk_slab *s);
/* No more than `count` are out at a time. Any thread, as for what follows. */
unsigned char *msk_slab_take(struct msk_slab *s);
void msk_slab_give(struct msk_slab *s, unsigned char *piece);

/* What blocks lie in: their bytes, and what those become. Of the latter only a part is touched as a rule, hence its small
 * pages. */
struct msk_block_memory {
	struct msk_slab in, out;
};

/* For `count` blocks, which need `room` bytes each to be encoded; `small` as above. */
void msk_block_memory_init(struct msk_block_memory *m, size_t count, size_t room, size_t small);
void msk_block_memory_release(struct msk_block_memory *m);

#endif
