/* Two configs and two manifests, field by field. */
#include <string.h>

#include "diff.h"
#include "mkscratch/names.h"
#include "mkscratch/sorted.h"

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
	MSK_AUTO_FREE char *what = NULL, *from = NULL, *to = NULL;

	if (msk_json_equal(a, b))
		return;
	what = msk_xasprintf("%s%s", w->prefix, key);
	from = msk_json_is_string(a) ? NULL : text_of(a);
	to = msk_json_is_string(b) ? NULL : text_of(b);
	msk_diff_note_values(w->d, w->kind, what, from ? from : msk_json_string_value(a), to ? to : msk_json_string_value(b));
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

/* The entries of one side, and those in two orders: by names, of one name as they came; and by all they say. */
struct env {
	const char **v;                    /* borrowed from the config, or from `others` */
	size_t n;
	struct msk_strv others;            /* what is no string, as JSON */
	const char *const **by_name, *const **by_text;
};

static void env_release(struct env *e)
{
	msk_strv_release(&e->others);
	free(e->v);
	free(e->by_name);
	free(e->by_text);
}

/* 0: it sets no variable, as "NAME" and "=VALUE" do not. */
static size_t name_length(const char *entry)
{
	size_t n = strcspn(entry, "=");

	return entry[n] ? n : 0;
}

static int compare_names(const char *a, const char *b)
{
	size_t na = name_length(a), nb = name_length(b);
	int c = memcmp(a, b, na < nb ? na : nb);

	return c ? c : (na > nb) - (na < nb);
}

static int by_name(const void *pa, const void *pb)
{
	const char *const *a = *(const char *const *const *)pa, *const *b = *(const char *const *const *)pb;
	int c = compare_names(*a, *b);

	return c ? c : (a > b) - (a < b);
}

static int by_text(const void *pa, const void *pb)
{
	return strcmp(**(const char *const *const *)pa, **(const char *const *const *)pb);
}

static const char *entry_of(const struct msk_json *item, struct msk_strv *others)
{
	if (msk_json_is_string(item))
		return msk_json_string_value(item);
	msk_strv_push_own(others, text_of(item));
	return others->v[others->n - 1];
}

/* What is no list has no entries; whether two such are the same is told of the whole. */
static struct env env_of(const struct msk_json *list)
{
	struct env e = { .n = msk_json_is_array(list) ? msk_json_count(list) : 0, .others = MSK_STRV_INIT };

	e.v = msk_xcalloc(e.n + 1, sizeof *e.v);
	e.by_name = msk_xcalloc(e.n + 1, sizeof *e.by_name);
	e.by_text = msk_xcalloc(e.n + 1, sizeof *e.by_text);
	for (size_t i = 0; i < e.n; i++) {
		e.v[i] = entry_of(msk_json_at(list, i), &e.others);
		e.by_name[i] = e.by_text[i] = &e.v[i];
	}
	qsort(e.by_name, e.n, sizeof *e.by_name, by_name);
	qsort(e.by_text, e.n, sizeof *e.by_text, by_text);
	return e;
}

/* Keys of these two come behind what equals them. */
static int behind_name(const void *key, const void *element)
{
	return compare_names(key, **(const char *const *const *)element) >= 0 ? 1 : -1;
}

static int behind_text(const void *key, const void *element)
{
	return strcmp(key, **(const char *const *const *)element) >= 0 ? 1 : -1;
}

static int to_text(const void *key, const void *element)
{
	return strcmp(key, **(const char *const *const *)element);
}

/* The last value of the variable that an entry sets; NULL: it is not set. */
static const char *variable(const struct env *e, const char *entry)
{
	size_t i = msk_lower_bound(entry, e->by_name, e->n, sizeof *e->by_name, behind_name);

	return i && compare_names(*e->by_name[i - 1], entry) == 0 ? *e->by_name[i - 1] + name_length(entry) + 1 : NULL;
}

/* An entry and how often it is there; NULL: never. */
static char *occurrence(const struct env *e, const char *entry)
{
	size_t times = msk_lower_bound(entry, e->by_text, e->n, sizeof *e->by_text, behind_text) -
		       msk_lower_bound(entry, e->by_text, e->n, sizeof *e->by_text, to_text);

	return times > 1 ? msk_xasprintf("%s (%zu times)", entry, times) : times ? msk_xstrdup(entry) : NULL;
}

/* Variables by their values; where these are the same, and of what is no variable, entry by entry. */
static void compare_entry(struct msk_diff *d, const struct env *a, const struct env *b, const char *entry,
			  struct msk_names *told)
{
	size_t n = name_length(entry);
	const char *va = n ? variable(a, entry) : NULL, *vb = n ? variable(b, entry) : NULL;
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
	if (msk_names_add(told, what, 0))
		msk_diff_note_values(d, MSK_DIFF_CONFIG, what, from, to);
}

static void compare_env(struct msk_diff *d, const struct msk_json *ja, const struct msk_json *jb)
{
	MSK_CLEANUP(env_release) struct env a = env_of(ja), b = env_of(jb);
	MSK_CLEANUP(msk_names_release) struct msk_names told = { 0 };
	MSK_AUTO_FREE char *from = NULL, *to = NULL;

	for (size_t i = 0; i < a.n; i++)
		compare_entry(d, &a, &b, a.v[i], &told);
	for (size_t i = 0; i < b.n; i++)
		compare_entry(d, &a, &b, b.v[i], &told);
	if (told.n || msk_json_equal(ja, jb))
		return;
	if (a.n) {
		msk_diff_note(d, MSK_DIFF_CONFIG, "config.Env (order)");
		return;
	}
	from = text_of(ja);
	to = text_of(jb);
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

void msk_diff_documents(const struct msk_diff_side *sa, const struct msk_diff_side *sb, struct msk_diff *d)
{
	const struct msk_source_image *a = sa->image, *b = sb->image;
	bool same_layers = same_diff_ids(a, b);

	compare_configs(d, a->config.json, b->config.json);
	msk_source_images_drop_config(sa->images, a);
	msk_source_images_drop_config(sb->images, b);
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
	msk_source_images_drop_manifest(sa->images, a);
	msk_source_images_drop_manifest(sb->images, b);
}
