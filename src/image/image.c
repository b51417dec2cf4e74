#include <string.h>

#include "document.h"
#include "mkscratch/media_type.h"

/* Two layers may be one blob. */
uint64_t msk_image_size(const struct msk_image *img)
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

void msk_image_release(struct msk_image *img)
{
	msk_layers_release(&img->layers);
	free(img->attestations);
	img->attestations = NULL;
}

/* Readers take so many bytes, and of what they parse so many values. */
static bool is_readable(const char *text)
{
	size_t n = strlen(text);

	return n <= MSK_MAX_DOCUMENT && msk_json_values(text, n) <= MSK_MAX_VALUES;
}

static size_t room_of(const char *text)
{
	return text ? msk_json_dumped_length(text, strlen(text)) : 0;
}

static void drop(char **text)
{
	free(*text);
	*text = NULL;
}

/* The manifest with as much of the record as there is room for. What surely has none is not tried. */
static void dump_manifest(const struct msk_plan *p, const struct msk_image *img, struct msk_maker_record *record,
			  struct msk_str *out)
{
	if (record->reasons && (!is_readable(record->reasons) || room_of(record->reasons) > MSK_MAX_DOCUMENT))
		drop(&record->reasons);
	if (record->recipe && (!is_readable(record->recipe) ||
			       room_of(record->reasons) + room_of(record->recipe) > MSK_MAX_DOCUMENT))
		drop(&record->recipe);
	for (;;) {
		out->len = 0;
		msk_manifest_dump(p, &img->config, &img->layers, record, out);
		if (out->len <= MSK_MAX_DOCUMENT || (!record->recipe && !record->reasons))
			return;
		drop(record->recipe ? &record->recipe : &record->reasons);
	}
}

static int put_config(const struct msk_plan *p, struct msk_store *st, struct msk_image *img, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_config_dump(p, &img->platform, &img->layers, &text);
	img->values += msk_json_values(text.buf, text.len);
	return msk_put_bytes(&text, msk_media_type(p->media_types, MSK_DOC_CONFIG), st, &img->config, err);
}

static int put_manifest(const struct msk_plan *p, struct msk_maker_record *record, struct msk_store *st, struct msk_image *img,
			struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	dump_manifest(p, img, record, &text);
	img->values += msk_json_values(text.buf, text.len);
	return msk_put_bytes(&text, msk_media_type(p->media_types, MSK_DOC_MANIFEST), st, &img->manifest, err);
}

int msk_image_make(const struct msk_plan *p, const struct msk_platform *pf, struct msk_layers *own_layers,
		   struct msk_maker_record *record, struct msk_store *st, struct msk_image *out, struct msk_err *err)
{
	*out = (struct msk_image){ .platform = *pf, .layers = *own_layers };
	*own_layers = (struct msk_layers){ NULL, 0, 0 };
	if (put_config(p, st, out, err) < 0 || put_manifest(p, record, st, out, err) < 0) {
		msk_image_release(out);
		return -1;
	}
	out->size = msk_image_size(out);
	return 0;
}

void msk_image_outline(const struct msk_plan *p, const struct msk_platform *pf, size_t n_layers,
		       struct msk_maker_record *record, struct msk_image *out)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	*out = (struct msk_image){ .platform = *pf };
	out->layers = (struct msk_layers){ msk_xcalloc(n_layers, sizeof *out->layers.v), n_layers, n_layers };
	for (size_t i = 0; i < n_layers; i++)
		out->layers.v[i].blob = msk_desc_outline(msk_media_type_layer(p->media_types, p->codec.kind), 1000000);
	out->config = msk_desc_outline(msk_media_type(p->media_types, MSK_DOC_CONFIG), 1000);
	dump_manifest(p, out, record, &text);
	out->manifest = msk_desc_outline(msk_media_type(p->media_types, MSK_DOC_MANIFEST), text.len);
}
