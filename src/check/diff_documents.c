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

/* Two objects of which no member differs may not be the same, as one may be absent, empty or no object at all. `before`: how
 * many differences there were before their members were compared. */
static void note_whole(struct msk_diff *d, enum msk_diff_kind kind, const char *name, const struct msk_json *a,
		       const struct msk_json *b, size_t before)
{
	if (d->n == before)
		note(&(struct walk){ .d = d, .kind = kind, .prefix = "" }, name, a, b);
}

static void entries_of(const struct msk_json *env, struct msk_strv *out)
{
	for (size_t i = 0; i < msk_json_count(env); i++)
		msk_strv_push_own(out, text_of(msk_json_at(env, i)));
}

/* 0: it sets no variable, as "NAME" and "=VALUE" do not. */
static size_t name_length(const char *entry)
{
	size_t n = strcspn(entry, "=");

	return entry[n] ? n : 0;
}

/* The last value of a variable; NULL when it is not set. */
static const char *variable(const struct msk_strv *env, const char *name, size_t n)
{
	const char *found = NULL;

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], name, n) == 0 && env->v[i][n] == '=')
			found = env->v[i] + n + 1;
	return found;
}

/* An entry and how often it is there; NULL: never. */
static char *occurrence(const struct msk_strv *env, const char *entry)
{
	size_t times = 0;

	for (size_t i = 0; i < env->n; i++)
		times += strcmp(env->v[i], entry) == 0;
	return times > 1 ? msk_xasprintf("%s (%zu times)", entry, times) : times ? msk_xstrdup(entry) : NULL;
}

/* Variables by their values; where these are the same, and of what is no variable, entry by entry. */
static void compare_entry(struct msk_diff *d, const struct msk_strv *a, const struct msk_strv *b, const char *entry,
			  struct msk_strv *told)
{
	size_t n = name_length(entry);
	const char *va = n ? variable(a, entry, n) : NULL, *vb = n ? variable(b, entry, n) : NULL;
	MSK_AUTO_FREE char *what = NULL, *from = NULL, *to = NULL;

	if (va && vb ? strcmp(va, vb) != 0 : va != vb) {
		what = msk_xasprintf("config.Env %.*s", (int)n, entry);
		from = va ? msk_xstrdup(va) : NULL;
		to = vb ? msk_xstrdup(vb) : NULL;
	} else {
		what = msk_xasprintf("config.Env entry %s", entry);
		from = occurrence(a, entry);
		to = occurrence(b, entry);
		if (from && to && strcmp(from, to) == 0)
			return;
	}
	if (msk_strv_has(told, what))
		return;
	msk_strv_push(told, what);
	msk_diff_note_values(d, MSK_DIFF_CONFIG, what, from, to);
}

static void compare_env(struct msk_diff *d, const struct msk_json *ja, const struct msk_json *jb)
{
	MSK_AUTO_STRV a = MSK_STRV_INIT, b = MSK_STRV_INIT, told = MSK_STRV_INIT;
	MSK_AUTO_FREE char *from = text_of(ja), *to = text_of(jb);

	entries_of(ja, &a);
	entries_of(jb, &b);
	for (size_t i = 0; i < a.n; i++)
		compare_entry(d, &a, &b, a.v[i], &told);
	for (size_t i = 0; i < b.n; i++)
		compare_entry(d, &a, &b, b.v[i], &told);
	if (told.n || equal(ja, jb))
		return;
	if (a.n)
		msk_diff_note(d, MSK_DIFF_CONFIG, "config.Env (order)");
	else
		msk_diff_note_values(d, MSK_DIFF_CONFIG, "config.Env", from, to);
}

static void compare_labels(struct msk_diff *d, const struct msk_json *a, const struct msk_json *b)
{
	size_t before = d->n;

	compare_members(d, MSK_DIFF_CONFIG, "config.Labels ", a, b, NULL);
	note_whole(d, MSK_DIFF_CONFIG, "config.Labels", a, b, before);
}

static void compare_configs(struct msk_diff *d, const struct msk_json *a, const struct msk_json *b)
{
	static const char *const top[] = { "config", "rootfs", NULL };
	static const char *const inner[] = { "Env", "Labels", NULL };
	static const char *const layers[] = { "diff_ids", NULL };
	const struct msk_json *ca = msk_json_get(a, "config"), *cb = msk_json_get(b, "config");
	size_t before;

	compare_members(d, MSK_DIFF_CONFIG, "", a, b, top);
	before = d->n;
	compare_members(d, MSK_DIFF_CONFIG, "config.", ca, cb, inner);
	compare_env(d, msk_json_get(ca, "Env"), msk_json_get(cb, "Env"));
	compare_labels(d, msk_json_get(ca, "Labels"), msk_json_get(cb, "Labels"));
	note_whole(d, MSK_DIFF_CONFIG, "config", ca, cb, before);
	compare_members(d, MSK_DIFF_CONFIG, "rootfs.", msk_json_get(a, "rootfs"), msk_json_get(b, "rootfs"), layers);
}

/* What its layers and its config are is told of by themselves; here what the manifest says of them besides. */
static void compare_descriptors(struct msk_diff *d, const char *name, const struct msk_json *a, const struct msk_json *b)
{
	static const char *const content[] = { "digest", "size", "mediaType", NULL };
	const char *da = msk_json_get_string(a, "digest"), *db = msk_json_get_string(b, "digest");
	bool same = da && db && strcmp(da, db) == 0;

	/* Of a layer that is compressed otherwise the type says no more than that. */
	compare_members(d, MSK_DIFF_MANIFEST, name, a, b, content);
	if (same || msk_starts_with(name, "config"))
		note(&(struct walk){ .d = d, .kind = MSK_DIFF_MANIFEST, .prefix = name }, "mediaType",
		     msk_json_get(a, "mediaType"), msk_json_get(b, "mediaType"));
}

static void compare_manifests(struct msk_diff *d, const struct msk_source_image *ia, const struct msk_source_image *ib)
{
	static const char *const top[] = { "annotations", "config", "layers", NULL };
	const struct msk_json *a = ia->manifest.json, *b = ib->manifest.json;
	const struct msk_json *aa = msk_json_get(a, "annotations"), *ab = msk_json_get(b, "annotations");
	const struct msk_json *la = msk_json_get(a, "layers"), *lb = msk_json_get(b, "layers");
	size_t before;

	compare_members(d, MSK_DIFF_MANIFEST, "", a, b, top);
	before = d->n;
	compare_members(d, MSK_DIFF_MANIFEST, "annotations ", aa, ab, NULL);
	note_whole(d, MSK_DIFF_MANIFEST, "annotations", aa, ab, before);
	compare_descriptors(d, "config.", msk_json_get(a, "config"), msk_json_get(b, "config"));
	for (size_t i = 0; i < ia->n_layers && i < ib->n_layers; i++) {
		MSK_AUTO_FREE char *name = msk_xasprintf("layer %zu ", i + 1);

		if (strcmp(ia->layers[i].diff_id.text, ib->layers[i].diff_id.text) == 0)
			compare_descriptors(d, name, msk_json_at(la, i), msk_json_at(lb, i));
	}
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

/* Why layers that make the same file system are not the same bytes. */
static void note_form_of_layers(struct msk_diff *d, size_t a, size_t b)
{
	MSK_AUTO_FREE char *what = NULL;

	if (a != b)
		what = msk_xasprintf("layers (%zu against %zu)", a, b);
	else if (d->entries[0] != d->entries[1])
		what = msk_xasprintf("layers (%zu entries against %zu)", d->entries[0], d->entries[1]);
	else
		what = msk_xasprintf("layers (%s)", d->moved ? "the order of entries" : "padding, headers or hard links");
	msk_diff_note(d, MSK_DIFF_FORM, what);
}

void msk_diff_documents(const struct msk_source_image *a, const struct msk_source_image *b, struct msk_diff *d)
{
	bool same_layers = same_diff_ids(a, b);

	compare_configs(d, a->config.json, b->config.json);
	if (strcmp(a->config.digest.text, b->config.digest.text) != 0 && same_layers &&
	    !has_kind(d, MSK_DIFF_CONFIG, MSK_DIFF_CONFIG))
		msk_diff_note(d, MSK_DIFF_FORM, "config");
	if (!same_layers && !has_kind(d, MSK_DIFF_ADDED, MSK_DIFF_CHANGED))
		note_form_of_layers(d, a->n_layers, b->n_layers);
	/* A docker-archive has no manifest: that is the archive's way, not the image's. */
	if (!a->manifest.json || !b->manifest.json)
		return;
	compare_manifests(d, a, b);
	if (strcmp(a->manifest.digest.text, b->manifest.digest.text) != 0 && d->n == 0)
		msk_diff_note(d, MSK_DIFF_FORM, "manifest");
}
