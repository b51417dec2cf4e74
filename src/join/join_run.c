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
		.size = d->text.len,
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

/* All that is to be said of an image is known before its blobs are read. */
static struct msk_image image_of(const struct msk_source_image *from)
{
	struct msk_image img = {
		.platform = from->platform,
		.also = from->config.json,
		.config = describe(&from->config, MSK_DOC_CONFIG),
		.manifest = describe(&from->manifest, MSK_DOC_MANIFEST),
	};

	add_layers(from, &img.layers);
	img.size = msk_image_size(&img);
	return img;
}

static struct msk_image *images_of(const struct msk_join *j)
{
	struct msk_image *images = msk_xcalloc(j->n, sizeof *images);

	for (size_t i = 0; i < j->n; i++)
		images[i] = image_of(j->v[i].image);
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

static bool is_stored(const struct msk_store *st, const struct msk_digest *d)
{
	for (size_t i = 0; i < msk_store_count(st); i++) {
		struct msk_digest at;
		uint64_t size;

		msk_store_at(st, i, &at, &size);
		if (strcmp(at.text, d->text) == 0)
			return true;
	}
	return false;
}

static int copy_layer(const struct msk_joined *m, size_t i, struct msk_store *st, struct msk_err *err)
{
	const struct msk_source_layer *l = &m->image->layers[i];
	MSK_CLEANUP(msk_source_stream_cleanup) struct msk_reader *r = NULL;
	struct msk_digest got;
	uint64_t size;
	bool found;

	if (is_stored(st, &l->digest))
		return 0;
	if (msk_source_stream(m->from->source, l->path, &found, &r, err) < 0)
		return -1;
	if (!found)
		return msk_fail(err, MSK_E_INTEGRITY, "layer %zu: %s: blob is missing", i + 1, l->digest.text);
	if (copy_stream(r, st, &got, &size, err) < 0)
		return -1;
	if (size != l->size)
		return msk_fail(err, MSK_E_INTEGRITY, "layer %zu: %s: %llu bytes, descriptor says %llu", i + 1, l->digest.text,
				(unsigned long long)size, (unsigned long long)l->size);
	if (strcmp(got.text, l->digest.text) != 0)
		return msk_fail(err, MSK_E_INTEGRITY, "layer %zu: %s: content hashes to %s", i + 1, l->digest.text, got.text);
	return 0;
}

static int copy_image(const struct msk_joined *m, struct msk_store *st, struct msk_err *err)
{
	const struct msk_source_image *image = m->image;
	struct msk_digest ignored;

	for (size_t i = 0; i < image->n_layers; i++)
		if (copy_layer(m, i, st, err) < 0)
			return msk_ctx(err, "%s", msk_source_name(m->from->source));
	if (msk_store_put(st, image->config.text.buf, image->config.text.len, &ignored, err) < 0)
		return -1;
	return msk_store_put(st, image->manifest.text.buf, image->manifest.text.len, &ignored, err);
}

static void stage(const struct msk_join *j, const struct msk_plan *plan, const struct msk_sinks *sinks, struct msk_store *st)
{
	MSK_CLEANUP(msk_product_release) struct msk_product like = { 0 };

	msk_product_outline(plan, images_of(j), j->n, &like);
	msk_sinks_stage(sinks, &like, st);
}

int msk_join_run(const struct msk_join *j, const struct msk_plan *plan, const struct msk_log *log,
		 const char *const *stage_dirs, struct msk_product *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new(stage_dirs);
	MSK_CLEANUP(msk_sinks_close) struct msk_sinks sinks = { 0 };

	if (msk_sinks_open(plan->targets, plan->n_targets, log, &sinks, err) < 0)
		return -1;
	stage(j, plan, &sinks, st);
	for (size_t i = 0; i < j->n; i++)
		if (copy_image(&j->v[i], st, err) < 0)
			return -1;
	if (msk_product_make(plan, images_of(j), j->n, st, out, err) < 0)
		return -1;
	return msk_sinks_deliver(&sinks, out, st, err);
}
