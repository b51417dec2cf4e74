#include <string.h>

#include "reading.h"

int msk_reading_fault(struct msk_reading *r, const char *what, struct msk_err *err)
{
	r->faults++;
	if (r->watch && r->watch->fault)
		return r->watch->fault(r->watch->ctx, what, err);
	return msk_ctx(err, "%s: %s", msk_source_name(r->s->source), what);
}

void msk_reading_sound(struct msk_reading *r, const char *what, const char *detail)
{
	if (r->watch && r->watch->sound)
		r->watch->sound(r->watch->ctx, what, detail);
}

int msk_descriptor_read(const struct msk_json *d, struct msk_descriptor *out, struct msk_err *err)
{
	const char *digest = msk_json_get_string(d, "digest");
	const struct msk_json *type = msk_json_get(d, "mediaType");
	int64_t n;

	if (!msk_json_is_object(d))
		return msk_fail(err, MSK_E_INPUT, "descriptor is %s", d ? "not an object" : "missing");
	if (!digest)
		return msk_fail(err, MSK_E_INPUT, msk_json_get(d, "digest") ? "descriptor: digest: not a string" :
									      "descriptor has no digest");
	if (msk_starts_with(digest, "sha512:"))
		return msk_fail(err, MSK_E_INPUT, "digest \"%.80s\": sha512 is not supported, only sha256", digest);
	if (!msk_digest_valid(digest))
		return msk_fail(err, MSK_E_INPUT, "digest \"%.80s\": not 64 hexadecimal digits", digest);
	if (!msk_json_get_int(d, "size", &n))
		return msk_fail(err, MSK_E_INPUT, "%s: descriptor has no valid size", digest);
	if (type && !msk_json_is_string(type) && !msk_json_is_null(type))
		return msk_fail(err, MSK_E_INPUT, "%s: mediaType: not a string", digest);
	if (n < 0)
		return msk_fail(err, MSK_E_INPUT, "%s: size %lld is not a valid length", digest, (long long)n);
	*out = (struct msk_descriptor){ msk_json_get_string(d, "mediaType"), digest, (uint64_t)n };
	return 0;
}

char *msk_blob_path(const char *digest)
{
	return msk_xasprintf("blobs/sha256/%s", digest + strlen("sha256:"));
}

void msk_document_release(struct msk_source_document *d)
{
	free(d->media_type);
	msk_str_release(&d->text);
	msk_json_free(d->json);
	*d = (struct msk_source_document){ 0 };
}

/* One source can name any number of documents that are each small enough. */
static int spend(struct msk_reading *r, const struct msk_source_document *d, struct msk_err *err)
{
	r->bytes += d->text.len;
	r->values += msk_json_values(msk_str_c(&d->text), d->text.len);
	if (r->bytes > MSK_MAX_DOCUMENTS)
		return msk_fail(err, MSK_E_INPUT, "all documents together: larger than %u bytes", MSK_MAX_DOCUMENTS);
	if (r->values > MSK_MAX_VALUES)
		return msk_fail(err, MSK_E_INPUT, "all documents together: more than %d values", MSK_MAX_VALUES);
	return 0;
}

static int parse(struct msk_reading *r, const char *name, struct msk_source_document *d, struct msk_err *err)
{
	if (msk_json_parse(msk_str_c(&d->text), d->text.len, name, &d->json, err) < 0)
		return -1;
	return spend(r, d, err) < 0 ? msk_ctx(err, "%s", name) : 0;
}

int msk_document_read_plain(struct msk_reading *r, const char *path, struct msk_source_document *out, struct msk_err *err)
{
	MSK_AUTO_FREE char *name = msk_xasprintf("%s/%s", msk_source_name(r->s->source), path);
	bool found;

	if (msk_source_read(r->s->source, path, &found, &out->text, err) < 0)
		return -1;
	if (!found)
		return 0;
	out->size = out->text.len;
	msk_digest_of(msk_str_c(&out->text), out->text.len, &out->digest);
	return parse(r, name, out, err);
}

static int compare(const struct msk_descriptor *want, bool found, struct msk_source_document *d, struct msk_err *err)
{
	d->size = d->text.len;
	msk_digest_of(msk_str_c(&d->text), d->text.len, &d->digest);
	if (!found)
		return msk_fail(err, MSK_E_INTEGRITY, "%s: blob is missing", want->digest);
	if (d->text.len != want->size)
		return msk_fail(err, MSK_E_INTEGRITY, "%s: %zu bytes, descriptor says %llu", want->digest, d->text.len,
				(unsigned long long)want->size);
	if (strcmp(d->digest.text, want->digest) != 0)
		return msk_fail(err, MSK_E_INTEGRITY, "%s: content hashes to %s", want->digest, d->digest.text);
	return 0;
}

static int read_described(struct msk_reading *r, const struct msk_json *desc, struct msk_source_document *d,
			  struct msk_err *err)
{
	MSK_AUTO_FREE char *path = NULL;
	struct msk_descriptor want = { .digest = "" };
	bool found = false;

	if (msk_descriptor_read(desc, &want, err) < 0)
		return -1;
	path = msk_blob_path(want.digest);
	d->media_type = want.media_type ? msk_xstrdup(want.media_type) : NULL;
	if (msk_source_read(r->s->source, path, &found, &d->text, err) < 0)
		return -1;
	return compare(&want, found, d, err) < 0 ? -1 : parse(r, want.digest, d, err);
}

bool msk_document_is_absent(struct msk_reading *r, const struct msk_json *desc)
{
	MSK_CLEANUP(msk_source_stream_cleanup) struct msk_reader *in = NULL;
	struct msk_err ignored = MSK_ERR_INIT;
	MSK_AUTO_FREE char *path = NULL;
	struct msk_descriptor d = { .digest = "" };
	bool found;

	if (msk_descriptor_read(desc, &d, &ignored) < 0)
		return false;
	path = msk_blob_path(d.digest);
	return msk_source_stream(r->s->source, path, &found, &in, &ignored) == 0 && !found;
}

int msk_document_read(struct msk_reading *r, const char *what, const struct msk_json *desc, struct msk_source_document *out,
		      struct msk_err *err)
{
	MSK_CLEANUP(msk_document_release) struct msk_source_document d = { 0 };

	if (read_described(r, desc, &d, err) < 0)
		return msk_reading_fault(r, what, err);
	msk_reading_sound(r, what, d.digest.text);
	*out = d;
	d = (struct msk_source_document){ 0 };
	return 0;
}
