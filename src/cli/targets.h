/* The targets of a config file among themselves: what each writes, and what it reads of what others write. */
#ifndef MSK_CLI_TARGETS_H
#define MSK_CLI_TARGETS_H

#include "config_file.h"

/* All that is said of a target; its strings are those of `typed` and of the file. Release with msk_options_release(). */
void msk_target_options(const struct msk_options *typed, struct config_file *f, const char *target, struct msk_options *o);

/* One target, when it is its turn. */
struct msk_turn {
	const char *target;
	/* What it reads and another of those chosen makes, so that a run that writes nothing may not find it; NULL: there is no
	 * such thing. An image in a layout that is there may or may not be in it. */
	char *awaits;
	const char *maker;
	bool in_layout;
};

struct msk_turns {
	struct msk_turn *v;
	size_t n, cap;
};
#define MSK_AUTO_TURNS MSK_CLEANUP(msk_turns_release) struct msk_turns

/* The order in which those chosen are built: as they stand there, but one whose base, file or other input another writes comes
 * after that one. The names are those of `chosen` and of the file.
 * Fails: MSK_E_USAGE `targets a and b: both write x.tar`, `targets a, b: each reads what the next one writes, in a circle`,
 * and what msk_outputs_check() says of one; MSK_E_INPUT `target b: a.tar: no such image` where a target that was not chosen
 * would make it. Whatever else is wrong with a target is said when its turn comes. */
int msk_targets_settle(const struct msk_options *typed, struct config_file *f, const struct msk_strv *chosen,
		       struct msk_turns *out, struct msk_err *err);
void msk_turns_release(struct msk_turns *t);

#endif
