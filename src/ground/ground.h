/* Inside of a ground. */
#ifndef GROUND_GROUND_H
#define GROUND_GROUND_H

#include "mkscratch/ground.h"
#include "mkscratch/stash.h"

struct msk_ground {
	struct msk_below below;          /* first: what the callbacks get */
	const struct msk_source_images *images;
	const struct msk_source_image *image;
	struct msk_image_tree tree;
	struct msk_node *looked_at;      /* by the last look, whose link is lent until the next */
	struct msk_layer_sums *sums;     /* by layer */
	struct msk_str passwd, group;
	struct msk_stash stash;          /* its libraries */
	struct msk_base_facts facts;
};

/* What tells the files of a ground apart. */
uint64_t msk_ground_file_id(uint32_t layer, uint32_t nth);

#endif
