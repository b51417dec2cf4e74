#include "document.h"

void msk_annotations_set(struct msk_json *o, const struct msk_config *c)
{
	struct msk_json *a;

	if (!c->annotation_keys.n)
		return;
	a = msk_json_object();
	for (size_t i = 0; i < c->annotation_keys.n; i++)
		msk_json_set_string(a, c->annotation_keys.v[i], c->annotation_values.v[i]);
	msk_json_set(o, "annotations", a);
}

/* Those of the user and the record, whose keys are others (check_annotations of plan_config.c). "": none. */
static void dump_annotations(const struct msk_config *c, const struct msk_maker_record *record, struct msk_str *out)
{
	MSK_AUTO_FREE struct msk_pair *pairs = msk_xcalloc(c->annotation_keys.n + 2, sizeof *pairs);
	size_t n = 0;

	for (; n < c->annotation_keys.n; n++)
		pairs[n] = (struct msk_pair){ c->annotation_keys.v[n], c->annotation_values.v[n] };
	if (record->reasons)
		pairs[n++] = (struct msk_pair){ MSK_ANNOTATION_REASONS, record->reasons };
	if (record->recipe)
		pairs[n++] = (struct msk_pair){ MSK_ANNOTATION_RECIPE, record->recipe };
	if (n)
		msk_pairs_dump(pairs, n, out);
}

void msk_manifest_dump(const struct msk_plan *p, const struct msk_desc *config, const struct msk_layers *l,
		       const struct msk_maker_record *record, struct msk_str *out)
{
	MSK_AUTO_JSON *o = msk_json_object();
	struct msk_json *layers = msk_json_array();
	MSK_AUTO_STR annotations = MSK_STR_INIT;

	for (size_t i = 0; i < l->n; i++)
		msk_json_push(layers, msk_desc_json(&l->v[i].blob));
	msk_json_set_int(o, "schemaVersion", 2);
	msk_json_set_string(o, "mediaType", msk_media_type(p->media_types, MSK_DOC_MANIFEST));
	msk_json_set(o, "config", msk_desc_json(config));
	msk_json_set(o, "layers", layers);
	dump_annotations(&p->config, record, &annotations);
	msk_json_dump_with(o, &(struct msk_json_member){ "annotations", annotations.buf }, annotations.len > 0, out);
}
