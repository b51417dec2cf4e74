/* Entries that a layer puts below what is no directory by then: who unpacks layer by layer does not come to what later ones
 * make of it. In a walk over all records of a tree, in its order. */
#ifndef SOURCE_TREE_SOLID_H
#define SOURCE_TREE_SOLID_H

#include "layer_sets.h"
#include "mkscratch/image_tree.h"

/* Layers in which a path is no directory: from the one that makes it such, until one makes it another or takes it away. */
struct msk_solid_span {
	uint32_t from, until;
};

struct msk_solid {
	struct msk_layer_sets emptied;         /* what layers before these have is gone */
	struct msk_layer_sets solid;           /* no directory */
	struct msk_solid_span *v;              /* of the path under way */
	size_t n, cap;
};

void msk_solid_release(struct msk_solid *s);
/* From the path `before` to `key`, which has its first `common` bytes. */
void msk_solid_go(struct msk_solid *s, const struct msk_str *before, const struct msk_str *key, size_t common);
/* What a record says of the path under way. true: that entry is below what is no directory. A link is not taken for one that
 * is none: what stands below it is put where it leads. */
bool msk_solid_node(struct msk_solid *s, const struct msk_str *key, const struct msk_node *n);
/* Layers before `at` are gone from the path, those before `below` from below it. */
void msk_solid_removal(struct msk_solid *s, const struct msk_str *key, uint32_t at, uint32_t below);

#endif
