/* Images of docker-archives, which have no manifest, get one. */
#include <string.h>

#include "convert.h"
#include "mkscratch/descriptor.h"
#include "mkscratch/media_type.h"

static int pass_by(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	(void)ctx, (void)entry, (void)err;
	return 0;
}

/* Read to its end, and held against the DiffID: in a docker-archive nothing else says what a layer must be. */
static int describe_layer(const struct msk_source_images *from, struct msk_source_image *image, size_t i,
			  struct msk_err *err)
{
	struct msk_source_layer *l = &image->layers[i];
	enum msk_codec_kind codec;
	struct msk_layer_sums sums;

	if (msk_source_layer_visit(from, image, i, pass_by, NULL, &sums, err) < 0)
		return -1;
	/* A tar may begin with any bytes. */
	codec = strcmp(sums.packed.text, sums.plain.text) == 0 ? MSK_CODEC_NONE : msk_codec_by_head(sums.head);
	l->digest = sums.packed;
	l->size = sums.packed_size;
	l->described = true;
	l->media_type = msk_xstrdup(msk_media_type_layer(MSK_MEDIA_OCI, codec));
	return 0;
}

static struct msk_json *manifest_json(const struct msk_source_image *image)
{
	struct msk_json *o = msk_json_object(), *layers = msk_json_array();
	const struct msk_desc config = { msk_media_type(MSK_MEDIA_OCI, MSK_DOC_CONFIG), image->config.digest,
					 image->config.size };

	for (size_t i = 0; i < image->n_layers; i++) {
		const struct msk_source_layer *l = &image->layers[i];

		msk_json_push(layers, msk_desc_json(&(struct msk_desc){ l->media_type, l->digest, l->size }));
	}
	msk_json_set_int(o, "schemaVersion", 2);
	msk_json_set_string(o, "mediaType", msk_media_type(MSK_MEDIA_OCI, MSK_DOC_MANIFEST));
	msk_json_set(o, "config", msk_desc_json(&config));
	msk_json_set(o, "layers", layers);
	return o;
}

int msk_join_convert(const struct msk_source_images *from, struct msk_source_image *image, struct msk_err *err)
{
	struct msk_source_document *m = &image->manifest;

	for (size_t i = 0; i < image->n_layers; i++)
		if (describe_layer(from, image, i, err) < 0)
			return -1;
	m->json = manifest_json(image);
	m->media_type = msk_xstrdup(msk_media_type(MSK_MEDIA_OCI, MSK_DOC_MANIFEST));
	msk_json_dump(m->json, &m->text);
	m->size = m->text.len;
	msk_digest_of(msk_str_c(&m->text), m->text.len, &m->digest);
	return 0;
}
