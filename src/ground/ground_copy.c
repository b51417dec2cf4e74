/* Layers of the ground on their way into another image. */
#include <string.h>

#include "ground.h"

#define CHUNK (256u << 10)

static int copy_bytes(struct msk_reader *from, struct msk_store *st, struct msk_desc *out, struct msk_err *err)
{
	MSK_AUTO_FREE unsigned char *buf = msk_xmalloc(CHUNK);
	struct msk_writer *w = msk_store_begin(st);
	ssize_t n;

	while ((n = from->read(from, buf, CHUNK, err)) > 0)
		if (msk_writer_write(w, buf, (size_t)n, err) < 0)
			return -1;
	if (n < 0 || msk_writer_finish(w, err) < 0)
		return -1;
	return msk_store_end(st, &out->digest, &out->size, err);
}

/* Media types of others are as various as their makers; the first bytes tell what a layer is. */
static int name_layer(const struct msk_ground *g, size_t i, enum msk_media_types types, struct msk_desc *out,
		      struct msk_err *err)
{
	out->media_type = msk_media_type_layer(types, msk_codec_by_head(g->sums[i].head));
	if (out->media_type)
		return 0;
	msk_fail(err, MSK_E_USAGE, "--media-types docker: has no name for zstd, which layer %zu of the base is in", i + 1);
	return msk_hint(err, "--media-types oci");
}

static int copy_layer(const struct msk_ground *g, size_t i, enum msk_media_types types, struct msk_store *st,
		      struct msk_layer_desc *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_source_stream_cleanup) struct msk_reader *r = NULL;
	bool found = false;

	if (msk_source_stream(g->images->source, g->image->layers[i].path, &found, &r, err) < 0)
		return -1;
	if (!found || copy_bytes(r, st, &out->blob, err) < 0)
		return found ? -1 : msk_fail(err, MSK_E_INTEGRITY, "layer %zu: is gone", i + 1);
	if (strcmp(out->blob.digest.text, g->sums[i].packed.text) != 0)
		return msk_fail(err, MSK_E_INTEGRITY, "layer %zu: changed while it was being read", i + 1);
	if (name_layer(g, i, types, &out->blob, err) < 0)
		return -1;
	out->diff_id = g->sums[i].plain;
	out->plain_size = g->sums[i].plain_size;
	return 0;
}

/* How many of the paths there are in the end each layer has brought. Heap. */
static size_t *count_left(const struct msk_ground *g)
{
	size_t *left = msk_xcalloc(g->image->n_layers + 1, sizeof *left);
	MSK_AUTO_TREE_WALK w;
	const struct msk_node *n;

	for (msk_tree_walk_init(&w, &g->tree); (n = msk_tree_next(&w));)
		left[n->layer - 1]++;
	return left;
}

int msk_ground_copy(const struct msk_ground *g, enum msk_media_types types, struct msk_store *st, struct msk_layers *out,
		    struct msk_err *err)
{
	MSK_AUTO_FREE size_t *left = count_left(g);

	for (size_t i = 0; i < g->image->n_layers; i++) {
		struct msk_layer_desc l = { .history = "", .entries = left[i] };

		if (copy_layer(g, i, types, st, &l, err) < 0)
			return msk_ctx_read(err, "--base %s", msk_source_name(g->images->source));
		MSK_GROW(out->v, out->n, out->cap);
		out->v[out->n++] = l;
	}
	return 0;
}
