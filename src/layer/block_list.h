/* The compressed blocks of a layer that is put together from a cache: named by their keys, given out in their order, some
 * of them read and hashed ahead on the threads of a pool. */
#ifndef BLOCK_LIST_H
#define BLOCK_LIST_H

#include "mkscratch/cache.h"
#include "mkscratch/stream.h"
#include "mkscratch/task.h"

/* All borrowed. */
struct msk_block_list {
	struct msk_cache *cache;
	struct msk_pool *pool;
	const char *keys;              /* n digests as text, each of MSK_DIGEST_CHARS with its NUL */
	size_t n, room;                /* room: what the largest block may take */
};

/* Write them to `to`, which is not finished by this; *size grows by what was written. *all is false when one is not in the
 * cache any more: then only those before it were written. Fails as `to` does. */
int msk_block_list_send(const struct msk_block_list *l, struct msk_writer *to, uint64_t *size, bool *all,
			struct msk_err *err);
/* Those that are there were of use just now, though nobody read them. */
void msk_block_list_touch(const struct msk_block_list *l);

#endif
