#include <string.h>

#include "checks.h"
#include "contents.h"
#include "layer_paths.h"
#include "mkscratch/codec_spec.h"
#include "mkscratch/filecap.h"
#include "mkscratch/rotree.h"

/* What is said of a layer. */
struct msk_layer_told {
	struct msk_checks checks;
	char *what;                    /* "layer 1" */
	bool ours, read;               /* read: to its end */
	size_t entries, faults;
	struct msk_layer_sums sums;
};

/* A layer under way. */
struct pass {
	struct msk_layer_checks *l;
	struct msk_layer_told *told;
	char *last;                    /* path of the entry before */
	bool whiteout;
};

static void pass_release(struct pass *p)
{
	free(p->last);
}

void msk_layer_checks_init(struct msk_layer_checks *l, const struct msk_source_images *images,
			   const struct msk_source_image *image, struct msk_image_tree *tree, struct msk_contents *contents)
{
	*l = (struct msk_layer_checks){ .images = images, .image = image, .tree = tree, .contents = contents };
	l->told = msk_xcalloc(image->n_layers + 1, sizeof *l->told);
	for (size_t i = 0; i < image->n_layers; i++)
		l->told[i].what = msk_xasprintf("layer %zu", i + 1);
}

void msk_layer_checks_release(struct msk_layer_checks *l)
{
	for (size_t i = 0; l->image && i < l->image->n_layers; i++) {
		msk_checks_release(&l->told[i].checks);
		free(l->told[i].what);
	}
	free(l->told);
	msk_table_release(&l->whiteouts);
}

void msk_layer_checks_pass_over(struct msk_layer_checks *l, size_t i)
{
	msk_checks_note(&l->told[i].checks, l->told[i].what, "%s: not here: nobody passes on what is not to be distributed",
			l->image->layers[i].digest.text);
}

static void fault_in(struct msk_layer_told *t, const char *what, const char *path)
{
	/* A layer that is wrong throughout need not say so a million times. */
	if (t->faults++ < 20)
		msk_checks_fail(&t->checks, MSK_E_INPUT, t->what, "entry \"%s\" %s", path, what);
}

static void fault(struct pass *p, const char *what, const char *path)
{
	fault_in(p->told, what, path);
}

static void fault_of_link(struct pass *p, const struct msk_tar_entry *e)
{
	MSK_AUTO_FREE char *what = msk_xasprintf("links to \"%s\" outside the image", e->link);

	fault(p, what, e->path);
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

	if (!msk_starts_with(base, ".wh.") || msk_is_aufs_own(path))
		return;
	if (!base[4])
		fault(p, "deletes nothing: a whiteout without a name", e->path);
	else if (strcmp(base + 4, ".") == 0 || strcmp(base + 4, "..") == 0)
		fault(p, "deletes no entry of its directory", e->path);
	else if (e->type != MSK_TAR_FILE && e->type != MSK_TAR_HARDLINK)
		fault(p, "is a whiteout, but not a file", e->path);
	p->whiteout = true;
}

static size_t longest_part(const char *path)
{
	size_t most = 0;

	while (*path) {
		const char *name = msk_starts_with(path, ".wh.") ? path + 4 : path;     /* no file: its name is the rest */
		size_t n = strcspn(name, "/");

		most = n > most ? n : most;
		path = name + n + (name[n] == '/');
	}
	return most;
}

/* NAME_MAX and PATH_MAX of Linux, beyond which no runtime can unpack the image. */
static void check_length(struct pass *p, const struct msk_tar_entry *e, const char *path)
{
	MSK_AUTO_FREE char *what = NULL;
	size_t part = longest_part(path);

	if (strcmp(p->l->image->platform.os, "linux") != 0)
		return;
	if (part > MSK_MAX_NAME)
		what = msk_xasprintf("has a name of %zu bytes, and Linux takes %d", part, MSK_MAX_NAME);
	else if (e->type == MSK_TAR_SYMLINK && strlen(e->link) > MSK_MAX_PATH)
		what = msk_xasprintf("leads to a path of %zu bytes, and Linux takes %d", strlen(e->link), MSK_MAX_PATH);
	if (what)
		fault(p, what, e->path);
}

/* oci-layout-spec 6.1: sorted by the bytes of the paths; a whiteout stands in front of what it makes room for. */
static void check_order(struct pass *p, const char *path)
{
	MSK_AUTO_FREE char *canonical = msk_layer_path(path);

	if (p->last && canonical && strcmp(p->last, canonical) >= 0 && !p->whiteout && p->told->ours)
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
		fault(p, msk_layer_path_fault(e->path), e->path);
		return 0;
	}
	if (!*path && e->type != MSK_TAR_DIR)
		fault(p, "is the root of the image, but no directory", e->path);
	if (p->told->ours && !is_plain(e->path))
		fault(p, "is not plain", e->path);
	if (e->type == MSK_TAR_HARDLINK && !target)
		fault_of_link(p, e);
	if (e->bad_caps)
		fault(p, "has capabilities that no kernel takes (" MSK_FILECAP_XATTR ")", e->path);
	check_length(p, e, path);
	check_whiteout(p, e, path);
	check_order(p, e->path);
	if (msk_layer_paths_whiteout(&p->l->whiteouts, path, entry->layer, entry->nth, err) < 0 ||
	    msk_image_tree_add(p->l->tree, entry, err) < 0)
		return -1;
	if (msk_contents_look(p->l->contents, entry, err) < 0)
		return -1;
	return msk_contents_look_for_key(p->l->contents, entry, err);
}

/* What others' layers may have: how many entries, and which first. */
struct tally {
	size_t n;
	char *first;
};

static void tell(struct msk_layer_told *to, const struct tally *t, const char *what)
{
	if (t->n)
		msk_checks_note(&to->checks, to->what, "/%s stands before %s (%zu such)", t->first, what, t->n);
}

/* That a parent lacks, or comes late, is no rule of image-spec; whiteouts "should" come first. In ours all is sorted. */
static void tell_others(struct msk_layer_told *t, const struct tally *by_finding)
{
	size_t orphans = by_finding[MSK_PATH_ORPHAN].n;

	if (orphans)
		msk_checks_note(&t->checks, t->what, "%zu of its entries lack one for their directory, which Docker "
				"before 23 then keeps from all but root", orphans);
	tell(t, &by_finding[MSK_PATH_EARLY], "the entry of its directory");
	tell(t, &by_finding[MSK_PATH_UNDONE], "a whiteout of the same layer that deletes it where the order counts");
}

static void take_finding(struct msk_layer_told *t, enum msk_path_finding what, const char *path, struct tally *by_finding)
{
	static const char *const faults[] = {
		[MSK_PATH_TWICE] = "is there twice",
		[MSK_PATH_ORPHAN] = "has no entry for its parent directory",
		[MSK_PATH_EARLY] = NULL,       /* told already: entries are sorted */
		[MSK_PATH_UNDONE] = "stands before a whiteout that deletes it",
	};

	if (what == MSK_PATH_TWICE || (t->ours && faults[what]))
		fault_in(t, faults[what], path);
	else if (!t->ours && !by_finding[what].n++)
		by_finding[what].first = msk_xstrdup(path);
}

/* Those of one layer, which the walk comes to next. */
static void take_findings(struct msk_layer_told *t, uint32_t layer, struct msk_table_walk *w, bool *more)
{
	struct tally by_finding[MSK_PATH_UNDONE + 1] = { { 0, NULL } };
	MSK_AUTO_STR path = MSK_STR_INIT;

	for (; *more && msk_layer_of_key(w->key) == layer; *more = msk_table_next(w)) {
		path.len = 0;
		msk_str_add(&path, w->key + MSK_LAYER_KEY, w->n_key - MSK_LAYER_KEY);
		if (t->read)
			take_finding(t, w->value[0], path.buf, by_finding);
	}
	tell_others(t, by_finding);
	for (size_t i = 0; i <= MSK_PATH_UNDONE; i++)
		free(by_finding[i].first);
}

/* Errors of a layer begin with its name, which findings have apart. */
static int absorb(struct msk_layer_told *t, struct msk_err *err)
{
	size_t n = strlen(t->what);

	if (msk_starts_with(err->msg, t->what) && msk_starts_with(err->msg + n, ": "))
		memmove(err->msg, err->msg + n + 2, strlen(err->msg + n + 2) + 1);
	return msk_checks_absorb(&t->checks, t->what, err);
}

/* Readers of OCI media types go by them; those of Docker's go by the bytes, and it has no word for zstd. */
static void check_codec(struct msk_layer_told *t, const struct msk_source_layer *layer)
{
	static const char *const names[] = { [MSK_CODEC_GZIP] = "gzip", [MSK_CODEC_ZSTD] = "zstd", [MSK_CODEC_NONE] = "plain" };
	enum msk_codec_kind codec = msk_codec_by_head(t->sums.head);

	if (!layer->media_type || !msk_starts_with(layer->media_type, "application/vnd.oci.image.layer."))
		return;
	if ((codec == MSK_CODEC_GZIP) == msk_ends_with(layer->media_type, "+gzip") &&
	    (codec == MSK_CODEC_ZSTD) == msk_ends_with(layer->media_type, "+zstd"))
		return;
	t->faults++;
	msk_checks_fail(&t->checks, MSK_E_INPUT, t->what, "its bytes are %s, its mediaType is %s", names[codec],
			layer->media_type);
}

int msk_layer_checks_read(struct msk_layer_checks *l, size_t i, bool ours, struct msk_err *err)
{
	struct msk_layer_told *t = &l->told[i];
	MSK_CLEANUP(pass_release) struct pass p = { .l = l, .told = t };
	size_t before = l->tree->n;

	t->ours = ours;
	if (msk_source_layer_visit(l->images, l->image, i, take_entry, &p, &t->sums, err) < 0)
		return absorb(t, err);
	t->read = true;
	t->entries = l->tree->n - before;
	return 0;
}

static void sum_up(struct msk_layer_told *t, const struct msk_source_layer *layer)
{
	check_codec(t, layer);
	if (t->sums.cut)
		msk_checks_note(&t->checks, t->what, "its tar ends in the midst of a block, behind all bytes of its last file: "
				"runtimes take it, other readers of tar may not");
	if (!t->faults)
		msk_checks_pass(&t->checks, t->what, "%s, %llu bytes plain, %zu %s", t->sums.packed.text,
				(unsigned long long)t->sums.plain_size, t->entries,
				msk_plural(t->entries, "entry", "entries"));
}

int msk_layer_checks_tell(struct msk_layer_checks *l, struct msk_checks *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_table_release) struct msk_table found = { 0 };
	MSK_AUTO_TABLE_WALK w = { 0 };
	bool more;

	if (msk_layer_paths_find(l->tree, &l->whiteouts, &found, err) < 0)
		return -1;
	msk_table_walk_init(&w, &found);
	more = msk_table_next(&w);
	for (size_t i = 0; i < l->image->n_layers; i++) {
		take_findings(&l->told[i], (uint32_t)i + 1, &w, &more);
		if (l->told[i].read)
			sum_up(&l->told[i], &l->image->layers[i]);
		msk_checks_append(out, &l->told[i].checks);
	}
	return 0;
}
