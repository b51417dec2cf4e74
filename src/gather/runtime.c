#include "runtime.h"

#include <string.h>

static void warn_absent(const struct msk_closure *c, const struct msk_wish *w, const char *program,
			const struct msk_log *log)
{
	MSK_AUTO_STR names = MSK_STR_INIT;
	MSK_AUTO_STR why = MSK_STR_INIT;

	msk_wish_add_names(w, &names);
	msk_wish_add_reason(w, c->objects[w->cause].name, &why);
	if (w->lacks)
		msk_warn(log, "%s: %s is of no use (%s); %s", program, c->objects[w->object].name, w->lacks, msk_str_c(&why));
	else if (w->fault)
		msk_warn(log, "%s: %s cannot be loaded (%s); %s", program, msk_str_c(&names), w->fault, msk_str_c(&why));
	else
		msk_warn(log, "%s: %s not found (searched %zu director%s); %s", program, msk_str_c(&names), w->n_dirs,
			 w->n_dirs == 1 ? "y" : "ies", msk_str_c(&why));
}

static void tell_left_out(const struct msk_closure *c, const struct msk_wish *w, const char *program,
			  const struct msk_log *log)
{
	MSK_AUTO_STR names = MSK_STR_INIT;
	MSK_AUTO_STR why = MSK_STR_INIT;

	msk_wish_add_names(w, &names);
	msk_wish_add_reason(w, c->objects[w->cause].name, &why);
	msk_info(log, "%s: %s left out; %s; --dlopen %s adds it", program, msk_str_c(&names), msk_str_c(&why),
		 w->feature ? w->feature : "all");
}

void msk_runtime_report(const struct msk_closure *c, const char *program, const struct msk_log *log)
{
	for (size_t i = 0; i < c->n_wishes; i++) {
		const struct msk_wish *w = &c->wishes[i];

		if (!w->wanted)
			tell_left_out(c, w, program, log);
		else if (w->lacks || (w->object == SIZE_MAX && w->priority != MSK_REQUIRED && !w->named))
			warn_absent(c, w, program, log);
	}
}

void msk_runtime_advise(const struct msk_closure *c, const char *program, const struct msk_log *log)
{
	for (size_t i = 0; i < c->n_advice; i++)
		msk_info(log, "%s: may open %s: %s; %s", program, c->advice[i].what, c->advice[i].evidence,
			 c->advice[i].fix);
}
