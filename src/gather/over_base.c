#include "over_base.h"

#include <string.h>

#include "mkscratch/path.h"
#include "mkscratch/rootfs_view.h"

struct msk_over_base {
	struct msk_rotree tree;        /* first: what the callbacks get */
	struct msk_rootfs *nothing;    /* an image without entries of its own, which lies over the base */
	struct msk_rootfs_view base;
	struct msk_rotree *root;
	struct msk_strv dirs;
};

/* Has the base a file of that name in one of the loader's own directories, of which this path names another? */
static int is_hidden(struct msk_over_base *o, const char *path, bool *hidden, struct msk_err *err)
{
	MSK_AUTO_FREE char *raw = msk_path_dir(path), *base = msk_path_base(path);
	MSK_AUTO_FREE char *dir = msk_path_normalise(raw);

	*hidden = false;
	if (!msk_strv_has(&o->dirs, dir))
		return 0;
	for (size_t i = 0; i < o->dirs.n && !*hidden; i++) {
		MSK_AUTO_FREE char *other = msk_xasprintf("%s/%s", o->dirs.v[i], base);
		MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
		enum msk_lookup how;

		if (o->base.tree.open(&o->base.tree, other, &how, &f, NULL, err) < 0)
			return -1;
		*hidden = how == MSK_FOUND && f.fd >= 0;
	}
	return 0;
}

static int over_open(struct msk_rotree *t, const char *path, enum msk_lookup *how, struct msk_rofile *out,
		     struct msk_walk *walk, struct msk_err *err)
{
	struct msk_over_base *o = (struct msk_over_base *)t;
	bool hidden;

	if (o->base.tree.open(&o->base.tree, path, how, out, walk, err) < 0)
		return -1;
	if (*how == MSK_FOUND)
		return 0;
	if (walk) {
		msk_walk_release(walk);
		*walk = (struct msk_walk)MSK_WALK_INIT;
	}
	if (is_hidden(o, path, &hidden, err) < 0)
		return -1;
	if (hidden) {
		*how = MSK_ABSENT;
		return 0;
	}
	return o->root->open(o->root, path, how, out, walk, err);
}

static int over_list(struct msk_rotree *t, const char *path, enum msk_lookup *how, struct msk_strv *names, struct msk_err *err)
{
	struct msk_over_base *o = (struct msk_over_base *)t;
	MSK_AUTO_STRV more = MSK_STRV_INIT;
	enum msk_lookup in_base;

	if (o->base.tree.list(&o->base.tree, path, &in_base, names, err) < 0 ||
	    o->root->list(o->root, path, how, &more, err) < 0)
		return -1;
	for (size_t i = 0; *how == MSK_FOUND && i < more.n; i++)
		if (!msk_strv_has(names, more.v[i]))
			msk_strv_push(names, more.v[i]);
	if (in_base == MSK_FOUND)
		*how = MSK_FOUND;
	msk_strv_sort(names);
	return 0;
}

struct msk_over_base *msk_over_base_new(struct msk_below *base, struct msk_rotree *root, struct msk_err *err)
{
	struct msk_over_base *o = msk_xcalloc(1, sizeof *o);

	o->tree = (struct msk_rotree){ over_open, over_list };
	o->root = root;
	o->nothing = msk_rootfs_new();
	msk_rootfs_lay_over(o->nothing, base);
	if (msk_rootfs_seal(o->nothing, err) < 0) {
		msk_over_base_free(o);
		return NULL;
	}
	msk_rootfs_view_init(&o->base, o->nothing);
	return o;
}

void msk_over_base_free(struct msk_over_base *o)
{
	if (!o)
		return;
	msk_rootfs_free(o->nothing);
	msk_strv_release(&o->dirs);
	free(o);
}

struct msk_rotree *msk_over_base_tree(struct msk_over_base *o)
{
	return &o->tree;
}

void msk_over_base_look_in(struct msk_over_base *o, const struct msk_strv *dirs)
{
	msk_strv_release(&o->dirs);
	for (size_t i = 0; dirs && i < dirs->n; i++)
		msk_strv_push_own(&o->dirs, msk_path_normalise(dirs->v[i]));
}

bool msk_object_is_of_base(const struct msk_object *o)
{
	return o->dev == MSK_DEV_BELOW;
}
