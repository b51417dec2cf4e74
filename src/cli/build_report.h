/* What a build says on standard output: of what it made, or would make. */
#ifndef MSK_CLI_BUILD_REPORT_H
#define MSK_CLI_BUILD_REPORT_H

#include "mkscratch/build.h"
#include "mkscratch/options.h"

/* --print rootfs. */
int msk_report_rootfs(const struct msk_options *o, const struct msk_editions *e, struct msk_err *err);
int msk_report_dry_run(const struct msk_options *o, const struct msk_build *b, const struct msk_editions *e,
		       struct msk_err *err);
/* A line for each output, or with --json an object; on stderr where an image goes to standard output. */
int msk_report(const struct msk_options *o, const struct msk_build *b, const struct msk_product *p, struct msk_err *err);
/* Warn of what looks like a secret among the values that go into an image. */
void msk_tell_secrets(const struct msk_config *c, const struct msk_log *log);
/* The output that is standard output, by whatever name; NULL: none is. */
const char *msk_stdout_target(const struct msk_plan *plan);

#endif
