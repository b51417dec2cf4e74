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

static char *plain(const struct opt_row *row, const char *typed)
{
	if (strcmp(row->name, "bin") == 0 || strcmp(row->name, "file") == 0 || strcmp(row->name, "tree") == 0)
		return msk_input_plain(typed);
	if (strcmp(row->name, "root") == 0)
		return msk_root_plain(typed);
	return msk_opt_is_host_path(row) ? msk_path_plain(typed) : msk_xstrdup(typed);
}

/* The last value of a key, which stands where the first stood: variables have an order, as in the config. */
static void keep_last(const struct msk_strv *words, struct msk_strv *kept)
{
	MSK_AUTO_KEYS keys = { 0 };

	for (size_t i = 0; i < words->n; i++) {
		size_t at = msk_keys_place(&keys, words->v[i], strcspn(words->v[i], "="));

		if (at == kept->n) {
			msk_strv_push(kept, words->v[i]);
			continue;
		}
		free(kept->v[at]);
		kept->v[at] = msk_xstrdup(words->v[i]);
	}
}

static void keep_once(struct msk_strv *words, struct msk_strv *kept)
{
	msk_strv_sort(words);
	for (size_t i = 0; i < words->n; i++)
		if (i == 0 || strcmp(words->v[i - 1], words->v[i]) != 0)
			msk_strv_push(kept, words->v[i]);
}

static struct msk_json *tidy_list(const struct opt_row *row, const struct msk_json *list)
{
	MSK_AUTO_STRV words = MSK_STRV_INIT, kept = MSK_STRV_INIT;

	for (size_t i = 0; i < msk_json_count(list); i++)
		msk_strv_push_own(&words, plain(row, msk_json_string_value(msk_json_at(list, i))));
	if (!is_set(row->name) && !is_keyed(row->name))
		return msk_json_strings(&words);
	if (is_keyed(row->name))
		keep_last(&words, &kept);
	else
		keep_once(&words, &kept);
	if (is_set(row->name))
		msk_strv_sort(&kept);
	return msk_json_strings(&kept);
}

void msk_recipe_tidy(struct msk_json *options)
{
	for (const struct opt_row *row = msk_opt_rows; row->name; row++) {
		const struct msk_json *value = msk_json_get(options, row->name);

		if (msk_json_is_array(value)) {
			msk_json_set(options, row->name, tidy_list(row, value));
		} else if (msk_json_is_string(value)) {
			MSK_AUTO_FREE char *word = plain(row, msk_json_string_value(value));

			msk_json_set_string(options, row->name, word);
		}
	}
}
