#include <string.h>

#include "mkscratch/image_tree.h"
#include "mkscratch/path.h"
#include "mkscratch/rotree.h"

void msk_image_tree_release(struct msk_image_tree *t)
{
	for (size_t i = 0; i < t->n; i++) {
		free(t->v[i].path);
		free(t->v[i].link);
	}
	free(t->v);
	*t = (struct msk_image_tree){ 0 };
}

static char *without_slash(const char *path)
{
	size_t n = strlen(path);

	return msk_xstrndup(path, n && path[n - 1] == '/' ? n - 1 : n);
}

void msk_image_tree_add(struct msk_image_tree *t, const struct msk_tar_entry *e, size_t layer)
{
	MSK_GROW(t->v, t->n, t->cap);
	t->v[t->n++] = (struct msk_node){
		.path = without_slash(e->path),
		.link = e->link ? msk_xstrdup(e->link) : NULL,
		.type = e->type,
		.mode = e->mode,
		.uid = e->uid,
		.gid = e->gid,
		.size = e->size,
		.mtime = e->mtime,
		.layer = layer,
	};
}

/* By path; of one path the latest layer first. */
static int compare(const void *pa, const void *pb)
{
	const struct msk_node *a = pa, *b = pb;
	int c = strcmp(a->path, b->path);

	return c ? c : (a->layer < b->layer) - (a->layer > b->layer);
}

static bool at_or_below(const char *path, const char *top, bool below_only)
{
	size_t n = strlen(top);

	if (n && strncmp(path, top, n) != 0)
		return false;
	return n == 0 || path[n] == '/' || (!below_only && path[n] == '\0');
}

static void hide(struct msk_image_tree *t, const char *path, bool below_only, size_t layer)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].layer < layer && at_or_below(t->v[i].path, path, below_only))
			t->v[i].hidden = true;
}

/* image-spec "whiteouts": .wh.NAME deletes NAME of the layers below, .wh..wh..opq everything in its directory. */
static void apply_whiteout(struct msk_image_tree *t, struct msk_node *n)
{
	char *slash = strrchr(n->path, '/'), *base = slash ? slash + 1 : n->path;
	MSK_AUTO_FREE char *dir = msk_xstrndup(n->path, (size_t)(base - n->path));
	MSK_AUTO_FREE char *target = NULL;

	if (!msk_starts_with(base, ".wh."))
		return;
	n->hidden = true;
	if (*dir)
		dir[strlen(dir) - 1] = '\0';
	if (strcmp(base, ".wh..wh..opq") == 0) {
		hide(t, dir, true, n->layer);
		return;
	}
	target = msk_xasprintf("%s%s%s", dir, *dir ? "/" : "", base + 4);
	hide(t, target, false, n->layer);
}

void msk_image_tree_settle(struct msk_image_tree *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++)
		apply_whiteout(t, &t->v[i]);
	if (t->n > 1)
		qsort(t->v, t->n, sizeof *t->v, compare);
	for (size_t i = 0; i < t->n; i++) {
		if (t->v[i].hidden || (kept && strcmp(t->v[kept - 1].path, t->v[i].path) == 0)) {
			free(t->v[i].path);
			free(t->v[i].link);
		} else {
			t->v[kept++] = t->v[i];
		}
	}
	t->n = kept;
}

static int path_vs_node(const void *key, const void *n)
{
	return strcmp(key, ((const struct msk_node *)n)->path);
}

const struct msk_node *msk_image_tree_find(const struct msk_image_tree *t, const char *path)
{
	while (*path == '/')
		path++;
	return t->n ? bsearch(path, t->v, t->n, sizeof *t->v, path_vs_node) : NULL;
}

static enum msk_node_kind look(void *ctx, const char *path, const char **text)
{
	const struct msk_node *n = msk_image_tree_find(ctx, path);

	if (!n)
		return MSK_NODE_NONE;
	if (n->type == MSK_TAR_SYMLINK)
		*text = n->link;
	return n->type == MSK_TAR_SYMLINK ? MSK_NODE_LINK : n->type == MSK_TAR_DIR ? MSK_NODE_DIR : MSK_NODE_OTHER;
}

static char *follow(const struct msk_image_tree *t, const char *path)
{
	const struct msk_path_tree tree = { .look = look, .ctx = (void *)t };
	char *final = NULL;

	return msk_path_resolve(&tree, path, MSK_MAX_LINKS, &final) == MSK_RESOLVED ? final : NULL;
}

const struct msk_node *msk_image_tree_resolve(const struct msk_image_tree *t, const char *path)
{
	MSK_AUTO_FREE char *final = follow(t, path);

	return final ? msk_image_tree_find(t, final) : NULL;
}

char *msk_image_tree_locate(const struct msk_image_tree *t, const char *path)
{
	MSK_AUTO_FREE char *plain = msk_path_normalise(path), *dir = msk_path_dir(plain), *base = msk_path_base(plain);
	MSK_AUTO_FREE char *final = follow(t, dir), *at = NULL;

	if (!final || strcmp(plain, "/") == 0)
		return NULL;
	at = msk_xasprintf("%s/%s", strcmp(final, "/") == 0 ? "" : final, base);
	return msk_image_tree_find(t, at) ? msk_take(&at) : NULL;
}
