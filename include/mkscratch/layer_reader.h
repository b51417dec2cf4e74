/* A layer that exists, read once from front to back: blob -> hash -> inflate -> hash -> tar. Entries can be looked at on
 * the way; the digests that decide whether they can be believed are known at the end. Nothing is ever extracted. */
#ifndef MKSCRATCH_LAYER_READER_H
#define MKSCRATCH_LAYER_READER_H

#include "mkscratch/digest.h"
#include "mkscratch/source.h"
#include "mkscratch/tar.h"

#define MSK_MAX_LAYER (16ull << 30)    /* bytes of the plain tar, unless another limit is set: a bomb ends here */

struct msk_layer_reader;

/* `path`: of the blob in the source. `what` is for messages: "layer 1". `limit`: bytes of the plain tar. *found false: there
 * is no such blob. */
int msk_layer_reader_new(struct msk_source *s, const char *path, const char *what, uint64_t limit, bool *found,
			 struct msk_layer_reader **out, struct msk_err *err);
void msk_layer_reader_free(struct msk_layer_reader *r);
void msk_layer_reader_cleanup(struct msk_layer_reader **r);

/* The next entry and its data, as msk_tar_in_next() and msk_tar_in_read() give them.
 * Fails: MSK_E_INPUT `layer 1: expands beyond 17179869184 bytes (--max-layer-size)`, and as those do. */
int msk_layer_reader_next(struct msk_layer_reader *r, struct msk_tar_entry *e, bool *more, struct msk_err *err);
ssize_t msk_layer_reader_data(struct msk_layer_reader *r, void *p, size_t n, struct msk_err *err);

/* An entry, and where it stands. All is borrowed, until the next one. */
struct msk_layer_entry {
	const struct msk_tar_entry *e;
	struct msk_layer_reader *r;            /* stands at its data */
	uint32_t layer;                        /* from 1 */
	uint32_t nth;                          /* of the layer, from 0 */
	const char *path;                      /* of its node; NULL but for msk_source_image_visit() */
};

struct msk_layer_sums {
	struct msk_digest packed, plain;       /* of the blob, and the DiffID */
	uint64_t packed_size, plain_size;
	bool cut;                              /* the tar ends behind its last file, which does not fill a block */
	unsigned char head[4];                 /* the first bytes of the blob, zeros behind a shorter one: its codec */
	size_t entries;                        /* set by msk_source_layer_visit() */
};

/* What follows the last entry belongs to the DiffID too, and what follows the stream to the blob: read it all. Once.
 * Fails also: MSK_E_INPUT `layer 1: the gzip stream does not end with its checksum and length`. */
int msk_layer_reader_finish(struct msk_layer_reader *r, struct msk_layer_sums *out, struct msk_err *err);
/* When unpacking has failed: the digest of the blob all the same. Once, instead of finish. */
int msk_layer_reader_packed(struct msk_layer_reader *r, struct msk_digest *digest, uint64_t *size, struct msk_err *err);
/* ... and when its tar is what has failed: the DiffID all the same. Once, before the above. */
int msk_layer_reader_plain(struct msk_layer_reader *r, struct msk_digest *digest, struct msk_err *err);
/* Was it given up because it expands beyond the limit? */
bool msk_layer_reader_is_full(const struct msk_layer_reader *r);

#endif
