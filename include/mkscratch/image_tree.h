/* The paths of an image that exists: its layers laid over one another, with what later ones replace or delete gone. */
#ifndef MKSCRATCH_IMAGE_TREE_H
#define MKSCRATCH_IMAGE_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include "mkscratch/arena.h"
#include "mkscratch/layer_reader.h"

#define MSK_MAX_ENTRIES    1000000
#define MSK_MAX_NAME_BYTES (64u << 20)

/* A million of these are held at once, so none is wider than need be. */
struct msk_node {
	const char *path;          /* relative, canonical: no "./", no trailing slash */
	const char *link;          /* NULL: none */
	uint64_t size;
	int64_t mtime;
	uint32_t uid, gid;
	uint32_t nth;              /* entry of its layer, from 0 */
	/* Of a file: itself; of a hard link: the entry with the bytes, which need not be in the tree any more. Layer 0: there
	 * is none. */
	uint32_t data_nth;
	uint16_t data_layer;
	uint16_t layer;            /* from 1 */
	uint16_t mode;             /* permissions */
	uint8_t type;              /* enum msk_tar_type */
	bool caps;                 /* has file capabilities */
};

#define MSK_IMPLIED UINT32_MAX

struct msk_image_tree {
	struct msk_node *v;
	size_t n, cap;
	struct msk_arena names;    /* where paths and links are kept */
	size_t name_bytes;         /* of them */
};

void msk_image_tree_release(struct msk_image_tree *t);
/* The one way to write a path of a layer: "./a//b/" and "/a/b" are "a/b", the root is "". NULL when it has a ".." part or
 * more than 4,095 bytes. Heap. */
char *msk_layer_path(const char *path);
/* Take an entry of a layer in, by the canonical path; the root itself is left out.
 * Fails: MSK_E_INPUT `layer 1: entry "../x" leaves the image`, `layer 1: more than 1000000 entries`, or their names are too
 * long. */
int msk_image_tree_add(struct msk_image_tree *t, const struct msk_layer_entry *entry, struct msk_err *err);
/* Sort, so that what is below a directory stands right behind it; drop what later layers replace or delete, and of a path
 * that a layer has twice all but the last; add the directories that no layer has an entry for, as runtimes make them (0755,
 * 0:0, nth MSK_IMPLIED). What follows is for a tree that is settled. */
void msk_image_tree_settle(struct msk_image_tree *t);
/* The node at a path, as it is written; NULL when there is none. */
const struct msk_node *msk_image_tree_find(const struct msk_image_tree *t, const char *path);
/* The node that a path leads to through the symlinks of the image; NULL when nowhere. */
const struct msk_node *msk_image_tree_resolve(const struct msk_image_tree *t, const char *path);
/* The canonical path of what stands at `path`, the symlinks of its directories followed, its own not; NULL when there is
 * nothing. Heap. */
char *msk_image_tree_locate(const struct msk_image_tree *t, const char *path);

#endif
