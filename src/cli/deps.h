/* What `mkscratch deps` shows of a program: the parts of cmd_deps. */
#ifndef CLI_DEPS_H
#define CLI_DEPS_H

#include "opt.h"
#include "mkscratch/remarks.h"

/* One program and what was found for it. */
struct msk_deps {
	const char *file;
	struct msk_closure closure;
	struct msk_remarks remarks;    /* none for --list, which only wants paths */
	struct msk_err fault;          /* why they could not all be told */
};

/* Print the tree for people: each object once, with the rule and directory that found it; what is not found in its
 * place. `verbose` tells what was passed over, and `colour` is for terminals. Fails: MSK_E_IO. */
int msk_deps_print_tree(const struct msk_deps *d, bool verbose, bool colour, struct msk_err *err);

/* The object of `--json`. */
struct msk_json *msk_deps_json(const struct msk_deps *d);

/* " 2.34, Linux 3.2.0" behind the name of the C library: what the program and its libraries need at least. */
void msk_deps_add_least(const struct msk_deps *d, struct msk_str *out);
/* A line for each remark; verbose: also those that are only worth knowing, and hints. */
void msk_deps_add_remarks(const struct msk_deps *d, bool verbose, struct msk_str *out);
/* The keys "needs" and "findings" of --json. */
void msk_deps_set_remarks(const struct msk_deps *d, struct msk_json *o);

#endif
