/* Content descriptors (image-spec "descriptor"): media type, digest, size. */
#ifndef MKSCRATCH_DESCRIPTOR_H
#define MKSCRATCH_DESCRIPTOR_H

#include "mkscratch/digest.h"
#include "mkscratch/json.h"

#define MSK_TYPE_INDEX    "application/vnd.oci.image.index.v1+json"
#define MSK_TYPE_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define MSK_TYPE_CONFIG   "application/vnd.oci.image.config.v1+json"

struct msk_desc {
	const char *media_type;          /* static */
	struct msk_digest digest;
	uint64_t size;
};

struct msk_layer_desc {
	struct msk_desc blob;
	struct msk_digest diff_id;       /* of the uncompressed tar */
	uint64_t plain_size;
	size_t entries;
	const char *history;             /* created_by: what the layer holds; static */
};

struct msk_json *msk_desc_json(const struct msk_desc *d);

#endif
