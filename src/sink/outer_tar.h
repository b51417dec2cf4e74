/* The tar around a layout: an OCI image layout that is also what `docker load` reads. */
#ifndef SINK_OUTER_TAR_H
#define SINK_OUTER_TAR_H

#include "mkscratch/image.h"

/* oci-layout, index.json, manifest.json, blobs/, blobs/sha256/, then the blobs by digest. Depends on the image alone. */
int msk_outer_tar_write(const struct msk_image *img, struct msk_store *st, struct msk_writer *to, struct msk_err *err);

#endif
