/* What the gatherers have in common. */
#ifndef GATHER_CONTENT_H
#define GATHER_CONTENT_H

#include "mkscratch/rootfs.h"
#include "mkscratch/rotree.h"

/* What `f` is now; without its path. */
struct msk_content msk_gather_facts(const struct msk_rofile *f);
/* Files of /proc say that they are empty and are not, so that nothing of them would be packed. One byte of a file that says so
 * is asked for; none that has a size is read. Fails: MSK_E_INPUT, MSK_E_IO. */
int msk_gather_check_empty(const struct msk_rofile *f, const char *path, struct msk_err *err);
/* Add the file `f` of the host, which the layer opens again by own_path and then compares with what `f` is now.
 * Fails: as the above, and what cannot be added. */
int msk_gather_host_file(struct msk_rootfs *fs, const struct msk_entry_spec *s, const struct msk_rofile *f,
			 char *own_path, struct msk_err *err);
/* The same of a path that stays as long as the set. */
int msk_gather_lent_file(struct msk_rootfs *fs, const struct msk_entry_spec *s, const struct msk_rofile *f, const char *path,
			 struct msk_err *err);

#endif
