#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache_options.h"
#include "opt.h"
#include "recipe.h"
#include "view.h"
#include "mkscratch/build.h"
#include "mkscratch/filecap.h"
#include "mkscratch/fs.h"
#include "mkscratch/timestamp.h"

static int print_plan(const struct msk_plan *plan, struct msk_err *err)
{
	MSK_AUTO_JSON *v = msk_plan_json(plan);
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_json_dump_pretty(v, &text);
	return msk_print(&text, err);
}

static struct msk_json *entry_json(const struct msk_entry *e)
{
	static const char *const types[] = { [MSK_DIR] = "dir", [MSK_FILE] = "file", [MSK_SYMLINK] = "symlink" };
	MSK_AUTO_FREE char *mode = msk_xasprintf("%04o", e->mode);
	struct msk_json *o = msk_json_object();

	msk_json_set(o, "path", msk_json_text(e->path));
	msk_json_set_string(o, "type", types[e->type]);
	msk_json_set_string(o, "mode", mode);
	msk_json_set_int(o, "uid", e->uid);
	msk_json_set_int(o, "gid", e->gid);
	if (e->type == MSK_FILE)
		msk_json_set_int(o, "size", (int64_t)e->body.size);
	if (e->link)
		msk_json_set(o, "link", msk_json_text(e->link));
	if (e->caps) {
		MSK_AUTO_STR names = MSK_STR_INIT;

		msk_filecap_add(&names, e->caps);
		msk_json_set_string(o, "capabilities", names.buf);
	}
	if (e->origin.what)
		msk_json_set(o, "what", msk_json_text(e->origin.what));
	if (e->origin.why)
		msk_json_set(o, "why", msk_json_text(e->origin.why));
	return o;
}

static int print_rootfs(const struct msk_rootfs *fs, bool json, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_JSON *list = NULL;

	if (!json) {
		msk_rootfs_dump(fs, &text);
		return msk_print(&text, err);
	}
	list = msk_json_array();
	for (size_t i = 0; i < msk_rootfs_count(fs); i++)
		msk_json_push(list, entry_json(msk_rootfs_at(fs, i)));
	return msk_print_json(list, err);
}

static struct msk_json *platform_json(const struct msk_platform *pf)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_platform_add(&text, pf);
	return msk_json_string(msk_str_c(&text));
}

static struct msk_json *tags_json(const struct msk_plan *plan)
{
	struct msk_json *a = msk_json_array();

	for (size_t i = 0; i < plan->n_tags; i++)
		msk_json_push(a, msk_json_string(plan->tags[i].familiar));
	return a;
}

static struct msk_json *outputs_json(const struct msk_plan *plan)
{
	struct msk_json *a = msk_json_array();

	for (size_t i = 0; i < plan->n_targets; i++)
		msk_json_push(a, msk_json_text(plan->targets[i].path));
	return a;
}

/* "img.tar: app:latest,app:v1 linux/amd64 " */
static void add_subject(struct msk_str *line, const char *output, const struct msk_plan *plan, const struct msk_platform *pf)
{
	msk_str_add_escaped(line, output, strlen(output));
	msk_str_adds(line, ": ");
	for (size_t i = 0; i < plan->n_tags; i++)
		msk_str_addf(line, "%s%s", i ? "," : "", plan->tags[i].familiar);
	msk_str_addc(line, ' ');
	msk_platform_add(line, pf);
	msk_str_addc(line, ' ');
}

/* The member "certificates", where there are any. */
static void set_certs(struct msk_json *v, const struct msk_build_facts *facts)
{
	MSK_AUTO_STR expiry = MSK_STR_INIT;
	struct msk_json *o;

	if (!facts->certs.count)
		return;
	o = msk_json_object();
	msk_json_set_int(o, "count", (int64_t)facts->certs.count);
	msk_json_set_int(o, "expired", (int64_t)facts->certs.expired);
	if (facts->certs.first_expiry >= 0)
		msk_rfc3339_add(&expiry, facts->certs.first_expiry);
	msk_json_set_string(o, "first_expiry", msk_str_c(&expiry));
	msk_json_set(o, "first_subject", msk_json_text(facts->certs.first_subject));
	msk_json_set_string(o, "sha256", facts->certs_digest.text);
	msk_json_set(v, "certificates", o);
}

static int report_dry_run(const struct msk_options *o, const struct msk_build *b, const struct msk_edition *e,
			  struct msk_err *err)
{
	const struct msk_plan *plan = b->plan;
	const struct msk_platform *pf = &e->platform;
	const struct msk_rootfs *fs = e->fs;
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (o->json) {
		MSK_AUTO_JSON *v = msk_json_object();

		msk_json_set(v, "dry_run", msk_json_bool(true));
		msk_json_set(v, "platform", platform_json(pf));
		msk_json_set(v, "tags", tags_json(plan));
		msk_json_set(v, "outputs", outputs_json(plan));
		msk_json_set_int(v, "entries", (int64_t)msk_rootfs_count(fs));
		msk_json_set_int(v, "content_size", (int64_t)msk_rootfs_content_size(fs));
		set_certs(v, b->facts);
		return msk_print_json(v, err);
	}
	if (o->level < MSK_LOG_WARN)
		return 0;
	for (size_t i = 0; i < plan->n_targets || i == 0; i++) {
		add_subject(&text, plan->n_targets ? plan->targets[i].path : "(no output)", plan, pf);
		msk_str_addf(&text, "%zu entries with ", msk_rootfs_count(fs));
		msk_str_add_size(&text, msk_rootfs_content_size(fs));
		msk_str_adds(&text, " before compression; dry run, nothing written\n");
	}
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

/* --print rootfs and --dry-run: everything is read and checked, nothing is written. */
static int look_only(const struct msk_options *o, const struct msk_build *b, struct msk_err *err)
{
	MSK_CLEANUP(msk_editions_release) struct msk_editions e = { 0 };
	int rc;

	rc = msk_build_gather(b, &e, err);
	msk_needs_tell(&b->facts->needs, b->log);
	if (rc < 0)
		return -1;
	tell_of_health(o, b->plan, b->log);
	if (o->print)
		return print_rootfs(e.v[0].fs, o->json, err);
	return report_dry_run(o, b, &e.v[0], err);
}

static struct msk_json *layer_json(const struct msk_layer_desc *l)
{
	struct msk_json *o = msk_json_object();

	msk_json_set_string(o, "digest", l->blob.digest.text);
	msk_json_set_string(o, "diff_id", l->diff_id.text);
	msk_json_set_int(o, "size", (int64_t)l->blob.size);
	msk_json_set_string(o, "media_type", l->blob.media_type);
	msk_json_set_int(o, "entries", (int64_t)l->entries);
	return o;
}

static struct msk_json *image_json(const struct msk_plan *plan, const struct msk_image *img)
{
	struct msk_json *o = msk_json_object(), *layers = msk_json_array();

	for (size_t i = 0; i < img->layers.n; i++)
		msk_json_push(layers, layer_json(&img->layers.v[i]));
	msk_json_set_string(o, "digest", img->manifest.digest.text);
	msk_json_set_string(o, "config", img->config.digest.text);
	msk_json_set(o, "platform", platform_json(&img->platform));
	msk_json_set_int(o, "size", (int64_t)img->size);
	msk_json_set(o, "tags", tags_json(plan));
	msk_json_set(o, "layers", layers);
	msk_json_set(o, "outputs", outputs_json(plan));
	return o;
}

static void add_image_line(struct msk_str *text, const char *output, const struct msk_plan *plan, const struct msk_image *img)
{
	add_subject(text, output, plan, &img->platform);
	msk_str_addf(text, "%s ", img->manifest.digest.text);
	msk_str_add_size(text, img->size);
	msk_str_addf(text, " in %zu layer%s\n", img->layers.n, img->layers.n == 1 ? "" : "s");
}

/* A FIFO or device that standard output is too, under whatever name: what is written there follows the archive. */
static bool is_stdout(const struct msk_target *t)
{
	struct stat at, out;

	if (t->kind == MSK_TARGET_STDOUT)
		return true;
	return stat(t->path, &at) == 0 && !S_ISREG(at.st_mode) && !S_ISDIR(at.st_mode) &&
	       fstat(STDOUT_FILENO, &out) == 0 && at.st_dev == out.st_dev && at.st_ino == out.st_ino;
}

/* NULL: none is. */
static const char *stdout_target(const struct msk_plan *plan)
{
	for (size_t i = 0; i < plan->n_targets; i++)
		if (is_stdout(&plan->targets[i]))
			return plan->targets[i].path;
	return NULL;
}

static int report(const struct msk_options *o, const struct msk_build *b, const struct msk_product *p, struct msk_err *err)
{
	const struct msk_plan *plan = b->plan;
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (o->json) {
		MSK_AUTO_JSON *v = image_json(plan, &p->images[0]);

		set_certs(v, b->facts);
		msk_json_dump(v, &text);
		msk_str_addc(&text, '\n');
	} else if (o->level >= MSK_LOG_WARN) {
		for (size_t i = 0; i < plan->n_targets; i++)
			add_image_line(&text, plan->targets[i].path, plan, &p->images[0]);
	}
	if (stdout_target(plan))
		return msk_write_full(STDERR_FILENO, msk_str_c(&text), text.len, "standard error", err);
	return msk_print(&text, err);
}

static int check_outputs(const struct msk_plan *plan, struct msk_err *err)
{
	if (plan->n_targets == 0) {
		msk_fail(err, MSK_E_USAGE, "nowhere to write: no --output given");
		return msk_hint(err, "-o img.tar");
	}
	if (stdout_target(plan) && isatty(STDOUT_FILENO)) {
		msk_fail(err, MSK_E_USAGE, "--output %s: standard output is a terminal", stdout_target(plan));
		return msk_hint(err, "-o img.tar, or -o - | docker load");
	}
	return 0;
}

/* The build with how far it is; the line is gone before anything else is said. */
static int run_in_view(const struct msk_options *o, struct msk_build *b, struct msk_product *p, struct msk_err *err)
{
	MSK_CLEANUP(msk_view_cleanup) struct msk_view *view = msk_view_open(o);

	b->progress = msk_view_counters(view);
	return msk_build_run(b, p, err);
}

static int build(const struct msk_options *o, struct msk_build *b, struct msk_err *err)
{
	MSK_CLEANUP(msk_cache_cleanup) struct msk_cache *cache = NULL;
	MSK_AUTO_STR cache_dir = MSK_STR_INIT;
	struct msk_cache_args cache_args;
	MSK_CLEANUP(msk_product_release) struct msk_product p = { 0 };
	int rc;

	if (check_outputs(b->plan, err) < 0 || msk_cache_options(o, b->log, &cache_dir, &cache_args, err) < 0)
		return -1;
	if (cache_args.dir)
		b->cache = cache = msk_cache_open(&cache_args);
	rc = run_in_view(o, b, &p, err);
	msk_needs_tell(&b->facts->needs, b->log);
	if (rc < 0)
		return -1;
	tell_of_health(o, b->plan, b->log);
	return report(o, b, &p, err);
}

int msk_cmd_build(const struct msk_options *o, struct msk_err *err)
{
	MSK_CLEANUP(msk_plan_release) struct msk_plan plan = { 0 };
	struct msk_log log = { .level = o->level, .fd = STDERR_FILENO };
	struct msk_build_facts facts = { 0 };
	MSK_AUTO_JSON *recipe = NULL;
	struct msk_build b = { .plan = &plan, .log = &log, .tmpdir = o->tmpdir && *o->tmpdir ? o->tmpdir : NULL,
			       .now = o->now, .facts = &facts };

	if (o->print && strcmp(o->print, "plan") != 0 && strcmp(o->print, "rootfs") != 0)
		return msk_fail(err, MSK_E_USAGE, "--print %s: is none of plan, rootfs", o->print);
	if (msk_view_check(o, err) < 0 || msk_plan_make(o, &plan, err) < 0)
		return -1;
	b.recipe = recipe = msk_recipe_make(o, &plan);
	if (o->print && strcmp(o->print, "plan") == 0)
		return print_plan(&plan, err);
	if (o->print || o->dry_run)
		return look_only(o, &b, err);
	return build(o, &b, err);
}
