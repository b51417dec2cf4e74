#include "image_arg.h"

#include <stdint.h>
#include <string.h>

#include "mkscratch/path.h"

int msk_image_arg_images(const struct msk_options *o, const char *name, struct msk_source_images *out, struct msk_err *err)
{
	uint64_t max_layer = 0;

	if (msk_plan_layer_limit(o, &max_layer, err) < 0 || msk_source_images_open(name, NULL, out, err) < 0)
		return -1;
	out->max_layer = max_layer;
	return 0;
}

int msk_image_arg_source(const struct msk_options *o, const char *verb, struct msk_source_images *out, struct msk_err *err)
{
	if (o->args.n)
		return msk_image_arg_images(o, o->args.v[0], out, err);
	msk_fail(err, MSK_E_USAGE, "%s: no IMAGE given", verb);
	return msk_hint(err, "mkscratch %s img.tar", verb);
}

int msk_image_arg_read(const struct msk_options *o, struct msk_source_images *own_images, struct image_arg *out,
		       struct msk_err *err)
{
	MSK_AUTO_IMAGE_ARG a = { .images = *own_images };

	*own_images = (struct msk_source_images){ 0 };
	msk_source_images_drop_texts(&a.images);
	if (msk_source_images_pick(&a.images, o->platform, &a.image, err) < 0)
		return -1;
	a.sums = msk_xcalloc(a.image->n_layers, sizeof *a.sums);
	if (msk_source_image_tree(&a.images, a.image, &a.tree, a.sums, err) < 0)
		return -1;
	*out = a;
	a = (struct image_arg){ 0 };
	return 0;
}

int msk_image_arg_open(const struct msk_options *o, const char *verb, struct image_arg *out, struct msk_err *err)
{
	MSK_AUTO_SOURCE_IMAGES s = { 0 };

	return msk_image_arg_source(o, verb, &s, err) < 0 ? -1 : msk_image_arg_read(o, &s, out, err);
}

void msk_image_arg_release(struct image_arg *a)
{
	msk_source_images_release(&a->images);
	msk_image_tree_release(&a->tree);
	free(a->sums);
}

/* What stands in the directory of the path and has nearly its name. Heap. */
static char *nearest(const struct msk_image_tree *t, const char *path)
{
	MSK_AUTO_FREE char *plain = msk_path_normalise(path), *dir = msk_path_dir(plain), *base = msk_path_base(plain);
	size_t best_distance = SIZE_MAX;
	MSK_AUTO_STRV names = MSK_STRV_INIT;
	const char *best = NULL;

	msk_image_tree_list(t, dir + 1, &names);
	for (size_t i = 0; i < names.n; i++) {
		size_t distance = msk_edit_distance(base, names.v[i]);

		if (distance < best_distance && distance <= 2 && distance < strlen(base)) {
			best = names.v[i];
			best_distance = distance;
		}
	}
	return best ? msk_xasprintf("%s/%s", dir[1] ? dir : "", best) : NULL;
}

static int fail_absent(const struct image_arg *a, const char *path, struct msk_err *err)
{
	MSK_AUTO_FREE char *near = nearest(&a->tree, path), *at = msk_image_tree_locate(&a->tree, path);
	MSK_AUTO_FREE struct msk_node *link = at ? msk_image_tree_find(&a->tree, at) : NULL;

	if (link && link->type == MSK_TAR_SYMLINK)
		return msk_fail(err, MSK_E_INPUT, "%s: %s: a symlink to %s, which leads nowhere",
				msk_source_name(a->images.source), path, link->link);
	msk_fail(err, MSK_E_INPUT, "%s: %s: not in the image", msk_source_name(a->images.source), path);
	return near ? msk_hint(err, "did you mean %s?", near) : -1;
}

bool msk_image_arg_is_root(const char *path)
{
	return strspn(path, "/.") == strlen(path) && !strstr(path, "...");
}

int msk_image_arg_find(const struct image_arg *a, const char *path, bool follow, struct msk_node **out, struct msk_err *err)
{
	MSK_AUTO_FREE char *full = msk_xasprintf("/%s", path);
	MSK_AUTO_FREE char *at = follow ? NULL : msk_image_tree_locate(&a->tree, full);

	if (follow)
		*out = msk_image_tree_resolve(&a->tree, full);
	else
		*out = at ? msk_image_tree_find(&a->tree, at) : NULL;
	return *out ? 0 : fail_absent(a, path, err);
}
