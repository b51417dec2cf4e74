/* Which cache a command is to use, from --cache, --no-cache, --cache-size and the environment. */
#ifndef MSK_CLI_CACHE_OPTIONS_H
#define MSK_CLI_CACHE_OPTIONS_H

#include "mkscratch/cache.h"
#include "mkscratch/options.h"

/* `dir` keeps the path for out->dir, which is NULL when there is to be no cache.
 * Fails: MSK_E_USAGE, `--cache-size 1X: not a size`, `--cache: is empty`. */
int msk_cache_options(const struct msk_options *o, const struct msk_log *log, struct msk_str *dir,
		      struct msk_cache_args *out, struct msk_err *err);

#endif
