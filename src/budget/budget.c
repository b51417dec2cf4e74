#include "mkscratch/budget.h"

#include <string.h>

#include "largest.h"

#define SHOWN 8
#define HINT  "nothing was written; --print rootfs lists every file and why it is there"

static const char *whose(const struct msk_weight *w)
{
	return w->e ? "" : " (of the base)";
}

static int fail_size(const struct msk_plan *p, const struct msk_weights *w, uint64_t size, struct msk_err *err)
{
	size_t n = w->n < SHOWN ? w->n : SHOWN;

	msk_fail(err, MSK_E_INPUT, "--max-size: the image is larger (%llu vs %llu bytes)", (unsigned long long)size,
		 (unsigned long long)p->max_size);
	msk_detail(err, "the largest files, before compression:");
	for (size_t i = 0; i < n; i++) {
		MSK_AUTO_STR weight = MSK_STR_INIT;

		msk_str_add_size(&weight, w->v[i].size);
		msk_detail(err, "  %8s  %s%s", weight.buf, w->v[i].path, whose(&w->v[i]));
	}
	for (size_t i = 0; i < n; i++)
		msk_tell_strip(&w->v[i], err);
	return msk_hint(err, HINT);
}

/* A file that is larger than it was, or new. */
struct growth {
	const struct msk_weight *w;
	uint64_t was, by;
	bool is_new;
};

static int compare(const void *pa, const void *pb)
{
	const struct growth *a = pa, *b = pb;
	int c = (a->by < b->by) - (a->by > b->by);

	return c ? c : strcmp(a->w->path, b->w->path);
}

static size_t find_growth(const struct msk_weights *w, const struct msk_image_tree *then, struct growth *out)
{
	MSK_AUTO_TREE_WALK walk;
	size_t n = 0;

	msk_tree_walk_init(&walk, then);
	for (size_t i = 0; i < w->n; i++) {
		const struct msk_node *node = msk_tree_walk_to(&walk, w->v[i].path);
		uint64_t was = node && node->type == MSK_TAR_FILE ? node->size : 0;

		if (w->v[i].size > was)
			out[n++] = (struct growth){ &w->v[i], was, w->v[i].size - was, !node };
	}
	qsort(out, n, sizeof *out, compare);
	return n;
}

static void tell_growth(const struct growth *g, struct msk_err *err)
{
	MSK_AUTO_STR by = MSK_STR_INIT, now = MSK_STR_INIT, was = MSK_STR_INIT;

	msk_str_addc(&by, '+');
	msk_str_add_size(&by, g->by);
	msk_str_add_size(&now, g->w->size);
	msk_str_add_size(&was, g->was);
	if (g->is_new)
		msk_detail(err, "  %9s  %s (new)%s", by.buf, g->w->path, whose(g->w));
	else
		msk_detail(err, "  %9s  %s (%s, was %s)%s", by.buf, g->w->path, now.buf, was.buf, whose(g->w));
}

/* Its plain bytes, or as they are stored. */
struct measure {
	bool plain;
	uint64_t was, size, allowed;
};

static int fail_growth(const struct msk_plan *p, const struct msk_baseline *b, const struct msk_weights *w,
		       const struct measure *m, struct msk_err *err)
{
	MSK_AUTO_FREE struct growth *all = msk_xcalloc(w->n + 1, sizeof *all);
	size_t n = find_growth(w, &b->tree, all);
	uint64_t by = (m->size - m->was) * 10000 / m->was;

	msk_fail(err, MSK_E_INPUT, "--max-growth: the image has grown by %llu.%02llu%% since %s (%llu vs %llu bytes%s)",
		 (unsigned long long)by / 100, (unsigned long long)by % 100, p->baseline, (unsigned long long)m->size,
		 (unsigned long long)m->allowed, m->plain ? " before compression" : "");
	if (n)
		msk_detail(err, "what grew, before compression:");
	for (size_t i = 0; i < n && i < SHOWN; i++)
		tell_growth(&all[i], err);
	for (size_t i = 0; i < n && i < SHOWN; i++)
		msk_tell_strip(all[i].w, err);
	return msk_hint(err, HINT);
}

static uint64_t plain_size(const struct msk_layers *l)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < l->n; i++)
		sum += l->v[i].plain_size;
	return sum;
}

static struct measure measure(const struct msk_plan *p, const struct msk_baseline *b, const struct msk_image *img)
{
	bool plain = b->is_plain != (p->codec.kind == MSK_CODEC_NONE);
	struct measure m = { plain, plain ? b->plain : b->stored, plain ? plain_size(&img->layers) : img->size, 0 };

	m.allowed = m.was + m.was / 10000 * p->max_growth + m.was % 10000 * p->max_growth / 10000;
	return m;
}

int msk_budget_check(const struct msk_plan *p, const struct msk_baseline *b, const struct msk_rootfs *fs,
		     const struct msk_image_tree *below, const struct msk_image *img, struct msk_err *err)
{
	MSK_CLEANUP(msk_weights_release) struct msk_weights w = { NULL, 0, 0 };
	struct measure m = measure(p, b, img);
	bool too_large = p->max_size && img->size > p->max_size, has_grown = b->stored && m.size > m.allowed;

	if (!too_large && !has_grown)
		return 0;
	msk_weigh(fs, below, &w);
	return too_large ? fail_size(p, &w, img->size, err) : fail_growth(p, b, &w, &m, err);
}
