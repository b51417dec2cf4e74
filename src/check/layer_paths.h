/* The paths of each layer: parents, duplicates, and the order in which its entries come. */
#ifndef CHECK_LAYER_PATHS_H
#define CHECK_LAYER_PATHS_H

#include <assert.h>

#include "checks.h"
#include "mkscratch/source_image.h"

/* What may be said of a path. */
enum msk_path_finding {
	MSK_PATH_TWICE = 1,        /* the layer has an entry for it already */
	MSK_PATH_ORPHAN,           /* neither the layer nor one below has an entry for its directory */
	MSK_PATH_EARLY,            /* its directory has an entry in the layer, behind it */
	MSK_PATH_UNDONE,           /* a whiteout of the layer that deletes it, or a directory it is in, comes behind it */
};

/* Take in that the `nth` entry of the layer is a whiteout, if `path`, a canonical one, is that of such. Fails: MSK_E_IO. */
int msk_layer_paths_whiteout(struct msk_table *whiteouts, const char *path, uint32_t layer, uint32_t nth, struct msk_err *err);

/* All findings of all layers that `t` has got, in one walk: a table by layers, and in each by the bytes of the paths, not in
 * the order of a tree; its values are one byte, the finding. Seals all three. Fails: MSK_E_IO. */
int msk_layer_paths_find(struct msk_image_tree *t, struct msk_table *whiteouts, struct msk_table *found, struct msk_err *err);

/* What stands before the path in the key of a finding, two bytes: layers, counted from 1, by their number. */
#define MSK_LAYER_KEY 2
static inline uint32_t msk_layer_of_key(const char *key)
{
	return (uint32_t)(unsigned char)key[0] << 8 | (unsigned char)key[1];
}

static_assert(MSK_MAX_LAYERS < 1 << 8 * MSK_LAYER_KEY, "the number of a layer has room in a key");
static inline void msk_key_add_layer(struct msk_str *key, uint32_t layer)
{
	msk_str_addc(key, (char)(layer >> 8));
	msk_str_addc(key, (char)layer);
}

#endif
