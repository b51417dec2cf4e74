/* The tar around a layout: an OCI image layout that is also what `docker load` reads. */
#ifndef SINK_OUTER_TAR_H
#define SINK_OUTER_TAR_H

#include "mkscratch/image.h"
#include "mkscratch/tar.h"

/* oci-layout, index.json, manifest.json, blobs/, blobs/sha256/, then the blobs as they came into the store. Depends on
 * what is delivered alone. */
int msk_outer_tar_write(const struct msk_product *p, struct msk_store *st, struct msk_writer *to, struct msk_err *err);

/* The same in pieces, for blobs that lie where they belong: what is in front of them, and the header that is in front
 * of one (which is one block below MSK_TAR_USTAR_LIMIT bytes). Each blob is padded to MSK_TAR_BLOCK; behind the last
 * come two blocks of zeros. */
int msk_outer_tar_front(const struct msk_product *p, struct msk_str *out, struct msk_err *err);
int msk_outer_tar_header(const struct msk_digest *digest, uint64_t size, unsigned char out[MSK_TAR_BLOCK],
			 struct msk_err *err);

#endif
