/* Command lines that say the same are to have the same recipe. */
#include <string.h>

#include "recipe.h"
#include "mkscratch/keys.h"
#include "mkscratch/path.h"
#include "mkscratch/plan.h"

/* Options of which neither the order nor a repetition is of any matter. */
static bool is_set(const char *name)
{
	static const char *const names[] = { "annotation", "cap", "cert", "certs-for", "dir", "expose", "file", "group-entry",
					     "label", "link", "passwd-entry", "tree", "tz", "volume", NULL };

	for (size_t i = 0; names[i]; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Those of which the last value of a key counts. */
static bool is_keyed(const char *name)
{
	return strcmp(name, "annotation") == 0 || strcmp(name, "env") == 0 || strcmp(name, "label") == 0;
}

char *msk_recipe_tidy_word(const struct opt_row *row, const char *typed)
{
	if (strcmp(row->name, "bin") == 0 || strcmp(row->name, "file") == 0 || strcmp(row->name, "tree") == 0)
		return msk_input_plain(typed);
	if (strcmp(row->name, "root") == 0)
		return msk_root_plain(typed);
	return msk_opt_is_host_path(row) ? msk_path_plain(typed) : msk_xstrdup(typed);
}

/* The last value of a key, which stands where the first stood: variables have an order, as in the config. */
static void keep_last(struct msk_strv *words)
{
	MSK_AUTO_KEYS keys = { 0 };
	size_t kept = 0;

	for (size_t i = 0; i < words->n; i++) {
		size_t at = msk_keys_place(&keys, words->v[i], strcspn(words->v[i], "="));

		if (at == kept)
			kept++;
		else
			free(words->v[at]);
		words->v[at] = words->v[i];
	}
	words->n = kept;
}

/* Sorted. */
static void keep_once(struct msk_strv *words)
{
	size_t kept = 0;

	for (size_t i = 0; i < words->n; i++)
		if (kept && strcmp(words->v[kept - 1], words->v[i]) == 0)
			free(words->v[i]);
		else
			words->v[kept++] = words->v[i];
	words->n = kept;
}

void msk_recipe_tidy_list(const struct opt_row *row, const struct msk_strv *typed, struct msk_strv *out)
{
	for (size_t i = 0; i < typed->n; i++)
		msk_strv_push_own(out, msk_recipe_tidy_word(row, typed->v[i]));
	if (is_keyed(row->name))
		keep_last(out);
	if (is_set(row->name)) {
		msk_strv_sort(out);
		keep_once(out);
	}
}
