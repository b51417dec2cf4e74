#include <unistd.h>

#include "build_report.h"
#include "opt.h"
#include "outputs.h"
#include "mkscratch/join.h"

static int check_words(const struct msk_options *o, const struct msk_join *j, const struct msk_plan *plan,
		       struct msk_err *err)
{
	if (j->n == 1 && !j->v[0].n_attestations && o->annotation.n)
		return msk_fail(err, MSK_E_USAGE, "--annotation %s: one image has no index that could carry it",
				o->annotation.v[0]);
	if (msk_stdout_target(plan) && isatty(STDOUT_FILENO))
		return msk_fail(err, MSK_E_USAGE, "--output %s: standard output is a terminal", msk_stdout_target(plan));
	return msk_outputs_check(o, plan, err);
}

static void tell_left_out(const struct msk_join *j, const struct msk_log *log)
{
	for (size_t i = 0; i < j->n_sources; i++) {
		const struct msk_source_images *s = &j->sources[i];
		size_t left_out = msk_join_left_out(j, s);

		if (left_out)
			msk_warn(log, "%s: attestations and the like are left out (%zu)", msk_source_name(s->source), left_out);
		if (s->absent.n)
			msk_warn(log, "%s: images that its index names and that are not there are left out (%zu)",
				 msk_source_name(s->source), s->absent.n);
	}
}

/* A,B is the same as A and then B. */
static char *platforms(const struct msk_options *o)
{
	MSK_AUTO_STR list = MSK_STR_INIT;

	for (size_t i = 0; i < o->platforms.n; i++)
		msk_str_addf(&list, "%s%s", i ? "," : "", o->platforms.v[i]);
	return o->platforms.n ? msk_xstrdup(msk_str_c(&list)) : NULL;
}

int msk_cmd_index(const struct msk_options *o, struct msk_err *err)
{
	atomic_uint warned = 0;
	const struct msk_log log = { .level = o->level, .fd = STDERR_FILENO, .warned = o->strict ? &warned : NULL };
	MSK_CLEANUP(msk_join_release) struct msk_join join = { 0 };
	MSK_CLEANUP(msk_plan_release) struct msk_plan plan = { 0 };
	MSK_CLEANUP(msk_product_release) struct msk_product product = { 0 };
	MSK_AUTO_STRV tags = MSK_STRV_INIT;
	MSK_AUTO_FREE char *wanted = platforms(o);
	struct msk_build_facts facts = { 0 };

	if (!o->args.n) {
		msk_fail(err, MSK_E_USAGE, "index: no IMAGE given");
		return msk_hint(err, "mkscratch index -o all.tar amd64.tar arm64.tar");
	}
	if (msk_plan_layer_limit(o, &join.max_layer, err) < 0 || msk_join_open(&o->args, wanted, &join, err) < 0)
		return -1;
	msk_join_tags(&join, &tags);
	if (msk_plan_join(o, &tags, &plan, err) < 0)
		return -1;
	plan.media_types = msk_join_media_types(&join);
	if (check_words(o, &join, &plan, err) < 0)
		return -1;
	tell_left_out(&join, &log);
	msk_tell_secrets(&plan.config, &log);
	if (msk_join_run(&join, &plan, &log, &product, err) < 0)
		return -1;
	return msk_report(o, &(struct msk_build){ .plan = &plan, .log = &log, .facts = &facts }, &product, err);
}
