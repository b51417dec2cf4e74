#include "mkscratch/image.h"

#include <string.h>

#include "mkscratch/media_type.h"

/* The bytes that are hashed are the bytes that are stored: a document is dumped once. */
static int put_document(struct msk_json *own_doc, const char *media_type, struct msk_store *st, struct msk_desc *out,
			struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_json_dump(own_doc, &text);
	msk_json_free(own_doc);
	out->media_type = media_type;
	out->size = text.len;
	return msk_store_put(st, text.buf, text.len, &out->digest, err);
}

/* Two layers may be one blob. */
static uint64_t image_size(const struct msk_image *img)
{
	uint64_t total = img->config.size + img->manifest.size;

	for (size_t i = 0; i < img->layers.n; i++) {
		const struct msk_desc *blob = &img->layers.v[i].blob;
		size_t first = 0;

		while (strcmp(img->layers.v[first].blob.digest.text, blob->digest.text) != 0)
			first++;
		total += first == i ? blob->size : 0;
	}
	return total;
}

static uint64_t stored_size(const struct msk_store *st)
{
	uint64_t total = 0;

	for (size_t i = 0; st && i < msk_store_count(st); i++) {
		struct msk_digest digest;
		uint64_t size;

		msk_store_at(st, i, &digest, &size);
		total += size;
	}
	return total;
}

void msk_image_release(struct msk_image *img)
{
	msk_layers_release(&img->layers);
}

int msk_image_make(const struct msk_plan *p, const struct msk_platform *pf, struct msk_layers *own_layers,
		   const struct msk_record *record, struct msk_store *st, struct msk_image *out, struct msk_err *err)
{
	*out = (struct msk_image){ .platform = *pf, .layers = *own_layers };
	*own_layers = (struct msk_layers){ NULL, 0, 0 };
	if (put_document(msk_config_json(p, pf, &out->layers), msk_media_type(p->media_types, MSK_DOC_CONFIG), st,
			 &out->config, err) < 0 ||
	    put_document(msk_manifest_json(p, &out->config, &out->layers, record),
			 msk_media_type(p->media_types, MSK_DOC_MANIFEST), st, &out->manifest, err) < 0) {
		msk_image_release(out);
		return -1;
	}
	out->size = image_size(out);
	return 0;
}

void msk_product_make(const struct msk_plan *p, struct msk_image *own_images, size_t n, const struct msk_store *st,
		      struct msk_product *out)
{
	*out = (struct msk_product){
		.images = own_images, .n_images = n, .top = own_images[0].manifest, .tags = p->tags, .n_tags = p->n_tags,
		.size = stored_size(st),
	};
}

void msk_product_release(struct msk_product *p)
{
	for (size_t i = 0; i < p->n_images; i++)
		msk_image_release(&p->images[i]);
	free(p->images);
	*p = (struct msk_product){ 0 };
}

static struct msk_desc made_up(const char *media_type, uint64_t size)
{
	struct msk_desc d = { .media_type = media_type, .size = size };

	memset(d.digest.text, '0', MSK_DIGEST_CHARS - 1);
	memcpy(d.digest.text, "sha256:", strlen("sha256:"));
	return d;
}

void msk_image_outline(const struct msk_plan *p, const struct msk_platform *pf, size_t n_layers,
		       const struct msk_record *record, struct msk_image *out)
{
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_JSON *manifest = NULL;

	*out = (struct msk_image){ .platform = *pf };
	out->layers = (struct msk_layers){ msk_xcalloc(n_layers, sizeof *out->layers.v), n_layers, n_layers };
	for (size_t i = 0; i < n_layers; i++)
		out->layers.v[i].blob = made_up(msk_media_type_layer(p->media_types, p->codec.kind), 1000000);
	out->config = made_up(msk_media_type(p->media_types, MSK_DOC_CONFIG), 1000);
	manifest = msk_manifest_json(p, &out->config, &out->layers, record);
	msk_json_dump(manifest, &text);
	out->manifest = made_up(msk_media_type(p->media_types, MSK_DOC_MANIFEST), text.len);
}
