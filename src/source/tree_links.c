/* Entries below paths that are symlinks stand where these lead: there runtimes unpack them.
 *
 * Where an entry comes to stand depends on the links that are there when it comes, so all entries are gone through in the
 * order in which the layers have them, with the links at hand that something stands behind. Which these are the order of the
 * paths tells: of a link that something is below, that stands right behind it. Entries that were moved may in turn stand
 * below a link that nothing was below before, so it is done until there is no such link any more. */
#include <string.h>

#include "mkscratch/path.h"
#include "mkscratch/rotree.h"
#include "mkscratch/sorted.h"
#include "tree_record.h"

#define MAX_CROSSED 10000

/* Places of links, layer << 32 | nth; the first of them sorted. */
struct crossed {
	uint64_t *v;
	size_t n, cap, n_sorted;
};

static void crossed_release(struct crossed *c)
{
	free(c->v);
}

static int by_number(const void *pa, const void *pb)
{
	uint64_t a = *(const uint64_t *)pa, b = *(const uint64_t *)pb;

	return (a > b) - (a < b);
}

static bool has(const struct crossed *c, uint64_t place)
{
	return c->n_sorted && bsearch(&place, c->v, c->n_sorted, sizeof *c->v, by_number);
}

static void push(struct crossed *c, uint64_t place)
{
	MSK_GROW(c->v, c->n, c->cap);
	c->v[c->n++] = place;
}

static uint64_t place_of(const struct msk_node *n)
{
	return (uint64_t)n->layer << 32 | n->nth;
}

static int fail_many(struct msk_err *err)
{
	return msk_fail(err, MSK_E_INPUT, "entries of the layers stand behind more than %d links, or behind links behind links "
			"without end", MAX_CROSSED);
}

static bool is_below(const struct msk_table_walk *w, const struct msk_str *key)
{
	return w->n_key > key->len && w->key[key->len] == '\0' && memcmp(w->key, msk_str_c(key), key->len) == 0;
}

/* A walk, and the links at the path it is at. */
struct search {
	struct msk_table_walk w;
	struct msk_str key, texts;
	struct crossed here;
};

static void search_release(struct search *s)
{
	msk_table_walk_release(&s->w);
	msk_str_release(&s->key);
	msk_str_release(&s->texts);
	crossed_release(&s->here);
}

static void next_path(struct search *s, struct crossed *c)
{
	if (s->here.n && is_below(&s->w, &s->key))
		for (size_t i = 0; i < s->here.n && c->n <= MAX_CROSSED; i++)
			if (!has(c, s->here.v[i]))
				push(c, s->here.v[i]);
	s->here.n = 0;
}

/* The links at this path, which the next may lie below. */
static void take_record(struct search *s)
{
	struct msk_node n;

	if (msk_record_kind(s->w.value) != MSK_RECORD_NODE || msk_record_type(s->w.value) != MSK_TAR_SYMLINK)
		return;
	if (!s->here.n) {
		s->key.len = 0;
		msk_str_add(&s->key, s->w.key, s->w.n_key);
	}
	msk_record_node(s->w.value, &s->texts, &n);
	if (s->here.n <= MAX_CROSSED)
		push(&s->here, place_of(&n));
}

static void find_crossed(const struct msk_image_tree *t, struct crossed *c)
{
	MSK_CLEANUP(search_release) struct search s = { .key = MSK_STR_INIT };

	for (msk_table_walk_init(&s.w, &t->table); msk_table_next(&s.w);) {
		if (s.here.n && msk_table_compare(s.key.buf, s.key.len, s.w.key, s.w.n_key) != 0)
			next_path(&s, c);
		take_record(&s);
	}
	if (c->n)
		qsort(c->v, c->n, sizeof *c->v, by_number);
	c->n_sorted = c->n;
}

/* The links that are there by now, sorted by their keys. */
struct live_link {
	struct msk_str key;
	char *text;
	uint32_t layer;
};

struct live {
	struct live_link *v;
	size_t n, cap;
};

static void live_release(struct live *l)
{
	for (size_t i = 0; i < l->n; i++) {
		msk_str_release(&l->v[i].key);
		free(l->v[i].text);
	}
	free(l->v);
}

static int key_vs_link(const void *key, const void *link)
{
	const struct msk_str *a = key, *b = &((const struct live_link *)link)->key;

	return msk_table_compare(msk_str_c(a), a->len, msk_str_c(b), b->len);
}

static size_t position(const struct live *l, const struct msk_str *key)
{
	return msk_lower_bound(key, l->v, l->n, sizeof *l->v, key_vs_link);
}

static bool is_at(const struct live_link *link, const struct msk_str *key)
{
	return msk_table_compare(link->key.buf, link->key.len, msk_str_c(key), key->len) == 0;
}

static bool is_in(const struct live_link *link, const struct msk_str *key)
{
	return !key->len || (link->key.len > key->len && link->key.buf[key->len] == '\0' &&
			     memcmp(link->key.buf, key->buf, key->len) == 0);
}

/* What of the links at this path, or below it, a layer before this one has is gone. */
struct going {
	bool at, below;
	uint32_t before;
};

static void drop(struct live *l, const char *path, const struct going *g)
{
	MSK_AUTO_STR key = MSK_STR_INIT;
	size_t from, to;

	msk_tree_key(&key, path);
	from = to = position(l, &key);
	for (size_t i = from; i < l->n; i++) {
		bool at = is_at(&l->v[i], &key);

		if (!at && !is_in(&l->v[i], &key))
			break;
		if ((at ? g->at : g->below) && l->v[i].layer < g->before) {
			msk_str_release(&l->v[i].key);
			free(l->v[i].text);
		} else {
			l->v[to++] = l->v[i];
		}
		from = i + 1;
	}
	if (from == to)
		return;
	memmove(l->v + to, l->v + from, (l->n - from) * sizeof *l->v);
	l->n -= from - to;
}

static void put(struct live *l, const struct msk_node *n)
{
	struct live_link link = { MSK_STR_INIT, msk_xstrdup(n->link), n->layer };
	size_t at;

	msk_tree_key(&link.key, n->path);
	at = position(l, &link.key);
	MSK_GROW(l->v, l->n, l->cap);
	memmove(l->v + at + 1, l->v + at, (l->n - at) * sizeof *l->v);
	l->v[at] = link;
	l->n++;
}

/* As runtimes go on: what is no directory takes the place of all that was there, a directory that of a link. */
static void take_effect(struct live *l, const struct crossed *c, const struct msk_node *n)
{
	bool opaque;
	MSK_AUTO_FREE char *gone = msk_whiteout_path(n->path, &opaque);

	if (gone) {
		drop(l, gone, &(struct going){ !opaque, true, n->layer });
		return;
	}
	drop(l, n->path, &(struct going){ true, n->type != MSK_TAR_DIR, UINT32_MAX });
	if (n->type == MSK_TAR_SYMLINK && n->link && has(c, place_of(n)))
		put(l, n);
}

static enum msk_node_kind look(void *ctx, const char *path, const char **text)
{
	const struct live *l = ctx;
	MSK_AUTO_STR key = MSK_STR_INIT;
	size_t at;

	msk_tree_key(&key, path + 1);
	at = position(l, &key);
	if (at == l->n || !is_at(&l->v[at], &key))
		return MSK_NODE_DIR;
	*text = l->v[at].text;
	return MSK_NODE_LINK;
}

/* Where what has this path comes to stand: its directory is followed, itself not. NULL: just there. Heap. */
static char *destination(struct live *l, const char *path)
{
	const struct msk_path_tree tree = { .look = look, .ctx = l };
	const char *slash = strrchr(path, '/');
	MSK_AUTO_FREE char *dir = slash && l->n ? msk_xasprintf("/%.*s", (int)(slash - path), path) : NULL;
	MSK_AUTO_FREE char *final = NULL, *to = NULL;

	if (!dir || msk_path_resolve(&tree, dir, MSK_MAX_LINKS, &final) != MSK_RESOLVED || strcmp(dir, final) == 0)
		return NULL;
	to = msk_xasprintf("%s%s", final + 1, final[1] ? slash : slash + 1);
	return strlen(to) > MSK_MAX_PATH ? NULL : msk_take(&to);
}

static char *destination_of_link(struct live *l, const struct msk_node *n)
{
	MSK_AUTO_FREE char *path = n->type == MSK_TAR_HARDLINK && n->link ? msk_layer_path(n->link) : NULL;

	return path ? destination(l, path) : NULL;
}

/* One entry of all, as it comes. */
static int place_entry(struct msk_image_tree *out, struct live *l, const struct crossed *c, struct msk_node *n,
		       struct msk_err *err)
{
	MSK_AUTO_FREE char *path = destination(l, n->path), *link = destination_of_link(l, n);

	if (path) {
		if (!out->moved++)
			out->first_moved = msk_xstrdup(n->path);
		n->path = path;
	}
	if (link)
		n->link = link;
	take_effect(l, c, n);
	return msk_image_tree_add_node(out, n, err);
}

/* All entries by their places: the path as a key, behind its length, and the record. */
static int sort_by_place(const struct msk_image_tree *t, struct msk_table *out, struct msk_err *err)
{
	MSK_AUTO_TABLE_WALK w;
	MSK_AUTO_STR value = MSK_STR_INIT, texts = MSK_STR_INIT;
	unsigned char key[MSK_PLACE_KEY];
	struct msk_node n;

	for (msk_table_walk_init(&w, &t->table); msk_table_next(&w);) {
		enum msk_record_kind kind = msk_record_kind(w.value);

		if (kind != MSK_RECORD_NODE && kind != MSK_RECORD_WHITEOUT)
			continue;
		msk_record_node(w.value, &texts, &n);
		msk_place_key(key, n.layer, n.nth);
		value.len = 0;
		msk_table_put(&value, w.n_key);
		msk_str_add(&value, w.key, w.n_key);
		msk_str_add(&value, w.value, w.n_value);
		if (msk_table_add(out, key, sizeof key, value.buf, value.len, err) < 0)
			return -1;
	}
	return msk_table_seal(out, err);
}

static int place_all(const struct msk_table *entries, const struct crossed *c, struct msk_image_tree *out, struct msk_err *err)
{
	MSK_AUTO_TABLE_WALK w;
	MSK_AUTO_STR path = MSK_STR_INIT, texts = MSK_STR_INIT;
	MSK_CLEANUP(live_release) struct live l = { 0 };
	struct msk_node n;

	for (msk_table_walk_init(&w, entries); msk_table_next(&w);) {
		const unsigned char *p = w.value;
		size_t n_key = msk_table_number(&p);

		msk_record_node(p + n_key, &texts, &n);
		msk_tree_path(&path, (const char *)p, n_key);
		n.path = msk_str_c(&path);
		if (place_entry(out, &l, c, &n, err) < 0)
			return -1;
	}
	return msk_image_tree_seal(out, err);
}

int msk_tree_follow_links(struct msk_image_tree *t, struct msk_err *err)
{
	MSK_CLEANUP(crossed_release) struct crossed c = { 0 };
	MSK_CLEANUP(msk_table_release) struct msk_table entries = { 0 };

	for (int pass = 0;; pass++) {
		MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree out = { 0 };
		size_t before = c.n;

		find_crossed(t, &c);
		if (c.n == before)
			return 0;
		if (c.n > MAX_CROSSED || pass == MSK_MAX_LINKS)
			return fail_many(err);
		if ((pass == 0 && sort_by_place(t, &entries, err) < 0) || place_all(&entries, &c, &out, err) < 0)
			return -1;
		out.root = t->root;
		msk_image_tree_release(t);
		*t = out;
		out = (struct msk_image_tree){ 0 };
	}
}
