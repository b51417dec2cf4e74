/* A read-only tree in memory, for targets that need more than one file. Directories are there because something lies in
 * them. Small and slow on purpose: what the tree of the host answers has to come out of this as well. */
#ifndef FUZZ_MEMTREE_H
#define FUZZ_MEMTREE_H

#include <stdlib.h>

#include "fuzz.h"
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

static inline void memtree_cut(struct msk_str *at)
{
	while (at->len && at->buf[--at->len] != '/')
		;
	if (at->buf)
		at->buf[at->len] = '\0';
}

/* Follow a path to its end. *node NULL: a directory. */
static inline enum msk_lookup memtree_follow(struct memtree *t, const char *path, struct msk_str *at,
					     struct memnode **node, struct msk_walk *walk)
{
	MSK_AUTO_FREE char *todo = msk_xstrdup(path);
	int links = 0;

	*node = NULL;
	for (char *p = todo; *p;) {
		size_t n = strcspn(p, "/"), before = at->len;
		bool dir;

		if (n == 2 && memcmp(p, "..", 2) == 0) {
			memtree_cut(at);
		} else if (n && !(n == 1 && *p == '.')) {
			msk_str_addf(at, "/%.*s", (int)n, p);
			*node = memtree_at(t, at->buf, &dir);
			if (!*node && !dir)
				return MSK_ABSENT;
			if (*node && (*node)->link) {
				char *joined = msk_xasprintf("%s%s", (*node)->link, p + n);

				if (++links > MSK_MAX_LINKS) {
					free(joined);
					return MSK_LOOP;
				}
				if (walk) {
					msk_strv_push(&walk->links, at->buf);
					msk_strv_push(&walk->targets, (*node)->link);
				}
				at->len = joined[0] == '/' ? 0 : before;
				at->buf[at->len] = '\0';
				*node = NULL;
				free(todo);
				p = todo = joined;
				continue;
			}
			if (*node && p[n])
				return MSK_ABSENT;
		}
		p += n + (p[n] == '/');
	}
	return MSK_FOUND;
}

static inline int memtree_open(struct msk_rotree *tree, const char *path, enum msk_lookup *how, struct msk_rofile *out,
			       struct msk_walk *walk, struct msk_err *err)
{
	MSK_AUTO_STR at = MSK_STR_INIT;
	struct memnode *n;

	(void)err;
	assert(path[0] == '/');
	*how = memtree_follow((struct memtree *)tree, path, &at, &n, walk);
	if (*how != MSK_FOUND)
		return 0;
	if (walk)
		walk->final = msk_xstrdup(at.len ? at.buf : "/");
	*out = n ? fuzz_file(msk_str_c(&n->bytes), n->bytes.len) : (struct msk_rofile){ .fd = -1, .mode = S_IFDIR | 0755 };
	out->ino = n ? n->ino : 0;
	return 0;
}

static inline int memtree_list(struct msk_rotree *tree, const char *path, enum msk_lookup *how, struct msk_strv *names,
			       struct msk_err *err)
{
	struct memtree *t = (struct memtree *)tree;
	MSK_AUTO_STR at = MSK_STR_INIT;
	struct memnode *n;

	(void)err;
	*how = memtree_follow(t, path, &at, &n, NULL);
	if (*how == MSK_FOUND && n)
		*how = MSK_ABSENT;
	for (size_t i = 0; *how == MSK_FOUND && i < t->n; i++) {
		const char *p = t->nodes[i].path;

		if (strncmp(p, msk_str_c(&at), at.len) == 0 && p[at.len] == '/') {
			MSK_AUTO_FREE char *name = msk_xstrndup(p + at.len + 1, strcspn(p + at.len + 1, "/"));

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
