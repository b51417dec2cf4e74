/* Layers of earlier runs, found by what their bytes follow from (every field of every entry, the digests of all files, the
 * mtime, the codec's identity, the versions of this program and of what writes its tars). Of a layer there is the list of
 * its blocks, which are in the cache by themselves; one that has lost a block is not there.
 *
 * Of a file only its content counts: it is read and hashed each time, since no time or number of a file proves that its
 * bytes are the same. A layer of more than LAYER_CACHE_PLAIN bytes is read for that only when it is likely to be there: when
 * one was whose sketch is the same (what its entries are, some bytes of each file of 1 MiB or more, and the times of those
 * that are smaller), and never with --no-record, as nobody asks for the digests of its files then. Its blocks are put together
 * while it is read, and count only if the files turn out to be those of the layer; else it is made as if nothing had been
 * found. */
#ifndef LAYER_CACHE_H
#define LAYER_CACHE_H

#include "mkscratch/compress.h"
#include "mkscratch/layer.h"
#include "split.h"

#define LAYER_CACHE_PLAIN  (32u << 20)
#define LAYER_CACHE_PACKED (8u << 20)

struct msk_layer_cache;

/* NULL: there is none; all others take that. */
struct msk_layer_cache *msk_layer_cache_new(const struct msk_layer_args *a);
void msk_layer_cache_cleanup(struct msk_layer_cache **lc);

/* Look for layer `i`; msk_layer_cache_had() tells whether it is known, or likely so. `s` outlives the cache.
 * Fails as reading the files does. */
int msk_layer_cache_find(struct msk_layer_cache *lc, size_t i, const struct msk_selection *s, struct msk_err *err);
bool msk_layer_cache_had(const struct msk_layer_cache *lc, size_t i);
/* Put the layer that was just found into the store, and complete `out`; when one of its blocks is gone, or it is not the
 * one after all, nothing is put there, and msk_layer_cache_had() is false from then on. Fails as the store does, and as
 * reading the files. */
int msk_layer_cache_recall(struct msk_layer_cache *lc, size_t i, struct msk_store *st, struct msk_layer_desc *out,
			   struct msk_err *err);
/* Was it looked for in vain? Then it is to be kept once it is complete: `p` is what it was compressed as. */
bool msk_layer_cache_wants(const struct msk_layer_cache *lc, size_t i);
void msk_layer_cache_keep(struct msk_layer_cache *lc, size_t i, const struct msk_part *p, const struct msk_layer_desc *l);

#endif
