#include <assert.h>
#include <unistd.h>

#include "image_arg.h"
#include "node_json.h"
#include "mkscratch/fs.h"

#define CHUNK (256u << 10)

static int copy_out(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	MSK_AUTO_FREE char *buf = msk_xmalloc(CHUNK);
	ssize_t n;

	(void)ctx;
	while ((n = msk_layer_reader_data(entry->r, buf, CHUNK, err)) > 0)
		if (msk_write_full(STDOUT_FILENO, buf, (size_t)n, "standard output", err) < 0)
			return -1;
	return n < 0 ? -1 : 0;
}

/* *out is the caller's. */
static int find_file(const struct image_arg *a, const char *path, struct msk_node **out, struct msk_err *err)
{
	const char *name = msk_source_name(a->images.source);
	MSK_AUTO_FREE struct msk_node *n = NULL;

	bool root = msk_image_arg_is_root(path);

	if (!root && msk_image_arg_find(a, path, true, &n, err) < 0)
		return -1;
	assert(root || n);
	if (root || n->type == MSK_TAR_DIR) {
		msk_fail(err, MSK_E_INPUT, "%s: %s: is a directory", name, path);
		return msk_hint(err, "mkscratch ls %s %s", name, path);
	}
	if (n->type != MSK_TAR_FILE && n->type != MSK_TAR_HARDLINK)
		return msk_fail(err, MSK_E_INPUT, "%s: %s: is a %s, which has no content", name, path, msk_type_name(n->type));
	*out = msk_take(&n);
	return 0;
}

/* The files of all paths; found before the first is printed. */
struct files {
	struct msk_node **v;
	size_t n;
};

static void files_release(struct files *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i]);
	free(f->v);
}

static int find_files(const struct image_arg *a, const struct msk_strv *args, struct files *f, struct msk_err *err)
{
	f->v = msk_xcalloc(args->n, sizeof *f->v);
	for (size_t i = 1; i < args->n; i++, f->n++)
		if (find_file(a, args->v[i], &f->v[f->n], err) < 0)
			return -1;
	return 0;
}

/* All layers were read and verified before the first byte is written. */
int msk_cmd_cat(const struct msk_options *o, struct msk_err *err)
{
	MSK_AUTO_IMAGE_ARG a = { 0 };
	MSK_CLEANUP(files_release) struct files files = { 0 };

	if (o->args.n == 1) {
		msk_fail(err, MSK_E_USAGE, "cat: no PATH given");
		return msk_hint(err, "mkscratch cat img.tar /etc/passwd");
	}
	if (msk_image_arg_open(o, "cat", &a, err) < 0 || find_files(&a, &o->args, &files, err) < 0)
		return -1;
	for (size_t i = 0; i < files.n; i++)
		if (msk_source_data_visit(&a.images, a.image, files.v[i], copy_out, NULL, err) < 0)
			return -1;
	return 0;
}
