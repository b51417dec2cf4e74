#include "layer_paths.h"

#include <assert.h>
#include <string.h>

#include "mkscratch/sorted.h"

int msk_layer_paths_whiteout(struct msk_table *whiteouts, const char *path, uint32_t layer, uint32_t nth, struct msk_err *err)
{
	bool opaque;
	MSK_AUTO_FREE char *gone = msk_whiteout_path(path, &opaque);
	MSK_AUTO_STR key = MSK_STR_INIT, value = MSK_STR_INIT;

	/* In an opaque directory all tools keep what the layer itself has, before and behind. */
	if (!gone || opaque)
		return 0;
	msk_tree_key(&key, gone);
	msk_table_put(&value, layer);
	msk_table_put(&value, nth);
	return msk_table_add(whiteouts, msk_str_c(&key), key.len, value.buf, value.len, err);
}

/* An entry: the first that a layer has for a path. */
struct came {
	uint32_t layer, nth;
};

/* A path that has an entry; by the layers that have one. */
struct level {
	struct msk_str path;
	struct came *v;
	size_t n, cap;
};

/* A whiteout that the walk is below, and the first of its layer to be so: of those below one another the outermost counts. */
struct active {
	struct msk_str path;
	uint32_t layer;
	uint64_t nth;
};

/* A walk through the tree: paths that have an entry and that it is at or below, outermost first. What is left of either list
 * behind its end is used again. */
struct place {
	struct level *levels;
	size_t n, cap, made;
	struct active *active;
	size_t n_active, cap_active, made_active;
	size_t of_layer[MSK_MAX_LAYERS + 1];   /* which of the active is its, from 1; 0: none */
	/* The whiteout that may come next. */
	struct msk_table_walk whiteouts;
	bool more;
	struct msk_str key, gone;
};

static void place_release(struct place *at)
{
	for (size_t i = 0; i < at->made; i++) {
		msk_str_release(&at->levels[i].path);
		free(at->levels[i].v);
	}
	for (size_t i = 0; i < at->made_active; i++)
		msk_str_release(&at->active[i].path);
	free(at->levels);
	free(at->active);
	msk_table_walk_release(&at->whiteouts);
	msk_str_release(&at->key);
	msk_str_release(&at->gone);
}

static void set(struct msk_str *s, const char *text)
{
	s->len = 0;
	msk_str_adds(s, text);
}

static struct level *push_level(struct place *at)
{
	if (at->n == at->made) {
		MSK_GROW(at->levels, at->made, at->cap);
		at->levels[at->made++] = (struct level){ .path = MSK_STR_INIT };
	}
	at->levels[at->n].n = 0;
	return &at->levels[at->n++];
}

static struct active *push_active(struct place *at)
{
	if (at->n_active == at->made_active) {
		MSK_GROW(at->active, at->made_active, at->cap_active);
		at->active[at->made_active++] = (struct active){ .path = MSK_STR_INIT };
	}
	return &at->active[at->n_active++];
}

static void leave(struct place *at, const char *path)
{
	while (at->n && !msk_is_at_or_below(path, msk_str_c(&at->levels[at->n - 1].path)))
		at->n--;
	while (at->n_active && !msk_is_at_or_below(path, msk_str_c(&at->active[at->n_active - 1].path)))
		at->of_layer[at->active[--at->n_active].layer] = 0;
}

/* NULL: no entry before has this path. */
static struct level *own_level(const struct place *at, const char *path)
{
	struct level *last = at->n ? &at->levels[at->n - 1] : NULL;

	return last && strcmp(msk_str_c(&last->path), path) == 0 ? last : NULL;
}

static bool has_entry_of(const struct level *l, uint32_t layer)
{
	return l->v[l->n - 1].layer == layer;
}

/* Entries of a path come by their layers. */
static void enter(struct place *at, const struct msk_node *n)
{
	struct level *l = own_level(at, n->path);

	if (!l) {
		l = push_level(at);
		set(&l->path, n->path);
	}
	if (l->n && has_entry_of(l, n->layer))
		return;
	MSK_GROW(l->v, l->n, l->cap);
	l->v[l->n++] = (struct came){ n->layer, n->nth };
}

/* The level of the directory; NULL: neither this layer nor one below has an entry for it. */
static const struct level *parent_level(const struct place *at, const struct msk_node *n, size_t length)
{
	size_t above = at->n - (own_level(at, n->path) ? 1 : 0);
	const struct level *l = above ? &at->levels[above - 1] : NULL;

	return l && l->path.len == length && l->v[0].layer <= n->layer ? l : NULL;
}

static int layer_to_came(const void *key, const void *element)
{
	uint32_t layer = *(const uint32_t *)key, came = ((const struct came *)element)->layer;

	return layer < came ? -1 : layer > came;
}

static const struct came *entry_of(const struct level *l, uint32_t layer)
{
	size_t i = msk_lower_bound(&layer, l->v, l->n, sizeof *l->v, layer_to_came);

	return i < l->n && l->v[i].layer == layer ? &l->v[i] : NULL;
}

static void next_whiteout(struct place *at)
{
	at->more = msk_table_next(&at->whiteouts);
	if (at->more)
		msk_tree_path(&at->gone, at->whiteouts.key, at->whiteouts.n_key);
}

static void activate(struct place *at)
{
	const unsigned char *value = at->whiteouts.value;
	uint32_t layer = (uint32_t)msk_table_number(&value);
	struct active *a;

	assert(layer <= MSK_MAX_LAYERS);
	if (at->of_layer[layer])
		return;
	a = push_active(at);
	set(&a->path, msk_str_c(&at->gone));
	a->layer = layer;
	a->nth = msk_table_number(&value);
	at->of_layer[layer] = at->n_active;
}

/* Whiteouts up to this path become active if it is at or below what they delete; the others never will. */
static void reach(struct place *at, const char *path)
{
	if (at->more)
		msk_tree_key(&at->key, path);
	for (; at->more; next_whiteout(at)) {
		if (msk_is_at_or_below(path, msk_str_c(&at->gone)))
			activate(at);
		else if (msk_table_compare(at->whiteouts.key, at->whiteouts.n_key, msk_str_c(&at->key), at->key.len) > 0)
			return;
	}
}

static bool is_undone(const struct place *at, const struct msk_node *n)
{
	size_t i;

	assert(n->layer <= MSK_MAX_LAYERS);
	i = at->of_layer[n->layer];
	return i && at->active[i - 1].nth > n->nth;
}

static int note(struct msk_table *found, enum msk_path_finding what, const struct msk_node *n, struct msk_err *err)
{
	MSK_AUTO_STR key = MSK_STR_INIT;

	msk_key_add_layer(&key, n->layer);
	msk_str_adds(&key, n->path);
	return msk_table_add(found, key.buf, key.len, &(char){ (char)what }, 1, err);
}

/* Of a path that the layer has twice nothing more is said. */
static int look(const struct place *at, const struct msk_node *n, struct msk_table *found, struct msk_err *err)
{
	const struct level *own = own_level(at, n->path), *parent;
	const char *slash = strrchr(n->path, '/');
	const struct came *came;

	if (own && has_entry_of(own, n->layer))
		return note(found, MSK_PATH_TWICE, n, err);
	if (is_undone(at, n) && note(found, MSK_PATH_UNDONE, n, err) < 0)
		return -1;
	if (!slash)
		return 0;
	parent = parent_level(at, n, (size_t)(slash - n->path));
	if (!parent)
		return note(found, MSK_PATH_ORPHAN, n, err);
	came = entry_of(parent, n->layer);
	return came && came->nth > n->nth ? note(found, MSK_PATH_EARLY, n, err) : 0;
}

int msk_layer_paths_find(struct msk_image_tree *t, struct msk_table *whiteouts, struct msk_table *found, struct msk_err *err)
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
		reach(&at, n->path);
		if (look(&at, n, found, err) < 0)
			return -1;
		enter(&at, n);
	}
	return msk_table_seal(found, err);
}
