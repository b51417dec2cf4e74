/* manifest.json of `docker save`: an array of images, each a path of its config and paths of its layers. */
#include <string.h>

#include "reading.h"

static const char *without_prefix(const char *s, const char *prefix)
{
	return msk_starts_with(s, prefix) ? s + strlen(prefix) : s;
}

/* Names without a registry are docker.io's to Docker, and localhost's to podman. */
bool msk_tag_means(const char *tag, const char *name)
{
	const char *familiar = without_prefix(without_prefix(without_prefix(name, "localhost/"), "docker.io/"), "library/");
	const char *colon = strrchr(name, ':');

	return strcmp(tag, name) == 0 || strcmp(tag, familiar) == 0 ||
	       (colon && !strchr(colon, '/') && strcmp(tag, colon + 1) == 0);
}

static const char *item_tag(const struct msk_json *item, size_t i)
{
	return msk_json_string_value(msk_json_at(msk_json_get(item, "RepoTags"), i));
}

static void add_tags(const struct msk_json *item, struct msk_strv *out)
{
	for (size_t i = 0; i < msk_json_count(msk_json_get(item, "RepoTags")); i++)
		if (item_tag(item, i))
			msk_strv_push(out, item_tag(item, i));
}

static bool is_wanted(const struct msk_reading *r, const struct msk_strv *tags)
{
	bool wanted = !r->s->tag;

	for (size_t i = 0; !wanted && i < tags->n; i++)
		wanted = msk_tag_means(r->s->tag, tags->v[i]);
	return wanted;
}

/* <digest>.json, sha256:<digest> or blobs/sha256/<digest>: a name that says what the bytes must be. */
static int check_name(const char *path, const struct msk_digest *got, struct msk_err *err)
{
	const char *slash = strrchr(path, '/'), *base = without_prefix(slash ? slash + 1 : path, "sha256:");
	MSK_AUTO_FREE char *hex = msk_xstrndup(base, msk_ends_with(base, ".json") ? strlen(base) - 5 : strlen(base));
	MSK_AUTO_FREE char *digest = msk_xasprintf("sha256:%s", hex);

	if (msk_digest_valid(digest) && strcmp(digest, got->text) != 0)
		return msk_fail(err, MSK_E_INTEGRITY, "%s: content hashes to %s", path, got->text);
	return 0;
}

static int read_config(struct msk_reading *r, const struct msk_json *item, struct msk_source_image *image,
		       struct msk_err *err)
{
	const char *path = msk_json_get_string(item, "Config");

	if (msk_document_read_plain(r, msk_source_plain_name(path), &image->config, err) < 0)
		return -1;
	if (!image->config.json)
		return msk_fail(err, MSK_E_INTEGRITY, "%s: is missing", path);
	return check_name(path, &image->config.digest, err);
}

static int read_layer(struct msk_reading *r, const char *path, struct msk_source_layer *l, struct msk_err *err)
{
	bool found;

	if (!path)
		return msk_fail(err, MSK_E_INPUT, "Layers: a layer that is no path");
	path = msk_source_plain_name(path);
	found = msk_source_size(r->s->source, path, &l->size);
	if (!found)
		return msk_fail(err, MSK_E_INTEGRITY, "%s: is missing", path);
	l->path = msk_xstrdup(path);
	return 0;
}

static int read_layers(struct msk_reading *r, const struct msk_json *item, struct msk_source_image *image,
		       struct msk_err *err)
{
	const struct msk_json *layers = msk_json_get(item, "Layers");
	size_t n = msk_json_count(layers);

	if (!msk_json_is_array(layers))
		return msk_fail(err, MSK_E_INPUT, "Layers: %s", layers ? "not a list" : "missing");
	if (n > MSK_MAX_LAYERS)
		return msk_fail(err, MSK_E_INPUT, "%zu layers (1 to %d are allowed)", n, MSK_MAX_LAYERS);
	image->layers = msk_xcalloc(n ? n : 1, sizeof *image->layers);
	for (image->n_layers = 0; image->n_layers < n; image->n_layers++)
		if (read_layer(r, msk_json_string_value(msk_json_at(layers, image->n_layers)),
			       &image->layers[image->n_layers], err) < 0)
			return -1;
	return 0;
}

/* The digest of a config is what Docker calls the ID of an image. */
static bool is_asked(const struct msk_reading *r, const struct msk_source_image *image)
{
	return !r->s->digest || strcmp(r->s->digest, image->config.digest.text) == 0;
}

static int check_item(const struct msk_json *item, struct msk_err *err)
{
	const struct msk_json *tags = msk_json_get(item, "RepoTags"), *config = msk_json_get(item, "Config");

	if (!msk_json_is_object(item))
		return msk_fail(err, MSK_E_INPUT, "an image that is not an object");
	if (tags && !msk_json_is_array(tags) && !msk_json_is_null(tags))
		return msk_fail(err, MSK_E_INPUT, "RepoTags: not a list");
	for (size_t i = 0; i < msk_json_count(tags); i++)
		if (!item_tag(item, i))
			return msk_fail(err, MSK_E_INPUT, "RepoTags: a tag that is not a string");
	if (!msk_json_is_string(config))
		return msk_fail(err, MSK_E_INPUT, config ? "Config: not a string" : "an image without a Config");
	return 0;
}

/* *what: the document that is to blame when it fails. */
static int fill(struct msk_reading *r, const struct msk_json *item, struct msk_source_image *image, const char **what,
		struct msk_err *err)
{
	*what = "manifest.json";
	if (check_item(item, err) < 0)
		return -1;
	*what = "config";
	if (read_config(r, item, image, err) < 0)
		return -1;
	if (!is_asked(r, image))
		return 0;
	*what = "manifest.json";
	if (read_layers(r, item, image, err) < 0)
		return -1;
	*what = "config";
	return msk_image_read_config(image, err);
}

/* Takes the tags over. */
static int read_item(struct msk_reading *r, const struct msk_json *item, struct msk_strv *own_tags, struct msk_err *err)
{
	struct msk_source_image *image = msk_image_list_add(&r->s->images);
	const char *what;
	int rc;

	image->tags = *own_tags;
	*own_tags = (struct msk_strv)MSK_STRV_INIT;
	rc = fill(r, item, image, &what, err);
	if (rc < 0 || !is_asked(r, image)) {
		msk_image_list_drop_last(&r->s->images);
		return rc < 0 ? msk_reading_fault(r, what, err) : 0;
	}
	msk_reading_sound(r, "config", image->config.digest.text);
	return 0;
}

int msk_docker_archive_read(struct msk_reading *r, struct msk_err *err)
{
	const struct msk_json *items = r->s->docker.json;
	MSK_AUTO_STRV all = MSK_STRV_INIT;
	size_t taken = 0;

	if (!msk_json_is_array(items) || msk_json_count(items) > MSK_MAX_IMAGES) {
		msk_fail(err, MSK_E_INPUT, "not a list of at most %d images", MSK_MAX_IMAGES);
		return msk_reading_fault(r, "manifest.json", err);
	}
	for (size_t i = 0; i < msk_json_count(items); i++) {
		MSK_AUTO_STRV tags = MSK_STRV_INIT;

		add_tags(msk_json_at(items, i), &tags);
		add_tags(msk_json_at(items, i), &all);
		if (!is_wanted(r, &tags))
			continue;
		taken++;
		if (read_item(r, msk_json_at(items, i), &tags, err) < 0)
			return -1;
	}
	return r->s->tag && !taken ? msk_reading_no_tag(r, &all, err) : 0;
}
