/* Two file systems, path by path. */
#include <string.h>

#include "diff.h"
#include "mkscratch/path.h"

#define CHUNK (256u << 10)
#define GO_PROGRAMS 16          /* that are looked into */

/* An entry of a layer of which more is to be known than its tree tells. */
struct extra {
	uint32_t layer, nth;
	bool hashed;
	struct msk_digest digest;   /* of its content */
	char *xattrs;               /* NULL: none */
};

struct extras {
	struct extra *v;            /* sorted by layer and place */
	size_t n, cap;
};

/* One image being looked at. */
struct side {
	const struct msk_diff_side *of;
	struct msk_image_tree tree;
	struct msk_layer_sums *sums;
	struct extras xattrs, contents;
};

static void extras_release(struct extras *x)
{
	for (size_t i = 0; i < x->n; i++)
		free(x->v[i].xattrs);
	free(x->v);
}

static void side_release(struct side *s)
{
	msk_image_tree_release(&s->tree);
	extras_release(&s->xattrs);
	extras_release(&s->contents);
	free(s->sums);
}

static int by_place(const void *pa, const void *pb)
{
	const struct extra *a = pa, *b = pb;

	if (a->layer != b->layer)
		return (a->layer > b->layer) - (a->layer < b->layer);
	return (a->nth > b->nth) - (a->nth < b->nth);
}

static struct extra *find(const struct extras *x, uint32_t layer, uint32_t nth)
{
	const struct extra key = { .layer = layer, .nth = nth };

	return x->n ? bsearch(&key, x->v, x->n, sizeof *x->v, by_place) : NULL;
}

static struct extra *append(struct extras *x, uint32_t layer, uint32_t nth)
{
	MSK_GROW(x->v, x->n, x->cap);
	x->v[x->n] = (struct extra){ .layer = layer, .nth = nth };
	return &x->v[x->n++];
}

static int take_entry(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	struct side *s = ctx;

	if (entry->e->xattrs)
		append(&s->xattrs, entry->layer, entry->nth)->xattrs = msk_xstrdup(entry->e->xattrs);
	return msk_image_tree_add(&s->tree, entry, err);
}

static int read_side(struct side *s, struct msk_err *err)
{
	const struct msk_source_image *image = s->of->image;

	s->sums = msk_xcalloc(image->n_layers, sizeof *s->sums);
	for (size_t i = 0; i < image->n_layers; i++)
		if (msk_source_layer_visit(s->of->images, image, i, take_entry, s, &s->sums[i], err) < 0)
			return msk_ctx(err, "%s", msk_source_name(s->of->images->source));
	msk_image_tree_settle(&s->tree);
	return 0;
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

/* Files of both whose bytes have to be looked at. */
static void want_contents(struct side *a, struct side *b)
{
	for (size_t i = 0; i < a->tree.n; i++) {
		const struct msk_node *na = &a->tree.v[i], *nb = msk_image_tree_find(&b->tree, na->path);

		if (!nb || !na->data_layer || !nb->data_layer || sizes_differ(na, nb) || same_data(a, na, b, nb))
			continue;
		append(&a->contents, na->data_layer, na->data_nth);
		append(&b->contents, nb->data_layer, nb->data_nth);
	}
}

/* Several paths may be one file. */
static void sort_unique(struct extras *x)
{
	size_t kept = 0;

	if (x->n)
		qsort(x->v, x->n, sizeof *x->v, by_place);
	for (size_t i = 0; i < x->n; i++)
		if (!kept || by_place(&x->v[kept - 1], &x->v[i]) != 0)
			x->v[kept++] = x->v[i];
	x->n = kept;
}

static int hash_entry(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	struct side *s = ctx;
	struct extra *x = find(&s->contents, entry->layer, entry->nth);
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *h = NULL;
	MSK_AUTO_FREE char *buf = NULL;
	ssize_t n;

	if (!x)
		return 0;
	h = msk_sha256_new();
	buf = msk_xmalloc(CHUNK);
	while ((n = msk_layer_reader_data(entry->r, buf, CHUNK, err)) > 0)
		msk_sha256_add(h, buf, (size_t)n);
	msk_sha256_end(h, &x->digest);
	x->hashed = true;
	return n < 0 ? -1 : 0;
}

static int hash_contents(struct side *s, struct msk_err *err)
{
	size_t at = 0;

	sort_unique(&s->contents);
	for (uint32_t layer = 1; layer <= s->of->image->n_layers; layer++) {
		bool wanted = at < s->contents.n && s->contents.v[at].layer == layer;

		while (at < s->contents.n && s->contents.v[at].layer == layer)
			at++;
		if (wanted && msk_source_layer_visit(s->of->images, s->of->image, layer - 1, hash_entry, s, NULL, err) < 0)
			return msk_ctx(err, "%s", msk_source_name(s->of->images->source));
	}
	return 0;
}

static bool contents_differ(const struct side *a, const struct msk_node *na, const struct side *b, const struct msk_node *nb)
{
	const struct extra *xa, *xb;

	if (!na->data_layer || !nb->data_layer || same_data(a, na, b, nb))
		return false;
	if (sizes_differ(na, nb))
		return true;
	xa = find(&a->contents, na->data_layer, na->data_nth);
	xb = find(&b->contents, nb->data_layer, nb->data_nth);
	return !xa || !xb || strcmp(xa->digest.text, xb->digest.text) != 0;
}

static const char *xattrs_of(const struct side *s, const struct msk_node *n)
{
	const struct extra *x = find(&s->xattrs, n->data_layer ? n->data_layer : n->layer,
				     n->data_layer ? n->data_nth : n->nth);

	return x ? x->xattrs : "";
}

/* To whoever looks at the file system a hard link is a file. */
static enum msk_tar_type seen_type(const struct msk_node *n)
{
	return n->type == MSK_TAR_HARDLINK ? MSK_TAR_FILE : n->type;
}

static unsigned compare_nodes(const struct side *a, const struct msk_node *na, const struct side *b, const struct msk_node *nb)
{
	const char *la = na->link ? na->link : "", *lb = nb->link ? nb->link : "";
	unsigned differ = 0;

	if (seen_type(na) != seen_type(nb))
		return MSK_DIFF_TYPE;
	differ |= contents_differ(a, na, b, nb) ? MSK_DIFF_CONTENT : 0;
	differ |= na->mode != nb->mode && na->type != MSK_TAR_SYMLINK ? MSK_DIFF_MODE : 0;
	differ |= na->uid != nb->uid || na->gid != nb->gid ? MSK_DIFF_OWNER : 0;
	differ |= na->type == MSK_TAR_SYMLINK && strcmp(la, lb) != 0 ? MSK_DIFF_LINK : 0;
	differ |= strcmp(xattrs_of(a, na), xattrs_of(b, nb)) != 0 ? MSK_DIFF_XATTR : 0;
	differ |= na->mtime != nb->mtime ? MSK_DIFF_TIME : 0;
	return differ;
}

static struct msk_node attributes(const struct msk_node *n)
{
	struct msk_node copy = *n;

	copy.path = copy.link = NULL;
	return copy;
}

static void note_path(struct msk_diff *d, enum msk_diff_kind kind, const struct msk_node *a, const struct msk_node *b,
		      unsigned aspects)
{
	MSK_AUTO_FREE char *path = msk_xasprintf("/%s", (a ? a : b)->path);
	struct msk_difference *n = msk_diff_note(d, kind, path);

	n->aspects = aspects;
	if (a) {
		n->a = attributes(a);
		n->link_a = a->link ? msk_xstrdup(a->link) : NULL;
	}
	if (b) {
		n->b = attributes(b);
		n->link_b = b->link ? msk_xstrdup(b->link) : NULL;
	}
}

/* Directories that nobody wrote an entry for come out differently in every engine. */
static bool is_real(const struct msk_node *n)
{
	return n->nth != MSK_IMPLIED;
}

static void compare_trees(const struct side *a, const struct side *b, struct msk_diff *d)
{
	for (size_t i = 0; i < a->tree.n; i++) {
		const struct msk_node *na = &a->tree.v[i], *nb = msk_image_tree_find(&b->tree, na->path);
		unsigned differ = nb && is_real(na) && is_real(nb) ? compare_nodes(a, na, b, nb) : 0;

		if (!nb)
			note_path(d, MSK_DIFF_REMOVED, na, NULL, 0);
		else if (differ)
			note_path(d, MSK_DIFF_CHANGED, na, nb, differ);
	}
	for (size_t i = 0; i < b->tree.n; i++)
		if (!msk_image_tree_find(&a->tree, b->tree.v[i].path))
			note_path(d, MSK_DIFF_ADDED, NULL, &b->tree.v[i], 0);
}

/* Blobs of the same plain bytes. */
static void compare_blobs(const struct side *a, const struct side *b, struct msk_diff *d)
{
	for (size_t i = 0; i < a->of->image->n_layers && i < b->of->image->n_layers; i++) {
		const struct msk_layer_sums *x = &a->sums[i], *y = &b->sums[i];
		MSK_AUTO_FREE char *what = msk_xasprintf("layer %zu", i + 1);
		struct msk_difference *n;

		if (strcmp(x->plain.text, y->plain.text) != 0 || strcmp(x->packed.text, y->packed.text) == 0)
			continue;
		n = msk_diff_note(d, MSK_DIFF_LAYER, what);
		n->a.size = x->packed_size;
		n->b.size = y->packed_size;
		n->from = msk_xstrdup(x->packed.text);
		n->to = msk_xstrdup(y->packed.text);
	}
}

static int look_into_programs(const struct side *a, const struct side *b, struct msk_diff *d, struct msk_err *err)
{
	size_t n = d->n, seen = 0;

	for (size_t i = 0; i < n && seen < GO_PROGRAMS; i++) {
		const struct msk_difference *x = &d->v[i];
		MSK_AUTO_FREE char *path = msk_xstrdup(x->what);
		struct msk_diff_program pa = { a->of, NULL }, pb = { b->of, NULL };

		if (x->kind != MSK_DIFF_CHANGED || !(x->aspects & MSK_DIFF_CONTENT) || !(x->b.mode & 0111))
			continue;
		pa.node = msk_image_tree_find(&a->tree, path);
		pb.node = msk_image_tree_find(&b->tree, path);
		seen++;
		if (msk_diff_go(path, &pa, &pb, d, err) < 0)
			return -1;
	}
	return 0;
}

int msk_diff_paths(const struct msk_diff_side *pa, const struct msk_diff_side *pb, struct msk_diff *d, struct msk_err *err)
{
	MSK_CLEANUP(side_release) struct side a = { .of = pa };
	MSK_CLEANUP(side_release) struct side b = { .of = pb };

	if (read_side(&a, err) < 0 || read_side(&b, err) < 0)
		return -1;
	want_contents(&a, &b);
	if (hash_contents(&a, err) < 0 || hash_contents(&b, err) < 0)
		return -1;
	compare_trees(&a, &b, d);
	compare_blobs(&a, &b, d);
	return look_into_programs(&a, &b, d, err);
}
