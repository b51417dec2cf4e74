/* ELF files that come by --tree: nobody asked for what they need, so it is but looked at whether it is there. */
#ifndef GATHER_TREE_ELF_H
#define GATHER_TREE_ELF_H

#include "mkscratch/gather.h"

/* May this regular file be ELF, by its mode or its name? Only of such the first bytes are read. */
bool msk_tree_elf_may_be(const struct msk_visit *v);
/* Note it, which will be at `path`, if it is. Fails: MSK_E_IO. */
int msk_tree_elf_note(struct msk_gather *g, const struct msk_visit *v, const char *path, struct msk_err *err);

#endif
