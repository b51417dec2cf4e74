/* Inside of the verification: the list of findings, and what the stages hand on. */
#ifndef CHECK_CHECKS_H
#define CHECK_CHECKS_H

#include "mkscratch/check.h"
#include "mkscratch/digest.h"
#include "mkscratch/image_tree.h"
#include "mkscratch/platform.h"
#include "mkscratch/source.h"
#include "mkscratch/tar.h"

void msk_checks_pass(struct msk_checks *c, const char *what, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void msk_checks_fail(struct msk_checks *c, enum msk_code code, const char *what, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* Turn an error of the bytes into a finding; an I/O error stays an error. The err is cleared when it was turned. */
int msk_checks_absorb(struct msk_checks *c, const char *what, struct msk_err *err);

/* A program that is to be looked at while the layers pass by. */
struct msk_wanted {
	const char *path;          /* absolute; NULL: none */
	int fd;                    /* an unnamed copy, or -1 */
	uint64_t size;
};

/* One layer: size, digest, DiffID, and the rules of its tar. Entries go into the tree. */
struct msk_layer_check {
	struct msk_source *source;
	struct msk_checks *checks;
	struct msk_image_tree *tree;
	struct msk_wanted *wanted;
	size_t number;             /* from 1 */
	const char *digest, *diff_id;
	uint64_t size;
};
int msk_check_layer(struct msk_layer_check *l, struct msk_err *err);

/* Will it start: entrypoint, user, loader. */
int msk_check_start(struct msk_checks *c, const struct msk_image_tree *t, const struct msk_wanted *w,
		    const struct msk_json *config, struct msk_err *err);

#endif
