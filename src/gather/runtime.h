/* What is loaded while a program runs: what of it is absent. */
#ifndef GATHER_RUNTIME_H
#define GATHER_RUNTIME_H

#include "mkscratch/closure.h"
#include "mkscratch/log.h"
#include "mkscratch/plan.h"

/* Warn of wanted libraries that are not there (those that are required are an error of the closure); with -v also
 * tell what is left out and how to add it. */
void msk_runtime_report(const struct msk_closure *c, const char *program, const struct msk_log *log);

/* With -v: what the closure may open besides, as far as the plan does not add it. */
void msk_runtime_advise(const struct msk_closure *c, const char *program, const struct msk_plan *plan,
			const struct msk_log *log);

#endif
