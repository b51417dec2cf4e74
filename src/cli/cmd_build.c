#include <string.h>
#include <unistd.h>

#include "build_one.h"
#include "build_report.h"
#include "cache_options.h"
#include "config_file.h"
#include "opt.h"
#include "outputs.h"
#include "sandbox.h"
#include "recipe.h"
#include "view.h"

static int print_plan(const struct msk_plan *plan, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_plan_dump(plan, &text);
	return msk_print(&text, err);
}

static int print_config(const struct msk_options *o, struct msk_err *err)
{
	MSK_AUTO_JSON *v = NULL;
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (msk_config_file_json(o, &v, err) < 0)
		return -1;
	msk_json_dump_pretty(v, &text);
	return msk_print(&text, err);
}

/* Podman and buildah see in a config of OCI's type only what image-spec names. Who chose the types knows. */
static void tell_of_health(const struct msk_options *o, const struct msk_plan *plan, const struct msk_log *log)
{
	enum msk_health_kind kind = plan->config.health.kind;

	if (!o->media_types && (kind == MSK_HEALTH_PROBE || kind == MSK_HEALTH_COMMAND))
		msk_warn(log, "%s: podman and buildah drop it from images of OCI media types; --media-types docker keeps it "
			 "(oci: no warning)", kind == MSK_HEALTH_PROBE ? "--healthcheck" : "--healthcheck-cmd");
}

/* Of the programs and of what was typed, once it is clear that there is an image. */
static void tell_all(const struct msk_options *o, const struct msk_build *b)
{
	msk_needs_tell(&b->facts->needs, b->log);
	if (b->plan->record && !b->recipe)
		msk_warn(b->log, "a name that was typed is no UTF-8: the image cannot tell how it was made (verify --rebuild)");
	tell_of_health(o, b->plan, b->log);
	msk_tell_secrets(&b->plan->config, b->log);
}

/* --print rootfs and --dry-run: everything is read and checked, nothing is written. */
static int look_only(const struct msk_options *o, const struct msk_build *b, struct msk_err *err)
{
	MSK_CLEANUP(msk_editions_release) struct msk_editions e = { 0 };

	if (msk_sandbox_build(o, b->plan, NULL, err) < 0)
		return -1;
	if (msk_build_gather(b, &e, err) < 0)
		return -1;
	tell_all(o, b);
	if (o->dry_run && (b->plan->max_size || b->plan->baseline))
		msk_warn_of_run(b->log, "--dry-run: nothing is compressed, so %s is not looked at",
				b->plan->max_size ? "--max-size" : "--max-growth");
	if (msk_warned_check(b->log, err) < 0)
		return -1;
	if (o->print)
		return msk_report_rootfs(o, &e, err);
	return msk_report_dry_run(o, b, &e, err);
}

static int check_outputs(const struct msk_plan *plan, struct msk_err *err)
{
	if (plan->n_targets == 0) {
		msk_fail(err, MSK_E_USAGE, "nowhere to write: no --output given");
		return msk_hint(err, "-o img.tar");
	}
	if (msk_stdout_target(plan) && isatty(STDOUT_FILENO)) {
		msk_fail(err, MSK_E_USAGE, "--output %s: standard output is a terminal", msk_stdout_target(plan));
		return msk_hint(err, "-o img.tar, or -o - | docker load");
	}
	return 0;
}

struct teller {
	const struct msk_options *o;
	const struct msk_build *b;
	struct msk_view *view;
};

static void tell_in_view(void *arg)
{
	const struct teller *t = arg;

	msk_view_hold(t->view);
	tell_all(t->o, t->b);
	msk_view_let_go(t->view);
}

/* The build with how far it is; the line is gone before anything else is said. Programs are examined beside the writing, unless
 * what is found is to stop it. */
static int run_in_view(const struct msk_options *o, struct msk_build *b, struct msk_product *p, struct msk_err *err)
{
	MSK_CLEANUP(msk_view_cleanup) struct msk_view *view = msk_view_open(o);
	struct teller teller = { o, b, view };

	b->progress = msk_view_counters(view);
	b->tell = o->strict ? tell_in_view : NULL;
	b->tell_arg = &teller;
	return msk_build_run(b, p, err);
}

static int build(const struct msk_options *o, struct msk_build *b, struct msk_err *err)
{
	MSK_CLEANUP(msk_cache_cleanup) struct msk_cache *cache = NULL;
	MSK_AUTO_STR cache_dir = MSK_STR_INIT;
	struct msk_cache_args cache_args;
	MSK_CLEANUP(msk_product_release) struct msk_product p = { 0 };

	if (check_outputs(b->plan, err) < 0 || msk_cache_options(o, b->log, &cache_dir, &cache_args, err) < 0)
		return -1;
	if (cache_args.dir)
		b->cache = cache = msk_cache_open(&cache_args);
	if (msk_sandbox_build(o, b->plan, cache ? cache_args.dir : NULL, err) < 0)
		return -1;
	if (run_in_view(o, b, &p, err) < 0)
		return -1;
	if (!o->strict)
		tell_all(o, b);
	return msk_report(o, b, &p, err);
}

/* --print of what no file is looked at for. */
static int print_typed(const struct msk_options *o, const struct msk_plan *plan, const struct msk_log *log, struct msk_err *err)
{
	msk_tell_secrets(&plan->config, log);
	if (msk_warned_check(log, err) < 0)
		return -1;
	return strcmp(o->print, "plan") == 0 ? print_plan(plan, err) : print_config(o, err);
}

static int run(const struct msk_options *o, struct msk_build *b, struct msk_err *err)
{
	int rc = o->print || o->dry_run ? look_only(o, b, err) : build(o, b, err);

	msk_needs_tell(&b->facts->needs, NULL);
	return rc;
}

int msk_cmd_build_one(const struct msk_options *o, const struct config_file *file, struct msk_err *err)
{
	MSK_CLEANUP(msk_plan_release) struct msk_plan plan = { 0 };
	MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = NULL;
	atomic_uint warned = 0;
	struct msk_log log = { .level = o->level, .fd = STDERR_FILENO, .target = o->of_target,
			       .warned = o->strict ? &warned : NULL };
	struct msk_build_facts facts = { .wants_digest = o->json };
	MSK_AUTO_FREE char *recipe = NULL;
	struct msk_build b = { .plan = &plan, .log = &log, .now = o->now, .facts = &facts };

	if (msk_view_check(o, err) < 0 || msk_plan_make(o, &plan, err) < 0 || msk_outputs_check(o, &plan, err) < 0)
		return -1;
	b.pool = pool = msk_pool_new(plan.jobs);
	if (plan.record)
		b.recipe = recipe = msk_recipe_make(&(struct recipe_of){ o, &plan, file });
	if (o->print && strcmp(o->print, "rootfs") != 0)
		return print_typed(o, &plan, &log, err);
	return run(o, &b, err);
}
