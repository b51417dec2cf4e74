/* What the images of several platforms have in common is read from the host once: certificates and zones, which are of no
 * platform. The first image gathers them, all get copies of the entries. */
#ifndef GATHER_COMMON_H
#define GATHER_COMMON_H

#include "mkscratch/gather.h"

/* Copies into g->fs of the entries for this want, as they were kept of an image for which they are there for the same reason.
 * false: there are none. */
bool msk_common_take(struct msk_gather *g, enum msk_want want);
/* Into g->fs the entries of `own_fs`, which were gathered for this want; kept for others where there are any. */
void msk_common_give(struct msk_gather *g, enum msk_want want, struct msk_rootfs *own_fs);

#endif
