/* --root, --platform. */
#include <string.h>

#include "parts.h"
#include "mkscratch/path.h"

/* A directory of such a name can be had as ./linux/... */
const char *msk_root_platform(const char *typed, struct msk_platform *out)
{
	size_t n = strcspn(typed, "=");
	MSK_AUTO_FREE char *word = msk_xstrndup(typed, n);

	return typed[n] && msk_starts_with(word, "linux/") && msk_platform_parse(word, out) ? typed + n + 1 : NULL;
}

char *msk_root_plain(const char *typed)
{
	struct msk_platform ignored;
	const char *dir = msk_root_platform(typed, &ignored);
	MSK_AUTO_FREE char *plain = msk_path_plain(dir ? dir : typed);

	if (!dir)
		return msk_root_platform(plain, &ignored) ? msk_xstrdup(typed) : msk_take(&plain);
	return msk_xasprintf("%.*s%s", (int)(dir - typed), typed, plain);
}

static int add_root(const char *typed, struct msk_plan *p, struct msk_err *err)
{
	struct msk_root root = { .dir = NULL };
	const char *dir = msk_root_platform(typed, &root.platform);

	if (!dir) {
		free(p->root);
		p->root = msk_xstrdup(typed);
		return 0;
	}
	if (!*dir)
		return msk_fail(err, MSK_E_USAGE, "--root %s: DIR is empty", typed);
	for (size_t i = 0; i < p->n_roots; i++)
		if (msk_platform_equal(&p->roots[i].platform, &root.platform))
			return msk_fail(err, MSK_E_USAGE, "--root %s: that platform has one already (%s)", typed,
					p->roots[i].dir);
	root.dir = msk_xstrdup(dir);
	p->roots[p->n_roots++] = root;
	return 0;
}

int msk_plan_roots(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	p->root = msk_xstrdup("/");
	p->roots = msk_xcalloc(o->root.n, sizeof *p->roots);
	for (size_t i = 0; i < o->root.n; i++) {
		if (!*o->root.v[i])
			return msk_fail(err, MSK_E_USAGE, "--root: the value is empty");
		if (add_root(o->root.v[i], p, err) < 0)
			return -1;
	}
	if (!o->platform || msk_platform_parse(o->platform, &p->loaded))
		return 0;
	return msk_fail(err, MSK_E_USAGE, "--platform %s: expected OS/ARCH or OS/ARCH/VARIANT", o->platform);
}

int msk_root_parse(const struct msk_strv *typed, const char **out, struct msk_err *err)
{
	struct msk_platform pf;

	*out = "/";
	for (size_t i = 0; i < typed->n; i++) {
		const char *dir = msk_root_platform(typed->v[i], &pf);

		if (dir) {
			msk_fail(err, MSK_E_USAGE, "--root %s: only a build has a root for each platform", typed->v[i]);
			return msk_hint(err, "--root %s", dir);
		}
		*out = typed->v[i];
	}
	return 0;
}

const char *msk_plan_lib_root(const struct msk_plan *p, const struct msk_platform *pf)
{
	const char *found = p->root;

	for (size_t i = 0; i < p->n_roots; i++) {
		if (msk_platform_equal(&p->roots[i].platform, pf))
			return p->roots[i].dir;
		if (msk_platform_covers(&p->roots[i].platform, pf))
			found = p->roots[i].dir;
	}
	return found;
}
