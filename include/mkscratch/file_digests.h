/* The digests of what the files of a rootfs hold, by the numbers of their entries. A few megabytes of them are in memory, the
 * others in an unnamed file (staging.h). For one thread at a time. */
#ifndef MKSCRATCH_FILE_DIGESTS_H
#define MKSCRATCH_FILE_DIGESTS_H

#include <stdbool.h>
#include <stddef.h>
#include "mkscratch/digest.h"
#include "mkscratch/err.h"

struct msk_file_digests;

/* Of so many entries; none is known. */
struct msk_file_digests *msk_file_digests_new(size_t entries);
void msk_file_digests_free(struct msk_file_digests *d);
void msk_file_digests_cleanup(struct msk_file_digests **d);

/* NULL for the first: none is known. */
bool msk_file_digests_get(struct msk_file_digests *d, size_t number, struct msk_digest *out);
/* Fails, as the next does: MSK_E_IO, when there is no place for the file. */
int msk_file_digests_set(struct msk_file_digests *d, size_t number, const struct msk_digest *digest, struct msk_err *err);
/* It is not known any more. */
int msk_file_digests_forget(struct msk_file_digests *d, size_t number, struct msk_err *err);

#endif
