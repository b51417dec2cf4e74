#include "parts.h"

int msk_plan_narrow(const struct msk_plan *whole, const bool *members, struct msk_plan *out, struct msk_err *err)
{
	*out = *whole;
	out->inputs = msk_xcalloc(whole->n_inputs, sizeof *out->inputs);
	out->n_inputs = 0;
	for (size_t i = 0; i < whole->n_inputs; i++)
		if (whole->inputs[i].kind != MSK_INPUT_BIN || members[i])
			out->inputs[out->n_inputs++] = whole->inputs[i];
	out->config.entrypoint = (struct msk_strv)MSK_STRV_INIT;
	if (!whole->starts_first) {
		for (size_t i = 0; i < whole->config.entrypoint.n; i++)
			msk_strv_push(&out->config.entrypoint, whole->config.entrypoint.v[i]);
		return 0;
	}
	msk_strv_push(&out->config.entrypoint, out->inputs[0].dest);
	return msk_check_utf8(out->inputs[0].spec, out->inputs[0].dest, err);
}

void msk_plan_narrow_release(struct msk_plan *p)
{
	free(p->inputs);
	msk_strv_release(&p->config.entrypoint);
	*p = (struct msk_plan){ 0 };
}
