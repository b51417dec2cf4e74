/* Sets of layers along a walk through a tree: what is said of a path goes for all that is below it. */
#ifndef SOURCE_LAYER_SETS_H
#define SOURCE_LAYER_SETS_H

#include "mkscratch/source_image.h"

/* Of a path and all that it lies in. */
struct msk_layer_set {
	size_t n_key;                          /* its key is the first bytes of that of the path under way */
	uint64_t has[MSK_MAX_LAYERS / 64 + 1];
};

/* Those of the path under way and of what it lies in, the root first; of paths of which nothing was said there are none. */
struct msk_layer_sets {
	struct msk_layer_set *v;
	size_t n, cap;
};

void msk_layer_sets_release(struct msk_layer_sets *s);
/* The walk has come to `key`, which has the first `common` bytes of the key before: sets of what it has left go. */
void msk_layer_sets_leave(struct msk_layer_sets *s, const struct msk_str *key, size_t common);
/* Say it of the path under way, of whose key `n_key` is the length. */
void msk_layer_sets_add(struct msk_layer_sets *s, size_t n_key, uint32_t layer);
/* What was said of what that path lies in; NULL: nothing. */
const struct msk_layer_set *msk_layer_sets_above(const struct msk_layer_sets *s, size_t n_key);

static inline bool msk_layer_set_has(const struct msk_layer_set *s, uint32_t layer)
{
	return s && s->has[layer / 64] >> layer % 64 & 1;
}

/* The first of its layers behind this one; UINT32_MAX: there is none. */
uint32_t msk_layer_set_next(const struct msk_layer_set *s, uint32_t layer);

#endif
