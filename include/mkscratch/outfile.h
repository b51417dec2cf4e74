/* A file that is written to a place where there may be an older one with the same bytes, as it is when somebody builds again
 * and nothing has changed. What is written is compared with that as it comes: as long as it is equal, nothing is written.
 * At the first difference a temporary file (tempfile.h) is begun, which gets what was equal, and goes on as any other; when
 * there is none to the end, the older file stays.
 *
 * It is compared with only when a new one would be in no way different: a regular file under one name, with the owner, mode
 * and ACL that a file made here and now has (other extended attributes do not count). Where the file system has no unnamed
 * files (O_TMPFILE) to learn that from, it is written anew.
 *
 * Any order will do, and a place may be written twice; but by the end each byte has to have been written. For one thread. */
#ifndef MKSCRATCH_OUTFILE_H
#define MKSCRATCH_OUTFILE_H

#include <stdint.h>
#include <sys/stat.h>
#include "mkscratch/tempfile.h"

/* Stays where it is: msk_outfile_move() is the way to another place. */
struct msk_outfile {
	int dirfd;                 /* borrowed, as the names are */
	const char *final, *name;  /* in the directory; in messages */
	struct msk_tempfile temp;  /* what is written goes there, unless: */
	int old;                   /* >= 0: all that was written is there already */
	struct stat was;           /* it, when it was opened */
	uint64_t end;              /* of what was compared */
	bool doubtful;             /* what the new file has of it may be something else */
	unsigned char *block;      /* for reading */
};

#define MSK_OUTFILE_INIT { .dirfd = -1, .temp = MSK_TEMPFILE_INIT, .old = -1 }

/* `anew`: never compare. Stale temporary files are removed, by the end.
 * Fails: MSK_E_IO `<name>: cannot create (<reason>)`. */
int msk_outfile_open(struct msk_outfile *o, int dirfd, const char *final, bool anew, const char *name, struct msk_err *err);
int msk_outfile_write(struct msk_outfile *o, const void *p, size_t n, uint64_t offset, struct msk_err *err);
/* What was written before; as msk_pread_full(). */
ssize_t msk_outfile_read(const struct msk_outfile *o, void *p, size_t n, uint64_t offset, struct msk_err *err);
/* Is all that was written so far in the older file? Whoever knows by another way that it has these bytes as well need not write
 * them: he claims them. */
bool msk_outfile_stays(const struct msk_outfile *o);
void msk_outfile_claim(struct msk_outfile *o, size_t n, uint64_t offset);
/* Others may have written to what is read: the older file, or one that got a part of it while it changed. Whoever reads
 * holds it against a digest. */
bool msk_outfile_shared(const struct msk_outfile *o);
/* Begin to move these bytes to the disk, without waiting; a hint. */
void msk_outfile_push(const struct msk_outfile *o, uint64_t offset, uint64_t n);
/* All is written, and this is the length. Flush to the disk. */
int msk_outfile_end(struct msk_outfile *o, uint64_t size, struct msk_err *err);

/* The older one that was to stay has been changed or replaced since: all is to be written anew. */
bool msk_outfile_lost(const struct msk_outfile *o);
/* Put it in its place; the caller syncs the directory. *unchanged: the older one stays, and its time is now, since it is up to
 * date. With `stays` what is new can be taken back (msk_tempfile_swap). */
int msk_outfile_put(struct msk_outfile *o, const bool *stays, bool *unchanged, struct msk_err *err);
void msk_outfile_release(struct msk_outfile *o);
/* `to` must hold none; `from` holds none behind it. */
void msk_outfile_move(struct msk_outfile *to, struct msk_outfile *from);

#endif
