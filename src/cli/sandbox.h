/* The sandbox of a run. Both do without where the kernel has none; fails: MSK_E_IO, with --require-sandbox. To be called
 * before there are threads. */
#ifndef MSK_CLI_SANDBOX_H
#define MSK_CLI_SANDBOX_H

#include "mkscratch/confine.h"
#include "mkscratch/plan.h"

/* Read: the inputs and --root. Write: the outputs and the cache. What else is needed is open already, as are the files for
 * what memory should not hold (staging.h). With o->several it was done before. */
int msk_sandbox_build(const struct msk_options *o, const struct msk_plan *plan, const char *cache_dir, struct msk_err *err);
/* Several builds in one run are confined together, before the first, to what any of them has to do with: begin with
 * msk_confine_init(), add each. */
void msk_sandbox_add_build(struct msk_confine *c, const struct msk_options *o, const struct msk_plan *plan,
			   const char *cache_dir);
/* To be called before, once. */
void msk_sandbox_reserve(const struct msk_options *o);
int msk_sandbox_enter(struct msk_confine *c, const struct msk_options *o, struct msk_err *err);
/* What the below comes to, for more to be added to it. */
void msk_sandbox_add_look(struct msk_confine *c, const struct msk_options *o, bool has_root);
/* Read: the operands, and --root where the verb has one. Write: the outputs, where the verb has some. */
int msk_sandbox_look(const struct msk_options *o, bool has_root, struct msk_err *err);

#endif
