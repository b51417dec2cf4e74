/* verify --rebuild and --recipe: how an image says it was made, and whether that makes it again. */
#ifndef CLI_REBUILD_H
#define CLI_REBUILD_H

#include "opt.h"
#include "mkscratch/check.h"

/* For msk_validate: build each image again from the inputs that are here, and note what is the same and what is not. */
struct rebuild {
	const struct msk_options *o;     /* --root, and what a run needs to know */
	struct msk_checks *checks;       /* out */
};
msk_validated_visitor msk_rebuild_image;

/* For msk_validate: collect the command lines (JSON: the recipes) of the images, a line for each, each once. */
struct recipe_list {
	const char *image;               /* for messages */
	bool json;
	struct msk_strv lines;           /* out */
};
msk_validated_visitor msk_recipe_collect;

#endif
