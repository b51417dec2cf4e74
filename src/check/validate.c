#include <string.h>

#include "checks.h"
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

static void check_history(struct validation *v, const struct msk_source_image *image)
{
	const struct msk_json *history = msk_json_get(image->config.json, "history");
	size_t filled = 0;

	for (size_t i = 0; i < msk_json_count(history); i++) {
		MSK_AUTO_STR s = MSK_STR_INIT;
		const struct msk_json *empty = msk_json_get(msk_json_at(history, i), "empty_layer");

		if (empty)
			msk_json_dump(empty, &s);
		filled += strcmp(msk_str_c(&s), "true") != 0;
	}
	if (history && filled != image->n_layers)
		msk_checks_fail(v->checks, MSK_E_INPUT, "history", "%zu items for %zu layers", filled, image->n_layers);
}

static int check_image(struct validation *v, const struct msk_source_image *image, struct msk_err *err)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree tree = { 0 };
	struct msk_image_files files;

	check_history(v, image);
	for (size_t i = 0; i < image->n_layers; i++)
		if (msk_check_layer(&(struct msk_layer_check){ &v->images, image, v->checks, &tree, i }, err) < 0)
			return -1;
	msk_image_tree_settle(&tree);
	msk_image_files_init(&files, &tree, &v->images, image);
	if (msk_check_start(v->checks, &files, image->config.json, err) < 0)
		return -1;
	return v->visit ? v->visit(v->ctx, &(struct msk_validated){ v->checks, image, &tree }, err) : 0;
}

static bool is_known(const struct validation *v, const char *path)
{
	const struct msk_source_image_list *l = &v->images.images;

	for (size_t i = 0; path && i < l->n; i++) {
		if (msk_ends_with(path, l->v[i].config.digest.text + strlen("sha256:")))
			return true;
		for (size_t k = 0; k < l->v[i].n_layers; k++)
			if (strcmp(l->v[i].layers[k].path, path) == 0)
				return true;
	}
	return false;
}

/* What `docker load` reads must be the same image as what everybody else reads. */
static void check_docker_item(struct validation *v, const struct msk_json *item)
{
	const struct msk_json *layers = msk_json_get(item, "Layers");
	bool same = is_known(v, msk_json_get_string(item, "Config")) && msk_json_is_array(layers);

	for (size_t i = 0; same && i < msk_json_count(layers); i++)
		same = is_known(v, msk_json_string_value(msk_json_at(layers, i)));
	if (same)
		msk_checks_pass(v->checks, "manifest.json", "agrees with the index");
	else
		msk_checks_fail(v->checks, MSK_E_INTEGRITY, "manifest.json", "names blobs that the index does not");
}

/* containerd writes a name of Docker's registry short here and in full there. */
static bool is_same_name(const char *full, const char *tag)
{
	static const char *const prefixes[] = { "", "docker.io/", "docker.io/library/" };

	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
		if (msk_starts_with(full, prefixes[i]) && strcmp(full + strlen(prefixes[i]), tag) == 0)
			return true;
	return false;
}

static void check_docker_tags(struct validation *v, const struct msk_json *item)
{
	const struct msk_json *tags = msk_json_get(item, "RepoTags");
	const struct msk_json *manifests = msk_json_get(v->images.index.json, "manifests");

	for (size_t i = 0; i < msk_json_count(tags); i++) {
		const char *tag = msk_json_string_value(msk_json_at(tags, i));
		bool found = false;

		for (size_t k = 0; tag && k < msk_json_count(manifests); k++) {
			const struct msk_json *a = msk_json_get(msk_json_at(manifests, k), "annotations");
			const char *name = msk_json_get_string(a, "io.containerd.image.name");

			found = found || !name || is_same_name(name, tag);
		}
		if (!found)
			msk_checks_fail(v->checks, MSK_E_INTEGRITY, "manifest.json", "tag %s is not in the index",
					tag ? tag : "(none)");
	}
}

/* Of the archive's other side only the whole can be compared. */
static void check_docker_side(struct validation *v)
{
	const struct msk_json *items = v->images.docker.json;

	if (v->images.tag || !v->images.index.json)
		return;
	for (size_t i = 0; i < msk_json_count(items); i++) {
		check_docker_item(v, msk_json_at(items, i));
		check_docker_tags(v, msk_json_at(items, i));
	}
}

static void note_sound(void *ctx, const char *what, const char *detail)
{
	msk_checks_pass(ctx, what, "%s", detail);
}

static int note_fault(void *ctx, const char *what, struct msk_err *err)
{
	return msk_checks_absorb(ctx, what, err);
}

int msk_validate(const char *name, msk_validated_visitor *visit, void *ctx, struct msk_checks *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_checks_release) struct msk_checks checks = { 0 };
	MSK_CLEANUP(validation_release) struct validation v = { .checks = &checks, .visit = visit, .ctx = ctx };
	const struct msk_source_watch watch = { note_sound, note_fault, &checks };

	if (msk_source_images_open(name, &watch, &v.images, err) < 0)
		return -1;
	for (size_t i = 0; i < v.images.images.n; i++)
		if (check_image(&v, &v.images.images.v[i], err) < 0)
			return -1;
	check_docker_side(&v);
	*out = checks;
	checks = (struct msk_checks){ 0 };
	return 0;
}
