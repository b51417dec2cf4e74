#include <string.h>

#include "checks.h"
#include "mkscratch/filecap.h"
#include "mkscratch/layer_reader.h"

#define MAX_ENTRIES 1000000
#define MAX_PATH_BYTES 4095

/* A layer under way. */
struct pass {
	struct msk_layer_check *l;
	char *what;                    /* "layer 1" */
	struct msk_layer_reader *reader;
	size_t first;                  /* of this layer's nodes in the tree */
	size_t faults;
};

static void pass_release(struct pass *p)
{
	msk_layer_reader_free(p->reader);
	free(p->what);
}

static void fault(struct pass *p, const char *fmt, const char *path)
{
	MSK_AUTO_STR s = MSK_STR_INIT;
	MSK_AUTO_STR name = MSK_STR_INIT;

	/* A layer that is wrong throughout need not say so a million times. */
	if (p->faults++ >= 20)
		return;
	msk_str_add_escaped(&name, path, strlen(path));
	msk_str_addf(&s, "entry \"%s\" %s", msk_str_c(&name), fmt);
	msk_checks_fail(p->l->checks, MSK_E_INPUT, p->what, "%s", s.buf);
}

/* Relative, no empty, "." or ".." part; a directory may end in a slash. */
static bool path_stays_inside(const char *path)
{
	size_t len = strlen(path);

	if (len == 0 || path[0] == '/' || len > MAX_PATH_BYTES)
		return false;
	for (const char *part = path; *part;) {
		size_t n = strcspn(part, "/");

		if (n == 0 || (n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		part += n + (part[n] == '/');
	}
	return true;
}

static int take_entry(struct pass *p, const struct msk_tar_entry *e, struct msk_err *err)
{
	struct msk_image_tree *t = p->l->tree;

	if (!path_stays_inside(e->path)) {
		fault(p, "leaves the image or is not plain", e->path);
		return 0;
	}
	if (t->n == MAX_ENTRIES)
		return msk_fail(err, MSK_E_INPUT, "%s: more than %d entries", p->what, MAX_ENTRIES);
	if (e->type == MSK_TAR_HARDLINK && !path_stays_inside(e->link))
		fault(p, "links to a target outside the image", e->path);
	if (e->bad_caps)
		fault(p, "has capabilities that no kernel takes (" MSK_FILECAP_XATTR ")", e->path);
	msk_image_tree_add(t, e, p->l->number);
	return 0;
}

static int walk_entries(struct pass *p, struct msk_layer_sums *sums, struct msk_err *err)
{
	struct msk_tar_entry e;

	for (bool more = true; more;) {
		if (msk_layer_reader_next(p->reader, &e, &more, err) < 0)
			return -1;
		if (more && take_entry(p, &e, err) < 0)
			return -1;
	}
	return msk_layer_reader_finish(p->reader, sums, err);
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every entry once, and every parent there, here or in a layer below. */
static void check_paths(struct pass *p)
{
	struct msk_image_tree *t = p->l->tree;
	MSK_AUTO_FREE const char **all = msk_xcalloc(t->n, sizeof *all);
	MSK_AUTO_FREE const char **mine = msk_xcalloc(t->n - p->first, sizeof *mine);

	for (size_t i = 0; i < t->n; i++)
		all[i] = t->v[i].path;
	memcpy(mine, all + p->first, (t->n - p->first) * sizeof *mine);
	qsort(all, t->n, sizeof *all, compare_paths);
	qsort(mine, t->n - p->first, sizeof *mine, compare_paths);
	for (size_t i = 0; i < t->n - p->first; i++) {
		MSK_AUTO_FREE char *parent = msk_xstrdup(mine[i]);
		char *slash = strrchr(parent, '/');

		if (i && strcmp(mine[i - 1], mine[i]) == 0)
			fault(p, "is there twice", mine[i]);
		if (!slash)
			continue;
		*slash = '\0';
		if (!bsearch(&parent, all, t->n, sizeof *all, compare_paths))
			fault(p, "has no entry for its parent directory", mine[i]);
	}
}

static void check_digests(struct pass *p, const struct msk_layer_sums *sums)
{
	struct msk_checks *c = p->l->checks;

	if (sums->packed_size != p->l->size)
		msk_checks_fail(c, MSK_E_INTEGRITY, p->what, "%s: %llu bytes, descriptor says %llu", p->l->digest,
				(unsigned long long)sums->packed_size, (unsigned long long)p->l->size);
	else if (strcmp(sums->packed.text, p->l->digest) != 0)
		msk_checks_fail(c, MSK_E_INTEGRITY, p->what, "%s: content hashes to %s", p->l->digest, sums->packed.text);
	else if (strcmp(sums->plain.text, p->l->diff_id) != 0)
		msk_checks_fail(c, MSK_E_INTEGRITY, p->what, "DiffID %s: content hashes to %s", p->l->diff_id,
				sums->plain.text);
	else if (!p->faults)
		msk_checks_pass(c, p->what, "%s, %llu bytes plain, %zu entries", p->l->digest,
				(unsigned long long)sums->plain_size, p->l->tree->n - p->first);
}

/* A blob that cannot be unpacked is first of all one whose digest is wrong, if it is. */
static int judge_failure(struct pass *p, struct msk_err *err)
{
	struct msk_err ignored = MSK_ERR_INIT;
	struct msk_digest packed;
	uint64_t size;

	if (err->code == MSK_E_INPUT && msk_layer_reader_packed(p->reader, &packed, &size, &ignored) == 0 &&
	    strcmp(packed.text, p->l->digest) != 0) {
		*err = (struct msk_err)MSK_ERR_INIT;
		if (size != p->l->size)
			msk_fail(err, MSK_E_INTEGRITY, "%s: %llu bytes, descriptor says %llu", p->l->digest,
				 (unsigned long long)size, (unsigned long long)p->l->size);
		else
			msk_fail(err, MSK_E_INTEGRITY, "%s: content hashes to %s", p->l->digest, packed.text);
	}
	return msk_checks_absorb(p->l->checks, p->what, err);
}

int msk_check_layer(struct msk_layer_check *l, struct msk_err *err)
{
	MSK_CLEANUP(pass_release) struct pass p = { .l = l, .first = l->tree->n };
	MSK_AUTO_FREE char *path = msk_xasprintf("blobs/sha256/%s", l->digest + strlen("sha256:"));
	struct msk_layer_sums sums;
	bool found = false;

	p.what = msk_xasprintf("layer %zu", l->number);
	if (msk_layer_reader_new(l->source, path, p.what, &found, &p.reader, err) < 0)
		return msk_checks_absorb(l->checks, p.what, err);
	if (!found) {
		msk_checks_fail(l->checks, MSK_E_INTEGRITY, p.what, "%s: blob is missing", l->digest);
		return 0;
	}
	if (walk_entries(&p, &sums, err) < 0)
		return judge_failure(&p, err);
	check_paths(&p);
	check_digests(&p, &sums);
	return 0;
}
