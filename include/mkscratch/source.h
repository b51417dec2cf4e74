/* Images that exist: a layout directory, or an archive that is a layout or a docker-archive. Untrusted; every blob is
 * checked (size, digest) while it is read. Nothing is extracted. */
#ifndef MKSCRATCH_SOURCE_H
#define MKSCRATCH_SOURCE_H

#include "mkscratch/descriptor.h"
#include "mkscratch/stream.h"

#define MSK_MAX_DOCUMENT (4u << 20)

struct msk_source;

/* `name`: a directory or an archive file. Fails: MSK_E_INPUT, MSK_E_IO. */
int msk_source_open(const char *name, struct msk_source **out, struct msk_err *err);
void msk_source_free(struct msk_source *s);
void msk_source_cleanup(struct msk_source **s);

/* A document at the top ("index.json", "manifest.json", "oci-layout"). */
int msk_source_document(struct msk_source *s, const char *path, bool *found, struct msk_str *out, struct msk_err *err);
/* A blob of at most MSK_MAX_DOCUMENT bytes, verified. */
int msk_source_blob(struct msk_source *s, const char *digest, uint64_t size, struct msk_str *out, struct msk_err *err);
/* A reader over a blob of any size; size and digest are checked at its end (MSK_E_INTEGRITY). */
int msk_source_stream(struct msk_source *s, const char *digest, uint64_t size, struct msk_reader **out, struct msk_err *err);
void msk_source_stream_free(struct msk_reader *r);
/* Names of all blobs present, sorted; and of the entries of the outer archive or directory. */
int msk_source_list(struct msk_source *s, struct msk_strv *out, struct msk_err *err);

#endif
