/* Content descriptors (image-spec "descriptor"): media type, digest, size in bytes. Values: they own nothing. */
#ifndef MKSCRATCH_DESCRIPTOR_H
#define MKSCRATCH_DESCRIPTOR_H

#include "mkscratch/digest.h"
#include "mkscratch/json.h"

struct msk_desc {
	const char *media_type;          /* static */
	struct msk_digest digest;
	uint64_t size;
};

struct msk_layer_desc {
	struct msk_desc blob;
	struct msk_digest diff_id;       /* of the uncompressed tar */
	uint64_t plain_size;             /* of that tar, in bytes */
	size_t entries;                  /* whiteouts too */
	const char *history;             /* created_by: what the layer holds; static */
};

/* The members of the descriptor and no others; the caller's. */
struct msk_json *msk_desc_json(const struct msk_desc *d);

#endif
