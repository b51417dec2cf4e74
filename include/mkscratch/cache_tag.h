/* The file by which a cache of ours is known, to backups (bford.info/cachedir) and to ourselves: a --tree leaves it out. */
#ifndef MKSCRATCH_CACHE_TAG_H
#define MKSCRATCH_CACHE_TAG_H

#include <stdbool.h>

/* Put it into an open directory that has none; that it cannot be written is no fault. */
void msk_cache_tag_put(int dir);
/* Has the open directory ours? That of another program's cache, and one of which any byte differs, is not. Opens no device
 * and waits for no FIFO. */
bool msk_cache_tag_is_in(int dir);
/* Take ours away; any other stays. */
void msk_cache_tag_drop(int dir);

#endif
