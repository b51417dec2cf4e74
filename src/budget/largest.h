/* What makes an image large. */
#ifndef BUDGET_LARGEST_H
#define BUDGET_LARGEST_H

#include "mkscratch/rootfs.h"

/* The `n` largest files, largest first; of equal size in the order of their paths. Returns how many there are. */
size_t msk_largest(const struct msk_rootfs *fs, const struct msk_entry **out, size_t n);

/* Add to the details of a set error what strip would take off a program or library, if anything. */
void msk_tell_strip(const struct msk_entry *e, struct msk_err *err);

#endif
