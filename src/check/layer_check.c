#include <string.h>

#include "checks.h"
#include "mkscratch/filecap.h"

#define MAX_PATH_BYTES 4095

/* A layer under way. */
struct pass {
	const struct msk_layer_check *l;
	char *what;                    /* "layer 1" */
	size_t first;                  /* of this layer's nodes in the tree */
	size_t faults;
};

static void pass_release(struct pass *p)
{
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

static int take_entry(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	const struct msk_tar_entry *e = entry->e;
	struct pass *p = ctx;

	if (!path_stays_inside(e->path)) {
		fault(p, "leaves the image or is not plain", e->path);
		return 0;
	}
	if (e->type == MSK_TAR_HARDLINK && !path_stays_inside(e->link))
		fault(p, "links to a target outside the image", e->path);
	if (e->bad_caps)
		fault(p, "has capabilities that no kernel takes (" MSK_FILECAP_XATTR ")", e->path);
	return msk_image_tree_add(p->l->tree, entry, err);
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

/* Errors of a layer begin with its name, which findings have apart. */
static int absorb(struct pass *p, struct msk_err *err)
{
	size_t n = strlen(p->what);

	if (msk_starts_with(err->msg, p->what) && msk_starts_with(err->msg + n, ": "))
		memmove(err->msg, err->msg + n + 2, strlen(err->msg + n + 2) + 1);
	return msk_checks_absorb(p->l->checks, p->what, err);
}

int msk_check_layer(const struct msk_layer_check *l, struct msk_err *err)
{
	MSK_CLEANUP(pass_release) struct pass p = { .l = l, .first = l->tree->n };
	struct msk_layer_sums sums;

	p.what = msk_xasprintf("layer %zu", l->i + 1);
	if (msk_source_layer_visit(l->images, l->image, l->i, take_entry, &p, &sums, err) < 0)
		return absorb(&p, err);
	check_paths(&p);
	if (!p.faults)
		msk_checks_pass(l->checks, p.what, "%s, %llu bytes plain, %zu entries", sums.packed.text,
				(unsigned long long)sums.plain_size, l->tree->n - p.first);
	return 0;
}
