/* The files of an image by their size: its own, and those of what it is laid over. */
#ifndef BUDGET_LARGEST_H
#define BUDGET_LARGEST_H

#include "mkscratch/err.h"
#include "mkscratch/image_tree.h"
#include "mkscratch/rootfs.h"

struct msk_weight {
	char *path;                    /* absolute */
	uint64_t size;                 /* before compression */
	const struct msk_entry *e;     /* borrowed; NULL: of the base */
};

struct msk_weights {
	struct msk_weight *v;
	size_t n, cap;
};

/* All files that are not empty, the largest first, then by their paths. `below`: what the base has; NULL: there is none. */
void msk_weigh(const struct msk_rootfs *fs, const struct msk_image_tree *below, struct msk_weights *out);
void msk_weights_release(struct msk_weights *w);

/* A detail for an error: what strip would save of the file, if anything. Of a base nothing is said: it stays as it is. */
void msk_tell_strip(const struct msk_weight *w, struct msk_err *err);

#endif
