/* Blobs on their way: content that is hashed, each once, in the order in which it came. A store holds what one run
 * makes: MSK_STORE_MEMORY bytes in memory and the rest in an unnamed file (staging.h), or all of it at once in the file that an
 * output will be (a stage), so that it need not be copied there. */
#ifndef MKSCRATCH_STORE_H
#define MKSCRATCH_STORE_H

#include "mkscratch/digest.h"
#include "mkscratch/outfile.h"

#define MSK_STORE_MEMORY (8u << 20)

struct msk_store;

struct msk_store *msk_store_new(void);
void msk_store_free(struct msk_store *s);
void msk_store_cleanup(struct msk_store **s);

/* A file in which blobs come to lie one behind the other, and what of it belongs to something else. */
struct msk_stage {
	struct msk_outfile *file;
	uint64_t next;           /* where the next blob and what is in front of it begin */
	unsigned head, align;    /* bytes in front of each blob, which name it; what is behind begins at a multiple of align */
	const char *name;        /* for messages */
	const char *kept;        /* what to say behind them when a write fails; NULL: nothing */
};
/* Blobs go there; borrowed. Before the first blob. */
void msk_store_stage_in(struct msk_store *s, struct msk_stage *stage);

/* Begin a blob; push its bytes, finish the writer, and its digest and size are known. One at a time. The same
 * content twice is stored once. */
struct msk_writer *msk_store_begin(struct msk_store *s);
int msk_store_end(struct msk_store *s, struct msk_digest *digest, uint64_t *size, struct msk_err *err);
/* A whole document at once. */
int msk_store_put(struct msk_store *s, const void *p, size_t n, struct msk_digest *digest, struct msk_err *err);

/* For bytes whose digest somebody else knows by then: they are not hashed again. `size` is that of the bytes that were pushed,
 * or adopted. */
struct msk_writer *msk_store_begin_known(struct msk_store *s);
int msk_store_end_known(struct msk_store *s, const struct msk_digest *digest, uint64_t size, struct msk_err *err);
/* The older file that the stage is held against, and where in it the next blob would come to lie; NULL: there is none. */
const struct stat *msk_store_older(const struct msk_store *s, uint64_t *offset);
/* In place of pushing them: does that file have the bytes there? They are read and hashed, unless somebody has done that;
 * false: no. Behind msk_store_begin_known(), before any. */
bool msk_store_adopt(struct msk_store *s, const struct msk_digest *digest, uint64_t size, bool hashed);
/* What was begun is not to be: as if nothing had been written. */
void msk_store_abandon(struct msk_store *s);

/* Push a blob's bytes to `w`, which is not finished by this. From a stage that others may have written to
 * (msk_outfile_shared) they are hashed again. Fails: MSK_E_IO `<name>: changed while it was being written`. */
int msk_store_send(struct msk_store *s, const struct msk_digest *digest, struct msk_writer *w, struct msk_err *err);
size_t msk_store_count(const struct msk_store *s);
/* Blobs in the order in which they came. */
void msk_store_at(const struct msk_store *s, size_t i, struct msk_digest *digest, uint64_t *size);
/* Where in the stage a blob lies, when the store was given one. */
uint64_t msk_store_offset(const struct msk_store *s, size_t i);

#endif
