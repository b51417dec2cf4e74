/* Documents on their way into the store. */
#ifndef IMAGE_DOCUMENT_H
#define IMAGE_DOCUMENT_H

#include "mkscratch/image.h"

/* The cure for documents that are too large, maybe of what they `recorded` of their making. Always -1. */
int msk_document_hint(bool recorded, struct msk_err *err);
/* The bytes that are hashed are the bytes that are stored: a document is dumped once. Takes own_doc over.
 * Fails: as msk_document_check() does; MSK_E_IO. */
int msk_put_document(struct msk_json *own_doc, const char *media_type, struct msk_store *st, struct msk_desc *out,
		     struct msk_err *err);
int msk_put_bytes(const struct msk_str *text, const char *media_type, struct msk_store *st, struct msk_desc *out,
		  struct msk_err *err);
/* An object of strings, or, where a value is NULL, of empty objects; its keys are all different. There may be very many, which
 * are never all there as values. Sorts the pairs. */
struct msk_pair {
	const char *key, *value;
};
void msk_pairs_dump(struct msk_pair *pairs, size_t n, struct msk_str *out);
/* The member "annotations", unless there are none. */
void msk_annotations_set(struct msk_json *o, const struct msk_config *c);
/* Of what is not there yet: of that size, with a digest of zeros. */
struct msk_desc msk_desc_outline(const char *media_type, uint64_t size);

#endif
