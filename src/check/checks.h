/* Inside of the verification: the list of findings, and what the stages hand on. */
#ifndef CHECK_CHECKS_H
#define CHECK_CHECKS_H

#include "mkscratch/check.h"
#include "mkscratch/source_image.h"

struct msk_contents;

/* Does it say that mkscratch made it? What is on top decides of the whole. */
bool msk_image_is_ours(const struct msk_source_image *image);

/* The layers of an image: size, digest, DiffID, and the rules of their tars. Entries go into the tree. What is said of a layer
 * is collected by layers, as some of it is known when all have been read. */
struct msk_layer_checks {
	const struct msk_source_images *images;
	const struct msk_source_image *image;
	struct msk_image_tree *tree;
	struct msk_contents *contents;
	struct msk_layer_told *told;           /* one for each layer */
	struct msk_table whiteouts;            /* what they delete, in the order of a tree; layer and number of the entry */
};

void msk_layer_checks_init(struct msk_layer_checks *l, const struct msk_source_images *images,
			   const struct msk_source_image *image, struct msk_image_tree *tree, struct msk_contents *contents);
void msk_layer_checks_release(struct msk_layer_checks *l);
/* Read layer `i`, counted from 0. `ours`: mkscratch says it has written it, so the rules of oci-layout-spec hold. */
int msk_layer_checks_read(struct msk_layer_checks *l, size_t i, bool ours, struct msk_err *err);
/* It is not here, and need not be. */
void msk_layer_checks_pass_over(struct msk_layer_checks *l, size_t i);
/* Once all have been read or passed over: what their paths are to one another, and all that is said. */
int msk_layer_checks_tell(struct msk_layer_checks *l, struct msk_checks *out, struct msk_err *err);

/* Notes of what looks like a secret in the variables, labels, words and history of a config, the first twenty. Values are not
 * shown. */
void msk_check_config_secrets(struct msk_checks *c, const struct msk_json *config);

/* Will it start: user, entrypoint, and what its loader looks for, found inside the image. */
struct msk_image_files;
int msk_check_start(struct msk_checks *c, struct msk_image_files *files, const struct msk_source_image *image,
		    const struct msk_contents *contents, struct msk_err *err);

#endif
