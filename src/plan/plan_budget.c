/* --max-size, --max-layer-size, --max-growth, --baseline. */
#include <string.h>

#include "parts.h"

#define MAX_PERCENT 10000

static int plan_size(const char *option, const char *typed, uint64_t *out, struct msk_err *err)
{
	unsigned long long n;

	if (msk_parse_size(typed, &n) && n > 0) {
		*out = n;
		return 0;
	}
	msk_fail(err, MSK_E_USAGE, "--%s %s: not a size", option, typed);
	return msk_hint(err, "a number and k, M, G (thousands) or Ki, Mi, Gi (1024): --%s 500k, 12M, 1.5G or 1Gi", option);
}

int msk_plan_layer_limit(const struct msk_options *o, uint64_t *out, struct msk_err *err)
{
	return o->max_layer_size ? plan_size("max-layer-size", o->max_layer_size, out, err) : 0;
}

/* "5%", "0.25%" as hundredths of a percent. */
static bool parse_percent(const char *typed, unsigned *out)
{
	size_t whole = strspn(typed, "0123456789"), behind = typed[whole] == '.' ? strspn(typed + whole + 1, "0123456789") : 0;
	MSK_AUTO_FREE char *a = msk_xstrndup(typed, whole), *b = NULL;
	const char *rest = typed + whole + (typed[whole] == '.' ? 1 + behind : 0);
	unsigned long long n, hundredths = 0;

	if (strcmp(rest, "%") != 0 || (typed[whole] == '.' && (behind < 1 || behind > 2)) ||
	    !msk_parse_u64(a, MAX_PERCENT, &n))
		return false;
	b = msk_xasprintf("%.*s%s", (int)behind, typed + whole + 1, behind == 1 ? "0" : "");
	if (behind && !msk_parse_u64(b, 99, &hundredths))
		return false;
	*out = (unsigned)(n * 100 + hundredths);
	return true;
}

static int plan_growth(const char *growth, const char *baseline, struct msk_plan *p, struct msk_err *err)
{
	if (!growth || !baseline) {
		msk_fail(err, MSK_E_USAGE, growth ? "--max-growth: since when? no --baseline given" :
			 "--baseline: nothing to hold it against, no --max-growth given");
		return msk_hint(err, "--max-growth 5%% --baseline old.tar");
	}
	if (!*baseline)
		return msk_fail(err, MSK_E_USAGE, "--baseline: the value is empty");
	if (!parse_percent(growth, &p->max_growth)) {
		msk_fail(err, MSK_E_USAGE, "--max-growth %s: not a percentage from 0%% to %d%%", growth, MAX_PERCENT);
		return msk_hint(err, "--max-growth 5%% or 0.5%%");
	}
	p->baseline = msk_xstrdup(baseline);
	return 0;
}

int msk_plan_budgets(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	if ((o->max_size && plan_size("max-size", o->max_size, &p->max_size, err) < 0) ||
	    msk_plan_layer_limit(o, &p->max_layer, err) < 0)
		return -1;
	return o->max_growth || o->baseline ? plan_growth(o->max_growth, o->baseline, p, err) : 0;
}
