/* Where libraries are looked for when the image is laid over a base: in what the base has, then below --root. */
#ifndef GATHER_OVER_BASE_H
#define GATHER_OVER_BASE_H

#include "mkscratch/closure.h"
#include "mkscratch/rootfs.h"
#include "mkscratch/rotree.h"

struct msk_over_base;

/* Both are borrowed. */
struct msk_over_base *msk_over_base_new(struct msk_below *base, struct msk_rotree *root, struct msk_err *err);
void msk_over_base_free(struct msk_over_base *o);

/* A path is what it is in the base where it leads to something there, all links seen from within; else what it is below
 * --root. */
struct msk_rotree *msk_over_base_tree(struct msk_over_base *o);

/* The directories in which a loader looks by itself: a library that the base has in one of them hides those of --root in all
 * of them, whichever comes first and wherever a cache leads. NULL: none. Copied. */
void msk_over_base_look_in(struct msk_over_base *o, const struct msk_strv *dirs);

/* Was the object found in the base? */
bool msk_object_is_of_base(const struct msk_object *o);

#endif
