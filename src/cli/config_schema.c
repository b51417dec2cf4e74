/* The schema of config files, in the words of json-schema.org. */
#include <string.h>

#include "config_file.h"

/* "type" of one schema. */
static struct msk_json *typed(const char *a, const char *b)
{
	struct msk_json *o = msk_json_object(), *types;

	if (!b) {
		msk_json_set_string(o, "type", a);
		return o;
	}
	types = msk_json_array();
	msk_json_push(types, msk_json_string(a));
	msk_json_push(types, msk_json_string(b));
	msk_json_set(o, "type", types);
	return o;
}

static struct msk_json *word_schema(const struct opt_row *row)
{
	struct msk_json *o = typed("string", "integer"), *words;
	MSK_AUTO_STRV all = MSK_STRV_INIT;

	/* Of words with something behind them (gzip:9) the list is none. */
	if (row->complete != COMPLETE_WORDS || strpbrk(row->metavar, "[:/") || strcmp(row->metavar, "SPEC") == 0)
		return o;
	if (!strchr(row->metavar, '|') || strpbrk(row->metavar, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"))
		return o;
	words = msk_json_array();
	msk_strv_split(&all, row->words, " ");
	for (size_t i = 0; i < all.n; i++)
		msk_json_push(words, msk_json_string(all.v[i]));
	msk_json_free(o);
	o = msk_json_object();
	msk_json_set(o, "enum", words);
	return o;
}

static struct msk_json *list_schema(const struct opt_row *row, const char *member)
{
	struct msk_json *o = typed(strcmp(member, "items") == 0 ? "array" : "object", NULL);

	msk_json_set(o, member, word_schema(row));
	return o;
}

static struct msk_json *value_schema(const struct opt_row *row)
{
	struct msk_json *any = msk_json_array(), *o;

	if (row->kind == OPT_FLAG || row->kind == OPT_OPTIONAL)
		msk_json_push(any, typed("boolean", NULL));
	if (row->kind != OPT_FLAG)
		msk_json_push(any, word_schema(row));
	if (row->kind == OPT_REPEAT || row->kind == OPT_OPTIONAL || msk_config_is_exec(row))
		msk_json_push(any, list_schema(row, "items"));
	if (msk_config_is_pair(row))
		msk_json_push(any, list_schema(row, "additionalProperties"));
	o = msk_json_object();
	msk_json_set(o, "anyOf", any);
	msk_json_set_string(o, "description", row->help);
	return o;
}

/* Each option is described once, under "$defs", and referred to by its name. */
static void set_options(struct msk_json *properties)
{
	for (const struct opt_row *row = msk_opt_rows; row->name; row++) {
		MSK_AUTO_FREE char *ref = msk_xasprintf("#/$defs/%s", row->name);
		struct msk_json *o;

		if (!msk_config_holds(row))
			continue;
		o = msk_json_object();
		msk_json_set_string(o, "$ref", ref);
		msk_json_set(properties, row->name, o);
	}
}

static struct msk_json *definitions(void)
{
	struct msk_json *o = msk_json_object();

	for (const struct opt_row *row = msk_opt_rows; row->name; row++)
		if (msk_config_holds(row))
			msk_json_set(o, row->name, value_schema(row));
	return o;
}

static struct msk_json *object_schema(struct msk_json *own_properties)
{
	struct msk_json *o = typed("object", NULL);

	msk_json_set(o, "properties", own_properties);
	msk_json_set(o, "additionalProperties", msk_json_bool(false));
	return o;
}

struct msk_json *msk_config_schema(void)
{
	struct msk_json *top = msk_json_object(), *of_target = msk_json_object(), *targets = typed("object", NULL), *o;

	set_options(of_target);
	msk_json_set(targets, "additionalProperties", object_schema(of_target));
	msk_json_set_string(targets, "description", "Several images: options by the name of each, over those at the top.");
	set_options(top);
	msk_json_set(top, MSK_CONFIG_TARGETS, targets);
	msk_json_set(top, MSK_CONFIG_SCHEMA, typed("string", NULL));
	o = object_schema(top);
	msk_json_set(o, "$defs", definitions());
	msk_json_set_string(o, MSK_CONFIG_SCHEMA, "https://json-schema.org/draft/2020-12/schema");
	msk_json_set_string(o, "title", MSK_CONFIG_FILE);
	return o;
}
