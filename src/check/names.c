#include <assert.h>
#include <string.h>

#include "documents.h"
#include "mkscratch/ref.h"

static const char *annotation(const struct msk_json *desc, const char *key)
{
	return msk_json_get_string(msk_json_get(desc, "annotations"), key);
}

static const char *ref_name(const struct msk_json *desc)
{
	return annotation(desc, "org.opencontainers.image.ref.name");
}

static const char *full_name(const struct msk_json *desc)
{
	return annotation(desc, "io.containerd.image.name");
}

/* image-spec "annotations": letters and digits, parted by one of -._:@+/ or by "--". */
static bool is_ref_name(const char *s)
{
	bool separated = true;

	for (; *s; s++) {
		if ((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9'))
			separated = false;
		else if (!strchr("-._:@+/", *s) || (separated && !(*s == '-' && s[-1] == '-')))
			return false;
		else
			separated = true;
	}
	return !separated;
}

/* What image-spec only advises is a fault in what we have made. */
static void complain(struct msk_checks *c, bool ours, const char *what, const char *name, const char *why)
{
	if (ours)
		msk_checks_fail(c, MSK_E_INPUT, what, "\"%.200s\": %s", name, why);
	else
		msk_checks_note(c, what, "\"%.200s\": %s", name, why);
}

static bool is_reference(const char *name, struct msk_ref *ref)
{
	struct msk_err ignored = MSK_ERR_INIT;

	return msk_ref_parse(name, ref, &ignored) == 0;
}

/* Docker's, which may begin and end in what parts words for image-spec: "_1", "v1.". */
static bool is_tag(const char *tag)
{
	MSK_AUTO_FREE char *name = msk_xasprintf("app:%s", tag);
	struct msk_ref ref = { 0 };
	bool good = is_reference(name, &ref);

	msk_ref_release(&ref);
	return good;
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static_assert(MSK_MAX_TAGS <= MSK_MAX_IMAGES, "what is written can be read");

/* containerd writes a name of Docker's registry short here and in full there. */
static bool is_same_name(const char *name, const struct msk_ref *ref)
{
	struct msk_ref other = { 0 };
	bool same_name = is_reference(name, &other) && same(other.full, ref->full);

	msk_ref_release(&other);
	return same_name;
}

/* Both names stand for one: app:v1 has the tag v1, or, as some tools have it, the name in full again. */
static bool agree(const char *tag, const struct msk_ref *full, bool ours)
{
	return same(tag, full->tag) || (!ours && is_same_name(tag, full));
}

/* What an entry of the index goes by; borrowed. An index may have some ten thousand, and whose names are looked for among all
 * of them. */
struct row {
	const char *tag, *full, *digest;
	size_t at;
	bool second;                   /* the first to have the names of another image */
};

struct rows {
	struct row *v;
	size_t n;
};

/* No name comes before any. */
static int order(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

static int by_names(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;
	int by_tag = order(a->tag, b->tag), by_full = by_tag ? by_tag : order(a->full, b->full);

	return by_full ? by_full : (a->at > b->at) - (a->at < b->at);
}

static int by_place(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;

	return (a->at > b->at) - (a->at < b->at);
}

static bool has_names_of(const struct row *a, const struct row *b)
{
	return same(a->tag, b->tag) && same(a->full, b->full);
}

static void mark_seconds(struct rows *r)
{
	size_t first = 0;
	bool told = false;

	qsort(r->v, r->n, sizeof *r->v, by_names);
	for (size_t i = 1; i < r->n; i++) {
		if (!has_names_of(&r->v[first], &r->v[i])) {
			first = i;
			told = false;
		} else if (!told && !same(r->v[first].digest, r->v[i].digest)) {
			r->v[i].second = told = true;
		}
	}
	qsort(r->v, r->n, sizeof *r->v, by_place);
}

static struct rows rows_of(const struct msk_json *manifests)
{
	struct rows r = { .n = msk_json_count(manifests) };

	r.v = msk_xcalloc(r.n ? r.n : 1, sizeof *r.v);
	for (size_t i = 0; i < r.n; i++) {
		const struct msk_json *d = msk_json_at(manifests, i);

		r.v[i] = (struct row){ ref_name(d), full_name(d), msk_json_get_string(d, "digest"), i, false };
	}
	mark_seconds(&r);
	return r;
}

/* In a directory others may have named it, but who writes both names writes what agrees. */
static bool leads_to_ours(const struct msk_source_images *s, const struct row *row)
{
	const char *name = row->full ? row->full : row->tag;

	for (size_t i = 0; name && i < s->images.n; i++)
		if (msk_strv_has(&s->images.v[i].tags, name) && msk_image_is_ours(&s->images.v[i]))
			return true;
	return false;
}

/* Who gives an image one more tag may take the entry's annotations over, the name in full among them (umoci does). */
static bool is_taken_over(const struct rows *r, const struct row *row, const struct msk_ref *full)
{
	for (size_t i = 0; i < r->n; i++)
		if (same(r->v[i].full, row->full) && same(r->v[i].tag, full->tag) && same(r->v[i].digest, row->digest))
			return true;
	return false;
}

static void check_entry(struct msk_checks *c, const struct msk_source_images *s, const struct rows *rows,
			const struct row *row, bool ours)
{
	const char *tag = row->tag, *full = row->full;
	struct msk_ref ref = { 0 };

	if (tag && !is_ref_name(tag))
		complain(c, ours || !is_tag(tag), "tags", tag, "not a reference name");
	if (full && !is_reference(full, &ref))
		complain(c, ours, "tags", full, "not the name of an image");
	else if (full && ours && (!tag || strcmp(full, ref.full) != 0))
		complain(c, ours, "tags", full, "does not agree with the reference name");
	else if (full && tag && !agree(tag, &ref, ours))
		complain(c, ours || (leads_to_ours(s, row) && !is_taken_over(rows, row, &ref)), "tags", full,
			 "does not agree with the reference name");
	else if (!full && ours)
		complain(c, ours, "tags", tag ? tag : "", "has no name in full");
	msk_ref_release(&ref);
}

void msk_check_names(struct msk_checks *c, const struct msk_source_images *s, bool ours)
{
	struct rows rows = rows_of(msk_json_get(s->index.json, "manifests"));
	enum msk_code before = msk_checks_verdict(c);
	size_t named = 0;

	/* Of more the index was refused. */
	for (size_t i = 0; rows.n <= MSK_MAX_IMAGES && i < rows.n; i++) {
		const struct row *row = &rows.v[i];

		if (!row->tag && !row->full && !ours)
			continue;
		named++;
		check_entry(c, s, &rows, row, ours);
		if (row->tag && row->second)
			complain(c, false, "tags", row->full ? row->full : row->tag, "stands for several images");
	}
	if (before == msk_checks_verdict(c) && named)
		msk_checks_pass(c, "tags", "%zu", named);
	free(rows.v);
}

static const char *plain(const char *path)
{
	return path[0] == '.' && path[1] == '/' ? path + 2 : path;
}

static bool is_blob(const char *path, const char *blob)
{
	return path && strcmp(plain(path), blob) == 0;
}

/* The image of the index that an item of manifest.json is; NULL: none, or its layers are others. */
static const struct msk_source_image *image_of(const struct msk_source_images *s, const struct msk_json *item)
{
	const struct msk_json *layers = msk_json_get(item, "Layers");
	const char *config = msk_json_get_string(item, "Config");
	uint64_t size;

	if (!config || !msk_source_size(s->source, plain(config), &size))
		return NULL;
	for (size_t i = 0; i < s->images.n; i++) {
		const struct msk_source_image *image = &s->images.v[i];
		bool fits = msk_ends_with(config, image->config.digest.text + strlen("sha256:")) &&
			    msk_json_count(layers) == image->n_layers;

		for (size_t k = 0; fits && k < image->n_layers; k++)
			fits = is_blob(msk_json_string_value(msk_json_at(layers, k)), image->layers[k].path);
		if (fits)
			return image;
	}
	return NULL;
}

/* The names of an index, to look those that docker has up in: in full or, where that is all there is, as a tag. */
struct known {
	bool any;                      /* an entry has none that could be compared */
	struct msk_strv full, tags;
};

static void known_release(struct known *k)
{
	msk_strv_release(&k->full);
	msk_strv_release(&k->tags);
}

static void know(struct known *k, const struct msk_json *desc)
{
	const char *name = full_name(desc), *tag = ref_name(desc);
	struct msk_ref ref = { 0 };

	/* regctl, for one, has there what was typed, a path and a digest. */
	if (name ? !is_reference(name, &ref) : !tag)
		k->any = true;
	else if (name || is_reference(tag, &ref))
		msk_strv_push(&k->full, ref.full);
	if (!name && tag)
		msk_strv_push(&k->tags, tag);
	msk_ref_release(&ref);
}

static void known_init(struct known *k, const struct msk_json *manifests)
{
	*k = (struct known){ .any = manifests == NULL };
	for (size_t i = 0; i < msk_json_count(manifests); i++)
		know(k, msk_json_at(manifests, i));
	msk_strv_sort(&k->full);
	msk_strv_sort(&k->tags);
}

static int compare_names(const void *key, const void *element)
{
	return strcmp(key, *(const char *const *)element);
}

static bool has(const struct msk_strv *sorted, const char *name)
{
	return name && sorted->n && bsearch(name, sorted->v, sorted->n, sizeof *sorted->v, compare_names);
}

/* docker load gives up the whole archive for a tag that is none. */
static bool check_repo_tags(struct msk_checks *c, const struct msk_json *item, const struct known *names)
{
	const struct msk_json *tags = msk_json_get(item, "RepoTags");
	bool good = true;

	for (size_t i = 0; i < msk_json_count(tags); i++) {
		const char *tag = msk_json_string_value(msk_json_at(tags, i));
		struct msk_ref ref = { 0 };
		bool known = names->any;

		if (!tag || !is_reference(tag, &ref) || !strchr(strrchr(tag, '/') ? strrchr(tag, '/') : tag, ':')) {
			msk_checks_fail(c, MSK_E_INPUT, "manifest.json", "tag \"%.200s\" is none", tag ? tag : "(none)");
			good = false;
			known = true;
		}
		known = known || has(&names->full, ref.full) || has(&names->tags, ref.tag);
		if (!known)
			msk_checks_fail(c, MSK_E_INTEGRITY, "manifest.json", "tag %.200s is not in the index", tag);
		good = good && known;
		msk_ref_release(&ref);
	}
	return good;
}

/* Of an archive of ours both sides have the same names, in the same order, and manifest.json has one item. */
static bool check_ours(struct msk_checks *c, const struct msk_source_images *s)
{
	const struct msk_json *item = msk_json_at(s->docker.json, 0), *tags = msk_json_get(item, "RepoTags");
	const struct msk_json *manifests = msk_json_get(s->index.json, "manifests");
	bool good = msk_json_count(s->docker.json) == 1 && msk_json_count(item) == 3 &&
		    msk_json_count(tags) == msk_json_count(manifests);

	for (size_t i = 0; good && i < msk_json_count(tags); i++)
		good = same(msk_json_string_value(msk_json_at(tags, i)), full_name(msk_json_at(manifests, i)));
	if (!good)
		msk_checks_fail(c, MSK_E_INTEGRITY, "manifest.json", "is not what mkscratch writes beside this index");
	return good;
}

void msk_check_docker_side(struct msk_checks *c, const struct msk_source_images *s, bool ours)
{
	const struct msk_json *items = s->docker.json, *manifests = msk_json_get(s->index.json, "manifests");
	MSK_CLEANUP(known_release) struct known known = { 0 };
	bool good = true;

	if (!items) {
		if (ours && msk_source_is_archive(s->source))
			msk_checks_fail(c, MSK_E_INPUT, "manifest.json", "is missing");
		return;
	}
	/* Of one tag of several, the other side has more than was read. */
	if (msk_source_images_chosen(s))
		return;
	known_init(&known, manifests);
	for (size_t i = 0; i < msk_json_count(items); i++) {
		const struct msk_json *item = msk_json_at(items, i);

		if (manifests && !image_of(s, item)) {
			msk_checks_fail(c, MSK_E_INTEGRITY, "manifest.json", "has an image that the index does not have");
			good = false;
		}
		good = check_repo_tags(c, item, &known) && good;
	}
	if (good && ours && manifests)
		good = check_ours(c, s);
	if (good && manifests)
		msk_checks_pass(c, "manifest.json", "agrees with the index");
	else if (good)
		msk_checks_pass(c, "manifest.json", "%zu %s", msk_json_count(items),
				msk_plural(msk_json_count(items), "image", "images"));
}
