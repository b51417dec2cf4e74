/* A read-only tree in memory, for targets that need more than one file. Directories are there because something lies in
 * them. */
#ifndef FUZZ_MEMTREE_H
#define FUZZ_MEMTREE_H

#include <stdlib.h>

#include "fuzz.h"
#include "mkscratch/path.h"
#include "mkscratch/rotree.h"
#include "mkscratch/str.h"

#define MEMTREE_NODES 64

struct memnode {
	char *path;                 /* absolute, normal */
	char *link;                 /* text of a symlink; NULL: a file */
	struct msk_str bytes;
	uint64_t ino;
};

struct memtree {
	struct msk_rotree tree;     /* first */
	struct memnode nodes[MEMTREE_NODES];
	size_t n;
};

static inline void memtree_release(struct memtree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->nodes[i].path);
		free(t->nodes[i].link);
		msk_str_release(&t->nodes[i].bytes);
	}
}

/* The node at a path without links; *dir when something lies below it. */
static inline struct memnode *memtree_at(struct memtree *t, const char *path, bool *dir)
{
	size_t n = strlen(path);

	*dir = n == 0;
	for (size_t i = 0; i < t->n; i++) {
		if (strcmp(t->nodes[i].path, path) == 0)
			return &t->nodes[i];
		if (strncmp(t->nodes[i].path, path, n) == 0 && t->nodes[i].path[n] == '/')
			*dir = true;
	}
	return NULL;
}

/* Room for a file or a link; NULL when the path is none or taken, or the tree is full. */
static inline struct memnode *memtree_add(struct memtree *t, const char *path)
{
	struct memnode *n = &t->nodes[t->n];
	size_t len = strlen(path);
	bool dir;

	if (path[0] != '/' || len < 2 || path[len - 1] == '/' || strstr(path, "//") || strstr(path, "/.") ||
	    t->n == MEMTREE_NODES || memtree_at(t, path, &dir) || dir)
		return NULL;
	*n = (struct memnode){ .path = msk_xstrdup(path), .ino = ++t->n };
	return n;
}

struct memtree_visit {
	struct memtree *tree;
	struct msk_walk *walk;      /* may be NULL */
};

static inline enum msk_node_kind memtree_look(void *ctx, const char *path, const char **text)
{
	bool dir;
	const struct memnode *n = memtree_at(((struct memtree_visit *)ctx)->tree, path, &dir);

	if (n && n->link)
		*text = n->link;
	return !n ? (dir ? MSK_NODE_DIR : MSK_NODE_NONE) : n->link ? MSK_NODE_LINK : MSK_NODE_OTHER;
}

static inline void memtree_on_link(void *ctx, const char *path, const char *text)
{
	struct memtree_visit *v = ctx;

	if (v->walk) {
		msk_strv_push(&v->walk->links, path);
		msk_strv_push(&v->walk->targets, text);
	}
}

/* Follow a path to its end; *node NULL: a directory. */
static inline enum msk_lookup memtree_follow(struct memtree *t, const char *path, struct memnode **node,
					     struct msk_walk *walk, char **final)
{
	struct memtree_visit v = { t, walk };
	const struct msk_path_tree tree = { memtree_look, memtree_on_link, &v };
	bool dir;

	switch (msk_path_resolve(&tree, path, MSK_MAX_LINKS, final)) {
	case MSK_RESOLVED:      break;
	case MSK_RESOLVED_LOOP: return MSK_LOOP;
	default:                return MSK_ABSENT;
	}
	*node = memtree_at(t, *final, &dir);
	return MSK_FOUND;
}

static inline int memtree_open(struct msk_rotree *tree, const char *path, enum msk_lookup *how, struct msk_rofile *out,
			       struct msk_walk *walk, struct msk_err *err)
{
	struct memtree *t = (struct memtree *)tree;
	MSK_AUTO_FREE char *final = NULL;
	struct memnode *n;
	bool dir;

	(void)err;
	assert(path[0] == '/');
	*how = memtree_follow(t, path, &n, walk, &final);
	if (*how == MSK_ABSENT && (n = memtree_at(t, path, &dir)) && n->link)
		*out = (struct msk_rofile){ .fd = -1, .mode = S_IFLNK };
	if (*how != MSK_FOUND)
		return 0;
	*out = n ? fuzz_file(msk_str_c(&n->bytes), n->bytes.len) : (struct msk_rofile){ .fd = -1, .mode = S_IFDIR | 0755 };
	out->ino = n ? n->ino : 0;
	if (walk)
		walk->final = msk_take(&final);
	return 0;
}

static inline int memtree_list(struct msk_rotree *tree, const char *path, enum msk_lookup *how, struct msk_strv *names,
			       struct msk_err *err)
{
	struct memtree *t = (struct memtree *)tree;
	MSK_AUTO_FREE char *at = NULL;
	size_t len;
	struct memnode *n;

	(void)err;
	*how = memtree_follow(t, path, &n, NULL, &at);
	if (*how == MSK_FOUND && n)
		*how = MSK_ABSENT;
	len = *how == MSK_FOUND && strcmp(at, "/") != 0 ? strlen(at) : 0;
	for (size_t i = 0; *how == MSK_FOUND && i < t->n; i++) {
		const char *p = t->nodes[i].path;

		if (strncmp(p, at, len) == 0 && p[len] == '/') {
			MSK_AUTO_FREE char *name = msk_xstrndup(p + len + 1, strcspn(p + len + 1, "/"));

			if (!msk_strv_has(names, name))
				msk_strv_push(names, name);
		}
	}
	msk_strv_sort(names);
	return 0;
}

#define MEMTREE_INIT { .tree = { .open = memtree_open, .list = memtree_list } }
#define MEMTREE_AUTO MSK_CLEANUP(memtree_release) struct memtree

#endif
