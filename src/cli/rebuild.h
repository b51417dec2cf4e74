/* verify --rebuild and --recipe: how an image says it was made, and whether that makes it again. */
#ifndef CLI_REBUILD_H
#define CLI_REBUILD_H

#include "opt.h"
#include "mkscratch/check.h"

/* What a second build is held against: no document of the image is there any more while that takes up room of its own. */
struct rebuild_layer {
	struct msk_digest diff_id, blob;
};
struct rebuild_image {
	struct msk_platform platform;
	struct msk_digest manifest, config;
	struct rebuild_layer *layers;    /* owned */
	size_t n_layers;
	char *recipe;                    /* owned; NULL: it has none */
};

/* The images of a verification, and what becomes of them. */
struct rebuild {
	const struct msk_options *o;     /* --root, and what a run needs to know */
	struct msk_checks *checks;       /* out */
	struct rebuild_image *images;    /* those that are sound, as they were noted */
	size_t n, cap;
};
/* For msk_validate: note each image. */
msk_validated_visitor msk_rebuild_note;
/* Build them again from the inputs that are here, and tell what is the same and what is not. Fails: MSK_E_IO. */
int msk_rebuild_all(struct rebuild *r, struct msk_err *err);
void msk_rebuild_release(struct rebuild *r);

/* The sandbox of verify --rebuild (sandbox.h). Read: the images, and what the recipes of theirs name. Write: unnamed files.
 * What they name is found out by a child process that may read the images alone; whatever becomes of it, no byte of an image
 * is parsed here before. An image that cannot be read, or has no recipe, adds nothing: who verifies it says so. Standard
 * input that cannot be read twice is an unnamed file from then on. Fails: MSK_E_IO. To be called before there are threads. */
int msk_rebuild_confine(const struct msk_options *o, struct msk_err *err);

/* The recipe as a manifest has it, as text; NULL: it has none. */
const char *msk_rebuild_recipe(const struct msk_json *manifest);
/* The options of a recipe, with the roots of whoever asks. Strings are borrowed from both, or in `room`. Fails: MSK_E_INPUT. */
int msk_rebuild_options(const struct msk_json *recipe, const struct msk_platform *pf, const struct msk_options *asked,
			struct msk_options *out, struct msk_str *room, struct msk_err *err);

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
