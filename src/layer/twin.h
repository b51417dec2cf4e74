/* Layers that come out the same as one that was made before in this run, told by their entries alone. */
#ifndef LAYER_TWIN_H
#define LAYER_TWIN_H

#include "mkscratch/layer.h"
#include "split.h"

/* Borrowed from a->before; NULL: there is none. */
const struct msk_layer_desc *msk_layer_twin(const struct msk_layer_args *a, const struct msk_selection *s);

#endif
