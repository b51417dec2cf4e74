/* An archive of any bytes, read as `inspect` and `cat` read it. What holds of the images that come out is asserted. */
#ifndef READ_IMAGE_H
#define READ_IMAGE_H

#include "fuzz.h"
#include "mkscratch/inspect.h"

static inline void fuzz_check_image_error(int rc, const struct msk_err *err)
{
	assert(rc == 0 || rc == -1);
	assert((rc == 0) == (err->code == MSK_OK));
	assert(rc == 0 || err->code == MSK_E_INPUT || err->code == MSK_E_INTEGRITY);
	assert(rc == 0 || err->msg[0]);
}

static inline void fuzz_check_tree(const struct msk_image_tree *t)
{
	MSK_AUTO_TREE_WALK w;
	const struct msk_node *n;

	for (msk_tree_walk_init(&w, t); (n = msk_tree_next(&w));) {
		MSK_AUTO_FREE char *canonical = msk_layer_path(n->path);
		MSK_AUTO_FREE struct msk_node *found = msk_image_tree_find(t, n->path);

		assert(canonical && *canonical && strcmp(canonical, n->path) == 0);
		assert(found && found->at == n->at && strcmp(found->path, n->path) == 0);
		if (n->at < 64) {
			MSK_AUTO_FREE struct msk_node *end = msk_image_tree_resolve(t, n->path);
			MSK_AUTO_FREE char *at = msk_image_tree_locate(t, n->path);
			MSK_AUTO_FREE struct msk_node *there = at ? msk_image_tree_find(t, at) : NULL;

			assert(!end || end->type != MSK_TAR_SYMLINK);
			assert(!at || there);
		}
	}
}

/* What is listed of a directory is there. */
static inline void fuzz_check_list(const struct msk_image_tree *t, const char *dir)
{
	MSK_AUTO_STRV names = MSK_STRV_INIT;

	msk_image_tree_list(t, dir, &names);
	for (size_t i = 0; i < names.n; i++) {
		MSK_AUTO_FREE char *path = msk_xasprintf("%s%s%s", dir, *dir ? "/" : "", names.v[i]);
		MSK_AUTO_FREE struct msk_node *found = msk_image_tree_find(t, path);

		assert(found);
	}
}

static inline int fuzz_skip_entry(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	char buf[4096];
	ssize_t n;

	(void)ctx;
	while ((n = msk_layer_reader_data(entry->r, buf, sizeof buf, err)) > 0)
		;
	return n < 0 ? -1 : 0;
}

static inline void fuzz_read_one(const struct msk_source_images *s, const struct msk_source_image *image)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree tree = { 0 };
	MSK_AUTO_INSPECTION i = { 0 };
	struct msk_err err = MSK_ERR_INIT;
	MSK_AUTO_TREE_WALK w = { .node = { .path = NULL } };
	const struct msk_node *n;
	int rc;

	assert(image->n_layers > 0 && image->n_layers <= MSK_MAX_LAYERS && msk_platform_known(&image->platform));
	for (size_t k = 0; k < image->n_layers; k++)
		assert(msk_digest_valid(image->layers[k].diff_id.text) && image->layers[k].path);
	rc = msk_source_image_tree(s, image, &tree, NULL, &err);
	fuzz_check_image_error(rc, &err);
	if (rc < 0)
		return;
	fuzz_check_tree(&tree);
	fuzz_check_list(&tree, "");
	for (msk_tree_walk_init(&w, &tree); (n = msk_tree_next(&w)) && n->at < 8;)
		fuzz_check_list(&tree, n->path);
	msk_tree_walk_release(&w);
	rc = msk_inspect(s, image, &tree, &i, &err);
	fuzz_check_image_error(rc, &err);
	for (msk_tree_walk_init(&w, &tree); (n = msk_tree_next(&w)) && n->at < 8;)
		if (n->data_layer)
			assert(msk_source_data_visit(s, image, n, fuzz_skip_entry, NULL, &err) == 0);
}

/* The image for a platform, if there is just one; what is found by a path is under the path that it is located at. */
static inline void fuzz_pick(const struct msk_source_images *s, const char *platform)
{
	const struct msk_source_image *one = NULL;
	struct msk_err err = MSK_ERR_INIT;
	int rc = msk_source_images_pick(s, platform, &one, &err);

	assert((rc == 0) == (err.code == MSK_OK) && (rc < 0 || one));
}

/* The one for the machine of an image, if there is just one and its platform can be asked for. */
static inline void fuzz_pick_like(const struct msk_source_images *s, const struct msk_source_image *image)
{
	const struct msk_source_image *one = NULL;
	struct msk_err err = MSK_ERR_INIT;
	int rc = msk_source_images_pick_like(s, &image->platform, &one, &err);

	assert((rc == 0) == (err.code == MSK_OK));
	assert(rc < 0 || one);
	assert(msk_source_image_size(image) > 0);
}

/* By a tag; most have none such, and it is told which there are. */
static inline void fuzz_read_tag(const char *path, const char *tag)
{
	MSK_AUTO_SOURCE_IMAGES s = { 0 };
	MSK_AUTO_FREE char *name = msk_xasprintf("%s:%s", path, tag);
	struct msk_err err = MSK_ERR_INIT;
	int rc = msk_source_images_open(name, NULL, &s, &err);

	fuzz_check_image_error(rc, &err);
	assert(rc < 0 || s.images.n > 0);
}

static inline void fuzz_pick_all(const struct msk_source_images *s)
{
	static const char *const platforms[] = { NULL, "linux/amd64", "linux/arm64", "linux/arm/v7", "linux", "windows/amd64" };

	for (size_t i = 0; i < sizeof platforms / sizeof *platforms; i++)
		fuzz_pick(s, platforms[i]);
}

static inline void fuzz_read_archive(const void *data, size_t size)
{
	MSK_AUTO_SOURCE_IMAGES s = { 0 };
	MSK_AUTO_ROFILE f = fuzz_file(data, size);
	MSK_AUTO_FREE char *path = msk_xasprintf("/proc/self/fd/%d", f.fd);
	struct msk_err err = MSK_ERR_INIT;
	int rc = msk_source_images_open(path, NULL, &s, &err);

	fuzz_check_image_error(rc, &err);
	if (rc == 0)
		assert(s.images.n > 0);
	if (rc == 0)
		fuzz_pick_all(&s);
	for (size_t k = 0; k < s.images.n; k++) {
		fuzz_pick_like(&s, &s.images.v[k]);
		fuzz_read_one(&s, &s.images.v[k]);
	}
	fuzz_read_tag(path, "latest");
	fuzz_read_tag(path, "no");
}

#endif
