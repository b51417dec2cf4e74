#include "mkscratch/cli.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "opt.h"
#include "sandbox.h"
#include "mkscratch/undo.h"

const struct verb *msk_verb_find(const char *name)
{
	for (const struct verb *v = msk_verbs; v->name; v++)
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

static int print_help(const struct verb *verb, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (verb)
		msk_help_verb(verb, &text);
	else
		msk_help_short(&text);
	return msk_print(&text, err);
}

/* The build, and verify --rebuild, know more of what they need, and see to it themselves. */
static int confine(const struct verb *verb, const struct msk_options *o, struct msk_err *err)
{
	if (!(verb->bit & SANDBOXED) || verb->bit == VERB_BUILD || o->rebuild)
		return 0;
	return msk_sandbox_look(o, verb->bit & (VERB_DEPS | VERB_DOCTOR), err);
}

/* Whoever reads the text of other runs may stop when there is enough of it, as head(1) does. */
static bool writes_image(const struct verb *verb, const struct msk_options *o)
{
	return verb->bit == VERB_INDEX || (verb->bit == VERB_BUILD && !o->print && !o->dry_run);
}

/* The first word is a verb when it is one of them; else the verb is build. */
static int run(int argc, char **argv, struct msk_options *o, struct msk_err *err)
{
	const struct verb *named = argc > 1 ? msk_verb_find(argv[1]) : NULL;
	const struct verb *verb = named ? named : msk_verb_find("build");
	int skip = named ? 2 : 1;

	if (argc <= 1)
		return print_help(NULL, err);
	if (msk_opt_parse(verb, argc - skip, (const char *const *)argv + skip, o, err) < 0)
		return -1;
	assert(verb);
	if (o->version)
		return msk_cmd_version(o, err);
	if (o->help)
		return print_help(named, err);
	if (writes_image(verb, o))
		msk_undo_ignore_pipe();
	return confine(verb, o, err) < 0 ? -1 : verb->run(o, err);
}

int msk_cli_main(int argc, char **argv)
{
	struct msk_options o = MSK_OPTIONS_INIT;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_log log = { .level = MSK_LOG_ERROR, .fd = STDERR_FILENO };

	o.source_date_epoch = getenv("SOURCE_DATE_EPOCH");
	o.tmpdir = getenv("TMPDIR");
	o.term = getenv("TERM");
	o.no_color = getenv("NO_COLOR");
	o.home = getenv("HOME");
	o.xdg_cache_home = getenv("XDG_CACHE_HOME");
	o.now = time(NULL);
	if (msk_start(&err) < 0 || run(argc, argv, &o, &err) < 0)
		msk_log_error(&log, &err);
	msk_options_release(&o);
	return (int)err.code;
}
