/* A manifest for an image that has none. */
#ifndef JOIN_CONVERT_H
#define JOIN_CONVERT_H

#include "mkscratch/source_image.h"

/* Of a docker-archive as Docker saved them before 25, and as crane, ko and kaniko do: the manifest that OCI demands. Config
 * and layers stay byte for byte as they are, plain or compressed; every layer is read and held against its DiffID. The
 * manifest depends on them alone. Fails as msk_source_layer_visit() does. */
int msk_join_convert(const struct msk_source_images *from, struct msk_source_image *image, struct msk_err *err);

#endif
