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
		msk_warn(log, "%s: %s not found (searched %zu %s); %s", program, msk_str_c(&names), w->n_dirs,
			 msk_plural(w->n_dirs, "directory", "directories"), msk_str_c(&why));
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
		else if (w->lacks || (w->object == MSK_NO_OBJECT && w->priority != MSK_REQUIRED && !w->named))
			warn_absent(c, w, program, log);
	}
}

static bool has_dest(const struct msk_plan *plan, const char *dest, size_t n)
{
	for (size_t i = 0; i < plan->n_inputs; i++) {
		const char *given = plan->inputs[i].dest;
		size_t len = strlen(given);

		if ((plan->inputs[i].kind == MSK_INPUT_TREE || plan->inputs[i].kind == MSK_INPUT_FILE) && len <= n &&
		    strncmp(given, dest, len) == 0 && (len == n || dest[len] == '/'))
			return true;
	}
	return false;
}

/* Are all its options, "--tree SRC:DEST --file SRC:DEST; ...", on the command line already? */
static bool is_given(const struct msk_plan *plan, const char *fix)
{
	const char *at = fix;

	while (msk_starts_with(at, "--tree ") || msk_starts_with(at, "--file ")) {
		size_t n = strcspn(at + 7, " ;");
		const char *colon = memchr(at + 7, ':', n), *end = at + 7 + n;

		if (!colon || !has_dest(plan, colon + 1, (size_t)(end - colon - 1)))
			return false;
		at = *end == ' ' ? end + 1 : end;
	}
	return at > fix && !msk_starts_with(at, "--");
}

void msk_runtime_advise(const struct msk_closure *c, const char *program, const struct msk_plan *plan,
			const struct msk_log *log)
{
	for (size_t i = 0; i < c->n_advice; i++)
		if (!is_given(plan, c->advice[i].fix))
			msk_info(log, "%s: may open %s: %s; %s", program, c->advice[i].what, c->advice[i].evidence,
				 c->advice[i].fix);
}
