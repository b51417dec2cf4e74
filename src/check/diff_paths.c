/* Two file systems, path by path. */
#include <string.h>

#include "diff.h"
#include "mkscratch/path.h"

#define CHUNK (256u << 10)
#define GO_PROGRAMS 16          /* that are looked into */

/* One image being looked at. Of an entry more is to be known than its tree tells: by its place. */
struct side {
	const struct msk_diff_side *of;
	struct msk_image_tree tree;
	struct msk_layer_sums *sums;
	size_t entries;
	struct msk_table wanted;    /* files whose contents have to be looked at */
	struct msk_table digests;   /* of these, as text */
	struct msk_table_walk at_wanted, at_digests;
};

static void side_release(struct side *s)
{
	msk_table_walk_release(&s->at_wanted);
	msk_table_walk_release(&s->at_digests);
	msk_image_tree_release(&s->tree);
	msk_table_release(&s->wanted);
	msk_table_release(&s->digests);
	free(s->sums);
}

static int add(struct msk_table *t, uint32_t layer, uint32_t nth, const char *text, struct msk_err *err)
{
	unsigned char key[MSK_PLACE_KEY];

	msk_place_key(key, layer, nth);
	return msk_table_add(t, key, sizeof key, text, strlen(text) + 1, err);
}

/* NULL: of that entry there is nothing. */
static const char *find(struct msk_table_walk *w, uint32_t layer, uint32_t nth)
{
	unsigned char key[MSK_PLACE_KEY];

	msk_place_key(key, layer, nth);
	return msk_table_find(w, key, sizeof key) ? (const char *)w->value : NULL;
}

static int take_entry(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	struct side *s = ctx;

	s->entries++;
	return msk_image_tree_add(&s->tree, entry, err);
}

static int read_side(struct side *s, struct msk_err *err)
{
	const struct msk_source_image *image = s->of->image;

	s->sums = msk_xcalloc(image->n_layers, sizeof *s->sums);
	for (size_t i = 0; i < image->n_layers; i++)
		if (msk_source_layer_visit(s->of->images, image, i, take_entry, s, &s->sums[i], err) < 0)
			return msk_ctx_read(err, "%s", msk_source_name(s->of->images->source));
	return msk_image_tree_settle(&s->tree, err);
}

/* The very same entry: of layers with the same plain bytes, at the same place. */
static bool same_entry(const struct side *a, uint32_t layer_a, uint32_t nth_a, const struct side *b, uint32_t layer_b,
		       uint32_t nth_b)
{
	return nth_a == nth_b && strcmp(a->sums[layer_a - 1].plain.text, b->sums[layer_b - 1].plain.text) == 0;
}

static bool same_data(const struct side *a, const struct msk_node *na, const struct side *b, const struct msk_node *nb)
{
	return same_entry(a, na->data_layer, na->data_nth, b, nb->data_layer, nb->data_nth);
}

/* A hard link has the size of what it names only where its maker wrote it. */
static bool sizes_differ(const struct msk_node *a, const struct msk_node *b)
{
	return a->type == MSK_TAR_FILE && b->type == MSK_TAR_FILE && a->size != b->size;
}

/* Two trees side by side, path by path in the order of both. */
struct pair {
	struct msk_tree_walk a, b;
	const struct msk_node *na, *nb;        /* of one path; NULL: that side does not have it */
	const struct msk_node *next_a, *next_b;
};

static void pair_init(struct pair *p, const struct side *a, const struct side *b)
{
	*p = (struct pair){ .na = NULL };
	msk_tree_walk_init(&p->a, &a->tree);
	msk_tree_walk_init(&p->b, &b->tree);
	p->next_a = msk_tree_next(&p->a);
	p->next_b = msk_tree_next(&p->b);
}

static void pair_release(struct pair *p)
{
	msk_tree_walk_release(&p->a);
	msk_tree_walk_release(&p->b);
}

static bool pair_next(struct pair *p)
{
	int c;

	if (p->na)
		p->next_a = msk_tree_next(&p->a);
	if (p->nb)
		p->next_b = msk_tree_next(&p->b);
	if (!p->next_a || !p->next_b)
		c = (p->next_b != NULL) - (p->next_a != NULL) < 0 ? -1 : 1;
	else
		c = msk_table_compare(p->a.records.key, p->a.records.n_key, p->b.records.key, p->b.records.n_key);
	p->na = c <= 0 ? p->next_a : NULL;
	p->nb = c >= 0 ? p->next_b : NULL;
	return p->na || p->nb;
}

/* Files of both whose bytes have to be looked at. */
static int want_contents(struct side *a, struct side *b, struct msk_err *err)
{
	MSK_CLEANUP(pair_release) struct pair p;

	for (pair_init(&p, a, b); pair_next(&p);) {
		const struct msk_node *na = p.na, *nb = p.nb;

		if (!na || !nb || !na->data_layer || !nb->data_layer || sizes_differ(na, nb) || same_data(a, na, b, nb))
			continue;
		if (add(&a->wanted, na->data_layer, na->data_nth, "", err) < 0 ||
		    add(&b->wanted, nb->data_layer, nb->data_nth, "", err) < 0)
			return -1;
	}
	return 0;
}

static int hash_entry(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	struct side *s = ctx;
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *h = NULL;
	MSK_AUTO_FREE char *buf = NULL;
	struct msk_digest digest;
	ssize_t n;

	if (!find(&s->at_wanted, entry->layer, entry->nth))
		return 0;
	h = msk_sha256_new();
	buf = msk_xmalloc(CHUNK);
	while ((n = msk_layer_reader_data(entry->r, buf, CHUNK, err)) > 0)
		msk_sha256_add(h, buf, (size_t)n);
	msk_sha256_end(h, &digest);
	return n < 0 ? -1 : add(&s->digests, entry->layer, entry->nth, digest.text, err);
}

static int hash_contents(struct side *s, struct msk_err *err)
{
	if (msk_table_sort(&s->wanted, err) < 0)       /* several paths may be one file */
		return -1;
	msk_table_walk_init(&s->at_wanted, &s->wanted);
	for (uint32_t layer = 1; layer <= s->of->image->n_layers; layer++)
		if (msk_place_seek_layer(&s->at_wanted, layer) &&
		    msk_source_layer_visit(s->of->images, s->of->image, layer - 1, hash_entry, s, NULL, err) < 0)
			return msk_ctx_read(err, "%s", msk_source_name(s->of->images->source));
	msk_table_walk_release(&s->at_wanted);
	msk_table_release(&s->wanted);
	if (msk_table_seal(&s->digests, err) < 0)
		return -1;
	msk_table_walk_init(&s->at_digests, &s->digests);
	return 0;
}

static bool contents_differ(struct side *a, const struct msk_node *na, struct side *b, const struct msk_node *nb)
{
	const char *da, *db;

	if (!na->data_layer || !nb->data_layer || same_data(a, na, b, nb))
		return false;
	if (sizes_differ(na, nb))
		return true;
	da = find(&a->at_digests, na->data_layer, na->data_nth);
	db = find(&b->at_digests, nb->data_layer, nb->data_nth);
	return !da || !db || strcmp(da, db) != 0;
}

/* NULL is "". */
static bool texts_differ(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") != 0;
}

static unsigned compare_nodes(struct side *a, const struct msk_node *na, struct side *b, const struct msk_node *nb)
{
	unsigned differ = 0;

	if (msk_node_seen_type(na) != msk_node_seen_type(nb) || na->dev_major != nb->dev_major ||
	    na->dev_minor != nb->dev_minor)
		return MSK_DIFF_TYPE;
	differ |= contents_differ(a, na, b, nb) ? MSK_DIFF_CONTENT : 0;
	differ |= na->mode != nb->mode && na->type != MSK_TAR_SYMLINK ? MSK_DIFF_MODE : 0;
	differ |= na->uid != nb->uid || na->gid != nb->gid ? MSK_DIFF_OWNER : 0;
	differ |= na->type == MSK_TAR_SYMLINK && texts_differ(na->link, nb->link) ? MSK_DIFF_LINK : 0;
	differ |= texts_differ(na->xattrs, nb->xattrs) ? MSK_DIFF_XATTR : 0;
	differ |= na->mtime != nb->mtime ? MSK_DIFF_TIME : 0;
	return differ;
}

static void note_path(struct msk_diff *d, enum msk_diff_kind kind, const struct msk_node *a, const struct msk_node *b,
		      unsigned aspects)
{
	MSK_AUTO_FREE char *path = msk_xasprintf("/%s", (a ? a : b)->path);
	struct msk_difference n = { .kind = kind, .what = path, .aspects = aspects };

	if (a)
		n.a = *a;
	if (b)
		n.b = *b;
	msk_diff_add(d, &n);
}

/* Directories that nobody wrote an entry for come out differently in every engine. */
static bool is_real(const struct msk_node *n)
{
	return n->nth != MSK_IMPLIED;
}

/* Programs that have changed, which may be of Go. */
struct programs {
	struct msk_node *a[GO_PROGRAMS], *b[GO_PROGRAMS];
	size_t n;
};

static void programs_release(struct programs *p)
{
	for (size_t i = 0; i < p->n; i++) {
		free(p->a[i]);
		free(p->b[i]);
	}
}

static void note_program(struct programs *p, const struct msk_node *a, const struct msk_node *b, unsigned aspects)
{
	if (!(aspects & MSK_DIFF_CONTENT) || !(b->mode & 0111) || p->n == GO_PROGRAMS)
		return;
	p->a[p->n] = msk_node_copy(a);
	p->b[p->n++] = msk_node_copy(b);
}

static void compare_trees(struct side *a, struct side *b, struct programs *programs, struct msk_diff *d)
{
	MSK_CLEANUP(pair_release) struct pair p;

	for (pair_init(&p, a, b); pair_next(&p);) {
		const struct msk_node *na = p.na, *nb = p.nb;
		unsigned differ = na && nb && is_real(na) && is_real(nb) ? compare_nodes(a, na, b, nb) : 0;

		if (!nb)
			note_path(d, MSK_DIFF_REMOVED, na, NULL, 0);
		else if (!na)
			note_path(d, MSK_DIFF_ADDED, NULL, nb, 0);
		else if (differ)
			note_path(d, MSK_DIFF_CHANGED, na, nb, differ);
		d->moved = d->moved || (na && nb && (na->layer != nb->layer || na->nth != nb->nth));
		if (differ)
			note_program(programs, na, nb, differ);
	}
}

/* Blobs of the same plain bytes. */
static void compare_blobs(const struct side *a, const struct side *b, struct msk_diff *d)
{
	for (size_t i = 0; i < a->of->image->n_layers && i < b->of->image->n_layers; i++) {
		const struct msk_layer_sums *x = &a->sums[i], *y = &b->sums[i];
		MSK_AUTO_FREE char *what = msk_xasprintf("layer %zu", i + 1);

		if (strcmp(x->plain.text, y->plain.text) != 0 || strcmp(x->packed.text, y->packed.text) == 0)
			continue;
		msk_diff_add(d, &(struct msk_difference){ .kind = MSK_DIFF_LAYER, .what = what, .from = x->packed.text,
							  .to = y->packed.text, .a = { .size = x->packed_size },
							  .b = { .size = y->packed_size } });
	}
}

static int look_into_programs(const struct side *a, const struct side *b, const struct programs *programs, struct msk_diff *d,
			      struct msk_err *err)
{
	for (size_t i = 0; i < programs->n; i++) {
		const struct msk_diff_program pa = { a->of, programs->a[i] }, pb = { b->of, programs->b[i] };
		MSK_AUTO_FREE char *path = msk_xasprintf("/%s", programs->a[i]->path);

		if (msk_diff_go(path, &pa, &pb, d, err) < 0)
			return -1;
	}
	return 0;
}

int msk_diff_paths(const struct msk_diff_side *pa, const struct msk_diff_side *pb, struct msk_diff *d, struct msk_err *err)
{
	MSK_CLEANUP(side_release) struct side a = { .of = pa };
	MSK_CLEANUP(side_release) struct side b = { .of = pb };
	MSK_CLEANUP(programs_release) struct programs programs = { .n = 0 };

	if (read_side(&a, err) < 0 || read_side(&b, err) < 0 || want_contents(&a, &b, err) < 0 ||
	    hash_contents(&a, err) < 0 || hash_contents(&b, err) < 0)
		return -1;
	d->entries[0] = a.entries;
	d->entries[1] = b.entries;
	compare_trees(&a, &b, &programs, d);
	compare_blobs(&a, &b, d);
	return look_into_programs(&a, &b, &programs, d, err);
}
