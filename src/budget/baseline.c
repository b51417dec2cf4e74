#include "mkscratch/budget.h"

#include <string.h>

#include "mkscratch/codec_spec.h"

void msk_baseline_release(struct msk_baseline *b)
{
	msk_image_tree_release(&b->tree);
	*b = (struct msk_baseline){ 0 };
}

/* Two layers may be one blob. */
static bool seen_before(const struct msk_layer_sums *sums, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(sums[k].packed.text, sums[i].packed.text) == 0)
			return true;
	return false;
}

static int weigh(const struct msk_source_images *s, const struct msk_source_image *image, struct msk_baseline *b,
		 struct msk_err *err)
{
	MSK_AUTO_FREE struct msk_layer_sums *sums = msk_xcalloc(image->n_layers, sizeof *sums);

	if (msk_source_image_tree(s, image, &b->tree, sums, err) < 0)
		return -1;
	b->stored = msk_source_image_size(image);
	for (size_t i = 0; i < image->n_layers; i++) {
		if (seen_before(sums, i))
			continue;
		b->plain += sums[i].plain_size;
		b->codecs |= 1u << msk_codec_by_head(sums[i].head);
	}
	return 0;
}

/* Whoever asks for the first time has none yet. */
static int fail_open(struct msk_err *err)
{
	bool absent = msk_ends_with(err->msg, ": no such image");

	msk_ctx_read(err, "--baseline");
	return absent ? msk_hint(err, "where there is no earlier image yet, leave --max-growth and --baseline out") : -1;
}

int msk_baseline_open(const char *name, uint64_t max_layer, struct msk_source_images *out, struct msk_err *err)
{
	if (msk_source_images_open(name, NULL, out, err) < 0)
		return fail_open(err);
	out->max_layer = max_layer;
	return 0;
}

int msk_baseline_read(const struct msk_source_images *s, const struct msk_platform *pf, struct msk_baseline *out,
		      struct msk_err *err)
{
	const struct msk_source_image *image;
	struct msk_baseline b = { 0 };

	if (msk_source_images_pick_like(s, pf, &image, err) < 0 || weigh(s, image, &b, err) < 0) {
		msk_baseline_release(&b);
		return msk_ctx_read(err, "--baseline");
	}
	*out = b;
	return 0;
}
