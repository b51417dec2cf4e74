/* The recipe of an image (oci-layout-spec, section 5.8): how it was made, so that it can be made again. */
#ifndef CLI_RECIPE_H
#define CLI_RECIPE_H

#include "config_file.h"
#include "mkscratch/plan.h"

/* Is it among the options that may change a byte of the image, or decide whether there is one? */
bool msk_recipe_holds(const struct opt_row *row);

/* What it is made of: options, the plan they make, and the file that has completed them, or NULL. Borrowed. */
struct recipe_of {
	const struct msk_options *o;
	const struct msk_plan *plan;
	const struct config_file *file;
};

/* Its options, as JSON, "" where they are more than a document has room for; the rest is added by the build. NULL: an option is
 * no UTF-8, which JSON cannot hold. Paths of a config file are as they stand there, so that it is no matter where the run was
 * started. Heap. */
char *msk_recipe_make(const struct recipe_of *of);

/* What was typed in one spelling: plain paths; of a list sorted where the order is of no matter, and nothing twice. `given` is
 * the i-th value of its option. Heap. */
char *msk_recipe_tidy_word(const struct recipe_of *of, const struct opt_row *row, size_t i, const char *given);
void msk_recipe_tidy_list(const struct recipe_of *of, const struct opt_row *row, const struct msk_strv *typed,
			  struct msk_strv *out);

/* --compress as given: its codec, with the level that is not the default of that. Heap. */
char *msk_recipe_codec_word(const struct msk_options *o, const struct msk_plan *plan);
/* Does the option say, in whatever spelling, what holds without it? */
bool msk_recipe_says_default(const struct opt_row *row, const struct msk_options *o, const struct msk_plan *plan);

/* The options that a recipe says; strings are borrowed from it, but for those in `room`. Fails: MSK_E_INPUT. */
int msk_recipe_options(const struct msk_json *recipe, struct msk_options *out, struct msk_str *room, struct msk_err *err);

/* The recipe as a command line for a shell, with the names the image goes by; its output comes behind. */
int msk_recipe_command(const struct msk_json *recipe, const struct msk_strv *names, struct msk_str *out, struct msk_err *err);
/* " --annotation K=V --tag NAME": what `mkscratch index` is to be told of an image beside its platform. */
void msk_recipe_add_join(const struct msk_json *recipe, const struct msk_strv *names, struct msk_str *out);
/* ... and ends the line: where there are several, none writes over another's output. */
void msk_recipe_add_output(struct msk_str *out, size_t i, size_t n);

#endif
