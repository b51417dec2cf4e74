/* Staging: what memory should not hold lies in unnamed files, which nobody else sees and which are gone when the process is,
 * however it ends. They are in TMPDIR where that is known and can be written, else in /var/tmp, /tmp or the working
 * directory.
 *
 * Who is confined (confine.h) can make none. So as many as a run will have use for are opened before, and belong to the
 * process, as the confinement does. All functions are for any thread. */
#ifndef MKSCRATCH_STAGING_H
#define MKSCRATCH_STAGING_H

#include <stddef.h>
#include <stdint.h>
#include "mkscratch/err.h"

/* Open so many more now, to be lent later; `tmpdir` may be NULL or "", and has to stay and to be the same each time. Where that
 * cannot be done nothing is said, nor tried again: who is lent none will say why. */
void msk_staging_reserve(const char *tmpdir, size_t files);

/* An empty file that is the caller's alone until it is closed: one of the reserve, or a new one. Duplicates of the descriptor
 * must be closed before. Fails: MSK_E_IO `no directory for a staging file (...)`, hint: TMPDIR. */
int msk_staging_file(int *out_fd, struct msk_err *err);
/* A new one, whose descriptor may be duplicated; for who is not confined yet. */
int msk_staging_new(int *out_fd, struct msk_err *err);
/* To it, where it stands. Fails: MSK_E_IO `staging file in /var/tmp: write failed (No space left on device)`, hint: TMPDIR. */
int msk_staging_append(int fd, const void *p, size_t n, struct msk_err *err);

/* Room for bytes, as much as they need; all zero has none. However many there are, they share one file. What is passed over
 * in steps of MSK_STAGED_PART, from one to the next, is zeros and takes none; less than that must not be passed over. */
#define MSK_STAGED_PART (1u << 20)
struct msk_staged {
	uint32_t *parts;           /* of that file: which of them this consists of; from 1, 0: none */
	size_t n, cap;
};

/* Fails as the above. */
int msk_staged_write(struct msk_staged *s, const void *p, size_t n, uint64_t at, struct msk_err *err);
/* What was written there, or passed over. That it cannot be had back (the disk fails) is told, and ends the process with
 * MSK_E_IO, as lack of memory does. */
void msk_staged_read(const struct msk_staged *s, void *p, size_t n, uint64_t at);
void msk_staged_release(struct msk_staged *s);

#endif
