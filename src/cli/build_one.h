/* One image, from options that are complete: those of the command line, of files and of a target. It is gathered, written, and
 * told on standard output; with --print and --dry-run nothing is written. Fails as the stages do (build.h). */
#ifndef MSK_CLI_BUILD_ONE_H
#define MSK_CLI_BUILD_ONE_H

#include "opt.h"

int msk_cmd_build_one(const struct msk_options *o, struct msk_err *err);

#endif
