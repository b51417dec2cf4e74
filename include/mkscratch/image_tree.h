/* The paths of an image that exists: its layers laid over one another, with what later ones replace or delete gone. */
#ifndef MKSCRATCH_IMAGE_TREE_H
#define MKSCRATCH_IMAGE_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include "mkscratch/tar.h"

struct msk_node {
	char *path;                /* relative, without trailing slash */
	char *link;
	enum msk_tar_type type;
	uint32_t mode, uid, gid;
	uint64_t size;
	int64_t mtime;
	size_t layer;              /* from 1 */
	bool hidden;               /* by a later layer */
};

struct msk_image_tree {
	struct msk_node *v;
	size_t n, cap;
};

void msk_image_tree_release(struct msk_image_tree *t);
/* Take an entry of a layer in; its path is one that stays inside the image. */
void msk_image_tree_add(struct msk_image_tree *t, const struct msk_tar_entry *e, size_t layer);
/* Sort, drop what later layers replace or delete. What follows is for a tree that is settled. */
void msk_image_tree_settle(struct msk_image_tree *t);
/* The node at a path, as it is written; NULL when there is none. */
const struct msk_node *msk_image_tree_find(const struct msk_image_tree *t, const char *path);
/* The node that a path leads to through the symlinks of the image; NULL when nowhere. */
const struct msk_node *msk_image_tree_resolve(const struct msk_image_tree *t, const char *path);
/* The canonical path of what stands at `path`, the symlinks of its directories followed, its own not; NULL when there is
 * nothing. Heap. */
char *msk_image_tree_locate(const struct msk_image_tree *t, const char *path);

#endif
