#include <string.h>

#include "checks.h"
#include "contents.h"
#include "mkscratch/codec_spec.h"
#include "mkscratch/filecap.h"

/* A layer under way. */
struct pass {
	const struct msk_layer_check *l;
	char *what;                    /* "layer 1" */
	size_t first;                  /* entries of the layers before */
	size_t faults, orphans;
	char *last;                    /* path of the entry before */
	bool whiteout;
};

static void pass_release(struct pass *p)
{
	free(p->what);
	free(p->last);
}

static void fault(struct pass *p, const char *what, const char *path)
{
	MSK_AUTO_STR name = MSK_STR_INIT;

	/* A layer that is wrong throughout need not say so a million times. */
	if (p->faults++ >= 20)
		return;
	msk_str_add_escaped(&name, path, strlen(path));
	msk_checks_fail(p->l->checks, MSK_E_INPUT, p->what, "entry \"%s\" %s", msk_str_c(&name), what);
}

static void fault_of_link(struct pass *p, const struct msk_tar_entry *e)
{
	MSK_AUTO_STR s = MSK_STR_INIT;

	msk_str_adds(&s, "links to \"");
	msk_str_add_escaped(&s, e->link, strlen(e->link));
	msk_str_adds(&s, "\" outside the image");
	fault(p, s.buf, e->path);
}

/* Relative, no empty, "." or ".." part; a directory may end in a slash. Others begin names with "./" or "/". */
static bool is_plain(const char *path)
{
	MSK_AUTO_FREE char *canonical = msk_layer_path(path);
	size_t n = canonical ? strlen(canonical) : 0;

	return n && strncmp(path, canonical, n) == 0 && (path[n] == '\0' || strcmp(path + n, "/") == 0);
}

/* image-spec "layer", "whiteouts": an empty file whose name says what is deleted. */
static void check_whiteout(struct pass *p, const struct msk_tar_entry *e, const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;

	if (!msk_starts_with(base, ".wh."))
		return;
	if (!base[4])
		fault(p, "deletes nothing: a whiteout without a name", e->path);
	else if (strcmp(base + 4, ".") == 0 || strcmp(base + 4, "..") == 0)
		fault(p, "deletes no entry of its directory", e->path);
	else if (e->type != MSK_TAR_FILE && e->type != MSK_TAR_HARDLINK)
		fault(p, "is a whiteout, but not a file", e->path);
	p->whiteout = true;
}

/* oci-layout-spec 6.1: sorted by the bytes of the paths; a whiteout stands in front of what it makes room for. */
static void check_order(struct pass *p, const char *path)
{
	MSK_AUTO_FREE char *canonical = msk_layer_path(path);

	if (p->last && canonical && strcmp(p->last, canonical) >= 0 && !p->whiteout && p->l->ours)
		fault(p, "is not in its place: entries are sorted", path);
	if (!p->whiteout) {
		free(p->last);
		p->last = msk_take(&canonical);
	}
	p->whiteout = false;
}

static int take_entry(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	const struct msk_tar_entry *e = entry->e;
	struct pass *p = ctx;
	MSK_AUTO_FREE char *path = msk_layer_path(e->path);
	MSK_AUTO_FREE char *target = e->type == MSK_TAR_HARDLINK ? msk_layer_path(e->link) : NULL;

	if (!path) {
		fault(p, "leaves the image", e->path);
		return 0;
	}
	if (!*path && e->type != MSK_TAR_DIR)
		fault(p, "is the root of the image, but no directory", e->path);
	if (p->l->ours && !is_plain(e->path))
		fault(p, "is not plain", e->path);
	if (e->type == MSK_TAR_HARDLINK && !target)
		fault_of_link(p, e);
	if (e->bad_caps)
		fault(p, "has capabilities that no kernel takes (" MSK_FILECAP_XATTR ")", e->path);
	check_whiteout(p, e, path);
	check_order(p, e->path);
	return msk_image_tree_add(p->l->tree, entry, err) < 0 ? -1 : msk_contents_look(p->l->contents, entry, err);
}

/* What is wrong with a path: findings come in the order of the bytes of the paths, which is not that of a tree. */
enum { ORPHAN = 'o', TWICE = 't' };

static int note_path(struct msk_table *found, char what, const char *path, struct msk_err *err)
{
	return msk_table_add(found, path, strlen(path), &what, 1, err);
}

/* Where the walk is. */
struct place {
	struct msk_strv dirs;          /* paths that have an entry and that the walk is below, outermost first */
	char *before;                  /* path of the entry of this layer before */
};

static void place_release(struct place *at)
{
	msk_strv_release(&at->dirs);
	free(at->before);
}

static bool has_parent(struct place *at, const char *path)
{
	const char *slash = strrchr(path, '/'), *parent = at->dirs.n ? at->dirs.v[at->dirs.n - 1] : "";

	return !slash || (strlen(parent) == (size_t)(slash - path) && msk_is_at_or_below(path, parent));
}

static void move_to(struct place *at, const char *path)
{
	while (at->dirs.n && !msk_is_at_or_below(path, at->dirs.v[at->dirs.n - 1]))
		free(at->dirs.v[--at->dirs.n]);
	if (at->dirs.n && strcmp(at->dirs.v[at->dirs.n - 1], path) == 0)
		free(at->dirs.v[--at->dirs.n]);
}

/* Every entry once, and every parent there, here or in a layer below. */
static int find_paths(struct pass *p, struct msk_table *found, struct msk_err *err)
{
	MSK_CLEANUP(place_release) struct place at = { MSK_STRV_INIT, NULL };
	uint32_t layer = (uint32_t)p->l->i + 1;
	MSK_AUTO_TREE_WALK w;
	const struct msk_node *n;

	for (msk_tree_walk_init(&w, p->l->tree); (n = msk_tree_next(&w));) {
		move_to(&at, n->path);
		if (n->layer == layer) {
			if (at.before && strcmp(at.before, n->path) == 0 && note_path(found, TWICE, n->path, err) < 0)
				return -1;
			if (!has_parent(&at, n->path) && note_path(found, ORPHAN, n->path, err) < 0)
				return -1;
			free(at.before);
			at.before = msk_xstrdup(n->path);
		}
		msk_strv_push(&at.dirs, n->path);
	}
	return msk_table_seal(found, err);
}

/* That a parent lacks is no rule of image-spec, but one of ours. */
static int check_paths(struct pass *p, struct msk_err *err)
{
	MSK_CLEANUP(msk_table_release) struct msk_table found = { 0 };
	MSK_AUTO_TABLE_WALK w = { 0 };
	MSK_AUTO_STR path = MSK_STR_INIT;

	if (msk_image_tree_seal(p->l->tree, err) < 0 || find_paths(p, &found, err) < 0)
		return -1;
	for (msk_table_walk_init(&w, &found); msk_table_next(&w); path.len = 0) {
		msk_str_add(&path, w.key, w.n_key);
		if (w.value[0] == TWICE)
			fault(p, "is there twice", path.buf);
		else if (p->l->ours)
			fault(p, "has no entry for its parent directory", path.buf);
		else
			p->orphans++;
	}
	if (p->orphans)
		msk_checks_note(p->l->checks, p->what, "%zu of its entries lack one for their directory, which Docker "
				"before 23 then keeps from all but root", p->orphans);
	return 0;
}

/* Errors of a layer begin with its name, which findings have apart. */
static int absorb(struct pass *p, struct msk_err *err)
{
	size_t n = strlen(p->what);

	if (msk_starts_with(err->msg, p->what) && msk_starts_with(err->msg + n, ": "))
		memmove(err->msg, err->msg + n + 2, strlen(err->msg + n + 2) + 1);
	return msk_checks_absorb(p->l->checks, p->what, err);
}

/* Readers of OCI media types go by them; those of Docker's go by the bytes, and it has no word for zstd. */
static void check_codec(struct pass *p, const struct msk_source_layer *layer, const struct msk_layer_sums *sums)
{
	static const char *const names[] = { [MSK_CODEC_GZIP] = "gzip", [MSK_CODEC_ZSTD] = "zstd", [MSK_CODEC_NONE] = "plain" };
	enum msk_codec_kind codec = msk_codec_by_head(sums->head);

	if (!layer->media_type || !msk_starts_with(layer->media_type, "application/vnd.oci.image.layer."))
		return;
	if ((codec == MSK_CODEC_GZIP) == msk_ends_with(layer->media_type, "+gzip") &&
	    (codec == MSK_CODEC_ZSTD) == msk_ends_with(layer->media_type, "+zstd"))
		return;
	p->faults++;
	msk_checks_fail(p->l->checks, MSK_E_INPUT, p->what, "its bytes are %s, its mediaType is %s", names[codec],
			layer->media_type);
}

int msk_check_layer(const struct msk_layer_check *l, struct msk_err *err)
{
	MSK_CLEANUP(pass_release) struct pass p = { .l = l, .first = l->tree->n };
	struct msk_layer_sums sums;

	p.what = msk_xasprintf("layer %zu", l->i + 1);
	if (msk_source_layer_visit(l->images, l->image, l->i, take_entry, &p, &sums, err) < 0)
		return absorb(&p, err);
	if (check_paths(&p, err) < 0)
		return -1;
	check_codec(&p, &l->image->layers[l->i], &sums);
	if (!p.faults)
		msk_checks_pass(l->checks, p.what, "%s, %llu bytes plain, %zu %s", sums.packed.text,
				(unsigned long long)sums.plain_size, l->tree->n - p.first,
				msk_plural(l->tree->n - p.first, "entry", "entries"));
	return 0;
}
