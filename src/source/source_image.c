#include <stdio.h>
#include <string.h>

#include "mkscratch/media_type.h"
#include "mkscratch/names.h"
#include "reading.h"

#define MAX_INDEX_DEPTH 4

/* A manifest, or an index of them, with what the entry of index.json that leads to it says. */
struct found {
	const struct msk_json *desc;
	const struct msk_strv *tags;
	int depth;
	bool wanted;                           /* not only looked through for the digest that was asked for */
	bool told;                             /* the tags are those of an image already, where there is one */
};

static int follow(struct msk_reading *r, const struct found *at, struct msk_err *err);

static int read_blob(const struct msk_json *desc, struct msk_source_layer *out, struct msk_err *err)
{
	struct msk_descriptor d = { 0 };

	if (msk_descriptor_read(desc, &d, err) < 0)
		return -1;
	*out = (struct msk_source_layer){ .media_type = d.media_type ? msk_xstrdup(d.media_type) : NULL, .described = true,
					  .size = d.size, .path = msk_blob_path(d.digest),
					  .annotations = msk_json_get(desc, "annotations") };
	memcpy(out->digest.text, d.digest, sizeof out->digest.text);
	return 0;
}

/* Into the image: its layers as the manifest has them. *sound false: there was a fault, and the watcher went on. */
static int read_layers(struct msk_reading *r, struct msk_source_image *image, bool *sound, struct msk_err *err)
{
	const struct msk_json *layers = msk_json_get(image->manifest.json, "layers");
	size_t n = msk_json_count(layers);

	*sound = true;
	image->layers = msk_xcalloc(n ? n : 1, sizeof *image->layers);
	for (image->n_layers = 0; image->n_layers < n; image->n_layers++) {
		MSK_AUTO_FREE char *what = msk_xasprintf("layer %zu", image->n_layers + 1);

		if (read_blob(msk_json_at(layers, image->n_layers), &image->layers[image->n_layers], err) < 0) {
			*sound = false;
			return msk_reading_fault(r, what, err);
		}
	}
	return 0;
}

static int check_layer_list(const struct msk_source_image *image, struct msk_err *err)
{
	const struct msk_json *layers = msk_json_get(image->manifest.json, "layers");

	if (!msk_json_is_array(layers))
		return msk_fail(err, MSK_E_INPUT, "layers: %s", layers ? "not a list" : "missing");
	if (msk_json_count(layers) > MSK_MAX_LAYERS)
		return msk_fail(err, MSK_E_INPUT, "%zu layers (1 to %d are allowed)", msk_json_count(layers), MSK_MAX_LAYERS);
	return 0;
}

static void read_platform(const struct msk_json *doc, struct msk_platform *out)
{
	const char *os = msk_json_get_string(doc, "os"), *arch = msk_json_get_string(doc, "architecture");
	const char *variant = msk_json_get_string(doc, "variant");

	snprintf(out->os, sizeof out->os, "%s", os ? os : "");
	snprintf(out->arch, sizeof out->arch, "%s", arch ? arch : "");
	snprintf(out->variant, sizeof out->variant, "%s", variant ? variant : "");
}

static int read_diff_ids(struct msk_source_image *image, const struct msk_json *diff_ids, struct msk_err *err)
{
	for (size_t i = 0; i < image->n_layers; i++) {
		const char *id = msk_json_string_value(msk_json_at(diff_ids, i));

		if (!id || !msk_digest_valid(id))
			return msk_fail(err, MSK_E_INPUT, "rootfs.diff_ids: no digest for layer %zu", i + 1);
		memcpy(image->layers[i].diff_id.text, id, sizeof image->layers[i].diff_id.text);
	}
	return 0;
}

/* A member that has to be there is not a string. */
static bool is_other_than_string(const struct msk_json *o, const char *key)
{
	return msk_json_get(o, key) && !msk_json_get_string(o, key);
}

static int check_config(const struct msk_json *config, const struct msk_platform *platform, struct msk_err *err)
{
	static const char *const words[] = { "os", "architecture", "variant" };

	if (!msk_json_is_object(config))
		return msk_fail(err, MSK_E_INPUT, "not an object");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (is_other_than_string(config, words[i]) && !msk_json_is_null(msk_json_get(config, words[i])))
			return msk_fail(err, MSK_E_INPUT, "%s: not a string", words[i]);
	if (!msk_platform_known(platform))
		return msk_fail(err, MSK_E_INPUT, "os or architecture is missing");
	return 0;
}

static int check_rootfs(const struct msk_json *rootfs, struct msk_err *err)
{
	const struct msk_json *diff_ids = msk_json_get(rootfs, "diff_ids");
	const char *type = msk_json_get_string(rootfs, "type");

	if (!msk_json_is_object(rootfs))
		return msk_fail(err, MSK_E_INPUT, "rootfs: %s", rootfs ? "not an object" : "missing");
	if (!type || strcmp(type, "layers") != 0)
		return msk_fail(err, MSK_E_INPUT, "rootfs.type: not \"layers\"");
	if (!msk_json_is_array(diff_ids))
		return msk_fail(err, MSK_E_INPUT, "rootfs.diff_ids: %s", diff_ids ? "not a list" : "missing");
	return 0;
}

int msk_image_read_config(struct msk_source_image *image, struct msk_err *err)
{
	const struct msk_json *rootfs = msk_json_get(image->config.json, "rootfs");
	const struct msk_json *diff_ids = msk_json_get(rootfs, "diff_ids");

	read_platform(image->config.json, &image->platform);
	if (check_config(image->config.json, &image->platform, err) < 0 || check_rootfs(rootfs, err) < 0)
		return -1;
	if (image->n_layers != msk_json_count(diff_ids))
		return msk_fail(err, MSK_E_INPUT, "%zu %s, but %zu %s", image->n_layers,
				msk_plural(image->n_layers, "layer", "layers"), msk_json_count(diff_ids),
				msk_plural(msk_json_count(diff_ids), "DiffID", "DiffIDs"));
	if (image->n_layers == 0)
		return msk_fail(err, MSK_E_INPUT, "0 layers (1 to %d are allowed)", MSK_MAX_LAYERS);
	return read_diff_ids(image, diff_ids, err);
}

static bool is_type(const char *type, enum msk_document d)
{
	return strcmp(type, msk_media_type(MSK_MEDIA_OCI, d)) == 0 || strcmp(type, msk_media_type(MSK_MEDIA_DOCKER, d)) == 0;
}

const char *msk_source_attested(const struct msk_json *entry)
{
	const struct msk_json *a = msk_json_get(entry, "annotations");
	const char *type = msk_json_get_string(a, MSK_REFERENCE_TYPE);

	return type && strcmp(type, MSK_REFERENCE_ATTESTATION) == 0 ? msk_json_get_string(a, MSK_REFERENCE_DIGEST) : NULL;
}

/* An attestation may have the shape of an image; the index tells, by its platform or by what it refers to. */
static bool is_image(const struct msk_source_image *image)
{
	const struct msk_json *config = msk_json_get(image->manifest.json, "config");
	const char *type = msk_json_get_string(config, "mediaType");
	const char *os = msk_json_get_string(msk_json_get(image->entry, "platform"), "os");

	if ((os && strcmp(os, "unknown") == 0) || msk_source_attested(image->entry))
		return false;
	return !type || is_type(type, MSK_DOC_CONFIG);
}

static int fill_other(struct msk_reading *r, struct msk_source_image *image, bool *sound, struct msk_err *err)
{
	const struct msk_json *config = msk_json_get(image->manifest.json, "config");

	read_platform(msk_json_get(image->entry, "platform"), &image->platform);
	if (config && read_blob(config, &image->blob, err) < 0)
		return msk_reading_fault(r, "config", err);
	return read_layers(r, image, sound, err);
}

/* *sound false: there was a fault, and the watcher went on; the image is not worth keeping. */
static int fill(struct msk_reading *r, struct msk_source_image *image, bool *sound, struct msk_err *err)
{
	const struct msk_json *config = msk_json_get(image->manifest.json, "config");

	*sound = false;
	image->annotations = msk_json_get(image->manifest.json, "annotations");
	if (check_layer_list(image, err) < 0)
		return msk_reading_fault(r, "manifest", err);
	if (!is_image(image))
		return fill_other(r, image, sound, err);
	if (msk_document_read(r, "config", config, &image->config, err) < 0)
		return -1;
	if (!image->config.json)
		return 0;
	if (read_layers(r, image, sound, err) < 0)
		return -1;
	if (!*sound || msk_image_read_config(image, err) == 0)
		return 0;
	*sound = false;
	return msk_reading_fault(r, "config", err);
}

static void add_tags(struct msk_source_image *image, const struct msk_strv *tags)
{
	for (size_t i = 0; i < tags->n; i++)
		if (!msk_strv_has(&image->tags, tags->v[i]))
			msk_strv_push(&image->tags, tags->v[i]);
}

/* Takes the manifest over. */
static int read_image(struct msk_reading *r, const struct found *f, struct msk_source_document *own_manifest,
		      struct msk_err *err)
{
	struct msk_source_image_list *l = &r->s->images;
	struct msk_source_image *image = msk_image_list_add(l);
	bool sound;
	int rc;

	image->manifest = *own_manifest;
	*own_manifest = (struct msk_source_document){ 0 };
	image->entry = msk_json_share(f->desc);
	add_tags(image, f->tags);
	rc = fill(r, image, &sound, err);
	if (sound && rc == 0 && !image->config.json) {
		*msk_image_list_add(&r->s->others) = *image;
		l->n--;
	} else if (!sound || rc < 0) {
		msk_image_list_drop_last(l);
	}
	return rc;
}

static int check_index(const struct msk_json *index, int depth, struct msk_err *err)
{
	const struct msk_json *manifests = msk_json_get(index, "manifests"), *schema = msk_json_get(index, "schemaVersion");
	int64_t version;
	bool number = msk_json_int_value(schema, &version);

	if (!number || version != 2)
		return msk_fail(err, MSK_E_INPUT, "not an image index of schema version 2 (schemaVersion: %s)",
				!schema ? "missing" : number ? "another" : "not a number");
	if (!msk_json_is_array(manifests))
		return msk_fail(err, MSK_E_INPUT, "not an image index of schema version 2 (manifests: %s)",
				manifests ? "not a list" : "missing");
	if (depth > MAX_INDEX_DEPTH || msk_json_count(manifests) > MSK_MAX_IMAGES)
		return msk_fail(err, MSK_E_INPUT, "nested deeper than %d or longer than %d", MAX_INDEX_DEPTH, MSK_MAX_IMAGES);
	return 0;
}

static bool is_asked(const struct msk_reading *r, const struct found *f)
{
	const char *digest = msk_json_get_string(f->desc, "digest");

	return r->s->digest && digest && strcmp(digest, r->s->digest) == 0;
}

/* Takes the document over where it is the one that the name of the source names. */
static int read_nested_index(struct msk_reading *r, const struct found *f, struct msk_source_document *index,
			     struct msk_err *err)
{
	const struct msk_json *manifests = msk_json_get(index->json, "manifests");
	bool names_it = r->s->digest ? is_asked(r, f) : r->s->tag && f->depth == 0;

	if (check_index(index->json, f->depth + 1, err) < 0)
		return msk_reading_fault(r, "index", err);
	for (size_t i = 0; i < msk_json_count(manifests); i++)
		if (follow(r, &(struct found){ msk_json_at(manifests, i), f->tags, f->depth + 1, f->wanted, false }, err) < 0)
			return -1;
	if (names_it && !r->s->named.json) {
		r->s->named = *index;
		*index = (struct msk_source_document){ 0 };
	}
	return 0;
}

static bool says_index(const struct msk_json *doc, const struct msk_json *desc)
{
	const char *type = msk_json_get_string(doc, "mediaType");

	type = type ? type : msk_json_get_string(desc, "mediaType");
	if (!type)
		return msk_json_get(doc, "manifests") != NULL;
	return is_type(type, MSK_DOC_INDEX);
}

static void add_tags_to(struct msk_source_image_list *l, const char *digest, const struct msk_strv *tags)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->v[i].manifest.digest.text, digest) == 0)
			add_tags(&l->v[i], tags);
}

/* True: nothing is to be done with it any more. The same attestation may be one of several images. */
static bool was_seen(struct msk_reading *r, const struct found *f)
{
	const char *digest = msk_json_get_string(f->desc, "digest");
	const char *of = msk_source_attested(f->desc);
	MSK_AUTO_FREE char *key = digest ? msk_xasprintf("%s %s%s", digest, of ? of : "", f->wanted ? "" : "?") : NULL;

	if (!digest)
		return false;
	if (msk_strv_has(&r->seen, key)) {
		if (!f->told)
			add_tags_to(&r->s->images, digest, f->tags);
		return true;
	}
	msk_strv_push(&r->seen, key);
	return false;
}

/* Whoever makes a list decides whether it is a fault; others learn of it in the list. True: the image is passed over. */
static bool is_passed_over(struct msk_reading *r, const struct found *f)
{
	struct msk_source_image image = { .entry = NULL };
	const char *digest = msk_json_get_string(f->desc, "digest");

	if (!msk_document_is_absent(r, f->desc))
		return false;
	read_platform(msk_json_get(f->desc, "platform"), &image.platform);
	if (r->watch && !(r->watch->absent && r->watch->absent(r->watch->ctx, &image.platform, digest)))
		return false;
	image.entry = msk_json_share(f->desc);
	*msk_image_list_add(&r->s->absent) = image;
	return true;
}

static bool says_manifest(const struct msk_json *desc)
{
	const char *type = msk_json_get_string(desc, "mediaType");

	return type && is_type(type, MSK_DOC_MANIFEST);
}

/* A document that could be read both ways means something else to every reader (CVE-2021-41190). */
static int read_followed(struct msk_reading *r, const struct found *f, struct msk_err *err)
{
	MSK_CLEANUP(msk_document_release) struct msk_source_document doc = { 0 };

	if (msk_document_read(r, "manifest", f->desc, &doc, err) < 0)
		return -1;
	if (!doc.json)
		return 0;
	if (msk_json_get(doc.json, "manifests") && (msk_json_get(doc.json, "layers") || msk_json_get(doc.json, "config"))) {
		msk_fail(err, MSK_E_INPUT, "%s: both an index and a manifest", doc.digest.text);
		return msk_reading_fault(r, "manifest", err);
	}
	if (says_index(doc.json, f->desc))
		return read_nested_index(r, f, &doc, err);
	return f->wanted ? read_image(r, f, &doc, err) : 0;
}

static int follow(struct msk_reading *r, const struct found *at, struct msk_err *err)
{
	const struct found f = { at->desc, at->tags, at->depth, at->wanted || is_asked(r, at), at->told };

	if ((!f.wanted && says_manifest(f.desc)) || was_seen(r, &f))
		return 0;
	if (r->seen.n > MSK_MAX_IMAGES) {
		msk_fail(err, MSK_E_INPUT, "more than %d manifests", MSK_MAX_IMAGES);
		return msk_ctx(err, "%s", msk_source_name(r->s->source));
	}
	if (f.wanted ? is_passed_over(r, &f) : msk_document_is_absent(r, f.desc))
		return 0;
	return read_followed(r, &f, err);
}

static const char *ref_name(const struct msk_json *desc)
{
	return msk_json_get_string(msk_json_get(desc, "annotations"), "org.opencontainers.image.ref.name");
}

static const char *full_name(const struct msk_json *desc)
{
	return msk_json_get_string(msk_json_get(desc, "annotations"), "io.containerd.image.name");
}

static bool has_tag(const struct msk_reading *r, const struct msk_json *desc)
{
	const char *ref = ref_name(desc), *name = full_name(desc), *tag = r->s->tag;

	return !tag || (ref && msk_tag_means(tag, ref)) || (name && msk_tag_means(tag, name));
}

/* All that each digest of an index goes by, as it is followed but once. Thousands of names may stand for one. */
struct named {
	struct msk_names places, known;
	struct msk_strv *tags;               /* by place */
	bool *told;                          /* a descriptor of that digest was followed with them */
	size_t n;
};

static void named_release(struct named *n)
{
	for (size_t i = 0; i < n->n; i++)
		msk_strv_release(&n->tags[i]);
	free(n->tags);
	free(n->told);
	msk_names_release(&n->places);
	msk_names_release(&n->known);
}

static void note_name(struct named *n, const struct msk_json *desc)
{
	const char *digest = msk_json_get_string(desc, "digest"), *name = full_name(desc) ? full_name(desc) : ref_name(desc);
	MSK_AUTO_FREE char *both = NULL;
	size_t at;

	if (!digest)
		return;
	if (msk_names_add(&n->places, digest, n->n))
		n->n++;
	if (!name || !msk_names_find(&n->places, digest, &at))
		return;
	both = msk_xasprintf("%zu %s", at, name);
	if (msk_names_add(&n->known, both, 0))
		msk_strv_push(&n->tags[at], name);
}

static struct named names_of(const struct msk_json *manifests)
{
	size_t most = msk_json_count(manifests) + 1;
	struct named n = { .tags = msk_xcalloc(most, sizeof *n.tags), .told = msk_xcalloc(most, sizeof *n.told) };

	for (size_t i = 0; i + 1 < most; i++)
		note_name(&n, msk_json_at(manifests, i));
	return n;
}

int msk_reading_no_tag(const struct msk_reading *r, const struct msk_strv *tags, struct msk_err *err)
{
	MSK_AUTO_STR list = MSK_STR_INIT;

	for (size_t i = 0; i < tags->n && list.len < 200; i++)
		msk_str_addf(&list, "%s%s:%s", list.len ? ", " : "", msk_source_name(r->s->source), tags->v[i]);
	msk_fail(err, MSK_E_INPUT, "%s: no image has the tag %s", msk_source_name(r->s->source), r->s->tag);
	return list.len ? msk_hint(err, "choose one: %s", list.buf) : -1;
}

/* Of several names one tag says nothing. */
static const char *telling_name(const struct msk_json *manifests, size_t i)
{
	const struct msk_json *desc = msk_json_at(manifests, i);
	const char *tag = ref_name(desc);

	for (size_t k = 0; tag && k < msk_json_count(manifests); k++) {
		const char *other = ref_name(msk_json_at(manifests, k));

		if (k != i && other && strcmp(tag, other) == 0)
			return full_name(desc) ? full_name(desc) : tag;
	}
	return tag;
}

static int fail_no_tag(const struct msk_reading *r, const struct msk_json *manifests, struct msk_err *err)
{
	MSK_AUTO_STRV tags = MSK_STRV_INIT;

	for (size_t i = 0; i < msk_json_count(manifests) && tags.n < 100; i++) {
		const char *name = telling_name(manifests, i);

		if (name && !msk_strv_has(&tags, name))
			msk_strv_push(&tags, name);
	}
	return msk_reading_no_tag(r, &tags, err);
}

static int follow_named(struct msk_reading *r, const struct msk_json *desc, struct named *named, struct msk_err *err)
{
	static const struct msk_strv none = MSK_STRV_INIT;
	const char *digest = msk_json_get_string(desc, "digest");
	struct found f = { desc, &none, 0, !r->s->digest, false };
	size_t at;

	if (digest && msk_names_find(&named->places, digest, &at)) {
		f.tags = &named->tags[at];
		f.told = named->told[at];
		named->told[at] = true;
	}
	return follow(r, &f, err);
}

static int read_index(struct msk_reading *r, struct msk_err *err)
{
	const struct msk_json *index = r->s->index.json, *manifests = msk_json_get(index, "manifests");
	MSK_CLEANUP(named_release) struct named named = { .n = 0 };

	if (check_index(index, 0, err) < 0)
		return msk_reading_fault(r, "index", err);
	named = names_of(manifests);
	for (size_t i = 0; i < msk_json_count(manifests); i++)
		if (has_tag(r, msk_json_at(manifests, i)) && follow_named(r, msk_json_at(manifests, i), &named, err) < 0)
			return -1;
	return r->s->tag && r->seen.n == 0 ? fail_no_tag(r, manifests, err) : 0;
}

/* *found false: the source is no layout. */
static int read_layout_version(struct msk_reading *r, bool *found, struct msk_err *err)
{
	MSK_CLEANUP(msk_document_release) struct msk_source_document doc = { 0 };
	MSK_AUTO_FREE char *detail = NULL;
	const char *version;

	if (msk_document_read_plain(r, "oci-layout", &doc, err) < 0)
		return -1;
	*found = doc.json != NULL;
	if (!*found)
		return 0;
	version = msk_json_get_string(doc.json, "imageLayoutVersion");
	if (is_other_than_string(doc.json, "imageLayoutVersion"))
		return msk_fail(err, MSK_E_INPUT, "%s: oci-layout: imageLayoutVersion: not a string",
				msk_source_name(r->s->source));
	if (!version || strcmp(version, "1.0.0") != 0)
		return msk_fail(err, MSK_E_INPUT, "%s: layout version %s is not supported", msk_source_name(r->s->source),
				version ? version : "(none)");
	detail = msk_xasprintf("version %s", version);
	msk_reading_sound(r, "oci-layout", detail);
	return 0;
}

static int read_docker_side(struct msk_reading *r, struct msk_err *err)
{
	if (!msk_source_is_archive(r->s->source))
		return 0;
	if (msk_document_read_plain(r, "manifest.json", &r->s->docker, err) < 0)
		return msk_reading_fault(r, "manifest.json", err);
	return 0;
}

static int read_all(struct msk_reading *r, struct msk_err *err)
{
	const char *name = msk_source_name(r->s->source);
	bool layout;

	if (read_layout_version(r, &layout, err) < 0 ||
	    (layout && msk_document_read_plain(r, "index.json", &r->s->index, err) < 0) || read_docker_side(r, err) < 0)
		return -1;
	if (layout && !r->s->index.json)
		return msk_fail(err, MSK_E_INPUT, "%s: index.json is missing", name);
	if (layout)
		return read_index(r, err);
	if (r->s->docker.json)
		return msk_docker_archive_read(r, err);
	return msk_source_no_image(r->s->source, err);
}

static int fail_empty(const struct msk_source_images *s, struct msk_err *err)
{
	const char *name = msk_source_name(s->source);

	if (s->digest && s->absent.n == 0)
		return msk_fail(err, MSK_E_INPUT, "%s: nothing has the digest %s", name, s->digest);
	if (s->absent.n == 0)
		return msk_fail(err, MSK_E_INPUT, "%s: holds no image", name);
	return msk_fail(err, MSK_E_INTEGRITY, "%s: manifest: %s: blob is missing", name,
			msk_json_get_string(s->absent.v[0].entry, "digest"));
}

int msk_source_images_open(const char *name, const struct msk_source_watch *watch, struct msk_source_images *out,
			   struct msk_err *err)
{
	MSK_AUTO_SOURCE_IMAGES s = { 0 };
	struct msk_reading r = { .s = &s, .watch = watch };
	MSK_AUTO_FREE char *path = msk_source_split_name(name, &s.tag, &s.digest);
	int rc;

	if (msk_source_open(path, &s.source, err) < 0)
		return -1;
	rc = read_all(&r, err);
	msk_strv_release(&r.seen);
	if (rc == 0 && s.images.n == 0 && !(s.digest && s.others.n) && r.faults == 0)
		rc = fail_empty(&s, err);
	if (rc < 0)
		return -1;
	*out = s;
	s = (struct msk_source_images){ 0 };
	return 0;
}
