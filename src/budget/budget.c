#include "mkscratch/budget.h"

#include <string.h>

#include "largest.h"
#include "mkscratch/media_type.h"

#define HINT  "nothing was written; --print rootfs lists every file and why it is there"

static const char *whose(const struct msk_weight *w)
{
	return w->fs ? "" : " (of the base)";
}

/* Of several images, which. Heap. */
static char *which(const struct msk_plan *p, const struct msk_image *img)
{
	MSK_AUTO_STR platform = MSK_STR_INIT;

	if (!p->several)
		return msk_xstrdup("the image");
	msk_platform_add(&platform, &img->platform);
	return msk_xasprintf("the image for %s", platform.buf);
}

static int fail_size(const struct msk_plan *p, const struct msk_weights *w, const struct msk_image *img, struct msk_err *err)
{
	MSK_AUTO_FREE char *it = which(p, img);

	msk_fail(err, MSK_E_INPUT, "--max-size: %s is larger (%llu vs %llu bytes)", it, (unsigned long long)img->size,
		 (unsigned long long)p->max_size);
	msk_detail(err, "the largest files, before compression:");
	for (size_t i = 0; i < w->n; i++) {
		MSK_AUTO_STR weight = MSK_STR_INIT;

		msk_str_add_size(&weight, w->v[i].size);
		msk_detail(err, "  %8s  %s%s", weight.buf, w->v[i].path, whose(&w->v[i]));
	}
	for (size_t i = 0; i < w->n; i++)
		msk_tell_strip(&w->v[i], err);
	return msk_hint(err, HINT);
}

static void tell_growth(const struct msk_weight *w, struct msk_err *err)
{
	MSK_AUTO_STR by = MSK_STR_INIT, now = MSK_STR_INIT, was = MSK_STR_INIT;

	msk_str_addc(&by, '+');
	msk_str_add_size(&by, w->by);
	msk_str_add_size(&now, w->size);
	msk_str_add_size(&was, w->was);
	if (w->is_new)
		msk_detail(err, "  %9s  %s (new)%s", by.buf, w->path, whose(w));
	else
		msk_detail(err, "  %9s  %s (%s, was %s)%s", by.buf, w->path, now.buf, was.buf, whose(w));
}

/* Its plain bytes, or as they are stored. */
struct measure {
	bool plain;
	uint64_t was, size, allowed;
};

/* " by 12.34%"; nothing for what grew from nothing, as over a layer that is an empty file. */
static void add_share(struct msk_str *out, const struct measure *m)
{
	uint64_t by;

	if (!m->was)
		return;
	by = (m->size - m->was) * 10000 / m->was;
	msk_str_addf(out, " by %llu.%02llu%%", (unsigned long long)by / 100, (unsigned long long)by % 100);
}

static int fail_growth(const struct msk_plan *p, const struct msk_weights *w, const struct measure *m,
		       const struct msk_image *img, struct msk_err *err)
{
	MSK_AUTO_FREE char *it = which(p, img);
	MSK_AUTO_STR share = MSK_STR_INIT;

	add_share(&share, m);
	msk_fail(err, MSK_E_INPUT, "--max-growth: %s has grown%s since %s (from %llu to %llu bytes%s; the limit is %llu)", it,
		 msk_str_c(&share), p->baseline, (unsigned long long)m->was, (unsigned long long)m->size,
		 m->plain ? " before compression" : "", (unsigned long long)m->allowed);
	msk_detail(err, w->n ? "what grew, before compression:" : "no file has grown: names, config or record have, or the "
		   "compression is another");
	for (size_t i = 0; i < w->n; i++)
		tell_growth(&w->v[i], err);
	for (size_t i = 0; i < w->n; i++)
		msk_tell_strip(&w->v[i], err);
	return msk_hint(err, HINT);
}

/* Two layers may be one blob. */
static bool is_first(const struct msk_layers *l, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(l->v[k].blob.digest.text, l->v[i].blob.digest.text) == 0)
			return false;
	return true;
}

static uint64_t plain_size(const struct msk_layers *l)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < l->n; i++)
		if (is_first(l, i))
			sum += l->v[i].plain_size;
	return sum;
}

static unsigned codecs(const struct msk_layers *l)
{
	unsigned all = 0;

	for (size_t i = 0; i < l->n; i++)
		all |= 1u << msk_codec_by_media_type(l->v[i].blob.media_type);
	return all;
}

static struct measure measure(const struct msk_plan *p, const struct msk_baseline *b, const struct msk_image *img)
{
	bool plain = b->codecs != codecs(&img->layers);
	struct measure m = { plain, plain ? b->plain : b->stored, plain ? plain_size(&img->layers) : img->size, 0 };

	m.allowed = m.was + m.was / 10000 * p->max_growth + m.was % 10000 * p->max_growth / 10000;
	return m;
}

int msk_budget_check(const struct msk_plan *p, const struct msk_baseline *b, const struct msk_rootfs *fs,
		     const struct msk_image_tree *below, const struct msk_image *img, struct msk_err *err)
{
	MSK_CLEANUP(msk_weights_release) struct msk_weights w = { .n = 0 };
	struct measure m = measure(p, b, img);
	bool too_large = p->max_size && img->size > p->max_size, has_grown = b->stored && m.size > m.allowed;

	if (!too_large && !has_grown)
		return 0;
	msk_weigh(fs, below, too_large ? NULL : &b->tree, &w);
	return too_large ? fail_size(p, &w, img, err) : fail_growth(p, &w, &m, img, err);
}
