/* A walk over the entries of a sealed rootfs in their order: by the bytes of their paths. There may be several at a time, also
 * on several threads. */
#ifndef MKSCRATCH_ROOTFS_WALK_H
#define MKSCRATCH_ROOTFS_WALK_H

#include "mkscratch/rootfs.h"
#include "mkscratch/table.h"

struct msk_rootfs_walk {
	const struct msk_rootfs *fs;
	struct msk_str prefix;      /* of all that it comes to */
	/* Inside: of the entries that are not packed the next, and where it is among those that are. */
	size_t next;
	struct msk_table_walk packed;
	bool more;
	struct msk_entry e;
	struct msk_str path, host_path;
};
#define MSK_AUTO_ROOTFS_WALK MSK_CLEANUP(msk_rootfs_walk_release) struct msk_rootfs_walk

/* Before the first; the set is borrowed, and stays sealed. */
void msk_rootfs_walk_init(struct msk_rootfs_walk *w, const struct msk_rootfs *fs);
/* Of those below a directory alone. */
void msk_rootfs_walk_below(struct msk_rootfs_walk *w, const struct msk_rootfs *fs, const char *dir);
/* What it gives is good until the next step; NULL: there is none. */
const struct msk_entry *msk_rootfs_next(struct msk_rootfs_walk *w);
void msk_rootfs_walk_release(struct msk_rootfs_walk *w);

#endif
