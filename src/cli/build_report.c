#include "build_report.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "opt.h"
#include "mkscratch/device.h"
#include "mkscratch/filecap.h"
#include "mkscratch/fs.h"
#include "mkscratch/rootfs_walk.h"
#include "mkscratch/timestamp.h"

static struct msk_json *entry_json(const struct msk_entry *e)
{
	static const char *const types[] = { [MSK_DIR] = "dir", [MSK_FILE] = "file", [MSK_SYMLINK] = "symlink" };
	MSK_AUTO_FREE char *mode = msk_xasprintf("%04o", e->mode);
	struct msk_json *o = msk_json_object();

	msk_json_set_text(o, "path", e->path);
	msk_json_set_string(o, "type", types[e->type]);
	msk_json_set_string(o, "mode", mode);
	msk_json_set_int(o, "uid", e->uid);
	msk_json_set_int(o, "gid", e->gid);
	if (e->type == MSK_FILE)
		msk_json_set_int(o, "size", (int64_t)e->body.size);
	if (e->link)
		msk_json_set_text(o, "link", e->link);
	if (e->caps) {
		MSK_AUTO_STR names = MSK_STR_INIT;

		msk_filecap_add(&names, e->caps);
		msk_json_set_string(o, "capabilities", names.buf);
	}
	if (e->origin.what)
		msk_json_set_text(o, "what", e->origin.what);
	if (e->origin.why)
		msk_json_set_text(o, "why", e->origin.why);
	return o;
}

static struct msk_json *entries_json(const struct msk_rootfs *fs)
{
	struct msk_json *list = msk_json_array();

	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_walk_init(&w, fs);
	for (const struct msk_entry *e; (e = msk_rootfs_next(&w));)
		msk_json_push(list, entry_json(e));
	return list;
}

/* Of several platforms: {"linux/amd64":[...],...}. */
static int print_rootfs_json(const struct msk_editions *e, struct msk_err *err)
{
	MSK_AUTO_JSON *all = NULL;

	if (e->n == 1) {
		all = entries_json(e->v[0].fs);
		return msk_print_json(all, err);
	}
	all = msk_json_object();
	for (size_t i = 0; i < e->n; i++) {
		MSK_AUTO_STR platform = MSK_STR_INIT;

		msk_platform_add(&platform, &e->v[i].platform);
		msk_json_set(all, platform.buf, entries_json(e->v[i].fs));
	}
	return msk_print_json(all, err);
}

int msk_report_rootfs(const struct msk_options *o, const struct msk_editions *e, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (o->json)
		return print_rootfs_json(e, err);
	for (size_t i = 0; i < e->n; i++) {
		if (e->n > 1) {
			msk_str_adds(&text, i ? "\n" : "");
			msk_platform_add(&text, &e->v[i].platform);
			msk_str_adds(&text, ":\n");
		}
		msk_rootfs_dump(e->v[i].fs, &text);
	}
	return msk_print(&text, err);
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

static void set_outputs(struct msk_json *o, const struct msk_plan *plan)
{
	MSK_AUTO_STRV paths = MSK_STRV_INIT;

	for (size_t i = 0; i < plan->n_targets; i++)
		msk_strv_push(&paths, plan->targets[i].path);
	msk_json_set_texts(o, "outputs", &paths);
}

/* "img.tar: app:latest,app:v1 " */
static void add_subject(struct msk_str *line, const char *output, const struct msk_plan *plan)
{
	msk_str_add_shown(line, output, strlen(output));
	msk_str_adds(line, ": ");
	for (size_t i = 0; i < plan->n_tags; i++)
		msk_str_addf(line, "%s%s", i ? "," : "", plan->tags[i].familiar);
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
	msk_json_set_text(o, "first_subject", facts->certs.first_subject);
	msk_json_set_string(o, "sha256", facts->certs_digest.text);
	msk_json_set(v, "certificates", o);
}

/* What a run for real says of each image is said of the editions as far as it is known. */
static struct msk_json *edition_json(const struct msk_plan *plan, const struct msk_edition *e)
{
	struct msk_json *o = msk_json_object();

	msk_json_set(o, "dry_run", msk_json_bool(true));
	msk_json_set(o, "platform", platform_json(&e->platform));
	msk_json_set(o, "tags", tags_json(plan));
	set_outputs(o, plan);
	msk_json_set_int(o, "entries", (int64_t)msk_rootfs_count(e->fs));
	msk_json_set_int(o, "content_size", (int64_t)msk_rootfs_content_size(e->fs));
	return o;
}

static struct msk_json *editions_json(const struct msk_plan *plan, const struct msk_editions *e)
{
	struct msk_json *o, *list;

	if (e->n == 1)
		return edition_json(plan, &e->v[0]);
	o = msk_json_object();
	list = msk_json_array();
	for (size_t i = 0; i < e->n; i++)
		msk_json_push(list, edition_json(plan, &e->v[i]));
	msk_json_set(o, "dry_run", msk_json_bool(true));
	msk_json_set(o, "tags", tags_json(plan));
	set_outputs(o, plan);
	msk_json_set(o, "manifests", list);
	return o;
}

/* A line for each output and platform. */
static void add_edition_line(struct msk_str *text, const char *output, const struct msk_plan *plan,
			     const struct msk_edition *e)
{
	add_subject(text, output, plan);
	msk_platform_add(text, &e->platform);
	msk_str_addf(text, " %zu %s with ", msk_rootfs_count(e->fs), msk_plural(msk_rootfs_count(e->fs), "entry", "entries"));
	msk_str_add_size(text, msk_rootfs_content_size(e->fs));
	msk_str_adds(text, " before compression; dry run, nothing written\n");
}

int msk_report_dry_run(const struct msk_options *o, const struct msk_build *b, const struct msk_editions *e,
		       struct msk_err *err)
{
	const struct msk_plan *plan = b->plan;
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (o->json) {
		MSK_AUTO_JSON *v = editions_json(plan, e);

		set_certs(v, b->facts);
		return msk_print_json(v, err);
	}
	if (o->level < MSK_LOG_WARN)
		return 0;
	for (size_t i = 0; i < plan->n_targets || i == 0; i++)
		for (size_t k = 0; k < e->n; k++)
			add_edition_line(&text, plan->n_targets ? plan->targets[i].path : "(no output)", plan, &e->v[k]);
	return msk_print(&text, err);
}

static struct msk_json *layer_json(const struct msk_layer_desc *l)
{
	struct msk_json *o = msk_json_object();

	msk_json_set_string(o, "digest", l->blob.digest.text);
	msk_json_set_string(o, "diff_id", l->diff_id.text);
	msk_json_set_int(o, "size", (int64_t)l->blob.size);
	msk_json_set_text(o, "media_type", l->blob.media_type);         /* those may have none: null */
	if (l->entries)                               /* of others' layers nobody has counted them */
		msk_json_set_int(o, "entries", (int64_t)l->entries);
	return o;
}

static struct msk_json *attestations_json(const struct msk_image *img)
{
	struct msk_json *a = msk_json_array();

	for (size_t i = 0; i < img->n_attestations; i++)
		msk_json_push(a, msk_json_string(img->attestations[i].manifest.digest.text));
	return a;
}

static struct msk_json *image_json(const struct msk_plan *plan, const struct msk_image *img)
{
	struct msk_json *o = msk_json_object(), *layers = msk_json_array();

	for (size_t i = 0; i < img->layers.n; i++)
		msk_json_push(layers, layer_json(&img->layers.v[i]));
	msk_json_set_string(o, "digest", img->manifest.digest.text);
	if (img->n_attestations)
		msk_json_set(o, "attestations", attestations_json(img));
	msk_json_set_string(o, "config", img->config.digest.text);
	msk_json_set(o, "platform", platform_json(&img->platform));
	msk_json_set_int(o, "size", (int64_t)img->size);
	msk_json_set(o, "tags", tags_json(plan));
	msk_json_set(o, "layers", layers);
	set_outputs(o, plan);
	return o;
}

static struct msk_json *product_json(const struct msk_plan *plan, const struct msk_product *p)
{
	struct msk_json *o, *list;

	if (!msk_product_has_index(p))
		return image_json(plan, &p->images[0]);
	o = msk_json_object();
	list = msk_json_array();
	for (size_t i = 0; i < p->n_images; i++)
		msk_json_push(list, image_json(plan, &p->images[i]));
	msk_json_set_string(o, "digest", p->top.digest.text);
	msk_json_set_int(o, "size", (int64_t)p->size);
	msk_json_set(o, "tags", tags_json(plan));
	msk_json_set(o, "docker_load", platform_json(&p->images[p->loaded].platform));
	msk_json_set(o, "manifests", list);
	set_outputs(o, plan);
	return o;
}

/* Those of all images, each once. */
static size_t count_layers(const struct msk_product *p)
{
	MSK_AUTO_STRV seen = MSK_STRV_INIT;

	if (p->n_images == 1)
		return p->images[0].layers.n;
	for (size_t i = 0; i < p->n_images; i++)
		for (size_t k = 0; k < p->images[i].layers.n; k++)
			if (!msk_strv_has(&seen, p->images[i].layers.v[k].blob.digest.text))
				msk_strv_push(&seen, p->images[i].layers.v[k].blob.digest.text);
	return seen.n;
}

static void add_product_line(struct msk_str *text, const char *output, const struct msk_plan *plan,
			     const struct msk_product *p)
{
	size_t layers = count_layers(p);

	add_subject(text, output, plan);
	for (size_t i = 0; i < p->n_images; i++) {
		msk_str_adds(text, i ? "," : "");
		msk_platform_add(text, &p->images[i].platform);
	}
	msk_str_addf(text, " %s ", p->top.digest.text);
	msk_str_add_size(text, p->size);
	msk_str_addf(text, " in %zu %s\n", layers, msk_plural(layers, "layer", "layers"));
}

/* What is written into directly, and is standard output too, under whatever name: what is told there follows the archive. */
static bool is_stdout(const struct msk_target *t)
{
	struct stat at, out;

	if (t->kind == MSK_TARGET_STDOUT)
		return true;
	if (stat(t->path, &at) < 0 || S_ISDIR(at.st_mode) || (S_ISREG(at.st_mode) && msk_device_descriptor(t->path) < 0))
		return false;
	return fstat(STDOUT_FILENO, &out) == 0 && at.st_dev == out.st_dev && at.st_ino == out.st_ino;
}

const char *msk_stdout_target(const struct msk_plan *plan)
{
	for (size_t i = 0; i < plan->n_targets; i++)
		if (is_stdout(&plan->targets[i]))
			return plan->targets[i].path;
	return NULL;
}

int msk_report(const struct msk_options *o, const struct msk_build *b, const struct msk_product *p, struct msk_err *err)
{
	const struct msk_plan *plan = b->plan;
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (o->json) {
		MSK_AUTO_JSON *v = product_json(plan, p);

		set_certs(v, b->facts);
		msk_json_dump_safe(v, &text);
		msk_str_addc(&text, '\n');
	} else if (o->level >= MSK_LOG_WARN) {
		for (size_t i = 0; i < plan->n_targets; i++)
			add_product_line(&text, plan->targets[i].path, plan, p);
	}
	if (msk_stdout_target(plan))
		return msk_write_full(STDERR_FILENO, msk_str_c(&text), text.len, "standard error", err);
	return msk_print(&text, err) < 0 ? msk_hint(err, "the image is written all the same; -q says nothing") : 0;
}
