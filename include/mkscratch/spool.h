/* A text that is shown once it is whole, however long it gets: beyond a megabyte it lies in an unnamed file (staging.h).
 * All zero is an empty one. */
#ifndef MKSCRATCH_SPOOL_H
#define MKSCRATCH_SPOOL_H

#include <stdint.h>
#include "mkscratch/err.h"
#include "mkscratch/staging.h"
#include "mkscratch/str.h"

struct msk_spool {
	struct msk_str text;       /* what comes last; whatever is added is added here, and then told by _added() */
	struct msk_staged file;
	uint64_t in_file;          /* bytes */
};

/* Fails: MSK_E_IO. */
int msk_spool_added(struct msk_spool *s, struct msk_err *err);
/* All of it, to a descriptor; `name` is what messages call that. */
int msk_spool_write(const struct msk_spool *s, int fd, const char *name, struct msk_err *err);
void msk_spool_release(struct msk_spool *s);

#endif
