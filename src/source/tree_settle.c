/* Layers laid over one another: one walk over all records, path by path, each directory before what is in it. */
#include <string.h>

#include "mkscratch/rotree.h"
#include "mkscratch/source_image.h"
#include "tree_record.h"
#include "tree_solid.h"

/* What hard links mean: by the place of the link, the entry that stood at its path when it came. */
static int put_answer(struct msk_table *answers, const struct msk_place *by, const struct msk_str *there, struct msk_err *err)
{
	unsigned char key[MSK_PLACE_KEY];

	msk_place_key(key, by->layer, by->nth);
	return msk_table_add(answers, key, sizeof key, there->buf, there->len, err);
}

static bool same_key(const struct msk_str *key, const struct msk_table_walk *w)
{
	return msk_table_compare(msk_str_c(key), key->len, w->key, w->n_key) == 0;
}

static void set(struct msk_str *s, const void *p, size_t n)
{
	s->len = 0;
	msk_str_add(s, p, n);
}

/* A whiteout takes away what layers before its own have. */
static bool is_removed(const struct msk_str *there, const unsigned char *removal)
{
	MSK_AUTO_STR link = MSK_STR_INIT;
	struct msk_node n;

	if (!there->len)
		return false;
	msk_record_node((const unsigned char *)there->buf, &link, &n);
	return n.layer < msk_record_removal(removal).at;
}

/* A walk that answers questions. */
struct answering {
	struct msk_str key, there;             /* the path under way, and its latest node so far */
	struct msk_layer_sets emptied;         /* what layers before these have below a path is gone */
};

static void answering_release(struct answering *a)
{
	msk_str_release(&a->key);
	msk_str_release(&a->there);
	msk_layer_sets_release(&a->emptied);
}

static void answer_path(struct answering *a, const struct msk_table_walk *w)
{
	size_t common = 0;

	while (common < a->key.len && common < w->n_key && a->key.buf[common] == w->key[common])
		common++;
	set(&a->key, w->key, w->n_key);
	msk_layer_sets_leave(&a->emptied, &a->key, common);
	a->there.len = 0;
}

/* Between its own layer and the one that asks, which may take it away behind its link. */
static bool was_emptied(const struct answering *a, uint32_t asker)
{
	const struct msk_layer_set *above = msk_layer_sets_above(&a->emptied, a->key.len);
	MSK_AUTO_STR link = MSK_STR_INIT;
	struct msk_node n;

	if (!above)
		return false;
	msk_record_node((const unsigned char *)a->there.buf, &link, &n);
	return msk_layer_set_next(above, n.layer) < asker;
}

static int answer(struct answering *a, const struct msk_table_walk *w, struct msk_table *answers, struct msk_err *err)
{
	const struct msk_place by = msk_record_asked(w->value);

	return a->there.len && !was_emptied(a, by.layer) ? put_answer(answers, &by, &a->there, err) : 0;
}

static void note_node(struct answering *a, const struct msk_table_walk *w)
{
	MSK_AUTO_STR link = MSK_STR_INIT;
	struct msk_node n;

	set(&a->there, w->value, w->n_value);
	msk_record_node(w->value, &link, &n);
	if (n.type != MSK_TAR_DIR && n.layer > 1)
		msk_layer_sets_add(&a->emptied, a->key.len, n.layer);
}

/* Records of one path stand in the order in which they came, so the one that is meant is the last before the question; and a
 * directory before what is in it. */
static int answer_links(const struct msk_image_tree *t, struct msk_table *answers, struct msk_err *err)
{
	MSK_CLEANUP(answering_release) struct answering a = { .key = MSK_STR_INIT };
	MSK_AUTO_TABLE_WALK w;

	for (msk_table_walk_init(&w, &t->table); msk_table_next(&w);) {
		enum msk_record_kind kind = msk_record_kind(w.value);

		if (!same_key(&a.key, &w))
			answer_path(&a, &w);
		if (kind == MSK_RECORD_NODE || kind == MSK_RECORD_WHITEOUT)
			note_node(&a, &w);
		if (kind == MSK_RECORD_REMOVAL) {
			msk_layer_sets_add(&a.emptied, a.key.len, msk_record_removal(w.value).below);
			if (is_removed(&a.there, w.value))
				a.there.len = 0;
		}
		if (kind == MSK_RECORD_ASKED && answer(&a, &w, answers, err) < 0)
			return -1;
	}
	return msk_table_sort(answers, err);
}

/* A removal that counts for where the walk is: that of a directory it is in, of which the first bytes of its key are the
 * key, together with those of all above. */
struct open_removal {
	size_t n_key;
	struct msk_removal is;
};

struct settling {
	struct msk_table_walk answers;
	struct msk_table originals;            /* files that hard links mean */
	struct msk_image_tree out;
	struct msk_str key, before;            /* of the path under way, and of the one before */
	struct msk_str latest;                 /* value of its latest node; empty: it has none */
	bool removed;
	struct msk_removal removal;            /* of the path itself */
	struct open_removal *open;
	size_t n_open, cap_open;
	struct msk_solid solid;
	struct msk_str last;                   /* key of the node before */
	size_t implied, implied_bytes;
	size_t far_hops;                       /* along chains of hard links, behind the first of each */
	struct msk_str value, texts, target, original;
};

static void settling_release(struct settling *s)
{
	msk_table_walk_release(&s->answers);
	msk_table_release(&s->originals);
	msk_image_tree_release(&s->out);
	msk_str_release(&s->key);
	msk_str_release(&s->before);
	msk_str_release(&s->latest);
	msk_str_release(&s->last);
	msk_str_release(&s->value);
	msk_str_release(&s->texts);
	msk_str_release(&s->target);
	msk_str_release(&s->original);
	msk_solid_release(&s->solid);
	free(s->open);
}

static void add_removal(struct settling *s, const struct msk_removal *r)
{
	msk_solid_removal(&s->solid, &s->key, r->at, r->below);
	s->removed = true;
	s->removal.at = s->removal.at > r->at ? s->removal.at : r->at;
	s->removal.below = s->removal.below > r->below ? s->removal.below : r->below;
}

/* "layer 2: /a/b" */
static char *place_of(const struct settling *s, const struct msk_node *n)
{
	MSK_AUTO_STR path = MSK_STR_INIT;

	msk_tree_path(&path, msk_str_c(&s->key), s->key.len);
	return msk_xasprintf("layer %u: /%s", n->layer, path.buf);
}

/* It is gone in the end. Who unpacks layer by layer has made it all the same, or has failed. */
static void drop(struct settling *s, const struct msk_node *n)
{
	unsigned char place[MSK_PLACE_KEY];
	struct msk_node there = { .type = MSK_TAR_DIR };

	if (n->type != MSK_TAR_HARDLINK)
		return;
	msk_place_key(place, n->layer, n->nth);
	if (msk_table_find(&s->answers, place, sizeof place))
		msk_record_node(s->answers.value, &s->target, &there);
	if (there.type == MSK_TAR_DIR && !s->out.lost_links++) {
		MSK_AUTO_FREE char *link = place_of(s, n);

		s->out.first_lost = msk_xasprintf("%s: a hard link to what is not there (%s)", link, n->link);
	}
}

/* What is no directory has nothing below it, whatever the layers before it had. */
static void take_node(struct settling *s, const unsigned char *value, size_t n_value)
{
	struct msk_node n;

	if (s->latest.len) {
		msk_record_node((const unsigned char *)s->latest.buf, &s->texts, &n);
		drop(s, &n);
	}
	msk_record_node(value, &s->texts, &n);
	if (msk_solid_node(&s->solid, &s->key, &n) && !s->out.bent++)
		s->out.first_bent = place_of(s, &n);
	if (n.type != MSK_TAR_DIR && n.layer > 1)
		add_removal(s, &(struct msk_removal){ 0, n.layer });
	set(&s->latest, value, n_value);
}

/* What a link to this is to whoever looks: a file has names, all others are what they are. */
static int take_target(struct settling *s, struct msk_node *link, const struct msk_node *n, struct msk_err *err)
{
	MSK_AUTO_STR key = MSK_STR_INIT;

	if (n->type == MSK_TAR_DIR)            /* no kernel makes such */
		return 0;
	link->caps = n->caps;
	link->xattrs = n->xattrs;
	if (n->type == MSK_TAR_FILE) {
		link->data_layer = n->layer;
		link->data_nth = n->nth;
		msk_tree_key(&key, msk_str_c(&s->original));
		return msk_tree_note_original(&s->originals, &key, n, err);
	}
	link->type = n->type;
	link->link = n->link;
	link->dev_major = n->dev_major;
	link->dev_minor = n->dev_minor;
	return 0;
}

/* Each link of a chain came before the one that names it, so a chain ends; but of a million links, each to the one before, not
 * all can be followed. No tool makes such. */
#define MAX_FAR_HOPS (1u << 20)

static int find_data(struct settling *s, struct msk_node *link, struct msk_err *err)
{
	struct msk_node n = *link;

	for (int hops = 0; n.type == MSK_TAR_HARDLINK; hops++) {
		MSK_AUTO_FREE char *path = msk_layer_path(n.link);
		unsigned char place[MSK_PLACE_KEY];

		if (hops >= MSK_MAX_LINKS && s->far_hops++ == MAX_FAR_HOPS)
			return msk_fail(err, MSK_E_INPUT, "layer %u: too many chained hard links", link->layer);
		msk_place_key(place, n.layer, n.nth);
		if (!path || !msk_table_find(&s->answers, place, sizeof place))
			return 0;
		msk_record_node(s->answers.value, &s->target, &n);
		set(&s->original, path, strlen(path));
		/* A link to a link, which may go before its file. */
		if (hops)
			link->link = msk_str_c(&s->original);
	}
	return take_target(s, link, &n, err);
}

static int put(struct settling *s, const char *key, size_t n_key, const struct msk_node *n, struct msk_err *err)
{
	msk_record_put_node(&s->value, MSK_RECORD_NODE, n);
	s->out.n++;
	return msk_table_add(&s->out.table, key, n_key, s->value.buf, s->value.len, err);
}

/* How much of the key is that of a directory which the node before, too, is or lies in. */
static size_t common_directory(const struct msk_str *before, const struct msk_str *key)
{
	size_t n = 0, common = 0;

	while (n < before->len && n < key->len && before->buf[n] == key->buf[n])
		if (key->buf[n++] == '\0')
			common = n;
	return before->len && n == before->len && n < key->len && key->buf[n] == '\0' ? n + 1 : common;
}

#define MAX_IMPLIED_BYTES (64u << 20)

/* A directory stands right before what is in it, or it has no entry. What no image has, directories without end of which
 * there are no entries, is left out at last. */
static int put_implied(struct settling *s, const struct msk_node *below, struct msk_err *err)
{
	const struct msk_node dir = { .type = MSK_TAR_DIR, .mode = 0755, .layer = below->layer, .nth = MSK_IMPLIED };

	for (size_t i = common_directory(&s->last, &s->key); i < s->key.len; i++) {
		if (s->key.buf[i] != '\0')
			continue;
		s->implied_bytes += i + 1;
		if (++s->implied > MSK_MAX_IMAGE_ENTRIES || s->implied_bytes > MAX_IMPLIED_BYTES)
			return 0;
		if (put(s, s->key.buf, i, &dir, err) < 0)
			return -1;
	}
	return 0;
}

/* Removals of the directories that the walk has left no longer count; what is left is of what the path lies in, or its own. */
static void leave_directories(struct settling *s)
{
	while (s->n_open) {
		size_t n = s->open[s->n_open - 1].n_key;

		if (n == 0 || (n < s->key.len && s->key.buf[n] == '\0'))
			return;
		s->n_open--;
	}
}

/* Layers before this one are gone from the path. */
static uint32_t open_removal(struct settling *s)
{
	const struct open_removal *above = s->n_open ? &s->open[s->n_open - 1] : NULL;
	uint32_t below = above ? above->is.below : 0;
	struct msk_removal sum = s->removal;

	if (!s->removed)
		return below;
	sum.at = sum.at > below ? sum.at : below;
	sum.below = sum.below > below ? sum.below : below;
	MSK_GROW(s->open, s->n_open, s->cap_open);
	s->open[s->n_open++] = (struct open_removal){ s->key.len, sum };
	return sum.at;
}

/* All that is said of the path under way is known. */
static int end_path(struct settling *s, struct msk_err *err)
{
	uint32_t gone = open_removal(s);
	struct msk_node n;

	if (!s->latest.len)
		return 0;
	msk_record_node((const unsigned char *)s->latest.buf, &s->texts, &n);
	if (n.layer < gone) {
		drop(s, &n);
		return 0;
	}
	if (n.type == MSK_TAR_HARDLINK && find_data(s, &n, err) < 0)
		return -1;
	if (put_implied(s, &n, err) < 0 || put(s, msk_str_c(&s->key), s->key.len, &n, err) < 0)
		return -1;
	set(&s->last, msk_str_c(&s->key), s->key.len);
	return 0;
}

static void begin_path(struct settling *s, const struct msk_table_walk *w)
{
	size_t common = 0;

	/* Before the key is overwritten: what it has in common with the next decides which directories are left. */
	while (common < s->key.len && common < w->n_key && s->key.buf[common] == w->key[common])
		common++;
	while (s->n_open && s->open[s->n_open - 1].n_key > common)
		s->n_open--;
	set(&s->before, msk_str_c(&s->key), s->key.len);
	set(&s->key, w->key, w->n_key);
	msk_solid_go(&s->solid, &s->before, &s->key, common);
	leave_directories(s);
	s->latest.len = 0;
	s->removed = false;
	s->removal = (struct msk_removal){ 0, 0 };
}

static int take_record(struct settling *s, const struct msk_table_walk *w)
{
	struct msk_removal r;

	switch (msk_record_kind(w->value)) {
	case MSK_RECORD_NODE:
		take_node(s, w->value, w->n_value);
		break;
	case MSK_RECORD_REMOVAL:
		r = msk_record_removal(w->value);
		add_removal(s, &r);
		break;
	default:
		break;
	}
	return 0;
}

static int settle(struct settling *s, struct msk_image_tree *t, struct msk_err *err)
{
	MSK_AUTO_TABLE_WALK w;
	bool begun = false;

	for (msk_table_walk_consume(&w, &t->table); msk_table_next(&w);) {
		if (!begun || !same_key(&s->key, &w)) {
			if (begun && end_path(s, err) < 0)
				return -1;
			begin_path(s, &w);
			begun = true;
		}
		take_record(s, &w);
	}
	if (begun && end_path(s, err) < 0)
		return -1;
	return msk_table_seal(&s->out.table, err);
}

int msk_image_tree_settle(struct msk_image_tree *t, struct msk_err *err)
{
	MSK_CLEANUP(msk_table_release) struct msk_table answers = { 0 };
	MSK_CLEANUP(settling_release) struct settling s = { .n_open = 0 };

	if (msk_image_tree_seal(t, err) < 0 || (t->symlinks && msk_tree_follow_links(t, err) < 0) ||
	    (t->links && answer_links(t, &answers, err) < 0))
		return -1;
	msk_table_walk_init(&s.answers, &answers);
	if (settle(&s, t, err) < 0 || msk_tree_find_heirs(&s.out, &s.originals, err) < 0)
		return -1;
	s.out.name_bytes = t->name_bytes;
	s.out.moved = t->moved;
	s.out.root = t->root;
	s.out.first_moved = msk_take(&t->first_moved);
	msk_image_tree_release(t);
	*t = s.out;
	s.out = (struct msk_image_tree){ 0 };
	return 0;
}
