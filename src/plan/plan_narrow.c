#include <string.h>

#include "parts.h"

static char *copy_text(const char *s)
{
	return s ? msk_xstrdup(s) : NULL;
}

#define N_LISTS 7

struct lists {
	struct msk_strv *v[N_LISTS];
};

/* Of which there may be very many. */
static struct lists lists_of(struct msk_config *c)
{
	return (struct lists){ { &c->env, &c->volumes, &c->ports, &c->label_keys, &c->label_values, &c->annotation_keys,
				 &c->annotation_values } };
}

/* The lists are its own where a base adds to them. */
static void copy_config(const struct msk_config *from, bool has_base, struct msk_config *to)
{
	const struct lists lists = lists_of(to);

	*to = *from;
	for (size_t i = 0; has_base && i < N_LISTS; i++) {
		const struct msk_strv whole = *lists.v[i];

		msk_strv_copy(lists.v[i], &whole);
	}
	msk_strv_copy(&to->entrypoint, &from->entrypoint);
	msk_strv_copy(&to->cmd, &from->cmd);
	msk_strv_copy(&to->health.test, &from->health.test);
	to->workdir = copy_text(from->workdir);
	to->stop_signal = copy_text(from->stop_signal);
	to->author = copy_text(from->author);
}

static void narrow_roots(const struct msk_plan *whole, const struct msk_platform *pf, struct msk_plan *out)
{
	out->roots = msk_xcalloc(whole->n_roots, sizeof *out->roots);
	out->n_roots = 0;
	for (size_t i = 0; i < whole->n_roots; i++)
		if (msk_platform_covers(&whole->roots[i].platform, pf))
			out->roots[out->n_roots++] = whole->roots[i];
}

/* Mostly that is all of them. */
static void narrow_inputs(const struct msk_plan *whole, const bool *members, struct msk_plan *out)
{
	size_t n = 0;

	for (size_t i = 0; i < whole->n_inputs; i++)
		n += whole->inputs[i].kind != MSK_INPUT_BIN || members[i];
	out->several = n < whole->n_inputs;
	out->all_inputs = !out->several;
	if (out->all_inputs)
		return;
	out->inputs = msk_xcalloc(n, sizeof *out->inputs);
	out->n_inputs = 0;
	for (size_t i = 0; i < whole->n_inputs; i++)
		if (whole->inputs[i].kind != MSK_INPUT_BIN || members[i])
			out->inputs[out->n_inputs++] = whole->inputs[i];
}

int msk_plan_narrow(const struct msk_plan *whole, const bool *members, const struct msk_platform *pf,
		    struct msk_plan *out, struct msk_err *err)
{
	*out = *whole;
	narrow_inputs(whole, members, out);
	narrow_roots(whole, pf, out);
	out->lib_root = msk_plan_lib_root(whole, pf);
	copy_config(&whole->config, whole->base, &out->config);
	out->user.name = msk_xstrdup(whole->user.name);
	if (!whole->starts_first)
		return 0;
	msk_strv_release(&out->config.entrypoint);
	msk_strv_push(&out->config.entrypoint, out->inputs[0].dest);
	return msk_check_utf8(out->inputs[0].spec, out->inputs[0].dest, err);
}

void msk_plan_narrow_release(struct msk_plan *p)
{
	const struct lists lists = lists_of(&p->config);

	if (!p->all_inputs)
		free(p->inputs);
	free(p->roots);
	free(p->user.name);
	for (size_t i = 0; !p->base && i < N_LISTS; i++)
		*lists.v[i] = (struct msk_strv)MSK_STRV_INIT;
	msk_config_release(&p->config);
	*p = (struct msk_plan){ 0 };
}

bool msk_plan_keeps_program(const struct msk_plan *p, const struct msk_plan *whole, size_t i)
{
	for (size_t k = 0; i < whole->n_inputs && k < p->n_inputs; k++)
		if (p->inputs[k].spec == whole->inputs[i].spec)
			return true;
	return false;
}

bool msk_plan_keeps_root(const struct msk_plan *p, const char *typed)
{
	struct msk_platform of;

	if (!msk_root_platform(typed, &of))
		return true;
	for (size_t i = 0; i < p->n_roots; i++)
		if (msk_platform_equal(&p->roots[i].platform, &of))
			return true;
	return false;
}
