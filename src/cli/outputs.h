/* Outputs that one run, or the inputs of it, would not survive. All is asked of the files themselves: a plan knows only what
 * they are called. */
#ifndef MSK_CLI_OUTPUTS_H
#define MSK_CLI_OUTPUTS_H

#include "mkscratch/options.h"
#include "mkscratch/plan.h"
#include "mkscratch/written.h"

/* Where the image goes, by target of the plan. */
struct msk_places {
	struct msk_written *v;
	size_t n;
};
#define MSK_AUTO_PLACES MSK_CLEANUP(msk_places_release) struct msk_places

void msk_places_find(const struct msk_plan *plan, struct msk_places *out);
void msk_places_release(struct msk_places *p);
/* Would one take the place of the other? Whatever is written to a device of characters, nothing is lost there. */
bool msk_places_clash(const struct msk_written *a, const struct msk_written *b);
/* Will it be a layout directory, whatever is written before? */
bool msk_place_is_layout(const struct msk_target *t, const struct msk_written *w);

/* Of one build: no two outputs are one file, none is the config file (NULL: there is none) or an image, certificate or
 * program that is read, and none lies in a --tree. What a tree has links to and which libraries are found is known later.
 * Fails: MSK_E_USAGE `--output x: is the same file as --output y`, `--output x: is also an input (--base x)`,
 * `--output t/x: lies in a directory that is packed (--tree t:/srv)`. */
int msk_outputs_check(const struct msk_options *o, const struct msk_plan *plan, struct msk_err *err);

#endif
