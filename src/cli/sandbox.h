/* The sandbox of a run. Both do without where the kernel has none; fails: MSK_E_IO, with --require-sandbox. To be called
 * before there are threads. */
#ifndef MSK_CLI_SANDBOX_H
#define MSK_CLI_SANDBOX_H

#include "mkscratch/plan.h"

/* Read: the inputs and --root. Write: the outputs and the cache; with --base, which may have to be unpacked, unnamed files
 * of /var/tmp or /tmp. What else is needed is open already. */
int msk_sandbox_build(const struct msk_options *o, const struct msk_plan *plan, const char *cache_dir, struct msk_err *err);
/* Read: the operands, and --root where the verb has one. Write: nothing; for images, as with --base. */
int msk_sandbox_look(const struct msk_options *o, bool has_root, struct msk_err *err);

#endif
