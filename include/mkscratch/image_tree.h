/* The paths of an image that exists: its layers laid over one another, with what later ones replace or delete gone.
 *
 * A tree is filled, by layers and within them in the order of the entries, then settled, then looked at. It takes the same
 * few megabytes of memory whatever the image holds: what does not fit lies in an unnamed file (table.h). So a node is
 * unpacked where it is looked at, and there are no pointers to it: a walk has the one it is at, a search gives a copy.
 *
 * The order is that of paths, with '/' before all other bytes: what is below a directory stands right behind it. */
#ifndef MKSCRATCH_IMAGE_TREE_H
#define MKSCRATCH_IMAGE_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include "mkscratch/layer_reader.h"
#include "mkscratch/table.h"

/* Of all layers together, replaced and deleted ones too. Beyond that an image is refused: the file must not fill a disk. */
#define MSK_MAX_IMAGE_ENTRIES 4000000
#define MSK_MAX_NAME_BYTES    (512u << 20)

struct msk_node {
	const char *path;          /* relative, canonical: no "./", no trailing slash */
	const char *link;          /* NULL: none */
	const char *xattrs;        /* its extended attributes (xattr.h), of a hard link those of what it names; NULL: none */
	uint64_t at;               /* its place in the tree, from 0 */
	uint64_t size;
	int64_t mtime;
	uint32_t uid, gid;
	uint32_t dev_major, dev_minor;         /* of a device */
	uint32_t nth;              /* entry of its layer, from 0 */
	/* The entry with the bytes, which need not be in the tree any more: of a hard link, and of what came as one and is the
	 * file by now; of other files themselves. Layer 0: there is none. */
	uint32_t data_nth;
	uint16_t data_layer;
	uint16_t layer;            /* from 1 */
	uint16_t mode;             /* permissions */
	uint8_t type;              /* enum msk_tar_type */
	bool caps;                 /* has file capabilities */
};

#define MSK_IMPLIED UINT32_MAX

static inline bool msk_node_is_device(const struct msk_node *n)
{
	return n->type == MSK_TAR_CHARDEV || n->type == MSK_TAR_BLOCKDEV;
}

/* To whoever looks at the file system a hard link is a file. */
static inline enum msk_tar_type msk_node_seen_type(const struct msk_node *n)
{
	return n->type == MSK_TAR_HARDLINK ? MSK_TAR_FILE : n->type;
}

/* The root has no node: what the last entry for it says. */
struct msk_tree_root {
	bool given;                /* by a layer; else runtimes make it 0755, 0:0 */
	uint16_t mode;
	uint32_t uid, gid;
};

struct msk_image_tree {
	struct msk_table table;
	size_t n;                  /* nodes; of a tree that is not settled, entries */
	size_t name_bytes;         /* of all that were added */
	bool links, symlinks;      /* some of them are hard links; symlinks */
	size_t moved;              /* of a settled tree: entries that stand where a link of the image leads */
	struct msk_tree_root root;
	char *first_moved;         /* the path of the first of them, as its layer has it */
	size_t bent;               /* and those, in the end or only then, below what was no directory when they came */
	char *first_bent;          /* "layer 2: /a/b" */
	size_t lost_links;         /* and hard links that lead nowhere, which a later layer replaces or deletes */
	char *first_lost;          /* "layer 1: /a: a hard link to what is not there (b)" */
};

void msk_image_tree_release(struct msk_image_tree *t);
/* The one way to write a path of a layer: "./a//b/" and "/a/b" are "a/b", the root is "". NULL when it has a ".." part or
 * more than 4,095 bytes. Heap. */
char *msk_layer_path(const char *path);
/* Why that gives NULL, as what stands behind the path: `goes through ".."`. */
const char *msk_layer_path_fault(const char *path);
/* Is it what aufs kept for itself at the root of a layer (.wh..wh.plnk/12.34), which old images have? Runtimes take it for
 * no file, but for what hard links may name. */
bool msk_is_aufs_own(const char *path);
/* What a whiteout of this path deletes, of what is opaque the directory; NULL: it is none. Heap. */
char *msk_whiteout_path(const char *path, bool *is_opaque);
/* The node that an entry is, with `path` as its canonical path; its strings are borrowed. */
struct msk_node msk_node_of_entry(const struct msk_layer_entry *entry, const char *path);

/* Take an entry of a layer in, by the canonical path; the root itself goes to `root`.
 * Fails: MSK_E_INPUT `layer 1: entry "../x" goes through ".."`, `layer 1: more than 4000000 entries, or their names and
 * extended attributes are longer than 536870912 bytes`. MSK_E_IO. */
int msk_image_tree_add(struct msk_image_tree *t, const struct msk_layer_entry *entry, struct msk_err *err);
/* Before a walk over a tree that is not settled: every entry as it was added, also those that others replace. It may be
 * filled further. Fails: MSK_E_IO. */
int msk_image_tree_seal(struct msk_image_tree *t, struct msk_err *err);
/* Put entries whose directories are symlinks of the image, there when they come, where these lead, as runtimes do: below
 * the root, and hard links and whiteouts too; those of a loop stay. Drop what later layers replace or delete, and of a path
 * that a layer has twice all but the last; add the directories that no layer has an entry for, as runtimes make them (0755,
 * 0:0, nth MSK_IMPLIED; no more of them than there may be entries). Hard links are to files that stand where they say: one to
 * something else is that, and where the file is gone from there the first of its links is the file, the others name it.
 * What follows the walk is for a tree that is settled.
 * Fails: MSK_E_IO; as _add() does; MSK_E_INPUT `entries of the layers stand behind more than 10000 links, or behind links
 * behind links without end`. */
int msk_image_tree_settle(struct msk_image_tree *t, struct msk_err *err);

/* A walk from node to node. What it gives is good until the next step; NULL: there is none. */
struct msk_tree_walk {
	struct msk_table_walk records;
	struct msk_node node;
	struct msk_str path, texts, key;
};
#define MSK_AUTO_TREE_WALK MSK_CLEANUP(msk_tree_walk_release) struct msk_tree_walk

/* Before the first. The tree is borrowed, and must not change meanwhile. */
void msk_tree_walk_init(struct msk_tree_walk *w, const struct msk_image_tree *t);
void msk_tree_walk_release(struct msk_tree_walk *w);
const struct msk_node *msk_tree_next(struct msk_tree_walk *w);
/* To the node at this path, as it is written; cheap when it lies a little ahead. */
const struct msk_node *msk_tree_walk_to(struct msk_tree_walk *w, const char *path);

/* A path as a key: '/' is NUL, so that memcmp() has the order of a tree. */
void msk_tree_key(struct msk_str *out, const char *path);
void msk_tree_path(struct msk_str *out, const char *key, size_t n);

/* Where an entry stands, as a key: in the order in which a layer is read. */
#define MSK_PLACE_KEY 8
void msk_place_key(unsigned char key[MSK_PLACE_KEY], uint32_t layer, uint32_t nth);
/* To the first record of a layer, in a table with such keys; false: it has none. */
bool msk_place_seek_layer(struct msk_table_walk *w, uint32_t layer);

/* The node at a path, as it is written; NULL when there is none. Heap, in one piece, as all that follows. */
struct msk_node *msk_image_tree_find(const struct msk_image_tree *t, const char *path);
/* The node that a path leads to through the symlinks of the image; NULL when nowhere. */
struct msk_node *msk_image_tree_resolve(const struct msk_image_tree *t, const char *path);
/* The canonical path of what stands at `path`, the symlinks of its directories followed, its own not; NULL when there is
 * nothing. */
char *msk_image_tree_locate(const struct msk_image_tree *t, const char *path);
/* The names in a directory, "" for the root, in the order of the tree; of what is none, nothing. */
void msk_image_tree_list(const struct msk_image_tree *t, const char *dir, struct msk_strv *names);
/* Is `path` below the directory `dir`, or that itself? Everything is below "". */
bool msk_is_at_or_below(const char *path, const char *dir);
/* A copy that lives by itself, in one piece. Heap. */
struct msk_node *msk_node_copy(const struct msk_node *n);

#endif
