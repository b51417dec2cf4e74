/* What nothing refers to, and what stands behind the end. */
#include <string.h>

#include "documents.h"
#include "mkscratch/names.h"

#define BLOBS  "blobs/"
#define CHUNK  (256u << 10)
#define TAR_END    1024u                  /* two blocks of zeros */
#define TAR_RECORD 10240                  /* to a multiple of this others fill up their archives */
#define MAX_INDEX_DEPTH 4
#define MAX_MISSING 20                    /* are told one by one */

struct rest {
	struct msk_checks *checks;
	struct msk_source_images *s;
	struct msk_names read, referred;     /* paths of blobs: verified by now; named by a document */
	struct msk_names indexes;            /* ... that are indexes */
	size_t missing, unnamed;             /* blobs of what is attached that are not there; blobs that nothing refers to */
	bool followed;                       /* all documents were, so what they refer to is known */
	uint64_t unnamed_bytes;
};

static void rest_release(struct rest *r)
{
	msk_names_release(&r->read);
	msk_names_release(&r->referred);
	msk_names_release(&r->indexes);
}

static void put(struct msk_names *set, const char *path)
{
	msk_names_add(set, path, 0);
}

static bool has(const struct msk_names *set, const char *path)
{
	size_t ignored;

	return msk_names_find(set, path, &ignored);
}

static char *blob_path(const char *digest)
{
	return msk_digest_valid(digest) ? msk_xasprintf(BLOBS "sha256/%s", digest + strlen("sha256:")) : msk_xstrdup("");
}

static void refer(struct rest *r, const char *digest, bool was_read)
{
	MSK_AUTO_FREE char *path = digest && *digest ? blob_path(digest) : NULL;

	if (!path || !*path)
		return;
	put(&r->referred, path);
	if (was_read)
		put(&r->read, path);
}

/* Documents were compared with their digests when they were read, layers of images too; layers of other things not. */
static void refer_list(struct rest *r, const struct msk_source_image_list *l, bool layers_read)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct msk_source_image *image = &l->v[i];

		refer(r, image->manifest.digest.text, true);
		refer(r, image->config.digest.text, true);
		refer(r, msk_json_get_string(msk_json_get(image->manifest.json, "config"), "digest"), false);
		refer(r, msk_json_get_string(msk_json_get(image->manifest.json, "subject"), "digest"), false);
		for (size_t k = 0; k < image->n_layers; k++) {
			refer(r, image->layers[k].digest.text, layers_read);
			put(&r->referred, image->layers[k].path);
		}
	}
}

static int refer_index(struct rest *r, const struct msk_json *index, int depth, struct msk_err *err);

/* An index within the index; anything else was told of when it was read, or is not JSON. */
static int refer_nested(struct rest *r, const struct msk_json *desc, int depth, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = blob_path(msk_json_get_string(desc, "digest"));
	struct msk_err ignored = MSK_ERR_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_JSON *doc = NULL;
	bool found = false;

	if (!*path || has(&r->read, path) || has(&r->indexes, path) || depth > MAX_INDEX_DEPTH)
		return 0;
	if (msk_source_read(r->s->source, path, &found, &text, &ignored) < 0 || !found ||
	    msk_json_parse(msk_str_c(&text), text.len, path, &doc, &ignored) < 0)
		return 0;
	if (msk_json_get(doc, "manifests")) {
		put(&r->indexes, path);
		msk_check_nested_index(r->checks, doc, desc);
	}
	return refer_index(r, doc, depth, err);
}

static int refer_index(struct rest *r, const struct msk_json *index, int depth, struct msk_err *err)
{
	const struct msk_json *manifests = msk_json_get(index, "manifests");

	for (size_t i = 0; i < msk_json_count(manifests) && i < MSK_MAX_IMAGES; i++) {
		const struct msk_json *desc = msk_json_at(manifests, i);
		const char *digest = msk_json_get_string(desc, "digest");

		refer(r, digest, false);
		if (digest && refer_nested(r, desc, depth + 1, err) < 0)
			return -1;
	}
	return 0;
}

/* What is longer than anything that is named so may be is not read to its end. */
static bool is_too_long(struct rest *r, const char *path)
{
	uint64_t most = has(&r->referred, path) ? MSK_MAX_DOCUMENT : r->s->max_layer ? r->s->max_layer : MSK_MAX_LAYER, size;

	if (!msk_source_is_longer(r->s->source, path, most, &size))
		return false;
	msk_checks_fail(r->checks, MSK_E_INPUT, "blobs", "%s: %llu bytes are too many (allowed: %llu)", path,
			(unsigned long long)size, (unsigned long long)most);
	return true;
}

static int hash_file(struct rest *r, const char *path, bool *found, struct msk_digest *got, uint64_t *size,
		     struct msk_err *err)
{
	MSK_CLEANUP(msk_source_stream_cleanup) struct msk_reader *in = NULL;
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *hash = msk_sha256_new();
	MSK_AUTO_FREE char *buf = msk_xmalloc(CHUNK);
	ssize_t n;

	*size = 0;
	if (msk_source_stream(r->s->source, path, found, &in, err) < 0)
		return -1;
	while (*found && (n = in->read(in, buf, CHUNK, err)) != 0) {
		if (n < 0)
			return -1;
		msk_sha256_add(hash, buf, (size_t)n);
		*size += (uint64_t)n;
	}
	msk_sha256_end(hash, got);
	return 0;
}

static void tell_missing(struct rest *r, const char *digest)
{
	if (++r->missing <= MAX_MISSING)
		msk_checks_fail(r->checks, MSK_E_INTEGRITY, "attached", "%s: blob is missing", digest);
}

/* A blob of what is no image, whose layers nobody else reads. *sound stays as it was when it is. */
static int check_attached_blob(struct rest *r, const struct msk_source_layer *l, bool *sound, struct msk_err *err)
{
	struct msk_digest got;
	uint64_t size;
	bool found = true;

	if (!l->path || has(&r->read, l->path))
		return 0;
	put(&r->read, l->path);
	if (!msk_source_is_longer(r->s->source, l->path, l->size, &size) &&
	    hash_file(r, l->path, &found, &got, &size, err) < 0) {
		*sound = false;
		return msk_checks_absorb(r->checks, "attached", err);
	}
	if (found && size == l->size && strcmp(got.text, l->digest.text) == 0)
		return 0;
	*sound = false;
	if (!found)
		tell_missing(r, l->digest.text);
	else if (size != l->size)
		msk_checks_fail(r->checks, MSK_E_INTEGRITY, "attached", "%s: %llu bytes, descriptor says %llu", l->digest.text,
				(unsigned long long)size, (unsigned long long)l->size);
	else
		msk_checks_fail(r->checks, MSK_E_INTEGRITY, "attached", "%s: content hashes to %s", l->digest.text, got.text);
	return 0;
}

static bool has_manifest(const struct msk_source_images *s, const char *digest)
{
	for (size_t i = 0; i < s->images.n; i++)
		if (strcmp(s->images.v[i].manifest.digest.text, digest) == 0)
			return true;
	for (size_t i = 0; i < s->absent.n; i++)
		if (strcmp(msk_json_get_string(s->absent.v[i].entry, "digest"), digest) == 0)
			return true;
	return false;
}

static int check_attached(struct rest *r, const struct msk_source_image *other, struct msk_err *err)
{
	const char *of = msk_source_attested(other->entry);
	bool sound = true;

	if (check_attached_blob(r, &other->blob, &sound, err) < 0)
		return -1;
	for (size_t i = 0; i < other->n_layers; i++)
		if (check_attached_blob(r, &other->layers[i], &sound, err) < 0)
			return -1;
	if (of && !has_manifest(r->s, of))
		msk_checks_note(r->checks, "attached", "%s: of %s, which is no image here", other->manifest.digest.text, of);
	else if (sound)
		msk_checks_pass(r->checks, "attached", "%s", other->manifest.digest.text);
	return 0;
}

/* image-spec "image-layout": the content of a blob must be what its name says. */
static int check_blob(struct rest *r, const char *path, struct msk_err *err)
{
	MSK_AUTO_FREE char *digest = msk_xasprintf("sha256:%s", path + strlen(BLOBS "sha256/"));
	struct msk_digest got;
	uint64_t size;
	bool found;

	if (!msk_starts_with(path, BLOBS "sha256/") || !msk_digest_valid(digest)) {
		msk_checks_note(r->checks, "blobs", "%s: not named by a SHA-256, not looked at", path);
		return 0;
	}
	if (is_too_long(r, path))
		return 0;
	if (hash_file(r, path, &found, &got, &size, err) < 0)
		return msk_checks_absorb(r->checks, "blobs", err);
	if (strcmp(got.text, digest) != 0)
		msk_checks_fail(r->checks, MSK_E_INTEGRITY, "blobs", "%s: content hashes to %s", digest, got.text);
	if (!has(&r->referred, path)) {
		r->unnamed++;
		r->unnamed_bytes += size;
	}
	return 0;
}

static int check_blobs(struct rest *r, struct msk_err *err)
{
	const struct msk_strv *files = msk_source_files(r->s->source);
	enum msk_code before = msk_checks_verdict(r->checks);
	size_t n = 0;

	for (size_t i = 0; i < files->n; i++) {
		if (!msk_starts_with(files->v[i], BLOBS))
			continue;
		n++;
		if (!has(&r->read, files->v[i]) && check_blob(r, files->v[i], err) < 0)
			return -1;
	}
	if (r->unnamed && r->followed) {
		MSK_AUTO_STR size = MSK_STR_INIT;

		msk_str_add_size(&size, r->unnamed_bytes);
		msk_checks_note(r->checks, "blobs", "%zu of %zu (%s) that nothing refers to", r->unnamed, n, size.buf);
	}
	if (before == msk_checks_verdict(r->checks))
		msk_checks_pass(r->checks, "blobs", "%zu", n);
	return 0;
}

/* A path that is there twice is one thing to one reader and another to the next. */
static void check_members(struct rest *r)
{
	const struct msk_strv *files = msk_source_files(r->s->source);
	MSK_AUTO_STRV sorted = MSK_STRV_INIT;

	for (size_t i = 0; i < files->n; i++)
		msk_strv_push(&sorted, files->v[i]);
	msk_strv_sort(&sorted);
	for (size_t i = 1; i < sorted.n; i++)
		if (strcmp(sorted.v[i - 1], sorted.v[i]) == 0)
			msk_checks_fail(r->checks, MSK_E_INPUT, "archive", "%s is there twice", sorted.v[i]);
}

/* POSIX: an archive ends with two blocks of zeros; readers do with less, as of what was cut off. */
static int check_end(struct rest *r, bool ours, struct msk_err *err)
{
	struct msk_source_tail t;
	uint64_t zeros;

	if (msk_source_tail(r->s->source, &t, err) < 0)
		return msk_checks_absorb(r->checks, "archive", err);
	zeros = t.end + t.behind - t.last;
	if (t.junk)
		msk_checks_fail(r->checks, MSK_E_INPUT, "archive", "%llu bytes behind its end that are not zero",
				(unsigned long long)t.junk);
	else if (ours && t.behind && (t.end + t.behind) % TAR_RECORD != 0)
		msk_checks_fail(r->checks, MSK_E_INPUT, "archive", "%llu bytes behind its end", (unsigned long long)t.behind);
	else if (ours && zeros < TAR_END)
		msk_checks_fail(r->checks, MSK_E_INPUT, "archive", "cut off in the zeros at its end (%llu vs %u bytes)",
				(unsigned long long)zeros, TAR_END);
	else if (zeros < TAR_END)
		msk_checks_note(r->checks, "archive", "its end has fewer zeros than it should (%llu vs %u bytes)",
				(unsigned long long)zeros, TAR_END);
	else
		msk_checks_pass(r->checks, "archive", "ends where it should");
	return 0;
}

int msk_check_rest(struct msk_checks *c, struct msk_source_images *s, bool ours, struct msk_err *err)
{
	MSK_CLEANUP(rest_release) struct rest r = { .checks = c, .s = s };

	r.followed = !msk_checks_failed(c, "manifest") && !msk_checks_failed(c, "config") && !msk_checks_failed(c, "index");
	for (size_t i = 0; i < s->others.n; i++)
		if (check_attached(&r, &s->others.v[i], err) < 0)
			return -1;
	if (r.missing > MAX_MISSING)
		msk_checks_fail(c, MSK_E_INTEGRITY, "attached", "%zu more blobs are missing", r.missing - MAX_MISSING);
	/* Of one tag of several only that one's blobs were read. */
	if (!msk_source_images_chosen(s) && s->index.json) {
		refer_list(&r, &s->images, true);
		refer_list(&r, &s->others, false);
		if (refer_index(&r, s->index.json, 0, err) < 0 || check_blobs(&r, err) < 0)
			return -1;
	}
	if (!msk_source_is_archive(s->source))
		return 0;
	check_members(&r);
	return check_end(&r, ours, err);
}
