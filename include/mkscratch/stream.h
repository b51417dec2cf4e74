/* Push streams: bytes go down a chain of writers (tar -> hash -> compress -> hash and count -> blob).
 *
 * write() takes all n bytes or fails; finish() flushes once and finishes what is below. A writer does not own the
 * one below it. After a failure a writer may only be released. */
#ifndef MKSCRATCH_STREAM_H
#define MKSCRATCH_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "mkscratch/err.h"
#include "mkscratch/str.h"

struct msk_writer {
	int (*write)(struct msk_writer *w, const void *p, size_t n, struct msk_err *err);
	int (*finish)(struct msk_writer *w, struct msk_err *err);
};

int msk_writer_write(struct msk_writer *w, const void *p, size_t n, struct msk_err *err);
int msk_writer_finish(struct msk_writer *w, struct msk_err *err);

/* Adds to a string whatever is written, so for what is known to be small. Never fails; finish() does nothing. */
struct msk_str_writer {
	struct msk_writer w;
	struct msk_str *to;
};
struct msk_str_writer msk_str_writer(struct msk_str *to);

/* Pull side: up to n bytes, fewer only at the end; -1 on failure, after which it may only be released. */
struct msk_reader {
	ssize_t (*read)(struct msk_reader *r, void *p, size_t n, struct msk_err *err);
};

#endif
