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

/* The i-th value of an option among the inputs, which are in the order of their kinds; NULL: it is none of theirs. */
static const struct msk_input *input_of(const struct recipe_of *of, const struct opt_row *row, size_t i)
{
	const struct msk_options *o = of->o;
	const struct {
		const char *name;
		size_t n;
	} kinds[] = {
		{ "bin", o->bin.n }, { "file", o->file.n }, { "tree", o->tree.n }, { "dir", o->dir.n }, { "link", o->link.n },
	};
	size_t at = i;

	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		if (strcmp(kinds[k].name, row->name) == 0)
			return &of->plan->inputs[at];
		at += kinds[k].n;
	}
	return NULL;
}

char *msk_recipe_tidy_word(const struct recipe_of *of, const struct opt_row *row, size_t i, const char *given)
{
	MSK_AUTO_FREE char *typed = msk_config_file_typed(of->file, row, i, given);
	const struct msk_input *in = input_of(of, row, i);

	if (in)
		return msk_input_tidy(in, typed);
	if (strcmp(row->name, "root") == 0)
		return msk_root_plain(typed);
	return msk_opt_is_host_path(row) ? msk_path_plain(typed) : msk_take(&typed);
}

/* The values in one spelling, in their order. */
static void add_words(const struct recipe_of *of, const struct opt_row *row, const struct msk_strv *typed, struct msk_strv *out)
{
	const struct msk_config *c = &of->plan->config;

	if (strcmp(row->name, "expose") == 0) {
		msk_ports_ranges(&c->ports, out);
	} else if (strcmp(row->name, "volume") == 0) {
		msk_strv_copy(out, &c->volumes);
	} else {
		for (size_t i = 0; i < typed->n; i++)
			if (strcmp(row->name, "tz") == 0)
				msk_strv_split(out, typed->v[i], ",");
			else
				msk_strv_push_own(out, msk_recipe_tidy_word(of, row, i, typed->v[i]));
	}
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

static bool says_root(const struct msk_options *o, const struct msk_plan *plan)
{
	MSK_AUTO_FREE char *plain = msk_path_plain(plan->root);

	return o->root.n > 0 && plan->n_roots == 0 && strcmp(plain, "/") == 0;
}

/* With a base nobody need be the default. */
static bool inherits(const struct msk_plan *plan)
{
	return plan->base && plan->preset == MSK_PRESET_SCRATCH;
}

/* An entry of passwd may make another of a number or a name. */
static bool says_user(const struct msk_options *o, const struct msk_plan *plan)
{
	if (!o->user || inherits(plan))
		return false;
	return strcmp(o->user, msk_plan_default_user(plan)) == 0 ||
	       (o->passwd_entry.n == 0 && msk_plan_has_default_user(plan));
}

static bool says_workdir(const struct msk_options *o, const struct msk_plan *plan)
{
	return o->workdir && !inherits(plan) && strcmp(plan->config.workdir, msk_plan_default_workdir(plan)) == 0;
}

/* Of several programs each may be the first one of a platform. */
static bool says_entrypoint(const struct msk_options *o, const struct msk_plan *plan)
{
	const struct msk_strv *words = &plan->config.entrypoint;

	return o->entrypoint && o->bin.n == 1 && words->n == 1 && strcmp(words->v[0], plan->inputs[0].dest) == 0;
}

static bool has_default_level(const struct msk_plan *plan)
{
	int min, max, level;

	msk_codec_levels(plan->codec.kind, &min, &max, &level);
	return plan->codec.level == level;
}

static bool says_preset(const struct msk_options *o, const struct msk_plan *plan)
{
	return o->preset && plan->preset == MSK_PRESET_SCRATCH;
}

static bool says_created(const struct msk_options *o, const struct msk_plan *plan)
{
	return o->created && plan->created == plan->mtime;
}

static bool says_compress(const struct msk_options *o, const struct msk_plan *plan)
{
	return o->compress && plan->codec.kind == MSK_CODEC_GZIP && has_default_level(plan);
}

static bool says_layers(const struct msk_options *o, const struct msk_plan *plan)
{
	return o->layers && !plan->single_layer;
}

static bool says_media_types(const struct msk_options *o, const struct msk_plan *plan)
{
	return o->media_types && plan->media_types == MSK_MEDIA_OCI;
}

/* test_opt.c sees to it that there is one for each option whose help tells of a default. */
bool msk_recipe_says_default(const struct opt_row *row, const struct msk_options *o, const struct msk_plan *plan)
{
	static const struct {
		const char *name;
		bool (*holds)(const struct msk_options *o, const struct msk_plan *plan);
	} defaults[] = {
		{ "root", says_root }, { "user", says_user }, { "preset", says_preset }, { "entrypoint", says_entrypoint },
		{ "workdir", says_workdir }, { "created", says_created }, { "compress", says_compress },
		{ "layers", says_layers }, { "media-types", says_media_types },
	};

	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		if (strcmp(defaults[i].name, row->name) == 0)
			return defaults[i].holds(o, plan);
	return false;
}

char *msk_recipe_codec_word(const struct msk_options *o, const struct msk_plan *plan)
{
	MSK_AUTO_FREE char *name = msk_xstrndup(o->compress, strcspn(o->compress, ":"));

	return has_default_level(plan) ? msk_take(&name) : msk_xasprintf("%s:%d", name, plan->codec.level);
}

void msk_recipe_tidy_list(const struct recipe_of *of, const struct opt_row *row, const struct msk_strv *typed,
			  struct msk_strv *out)
{
	add_words(of, row, typed, out);
	if (is_keyed(row->name))
		keep_last(out);
	if (is_set(row->name)) {
		msk_strv_sort(out);
		keep_once(out);
	}
}
