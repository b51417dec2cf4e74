/* The verb build: options from the command line alone, or completed by a config file, for one image or several. */
#include <string.h>
#include <unistd.h>

#include "build_one.h"
#include "cache_options.h"
#include "config_file.h"
#include "sandbox.h"
#include "targets.h"
#include "mkscratch/source_image.h"

static int print_schema(struct msk_err *err)
{
	MSK_AUTO_JSON *v = msk_config_schema();
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_json_dump_pretty(v, &text);
	return msk_print(&text, err);
}

static int check_print(const struct msk_options *o, struct msk_err *err)
{
	static const char *const words[] = { "plan", "rootfs", "config", "schema" };

	for (size_t i = 0; o->print && i < sizeof words / sizeof *words; i++)
		if (strcmp(o->print, words[i]) == 0)
			return 0;
	return o->print ? msk_fail(err, MSK_E_USAGE, "--print %s: is none of plan, rootfs, config, schema", o->print) : 0;
}

/* What is wrong with it is told when its turn comes. The cache has to be there to be allowed. */
static void allow_target(struct msk_confine *c, const struct msk_options *o)
{
	const struct msk_log quiet = { .level = MSK_LOG_ERROR, .fd = STDERR_FILENO };
	MSK_CLEANUP(msk_plan_release) struct msk_plan plan = { 0 };
	MSK_CLEANUP(msk_cache_cleanup) struct msk_cache *cache = NULL;
	MSK_AUTO_STR dir = MSK_STR_INIT;
	struct msk_err ignored = MSK_ERR_INIT;
	struct msk_cache_args args;

	if (msk_plan_make(o, &plan, &ignored) < 0 || msk_cache_options(o, &quiet, &dir, &args, &ignored) < 0)
		return;
	if (args.dir && !o->dry_run && !o->print)
		cache = msk_cache_open(&args);
	msk_sandbox_add_build(c, o, &plan, cache ? args.dir : NULL);
}

/* It cannot be left again, so it is one for all of them. */
static int confine_all(const struct msk_options *typed, struct config_file *f, const struct msk_turns *turns,
		       struct msk_err *err)
{
	MSK_AUTO_CONFINE c = MSK_CONFINE_INIT;
	bool required = typed->require_sandbox;
	struct msk_options any = *typed;

	msk_sandbox_reserve(typed);
	msk_confine_init(&c);
	for (size_t i = 0; i < turns->n; i++) {
		struct msk_options o;

		msk_target_options(typed, f, turns->v[i].target, &o);
		allow_target(&c, &o);
		required = required || o.require_sandbox;
		msk_options_release(&o);
	}
	any.require_sandbox = required;
	return msk_sandbox_enter(&c, &any, err);
}

static int build_target(const struct msk_options *typed, struct config_file *f, const char *target, struct msk_err *err)
{
	struct msk_options o;
	int rc;

	msk_target_options(typed, f, target, &o);
	msk_config_file_rest(f);
	rc = msk_cmd_build_one(&o, f, err);
	msk_options_release(&o);
	return rc < 0 && target && err->msg[0] ? msk_ctx(err, "target %s", target) : rc;
}

static int target_json(const struct msk_options *typed, struct config_file *f, const char *target, struct msk_json **out,
		       struct msk_err *err)
{
	MSK_CLEANUP(msk_plan_release) struct msk_plan plan = { 0 };
	struct msk_options o;
	int rc;

	msk_target_options(typed, f, target, &o);
	rc = msk_plan_make(&o, &plan, err) < 0 ? -1 : msk_config_file_json(&o, out, err);
	msk_options_release(&o);
	return rc < 0 ? msk_ctx(err, "target %s", target) : 0;
}

/* --print config of several: one file, which makes the same images. */
static int print_configs(const struct msk_options *typed, struct config_file *f, const struct msk_strv *targets,
			 struct msk_err *err)
{
	MSK_AUTO_JSON *file = msk_json_object();
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_json_set(file, MSK_CONFIG_TARGETS, msk_json_object());
	for (size_t i = 0; i < targets->n; i++) {
		struct msk_json *one = NULL;

		if (target_json(typed, f, targets->v[i], &one, err) < 0)
			return -1;
		msk_json_set(msk_json_get_mut(file, MSK_CONFIG_TARGETS), targets->v[i], one);
	}
	msk_json_dump_pretty(file, &text);
	return msk_print(&text, err);
}

static int check_targets(const struct msk_options *o, const struct config_file *f, struct msk_err *err)
{
	for (size_t i = 0; i < o->target.n; i++) {
		MSK_AUTO_STR all = MSK_STR_INIT;

		if (msk_strv_has(&f->targets, o->target.v[i]))
			continue;
		for (size_t k = 0; k < f->targets.n; k++)
			msk_str_addf(&all, "%s%s", k ? ", " : "", f->targets.v[k]);
		msk_fail(err, MSK_E_USAGE, "--target %s: no such target in %s", o->target.v[i], f->name);
		return all.len ? msk_hint(err, "it has %s", all.buf) : msk_hint(err, "it has none");
	}
	return 0;
}

/* Several images into one archive would leave but the last. */
static int check_outputs(const struct msk_options *o, const struct msk_strv *targets, struct msk_err *err)
{
	for (size_t i = 0; targets->n > 1 && i < o->output.n; i++)
		if (!msk_ends_with(o->output.v[i], "/")) {
			msk_fail(err, MSK_E_USAGE, "--output %s: would be written by each of %zu targets", o->output.v[i],
				 targets->n);
			return msk_hint(err, "--target %s, or a directory: -o images/", targets->v[0]);
		}
	return 0;
}

static bool is_there(const struct msk_turn *turn)
{
	MSK_AUTO_SOURCE_IMAGES images = { 0 };
	struct msk_err ignored = MSK_ERR_INIT;

	return turn->in_layout && msk_source_images_open(turn->awaits, NULL, &images, &ignored) == 0;
}

/* Of what nothing can be told as long as nothing is written. */
static bool must_wait(const struct msk_options *o, const struct msk_turn *turn)
{
	const struct msk_log log = { .level = o->level, .fd = STDERR_FILENO };

	if (!turn->awaits || !(o->print ? strcmp(o->print, "rootfs") == 0 : o->dry_run) || is_there(turn))
		return false;
	msk_warn_of_run(&log, "target %s: cannot be told yet: it needs %s, which target %s is to make", turn->target,
			turn->awaits, turn->maker);
	return true;
}

static int build_all(const struct msk_options *o, struct config_file *f, const struct msk_turns *turns, struct msk_err *err)
{
	if (f->targets.n > 1 && o->target.n != 1 && confine_all(o, f, turns, err) < 0)
		return -1;
	for (size_t i = 0; i < turns->n; i++)
		if (!must_wait(o, &turns->v[i]) && build_target(o, f, turns->v[i].target, err) < 0)
			return -1;
	return 0;
}

static int build_file(const struct msk_options *o, const char *name, struct msk_err *err)
{
	MSK_AUTO_CONFIG_FILE f = { 0 };
	MSK_AUTO_TURNS turns = { 0 };
	const struct msk_strv *targets;

	if (msk_config_file_open(name, &f, err) < 0 || check_targets(o, &f, err) < 0)
		return -1;
	targets = o->target.n ? &o->target : &f.targets;
	if (check_outputs(o, targets, err) < 0)
		return -1;
	if (!targets->n)
		return build_target(o, &f, NULL, err);
	if (targets->n > 1 && o->print && strcmp(o->print, "config") == 0)
		return print_configs(o, &f, targets, err);
	return msk_targets_settle(o, &f, targets, &turns, err) < 0 ? -1 : build_all(o, &f, &turns, err);
}

/* A command line that names its programs is whole: no file that happens to lie here has a say in it. */
int msk_cmd_build(const struct msk_options *o, struct msk_err *err)
{
	const char *name = o->config;

	if (check_print(o, err) < 0)
		return -1;
	if (o->print && strcmp(o->print, "schema") == 0)
		return print_schema(err);
	if (!name && !o->bin.n && access(MSK_CONFIG_FILE, F_OK) == 0)
		name = MSK_CONFIG_FILE;
	if (name)
		return build_file(o, name, err);
	if (o->target.n) {
		msk_fail(err, MSK_E_USAGE, "--target %s: there is no config file", o->target.v[0]);
		return msk_hint(err, o->bin.n ? "with --bin it has to be named: --config %s" : "--config FILE, or %s here",
				MSK_CONFIG_FILE);
	}
	return msk_cmd_build_one(o, NULL, err);
}
