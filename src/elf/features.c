/* The words of --dlopen, held against the features that the notes of some files name. */
#include <string.h>

#include "mkscratch/closure.h"
#include "mkscratch/log.h"

void msk_features_add(const struct msk_closure *c, struct msk_strv *features)
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
		return msk_hint(err, "none of them has any; --lib NAME adds a library");
	return msk_hint(err, "they have: %s", msk_str_c(&list));
}

int msk_features_check(const struct msk_strv *words, const struct msk_strv *features, const char *who,
		       const struct msk_log *log, struct msk_err *err)
{
	for (size_t i = 0; i < words->n; i++) {
		const char *word = words->v[i];

		if (strcmp(word, "all") == 0 || strcmp(word, "none") == 0)
			continue;
		if (word[0] == '-') {
			if (!msk_strv_has(features, word + 1))
				msk_warn(log, "--dlopen=%s: no file %s has that feature", word, who);
		} else if (!msk_strv_has(features, word)) {
			msk_fail(err, MSK_E_USAGE, "--dlopen %s: no file %s has that feature", word, who);
			return hint_features(features, err);
		}
	}
	return 0;
}
