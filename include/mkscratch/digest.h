/* SHA-256 by libcrypto, which takes the instructions that a CPU has for it. Where the same bytes go into two hashes the blocks
 * are gone through once (codec/sha256_pair.h). */
#ifndef MKSCRATCH_DIGEST_H
#define MKSCRATCH_DIGEST_H

#include <stdbool.h>
#include "mkscratch/stream.h"

#define MSK_DIGEST_CHARS 72                   /* "sha256:" and 64 hexadecimal digits, with NUL */

struct msk_digest {
	char text[MSK_DIGEST_CHARS];
};

struct msk_sha256;                            /* a running hash */
struct msk_sha256 *msk_sha256_new(void);
void msk_sha256_free(struct msk_sha256 *h);
void msk_sha256_cleanup(struct msk_sha256 **h);
void msk_sha256_add(struct msk_sha256 *h, const void *p, size_t n);
/* The same bytes to both. Takes little more than one where the processor has instructions for SHA-256 and both hashes have had
 * the same number of bytes modulo 64. */
void msk_sha256_add_both(struct msk_sha256 *a, struct msk_sha256 *b, const void *p, size_t n);
void msk_sha256_end(struct msk_sha256 *h, struct msk_digest *out);

void msk_digest_of(const void *p, size_t n, struct msk_digest *out);
/* "sha256:" and 64 lower-case digits, nothing else: the check before a digest may become a path. */
bool msk_digest_valid(const char *text);

/* A writer that hashes and counts what passes on its way to `next` (NULL: the end of the chain). */
struct msk_hash_writer {
	struct msk_writer w;
	struct msk_writer *next;
	struct msk_sha256 *hash;
	struct msk_digest digest;                 /* valid after finish */
	uint64_t size;                            /* bytes passed so far */
};
void msk_hash_writer_init(struct msk_hash_writer *hw, struct msk_writer *next);
void msk_hash_writer_release(struct msk_hash_writer *hw);

#endif
