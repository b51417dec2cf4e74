/* What was joined on its way to the outputs. */
#include <string.h>

#include "mkscratch/join.h"
#include "mkscratch/media_type.h"
#include "mkscratch/sink.h"

#define CHUNK (256u << 10)

static struct msk_desc describe(const struct msk_source_document *d, enum msk_document kind)
{
	return (struct msk_desc){
		.media_type = d->media_type ? d->media_type : msk_media_type(MSK_MEDIA_OCI, kind),
		.digest = d->digest,
		.size = d->size,
	};
}

static void add_layers(const struct msk_source_image *from, struct msk_layers *to)
{
	for (size_t i = 0; i < from->n_layers; i++) {
		const struct msk_source_layer *l = &from->layers[i];

		MSK_GROW(to->v, to->n, to->cap);
		to->v[to->n++] = (struct msk_layer_desc){
			.blob = { l->media_type, l->digest, l->size }, .diff_id = l->diff_id,
		};
	}
}

static size_t values_of(const struct msk_source_document *d)
{
	return msk_json_values(msk_str_c(&d->text), d->text.len);
}

/* All that is to be said of an image is known before its blobs are read. */
static struct msk_image image_of(const struct msk_source_image *from)
{
	struct msk_image img = {
		.platform = from->platform,
		.also = from->config.json,
		.config = describe(&from->config, MSK_DOC_CONFIG),
		.manifest = describe(&from->manifest, MSK_DOC_MANIFEST),
		.values = values_of(&from->config) + values_of(&from->manifest),
	};

	add_layers(from, &img.layers);
	img.size = msk_image_size(&img);
	return img;
}

static void add_attestations(const struct msk_joined *from, struct msk_image *to)
{
	to->attestations = msk_xcalloc(from->n_attestations, sizeof *to->attestations);
	for (; to->n_attestations < from->n_attestations; to->n_attestations++) {
		const struct msk_source_document *d = &from->attestations[to->n_attestations].image->manifest;

		to->attestations[to->n_attestations] = (struct msk_attestation){
			describe(d, MSK_DOC_MANIFEST), msk_json_get_string(d->json, "artifactType"),
		};
		to->values += values_of(d);
	}
}

static struct msk_image *images_of(const struct msk_join *j)
{
	struct msk_image *images = msk_xcalloc(j->n, sizeof *images);

	for (size_t i = 0; i < j->n; i++)
		images[i] = image_of(j->v[i].image);
	for (size_t i = 0; i < j->n; i++)
		if (j->v[i].n_attestations)
			add_attestations(&j->v[i], &images[i]);
	return images;
}

static int copy_stream(struct msk_reader *from, struct msk_store *st, struct msk_digest *digest, uint64_t *size,
		       struct msk_err *err)
{
	MSK_AUTO_FREE char *buf = msk_xmalloc(CHUNK);
	struct msk_writer *w = msk_store_begin(st);
	ssize_t n;

	while ((n = from->read(from, buf, CHUNK, err)) > 0)
		if (msk_writer_write(w, buf, (size_t)n, err) < 0)
			return -1;
	if (n < 0 || msk_writer_finish(w, err) < 0)
		return -1;
	return msk_store_end(st, digest, size, err);
}

static bool is_stored(const struct msk_store *st, const struct msk_digest *d, uint64_t *size)
{
	for (size_t i = 0; i < msk_store_count(st); i++) {
		struct msk_digest at;

		msk_store_at(st, i, &at, size);
		if (strcmp(at.text, d->text) == 0)
			return true;
	}
	return false;
}

static int copy_blob(const struct msk_source_images *from, const struct msk_source_layer *l, const char *what,
		     struct msk_store *st, struct msk_err *err)
{
	MSK_CLEANUP(msk_source_stream_cleanup) struct msk_reader *r = NULL;
	struct msk_digest got = l->digest;
	uint64_t size;
	bool found = is_stored(st, &l->digest, &size);

	if (!found && (msk_source_stream(from->source, l->path, &found, &r, err) < 0 ||
		       (found && !msk_source_is_longer(from->source, l->path, l->size, &size) &&
			copy_stream(r, st, &got, &size, err) < 0)))
		return -1;
	if (!found)
		return msk_fail(err, MSK_E_INTEGRITY, "%s: %s: blob is missing", what, l->digest.text);
	if (size != l->size)
		return msk_fail(err, MSK_E_INTEGRITY, "%s: %s: %llu bytes, descriptor says %llu", what, l->digest.text,
				(unsigned long long)size, (unsigned long long)l->size);
	if (strcmp(got.text, l->digest.text) != 0)
		return msk_fail(err, MSK_E_INTEGRITY, "%s: %s: content hashes to %s", what, l->digest.text, got.text);
	return 0;
}

static int copy_layers(const struct msk_source_images *from, const struct msk_source_image *image, struct msk_store *st,
		       struct msk_err *err)
{
	for (size_t i = 0; i < image->n_layers; i++) {
		MSK_AUTO_FREE char *what = msk_xasprintf("layer %zu", i + 1);

		if (copy_blob(from, &image->layers[i], what, st, err) < 0)
			return -1;
	}
	return 0;
}

static int put(const struct msk_source_document *d, struct msk_store *st, struct msk_err *err)
{
	struct msk_digest ignored;

	return msk_store_put(st, d->text.buf, d->text.len, &ignored, err);
}

static int copy_image(const struct msk_joined *m, struct msk_store *st, struct msk_err *err)
{
	if (copy_layers(m->from, m->image, st, err) < 0)
		return msk_ctx_read(err, "%s", msk_source_name(m->from->source));
	return put(&m->image->config, st, err) < 0 ? -1 : put(&m->image->manifest, st, err);
}

static int copy_attestation(const struct msk_joined_attestation *a, struct msk_store *st, struct msk_err *err)
{
	if (copy_layers(a->from, a->image, st, err) < 0 ||
	    (a->image->blob.path && copy_blob(a->from, &a->image->blob, "config", st, err) < 0)) {
		msk_ctx_read(err, "attestation %s", a->image->manifest.digest.text);
		return msk_ctx_read(err, "%s", msk_source_name(a->from->source));
	}
	return put(&a->image->manifest, st, err);
}

static int copy_attestations(const struct msk_joined *m, struct msk_store *st, struct msk_err *err)
{
	for (size_t i = 0; i < m->n_attestations; i++)
		if (copy_attestation(&m->attestations[i], st, err) < 0)
			return -1;
	return 0;
}

static void stage(const struct msk_join *j, const struct msk_plan *plan, const struct msk_sinks *sinks, struct msk_store *st)
{
	MSK_CLEANUP(msk_product_release) struct msk_product like = { 0 };

	msk_product_outline(plan, images_of(j), j->n, &like);
	msk_sinks_stage(sinks, &like, st);
}

int msk_join_run(const struct msk_join *j, const struct msk_plan *plan, const struct msk_log *log,
		 struct msk_product *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
	MSK_CLEANUP(msk_sinks_close) struct msk_sinks sinks = { 0 };

	if (msk_sinks_open(plan->targets, plan->n_targets, log, &sinks, err) < 0)
		return -1;
	stage(j, plan, &sinks, st);
	for (size_t i = 0; i < j->n; i++)
		if (copy_image(&j->v[i], st, err) < 0)
			return -1;
	for (size_t i = 0; i < j->n; i++)
		if (copy_attestations(&j->v[i], st, err) < 0)
			return -1;
	if (msk_product_make(plan, images_of(j), j->n, st, out, err) < 0)
		return -1;
	return msk_sinks_deliver(&sinks, out, st, err);
}
