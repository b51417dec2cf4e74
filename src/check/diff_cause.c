/* One sentence for all that differs. */
#include <string.h>

#include "diff.h"

#define NAMED 2             /* so many are named before the rest is counted */

/* What differs in one way. */
struct group {
	enum msk_diff_kind kind;
	unsigned aspects;           /* one of them at least; 0: any */
	const char *one, *many;     /* in front of the names of paths; `many` NULL: in front of others, in brackets */
	size_t n;
	struct msk_str names;       /* "/a, /b and 3 more" */
};

enum { N_GROUPS = 13, LAYERS = 10, FORMS = 11, TIMES = 12 };

struct cause {
	struct group groups[N_GROUPS];
	struct msk_strv parts;
};

static bool matches(const struct msk_difference *n, const struct group *g)
{
	return n->kind == g->kind && (!g->aspects || n->aspects & g->aspects);
}

static void count(struct group *g, const char *what)
{
	if (g->n++ >= NAMED)
		return;
	msk_str_adds(&g->names, g->n > 1 ? ", " : "");
	if (g->kind == MSK_DIFF_CONFIG && msk_starts_with(what, "config."))
		what += strlen("config.");
	msk_str_add_shown(&g->names, what, strlen(what));
}

static void find_groups(const struct msk_diff *d, struct cause *c)
{
	MSK_AUTO_DIFF_WALK w;
	const struct msk_difference *n;

	for (msk_diff_walk_init(&w, d); (n = msk_diff_next(&w));)
		for (int i = 0; i < N_GROUPS; i++)
			if (matches(n, &c->groups[i]))
				count(&c->groups[i], n->what);
	for (int i = 0; i < N_GROUPS; i++)
		if (c->groups[i].n > NAMED)
			msk_str_addf(&c->groups[i].names, " and %zu more", c->groups[i].n - NAMED);
}

static void add(struct cause *c, const struct group *g)
{
	MSK_AUTO_STR part = MSK_STR_INIT;

	if (!g->n)
		return;
	if (!g->many)
		msk_str_addf(&part, "%s (%s)", g->one, g->names.buf);
	else if (g->n == 1)
		msk_str_addf(&part, "%s%s", g->one, g->names.buf);
	else
		msk_str_addf(&part, "%s %zu paths (%s)", g->many, g->n, g->names.buf);
	msk_strv_push_own(&c->parts, msk_str_take(&part));
}

/* What changes digests and nothing that anybody would notice. */
static void add_form(struct cause *c)
{
	size_t layers = c->groups[LAYERS].n, timed = c->groups[TIMES].n;
	const char *but = c->parts.n ? "" : "nothing but ", *forms = msk_str_c(&c->groups[FORMS].names);
	bool is_one = c->groups[FORMS].n == 1 && !msk_starts_with(forms, "layers");

	if (timed)
		msk_strv_push_own(&c->parts, msk_xasprintf("%sthe times of %zu %s", but, timed,
							 msk_plural(timed, "path", "paths")));
	if (layers)
		msk_strv_push_own(&c->parts, msk_xasprintf("%show %s compressed", c->parts.n ? "" : but,
							    layers == 1 ? "one layer is" : "the layers are"));
	if (c->groups[FORMS].n)
		msk_strv_push_own(&c->parts, msk_xasprintf("%sthe form of the %s, which %s the same", c->parts.n ? "" : but,
							    forms, is_one ? "says" : "say"));
}

static void cause_release(struct cause *c)
{
	for (int i = 0; i < N_GROUPS; i++)
		msk_str_release(&c->groups[i].names);
	msk_strv_release(&c->parts);
}

void msk_diff_add_cause(const struct msk_diff *d, struct msk_str *out)
{
	MSK_CLEANUP(cause_release) struct cause c = {
		.groups = {
#define GROUP(k, of, o, m) { .kind = MSK_DIFF_##k, .aspects = of, .one = o, .many = m, .names = MSK_STR_INIT }
			GROUP(CHANGED, MSK_DIFF_CONTENT, "the content of ", "the content of"),
			GROUP(ADDED, 0, "what was added, ", "what was added,"),
			GROUP(REMOVED, 0, "what was removed, ", "what was removed,"),
			GROUP(CHANGED, MSK_DIFF_TYPE, "the type of ", "the types of"),
			GROUP(CHANGED, MSK_DIFF_LINK, "where a link leads, ", "where links lead,"),
			GROUP(CHANGED, MSK_DIFF_MODE, "the mode of ", "the modes of"),
			GROUP(CHANGED, MSK_DIFF_OWNER, "the owner of ", "the owners of"),
			GROUP(CHANGED, MSK_DIFF_XATTR, "the attributes of ", "the attributes of"),
			GROUP(CONFIG, 0, "the config", NULL),
			GROUP(MANIFEST, 0, "the manifest", NULL),
			[LAYERS] = GROUP(LAYER, 0, NULL, NULL),
			[FORMS] = GROUP(FORM, 0, NULL, NULL),
			[TIMES] = GROUP(CHANGED, MSK_DIFF_TIME, NULL, NULL),
#undef GROUP
		},
	};

	find_groups(d, &c);
	for (int i = 0; i < LAYERS; i++)
		add(&c, &c.groups[i]);
	add_form(&c);
	for (size_t i = 0; i < c.parts.n; i++)
		msk_str_addf(out, "%s%s", i == 0 ? "" : i + 1 == c.parts.n ? " and " : ", ", c.parts.v[i]);
}
