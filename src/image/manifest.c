#include "mkscratch/image.h"

struct msk_json *msk_manifest_json(const struct msk_plan *p, const struct msk_desc *config, const struct msk_layers *l)
{
	const struct msk_config *c = &p->config;
	struct msk_json *o = msk_json_object(), *layers = msk_json_array();

	for (size_t i = 0; i < l->n; i++)
		msk_json_push(layers, msk_desc_json(&l->v[i].blob));
	msk_json_set_int(o, "schemaVersion", 2);
	msk_json_set_string(o, "mediaType", MSK_TYPE_MANIFEST);
	msk_json_set(o, "config", msk_desc_json(config));
	msk_json_set(o, "layers", layers);
	if (c->annotation_keys.n) {
		struct msk_json *a = msk_json_object();

		for (size_t i = 0; i < c->annotation_keys.n; i++)
			msk_json_set_string(a, c->annotation_keys.v[i], c->annotation_values.v[i]);
		msk_json_set(o, "annotations", a);
	}
	return o;
}
