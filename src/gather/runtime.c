#include "runtime.h"

#include <string.h>

static void warn_absent(const struct msk_closure *c, const struct msk_wish *w, const char *program,
			const struct msk_log *log)
{
	MSK_AUTO_STR names = MSK_STR_INIT;
	MSK_AUTO_STR why = MSK_STR_INIT;

	msk_wish_add_names(w, &names);
	msk_wish_add_reason(w, c->objects[w->cause].name, &why);
	if (w->fault)
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
		else if (w->object == SIZE_MAX && w->priority != MSK_REQUIRED && !w->named)
			warn_absent(c, w, program, log);
	}
}

void msk_runtime_advise(const struct msk_closure *c, const char *program, const struct msk_log *log)
{
	for (size_t i = 0; i < c->n_advice; i++)
		msk_info(log, "%s: may open %s: %s; %s", program, c->advice[i].what, c->advice[i].evidence,
			 c->advice[i].fix);
}

void msk_runtime_features(const struct msk_closure *c, struct msk_strv *features)
{
	for (size_t i = 0; i < c->n_wishes; i++)
		if (c->wishes[i].feature && !msk_strv_has(features, c->wishes[i].feature))
			msk_strv_push(features, c->wishes[i].feature);
}

static int hint_features(const struct msk_strv *features, struct msk_err *err)
{
	MSK_AUTO_STR list = MSK_STR_INIT;
	size_t i = 0;

	for (; i < features->n && list.len < 200; i++)
		msk_str_addf(&list, "%s%s", i ? ", " : "", features->v[i]);
	if (i < features->n)
		msk_str_addf(&list, " and %zu more", features->n - i);
	if (i == 0)
		return msk_hint(err, "none of its files has any; --lib NAME adds a library");
	return msk_hint(err, "its files have: %s", msk_str_c(&list));
}

int msk_runtime_check_words(const struct msk_strv *words, const struct msk_strv *features, const struct msk_log *log,
			    struct msk_err *err)
{
	for (size_t i = 0; i < words->n; i++) {
		const char *word = words->v[i];

		if (strcmp(word, "all") == 0 || strcmp(word, "none") == 0)
			continue;
		if (word[0] == '-') {
			if (!msk_strv_has(features, word + 1))
				msk_warn(log, "--dlopen=%s: no file of the image has that feature", word);
		} else if (!msk_strv_has(features, word)) {
			msk_fail(err, MSK_E_USAGE, "--dlopen %s: no file of the image has that feature", word);
			return hint_features(features, err);
		}
	}
	return 0;
}
