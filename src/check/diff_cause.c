/* One sentence for all that differs. */
#include <string.h>

#include "diff.h"

#define NAMED 2             /* so many are named before the rest is counted */

struct cause {
	const struct msk_diff *d;
	struct msk_strv parts;
};

static bool matches(const struct msk_difference *n, enum msk_diff_kind kind, unsigned aspects)
{
	return n->kind == kind && (!aspects || n->aspects & aspects);
}

/* Names of those that match: "/a, /b and 3 more". Returns how many there are. */
static size_t names(const struct cause *c, enum msk_diff_kind kind, unsigned aspects, struct msk_str *out)
{
	size_t n = 0;

	for (size_t i = 0; i < c->d->n; i++) {
		const char *what = c->d->v[i].what;

		if (!matches(&c->d->v[i], kind, aspects) || n++ >= NAMED)
			continue;
		msk_str_adds(out, n > 1 ? ", " : "");
		if (msk_starts_with(what, "config."))
			what += strlen("config.");
		msk_str_add_escaped(out, what, strlen(what));
	}
	if (n > NAMED)
		msk_str_addf(out, " and %zu more", n - NAMED);
	return n;
}

/* `one` and `many` take the names. */
static void add(struct cause *c, enum msk_diff_kind kind, unsigned aspects, const char *one, const char *many)
{
	MSK_AUTO_STR list = MSK_STR_INIT, part = MSK_STR_INIT;
	size_t n = names(c, kind, aspects, &list);

	if (!n)
		return;
	if (n == 1)
		msk_str_addf(&part, "%s%s", one, list.buf);
	else
		msk_str_addf(&part, "%s %zu paths (%s)", many, n, list.buf);
	msk_strv_push_own(&c->parts, msk_str_take(&part));
}

static void add_named(struct cause *c, enum msk_diff_kind kind, const char *what)
{
	MSK_AUTO_STR list = MSK_STR_INIT;

	if (names(c, kind, 0, &list))
		msk_strv_push_own(&c->parts, msk_xasprintf("%s (%s)", what, list.buf));
}

/* What changes digests and nothing that anybody would notice. */
static void add_form(struct cause *c)
{
	MSK_AUTO_STR layers = MSK_STR_INIT, form = MSK_STR_INIT, times = MSK_STR_INIT;
	size_t n = names(c, MSK_DIFF_LAYER, 0, &layers), timed = 0;
	const char *but = c->parts.n ? "" : "nothing but ";

	for (size_t i = 0; i < c->d->n; i++)
		timed += matches(&c->d->v[i], MSK_DIFF_CHANGED, MSK_DIFF_TIME);
	if (timed)
		msk_strv_push_own(&c->parts, msk_xasprintf("%sthe times of %zu path%s", but, timed, timed > 1 ? "s" : ""));
	if (n)
		msk_strv_push_own(&c->parts, msk_xasprintf("%show %s compressed", c->parts.n ? "" : but,
							    n == 1 ? "one layer is" : "the layers are"));
	if (names(c, MSK_DIFF_FORM, 0, &form))
		msk_strv_push_own(&c->parts, msk_xasprintf("%sthe form of its %s, which say the same", c->parts.n ? "" : but,
							    form.buf));
}

void msk_diff_add_cause(const struct msk_diff *d, struct msk_str *out)
{
	struct cause c = { d, MSK_STRV_INIT };

	add(&c, MSK_DIFF_CHANGED, MSK_DIFF_CONTENT, "the content of ", "the content of");
	add(&c, MSK_DIFF_ADDED, 0, "what was added, ", "what was added,");
	add(&c, MSK_DIFF_REMOVED, 0, "what was removed, ", "what was removed,");
	add(&c, MSK_DIFF_CHANGED, MSK_DIFF_TYPE, "the type of ", "the types of");
	add(&c, MSK_DIFF_CHANGED, MSK_DIFF_LINK, "where a link leads, ", "where links lead,");
	add(&c, MSK_DIFF_CHANGED, MSK_DIFF_MODE, "the mode of ", "the modes of");
	add(&c, MSK_DIFF_CHANGED, MSK_DIFF_OWNER, "the owner of ", "the owners of");
	add(&c, MSK_DIFF_CHANGED, MSK_DIFF_XATTR, "the attributes of ", "the attributes of");
	add_named(&c, MSK_DIFF_CONFIG, "the config");
	add_named(&c, MSK_DIFF_MANIFEST, "the manifest");
	add_form(&c);
	for (size_t i = 0; i < c.parts.n; i++)
		msk_str_addf(out, "%s%s", i == 0 ? "" : i + 1 == c.parts.n ? " and " : ", ", c.parts.v[i]);
	msk_strv_release(&c.parts);
}
