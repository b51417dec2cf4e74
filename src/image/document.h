/* Documents on their way into the store. */
#ifndef IMAGE_DOCUMENT_H
#define IMAGE_DOCUMENT_H

#include "mkscratch/image.h"

/* The bytes that are hashed are the bytes that are stored: a document is dumped once. Takes own_doc over.
 * Fails: as msk_document_check() does; MSK_E_IO. */
int msk_put_document(struct msk_json *own_doc, const char *media_type, struct msk_store *st, struct msk_desc *out,
		     struct msk_err *err);
int msk_put_bytes(const struct msk_str *text, const char *media_type, struct msk_store *st, struct msk_desc *out,
		  struct msk_err *err);
/* The member "annotations", unless there are none. */
void msk_annotations_set(struct msk_json *o, const struct msk_config *c, const struct msk_maker_record *record);
/* Of what is not there yet: of that size, with a digest of zeros. */
struct msk_desc msk_desc_outline(const char *media_type, uint64_t size);

#endif
