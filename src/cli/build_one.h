/* One image, from options that are complete. */
#ifndef MSK_CLI_BUILD_ONE_H
#define MSK_CLI_BUILD_ONE_H

#include "opt.h"

int msk_cmd_build_one(const struct msk_options *o, struct msk_err *err);

#endif
