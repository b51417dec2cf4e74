/* A command line: words that end with a NUL, for the verb that the first byte chooses; what is taken for `build` is planned,
 * and is the same when it is written as a recipe and read again. */
#include <stdlib.h>

#include "../../src/cli/opt.h"
#include "fuzz.h"
#include "mkscratch/plan.h"

FUZZ_ALLOCATOR_ENDS;

#define WORDS 40

/* Other verbs have options of the same names. */
static bool of_build(const struct opt_row *row)
{
	return row->verbs & VERB_BUILD;
}

static void check_again(const struct msk_options *o)
{
	bool exact = true;
	MSK_AUTO_JSON *v = msk_opt_json(o, of_build, &exact), *w = NULL;
	struct msk_options again = MSK_OPTIONS_INIT;
	MSK_AUTO_STR a = MSK_STR_INIT;
	MSK_AUTO_STR b = MSK_STR_INIT;
	struct msk_err err = MSK_ERR_INIT;

	if (exact) {
		assert(msk_opt_from_json(v, of_build, &again, &err) == 0);
		w = msk_opt_json(&again, of_build, &exact);
		msk_json_dump(v, &a);
		msk_json_dump(w, &b);
		assert(exact && strcmp(msk_str_c(&a), msk_str_c(&b)) == 0);
	}
	msk_options_release(&again);
}

static void check_plan(struct msk_options *o)
{
	struct msk_err err = MSK_ERR_INIT;
	struct msk_plan plan;
	int rc;

	o->now = 1700000000;
	rc = msk_plan_make(o, &plan, &err);
	assert(rc == 0 || rc == -1);
	assert((rc == 0) == (err.code == MSK_OK));
	assert(rc == 0 || (err.msg[0] && (err.code == MSK_E_USAGE || err.code == MSK_E_INPUT || err.code == MSK_E_IO)));
	if (rc == 0)
		msk_plan_release(&plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	MSK_AUTO_FREE char *text = size > 1 ? msk_xmalloc(size) : NULL;
	struct msk_options o = MSK_OPTIONS_INIT;
	struct msk_err err = MSK_ERR_INIT;
	const struct verb *verb = msk_verbs;
	const char *argv[WORDS + 1] = { NULL };
	int argc = 0, rc;

	if (!text)
		return 0;
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	for (size_t at = 0; at < size - 1 && argc < WORDS; at += strlen(text + at) + 1)
		argv[argc++] = text + at;
	for (unsigned n = data[0] % 16; n > 0 && verb[1].name; n--)
		verb++;
	rc = msk_opt_parse(verb, argc, argv, &o, &err);
	assert(rc == 0 || (rc == -1 && err.code == MSK_E_USAGE && err.msg[0]));
	if (rc == 0 && strcmp(verb->name, "build") == 0) {
		check_again(&o);
		check_plan(&o);
	}
	msk_options_release(&o);
	return 0;
}
