/* --max-size. */
#include "parts.h"

static int plan_size(const char *typed, uint64_t *out, struct msk_err *err)
{
	unsigned long long n;

	if (msk_parse_size(typed, &n) && n > 0) {
		*out = n;
		return 0;
	}
	msk_fail(err, MSK_E_USAGE, "--max-size %s: not a size", typed);
	return msk_hint(err, "--max-size 500k, 12M or 1Gi");
}

int msk_plan_budgets(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	return o->max_size ? plan_size(o->max_size, &p->max_size, err) : 0;
}
