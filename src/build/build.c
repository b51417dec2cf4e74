#include "mkscratch/build.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "mkscratch/block_cache.h"
#include "mkscratch/budget.h"
#include "mkscratch/check.h"
#include "mkscratch/compress.h"
#include "mkscratch/fs.h"
#include "mkscratch/gather.h"
#include "mkscratch/image_contents.h"
#include "mkscratch/rootfs_walk.h"
#include "mkscratch/sink.h"
#include "mkscratch/task.h"
#include "mkscratch/written.h"
#include "maker_record.h"

#define MAX_TOLD 5              /* of what is alike */

static void tell_facts(const struct msk_build *b, const struct msk_cert_facts *certs, const struct msk_rootfs *fs)
{
	struct msk_build_facts *facts = b->facts;
	bool told = facts->wants_digest || b->log->level >= MSK_LOG_INFO;
	const struct msk_entry *e = told && certs->count ? msk_rootfs_find(fs, MSK_CERTS_PATH) : NULL;

	facts->certs = *certs;
	facts->certs_digest.text[0] = '\0';
	if (e && e->body.data) {
		msk_digest_of(e->body.data, (size_t)e->body.size, &facts->certs_digest);
		msk_info(b->log, "certificates: the bundle is %s", facts->certs_digest.text);
	}
}

/* With -v: what goes in, and why. */
static bool tell_reason(void *arg, const struct msk_json *row)
{
	const char *from = msk_json_string_value(msk_json_at(row, 3));

	msk_info(arg, "%s: %s%s%s (%s)", msk_json_string_value(msk_json_at(row, 0)),
		 msk_json_string_value(msk_json_at(row, 2)), from ? " " : "", from ? from : "",
		 msk_json_string_value(msk_json_at(row, 1)));
	return true;
}

/* A base that is called arm64/v8 or amd64/v1 asks for no more than any. */
static struct msk_platform platform_of(const struct msk_platform *base)
{
	MSK_AUTO_STR name = MSK_STR_INIT;
	struct msk_platform plain;

	msk_platform_add(&name, base);
	return msk_platform_parse(msk_str_c(&name), &plain) ? plain : *base;
}

/* The higher of two levels of a CPU. */
static void join_platform(struct msk_platform *pf, const struct msk_platform *base)
{
	const struct msk_platform plain = platform_of(base);

	if (strverscmp(pf->variant, plain.variant) < 0)
		memcpy(pf->variant, plain.variant, sizeof pf->variant);
}

/* What verify would call a fault of the new image, and no option mends by itself. */
static int check_base(const struct msk_edition *e, struct msk_err *err)
{
	MSK_AUTO_JSON *taken = msk_plan_takes(&e->plan, msk_ground_facts(e->ground)->config);

	if (msk_check_inherited(taken, err) == 0)
		return 0;
	msk_ctx(err, "--base %s", e->plan.base);
	return msk_hint(err, "mkscratch verify %s tells all that is wrong with it", e->plan.base);
}

static int stand_on_base(const struct msk_source_images *base, struct msk_edition *e, struct msk_err *err)
{
	if (!base)
		return 0;
	if (msk_ground_new(base, &e->platform, &e->ground, err) < 0 || check_base(e, err) < 0 ||
	    msk_plan_inherit(&e->plan, msk_ground_facts(e->ground), err) < 0)
		return -1;
	join_platform(&e->platform, msk_ground_platform(e->ground));
	return 0;
}

static void tell_of_base(const struct msk_build *b, const struct msk_edition *e, const struct msk_strv *found)
{
	for (size_t i = 0; i < found->n && i < MAX_TOLD; i++)
		msk_warn(b->log, "--base %s: %s", e->plan.base, found->v[i]);
	if (found->n > MAX_TOLD)
		msk_warn(b->log, "--base %s: %zu more certificates or zones that cannot be read", e->plan.base,
			 found->n - MAX_TOLD);
}

/* What of the base stays is looked at, too: who finds a broken bundle there would look for the fault in the program. */
static int compare_with_base(const struct msk_build *b, const struct msk_edition *e, struct msk_rootfs *fs,
			     struct msk_err *err)
{
	MSK_CLEANUP(msk_file_look_release) struct msk_file_look left = { 0 };

	if (msk_ground_compare(e->ground, fs, b->log, msk_file_look_at_entry, &left, err) < 0)
		return -1;
	tell_of_base(b, e, &left.faults);
	tell_of_base(b, e, &left.odd);
	return 0;
}

static int gather(const struct msk_build *b, struct msk_common *common, struct msk_edition *e, struct msk_err *err)
{
	MSK_CLEANUP(msk_rootfs_cleanup) struct msk_rootfs *fs = msk_rootfs_new();
	struct msk_gather g = { .plan = &e->plan, .log = b->log, .pool = b->pool, .common = common, .now = b->now, .fs = fs,
				.platform = e->platform, .needs = &b->facts->needs,
				.base = e->ground ? msk_ground_facts(e->ground) : NULL };
	MSK_CLEANUP(msk_host_cleanup) struct msk_host *host = NULL, *libs = NULL;
	int rc;

	if (e->ground)
		msk_rootfs_lay_over(fs, msk_ground_below(e->ground));
	if (msk_host_new(e->plan.root, &host, err) < 0 || msk_host_new(e->plan.lib_root, &libs, err) < 0)
		return -1;
	g.host = host;
	g.libs = libs;
	rc = msk_gather_all(&g, err);
	msk_gather_release(&g);
	if (rc < 0 || (e->ground && compare_with_base(b, e, fs, err) < 0))
		return -1;
	tell_facts(b, &g.certs, fs);
	if (b->log->level >= MSK_LOG_INFO)
		msk_rootfs_reasons(fs, tell_reason, (struct msk_log *)b->log);
	msk_gather_tell_secrets(fs, b->log);
	e->platform = g.platform;
	e->fs = msk_take(&fs);
	return 0;
}

void msk_editions_release(struct msk_editions *e)
{
	for (size_t i = 0; i < e->n; i++) {
		msk_plan_narrow_release(&e->v[i].plan);
		msk_rootfs_free(e->v[i].fs);
		msk_ground_free(e->v[i].ground);
		msk_file_digests_free(e->v[i].digests);
	}
	free(e->v);
	if (e->base)
		msk_source_images_release(e->base);
	free(e->base);
	*e = (struct msk_editions){ 0 };
}

static int by_platform(const void *a, const void *b)
{
	return msk_platform_compare(&((const struct msk_edition *)a)->platform, &((const struct msk_edition *)b)->platform);
}

/* Programs for another level than their libraries may have become images for the same. */
static int check_distinct(const struct msk_editions *e, struct msk_err *err)
{
	for (size_t i = 1; i < e->n; i++) {
		const struct msk_edition *a = &e->v[i - 1], *b = &e->v[i];
		MSK_AUTO_STR platform = MSK_STR_INIT;

		if (!msk_platform_equal(&a->platform, &b->platform))
			continue;
		msk_platform_add(&platform, &b->platform);
		return msk_fail(err, MSK_E_USAGE, "%s and %s: with their libraries both are for %s", a->plan.inputs[0].src,
				b->plan.inputs[0].src, platform.buf);
	}
	return 0;
}

/* What goes for all of them is told once. */
static struct msk_build told_once(const struct msk_build *b, struct msk_log *log, struct msk_said *said)
{
	struct msk_build to = *b;

	*log = *b->log;
	log->said = said;
	to.log = log;
	return to;
}

static size_t count_layers(const struct msk_edition *e)
{
	return msk_layers_count(e->fs, e->plan.single_layer) + (e->ground ? msk_ground_layers(e->ground) : 0);
}

/* More of them nobody could look at, check or lay another image upon. */
static int check_layers(const struct msk_edition *e, struct msk_err *err)
{
	size_t n = count_layers(e);

	if (n <= MSK_MAX_LAYERS)
		return 0;
	msk_fail(err, MSK_E_INPUT, "--base %s: the image would have %zu layers (1 to %d are allowed)", e->plan.base, n,
		 MSK_MAX_LAYERS);
	if (e->plan.single_layer || !e->ground || msk_ground_layers(e->ground) == MSK_MAX_LAYERS)
		return -1;
	return msk_hint(err, "--layers single makes one of what lies on the base");
}

static int open_base(const struct msk_build *b, struct msk_editions *e, struct msk_err *err)
{
	if (!b->plan->base || e->base)
		return 0;
	e->base = msk_xcalloc(1, sizeof *e->base);
	if (msk_source_images_open(b->plan->base, NULL, e->base, err) < 0)
		return -1;
	e->base->max_layer = b->plan->max_layer;
	msk_source_images_drop_texts(e->base);
	return 0;
}

/* Programs say what an image is for; where there are none the base does, which has to be for one platform then. */
static int find_crews(const struct msk_build *b, struct msk_editions *e, struct msk_crews *out, struct msk_err *err)
{
	const struct msk_source_image *image = NULL;
	MSK_AUTO_STR first = MSK_STR_INIT;

	if (b->plan->has_programs)
		return msk_gather_crews(b->plan, NULL, out, err);
	if (open_base(b, e, err) < 0)
		return -1;
	if (msk_source_images_pick(e->base, NULL, &image, err) == 0) {
		const struct msk_platform pf = platform_of(&image->platform);

		return msk_gather_crews(b->plan, &pf, out, err);
	}
	msk_ctx(err, "--base");
	if (e->base->images.n < 2 || msk_platform_equal(&e->base->images.v[0].platform, &e->base->images.v[1].platform))
		return -1;
	msk_platform_add(&first, &e->base->images.v[0].platform);
	return msk_hint(err, "mkscratch index --platform %s -o one.tar %s takes one out", first.buf, b->plan->base);
}

static int gather_crews(const struct msk_build *b, const struct msk_crews *crews, struct msk_editions *e,
			struct msk_err *err)
{
	MSK_CLEANUP(msk_said_cleanup) struct msk_said *said = crews->n > 1 ? msk_said_new() : NULL;
	MSK_CLEANUP(msk_common_cleanup) struct msk_common *common = crews->n > 1 ? msk_common_new() : NULL;
	struct msk_log log;
	const struct msk_build once = told_once(b, &log, said);

	if (open_base(b, e, err) < 0)
		return -1;
	e->v = msk_xcalloc(crews->n, sizeof *e->v);
	for (size_t i = 0; i < crews->n; i++) {
		const struct msk_crew *crew = &crews->v[i];
		struct msk_edition *to = &e->v[e->n++];

		to->platform = crew->platform;
		if (msk_plan_narrow(b->plan, crew->members, &crew->platform, &to->plan, err) < 0 ||
		    stand_on_base(e->base, to, err) < 0 || gather(&once, common, to, err) < 0 || check_layers(to, err) < 0)
			return -1;
	}
	qsort(e->v, e->n, sizeof *e->v, by_platform);
	return check_distinct(e, err);
}

/* Where an index has an image for lesser CPUs, too, each machine gets its own. */
static void tell_level(const struct msk_log *log, const struct msk_editions *e, const struct msk_platform *pf)
{
	struct msk_platform plain = *pf;
	MSK_AUTO_STR name = MSK_STR_INIT;

	plain.variant[0] = '\0';
	if (!msk_platform_is_below(&plain, pf))
		return;
	for (size_t i = 0; i < e->n; i++)
		if (msk_platform_is_below(&e->v[i].platform, pf))
			return;
	msk_platform_add(&name, pf);
	msk_note(log, "%s: CPUs below %s do not run it", name.buf, pf->variant);
}

int msk_build_gather(const struct msk_build *b, struct msk_editions *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_crews_release) struct msk_crews crews = { NULL, 0 };
	MSK_CLEANUP(msk_editions_release) struct msk_editions e = { 0 };

	if (find_crews(b, &e, &crews, err) < 0 || gather_crews(b, &crews, &e, err) < 0)
		return -1;
	for (size_t i = 0; i < e.n; i++)
		tell_level(b->log, &e, &e.v[i].platform);
	*out = e;
	e = (struct msk_editions){ 0 };
	return 0;
}

/* The one in which blobs may come to lie (msk_sinks_stage). */
static const char *first_archive(const struct msk_plan *plan)
{
	for (size_t i = 0; i < plan->n_targets; i++)
		if (plan->targets[i].kind == MSK_TARGET_ARCHIVE || plan->targets[i].kind == MSK_TARGET_LAYOUT_OR_ARCHIVE)
			return plan->targets[i].path;
	return NULL;
}

/* Programs and files that were named are read beside the gathering; of a tree there may be too much. */
static struct msk_ahead *look_ahead(const struct msk_build *b)
{
	MSK_AUTO_STRV paths = MSK_STRV_INIT;

	if (!b->cache || b->plan->paranoid || !msk_pool_threads(b->pool))
		return NULL;
	for (size_t i = 0; i < b->plan->n_inputs; i++)
		if (msk_ahead_wants(b->plan->inputs[i].src))
			msk_strv_push(&paths, b->plan->inputs[i].src);
	return paths.n ? msk_ahead_start(b->pool, &paths, first_archive(b->plan)) : NULL;
}

/* The largest program. */
static struct msk_early *look_early(const struct msk_build *b, struct msk_block_cache *blocks)
{
	const struct msk_compress_args args = { .codec = b->plan->codec, .pool = b->pool, .cache = blocks };
	const struct msk_input *largest = NULL;
	off_t size = MSK_AHEAD_LEAST - 1;
	int fd;

	for (size_t i = 0; i < b->plan->n_inputs; i++) {
		const char *path = b->plan->inputs[i].src;
		struct stat st;

		if (!path || stat(path, &st) < 0 || !S_ISREG(st.st_mode) || st.st_size <= size)
			continue;
		largest = &b->plan->inputs[i];
		size = st.st_size;
	}
	if (!largest || b->plan->paranoid)
		return NULL;
	fd = open(largest->src, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? NULL : msk_early_start(&args, fd, msk_layer_headers_before(largest->dest));
}

/* What goes on beside the gathering. */
struct begun {
	struct msk_ahead *ahead;              /* any of them NULL: there is none */
	struct msk_block_cache *blocks;
	struct msk_early *early;
};

static struct begun begin(const struct msk_build *b)
{
	struct begun begun = { .ahead = look_ahead(b), .blocks = msk_block_cache_new(b->cache, &b->plan->codec) };

	begun.early = look_early(b, begun.blocks);
	return begun;
}

static void begun_release(struct begun *b)
{
	msk_ahead_cleanup(&b->ahead);
	msk_early_cleanup(&b->early);
	msk_block_cache_cleanup(&b->blocks);
}

/* What is of no use once all is made, to be let go while the disk is waited for. */
struct leavings {
	struct msk_task task;                 /* first: the task is this */
	struct begun begun;
	struct msk_editions editions;
};

static void let_go(struct msk_task *t)
{
	struct leavings *l = (struct leavings *)t;

	begun_release(&l->begun);
	msk_editions_release(&l->editions);
}

/* `a`: what the layers of all have in common. */
static int make_image(const struct msk_build *b, struct msk_edition *e, struct msk_layer_args a,
		      struct msk_store *st, struct msk_image *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_layers_release) struct msk_layers layers = { NULL, 0, 0 };
	MSK_CLEANUP(msk_maker_record_release) struct msk_maker_record r = { NULL, NULL };

	a.fs = e->fs;
	if (b->plan->record && b->recipe)
		a.digests = e->digests = msk_file_digests_new(msk_rootfs_count(e->fs));
	if ((e->ground && msk_ground_copy(e->ground, e->plan.media_types, st, &layers, err) < 0) ||
	    msk_layers_write(&a, st, &layers, err) < 0)
		return -1;
	r = msk_maker_record_make(b, e);
	if (msk_image_make(&e->plan, &e->platform, &layers, &r, st, out, err) < 0)
		return -1;
	if (e->plan.record)
		msk_maker_record_tell_lacking(b, &r);
	return 0;
}

static uint64_t content_size(const struct msk_editions *e)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < e->n; i++)
		sum += msk_rootfs_content_size(e->v[i].fs);
	return sum;
}

/* Those of the run lie on top. */
static struct msk_layered layered(const struct msk_edition *e, const struct msk_layers *l)
{
	return (struct msk_layered){ e->fs, l->v + (e->ground ? msk_ground_layers(e->ground) : 0), e->digests };
}

static int make_images(const struct msk_build *b, struct msk_editions *e, const struct begun *begun,
		       struct msk_store *st, struct msk_product *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_product_release) struct msk_product made = { .images = msk_xcalloc(e->n, sizeof *made.images) };
	MSK_AUTO_FREE struct msk_layered *before = msk_xcalloc(e->n, sizeof *before);
	struct msk_layer_args a = {
		.codec = b->plan->codec,
		.media_types = b->plan->media_types,
		.mtime = b->plan->mtime,
		.single = b->plan->single_layer,
		.pool = b->pool,
		.paranoid = b->plan->paranoid,
		.progress = b->progress,
		.cache = b->cache,
		.blocks = begun->blocks,
		.ahead = begun->ahead,
		.early = begun->early,
		.before = before,
	};

	msk_progress_stage(b->progress, "compressing", content_size(e));
	for (size_t i = 0; i < e->n; i++) {
		if (make_image(b, &e->v[i], a, st, &made.images[i], err) < 0)
			return -1;
		made.n_images = a.n_before = i + 1;
		before[i] = layered(&e->v[i], &made.images[i].layers);
	}
	made.n_images = 0;
	return msk_product_make(b->plan, msk_take(&made.images), e->n, st, out, err);
}

struct baselines {
	struct msk_baseline *v;              /* by edition */
	size_t n;
};

static void baselines_release(struct baselines *b)
{
	for (size_t i = 0; i < b->n; i++)
		msk_baseline_release(&b->v[i]);
	free(b->v);
}

static int read_baselines(const struct msk_plan *plan, const struct msk_editions *e, struct baselines *out,
			  struct msk_err *err)
{
	MSK_AUTO_SOURCE_IMAGES s = { 0 };

	out->v = msk_xcalloc(e->n, sizeof *out->v);
	if (!plan->baseline)
		return 0;
	if (msk_baseline_open(plan->baseline, plan->max_layer, &s, err) < 0)
		return -1;
	for (; out->n < e->n; out->n++)
		if (msk_baseline_read(&s, &e->v[out->n].platform, &out->v[out->n], err) < 0)
			return -1;
	return 0;
}

/* What one machine fetches is the image for it. */
static int check_budget(const struct msk_editions *e, const struct baselines *b, const struct msk_product *p,
			struct msk_err *err)
{
	for (size_t i = 0; i < e->n; i++)
		if (msk_budget_check(&e->v[i].plan, &b->v[i], e->v[i].fs,
				     e->v[i].ground ? msk_ground_tree(e->v[i].ground) : NULL, &p->images[i], err) < 0)
			return -1;
	return 0;
}

/* What was named is spared by now (cli/outputs.h); libraries and what is in trees are known only here. */
static int spare_entries(const struct msk_plan *plan, const struct msk_rootfs *fs, struct msk_err *err)
{
	for (size_t i = 0; i < plan->n_targets; i++) {
		const char *path = plan->targets[i].path;
		MSK_AUTO_WRITTEN at = { .exists = false };
		MSK_AUTO_ROOTFS_WALK w = { 0 };

		msk_written_find(path, &at);
		if (!at.exists || !S_ISREG(at.mode))
			continue;
		msk_rootfs_walk_init(&w, fs);
		for (const struct msk_entry *e; (e = msk_rootfs_next(&w));) {
			if (e->body.host_path && e->body.dev == at.dev && e->body.ino == at.ino)
				return msk_written_fail_input(path, e->origin.what, err);
		}
	}
	return 0;
}

static int spare_inputs(const struct msk_plan *plan, const struct msk_editions *e, struct msk_err *err)
{
	for (size_t i = 0; i < e->n; i++)
		if (spare_entries(plan, e->v[i].fs, err) < 0)
			return -1;
	return 0;
}

static void outline(const struct msk_build *b, const struct msk_editions *e, struct msk_product *out)
{
	struct msk_image *images = msk_xcalloc(e->n, sizeof *images);

	for (size_t i = 0; i < e->n; i++) {
		const struct msk_edition *of = &e->v[i];
		MSK_CLEANUP(msk_maker_record_release) struct msk_maker_record r = msk_maker_record_make(b, of);

		msk_image_outline(&of->plan, &of->platform, count_layers(of), &r, &images[i]);
	}
	msk_product_outline(b->plan, images, e->n, out);
}

/* Where little was made there is little to let go, and no thread that could. */
static int deliver(const struct msk_build *b, struct msk_sinks *sinks, struct begun *begun, struct msk_editions *e,
		   struct msk_store *st, const struct msk_product *p, struct msk_err *err)
{
	struct leavings leavings = { { .run = let_go }, *begun, *e };
	int rc;

	if (!begun->early)
		return msk_sinks_deliver(sinks, p, st, err);
	*begun = (struct begun){ 0 };
	*e = (struct msk_editions){ 0 };
	msk_task_start(b->pool, &leavings.task);
	msk_pool_dismiss(b->pool);
	rc = msk_sinks_deliver(sinks, p, st, err);
	msk_task_join(&leavings.task);
	return rc;
}

int msk_build_run(const struct msk_build *b, struct msk_product *out, struct msk_err *err)
{
	/* First of all: other threads have something to do while this one still makes ready. */
	MSK_CLEANUP(begun_release) struct begun begun = begin(b);
	MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
	MSK_CLEANUP(msk_sinks_close) struct msk_sinks sinks = { 0 };
	MSK_CLEANUP(msk_editions_release) struct msk_editions editions = { 0 };
	MSK_CLEANUP(msk_product_release) struct msk_product like = { 0 };
	MSK_CLEANUP(baselines_release) struct baselines baselines = { NULL, 0 };

	msk_progress_stage(b->progress, "gathering", 0);
	if (msk_build_gather(b, &editions, err) < 0 || spare_inputs(b->plan, &editions, err) < 0 ||
	    read_baselines(b->plan, &editions, &baselines, err) < 0 ||
	    msk_sinks_open(b->plan->targets, b->plan->n_targets, b->log, &sinks, err) < 0)
		return -1;
	outline(b, &editions, &like);
	msk_sinks_stage(&sinks, &like, st);
	if (make_images(b, &editions, &begun, st, out, err) < 0 || check_budget(&editions, &baselines, out, err) < 0)
		return -1;
	if (b->tell)
		b->tell(b->tell_arg);
	msk_progress_stage(b->progress, "writing", 0);
	return deliver(b, &sinks, &begun, &editions, st, out, err);
}

static int read_manifests(struct msk_store *st, const struct msk_product *p, struct msk_json **out, struct msk_err *err)
{
	MSK_AUTO_JSON *list = msk_json_array();

	for (size_t i = 0; i < p->n_images; i++) {
		const char *digest = p->images[i].manifest.digest.text;
		MSK_AUTO_STR text = MSK_STR_INIT;
		struct msk_str_writer to = msk_str_writer(&text);
		struct msk_json *manifest;

		if (msk_store_send(st, &p->images[i].manifest.digest, &to.w, err) < 0 ||
		    msk_json_parse(text.buf, text.len, digest, &manifest, err) < 0)
			return -1;
		msk_json_push(list, manifest);
	}
	*out = msk_take(&list);
	return 0;
}

int msk_build_again(const struct msk_build *b, struct msk_product *out, struct msk_json **manifests, struct msk_err *err)
{
	MSK_CLEANUP(msk_store_cleanup) struct msk_store *st = msk_store_new();
	MSK_CLEANUP(msk_editions_release) struct msk_editions editions = { 0 };
	const struct begun nothing = { 0 };

	if (msk_build_gather(b, &editions, err) < 0 || make_images(b, &editions, &nothing, st, out, err) < 0)
		return -1;
	return read_manifests(st, out, manifests, err);
}
