/* help, completion, version: what the program says of itself. */
#include "opt.h"

#include <string.h>

static int unknown_topic(const char *name, struct msk_err *err)
{
	const char *near = msk_opt_nearest(name, msk_help_topic_at);
	MSK_AUTO_STR topics = MSK_STR_INIT;

	msk_fail(err, MSK_E_USAGE, "help %s: no such topic", name);
	if (near)
		return msk_hint(err, "did you mean: mkscratch help %s", near);
	for (size_t i = 0; msk_help_topic_at(i); i++)
		msk_str_addf(&topics, " %s", msk_help_topic_at(i));
	return msk_hint(err, "topics:%s", msk_str_c(&topics));
}

/* One topic is a table. */
static int print_json(const struct msk_options *o, struct msk_err *err)
{
	MSK_AUTO_JSON *v = NULL;

	if (o->args.n != 1 || strcmp(o->args.v[0], "troubleshooting") != 0) {
		msk_fail(err, MSK_E_USAGE, "help --json: one topic alone is a table");
		return msk_hint(err, "mkscratch help --json troubleshooting");
	}
	v = msk_symptoms_json();
	return msk_print_json(v, err);
}

int msk_cmd_help(const struct msk_options *o, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (o->json)
		return print_json(o, err);
	if (o->man) {
		msk_man_page(&text);
	} else if (o->args.n == 0) {
		msk_help_short(&text);
	} else if (o->args.n > 1) {
		return msk_fail(err, MSK_E_USAGE, "help: one topic at a time (%zu vs 1)", o->args.n);
	} else if (!msk_help_topic(o->args.v[0], &text)) {
		return unknown_topic(o->args.v[0], err);
	}
	return msk_print(&text, err);
}

int msk_cmd_completion(const struct msk_options *o, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (o->args.n == 1 && msk_completion(o->args.v[0], &text))
		return msk_print(&text, err);
	if (o->args.n == 1)
		msk_fail(err, MSK_E_USAGE, "completion %s: no such shell here", o->args.v[0]);
	else
		msk_fail(err, MSK_E_USAGE, "completion: needs the name of a shell (%zu vs 1)", o->args.n);
	return msk_hint(err, "mkscratch completion bash, zsh or fish");
}

int msk_cmd_version(const struct msk_options *o, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	(void)o;
	msk_str_adds(&text, "mkscratch " MSK_VERSION "\n");
	return msk_print(&text, err);
}
