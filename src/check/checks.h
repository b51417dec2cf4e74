/* Inside of the verification: the list of findings, and what the stages hand on. */
#ifndef CHECK_CHECKS_H
#define CHECK_CHECKS_H

#include "mkscratch/check.h"
#include "mkscratch/source_image.h"

struct msk_contents;

/* Does it say that mkscratch made it? What is on top decides of the whole. */
bool msk_image_is_ours(const struct msk_source_image *image);

/* One layer: size, digest, DiffID, and the rules of its tar. Entries go into the tree. */
struct msk_layer_check {
	const struct msk_source_images *images;
	const struct msk_source_image *image;
	struct msk_checks *checks;
	struct msk_image_tree *tree;
	size_t i;                  /* from 0 */
	bool ours;                 /* mkscratch says it has written it, so the rules of oci-layout-spec hold */
	struct msk_contents *contents;
};
int msk_check_layer(const struct msk_layer_check *l, struct msk_err *err);

/* Notes of what looks like a secret in the variables, labels, words and history of a config, the first twenty. Values are not
 * shown. */
void msk_check_config_secrets(struct msk_checks *c, const struct msk_json *config);

/* Will it start: user, entrypoint, and what its loader looks for, found inside the image. */
struct msk_image_files;
int msk_check_start(struct msk_checks *c, struct msk_image_files *files, const struct msk_source_image *image,
		    const struct msk_contents *contents, struct msk_err *err);

#endif
