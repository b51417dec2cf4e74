#include "mkscratch/budget.h"

#include <string.h>

#include "largest.h"

#define SHOWN 8
#define HINT  "nothing was written; --print rootfs lists every file and why it is there"

static int fail_size(const struct msk_plan *p, const struct msk_rootfs *fs, uint64_t size, struct msk_err *err)
{
	const struct msk_entry *largest[SHOWN];
	size_t n = msk_largest(fs, largest, SHOWN);

	msk_fail(err, MSK_E_INPUT, "--max-size: the image is larger (%llu vs %llu bytes)", (unsigned long long)size,
		 (unsigned long long)p->max_size);
	msk_detail(err, "the largest files, before compression:");
	for (size_t i = 0; i < n; i++) {
		MSK_AUTO_STR weight = MSK_STR_INIT;

		msk_str_add_size(&weight, largest[i]->body.size);
		msk_detail(err, "  %8s  %s", weight.buf, largest[i]->path);
	}
	for (size_t i = 0; i < n; i++)
		msk_tell_strip(largest[i], err);
	return msk_hint(err, HINT);
}

/* A file that is larger than it was, or new. */
struct growth {
	const struct msk_entry *e;
	uint64_t was, by;
	bool is_new;
};

static int compare(const void *pa, const void *pb)
{
	const struct growth *a = pa, *b = pb;
	int c = (a->by < b->by) - (a->by > b->by);

	return c ? c : strcmp(a->e->path, b->e->path);
}

static size_t find_growth(const struct msk_rootfs *fs, const struct msk_image_tree *then, struct growth *out)
{
	size_t n = 0;

	for (size_t i = 0; i < msk_rootfs_count(fs); i++) {
		const struct msk_entry *e = msk_rootfs_at(fs, i);
		const struct msk_node *node = e->type == MSK_FILE ? msk_image_tree_find(then, e->path) : NULL;
		uint64_t was = node && node->type == MSK_TAR_FILE ? node->size : 0;

		if (e->type == MSK_FILE && e->body.size > was)
			out[n++] = (struct growth){ e, was, e->body.size - was, !node };
	}
	qsort(out, n, sizeof *out, compare);
	return n;
}

static void tell_growth(const struct growth *g, struct msk_err *err)
{
	MSK_AUTO_STR by = MSK_STR_INIT, now = MSK_STR_INIT, was = MSK_STR_INIT;

	msk_str_addc(&by, '+');
	msk_str_add_size(&by, g->by);
	msk_str_add_size(&now, g->e->body.size);
	msk_str_add_size(&was, g->was);
	if (g->is_new)
		msk_detail(err, "  %9s  %s (new)", by.buf, g->e->path);
	else
		msk_detail(err, "  %9s  %s (%s, was %s)", by.buf, g->e->path, now.buf, was.buf);
}

static int fail_growth(const struct msk_plan *p, const struct msk_baseline *b, const struct msk_rootfs *fs, bool plain,
		       uint64_t size, uint64_t allowed, struct msk_err *err)
{
	MSK_AUTO_FREE struct growth *all = msk_xcalloc(msk_rootfs_count(fs) + 1, sizeof *all);
	size_t n = find_growth(fs, &b->tree, all);
	uint64_t was = plain ? b->plain : b->stored, by = (size - was) * 10000 / was;

	msk_fail(err, MSK_E_INPUT, "--max-growth: the image has grown by %llu.%02llu%% since %s (%llu vs %llu bytes%s)",
		 (unsigned long long)by / 100, (unsigned long long)by % 100, p->baseline, (unsigned long long)size,
		 (unsigned long long)allowed, plain ? " before compression" : "");
	if (n)
		msk_detail(err, "what grew, before compression:");
	for (size_t i = 0; i < n && i < SHOWN; i++)
		tell_growth(&all[i], err);
	for (size_t i = 0; i < n && i < SHOWN; i++)
		msk_tell_strip(all[i].e, err);
	return msk_hint(err, HINT);
}

static uint64_t plain_size(const struct msk_layers *l)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < l->n; i++)
		sum += l->v[i].plain_size;
	return sum;
}

static int check_growth(const struct msk_plan *p, const struct msk_baseline *b, const struct msk_rootfs *fs,
			const struct msk_image *img, struct msk_err *err)
{
	bool plain = b->is_plain != (p->codec.kind == MSK_CODEC_NONE);
	uint64_t size = plain ? plain_size(&img->layers) : img->size, was = plain ? b->plain : b->stored;
	uint64_t allowed = was + was / 10000 * p->max_growth + was % 10000 * p->max_growth / 10000;

	return size <= allowed ? 0 : fail_growth(p, b, fs, plain, size, allowed, err);
}

int msk_budget_check(const struct msk_plan *p, const struct msk_baseline *b, const struct msk_rootfs *fs,
		     const struct msk_image *img, struct msk_err *err)
{
	if (p->max_size && img->size > p->max_size)
		return fail_size(p, fs, img->size, err);
	return b->stored ? check_growth(p, b, fs, img, err) : 0;
}
