/* What `index` takes: -o, -t, --annotation. */
#include "parts.h"

static int check_words(const struct msk_options *o, const struct msk_strv *names, struct msk_err *err)
{
	if (o->output.n == 0) {
		msk_fail(err, MSK_E_USAGE, "nowhere to write: no --output given");
		return msk_hint(err, "-o img.tar");
	}
	if (o->tag.n || names->n)
		return 0;
	msk_fail(err, MSK_E_USAGE, o->args.n > 1 ? "index: the images have no name in common" : "index: the image has no name");
	return msk_hint(err, "-t NAME[:TAG]");
}

int msk_plan_join(const struct msk_options *o, const struct msk_strv *names, struct msk_plan *out, struct msk_err *err)
{
	struct msk_plan p = { 0 };

	if (check_words(o, names, err) < 0)
		return -1;
	if (msk_plan_targets(&o->output, &p, err) < 0 || msk_plan_tags(o->tag.n ? &o->tag : names, &p, err) < 0 ||
	    msk_plan_annotations(o, &p.config, err) < 0) {
		msk_plan_release(&p);
		return -1;
	}
	*out = p;
	return 0;
}
