#include "mkscratch/plan.h"

#include <string.h>

#include "parts.h"
#include "mkscratch/timestamp.h"

#define N_LISTS 27

struct lists {
	struct msk_strv *v[N_LISTS];
};

static struct lists lists_of(struct msk_options *o)
{
	return (struct lists){ {
		&o->target,
		&o->bin, &o->file, &o->tree, &o->dir, &o->link, &o->cap, &o->root, &o->lib, &o->library_path, &o->dlopen,
		&o->cert, &o->certs_for,
		&o->tz_zones, &o->passwd_entry, &o->group_entry, &o->cmd, &o->env, &o->expose, &o->label, &o->annotation,
		&o->volume, &o->output, &o->tag, &o->args, &o->html, &o->platforms,
	} };
}

void msk_options_release(struct msk_options *o)
{
	const struct lists lists = lists_of(o);

	for (size_t i = 0; i < N_LISTS; i++)
		msk_strv_release(lists.v[i]);
	*o = (struct msk_options)MSK_OPTIONS_INIT;
}

int msk_options_check(const struct msk_options *o, struct msk_err *err)
{
	const struct lists lists = lists_of((struct msk_options *)(uintptr_t)o);
	size_t values = 0, bytes = 0;

	for (size_t i = 0; i < N_LISTS; i++) {
		const struct msk_strv *list = lists.v[i];

		values += list->n;
		for (size_t k = 0; k < list->n; k++)
			bytes += strlen(list->v[k]);
	}
	if (values > MSK_MAX_OPTION_VALUES)
		msk_fail(err, MSK_E_USAGE, "too many values of options (%zu vs %d)", values, MSK_MAX_OPTION_VALUES);
	else if (bytes > MSK_MAX_OPTION_BYTES)
		msk_fail(err, MSK_E_USAGE, "the values of options are too long together (%zu vs %u bytes)", bytes,
			 MSK_MAX_OPTION_BYTES);
	else
		return 0;
	return msk_hint(err, "--tree SRC:DEST takes a directory with whatever is in it");
}

static int check_bounds(const char *what, int64_t t, struct msk_err *err)
{
	if (t >= 0 && t <= MSK_TIME_MAX)
		return 0;
	return msk_fail(err, MSK_E_USAGE, "%s: outside the years 1970 to 9999 (%lld vs 0..%lld s)", what, (long long)t,
			MSK_TIME_MAX);
}

/* https://reproducible-builds.org/specs/source-date-epoch/. Empty is unset, as build systems make it. */
static int epoch(const char *typed, int64_t *out, struct msk_err *err)
{
	MSK_AUTO_FREE char *what = msk_xasprintf("SOURCE_DATE_EPOCH \"%s\"", typed);
	unsigned long long n;

	if (strspn(typed, "0123456789") != strlen(typed))
		return msk_fail(err, MSK_E_USAGE, "%s: not a whole number of seconds", what);
	if (!msk_parse_u64(typed, MSK_TIME_MAX, &n))
		return msk_fail(err, MSK_E_USAGE, "%s: later than the year 9999 (%s vs %lld s)", what, typed, MSK_TIME_MAX);
	*out = (int64_t)n;
	return 0;
}

static int created(const struct msk_options *o, int64_t *out, struct msk_err *err)
{
	MSK_AUTO_FREE char *what = msk_xasprintf("--created %s", o->created);
	MSK_AUTO_FREE char *midnight = msk_xasprintf("%sT00:00:00Z", o->created);
	unsigned long long seconds;

	if (strcmp(o->created, "now") == 0) {
		*out = o->now;
	} else if (msk_parse_u64(o->created, INT64_MAX, &seconds)) {
		*out = (int64_t)seconds;
	} else if (!msk_rfc3339_parse(o->created, out) && !msk_rfc3339_parse(midnight, out)) {
		msk_fail(err, MSK_E_USAGE, "%s: not a time", what);
		return msk_hint(err, "--created 2024-05-01T12:00:00Z, a date (midnight UTC), seconds since 1970, or now");
	}
	return check_bounds(what, *out, err);
}

int msk_plan_times(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	if (o->source_date_epoch && *o->source_date_epoch && epoch(o->source_date_epoch, &p->mtime, err) < 0)
		return -1;
	p->created = p->mtime;
	return o->created ? created(o, &p->created, err) : 0;
}

int msk_plan_make(const struct msk_options *o, struct msk_plan *out, struct msk_err *err)
{
	struct msk_plan p = { 0 };

	if (msk_options_check(o, err) < 0)
		return -1;
	if (msk_plan_inputs(o, &p, err) < 0 || msk_plan_caps(o, &p, err) < 0 || msk_plan_roots(o, &p, err) < 0 ||
	    msk_plan_content(o, &p, err) < 0 ||
	    msk_plan_config(o, &p, err) < 0 || msk_plan_health(o, &p, err) < 0 ||
	    msk_plan_times(o, &p, err) < 0 || msk_plan_outputs(o, &p, err) < 0 || msk_plan_budgets(o, &p, err) < 0) {
		msk_plan_release(&p);
		return -1;
	}
	*out = p;
	return 0;
}

void msk_config_release(struct msk_config *c)
{
	msk_strv_release(&c->entrypoint);
	msk_strv_release(&c->health.test);
	msk_strv_release(&c->cmd);
	msk_strv_release(&c->env);
	msk_strv_release(&c->volumes);
	msk_strv_release(&c->ports);
	msk_strv_release(&c->label_keys);
	msk_strv_release(&c->label_values);
	msk_strv_release(&c->annotation_keys);
	msk_strv_release(&c->annotation_values);
	free(c->workdir);
	free(c->stop_signal);
	free(c->author);
}

void msk_plan_release(struct msk_plan *p)
{
	for (size_t i = 0; i < p->n_tags; i++)
		msk_ref_release(&p->tags[i]);
	for (size_t i = 0; i < p->n_targets; i++)
		free(p->targets[i].path);
	for (size_t i = 0; i < p->n_caps; i++)
		msk_cap_release(&p->caps[i]);
	free(p->caps);
	free(p->accounts);
	free(p->groups);
	free(p->inputs);
	msk_arena_release(&p->texts);
	free(p->tags);
	free(p->targets);
	free(p->root);
	free(p->base);
	for (size_t i = 0; i < p->n_roots; i++)
		free(p->roots[i].dir);
	free(p->roots);
	free(p->baseline);
	free(p->hwcaps);
	free(p->certs_file);
	free(p->localtime);
	free(p->user.name);
	msk_strv_release(&p->libs);
	msk_strv_release(&p->library_path);
	msk_strv_release(&p->dlopen);
	msk_strv_release(&p->extra_certs);
	msk_strv_release(&p->certs_for);
	msk_strv_release(&p->zones);
	msk_config_release(&p->config);
	*p = (struct msk_plan){ 0 };
}
