/* Inside of the inspection. */
#ifndef INSPECT_INSPECT_H
#define INSPECT_INSPECT_H

#include "mkscratch/inspect.h"

/* Of a node, or of what an entry would be as one. */
enum msk_origin_kind msk_origin_of(const struct msk_inspection *i, const struct msk_node *n);
/* The certificates and ELF files, by one reading of the layers. */
int msk_inspect_contents(struct msk_inspection *i, const struct msk_source_images *s, struct msk_err *err);

#endif
