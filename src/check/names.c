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
	MSK_AUTO_STR shown = MSK_STR_INIT;

	msk_str_add_escaped(&shown, name, strnlen(name, 200));
	if (ours)
		msk_checks_fail(c, MSK_E_INPUT, what, "\"%s\": %s", msk_str_c(&shown), why);
	else
		msk_checks_note(c, what, "\"%s\": %s", msk_str_c(&shown), why);
}

static bool is_reference(const char *name, struct msk_ref *ref)
{
	struct msk_err ignored = MSK_ERR_INIT;

	return msk_ref_parse(name, ref, &ignored) == 0;
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* containerd writes a name of Docker's registry short here and in full there. */
static bool is_same_name(const char *name, const struct msk_ref *ref)
{
	struct msk_ref other = { 0 };
	bool same_name = is_reference(name, &other) && same(other.full, ref->full);

	msk_ref_release(&other);
	return same_name;
}

/* In a directory others may have named it, but who writes both names writes what agrees. */
static bool leads_to_ours(const struct msk_source_images *s, const struct msk_json *desc)
{
	const char *name = full_name(desc) ? full_name(desc) : ref_name(desc);

	for (size_t i = 0; name && i < s->images.n; i++)
		if (msk_strv_has(&s->images.v[i].tags, name) && msk_image_is_ours(&s->images.v[i]))
			return true;
	return false;
}

/* Both names stand for one: app:v1 has the tag v1, or, as some tools have it, the name in full again. */
static bool agree(const char *tag, const struct msk_ref *full, bool ours)
{
	return same(tag, full->tag) || (!ours && is_same_name(tag, full));
}

/* Who gives an image one more tag may take the entry's annotations over, the name in full among them (umoci does). */
static bool is_taken_over(const struct msk_json *manifests, const struct msk_json *desc, const struct msk_ref *full)
{
	for (size_t i = 0; i < msk_json_count(manifests); i++) {
		const struct msk_json *d = msk_json_at(manifests, i);

		if (same(full_name(d), full_name(desc)) && same(ref_name(d), full->tag) &&
		    same(msk_json_get_string(d, "digest"), msk_json_get_string(desc, "digest")))
			return true;
	}
	return false;
}

static void check_entry(struct msk_checks *c, const struct msk_source_images *s, const struct msk_json *manifests,
			const struct msk_json *desc, bool ours)
{
	const char *tag = ref_name(desc), *full = full_name(desc);
	struct msk_ref ref = { 0 };

	if (tag && !is_ref_name(tag))
		complain(c, ours, "tags", tag, "not a reference name");
	if (full && !is_reference(full, &ref))
		complain(c, ours, "tags", full, "not the name of an image");
	else if (full && ours && (!tag || strcmp(full, ref.full) != 0))
		complain(c, ours, "tags", full, "does not agree with the reference name");
	else if (full && tag && !agree(tag, &ref, ours))
		complain(c, ours || (leads_to_ours(s, desc) && !is_taken_over(manifests, desc, &ref)), "tags", full,
			 "does not agree with the reference name");
	else if (!full && ours)
		complain(c, ours, "tags", tag ? tag : "", "has no name in full");
	msk_ref_release(&ref);
}

static size_t count_like(const struct msk_json *manifests, size_t i)
{
	const struct msk_json *like = msk_json_at(manifests, i);
	size_t n = 0;

	for (size_t k = 0; k < i; k++) {
		const struct msk_json *d = msk_json_at(manifests, k);

		n += same(ref_name(d), ref_name(like)) && same(full_name(d), full_name(like)) &&
		     !same(msk_json_get_string(d, "digest"), msk_json_get_string(like, "digest"));
	}
	return n;
}

void msk_check_names(struct msk_checks *c, const struct msk_source_images *s, bool ours)
{
	const struct msk_json *manifests = msk_json_get(s->index.json, "manifests");
	enum msk_code before = msk_checks_verdict(c);
	size_t named = 0;

	for (size_t i = 0; i < msk_json_count(manifests); i++) {
		const struct msk_json *d = msk_json_at(manifests, i);

		if (!ref_name(d) && !full_name(d) && !ours)
			continue;
		named++;
		check_entry(c, s, manifests, d, ours);
		if (ref_name(d) && count_like(manifests, i) == 1)
			complain(c, false, "tags", full_name(d) ? full_name(d) : ref_name(d), "stands for several images");
	}
	if (before == msk_checks_verdict(c) && named)
		msk_checks_pass(c, "tags", "%zu", named);
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

/* regctl, for one, has there what was typed, a path and a digest. */
static bool is_name(const char *name)
{
	struct msk_ref ref = { 0 };
	bool yes = is_reference(name, &ref);

	msk_ref_release(&ref);
	return yes;
}

/* A name that docker has, as the index has it: in full, or, where that is all there is, as a tag. */
static bool is_known(const struct msk_json *desc, const struct msk_ref *ref)
{
	const char *name = full_name(desc), *tag = ref_name(desc);

	if (name)
		return is_same_name(name, ref) || !is_name(name);
	return !tag || agree(tag, ref, false);
}

/* docker load gives up the whole archive for a tag that is none. */
static bool check_repo_tags(struct msk_checks *c, const struct msk_json *item, const struct msk_json *manifests)
{
	const struct msk_json *tags = msk_json_get(item, "RepoTags");
	bool good = true;

	for (size_t i = 0; i < msk_json_count(tags); i++) {
		const char *tag = msk_json_string_value(msk_json_at(tags, i));
		struct msk_ref ref = { 0 };
		bool known = manifests == NULL;

		if (!tag || !is_reference(tag, &ref) || !strchr(strrchr(tag, '/') ? strrchr(tag, '/') : tag, ':')) {
			msk_checks_fail(c, MSK_E_INPUT, "manifest.json", "tag \"%.200s\" is none", tag ? tag : "(none)");
			good = false;
			known = true;
		}
		for (size_t k = 0; !known && k < msk_json_count(manifests); k++)
			known = is_known(msk_json_at(manifests, k), &ref);
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
	bool good = true;

	if (!items) {
		if (ours && msk_source_is_archive(s->source))
			msk_checks_fail(c, MSK_E_INPUT, "manifest.json", "is missing");
		return;
	}
	/* Of one tag of several, the other side has more than was read. */
	if (s->tag)
		return;
	for (size_t i = 0; i < msk_json_count(items); i++) {
		const struct msk_json *item = msk_json_at(items, i);

		if (manifests && !image_of(s, item)) {
			msk_checks_fail(c, MSK_E_INTEGRITY, "manifest.json", "has an image that the index does not have");
			good = false;
		}
		good = check_repo_tags(c, item, manifests) && good;
	}
	if (good && ours && manifests)
		good = check_ours(c, s);
	if (good && manifests)
		msk_checks_pass(c, "manifest.json", "agrees with the index");
	else if (good)
		msk_checks_pass(c, "manifest.json", "%zu %s", msk_json_count(items),
				msk_plural(msk_json_count(items), "image", "images"));
}
