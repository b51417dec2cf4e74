/* The headers of a tar once more, beside the library that reads it, as Go's archive/tar reads them, by which runtimes unpack
 * layers. Where the two would take the same bytes for different entries the archive is refused: what is looked at has to be
 * what will run. Not looked at is what both read alike, as the sum. Both pass over global pax records; GNU tar does not, and
 * where these tell a path or a size the archive is refused, too.
 * (POSIX.1-1988 ustar, POSIX.1-2001 pax; GNU tar, "Basic Tar Format".)
 *
 * Of the stream only what may still be headers is kept: an entry's body has the length that is told here, and passes by. How
 * much that can be the library says: it takes 32 extended headers of 1 MiB before an entry and no more, and a piece of what
 * follows is read with them. */
#ifndef CODEC_TAR_HEADERS_H
#define CODEC_TAR_HEADERS_H

#include <stdbool.h>
#include <stdint.h>

#include "mkscratch/str.h"

struct tar_headers {
	struct msk_str kept;           /* of the stream, from `from` on */
	uint64_t from;
	uint64_t body_end;             /* where the bytes of the last entry end, and what fills its last block begins */
	uint64_t next;                 /* where the headers of the next entry begin */
};

/* What the headers of one entry say. */
struct tar_told {
	uint32_t mode;                 /* permissions, as the header says, whatever an access list does */
	uint64_t body;                 /* bytes that follow in the stream, without what fills the last block */
	char type;                     /* of the header; '0': a file, also when its name ends in a slash */
	bool sparse;                   /* they are a map and the parts of a file that is larger */
	/* Of pax records, whose names the library converts to the locale, which loses characters; not ended; NULL: none has it.
	 * Lent until more is added. */
	const char *path, *link;
	size_t path_len, link_len;
};

/* The n bytes at `at`, which come one behind the other. */
void tar_headers_add(struct tar_headers *h, uint64_t at, const void *p, size_t n);
/* The headers of the next entry, which the library has found at start..end. NULL: they are; else what readers differ about. */
const char *tar_headers_next(struct tar_headers *h, uint64_t start, uint64_t end, struct tar_told *out);
/* How many bytes of what stands at the end of the entries are here: two blocks of zeros, or one and no more. */
size_t tar_headers_at_end(const struct tar_headers *h);
/* The stream ends at `end`: how many bytes its last block lacks where the entry has all of its own; else 0. */
size_t tar_headers_lack(const struct tar_headers *h, uint64_t end);
/* The library has found no more of them. */
const char *tar_headers_end(const struct tar_headers *h);
#define TAR_END 1024u
void tar_headers_release(struct tar_headers *h);

#endif
