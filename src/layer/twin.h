/* Layers that come out the same as one that was made before in this run, told by their entries alone. */
#ifndef LAYER_TWIN_H
#define LAYER_TWIN_H

#include "mkscratch/layer.h"
#include "split.h"

/* *out: borrowed from a->before; NULL: there is none. Its digests are those of this one, too. Fails: MSK_E_IO, as setting
 * them does. */
int msk_layer_twin(const struct msk_layer_args *a, const struct msk_selection *s, const struct msk_layer_desc **out,
		   struct msk_err *err);

#endif
