/* Inside of a ground. */
#ifndef GROUND_GROUND_H
#define GROUND_GROUND_H

#include "mkscratch/ground.h"
#include "mkscratch/staging.h"

/* Libraries of the ground in a file of their own: each may be opened many times, and a layer can only be read from its
 * beginning. Filled when the first one is asked for. */
struct msk_stash {
	bool filled;
	struct msk_staged bytes;
	struct msk_stashed {
		uint64_t id, at, size;
	} *v;
	size_t n, cap;
	uint64_t size;
};
void msk_stash_release(struct msk_stash *s);

struct msk_ground {
	struct msk_below below;          /* first: what the callbacks get */
	const struct msk_source_images *images;
	const struct msk_source_image *image;
	struct msk_image_tree tree;
	struct msk_node *looked_at;      /* by the last look, whose link is lent until the next */
	struct msk_layer_sums *sums;     /* by layer */
	struct msk_str passwd, group;
	struct msk_stash stash;
	struct msk_base_facts facts;
};

/* What tells the files of a ground apart. */
uint64_t msk_ground_file_id(uint32_t layer, uint32_t nth);
/* The bytes of a file that lies in the stash, into *out_fd; *found false: it is not there. */
int msk_stash_open(struct msk_ground *g, const struct msk_node *n, bool *found, int *out_fd, struct msk_err *err);

#endif
