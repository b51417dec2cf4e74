/* The files of an image by their size: its own, and those of what it is laid over. */
#ifndef BUDGET_LARGEST_H
#define BUDGET_LARGEST_H

#include "mkscratch/err.h"
#include "mkscratch/image_tree.h"
#include "mkscratch/rootfs.h"

#define MSK_WEIGHTS 8                  /* that are told of */

struct msk_weight {
	char *path;                    /* absolute */
	uint64_t size;                 /* before compression */
	uint64_t was, by;              /* at an earlier time, 0: there was no such file; and by how much it is larger now */
	bool is_new;                   /* there was nothing at its path */
	const struct msk_rootfs *fs;   /* that it is of, borrowed; NULL: of the base */
};

struct msk_weights {
	struct msk_weight v[MSK_WEIGHTS];
	size_t n;
};

/* The files that have grown most since `then`, then by their paths; NULL: the largest, as if they all were new. `below`: what
 * the base has; NULL: there is none. */
void msk_weigh(const struct msk_rootfs *fs, const struct msk_image_tree *below, const struct msk_image_tree *then,
	       struct msk_weights *out);
void msk_weights_release(struct msk_weights *w);

/* A detail for an error: what strip would save of the file, if anything. Of a base nothing is said: it stays as it is. */
void msk_tell_strip(const struct msk_weight *w, struct msk_err *err);

#endif
