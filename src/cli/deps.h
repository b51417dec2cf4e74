/* What `mkscratch deps` shows of a program: the parts of cmd_deps. */
#ifndef CLI_DEPS_H
#define CLI_DEPS_H

#include "opt.h"
#include "mkscratch/closure.h"

/* One program and what was found for it. */
struct msk_deps {
	const char *file;
	struct msk_closure closure;
};

/* The tree for people: each object once, with the rule and directory that found it; what is not found in its place.
 * `verbose` tells what was passed over, and `colour` is for terminals. */
void msk_deps_add_tree(const struct msk_deps *d, bool verbose, bool colour, struct msk_str *out);

/* The object of `--json`. */
struct msk_json *msk_deps_json(const struct msk_deps *d);

#endif
