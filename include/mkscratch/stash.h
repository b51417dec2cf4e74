/* The libraries of an image that exists, kept at hand: each may be opened many times, and a layer can only be read from its
 * beginning. A layer is read for them when the first of its libraries is asked for; what has no name of one, is empty or finds
 * no room (256 MiB and 10,000 files in all, in memory and a staging file), is read from its layer every time. Says nothing but
 * the bytes. */
#ifndef MKSCRATCH_STASH_H
#define MKSCRATCH_STASH_H

#include "mkscratch/source_image.h"
#include "mkscratch/staging.h"

struct msk_stash {
	const struct msk_source_images *images;
	const struct msk_source_image *image;
	bool *filled;              /* by layer */
	struct msk_staged bytes;
	struct msk_stashed {
		uint32_t layer, nth;
		uint64_t at, size; /* in `bytes` */
	} *v;
	size_t n, cap;
	uint64_t size;
};

/* Borrows both. */
void msk_stash_init(struct msk_stash *s, const struct msk_source_images *images, const struct msk_source_image *image);
void msk_stash_release(struct msk_stash *s);

/* As msk_source_data_file(). */
int msk_stash_open(struct msk_stash *s, const struct msk_node *n, int *out_fd, uint64_t *size, struct msk_err *err);

#endif
