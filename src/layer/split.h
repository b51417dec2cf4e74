/* Which entry goes to which layer. */
#ifndef LAYER_SPLIT_H
#define LAYER_SPLIT_H

#include <stdbool.h>
#include "mkscratch/layer.h"
#include "mkscratch/rootfs_walk.h"

struct msk_selection {
	bool *has;                  /* by the number of an entry of the sealed rootfs */
	size_t n;
	const char *history;        /* what the layer holds; static */
};

void msk_selection_release(struct msk_selection *s);

/* The next entry of the walk that is one of the selection; NULL: there is none. */
const struct msk_entry *msk_selection_next(const struct msk_selection *s, struct msk_rootfs_walk *w);

/* Fill up to three selections; returns how many are not empty. `single`: one of everything. */
size_t msk_split(const struct msk_rootfs *fs, bool single, struct msk_selection out[MSK_OWN_LAYERS]);

#endif
