/* Layers of the ground on their way into another image. */
#include <string.h>

#include "ground.h"

#define CHUNK (256u << 10)

static enum msk_codec_kind codec_of(const unsigned char *p, size_t n)
{
	if (n >= 2 && p[0] == 0x1F && p[1] == 0x8B)
		return MSK_CODEC_GZIP;
	return n >= 4 && memcmp(p, "\x28\xB5\x2F\xFD", 4) == 0 ? MSK_CODEC_ZSTD : MSK_CODEC_NONE;
}

/* Media types of others are as various as their makers; the first bytes tell what a layer is. */
static int copy_bytes(struct msk_reader *from, struct msk_store *st, enum msk_codec_kind *kind, struct msk_desc *out,
		      struct msk_err *err)
{
	MSK_AUTO_FREE unsigned char *buf = msk_xmalloc(CHUNK);
	struct msk_writer *w = msk_store_begin(st);
	bool first = true;
	ssize_t n;

	while ((n = from->read(from, buf, CHUNK, err)) > 0) {
		if (first)
			*kind = codec_of(buf, (size_t)n);
		first = false;
		if (msk_writer_write(w, buf, (size_t)n, err) < 0)
			return -1;
	}
	if (n < 0 || msk_writer_finish(w, err) < 0)
		return -1;
	return msk_store_end(st, &out->digest, &out->size, err);
}

static int copy_layer(const struct msk_ground *g, size_t i, enum msk_media_types types, struct msk_store *st,
		      struct msk_layer_desc *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_source_stream_cleanup) struct msk_reader *r = NULL;
	enum msk_codec_kind kind = MSK_CODEC_NONE;
	bool found = false;

	if (msk_source_stream(g->images->source, g->image->layers[i].path, &found, &r, err) < 0)
		return -1;
	if (!found || copy_bytes(r, st, &kind, &out->blob, err) < 0)
		return found ? -1 : msk_fail(err, MSK_E_INTEGRITY, "layer %zu: is gone", i + 1);
	if (strcmp(out->blob.digest.text, g->sums[i].packed.text) != 0)
		return msk_fail(err, MSK_E_INTEGRITY, "layer %zu: changed while it was being read", i + 1);
	out->blob.media_type = msk_media_type_layer(types, kind);
	if (!out->blob.media_type) {
		msk_fail(err, MSK_E_USAGE, "--media-types docker: has no name for zstd, which layer %zu of the base is in",
			 i + 1);
		return msk_hint(err, "--media-types oci");
	}
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
