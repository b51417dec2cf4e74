#include <string.h>

#include "document.h"
#include "mkscratch/media_type.h"

static uint64_t stored_size(const struct msk_store *st)
{
	uint64_t total = 0;

	for (size_t i = 0; i < msk_store_count(st); i++) {
		struct msk_digest digest;
		uint64_t size;

		msk_store_at(st, i, &digest, &size);
		total += size;
	}
	return total;
}

/* Nothing of the machine that makes it decides: what was asked for, else what most machines are, else the first. */
static size_t loaded_of(const struct msk_plan *p, const struct msk_image *images, size_t n)
{
	const struct msk_platform most = { .os = "linux", .arch = "amd64" };
	const struct msk_platform *want = msk_platform_known(&p->loaded) ? &p->loaded : &most;

	for (size_t i = 0; i < n; i++)
		if (msk_platform_covers(want, &images[i].platform))
			return i;
	return 0;
}

bool msk_product_has_index(const struct msk_product *p)
{
	return p->n_images > 1 || p->images[0].n_attestations;
}

static struct msk_product product_of(const struct msk_plan *p, struct msk_image *own_images, size_t n)
{
	return (struct msk_product){
		.images = own_images, .n_images = n, .loaded = loaded_of(p, own_images, n), .top = own_images[0].manifest,
		.tags = p->tags, .n_tags = p->n_tags,
	};
}

/* So many bytes and values have all documents that readers take in. */
struct weight {
	uint64_t bytes;
	size_t values;
};

static void weigh(struct weight *w, struct msk_json *own_doc)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_json_dump(own_doc, &text);
	msk_json_free(own_doc);
	w->bytes += text.len;
	w->values += msk_json_values(text.buf, text.len);
}

static void weigh_image(struct weight *w, const struct msk_image *img)
{
	w->bytes += img->config.size + img->manifest.size;
	w->values += img->values;
	for (size_t i = 0; i < img->n_attestations; i++)
		w->bytes += img->attestations[i].manifest.size;
}

/* Each may be small enough, and all of them together too large. */
static int check_documents(const struct msk_plan *plan, const struct msk_product *p, struct msk_err *err)
{
	struct weight w = { 0 };

	for (size_t i = 0; i < p->n_images; i++)
		weigh_image(&w, &p->images[i]);
	if (msk_product_has_index(p))
		weigh(&w, msk_image_index_json(plan, p->images, p->n_images));
	weigh(&w, msk_index_json(p));
	weigh(&w, msk_docker_manifest_json(p));
	if (w.bytes <= MSK_MAX_DOCUMENTS && w.values <= MSK_MAX_VALUES)
		return 0;
	if (w.values > MSK_MAX_VALUES)
		msk_fail(err, MSK_E_USAGE, "all documents together: too large for who reads images (%zu vs %d values)",
			 w.values, MSK_MAX_VALUES);
	else
		msk_fail(err, MSK_E_USAGE, "all documents together: too large for who reads images (%llu vs %u bytes)",
			 (unsigned long long)w.bytes, MSK_MAX_DOCUMENTS);
	return msk_document_hint(plan->record && w.bytes > MSK_MAX_DOCUMENTS, err);
}

int msk_product_make(const struct msk_plan *p, struct msk_image *own_images, size_t n, struct msk_store *st,
		     struct msk_product *out, struct msk_err *err)
{
	*out = product_of(p, own_images, n);
	if (msk_product_has_index(out) &&
	    msk_put_document(msk_image_index_json(p, own_images, n), msk_media_type(p->media_types, MSK_DOC_INDEX), st,
			     &out->top, err) < 0)
		return -1;
	if (check_documents(p, out, err) < 0)
		return -1;
	out->size = stored_size(st);
	return 0;
}

void msk_product_outline(const struct msk_plan *p, struct msk_image *own_images, size_t n, struct msk_product *out)
{
	*out = product_of(p, own_images, n);
	if (msk_product_has_index(out))
		out->top = msk_desc_outline(msk_media_type(p->media_types, MSK_DOC_INDEX), 1000);
}

void msk_product_release(struct msk_product *p)
{
	for (size_t i = 0; i < p->n_images; i++)
		msk_image_release(&p->images[i]);
	free(p->images);
	*p = (struct msk_product){ 0 };
}
