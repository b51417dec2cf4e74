#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "mkscratch/source_image.h"
#include "mkscratch/staging.h"
#include "tree_record.h"

#define CHUNK (256u << 10)

bool msk_source_layer_is_elsewhere(const struct msk_source_images *s, const struct msk_source_image *image, size_t i)
{
	MSK_CLEANUP(msk_source_stream_cleanup) struct msk_reader *in = NULL;
	const struct msk_source_layer *l = &image->layers[i];
	struct msk_err ignored = MSK_ERR_INIT;
	bool found = true;

	return l->media_type && (msk_starts_with(l->media_type, "application/vnd.oci.image.layer.nondistributable.") ||
				 msk_starts_with(l->media_type, "application/vnd.docker.image.rootfs.foreign.")) &&
	       msk_source_stream(s->source, l->path, &found, &in, &ignored) == 0 && !found;
}

static int compare_size(const struct msk_source_layer *l, uint64_t size, struct msk_err *err)
{
	return size == l->size ? 0 : msk_fail(err, MSK_E_INTEGRITY, "%s: %llu bytes, descriptor says %llu", l->digest.text,
					      (unsigned long long)size, (unsigned long long)l->size);
}

static int compare_blob(const struct msk_source_layer *l, const struct msk_digest *packed, uint64_t size, struct msk_err *err)
{
	if (!l->described)
		return 0;
	if (compare_size(l, size, err) < 0)
		return -1;
	if (strcmp(packed->text, l->digest.text) != 0)
		return msk_fail(err, MSK_E_INTEGRITY, "%s: content hashes to %s", l->digest.text, packed->text);
	return 0;
}

/* The blob first: where it is not what was described, its DiffID says nothing more. */
static int compare(const struct msk_source_layer *l, const struct msk_layer_sums *sums, struct msk_err *err)
{
	if (compare_blob(l, &sums->packed, sums->packed_size, err) < 0)
		return -1;
	if (l->diff_id.text[0] && strcmp(sums->plain.text, l->diff_id.text) != 0)
		return msk_fail(err, MSK_E_INTEGRITY, "DiffID %s: content hashes to %s", l->diff_id.text, sums->plain.text);
	return 0;
}

/* Nothing but its DiffID says what such a layer has to be. */
static int compare_plain(const struct msk_source_layer *l, struct msk_layer_reader *r, struct msk_err *err)
{
	struct msk_layer_sums sums = { .plain_size = 0 };

	if (l->described || !l->diff_id.text[0] || msk_layer_reader_plain(r, &sums.plain, err) < 0)
		return 0;
	return compare(l, &sums, err);
}

/* What cannot be read is first of all a blob whose digest is wrong, if it is. */
static int judge_failure(const struct msk_source_layer *l, const char *what, struct msk_layer_reader *r, struct msk_err *err)
{
	struct msk_err why = MSK_ERR_INIT;
	struct msk_digest packed;
	uint64_t size;

	if (err->code != MSK_E_INPUT && err->code != MSK_E_INTEGRITY)
		return -1;
	if (compare_plain(l, r, &why) < 0 ||
	    (l->described && msk_layer_reader_packed(r, &packed, &size, &why) == 0 &&
	     compare_blob(l, &packed, size, &why) < 0)) {
		*err = why;
		msk_ctx_read(err, "%s", what);
	} else if (!l->described && why.code == MSK_E_INPUT && !msk_layer_reader_is_full(r)) {
		/* It cannot be decoded, so it is not what the DiffID says, either. */
		err->code = MSK_E_INTEGRITY;
	}
	return -1;
}

/* A visit to one layer under way. */
struct visit {
	msk_layer_visitor *call;
	void *ctx;
};

static int visit_entries(struct visit *v, struct msk_layer_entry *entry, struct msk_layer_sums *sums, struct msk_err *err)
{
	struct msk_tar_entry e;

	entry->e = &e;
	for (bool more = true; more;) {
		if (msk_layer_reader_next(entry->r, &e, &more, err) < 0)
			return -1;
		if (more && v->call(v->ctx, entry, err) < 0)
			return -1;
		entry->nth += more;
	}
	if (msk_layer_reader_finish(entry->r, sums, err) < 0)
		return -1;
	sums->entries = entry->nth;
	return 0;
}

int msk_source_layer_visit(const struct msk_source_images *s, const struct msk_source_image *image, size_t i,
			   msk_layer_visitor *visit, void *ctx, struct msk_layer_sums *sums, struct msk_err *err)
{
	MSK_AUTO_FREE char *what = msk_xasprintf("layer %zu", i + 1);
	MSK_CLEANUP(msk_layer_reader_cleanup) struct msk_layer_reader *r = NULL;
	const struct msk_source_layer *l = &image->layers[i];
	struct visit v = { .call = visit, .ctx = ctx };
	struct msk_layer_entry entry = { .layer = (uint32_t)i + 1 };
	struct msk_layer_sums got;
	uint64_t size;
	bool found = false;

	if (msk_layer_reader_new(s->source, l->path, what, s->max_layer ? s->max_layer : MSK_MAX_LAYER, &found, &r, err) < 0)
		return -1;
	if (!found) {
		msk_fail(err, MSK_E_INTEGRITY, "%s: blob is missing", l->described ? l->digest.text : l->path);
		return msk_ctx_read(err, "%s", what);
	}
	entry.r = r;
	if (l->described && msk_source_is_longer(s->source, l->path, l->size, &size) && compare_size(l, size, err) < 0)
		return msk_ctx(err, "%s", what);
	if (visit_entries(&v, &entry, &got, err) < 0)
		return judge_failure(l, what, r, err);
	if (compare(l, &got, err) < 0)
		return msk_ctx_read(err, "%s", what);
	if (sums)
		*sums = got;
	return 0;
}

static int add_to_tree(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	return msk_image_tree_add(ctx, entry, err);
}

int msk_source_image_tree(const struct msk_source_images *s, const struct msk_source_image *image,
			  struct msk_image_tree *out, struct msk_layer_sums *sums, struct msk_err *err)
{
	MSK_CLEANUP(msk_image_tree_release) struct msk_image_tree tree = { 0 };

	for (size_t i = 0; i < image->n_layers; i++)
		if (msk_source_layer_visit(s, image, i, add_to_tree, &tree, sums ? &sums[i] : NULL, err) < 0)
			return msk_ctx_read(err, "%s", msk_source_name(s->source));
	if (msk_image_tree_settle(&tree, err) < 0)
		return -1;
	*out = tree;
	tree = (struct msk_image_tree){ 0 };
	return 0;
}

/* What of the layers is left in the end, layer by layer. */
struct final_visit {
	struct msk_table_walk left;
	msk_layer_visitor *call;
	void *ctx;
};

static int visit_if_left(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	struct final_visit *v = ctx;
	MSK_AUTO_FREE char *path = NULL;
	struct msk_layer_entry with_path = *entry;
	unsigned char key[MSK_PLACE_KEY];

	msk_place_key(key, entry->layer, entry->nth);
	if (!msk_table_find(&v->left, key, sizeof key))
		return 0;
	if (v->left.n_value == 0)
		path = msk_layer_path(entry->e->path);
	with_path.path = path ? path : (const char *)v->left.value;
	return v->call(v->ctx, &with_path, err);
}

/* Where the entries stand that are left, in the order in which the layers are read; and their paths, when these are not as
 * the layers have them. A file is where its bytes are. */
static int list_left(const struct msk_image_tree *tree, struct msk_table *out, struct msk_err *err)
{
	MSK_AUTO_TREE_WALK w;
	const struct msk_node *n;

	for (msk_tree_walk_init(&w, tree); (n = msk_tree_next(&w));) {
		bool elsewhere = n->type == MSK_TAR_FILE && (n->data_layer != n->layer || n->data_nth != n->nth);
		unsigned char key[MSK_PLACE_KEY];

		msk_place_key(key, elsewhere ? n->data_layer : n->layer, elsewhere ? n->data_nth : n->nth);
		if (n->nth != MSK_IMPLIED && msk_table_add(out, key, sizeof key, n->path,
							   tree->moved || elsewhere ? strlen(n->path) + 1 : 0, err) < 0)
			return -1;
	}
	return msk_table_sort(out, err);
}

static int visit_layers(const struct msk_source_images *s, const struct msk_source_image *image, struct final_visit *v,
			struct msk_err *err)
{
	for (size_t i = 0; i < image->n_layers; i++)
		if (msk_place_seek_layer(&v->left, (uint32_t)i + 1) &&
		    msk_source_layer_visit(s, image, i, visit_if_left, v, NULL, err) < 0)
			return msk_ctx_read(err, "%s", msk_source_name(s->source));
	return 0;
}

int msk_source_image_visit(const struct msk_source_images *s, const struct msk_source_image *image,
			   const struct msk_image_tree *tree, msk_layer_visitor *visit, void *ctx, struct msk_err *err)
{
	MSK_CLEANUP(msk_table_release) struct msk_table left = { 0 };
	struct final_visit v = { .call = visit, .ctx = ctx };
	int rc;

	if (list_left(tree, &left, err) < 0)
		return -1;
	msk_table_walk_init(&v.left, &left);
	rc = visit_layers(s, image, &v, err);
	msk_table_walk_release(&v.left);
	return rc;
}

struct data_visit {
	uint32_t nth;
	msk_layer_visitor *call;
	void *ctx;
};

static int visit_nth(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	const struct data_visit *v = ctx;

	return entry->nth == v->nth ? v->call(v->ctx, entry, err) : 0;
}

int msk_source_data_visit(const struct msk_source_images *s, const struct msk_source_image *image,
			  const struct msk_node *node, msk_layer_visitor *visit, void *ctx, struct msk_err *err)
{
	struct data_visit v = { node->data_nth, visit, ctx };

	if (!node->data_layer)
		return msk_fail(err, MSK_E_INPUT, "%s: %s: a hard link to %s, which is not there", msk_source_name(s->source),
				node->path, node->link ? node->link : "nothing");
	if (msk_source_layer_visit(s, image, node->data_layer - 1, visit_nth, &v, NULL, err) < 0)
		return msk_ctx_read(err, "%s", msk_source_name(s->source));
	return 0;
}

struct data_file {
	int fd;
	uint64_t size;
};

static int append(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	struct data_file *to = ctx;
	MSK_AUTO_FREE char *buf = msk_xmalloc(CHUNK);
	ssize_t n;

	while ((n = msk_layer_reader_data(entry->r, buf, CHUNK, err)) > 0) {
		if (msk_staging_append(to->fd, buf, (size_t)n, err) < 0)
			return -1;
		to->size += (uint64_t)n;
	}
	return n < 0 ? -1 : 0;
}

int msk_source_data_file(const struct msk_source_images *s, const struct msk_source_image *image,
			 const struct msk_node *node, int *out_fd, uint64_t *size, struct msk_err *err)
{
	MSK_AUTO_FD int fd = -1;
	struct data_file to = { -1, 0 };

	if (msk_staging_file(&fd, err) < 0)
		return -1;
	to.fd = fd;
	if (msk_source_data_visit(s, image, node, append, &to, err) < 0)
		return -1;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return msk_fail_sys(err, errno, "staging file: cannot begin anew");
	*out_fd = msk_take_fd(&fd);
	if (size)
		*size = to.size;
	return 0;
}
