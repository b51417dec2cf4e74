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

/* The sandbox of verify --rebuild (sandbox.h). Read: the images, and what the recipes of theirs name. Write: unnamed files. An
 * image that cannot be read, or has no recipe, adds nothing: who verifies it says so. Standard input that cannot be read
 * twice is an unnamed file from then on. */
int msk_rebuild_confine(const struct msk_options *o, struct msk_err *err);

/* For msk_validate: collect the command lines (JSON: the recipes) of the images, a line for each, each once. */
struct recipe_list {
	const char *image;               /* for messages */
	bool json;
	struct msk_strv lines;           /* out */
	struct msk_strv platforms;       /* of the images */
	struct msk_str join;             /* out: what `mkscratch index` is told to make one of them again */
	bool apart;                      /* out: no one image: of one platform, other names, or Docker's types */
};
msk_validated_visitor msk_recipe_collect;
void msk_recipe_list_release(struct recipe_list *l);

#endif
