/* What the gatherers have in common. */
#ifndef GATHER_CONTENT_H
#define GATHER_CONTENT_H

#include "mkscratch/rootfs.h"
#include "mkscratch/rotree.h"

/* What `f` is now; without its path. */
struct msk_content msk_gather_facts(const struct msk_rofile *f);
/* Add the file `f` of the host, which the layer opens again by own_path and then compares with what `f` is now. */
int msk_gather_host_file(struct msk_rootfs *fs, const struct msk_entry_spec *s, const struct msk_rofile *f,
			 char *own_path, struct msk_err *err);

#endif
