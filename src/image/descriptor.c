#include "mkscratch/descriptor.h"

struct msk_json *msk_desc_json(const struct msk_desc *d)
{
	struct msk_json *o = msk_json_object();

	msk_json_set_string(o, "mediaType", d->media_type);
	msk_json_set_string(o, "digest", d->digest.text);
	msk_json_set_int(o, "size", (int64_t)d->size);
	return o;
}
