/* --cap PATH=CAPABILITY,... */
#include <string.h>

#include "mkscratch/filecap.h"
#include "parts.h"

/* setcap(8) has the sets behind the names; ours are always these two. */
static int drop_sets(const char *what, char *text, struct msk_err *err)
{
	size_t n = strlen(text);
	char *plus = strrchr(text, '+');

	if (n > 3 && (strcmp(text + n - 2, "ep") == 0 || strcmp(text + n - 2, "pe") == 0) &&
	    (text[n - 3] == '+' || text[n - 3] == '=')) {
		text[n - 3] = '\0';
		return 0;
	}
	if (!plus || plus < strrchr(text, '='))
		return 0;
	msk_fail(err, MSK_E_USAGE, "%s: the sets \"%s\" are not effective and permitted", what, plus);
	return msk_hint(err, "leave them out, or write +ep");
}

/* Begun with or without "cap_", or misspelt. */
static const char *nearest(const char *name)
{
	const char *own = msk_starts_with(name, "cap_") ? name + 4 : name, *near = NULL, *other;
	size_t best = 3;

	for (unsigned i = 0; (other = msk_filecap_name(i)); i++) {
		size_t d = strlen(own) > 2 && msk_starts_with(other + 4, own) ? 0 : msk_edit_distance(own, other + 4);

		if (d < best && d < strlen(own)) {
			best = d;
			near = other;
		}
	}
	return near;
}

static int fail_unknown(const char *what, const char *bad, struct msk_err *err)
{
	MSK_AUTO_FREE char *name = msk_xstrndup(bad, strcspn(bad, ","));
	const char *near = nearest(name);

	msk_fail(err, MSK_E_USAGE, "%s: \"%s\" is not a capability", what, name);
	return near ? msk_hint(err, "did you mean %s?", near) : msk_hint(err, "capabilities(7) lists them");
}

static int parse(const char *typed, struct msk_cap *out, struct msk_err *err)
{
	MSK_AUTO_FREE char *what = msk_xasprintf("--cap %s", typed);
	MSK_AUTO_FREE char *text = msk_xstrdup(typed);
	char *equals;
	const char *bad;

	if (drop_sets(what, text, err) < 0)
		return -1;
	equals = strrchr(text, '=');
	if (!equals || equals == text || !equals[1]) {
		const char *name = equals || text[0] == '/' ? NULL : msk_filecap_number(text) >= 0 ? text : nearest(text);

		msk_fail(err, MSK_E_USAGE, "%s: is not PATH=CAPABILITY", what);
		return msk_hint(err, "--cap /app=%s", name ? name : "cap_net_bind_service");
	}
	*equals = '\0';
	if (!msk_filecap_parse(equals + 1, &out->caps, &bad))
		return fail_unknown(what, bad, err);
	if (msk_image_path(what, text, &out->path, err) < 0)
		return -1;
	out->spec = msk_take(&what);
	return 0;
}

void msk_cap_release(struct msk_cap *c)
{
	free(c->spec);
	free(c->path);
}

int msk_plan_caps(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	p->caps = msk_xcalloc(o->cap.n + 1, sizeof *p->caps);
	for (; p->n_caps < o->cap.n; p->n_caps++)
		if (parse(o->cap.v[p->n_caps], &p->caps[p->n_caps], err) < 0)
			return -1;
	return 0;
}
