/* Inside of a ground. */
#ifndef GROUND_GROUND_H
#define GROUND_GROUND_H

#include "mkscratch/ground.h"

struct msk_ground {
	struct msk_below below;          /* first: what the callbacks get */
	const struct msk_source_images *images;
	const struct msk_source_image *image;
	struct msk_image_tree tree;
	struct msk_layer_sums *sums;     /* by layer */
	struct msk_str passwd, group;
	struct msk_base_facts facts;
};

#endif
