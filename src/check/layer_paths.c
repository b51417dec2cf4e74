#include "layer_paths.h"

#include <string.h>

int msk_layer_paths_whiteout(struct msk_table *whiteouts, const char *path, uint32_t nth, struct msk_err *err)
{
	bool opaque;
	MSK_AUTO_FREE char *gone = msk_whiteout_path(path, &opaque);
	MSK_AUTO_STR key = MSK_STR_INIT, value = MSK_STR_INIT;

	/* In an opaque directory all tools keep what the layer itself has, before and behind. */
	if (!gone || opaque)
		return 0;
	msk_tree_key(&key, gone);
	msk_table_put(&value, nth);
	return msk_table_add(whiteouts, msk_str_c(&key), key.len, value.buf, value.len, err);
}

/* Of a path that has no entry in the layer. */
#define NEVER UINT32_MAX

/* A walk through the tree: paths that have an entry and that it is at or below, outermost first. */
struct place {
	struct msk_strv paths;
	uint32_t *came;                /* of each, the number of its first entry in the layer */
	size_t cap;
	/* The whiteout that may come next in it. */
	struct msk_table_walk whiteouts;
	struct msk_str gone;
	uint64_t gone_nth;
	bool more;
	struct msk_str key;
};

static void place_release(struct place *at)
{
	msk_strv_release(&at->paths);
	free(at->came);
	msk_table_walk_release(&at->whiteouts);
	msk_str_release(&at->gone);
	msk_str_release(&at->key);
}

static void leave(struct place *at, const char *path)
{
	while (at->paths.n && !msk_is_at_or_below(path, at->paths.v[at->paths.n - 1]))
		free(at->paths.v[--at->paths.n]);
}

/* The innermost is that path itself: an entry before has it, of this layer or of one below. */
static bool is_known(const struct place *at, const char *path)
{
	return at->paths.n && strcmp(at->paths.v[at->paths.n - 1], path) == 0;
}

static void enter(struct place *at, const struct msk_node *n, uint32_t layer)
{
	uint32_t nth = n->layer == layer ? n->nth : NEVER;

	if (!is_known(at, n->path)) {
		MSK_GROW(at->came, at->paths.n, at->cap);
		at->came[at->paths.n] = NEVER;
		msk_strv_push(&at->paths, n->path);
	}
	if (at->came[at->paths.n - 1] == NEVER)
		at->came[at->paths.n - 1] = nth;
}

/* *came: of its directory, NEVER where that is the root. False: the directory has no entry. */
static bool has_parent(const struct place *at, const char *path, uint32_t *came)
{
	size_t n = at->paths.n - is_known(at, path);
	const char *slash = strrchr(path, '/'), *above = n ? at->paths.v[n - 1] : "";

	*came = slash && n ? at->came[n - 1] : NEVER;
	return !slash || (size_t)(slash - path) == strlen(above);
}

static void next_whiteout(struct place *at)
{
	const unsigned char *value;

	at->more = msk_table_next(&at->whiteouts);
	if (!at->more)
		return;
	msk_tree_path(&at->gone, at->whiteouts.key, at->whiteouts.n_key);
	value = at->whiteouts.value;
	at->gone_nth = msk_table_number(&value);
}

/* Of whiteouts below one another the outermost counts. */
static bool is_undone(struct place *at, const struct msk_node *n)
{
	if (at->more)
		msk_tree_key(&at->key, n->path);
	for (; at->more; next_whiteout(at)) {
		if (msk_is_at_or_below(n->path, msk_str_c(&at->gone)))
			return at->gone_nth > n->nth;
		if (msk_table_compare(at->whiteouts.key, at->whiteouts.n_key, msk_str_c(&at->key), at->key.len) > 0)
			return false;
	}
	return false;
}

static int note(struct msk_table *found, enum msk_path_finding what, const char *path, struct msk_err *err)
{
	return msk_table_add(found, path, strlen(path), &(char){ (char)what }, 1, err);
}

/* An entry of the layer. Of a path that it has twice nothing more is said. */
static int look(struct place *at, const struct msk_node *n, struct msk_table *found, struct msk_err *err)
{
	uint32_t came;

	if (is_known(at, n->path) && at->came[at->paths.n - 1] != NEVER)
		return note(found, MSK_PATH_TWICE, n->path, err);
	if (is_undone(at, n) && note(found, MSK_PATH_UNDONE, n->path, err) < 0)
		return -1;
	if (!has_parent(at, n->path, &came))
		return note(found, MSK_PATH_ORPHAN, n->path, err);
	return came != NEVER && came > n->nth ? note(found, MSK_PATH_EARLY, n->path, err) : 0;
}

int msk_layer_paths_find(struct msk_image_tree *t, struct msk_table *whiteouts, uint32_t layer, struct msk_table *found,
			 struct msk_err *err)
{
	MSK_CLEANUP(place_release) struct place at = { .more = false };
	MSK_AUTO_TREE_WALK w = { .path = MSK_STR_INIT };
	const struct msk_node *n;

	if (msk_image_tree_seal(t, err) < 0 || msk_table_seal(whiteouts, err) < 0)
		return -1;
	msk_table_walk_init(&at.whiteouts, whiteouts);
	next_whiteout(&at);
	for (msk_tree_walk_init(&w, t); (n = msk_tree_next(&w));) {
		leave(&at, n->path);
		if (n->layer == layer && look(&at, n, found, err) < 0)
			return -1;
		enter(&at, n, layer);
	}
	return msk_table_seal(found, err);
}
