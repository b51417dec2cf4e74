#include <string.h>

#include "checks.h"
#include "contents.h"
#include "layer_paths.h"
#include "mkscratch/codec_spec.h"
#include "mkscratch/filecap.h"
#include "mkscratch/rotree.h"

/* A layer under way. */
struct pass {
	const struct msk_layer_check *l;
	char *what;                    /* "layer 1" */
	size_t first;                  /* entries of the layers before */
	size_t faults;
	char *last;                    /* path of the entry before */
	bool whiteout;
	struct msk_table whiteouts;    /* what they delete, in the order of a tree; the number of the entry */
};

static void pass_release(struct pass *p)
{
	free(p->what);
	free(p->last);
	msk_table_release(&p->whiteouts);
}

static void fault(struct pass *p, const char *what, const char *path)
{
	/* A layer that is wrong throughout need not say so a million times. */
	if (p->faults++ < 20)
		msk_checks_fail(p->l->checks, MSK_E_INPUT, p->what, "entry \"%s\" %s", path, what);
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
		fault(p, msk_layer_path_fault(e->path), e->path);
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
	check_length(p, e, path);
	check_whiteout(p, e, path);
	check_order(p, e->path);
	if (msk_layer_paths_whiteout(&p->whiteouts, path, entry->nth, err) < 0 ||
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

static void tell(struct pass *p, const struct tally *t, const char *what)
{
	if (t->n)
		msk_checks_note(p->l->checks, p->what, "/%s stands before %s (%zu such)", t->first, what, t->n);
}

/* That a parent lacks, or comes late, is no rule of image-spec; whiteouts "should" come first. In ours all is sorted. */
static void tell_others(struct pass *p, const struct tally *by_finding)
{
	size_t orphans = by_finding[MSK_PATH_ORPHAN].n;

	if (orphans)
		msk_checks_note(p->l->checks, p->what, "%zu of its entries lack one for their directory, which Docker "
				"before 23 then keeps from all but root", orphans);
	tell(p, &by_finding[MSK_PATH_EARLY], "the entry of its directory");
	tell(p, &by_finding[MSK_PATH_UNDONE], "a whiteout of the same layer that deletes it where the order counts");
}

static void take_finding(struct pass *p, enum msk_path_finding what, const char *path, struct tally *by_finding)
{
	static const char *const faults[] = {
		[MSK_PATH_TWICE] = "is there twice",
		[MSK_PATH_ORPHAN] = "has no entry for its parent directory",
		[MSK_PATH_EARLY] = NULL,       /* told already: entries are sorted */
		[MSK_PATH_UNDONE] = "stands before a whiteout that deletes it",
	};

	if (what == MSK_PATH_TWICE || (p->l->ours && faults[what]))
		fault(p, faults[what], path);
	else if (!p->l->ours && !by_finding[what].n++)
		by_finding[what].first = msk_xstrdup(path);
}

static int check_paths(struct pass *p, struct msk_err *err)
{
	MSK_CLEANUP(msk_table_release) struct msk_table found = { 0 };
	struct tally by_finding[MSK_PATH_UNDONE + 1] = { { 0, NULL } };
	MSK_AUTO_TABLE_WALK w = { 0 };
	MSK_AUTO_STR path = MSK_STR_INIT;

	if (msk_layer_paths_find(p->l->tree, &p->whiteouts, (uint32_t)p->l->i + 1, &found, err) < 0)
		return -1;
	for (msk_table_walk_init(&w, &found); msk_table_next(&w); path.len = 0) {
		msk_str_add(&path, w.key, w.n_key);
		take_finding(p, w.value[0], path.buf, by_finding);
	}
	tell_others(p, by_finding);
	for (size_t i = 0; i <= MSK_PATH_UNDONE; i++)
		free(by_finding[i].first);
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
