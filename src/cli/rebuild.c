#include "rebuild.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "recipe.h"
#include "mkscratch/build.h"
#include "mkscratch/names.h"

#define WHAT "rebuild"

/* A recipe and what it makes here. */
struct again {
	const struct rebuild_image *image;
	struct msk_checks *checks;
	struct msk_json *recipe;             /* what the image says; without the options once there is a plan */
	struct msk_str known;                /* the options as they stand there */
	struct msk_plan plan;
	struct msk_product product;
	struct msk_json *manifests;
};

static void again_release(struct again *a)
{
	msk_product_release(&a->product);
	msk_json_free(a->manifests);
	msk_json_free(a->recipe);
	msk_plan_release(&a->plan);
	msk_str_release(&a->known);
}

const char *msk_rebuild_recipe(const struct msk_json *manifest)
{
	return msk_json_get_string(msk_json_get(manifest, "annotations"), MSK_ANNOTATION_RECIPE);
}

/* Of an index each image has its own. */
static void use_roots(const struct msk_options *asked, const struct msk_platform *pf, struct msk_options *o)
{
	struct msk_platform of;

	if (asked->root.n)
		msk_strv_release(&o->root);
	for (size_t i = 0; i < asked->root.n; i++)
		if (!msk_root_platform(asked->root.v[i], &of) || msk_platform_covers(&of, pf))
			msk_strv_push(&o->root, asked->root.v[i]);
}

int msk_rebuild_options(const struct msk_json *recipe, const struct msk_platform *pf, const struct msk_options *asked,
			struct msk_options *out, struct msk_str *room, struct msk_err *err)
{
	*out = (struct msk_options)MSK_OPTIONS_INIT;
	if (msk_recipe_options(recipe, out, room, err) < 0)
		return -1;
	use_roots(asked, pf, out);
	return 0;
}

/* Lists are in the options and in the bytes by now: of a hundred thousand values the third copy is let go. */
static void drop_lists(struct msk_json *options)
{
	for (const struct opt_row *row = msk_opt_rows; row->name; row++)
		if (row->kind == OPT_REPEAT)
			msk_json_unset(options, row->name);
}

/* What a recipe does not decide comes from whoever asks; an old certificate is as good as it was. */
static int read_plan(struct again *a, const struct msk_options *asked, struct msk_err *err)
{
	MSK_CLEANUP(msk_options_release) struct msk_options o;
	MSK_AUTO_STR epoch = MSK_STR_INIT;

	if (msk_rebuild_options(a->recipe, &a->image->platform, asked, &o, &epoch, err) < 0)
		return -1;
	msk_json_dump(msk_json_get(a->recipe, "options"), &a->known);
	drop_lists(msk_json_get_mut(a->recipe, "options"));
	o.allow_expired = true;
	o.max_layer_size = asked->max_layer_size;
	o.now = asked->now;
	if (msk_plan_make(&o, &a->plan, err) < 0) {
		err->code = MSK_E_INPUT;
		return msk_ctx(err, "the recipe");
	}
	msk_json_unset(a->recipe, "options");
	return 0;
}

/* What may not be looked at, or cannot for another reason, is the build's to tell. */
static bool is_absent(const char *path)
{
	struct stat st;

	return stat(path, &st) < 0 && (errno == ENOENT || errno == ENOTDIR || errno == ELOOP);
}

struct search {
	struct msk_checks *checks;
	const char *cwd;
	size_t missing, relative;    /* of those that are missing */
};

static void look_for(struct search *s, const char *path)
{
	if (!path || !is_absent(path))
		return;
	s->missing++;
	s->relative += path[0] != '/';
	if (path[0] == '/')
		msk_checks_fail(s->checks, MSK_E_INPUT, WHAT, "input %s: not here", path);
	else
		msk_checks_fail(s->checks, MSK_E_INPUT, WHAT, "input %s: not here (looked for in %s)", path, s->cwd);
}

static void look_for_all(struct search *s, const struct msk_strv *paths)
{
	for (size_t i = 0; i < paths->n; i++)
		look_for(s, paths->v[i]);
}

/* DIR:TAG and DIR@DIGEST are there when DIR is. */
static void look_for_base(struct search *s, const char *name)
{
	MSK_AUTO_FREE char *tag = NULL, *digest = NULL;
	MSK_AUTO_FREE char *path = msk_source_split_name(name, &tag, &digest);

	if (strcmp(path, "-") != 0) {
		look_for(s, path);
		return;
	}
	s->missing++;
	msk_checks_fail(s->checks, MSK_E_INPUT, WHAT, "input --base -: was read from standard input");
}

/* All that was named on the command line and is not here; the build itself would tell of the first alone. */
static size_t look_for_inputs(struct again *a)
{
	MSK_AUTO_FREE char *cwd = getcwd(NULL, 0);
	const struct msk_plan *p = &a->plan;
	struct search s = { a->checks, cwd ? cwd : ".", 0, 0 };

	for (size_t i = 0; i < p->n_inputs; i++)
		look_for(&s, p->inputs[i].src);
	look_for(&s, p->certs_file);
	look_for_all(&s, &p->extra_certs);
	look_for_all(&s, &p->certs_for);
	if (p->base)
		look_for_base(&s, p->base);
	look_for(&s, p->root);
	for (size_t i = 0; i < p->n_roots; i++)
		look_for(&s, p->roots[i].dir);
	if (s.relative)
		msk_checks_note(a->checks, WHAT, "relative paths begin where the build was started, those of a config "
				"file where that lay: verify it from there");
	return s.missing;
}

static const char *text_at(const struct msk_json *row, size_t i)
{
	const char *s = msk_json_string_value(msk_json_at(row, i));

	return s ? s : "(none)";
}

/* A row goes by its path and by what asked for it. */
static char *row_key(const struct msk_json *row)
{
	const char *path = msk_json_string_value(msk_json_at(row, 0)), *what = msk_json_string_value(msk_json_at(row, 1));

	return path && what ? msk_xasprintf("%zu:%s%s", strlen(path), path, what) : NULL;
}

static void note_rows(struct msk_names *places, const struct msk_json *rows)
{
	for (size_t i = 0; i < msk_json_count(rows); i++) {
		MSK_AUTO_FREE char *key = row_key(msk_json_at(rows, i));

		if (key)
			msk_names_add(places, key, i);
	}
}

static const struct msk_json *row_of(const struct msk_json *rows, const struct msk_names *places, const struct msk_json *like)
{
	MSK_AUTO_FREE char *key = row_key(like);
	size_t i;

	return key && msk_names_find(places, key, &i) ? msk_json_at(rows, i) : NULL;
}

/* Rows of `from` for which `in` has none, or one with another digest; the latter are told once. */
static void compare_rows(struct again *a, const struct msk_json *from, const struct msk_json *in, bool now_gone)
{
	const char *how = now_gone ? "was there, does not come along any more" : "was not there, comes along now";
	MSK_CLEANUP(msk_names_release) struct msk_names places = { 0 };

	note_rows(&places, in);
	for (size_t i = 0; i < msk_json_count(from); i++) {
		const struct msk_json *row = msk_json_at(from, i), *other = row_of(in, &places, row);

		if (!other)
			msk_checks_fail(a->checks, MSK_E_INTEGRITY, WHAT, "input %s (%s): %s", text_at(row, 0),
					text_at(row, 1), how);
		else if (now_gone && strcmp(text_at(row, 2), text_at(other, 2)) != 0)
			msk_checks_fail(a->checks, MSK_E_INTEGRITY, WHAT, "input %s (%s): has changed, was %s, is %s",
					text_at(row, 0), text_at(row, 1), text_at(row, 2), text_at(other, 2));
	}
}

/* What the plain bytes are, whoever compressed them. Returns how many differ. */
static size_t compare_layers(struct again *a, const struct msk_image *now)
{
	const struct rebuild_image *was = a->image;
	size_t n = 0;

	if (was->n_layers != now->layers.n) {
		msk_checks_fail(a->checks, MSK_E_INTEGRITY, WHAT, "%zu %s, were %zu", now->layers.n,
				msk_plural(now->layers.n, "layer", "layers"), was->n_layers);
		return 1;
	}
	for (size_t i = 0; i < was->n_layers; i++) {
		const char *id = was->layers[i].diff_id.text;

		if (strcmp(id, now->layers.v[i].diff_id.text) == 0)
			continue;
		n++;
		msk_checks_fail(a->checks, MSK_E_INTEGRITY, WHAT, "layer %zu: DiffID was %s, is %s", i + 1, id,
				now->layers.v[i].diff_id.text);
	}
	return n;
}

static bool same_blobs(const struct rebuild_image *was, const struct msk_image *now)
{
	for (size_t i = 0; i < was->n_layers; i++)
		if (strcmp(was->layers[i].blob.text, now->layers.v[i].blob.digest.text) != 0)
			return false;
	return true;
}

static const char *word(const struct msk_json *recipe, const char *key)
{
	const char *s = msk_json_get_string(recipe, key);

	return s ? s : "(unknown)";
}

/* Layers and config are the same: what is left is the compressor, or what the manifest says of its making. */
static void tell_rest(struct again *a, const struct msk_image *now, const struct msk_json *recipe)
{
	const char *codec = word(a->recipe, "codec"), *here = word(recipe, "codec");

	if (same_blobs(a->image, now))
		msk_checks_pass(a->checks, WHAT, "the same layers and config; what the manifest says of its making differs");
	else if (strcmp(codec, here) == 0)
		msk_checks_pass(a->checks, WHAT, "the same layers before compression (DiffIDs) and the same config; compressed "
				"by %s %s", msk_codec_is_own(&a->plan.codec) ? "something else than the" : "another build of",
				codec);
	else
		msk_checks_pass(a->checks, WHAT, "the same layers before compression (DiffIDs) and the same config; compressed "
				"by %s then, by %s here", codec, here);
}

static void compare(struct again *a, const struct msk_image *now, const struct msk_json *manifest)
{
	const char *text = msk_rebuild_recipe(manifest), *tool = word(a->recipe, "tool");
	struct msk_err ignored = MSK_ERR_INIT;
	MSK_AUTO_JSON *recipe = NULL;
	size_t n;

	if (strcmp(a->image->manifest.text, now->manifest.digest.text) == 0) {
		msk_checks_pass(a->checks, WHAT, "the same image, byte for byte: %s", now->manifest.digest.text);
		return;
	}
	if (text && msk_json_parse(text, strlen(text), WHAT, &recipe, &ignored) == 0) {
		compare_rows(a, msk_json_get(a->recipe, "inputs"), msk_json_get(recipe, "inputs"), true);
		compare_rows(a, msk_json_get(recipe, "inputs"), msk_json_get(a->recipe, "inputs"), false);
	}
	n = compare_layers(a, now);
	if (n == 0 && strcmp(a->image->config.text, now->config.digest.text) != 0) {
		n++;
		msk_checks_fail(a->checks, MSK_E_INTEGRITY, WHAT, "config: was %s, is %s", a->image->config.text,
				now->config.digest.text);
	}
	if (n == 0)
		tell_rest(a, now, recipe);
	if (strcmp(tool, "mkscratch " MSK_VERSION) != 0)
		msk_checks_note(a->checks, WHAT, "made by %s, this is mkscratch " MSK_VERSION, tool);
}

static const struct msk_image *for_platform(const struct again *a, size_t *at)
{
	for (size_t i = 0; i < a->product.n_images; i++) {
		*at = i;
		if (msk_platform_equal(&a->product.images[i].platform, &a->image->platform))
			return &a->product.images[i];
	}
	return NULL;
}

/* The recorded options are passed on as they stand, whatever --root says now: they are what the manifest repeats. */
static int build_again(struct again *a, const struct msk_options *asked, struct msk_err *err)
{
	struct msk_log quiet = { .level = MSK_LOG_ERROR, .fd = STDERR_FILENO };
	MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(a->plan.jobs);
	struct msk_build_facts facts = { 0 };
	struct msk_build b = { .plan = &a->plan, .log = &quiet, .now = asked->now, .facts = &facts,
			       .pool = pool, .recipe = a->known.buf };

	return msk_build_again(&b, &a->product, &a->manifests, err);
}

static int make_again(struct again *a, const struct msk_options *asked, struct msk_err *err)
{
	const struct msk_image *now;
	size_t at;

	if (read_plan(a, asked, err) < 0)
		return -1;
	if (look_for_inputs(a) > 0)
		return 0;
	if (build_again(a, asked, err) < 0)
		return -1;
	now = for_platform(a, &at);
	if (!now)
		return msk_fail(err, MSK_E_INTEGRITY, "the programs that are here are for another platform");
	compare(a, now, msk_json_at(a->manifests, at));
	return 0;
}

int msk_rebuild_note(void *ctx, const struct msk_validated *v, struct msk_err *err)
{
	struct rebuild *r = ctx;
	const struct msk_source_image *image = v->image;
	const char *recipe = msk_rebuild_recipe(image->manifest.json);
	struct msk_err unsound = MSK_ERR_INIT;
	struct rebuild_image *to;

	(void)err;
	if (msk_checks_sound(v->checks, WHAT, &unsound) < 0)
		return 0;
	MSK_GROW(r->images, r->n, r->cap);
	to = &r->images[r->n++];
	*to = (struct rebuild_image){
		.platform = image->platform, .manifest = image->manifest.digest, .config = image->config.digest,
		.layers = msk_xcalloc(image->n_layers, sizeof *to->layers), .n_layers = image->n_layers,
		.recipe = recipe ? msk_xstrdup(recipe) : NULL,
	};
	for (size_t i = 0; i < image->n_layers; i++)
		to->layers[i] = (struct rebuild_layer){ image->layers[i].diff_id, image->layers[i].digest };
	return 0;
}

static int parse_recipe(struct rebuild_image *image, struct msk_json **out, struct msk_err *err)
{
	int rc = msk_json_parse(image->recipe, strlen(image->recipe), MSK_ANNOTATION_RECIPE, out, err);

	free(image->recipe);
	image->recipe = NULL;
	return rc;
}

static int rebuild(const struct rebuild *r, struct rebuild_image *image, struct msk_err *err)
{
	MSK_CLEANUP(again_release) struct again a = { .image = image, .checks = r->checks };

	if (!image->recipe) {
		msk_checks_fail(r->checks, MSK_E_INPUT, WHAT,
				"has no recipe: made with --no-record, of names that are no UTF-8, too large for a manifest, "
				"or by another tool");
		return 0;
	}
	return parse_recipe(image, &a.recipe, err) < 0 || make_again(&a, r->o, err) < 0 ?
	       msk_checks_absorb(r->checks, WHAT, err) : 0;
}

int msk_rebuild_all(struct rebuild *r, struct msk_err *err)
{
	for (size_t i = 0; i < r->n; i++)
		if (rebuild(r, &r->images[i], err) < 0)
			return -1;
	return 0;
}

void msk_rebuild_release(struct rebuild *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->images[i].layers);
		free(r->images[i].recipe);
	}
	free(r->images);
}

/* As people write it; a bare tag is no name. */
static void add_names(const struct msk_source_image *image, struct msk_strv *names)
{
	for (size_t i = 0; i < image->tags.n; i++) {
		struct msk_err ignored = MSK_ERR_INIT;
		struct msk_ref ref;

		if (!strpbrk(image->tags.v[i], ":/") || msk_ref_parse(image->tags.v[i], &ref, &ignored) < 0)
			continue;
		msk_strv_push(names, ref.familiar);
		msk_ref_release(&ref);
	}
}

void msk_recipe_list_release(struct recipe_list *l)
{
	msk_strv_release(&l->lines);
	msk_strv_release(&l->platforms);
	msk_str_release(&l->join);
}

/* Images of one name and several platforms are one to whoever pulls it. */
static void collect_join(struct recipe_list *l, const struct msk_source_image *image, const struct msk_json *recipe,
			 const struct msk_strv *names)
{
	MSK_AUTO_STR platform = MSK_STR_INIT, join = MSK_STR_INIT;

	msk_platform_add(&platform, &image->platform);
	msk_recipe_add_join(recipe, names, &join);
	if (!names->n || msk_strv_has(&l->platforms, msk_str_c(&platform)) ||
	    (l->platforms.n && strcmp(msk_str_c(&l->join), msk_str_c(&join)) != 0))
		l->apart = true;
	msk_strv_push(&l->platforms, msk_str_c(&platform));
	if (!l->join.len)
		msk_str_adds(&l->join, msk_str_c(&join));
}

int msk_recipe_collect(void *ctx, const struct msk_validated *v, struct msk_err *err)
{
	struct recipe_list *list = ctx;
	const char *text = msk_rebuild_recipe(v->image->manifest.json);
	MSK_AUTO_STRV names = MSK_STRV_INIT;
	MSK_AUTO_JSON *recipe = NULL;
	MSK_AUTO_STR line = MSK_STR_INIT;

	if (msk_checks_sound(v->checks, list->image, err) < 0)
		return -1;
	if (!text) {
		msk_fail(err, MSK_E_INPUT, "%s: has no recipe", list->image);
		return msk_hint(err, "images made with --no-record, of names that are no UTF-8 or of too many, or by another "
				"tool, have none");
	}
	add_names(v->image, &names);
	if (msk_json_parse(text, strlen(text), MSK_ANNOTATION_RECIPE, &recipe, err) < 0 ||
	    (!list->json && msk_recipe_command(recipe, &names, &line, err) < 0))
		return msk_ctx(err, "%s", list->image);
	if (list->json)
		msk_json_dump(recipe, &line);
	else
		collect_join(list, v->image, recipe, &names);
	if (!msk_strv_has(&list->lines, line.buf))
		msk_strv_push(&list->lines, line.buf);
	return 0;
}
