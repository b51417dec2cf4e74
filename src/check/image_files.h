/* The files of an image that exists as a read-only tree, for the resolver of ELF dependencies. A file's bytes come out of
 * its layer, or the stash, when it is opened, into a file without a name that is gone when it is closed. */
#ifndef CHECK_IMAGE_FILES_H
#define CHECK_IMAGE_FILES_H

#include "checks.h"
#include "mkscratch/rotree.h"
#include "mkscratch/stash.h"
#include "starter.h"

/* Somebody who reads them: what may not be read is MSK_DENIED. */
struct msk_image_reader {
	const struct msk_starter *who;
	const char *loader;            /* the kernel has opened it already; NULL: none */
	char *refused;                 /* out: the first of such files, and why: "/lib/a.so: may not read it (...)"; NULL */
};

/* Borrows all of it; the tree is settled. */
struct msk_image_files {
	struct msk_rotree files;       /* first: what the callbacks get */
	const struct msk_image_tree *tree;
	const struct msk_source_images *images;
	const struct msk_source_image *image;
	struct msk_image_reader *reader;       /* NULL: all may be read */
	struct msk_stash stash;
};

void msk_image_files_init(struct msk_image_files *f, const struct msk_image_tree *tree,
			  const struct msk_source_images *images, const struct msk_source_image *image);
void msk_image_files_release(struct msk_image_files *f);

#endif
