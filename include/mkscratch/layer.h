/* Layers: which entries go into which, and one pass from entries to a blob.
 *
 * Split: base (certificates, zones, identity, skeleton), libraries, programs with what the user added; an empty one
 * is left out. Each layer carries all parents of its entries, so its bytes depend on its own entries, the mtime
 * and the codec only. */
#ifndef MKSCRATCH_LAYER_H
#define MKSCRATCH_LAYER_H

#include "mkscratch/ahead.h"
#include "mkscratch/cache.h"
#include "mkscratch/codec_spec.h"
#include "mkscratch/descriptor.h"
#include "mkscratch/early.h"
#include "mkscratch/file_digests.h"
#include "mkscratch/media_type.h"
#include "mkscratch/progress.h"
#include "mkscratch/rootfs.h"
#include "mkscratch/store.h"

#define MSK_OWN_LAYERS 3

/* The layers of an image, lowest first. */
struct msk_layers {
	struct msk_layer_desc *v;        /* owned */
	size_t n, cap;
};
void msk_layers_release(struct msk_layers *l);

/* What was made before, into the same store and with the same options. */
struct msk_layered {
	const struct msk_rootfs *fs;
	const struct msk_layer_desc *layers;  /* those that were made of it; borrowed */
	struct msk_file_digests *digests;     /* where somebody asked; borrowed */
};

struct msk_layer_args {
	const struct msk_rootfs *fs;     /* sealed */
	struct msk_codec_spec codec;
	enum msk_media_types media_types;
	int64_t mtime;
	bool single;
	struct msk_pool *pool;
	bool paranoid;                   /* decode what was compressed, and compare */
	struct msk_progress *progress;   /* NULL: nobody looks */
	struct msk_cache *cache;         /* NULL: none; never changes a byte */
	struct msk_block_cache *blocks;  /* of it; NULL: none */
	struct msk_early *early;         /* blocks of a program that are compressed already; NULL: none */
	struct msk_ahead *ahead;         /* digests of files that are known already; NULL: none */
	struct msk_file_digests *digests;/* out; NULL: nobody asks */
	const struct msk_layered *before;/* a layer that one of these has is not made again */
	size_t n_before;
};

/* How many there will be. */
size_t msk_layers_count(const struct msk_rootfs *fs, bool single);
/* How many bytes stand in its layer before those of the file at `path` (absolute), where no other file comes before it and no
 * name is so long that it needs an extended header: the headers of its parents and its own. */
size_t msk_layer_headers_before(const char *path);
/* What they are made from, as it travels inside the image (oci-layout-spec, section 5.8), row by row. `digests`: of all
 * files; NULL: made up, all else is as it will be. Depends on the entries alone. */
void msk_layer_inputs(const struct msk_rootfs *fs, struct msk_file_digests *digests, msk_json_row_visitor *visit, void *arg);
/* Write all layers into the store, and put them on top of those in *out. Fails: MSK_E_IO (also when a host file changed
 * since it was gathered). */
int msk_layers_write(const struct msk_layer_args *a, struct msk_store *st, struct msk_layers *out, struct msk_err *err);

#endif
