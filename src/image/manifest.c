#include "document.h"

void msk_annotations_set(struct msk_json *o, const struct msk_config *c, const struct msk_maker_record *record)
{
	struct msk_json *a;

	if (!c->annotation_keys.n && !record->reasons && !record->recipe)
		return;
	a = msk_json_object();
	for (size_t i = 0; i < c->annotation_keys.n; i++)
		msk_json_set_string(a, c->annotation_keys.v[i], c->annotation_values.v[i]);
	if (record->reasons)
		msk_json_set_string(a, MSK_ANNOTATION_REASONS, record->reasons);
	if (record->recipe)
		msk_json_set_string(a, MSK_ANNOTATION_RECIPE, record->recipe);
	msk_json_set(o, "annotations", a);
}

struct msk_json *msk_manifest_json(const struct msk_plan *p, const struct msk_desc *config, const struct msk_layers *l,
				   const struct msk_maker_record *record)
{
	struct msk_json *o = msk_json_object(), *layers = msk_json_array();

	for (size_t i = 0; i < l->n; i++)
		msk_json_push(layers, msk_desc_json(&l->v[i].blob));
	msk_json_set_int(o, "schemaVersion", 2);
	msk_json_set_string(o, "mediaType", msk_media_type(p->media_types, MSK_DOC_MANIFEST));
	msk_json_set(o, "config", msk_desc_json(config));
	msk_json_set(o, "layers", layers);
	msk_annotations_set(o, &p->config, record);
	return o;
}
