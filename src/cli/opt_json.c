#include <string.h>

#include "opt.h"

static struct msk_json *text(const char *value, bool *exact)
{
	*exact = *exact && msk_utf8_valid(value, strlen(value));
	return msk_json_text(value);
}

static struct msk_json *list(const struct msk_strv *sv, bool *exact)
{
	struct msk_json *a = msk_json_array();

	for (size_t i = 0; i < sv->n; i++)
		msk_json_push(a, text(sv->v[i], exact));
	return a;
}

/* The options with an optional value store in more than one field. */
static struct msk_json *optional_value(const struct msk_options *o, const struct opt_row *row, bool *exact)
{
	if (strcmp(row->name, "certs") == 0 && o->certs)
		return o->certs_file ? text(o->certs_file, exact) : msk_json_bool(true);
	if (strcmp(row->name, "tz") == 0 && o->tz)
		return o->tz_whole ? msk_json_bool(true) : list(&o->tz_zones, exact);
	return NULL;
}

static struct msk_json *value_of(const struct msk_options *o, const struct opt_row *row, bool *exact)
{
	const void *field = (const char *)o + row->field;

	switch (row->kind) {
	case OPT_FLAG: return *(const bool *)field ? msk_json_bool(true) : NULL;
	case OPT_VALUE: return *(const char *const *)field ? text(*(const char *const *)field, exact) : NULL;
	case OPT_REPEAT: return ((const struct msk_strv *)field)->n ? list(field, exact) : NULL;
	case OPT_OPTIONAL: return optional_value(o, row, exact);
	}
	return NULL;
}

bool msk_opt_given(const struct msk_options *o, const struct opt_row *row)
{
	const void *field = (const char *)o + row->field;

	switch (row->kind) {
	case OPT_FLAG: return *(const bool *)field;
	case OPT_VALUE: return *(const char *const *)field;
	case OPT_REPEAT: return ((const struct msk_strv *)field)->n;
	case OPT_OPTIONAL: return strcmp(row->name, "certs") == 0 ? o->certs : strcmp(row->name, "tz") == 0 && o->tz;
	}
	return false;
}

static void visit_values(const struct msk_options *o, const struct opt_row *row, void (*visit)(void *arg, const char *typed),
			 void *arg)
{
	const void *field = (const char *)o + row->field;
	const char *value = row->kind == OPT_VALUE ? *(const char *const *)field :
			    strcmp(row->name, "certs") == 0 ? o->certs_file : NULL;

	if (value)
		visit(arg, value);
	for (size_t i = 0; row->kind == OPT_REPEAT && i < ((const struct msk_strv *)field)->n; i++)
		visit(arg, ((const struct msk_strv *)field)->v[i]);
}

void msk_opt_each_path(const struct msk_options *o, void (*visit)(void *arg, const char *typed), void *arg)
{
	for (const struct opt_row *row = msk_opt_rows; row->name; row++)
		if (row->complete == COMPLETE_FILE || row->complete == COMPLETE_DIR)
			visit_values(o, row, visit, arg);
}

struct msk_json *msk_opt_json(const struct msk_options *o, opt_filter *wanted, bool *exact)
{
	struct msk_json *v = msk_json_object();

	*exact = true;
	for (const struct opt_row *row = msk_opt_rows; row->name; row++) {
		struct msk_json *value = wanted(row) ? value_of(o, row, exact) : NULL;

		if (value)
			msk_json_set(v, row->name, value);
	}
	return v;
}

static bool set_list(const struct opt_row *row, const struct msk_json *value, struct msk_options *o)
{
	for (size_t i = 0; i < msk_json_count(value); i++) {
		const char *item = msk_json_string_value(msk_json_at(value, i));

		if (!item)
			return false;
		row->set(o, row, item);
	}
	return msk_json_count(value) > 0;
}

/* False: not a value for this option. */
static bool set_value(const struct opt_row *row, const struct msk_json *value, struct msk_options *o)
{
	if ((row->kind == OPT_REPEAT || row->kind == OPT_OPTIONAL) && msk_json_is_array(value))
		return set_list(row, value, o);
	if ((row->kind == OPT_FLAG || row->kind == OPT_OPTIONAL) && msk_json_is_true(value)) {
		row->set(o, row, NULL);
		return true;
	}
	if ((row->kind == OPT_VALUE || row->kind == OPT_OPTIONAL) && msk_json_is_string(value)) {
		row->set(o, row, msk_json_string_value(value));
		return true;
	}
	return false;
}

/* The order of the table, so that the same JSON gives the same options however it is written. */
int msk_opt_from_json(const struct msk_json *v, opt_filter *wanted, struct msk_options *o, struct msk_err *err)
{
	size_t known = 0;

	for (const struct opt_row *row = msk_opt_rows; row->name; row++) {
		const struct msk_json *value = wanted(row) ? msk_json_get(v, row->name) : NULL;

		if (!value)
			continue;
		known++;
		if (!set_value(row, value, o))
			return msk_fail(err, MSK_E_INPUT, "option \"%s\": not a value it may have", row->name);
	}
	if (known != msk_json_count(v))
		return msk_fail(err, MSK_E_INPUT, "%zu %s that mkscratch " MSK_VERSION " does not know",
				msk_json_count(v) - known, msk_plural(msk_json_count(v) - known, "option", "options"));
	return 0;
}
