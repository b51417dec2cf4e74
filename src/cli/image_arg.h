/* The IMAGE of a command line: opened, the one of --platform chosen, read to its end and verified. */
#ifndef MSK_CLI_IMAGE_ARG_H
#define MSK_CLI_IMAGE_ARG_H

#include "mkscratch/source_image.h"
#include "opt.h"
#include "mkscratch/plan.h"

struct image_arg {
	struct msk_source_images images;
	const struct msk_source_image *image;      /* borrowed from images */
	struct msk_image_tree tree;                /* its final file system */
	struct msk_layer_sums *sums;               /* of each layer */
};
#define MSK_AUTO_IMAGE_ARG MSK_CLEANUP(msk_image_arg_release) struct image_arg

/* The first operand. Fails: MSK_E_USAGE `ls: no IMAGE given`, and as msk_source_images_open(), _pick() and _tree() do. */
int msk_image_arg_open(const struct msk_options *o, const char *verb, struct image_arg *out, struct msk_err *err);
void msk_image_arg_release(struct image_arg *a);
/* Images by name, as msk_source_images_open() does, with what the options say of them. */
int msk_image_arg_images(const struct msk_options *o, const char *name, struct msk_source_images *out, struct msk_err *err);
/* The same in two steps: the source with its documents, then the layers. *own_images is left empty. */
int msk_image_arg_source(const struct msk_options *o, const char *verb, struct msk_source_images *out, struct msk_err *err);
int msk_image_arg_read(const struct msk_options *o, struct msk_source_images *own_images, struct image_arg *out,
		       struct msk_err *err);

/* "/", ".", "..": the directory in which all others lie, of which a tree has no node. */
bool msk_image_arg_is_root(const char *path);
/* The node of a path as it is written; symlinks are followed when `follow` says so, in the last part too. Heap.
 * Fails: MSK_E_INPUT `img.tar: /etc/pass: not in the image`, with the nearest name there as the hint. */
int msk_image_arg_find(const struct image_arg *a, const char *path, bool follow, struct msk_node **out, struct msk_err *err);

#endif
