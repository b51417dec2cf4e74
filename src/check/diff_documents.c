/* Two configs and two manifests, field by field. */
#include <string.h>

#include "diff.h"

/* Strings as they are, others as JSON. */
static char *text_of(const struct msk_json *v)
{
	MSK_AUTO_STR s = MSK_STR_INIT;

	if (!v)
		return NULL;
	if (msk_json_is_string(v))
		msk_str_adds(&s, msk_json_string_value(v));
	else
		msk_json_dump(v, &s);
	return msk_str_take(&s);
}

static bool equal(const struct msk_json *a, const struct msk_json *b)
{
	MSK_AUTO_STR x = MSK_STR_INIT, y = MSK_STR_INIT;

	if (!a || !b)
		return a == b;
	msk_json_dump(a, &x);
	msk_json_dump(b, &y);
	return x.len == y.len && memcmp(x.buf, y.buf, x.len) == 0;
}

/* A walk over the members of two objects. */
struct walk {
	struct msk_diff *d;
	enum msk_diff_kind kind;
	const char *prefix;                 /* "config." */
	const struct msk_json *other;
	const char *const *skip;            /* members that are told of elsewhere */
	bool only_absent;                   /* the second round: what the first object does not have */
};

static void note(const struct walk *w, const char *key, const struct msk_json *a, const struct msk_json *b)
{
	MSK_AUTO_FREE char *what = msk_xasprintf("%s%s", w->prefix, key), *from = text_of(a), *to = text_of(b);

	if (!equal(a, b))
		msk_diff_note_values(w->d, w->kind, what, from, to);
}

static void visit(void *arg, const char *key, const struct msk_json *value)
{
	struct walk *w = arg;
	const struct msk_json *other = msk_json_get(w->other, key);

	for (const char *const *s = w->skip; s && *s; s++)
		if (strcmp(*s, key) == 0)
			return;
	if (!w->only_absent)
		note(w, key, value, other);
	else if (!other)
		note(w, key, NULL, value);
}

/* Every member in which they differ. */
static void compare_members(struct msk_diff *d, enum msk_diff_kind kind, const char *prefix, const struct msk_json *a,
			    const struct msk_json *b, const char *const *skip)
{
	struct walk w = { .d = d, .kind = kind, .prefix = prefix, .other = b, .skip = skip };

	msk_json_each(a, visit, &w);
	w.other = a;
	w.only_absent = true;
	msk_json_each(b, visit, &w);
}

/* The last value of a variable; NULL when it is not set. */
static const char *variable(const struct msk_json *env, const char *name, size_t n)
{
	const char *found = NULL;

	for (size_t i = 0; i < msk_json_count(env); i++) {
		const char *v = msk_json_string_value(msk_json_at(env, i));

		if (v && strncmp(v, name, n) == 0 && v[n] == '=')
			found = v + n + 1;
	}
	return found;
}

static void compare_env(struct msk_diff *d, const struct msk_json *a, const struct msk_json *b)
{
	size_t before = d->n;
	MSK_AUTO_STRV names = MSK_STRV_INIT;

	for (size_t i = 0; i < msk_json_count(a) + msk_json_count(b); i++) {
		bool first = i < msk_json_count(a);
		const char *v = msk_json_string_value(first ? msk_json_at(a, i) : msk_json_at(b, i - msk_json_count(a)));
		size_t n = v ? strcspn(v, "=") : 0;
		MSK_AUTO_FREE char *name = msk_xstrndup(v ? v : "", n), *what = NULL;
		const char *from, *to;

		if (!v || msk_strv_has(&names, name))
			continue;
		msk_strv_push(&names, name);
		from = variable(a, name, n);
		to = variable(b, name, n);
		what = msk_xasprintf("config.Env %s", name);
		if (from && to ? strcmp(from, to) != 0 : from != to)
			msk_diff_note_values(d, MSK_DIFF_CONFIG, what, from, to);
	}
	if (d->n == before && !equal(a, b))
		msk_diff_note(d, MSK_DIFF_CONFIG, "config.Env (order)");
}

static void compare_configs(struct msk_diff *d, const struct msk_json *a, const struct msk_json *b)
{
	static const char *const top[] = { "config", "rootfs", NULL };
	static const char *const inner[] = { "Env", "Labels", NULL };
	const struct msk_json *ca = msk_json_get(a, "config"), *cb = msk_json_get(b, "config");

	compare_members(d, MSK_DIFF_CONFIG, "", a, b, top);
	compare_members(d, MSK_DIFF_CONFIG, "config.", ca, cb, inner);
	compare_members(d, MSK_DIFF_CONFIG, "config.Labels ", msk_json_get(ca, "Labels"), msk_json_get(cb, "Labels"), NULL);
	compare_env(d, msk_json_get(ca, "Env"), msk_json_get(cb, "Env"));
}

/* What the layers and the config are is told of by themselves. */
static void compare_manifests(struct msk_diff *d, const struct msk_json *a, const struct msk_json *b)
{
	static const char *const top[] = { "annotations", "config", "layers", NULL };
	const char *ta = msk_json_get_string(msk_json_get(a, "config"), "mediaType");
	const char *tb = msk_json_get_string(msk_json_get(b, "config"), "mediaType");

	compare_members(d, MSK_DIFF_MANIFEST, "", a, b, top);
	compare_members(d, MSK_DIFF_MANIFEST, "annotations ", msk_json_get(a, "annotations"), msk_json_get(b, "annotations"),
			NULL);
	if (ta && tb && strcmp(ta, tb) != 0)
		msk_diff_note_values(d, MSK_DIFF_MANIFEST, "config.mediaType", ta, tb);
}

static bool has_kind(const struct msk_diff *d, enum msk_diff_kind from, enum msk_diff_kind to)
{
	for (enum msk_diff_kind k = from; k <= to; k++)
		if (d->of_kind[k])
			return true;
	return false;
}

static bool same_diff_ids(const struct msk_source_image *a, const struct msk_source_image *b)
{
	for (size_t i = 0; i < a->n_layers && i < b->n_layers; i++)
		if (strcmp(a->layers[i].diff_id.text, b->layers[i].diff_id.text) != 0)
			return false;
	return a->n_layers == b->n_layers;
}

void msk_diff_documents(const struct msk_source_image *a, const struct msk_source_image *b, struct msk_diff *d)
{
	bool same_layers = same_diff_ids(a, b);

	compare_configs(d, a->config.json, b->config.json);
	if (strcmp(a->config.digest.text, b->config.digest.text) != 0 && same_layers &&
	    !has_kind(d, MSK_DIFF_CONFIG, MSK_DIFF_CONFIG))
		msk_diff_note(d, MSK_DIFF_FORM, "config");
	if (!same_layers && !has_kind(d, MSK_DIFF_ADDED, MSK_DIFF_CHANGED))
		msk_diff_note(d, MSK_DIFF_FORM, "layers");
	/* A docker-archive has no manifest: that is the archive's way, not the image's. */
	if (!a->manifest.json || !b->manifest.json)
		return;
	compare_manifests(d, a->manifest.json, b->manifest.json);
	if (strcmp(a->manifest.digest.text, b->manifest.digest.text) != 0 && d->n == 0)
		msk_diff_note(d, MSK_DIFF_FORM, "manifest");
}
