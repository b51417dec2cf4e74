/* Parts of a comparison of two images. What they find is added to `d`, in any order; whoever reads it walks it sorted. All that
 * return a result fail with MSK_E_IO, or as reading a layer does. */
#ifndef CHECK_DIFF_H
#define CHECK_DIFF_H

#include "mkscratch/diff.h"

/* A difference more. All of it is copied. */
void msk_diff_add(struct msk_diff *d, const struct msk_difference *n);
/* One without anything else; one with two values, either of which may be NULL. */
void msk_diff_note(struct msk_diff *d, enum msk_diff_kind kind, const char *what);
void msk_diff_note_values(struct msk_diff *d, enum msk_diff_kind kind, const char *what, const char *from, const char *to);

/* Config and manifest. `d` must hold all that is known of the paths: what else explains a digest is left out. */
void msk_diff_documents(const struct msk_diff_side *a, const struct msk_diff_side *b, struct msk_diff *d);
/* The file systems, and the layers as they are stored. */
int msk_diff_paths(const struct msk_diff_side *a, const struct msk_diff_side *b, struct msk_diff *d, struct msk_err *err);

/* Two programs of Go at one path, whose contents differ; others are passed over. */
struct msk_diff_program {
	const struct msk_diff_side *side;
	const struct msk_node *node;
};
int msk_diff_go(const char *path, const struct msk_diff_program *a, const struct msk_diff_program *b, struct msk_diff *d,
		struct msk_err *err);

#endif
