#include <string.h>

#include "checks.h"
#include "contents.h"
#include "documents.h"
#include "image_files.h"

/* A verification under way. */
struct validation {
	struct msk_source_images images;
	struct msk_checks *checks;
	msk_validated_visitor *visit;      /* may be NULL */
	void *ctx;
};

static void validation_release(struct validation *v)
{
	msk_source_images_release(&v->images);
}

/* Which layers mkscratch says it has written; those of a base are others'. */
static const char *made_by(const struct msk_source_image *image, size_t layer)
{
	const struct msk_json *history = msk_json_get(image->config.json, "history");
	size_t at = 0;

	for (size_t i = 0; i < msk_json_count(history); i++) {
		const struct msk_json *item = msk_json_at(history, i);

		if (!msk_json_is_true(msk_json_get(item, "empty_layer")) && at++ == layer)
			return msk_json_get_string(item, "created_by");
	}
	return NULL;
}

static bool is_ours(const struct msk_source_image *image, size_t layer)
{
	const char *by = made_by(image, layer);

	return by && msk_starts_with(by, "mkscratch: ");
}

bool msk_image_is_ours(const struct msk_source_image *image)
{
	return image->manifest.json && image->n_layers && is_ours(image, image->n_layers - 1);
}

/* Does the blob that the tags name come last, behind all that it leads to? */
static bool ends_with_top(const struct msk_source_images *s)
{
	const struct msk_strv *files = msk_source_files(s->source);
	const char *top = msk_json_get_string(msk_json_at(msk_json_get(s->index.json, "manifests"), 0), "digest");

	return top && msk_ends_with(files->v[files->n - 1], top + strcspn(top, ":") + (strchr(top, ':') ? 1 : 0));
}

/* An archive as oci-layout-spec 2 has it. Others copy our images, but put their files in another order. */
static bool all_ours(const struct msk_source_images *s)
{
	static const char *const first[] = { "oci-layout", "index.json", "manifest.json" };
	const struct msk_strv *files = msk_source_files(s->source);
	bool ours = msk_source_is_archive(s->source) && files->n > 3 && s->images.n && ends_with_top(s);

	for (size_t i = 0; ours && i < 3; i++)
		ours = strcmp(files->v[i], first[i]) == 0;
	for (size_t i = 0; ours && i < s->images.n; i++)
		ours = msk_image_is_ours(&s->images.v[i]);
	return ours;
}

/* So many are told one by one: there may be a million. */
#define MAX_DANGLING 20

static const char *to_what(const struct msk_image_tree *t, const struct msk_node *link)
{
	MSK_AUTO_FREE char *path = msk_layer_path(link->link);
	MSK_AUTO_FREE struct msk_node *n = path ? msk_image_tree_find(t, path) : NULL;

	if (n && n->type == MSK_TAR_DIR)
		return "a directory";
	return n && n->layer == link->layer && n->nth > link->nth ? "what comes behind it" : "what is not there";
}

static void check_hardlinks(struct msk_checks *c, const struct msk_image_tree *t)
{
	MSK_AUTO_TREE_WALK w;
	const struct msk_node *n;
	size_t dangling = 0;

	for (msk_tree_walk_init(&w, t); (n = msk_tree_next(&w));)
		if (n->type == MSK_TAR_HARDLINK && !n->data_layer && dangling++ < MAX_DANGLING)
			msk_checks_fail(c, MSK_E_INPUT, "links", "/%s: a hard link to %s (%s)", n->path, to_what(t, n),
					n->link);
	if (dangling > MAX_DANGLING)
		msk_checks_fail(c, MSK_E_INPUT, "links", "%zu more hard links to what is not there", dangling - MAX_DANGLING);
	if (t->lost_links)
		msk_checks_fail(c, MSK_E_INPUT, "links", "%s: a later layer takes it away, and no runtime comes to that "
				"(%zu such)", t->first_lost, t->lost_links);
}

/* What leads somewhere was moved there; a link that something is still in is one of a loop, or came behind it. */
static bool is_in_link(const struct msk_image_tree *t, const struct msk_node *n)
{
	const char *slash = strrchr(n->path, '/');
	MSK_AUTO_FREE char *dir = slash ? msk_xstrndup(n->path, (size_t)(slash - n->path)) : NULL;
	MSK_AUTO_FREE struct msk_node *parent = dir ? msk_image_tree_find(t, dir) : NULL;

	return parent && parent->type == MSK_TAR_SYMLINK;
}

static void check_looped(struct msk_checks *c, const struct msk_image_tree *t)
{
	MSK_AUTO_FREE char *last = NULL;       /* a link; whatever is below stands right behind it */
	MSK_AUTO_FREE char *first = NULL;
	MSK_AUTO_TREE_WALK w;
	const struct msk_node *n;
	size_t looped = 0;

	for (msk_tree_walk_init(&w, t); (n = msk_tree_next(&w));) {
		bool is_below = last && msk_is_at_or_below(n->path, last);

		if (is_below && is_in_link(t, n) && !looped++)
			first = msk_xstrdup(n->path);
		if (is_below || n->type != MSK_TAR_SYMLINK)
			continue;
		free(last);
		last = msk_xstrdup(n->path);
	}
	if (looped)
		msk_checks_fail(c, MSK_E_INPUT, "paths", "/%s is below a link, and not where that leads (%zu such)", first,
				looped);
}

/* One line for all of a kind: there may be a million. */
static void check_parents(struct msk_checks *c, const struct msk_image_tree *t)
{
	if (t->bent)
		msk_checks_fail(c, MSK_E_INPUT, "paths", "%s is below what is no directory (%zu such)", t->first_bent, t->bent);
	check_looped(c, t);
	if (t->moved)
		msk_checks_note(c, "paths", "/%s goes where a link leads (%zu such)", t->first_moved, t->moved);
}

/* *whole false: some of them are not here, and need not be. */
static int read_layers(struct validation *v, const struct msk_source_image *image, struct msk_image_tree *tree,
		       struct msk_contents *contents, bool *whole, struct msk_err *err)
{
	MSK_CLEANUP(msk_layer_checks_release) struct msk_layer_checks l = { .told = NULL };

	*whole = true;
	msk_layer_checks_init(&l, &v->images, image, tree, contents);
	for (size_t i = 0; i < image->n_layers; i++) {
		/* Who looks further needs all of it. */
		if (v->visit || !msk_source_layer_is_elsewhere(&v->images, image, i)) {
			if (msk_layer_checks_read(&l, i, is_ours(image, i), err) < 0)
				return -1;
			continue;
		}
		*whole = false;
		msk_layer_checks_pass_over(&l, i);
	}
	return msk_layer_checks_tell(&l, v->checks, err) < 0 ? -1 : msk_image_tree_settle(tree, err);
}

static int check_image(struct validation *v, const struct msk_source_image *image, struct msk_err *err)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree tree = { 0 };
	MSK_CLEANUP(msk_contents_release) struct msk_contents contents = { .now = v->checks->now };
	MSK_CLEANUP(msk_image_files_release) struct msk_image_files files = { .reader = NULL };
	bool whole;

	msk_check_documents(v->checks, image);
	msk_check_config_secrets(v->checks, image->config.json);
	if (read_layers(v, image, &tree, &contents, &whole, err) < 0)
		return -1;
	if (!whole) {
		msk_checks_note(v->checks, "entrypoint", "whether it would start is not looked at: a layer is not here");
		return 0;
	}
	check_hardlinks(v->checks, &tree);
	check_parents(v->checks, &tree);
	msk_image_files_init(&files, &tree, &v->images, image);
	if (msk_contents_settle(&contents, &files, image->config.json, err) < 0)
		return -1;
	msk_contents_tell(&contents, v->checks);
	if (msk_check_start(v->checks, &files, image, &contents, err) < 0)
		return -1;
	return v->visit ? v->visit(v->ctx, &(struct msk_validated){ v->checks, image, &tree }, err) : 0;
}

/* A layout whose oci-layout was lost, or a docker-archive into which a tool (apko) has put an index besides. */
static void check_stray_index(struct validation *v)
{
	const struct msk_strv *files = msk_source_files(v->images.source);

	for (size_t i = 0; i < files->n; i++)
		if (msk_starts_with(files->v[i], "blobs/")) {
			msk_checks_fail(v->checks, MSK_E_INPUT, "oci-layout", "is missing beside index.json");
			return;
		}
	msk_checks_note(v->checks, "index.json", "not looked at: this is no OCI layout");
}

static void note_sound(void *ctx, const char *what, const char *detail)
{
	msk_checks_pass(ctx, what, "%s", detail);
}

static int note_fault(void *ctx, const char *what, struct msk_err *err)
{
	return msk_checks_absorb(ctx, what, err);
}

/* Of the platform that was asked for the image has to be there; of others it is enough to know that it is not. */
static bool note_absent(void *ctx, const struct msk_platform *platform, const char *digest)
{
	struct msk_checks *c = ctx;
	MSK_AUTO_STR text = MSK_STR_INIT;
	struct msk_platform wanted;

	if (!c->partial &&
	    (!c->platform || !msk_platform_parse(c->platform, &wanted) || msk_platform_covers(&wanted, platform)))
		return false;
	msk_platform_add(&text, platform);
	msk_checks_note(c, "manifest", "%s: of %s, is not here", digest, text.buf);
	return true;
}

/* Of which image all of it is, the list says above. */
static int check_platform(struct msk_checks *c, const struct msk_source_images *s, struct msk_err *err)
{
	const struct msk_source_image *ignored;

	if (!c->platform || msk_source_images_choose(s, c->platform, &ignored, err) == 0)
		return 0;
	return err->code == MSK_E_USAGE ? -1 : msk_checks_absorb(c, "platform", err);
}

int msk_validate(const char *name, msk_validated_visitor *visit, void *ctx, struct msk_checks *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_checks_release) struct msk_checks checks = { 0 };
	MSK_CLEANUP(validation_release) struct validation v = { .checks = &checks, .visit = visit, .ctx = ctx };
	const struct msk_source_watch watch = { note_sound, note_fault, note_absent, &checks };
	bool ours;

	checks.now = out->now;
	checks.platform = out->platform;
	checks.partial = out->partial;
	checks.max_layer = out->max_layer;
	if (msk_source_images_open(name, &watch, &v.images, err) < 0 || check_platform(&checks, &v.images, err) < 0)
		return -1;
	v.images.max_layer = checks.max_layer;
	msk_source_images_drop_texts(&v.images);
	ours = all_ours(&v.images);
	if (v.images.index.json)
		msk_check_index(&checks, &v.images, ours);
	else if (msk_strv_has(msk_source_files(v.images.source), "index.json"))
		check_stray_index(&v);
	msk_check_names(&checks, &v.images, ours);
	for (size_t i = 0; i < v.images.images.n; i++)
		if (check_image(&v, &v.images.images.v[i], err) < 0)
			return -1;
	msk_check_docker_side(&checks, &v.images, ours);
	if (msk_check_rest(&checks, &v.images, ours, err) < 0)
		return -1;
	*out = checks;
	checks = (struct msk_checks){ 0 };
	return 0;
}
