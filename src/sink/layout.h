/* Inside of the layout sink: merging tags into an index, and the lock around it. */
#ifndef SINK_LAYOUT_H
#define SINK_LAYOUT_H

#include "mkscratch/image.h"
#include "mkscratch/log.h"

/* Add the tags of what is delivered to an index that exists. An entry with the same tag and the same (or no) full name is
 * replaced where it stands; everything else stays as it is. A tag that now stands for two names is warned about.
 * Fails: MSK_E_INPUT when `index` is no image index, or would have more manifests than readers take. */
int msk_index_merge(struct msk_json *index, const struct msk_product *p, const char *name, const struct msk_log *log,
		    struct msk_err *err);

/* Hold `.mkscratch.lock` in the directory; waits up to `seconds`. Where the file system knows no locks a warning is
 * all. *out_fd, which is set in the same step in which the lock is got, is let go by msk_layout_unlock(). Fails: MSK_E_IO,
 * naming the process that holds it. */
int msk_layout_lock(int dirfd, const char *name, int seconds, const struct msk_log *log, int *out_fd,
		    struct msk_err *err);
/* Let go of it, where it is held: *fd becomes -1. The file stays and is empty, lest two layouts of the same differ. */
void msk_layout_unlock(int *fd);
/* Remove the lock file of a layout that did not come to be, unless another holds it; `held` is the lock, or -1. Safe in
 * a signal handler. */
void msk_layout_lock_remove(int dirfd, int held);

#endif
