/* Blobs on their way: content that is complete, hashed and small enough to keep, or staged in an unnamed file.
 * A store holds what one run makes; MSK_STORE_MEMORY bytes stay in memory, the rest goes to disk. */
#ifndef MKSCRATCH_STORE_H
#define MKSCRATCH_STORE_H

#include "mkscratch/digest.h"

#define MSK_STORE_MEMORY (8u << 20)

struct msk_store;

/* `dirs`: where to stage what memory cannot hold, first that works, NULL-terminated; borrowed. */
struct msk_store *msk_store_new(const char *const *dirs);
void msk_store_free(struct msk_store *s);
void msk_store_cleanup(struct msk_store **s);

/* Begin a blob; push its bytes, finish the writer, and its digest and size are known. One at a time. The same
 * content twice is stored once. */
struct msk_writer *msk_store_begin(struct msk_store *s);
int msk_store_end(struct msk_store *s, struct msk_digest *digest, uint64_t *size, struct msk_err *err);
/* A whole document at once. */
int msk_store_put(struct msk_store *s, const void *p, size_t n, struct msk_digest *digest, struct msk_err *err);

/* Push a blob's bytes to `w`, which is not finished by this. */
int msk_store_send(struct msk_store *s, const struct msk_digest *digest, struct msk_writer *w, struct msk_err *err);
size_t msk_store_count(const struct msk_store *s);
/* Blobs in the order of their digests. */
void msk_store_at(const struct msk_store *s, size_t i, struct msk_digest *digest, uint64_t *size);

#endif
