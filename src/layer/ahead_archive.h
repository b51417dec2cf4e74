/* An archive that a run will write over, looked at before: which of its larger blobs are what their names say. */
#ifndef AHEAD_ARCHIVE_H
#define AHEAD_ARCHIVE_H

#include <stdatomic.h>
#include <sys/stat.h>
#include "mkscratch/digest.h"
#include "mkscratch/str.h"

#define MSK_HELD_MOST 8

struct msk_held {
	struct msk_digest digest;
	uint64_t offset, size;
};

struct msk_held_blobs {
	struct stat st;                /* the archive before all and behind all */
	struct msk_held v[MSK_HELD_MOST];
	size_t n;
};

/* Those in the archive when a document in it names one of the digests, else none. No error: what cannot be read, or is no
 * archive of ours, holds none. */
void msk_archive_look(const char *path, const struct msk_strv *digests, const atomic_bool *stop, struct msk_held_blobs *out);

/* Bytes of a file; false: it cannot be read, or is to stop. */
bool msk_hash_range(int fd, uint64_t offset, uint64_t size, const atomic_bool *stop, struct msk_digest *out);

#endif
