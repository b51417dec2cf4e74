/* Places in a gzip file from which it can be read on without what lies before: all that its decoder is to know is a place
 * between two blocks and the 32 KiB before it (RFC 1951), or nothing where a member begins.
 *
 * Marks are taken in one reading of the whole, at most MSK_GZIP_MARKS of them, spaced alike; so a reading that begins
 * anywhere decodes little more than that part of the whole for nothing. They take 4 MiB at most. A file without enough
 * blocks has few. */
#ifndef MKSCRATCH_GZIP_MARKS_H
#define MKSCRATCH_GZIP_MARKS_H

#include "mkscratch/stream.h"

#define MSK_GZIP_MARKS 128

struct msk_gzip_marks;
/* Reads `from`, a gzip file of any number of members, to its end. NULL: it is none, or not a sound one; who reads it otherwise
 * will tell. Fails of the reader count as that, too. */
struct msk_gzip_marks *msk_gzip_marks_new(struct msk_reader *from);
void msk_gzip_marks_free(struct msk_gzip_marks *m);
/* Where in the file one has to begin for the plain bytes from `position` on. */
uint64_t msk_gzip_marks_offset(const struct msk_gzip_marks *m, uint64_t position);

/* ... and how many plain bytes are then decoded for nothing. */
uint64_t msk_gzip_marks_lost(const struct msk_gzip_marks *m, uint64_t position);

/* The plain bytes from `position` on; `from` reads the file from the offset that msk_gzip_marks_offset() has told. `name`
 * is for messages; all are borrowed. Fails, also while reading: MSK_E_INPUT, and as `from` does. */
int msk_gzip_resume(const struct msk_gzip_marks *m, uint64_t position, struct msk_reader *from, const char *name,
		    struct msk_reader **out, struct msk_err *err);
void msk_gzip_resumed_free(struct msk_reader *r);

#endif
