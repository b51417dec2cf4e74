#include "inspect.h"

static struct msk_json *tags_json(const struct msk_strv *tags)
{
	struct msk_json *list = msk_json_array();

	for (size_t i = 0; i < tags->n; i++)
		msk_json_push(list, msk_json_text(tags->v[i]));
	return list;
}

static struct msk_json *origins_json(const struct msk_tally *by)
{
	struct msk_json *o = msk_json_object();

	for (enum msk_origin_kind k = 0; k < MSK_N_ORIGINS; k++) {
		struct msk_json *t = msk_json_object();

		msk_json_set_int(t, "files", (int64_t)by[k].files);
		msk_json_set_int(t, "size", (int64_t)by[k].bytes);
		msk_json_set(o, msk_origin_kind_name(k), t);
	}
	return o;
}

static struct msk_json *layers_json(const struct inspected *d)
{
	struct msk_json *list = msk_json_array();

	for (size_t i = 0; i < d->arg->image->n_layers; i++) {
		const struct msk_layer_sums *s = &d->arg->sums[i];
		struct msk_json *o = msk_json_object();

		msk_json_set_string(o, "digest", s->packed.text);
		msk_json_set_string(o, "diff_id", s->plain.text);
		msk_json_set_text(o, "media_type", d->arg->image->layers[i].media_type);
		msk_json_set_int(o, "size", (int64_t)s->packed_size);
		msk_json_set_int(o, "plain_size", (int64_t)s->plain_size);
		msk_json_set_int(o, "entries", (int64_t)s->entries);
		msk_json_set(o, "by_origin", origins_json(d->i->by_layer[i]));
		msk_json_push(list, o);
	}
	return list;
}

static struct msk_json *largest_json(const struct msk_inspection *i)
{
	struct msk_json *list = msk_json_array();

	for (size_t k = 0; k < i->n_largest; k++) {
		const struct msk_node *n = i->largest[k];
		struct msk_json *o = msk_json_object();

		msk_json_set_text(o, "path", n->path);
		msk_json_set_int(o, "size", (int64_t)n->size);
		msk_json_set_int(o, "layer", n->layer);
		msk_json_set_string(o, "origin", msk_origin_kind_name(i->origins[n->at]));
		msk_json_push(list, o);
	}
	return list;
}

static struct msk_json *certificates_json(const struct msk_cert_list *l)
{
	struct msk_json *list = msk_json_array();

	for (size_t i = 0; i < l->n; i++) {
		struct msk_json *o = msk_json_object();

		msk_json_set_text(o, "subject", l->v[i].subject);
		msk_json_set_text(o, "path", l->v[i].file);
		msk_json_set(o, "not_before", msk_time_json(l->v[i].not_before));
		msk_json_set(o, "not_after", msk_time_json(l->v[i].not_after));
		msk_json_push(list, o);
	}
	return list;
}

static struct msk_json *objects_json(const struct msk_inspection *i)
{
	struct msk_json *list = msk_json_array();

	for (size_t k = 0; k < i->n_objects; k++) {
		struct msk_json *o = msk_json_object();

		msk_json_set_text(o, "path", i->objects[k].node->path);
		msk_json_set_text(o, "soname", i->objects[k].soname);
		msk_json_set_texts(o, "needs", &i->objects[k].needed);
		msk_json_push(list, o);
	}
	return list;
}

static struct msk_json *document_json(const struct msk_source_document *doc)
{
	return doc->json ? msk_json_share(doc->json) : msk_json_null();
}

/* What is known before any layer is read. */
static struct msk_json *outline_json(const struct msk_source_image *image)
{
	MSK_AUTO_STR platform = MSK_STR_INIT;
	struct msk_json *o = msk_json_object();

	msk_platform_add(&platform, &image->platform);
	msk_json_set_text(o, "platform", platform.buf);
	msk_json_set_string(o, "digest", msk_source_image_digest(image));
	msk_json_set(o, "tags", tags_json(&image->tags));
	return o;
}

/* What the index names and the source does not have. */
static void set_absent(struct msk_json *o, const struct msk_source_images *s)
{
	struct msk_json *list = s->absent.n ? msk_json_array() : NULL;

	for (size_t i = 0; i < s->absent.n; i++) {
		struct msk_json *one = msk_json_object();
		MSK_AUTO_STR platform = MSK_STR_INIT;

		msk_platform_add(&platform, &s->absent.v[i].platform);
		msk_json_set_text(one, "platform", platform.buf);
		msk_json_set_text(one, "digest", msk_json_get_string(s->absent.v[i].entry, "digest"));
		msk_json_push(list, one);
	}
	if (list)
		msk_json_set(o, "absent", list);
}

struct msk_json *msk_inspect_json(const struct inspected *d)
{
	const struct msk_source_image *image = d->arg->image;
	struct msk_json *o = outline_json(image);

	msk_json_set_text(o, "image", msk_source_name(d->arg->images.source));
	msk_json_set_string(o, "config_digest", image->config.digest.text);
	msk_json_set_int(o, "size", (int64_t)msk_source_image_size(image));
	msk_json_set_int(o, "plain_size", (int64_t)msk_inspected_plain(d));
	msk_json_set_int(o, "files", (int64_t)d->i->total.files);
	msk_json_set_int(o, "file_size", (int64_t)d->i->total.bytes);
	msk_json_set(o, "config", document_json(&image->config));
	msk_json_set(o, "manifest", document_json(&image->manifest));
	msk_json_set(o, "layers", layers_json(d));
	msk_json_set(o, "by_origin", origins_json(d->i->by_origin));
	msk_json_set(o, "largest", largest_json(d->i));
	msk_json_set(o, "certificates", certificates_json(&d->i->certs));
	msk_json_set(o, "objects", objects_json(d->i));
	set_absent(o, &d->arg->images);
	return o;
}

struct msk_json *msk_inspect_list_json(const struct msk_source_images *s)
{
	struct msk_json *o = msk_json_object(), *list = msk_json_array();

	for (size_t i = 0; i < s->images.n; i++) {
		struct msk_json *image = outline_json(&s->images.v[i]);

		msk_json_set(image, "config", document_json(&s->images.v[i].config));
		msk_json_set(image, "manifest", document_json(&s->images.v[i].manifest));
		msk_json_push(list, image);
	}
	msk_json_set_text(o, "image", msk_source_name(s->source));
	msk_json_set(o, "images", list);
	msk_json_set(o, "index", document_json(&s->index));
	set_absent(o, s);
	return o;
}
