/* Inside of the verification: the list of findings, and what the stages hand on. */
#ifndef CHECK_CHECKS_H
#define CHECK_CHECKS_H

#include "mkscratch/check.h"
#include "mkscratch/source_image.h"

void msk_checks_pass(struct msk_checks *c, const char *what, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void msk_checks_fail(struct msk_checks *c, enum msk_code code, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Turn an error of the bytes into a finding; an I/O error stays an error. The err is cleared when it was turned. */
int msk_checks_absorb(struct msk_checks *c, const char *what, struct msk_err *err);

/* One layer: size, digest, DiffID, and the rules of its tar. Entries go into the tree. */
struct msk_layer_check {
	const struct msk_source_images *images;
	const struct msk_source_image *image;
	struct msk_checks *checks;
	struct msk_image_tree *tree;
	size_t i;                  /* from 0 */
};
int msk_check_layer(const struct msk_layer_check *l, struct msk_err *err);

/* Will it start: user, entrypoint, and what its loader looks for, found inside the image. */
struct msk_image_files;
int msk_check_start(struct msk_checks *c, struct msk_image_files *files, const struct msk_json *config,
		    struct msk_err *err);

#endif
