/* One image, from options that are complete: those of the command line, of files and of a target. It is gathered, written, and
 * told on standard output; with --print and --dry-run nothing is written. Fails as the stages do (build.h). */
#ifndef MSK_CLI_BUILD_ONE_H
#define MSK_CLI_BUILD_ONE_H

#include "config_file.h"

/* `file`, where it has completed them: the recipe tells paths as they stand there; or NULL. */
int msk_cmd_build_one(const struct msk_options *o, const struct config_file *file, struct msk_err *err);

#endif
