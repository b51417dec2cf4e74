/* The bytes of an entry's file, read from memory or from the host. */
#ifndef LAYER_BODY_H
#define LAYER_BODY_H

#include "mkscratch/digest.h"
#include "mkscratch/rootfs.h"

/* Where they go, part by part. */
struct msk_body_taker {
	int (*take)(struct msk_body_taker *t, const void *p, size_t n, struct msk_err *err);
};

/* Fails: what `take` fails with; MSK_E_IO, also when the host's file is not what was gathered, before or after it was
 * read: `x: changed while it was being read`; MSK_E_INPUT when it is and has less than it says, as files of /sys. */
int msk_body_read(const struct msk_content *c, struct msk_body_taker *t, struct msk_err *err);
/* Their digest alone. `hash` is empty before and after, so that one does for many. Fails as above. */
int msk_body_hash(const struct msk_content *c, struct msk_sha256 *hash, struct msk_digest *out, struct msk_err *err);

#endif
