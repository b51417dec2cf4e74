/* Which entry goes to which layer. */
#ifndef LAYER_SPLIT_H
#define LAYER_SPLIT_H

#include <stdbool.h>
#include "mkscratch/layer.h"

/* Indices into the sealed rootfs, in its order. */
struct msk_selection {
	size_t *v;
	size_t n, cap;
	const char *history;        /* what the layer holds; static */
};

void msk_selection_release(struct msk_selection *s);

/* Fill up to three selections; returns how many are not empty. `single`: one of everything. */
size_t msk_split(const struct msk_rootfs *fs, bool single, struct msk_selection out[MSK_OWN_LAYERS]);

#endif
