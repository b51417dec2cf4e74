/* Digests of files taken on a thread while the image is still being gathered: by the time a layer asks whether it is in
 * the cache, its programs have been read. A file counts as the one that was gathered when device, number, size and
 * time are the same before and after. */
#ifndef MKSCRATCH_AHEAD_H
#define MKSCRATCH_AHEAD_H

#include <sys/stat.h>
#include "mkscratch/digest.h"
#include "mkscratch/rootfs.h"
#include "mkscratch/str.h"
#include "mkscratch/task.h"

/* Smaller ones are not worth it; larger ones the layer cache does not ask for. */
#define MSK_AHEAD_LEAST (1 << 20)
#define MSK_AHEAD_MOST  (32 << 20)

struct msk_ahead;

/* A regular file of such a size. NULL is none. */
bool msk_ahead_wants(const char *path);
/* Never fails: what cannot be read is left to those who need it. `archive`: what the run will write over, or NULL. When a
 * document in it tells of one of the files by its digest, so that nothing may have changed, its blobs of such sizes are
 * hashed as well, of no more than MSK_AHEAD_MOST bytes together. */
struct msk_ahead *msk_ahead_start(struct msk_pool *pool, const struct msk_strv *paths, const char *archive);
/* Waits for the thread. False: nothing is known of this one. `a` may be NULL. */
bool msk_ahead_digest(struct msk_ahead *a, const struct msk_content *c, struct msk_digest *out);
/* Is it known that the archive, when it was as `st` says, had these bytes there? Waits for the thread. `a` may be NULL. */
bool msk_ahead_holds(struct msk_ahead *a, const struct stat *st, uint64_t offset, const struct msk_digest *digest,
		     uint64_t size);
/* Stops at once. */
void msk_ahead_cleanup(struct msk_ahead **a);

#endif
