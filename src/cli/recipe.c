#include "recipe.h"

#include <assert.h>
#include <string.h>

#include "mkscratch/shell_word.h"
#include "mkscratch/timestamp.h"

#define MOST_LISTS 64      /* options that may be given more than once: no more than these */

/* A new option of a group that says what is in an image is held unless it is named here; test_opt.c lists what is not. */
bool msk_recipe_holds(const struct opt_row *row)
{
	static const char *const no_byte[] = { "certs-expiry-min", NULL };
	static const char *const of_output[] = { "compress", "layers", "media-types", NULL };
	bool content = row->group < GROUP_OUTPUT;

	/* Other verbs have options of the same names. */
	if (!(row->verbs & VERB_BUILD))
		return false;
	for (const char *const *name = content ? no_byte : of_output; *name; name++)
		if (strcmp(*name, row->name) == 0)
			return !content;
	return content;
}

static bool is_single(const struct opt_row *row)
{
	return row->kind != OPT_REPEAT && msk_recipe_holds(row);
}

static void tidy_member(const struct recipe_of *of, const struct opt_row *row, struct msk_json *options)
{
	const struct msk_json *value = msk_json_get(options, row->name);
	MSK_AUTO_STRV typed = MSK_STRV_INIT, words = MSK_STRV_INIT;

	for (size_t i = 0; msk_json_is_array(value) && i < msk_json_count(value); i++)
		msk_strv_push(&typed, msk_json_string_value(msk_json_at(value, i)));
	if (typed.n) {
		msk_recipe_tidy_list(of, row, &typed, &words);
		msk_json_set(options, row->name, msk_json_strings(&words));
	} else if (msk_json_is_string(value)) {
		MSK_AUTO_FREE char *word = msk_recipe_tidy_word(of, row, 0, msk_json_string_value(value));

		msk_json_set_string(options, row->name, word);
	}
}

/* Those that are there once; NULL: one is no UTF-8. */
static struct msk_json *single_options(const struct recipe_of *of)
{
	const struct msk_options *o = of->o;
	bool exact;
	MSK_AUTO_JSON *options = msk_opt_json(o, is_single, &exact);
	MSK_AUTO_STR created = MSK_STR_INIT;

	if (!exact)
		return NULL;
	if (o->compress) {
		MSK_AUTO_FREE char *codec = msk_recipe_codec_word(o, of->plan);

		msk_json_set_string(options, "compress", codec);
	}
	if (o->created && strcmp(o->created, "now") == 0) {
		msk_rfc3339_add(&created, of->plan->created);
		msk_json_set_string(options, "created", created.buf);
	}
	for (const struct opt_row *row = msk_opt_rows; row->name; row++)
		if (is_single(row) && msk_recipe_says_default(row, o, of->plan))
			msk_json_unset(options, row->name);
		else if (is_single(row))
			tidy_member(of, row, options);
	return msk_take(&options);
}

/* Those of which there may be very many: never all of them as values. */
struct lists {
	struct msk_json_member v[MOST_LISTS];
	struct msk_str texts[MOST_LISTS];
	size_t n;
};

static void lists_release(struct lists *l)
{
	for (size_t i = 0; i < l->n; i++)
		msk_str_release(&l->texts[i]);
}

static void dump_list(const struct recipe_of *of, const struct opt_row *row, const struct msk_strv *typed, struct msk_str *out)
{
	MSK_AUTO_STRV words = MSK_STRV_INIT;

	msk_recipe_tidy_list(of, row, typed, &words);
	msk_json_dump_strings(&words, out);
}

static bool all_utf8(const struct msk_strv *words)
{
	for (size_t i = 0; i < words->n; i++)
		if (!msk_utf8_valid(words->v[i], strlen(words->v[i])))
			return false;
	return true;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct msk_json_member *)a)->key, ((const struct msk_json_member *)b)->key);
}

/* False: one is no UTF-8. */
static bool dump_lists(const struct recipe_of *of, struct lists *l)
{
	for (const struct opt_row *row = msk_opt_rows; row->name; row++) {
		const struct msk_strv *typed = (const struct msk_strv *)((const char *)of->o + row->field);

		if (row->kind != OPT_REPEAT || !msk_recipe_holds(row) || !typed->n ||
		    msk_recipe_says_default(row, of->o, of->plan))
			continue;
		assert(l->n < MOST_LISTS);
		if (!all_utf8(typed))
			return false;
		dump_list(of, row, typed, &l->texts[l->n]);
		l->v[l->n] = (struct msk_json_member){ row->name, msk_str_c(&l->texts[l->n]) };
		l->n++;
	}
	qsort(l->v, l->n, sizeof *l->v, by_key);
	return true;
}

char *msk_recipe_make(const struct recipe_of *of)
{
	MSK_AUTO_JSON *options = single_options(of);
	MSK_CLEANUP(lists_release) struct lists lists = { .n = 0 };
	struct msk_str text = MSK_STR_INIT;

	if (!options || !dump_lists(of, &lists))
		return NULL;
	msk_json_dump_with(options, lists.v, lists.n, &text);
	if (text.len > MSK_MAX_DOCUMENT)
		msk_str_release(&text);
	return msk_str_take(&text);
}

int msk_recipe_options(const struct msk_json *recipe, struct msk_options *out, struct msk_str *room, struct msk_err *err)
{
	int64_t epoch;

	if (!msk_json_get_int(recipe, "epoch", &epoch) || !msk_json_is_object(msk_json_get(recipe, "options")))
		return msk_fail(err, MSK_E_INPUT, "the recipe has no options or no epoch");
	msk_str_addf(room, "%lld", (long long)epoch);
	out->source_date_epoch = room->buf;
	return msk_opt_from_json(msk_json_get(recipe, "options"), msk_recipe_holds, out, err) < 0 ?
	       msk_ctx(err, "the recipe") : 0;
}

/* Joined by a sign where it would otherwise be taken for the next option. */
static void add_value(struct msk_str *out, const char *option, const char *text, bool joined)
{
	msk_str_addf(out, " --%s%c", option, joined ? '=' : ' ');
	msk_shell_add_word(out, text);
}

static void add_option(struct msk_str *out, const struct opt_row *row, const struct msk_json *value)
{
	const char *text = msk_json_string_value(value);

	if (text)
		add_value(out, row->name, text,
			  row->kind == OPT_OPTIONAL || (*text == '-' && !msk_opt_takes_words(row)));
	else
		msk_str_addf(out, " --%s", row->name);
}

static void add_options(struct msk_str *out, const struct msk_json *options)
{
	for (const struct opt_row *row = msk_opt_rows; row->name; row++) {
		const struct msk_json *value = msk_recipe_holds(row) ? msk_json_get(options, row->name) : NULL;

		if (value && !msk_json_is_array(value))
			add_option(out, row, value);
		for (size_t i = 0; msk_json_is_array(value) && i < msk_json_count(value); i++)
			add_option(out, row, msk_json_at(value, i));
	}
}

static void add_tags(struct msk_str *out, const struct msk_strv *names)
{
	for (size_t i = 0; i < names->n; i++)
		add_value(out, "tag", names->v[i], false);
}

int msk_recipe_command(const struct msk_json *recipe, const struct msk_strv *names, struct msk_str *out, struct msk_err *err)
{
	struct msk_options checked = MSK_OPTIONS_INIT;
	MSK_AUTO_STR epoch = MSK_STR_INIT;
	int rc = msk_recipe_options(recipe, &checked, &epoch, err);

	msk_options_release(&checked);
	if (rc < 0)
		return -1;
	msk_str_addf(out, "SOURCE_DATE_EPOCH=%s mkscratch", epoch.buf);
	add_options(out, msk_json_get(recipe, "options"));
	add_tags(out, names);
	return 0;
}

void msk_recipe_add_join(const struct msk_json *recipe, const struct msk_strv *names, struct msk_str *out)
{
	const struct msk_json *annotations = msk_json_get(msk_json_get(recipe, "options"), "annotation");

	for (size_t i = 0; i < msk_json_count(annotations); i++) {
		const char *text = msk_json_string_value(msk_json_at(annotations, i));

		add_value(out, "annotation", text, *text == '-');
	}
	add_tags(out, names);
}

void msk_recipe_add_output(struct msk_str *out, size_t i, size_t n)
{
	if (n == 1)
		msk_str_adds(out, " --output rebuilt.tar\n");
	else
		msk_str_addf(out, " --output rebuilt-%zu.tar\n", i + 1);
}
