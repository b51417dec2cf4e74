/* The record in an image of ours of why each path is there (annotation MSK_ANNOTATION_REASONS). The image's own word: its
 * rows may contradict one another, or lead in circles. */
#ifndef MKSCRATCH_RECORD_H
#define MKSCRATCH_RECORD_H

#include "mkscratch/source_image.h"

/* `path` ("/a/b", control bytes escaped) speaks of itself, or, when it ends in '/', of a directory and all below it. */
struct msk_record_row {
	const char *path, *what, *why;
	const char *from;              /* the path that brought it along; NULL: nobody */
};

struct msk_record {
	struct msk_json *json;         /* NULL: the image has none */
	struct msk_record_row *v;      /* sorted by path; what is no row is left out */
	size_t n;
};
#define MSK_AUTO_RECORD MSK_CLEANUP(msk_record_release) struct msk_record

/* Fails: MSK_E_INPUT for what is no JSON. */
int msk_record_read(const struct msk_source_image *image, struct msk_record *out, struct msk_err *err);
void msk_record_release(struct msk_record *r);
/* What speaks of a path: of itself, else of the nearest directory. NULL: nothing. */
const struct msk_record_row *msk_record_find(const struct msk_record *r, const char *path);
/* The first of what lies below a directory. */
const struct msk_record_row *msk_record_find_below(const struct msk_record *r, const char *path);

#endif
