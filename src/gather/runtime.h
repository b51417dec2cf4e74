/* What is loaded while a program runs: what of it is absent, and whether --dlopen speaks of anything there is. */
#ifndef GATHER_RUNTIME_H
#define GATHER_RUNTIME_H

#include "mkscratch/closure.h"
#include "mkscratch/log.h"

/* Warn of wanted libraries that are not there (those that are required are an error of the closure); with -v also
 * tell what is left out and how to add it. */
void msk_runtime_report(const struct msk_closure *c, const char *program, const struct msk_log *log);

/* With -v: what the closure may open besides. */
void msk_runtime_advise(const struct msk_closure *c, const char *program, const struct msk_log *log);

/* Add the features that the closure's notes name, once each. */
void msk_runtime_features(const struct msk_closure *c, struct msk_strv *features);

/* Fails: MSK_E_USAGE `--dlopen tmp: no file of the image has that feature`. Leaving out what is not there is a warning. */
int msk_runtime_check_words(const struct msk_strv *words, const struct msk_strv *features, const struct msk_log *log,
			    struct msk_err *err);

#endif
