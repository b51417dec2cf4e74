#include <string.h>

#include "checks.h"
#include "image_files.h"
#include "mkscratch/media_type.h"

#define MAX_INDEX_DEPTH 4
#define MAX_MANIFESTS 4096
#define MAX_LAYERS 512

/* A verification under way. */
struct validation {
	struct msk_source *source;
	struct msk_checks *checks;
	struct msk_strv seen;              /* manifests, each looked at once */
	struct msk_strv known;             /* digests that something refers to */
	char *tag;                         /* only images of this tag; NULL: all */
	msk_validated_visitor *visit;      /* may be NULL */
	void *ctx;
};

static void validation_release(struct validation *v)
{
	msk_source_free(v->source);
	msk_strv_release(&v->seen);
	msk_strv_release(&v->known);
	free(v->tag);
}

/* The parts of a descriptor, checked before the digest may become a path. A finding when they are not sound. */
static bool read_descriptor(struct validation *v, const char *what, const struct msk_json *d, const char **digest,
			    uint64_t *size)
{
	int64_t n = -1;

	*digest = msk_json_get_string(d, "digest");
	if (!*digest)
		msk_checks_fail(v->checks, MSK_E_INPUT, what, "descriptor has no digest");
	else if (!msk_digest_valid(*digest))
		msk_checks_fail(v->checks, MSK_E_INPUT, what, "digest \"%.80s\": not 64 hexadecimal digits", *digest);
	else if (!msk_json_get_int(d, "size", &n))
		msk_checks_fail(v->checks, MSK_E_INPUT, what, "%s: descriptor has no valid size", *digest);
	else if (n < 0)
		msk_checks_fail(v->checks, MSK_E_INPUT, what, "%s: size %lld is not a valid length", *digest, (long long)n);
	else
		*size = (uint64_t)n;
	return n >= 0;
}

/* A document by descriptor: size, then digest, then parsed. *doc NULL when there is a finding instead. */
static int read_document(struct validation *v, const char *what, const struct msk_json *desc, struct msk_json **doc,
			 struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_FREE char *path = NULL;
	struct msk_digest got;
	const char *digest;
	uint64_t size;
	bool found;

	*doc = NULL;
	if (!read_descriptor(v, what, desc, &digest, &size))
		return 0;
	path = msk_xasprintf("blobs/sha256/%s", digest + strlen("sha256:"));
	msk_strv_push(&v->known, path);
	if (msk_source_read(v->source, path, &found, &text, err) < 0)
		return msk_checks_absorb(v->checks, what, err);
	msk_digest_of(msk_str_c(&text), text.len, &got);
	if (!found)
		msk_checks_fail(v->checks, MSK_E_INTEGRITY, what, "%s: blob is missing", digest);
	else if (text.len != size)
		msk_checks_fail(v->checks, MSK_E_INTEGRITY, what, "%s: %zu bytes, descriptor says %llu", digest, text.len,
				(unsigned long long)size);
	else if (strcmp(got.text, digest) != 0)
		msk_checks_fail(v->checks, MSK_E_INTEGRITY, what, "%s: content hashes to %s", digest, got.text);
	else if (msk_json_parse(text.buf, text.len, digest, doc, err) < 0)
		return msk_checks_absorb(v->checks, what, err);
	else
		msk_checks_pass(v->checks, what, "%s", digest);
	return 0;
}

static bool check_counts(struct validation *v, const struct msk_json *manifest, const struct msk_json *config)
{
	const struct msk_json *layers = msk_json_get(manifest, "layers");
	const struct msk_json *rootfs = msk_json_get(config, "rootfs");
	const struct msk_json *diff_ids = msk_json_get(rootfs, "diff_ids");
	const char *type = msk_json_get_string(rootfs, "type");

	if (!msk_json_is_array(layers) || !msk_json_is_array(diff_ids) || !type || strcmp(type, "layers") != 0)
		msk_checks_fail(v->checks, MSK_E_INPUT, "config", "no list of layers or of DiffIDs");
	else if (msk_json_count(layers) != msk_json_count(diff_ids))
		msk_checks_fail(v->checks, MSK_E_INPUT, "config", "%zu layers, but %zu DiffIDs", msk_json_count(layers),
				msk_json_count(diff_ids));
	else if (msk_json_count(layers) == 0 || msk_json_count(layers) > MAX_LAYERS)
		msk_checks_fail(v->checks, MSK_E_INPUT, "config", "%zu layers (1 to %d are allowed)", msk_json_count(layers),
				MAX_LAYERS);
	else
		return true;
	return false;
}

static void check_history(struct validation *v, const struct msk_json *config)
{
	const struct msk_json *history = msk_json_get(config, "history");
	size_t filled = 0, layers = msk_json_count(msk_json_get(msk_json_get(config, "rootfs"), "diff_ids"));

	for (size_t i = 0; i < msk_json_count(history); i++) {
		MSK_AUTO_STR s = MSK_STR_INIT;
		const struct msk_json *empty = msk_json_get(msk_json_at(history, i), "empty_layer");

		if (empty)
			msk_json_dump(empty, &s);
		filled += strcmp(msk_str_c(&s), "true") != 0;
	}
	if (history && filled != layers)
		msk_checks_fail(v->checks, MSK_E_INPUT, "history", "%zu items for %zu layers", filled, layers);
}

static bool check_platform(struct validation *v, const struct msk_json *config)
{
	const char *os = msk_json_get_string(config, "os"), *arch = msk_json_get_string(config, "architecture");

	if (!os || !arch)
		msk_checks_fail(v->checks, MSK_E_INPUT, "config", "os or architecture is missing");
	return os && arch;
}

static int check_layers(struct validation *v, const struct msk_json *manifest, const struct msk_json *config,
			struct msk_image_tree *tree, struct msk_err *err)
{
	const struct msk_json *layers = msk_json_get(manifest, "layers");
	const struct msk_json *diff_ids = msk_json_get(msk_json_get(config, "rootfs"), "diff_ids");

	for (size_t i = 0; i < msk_json_count(layers); i++) {
		struct msk_layer_check l = { .source = v->source, .checks = v->checks, .tree = tree, .number = i + 1 };
		MSK_AUTO_FREE char *what = msk_xasprintf("layer %zu", i + 1);

		l.diff_id = msk_json_string_value(msk_json_at(diff_ids, i));
		if (!read_descriptor(v, what, msk_json_at(layers, i), &l.digest, &l.size))
			continue;
		msk_strv_push_own(&v->known, msk_xasprintf("blobs/sha256/%s", l.digest + strlen("sha256:")));
		if (!l.diff_id || !msk_digest_valid(l.diff_id))
			msk_checks_fail(v->checks, MSK_E_INPUT, what, "DiffID is no digest");
		else if (msk_check_layer(&l, err) < 0)
			return -1;
	}
	return 0;
}

static int check_image_with(struct validation *v, const struct msk_json *manifest, const struct msk_json *config,
			    struct msk_err *err)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree tree = { 0 };
	struct msk_image_files files;
	int rc;

	if (!check_platform(v, config) || !check_counts(v, manifest, config))
		return 0;
	check_history(v, config);
	rc = check_layers(v, manifest, config, &tree, err);
	msk_image_tree_settle(&tree);
	msk_image_files_init(&files, &tree, v->source, msk_json_get(manifest, "layers"));
	if (rc == 0)
		rc = msk_check_start(v->checks, &files, config, err);
	if (rc == 0 && v->visit)
		rc = v->visit(v->ctx, &(struct msk_validated){ v->checks, manifest, config, &tree }, err);
	return rc;
}

static int check_image(struct validation *v, const struct msk_json *manifest, struct msk_err *err)
{
	MSK_AUTO_JSON *config = NULL;

	if (read_document(v, "config", msk_json_get(manifest, "config"), &config, err) < 0)
		return -1;
	return config ? check_image_with(v, manifest, config, err) : 0;
}

static int check_manifests(struct validation *v, const struct msk_json *index, int depth, struct msk_err *err);

static bool says_index(const struct msk_json *doc, const struct msk_json *desc)
{
	const char *type = msk_json_get_string(doc, "mediaType");

	type = type ? type : msk_json_get_string(desc, "mediaType");
	return type && (strcmp(type, msk_media_type(MSK_MEDIA_OCI, MSK_DOC_INDEX)) == 0 ||
			strcmp(type, msk_media_type(MSK_MEDIA_DOCKER, MSK_DOC_INDEX)) == 0);
}

/* A document that could be read both ways means something else to every reader (CVE-2021-41190). */
static int check_manifest(struct validation *v, const struct msk_json *desc, int depth, struct msk_err *err)
{
	MSK_AUTO_JSON *doc = NULL;
	const char *digest = msk_json_get_string(desc, "digest");

	if (digest && msk_strv_has(&v->seen, digest))
		return 0;
	if (digest)
		msk_strv_push(&v->seen, digest);
	if (read_document(v, "manifest", desc, &doc, err) < 0)
		return -1;
	if (!doc)
		return 0;
	if (msk_json_get(doc, "manifests") && (msk_json_get(doc, "layers") || msk_json_get(doc, "config"))) {
		msk_checks_fail(v->checks, MSK_E_INPUT, "manifest", "%s: both an index and a manifest", digest);
		return 0;
	}
	return says_index(doc, desc) ? check_manifests(v, doc, depth + 1, err) : check_image(v, doc, err);
}

/* Does this entry of index.json go by the tag that is asked for, short or in full? */
static bool has_tag(const struct validation *v, const struct msk_json *desc)
{
	const struct msk_json *a = msk_json_get(desc, "annotations");
	const char *ref = msk_json_get_string(a, "org.opencontainers.image.ref.name");
	const char *name = msk_json_get_string(a, "io.containerd.image.name");

	return !v->tag || (ref && strcmp(ref, v->tag) == 0) || (name && strcmp(name, v->tag) == 0);
}

static int check_manifests(struct validation *v, const struct msk_json *index, int depth, struct msk_err *err)
{
	const struct msk_json *manifests = msk_json_get(index, "manifests");
	int64_t version = 0;

	if (!msk_json_is_array(manifests) || !msk_json_get_int(index, "schemaVersion", &version) || version != 2) {
		msk_checks_fail(v->checks, MSK_E_INPUT, "index", "not an image index of schema version 2");
		return 0;
	}
	if (depth > MAX_INDEX_DEPTH || msk_json_count(manifests) > MAX_MANIFESTS) {
		msk_checks_fail(v->checks, MSK_E_INPUT, "index", "nested deeper than %d or longer than %d", MAX_INDEX_DEPTH,
				MAX_MANIFESTS);
		return 0;
	}
	for (size_t i = 0; i < msk_json_count(manifests); i++)
		if ((depth > 0 || has_tag(v, msk_json_at(manifests, i))) &&
		    check_manifest(v, msk_json_at(manifests, i), depth, err) < 0)
			return -1;
	return 0;
}

static int read_top(struct validation *v, const char *path, bool *found, struct msk_json **doc, struct msk_err *err)
{
	MSK_AUTO_FREE char *name = msk_xasprintf("%s/%s", msk_source_name(v->source), path);
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (msk_source_read(v->source, path, found, &text, err) < 0 || !*found)
		return err->code == MSK_OK ? 0 : -1;
	return msk_json_parse(msk_str_c(&text), text.len, name, doc, err);
}

static int check_layout_version(struct validation *v, struct msk_err *err)
{
	MSK_AUTO_JSON *doc = NULL;
	const char *name = msk_source_name(v->source), *version;
	bool found;

	if (read_top(v, "oci-layout", &found, &doc, err) < 0)
		return -1;
	if (!found)
		return msk_fail(err, MSK_E_INPUT, "%s: not an OCI layout (oci-layout is missing)", name);
	version = msk_json_get_string(doc, "imageLayoutVersion");
	if (!version || strcmp(version, "1.0.0") != 0)
		return msk_fail(err, MSK_E_INPUT, "%s: layout version %s is not supported", name,
				version ? version : "(none)");
	msk_checks_pass(v->checks, "oci-layout", "version %s", version);
	return 0;
}

/* What `docker load` reads must be the same image as what everybody else reads. */
static void check_docker_item(struct validation *v, const struct msk_json *item)
{
	const struct msk_json *layers = msk_json_get(item, "Layers");
	const char *config = msk_json_get_string(item, "Config");
	bool same = config && msk_strv_has(&v->known, config) && msk_json_is_array(layers);

	for (size_t i = 0; same && i < msk_json_count(layers); i++) {
		const char *path = msk_json_string_value(msk_json_at(layers, i));

		same = path && msk_strv_has(&v->known, path);
	}
	if (same)
		msk_checks_pass(v->checks, "manifest.json", "agrees with the index");
	else
		msk_checks_fail(v->checks, MSK_E_INTEGRITY, "manifest.json", "names blobs that the index does not");
}

static void check_docker_tags(struct validation *v, const struct msk_json *item, const struct msk_json *index)
{
	const struct msk_json *tags = msk_json_get(item, "RepoTags"), *manifests = msk_json_get(index, "manifests");

	for (size_t i = 0; i < msk_json_count(tags); i++) {
		const char *tag = msk_json_string_value(msk_json_at(tags, i));
		bool found = false;

		for (size_t k = 0; tag && k < msk_json_count(manifests); k++) {
			const struct msk_json *a = msk_json_get(msk_json_at(manifests, k), "annotations");
			const char *name = msk_json_get_string(a, "io.containerd.image.name");

			found = found || !name || strcmp(name, tag) == 0;
		}
		if (!found)
			msk_checks_fail(v->checks, MSK_E_INTEGRITY, "manifest.json", "tag %s is not in the index",
					tag ? tag : "(none)");
	}
}

static int check_docker_side(struct validation *v, const struct msk_json *index, struct msk_err *err)
{
	MSK_AUTO_JSON *doc = NULL;
	bool found;

	if (!msk_source_is_archive(v->source))
		return 0;
	if (read_top(v, "manifest.json", &found, &doc, err) < 0)
		return msk_checks_absorb(v->checks, "manifest.json", err);
	for (size_t i = 0; found && i < msk_json_count(doc); i++) {
		check_docker_item(v, msk_json_at(doc, i));
		check_docker_tags(v, msk_json_at(doc, i), index);
	}
	return 0;
}

static int fail_no_tag(const struct validation *v, const struct msk_json *index, struct msk_err *err)
{
	const struct msk_json *manifests = msk_json_get(index, "manifests");
	MSK_AUTO_STR tags = MSK_STR_INIT;

	for (size_t i = 0; i < msk_json_count(manifests) && tags.len < 200; i++) {
		const struct msk_json *a = msk_json_get(msk_json_at(manifests, i), "annotations");
		const char *ref = msk_json_get_string(a, "org.opencontainers.image.ref.name");

		if (ref)
			msk_str_addf(&tags, "%s%s", tags.len ? ", " : "", ref);
	}
	msk_fail(err, MSK_E_INPUT, "%s: no image has the tag %s", msk_source_name(v->source), v->tag);
	return tags.len ? msk_hint(err, "its tags: %s", tags.buf) : -1;
}

int msk_validate(const char *name, msk_validated_visitor *visit, void *ctx, struct msk_checks *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_checks_release) struct msk_checks checks = { 0 };
	MSK_CLEANUP(validation_release) struct validation v = { .checks = &checks, .visit = visit, .ctx = ctx };
	MSK_AUTO_FREE char *path = msk_source_split_tag(name, &v.tag);
	MSK_AUTO_JSON *index = NULL;
	bool found;

	if (msk_source_open(path, &v.source, err) < 0 || check_layout_version(&v, err) < 0 ||
	    read_top(&v, "index.json", &found, &index, err) < 0)
		return -1;
	if (!found)
		return msk_fail(err, MSK_E_INPUT, "%s: index.json is missing", name);
	if (check_manifests(&v, index, 0, err) < 0)
		return -1;
	if (v.tag && v.seen.n == 0)
		return fail_no_tag(&v, index, err);
	/* Of the archive's other side only the whole can be compared. */
	if (!v.tag && check_docker_side(&v, index, err) < 0)
		return -1;
	*out = checks;
	checks = (struct msk_checks){ 0 };
	return 0;
}
