#include <string.h>

#include "mkscratch/closure.h"
#include "mkscratch/names.h"
#include "mkscratch/path.h"

const char *msk_found_by_name(enum msk_found_by by)
{
	static const char *const names[] = {
		[MSK_BY_PROGRAM] = "program", [MSK_BY_INTERP] = "interp", [MSK_BY_RPATH] = "rpath",
		[MSK_BY_LIBRARY_PATH] = "library-path", [MSK_BY_RUNPATH] = "runpath", [MSK_BY_CACHE] = "ld.so.cache",
		[MSK_BY_CONF] = "ld.so.conf", [MSK_BY_SYSTEM_DIR] = "system-dir", [MSK_BY_PATH] = "path",
		[MSK_BY_OPTION] = "option",
	};

	return names[by];
}

/* "app: libfoo.so.1 needs libbar.so.2 or libbar.so.1 while it runs," */
static void add_wisher(const struct msk_closure *c, const struct msk_missing *m, const char *name, struct msk_str *who)
{
	msk_str_addf(who, "%s: ", name);
	if (m->needed_by)
		msk_str_addf(who, "%s ", c->objects[m->needed_by].name);
	msk_str_adds(who, "needs ");
	msk_wish_add_names(&c->wishes[m->wish], who);
	msk_str_adds(who, " while it runs,");
}

/* What falls short, and who needs it. */
static int fail_missing(const struct msk_closure *c, const struct msk_missing *m, const char *name, struct msk_err *err)
{
	const char *what = m->name[0] ? m->name : "\"\"";
	MSK_AUTO_STR who = MSK_STR_INIT;

	if (m->by_wish)
		add_wisher(c, m, name, &who);
	else if (m->by_option)
		msk_str_addf(&who, "--lib %s:", m->name);
	else if (m->needed_by == 0)
		msk_str_addf(&who, "%s: needs %s,", name, what);
	else
		msk_str_addf(&who, "%s: %s needs %s,", name, c->objects[m->needed_by].name, what);
	if (m->found)
		return msk_fail(err, m->code ? m->code : MSK_E_MISSING, "%s found only %s: %s", who.buf, m->found, m->why);
	if (m->why)
		return msk_fail(err, MSK_E_MISSING, "%s which %s", who.buf, m->why);
	if (m->n_dirs == 0)
		return msk_fail(err, MSK_E_MISSING, "%s not found", who.buf);
	return msk_fail(err, MSK_E_MISSING, "%s not found (searched %zu %s)", who.buf, m->n_dirs,
			msk_plural(m->n_dirs, "directory", "directories"));
}

/* The other names that are missing, as far as a line holds them. */
static void add_others(const struct msk_closure *c, struct msk_str *hint)
{
	size_t shown = 0;

	for (size_t i = 1; i < c->n_missing && hint->len < 200; i++, shown++)
		msk_str_addf(hint, "%s%s", i == 1 ? "also missing: " : ", ", c->missing[i].name);
	if (shown && shown + 1 < c->n_missing)
		msk_str_addf(hint, " and %zu more", c->n_missing - 1 - shown);
	if (shown)
		msk_str_adds(hint, "; ");
}

/* Where the first one was looked for, each place once, as far as a line holds it. The cache is no directory. */
static void add_searched(const struct msk_closure *c, const struct msk_missing *m, struct msk_str *hint)
{
	MSK_CLEANUP(msk_names_release) struct msk_names told = { 0 };
	size_t shown = 0, left = 0, cached = 0;

	for (size_t i = 0; i < m->searched.n; i++) {
		if (!msk_names_add(&told, m->searched.v[i], 0))
			continue;
		if (c->cache_path && strcmp(m->searched.v[i], c->cache_path) == 0)
			cached = 1;
		else if (hint->len < 200)
			msk_str_addf(hint, "%s%s", shown++ ? ", " : "looked in ", m->searched.v[i]);
		else
			left++;
	}
	if (left)
		msk_str_addf(hint, " and %zu more", left);
	if (shown && cached)
		msk_str_addf(hint, ", not named by %s", c->cache_path);
	if (shown)
		msk_str_adds(hint, "; ");
}

/* A path is one below --root and one of the image. What was meant is as a rule a file that lies somewhere and is to be
 * found by its name; `--lib ./x:/usr/lib/x` is how --file would be told. */
static void add_cure_of_path(const char *typed, struct msk_str *hint)
{
	const char *dest = strstr(typed, ":/");
	MSK_AUTO_FREE char *src = msk_xstrndup(typed, dest ? (size_t)(dest - typed) : strlen(typed));
	MSK_AUTO_FREE char *base = msk_path_base(src), *dir = msk_path_dir(src);
	const char *below = msk_starts_with(dir, "./") ? dir + 2 : dir;

	if (src[0] == '/' && !dest) {
		msk_str_addf(hint, "a path is looked up below --root; --lib %s looks for it by name", base);
		return;
	}
	if (dest)
		msk_str_adds(hint, "it takes no DEST; ");
	if (src[0] == '/')
		msk_str_addf(hint, "--lib %s --library-path %s", base, dir);
	else if (strcmp(below, ".") == 0)
		msk_str_addf(hint, "--lib %s --library-path \"$PWD\"", base);
	else
		msk_str_addf(hint, "--lib %s --library-path \"$PWD/%s\"", base, below);
	if (dest)
		msk_str_addf(hint, ", or --file %s:%s:0755", src, dest + 1);
	else
		msk_str_adds(hint, " puts it where the loader looks");
}

int msk_closure_check(const struct msk_closure *c, const char *name, struct msk_err *err)
{
	MSK_AUTO_STR hint = MSK_STR_INIT;
	const struct msk_missing *m = c->missing;

	if (c->n_missing == 0)
		return 0;
	fail_missing(c, m, name, err);
	add_others(c, &hint);
	if (m->skipped.n && !m->found)
		msk_str_addf(&hint, "found only %s; ", m->skipped.v[0]);
	if (m->level)
		msk_str_addf(&hint, "--hwcaps %s finds it; ", m->level);
	add_searched(c, m, &hint);
	if (m->by_wish && c->wishes[m->wish].feature)
		msk_str_addf(&hint, "--dlopen=-%s leaves it out; ", c->wishes[m->wish].feature);
	else if (m->by_wish)
		msk_str_adds(&hint, "--dlopen none leaves it out; ");
	if (m->by_option && strchr(m->name, '/'))
		add_cure_of_path(m->name, &hint);
	else
		msk_str_adds(&hint, "add --library-path DIR, or --root of another system");
	return msk_hint(err, "%s", hint.buf);
}
