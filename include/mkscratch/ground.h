/* The ground an image is laid on (--base): an image that exists, of which the layers stay byte for byte as they are.
 *
 * Whoever holds one knows that all its layers were read to their ends and are what their digests and DiffIDs say. */
#ifndef MKSCRATCH_GROUND_H
#define MKSCRATCH_GROUND_H

#include "mkscratch/layer.h"
#include "mkscratch/log.h"
#include "mkscratch/plan.h"
#include "mkscratch/platform.h"
#include "mkscratch/rootfs.h"
#include "mkscratch/source_image.h"

struct msk_ground;

/* The image among `s`, which is borrowed, for a platform; of levels of a CPU any fits.
 * Fails: MSK_E_INPUT `base.tar: no image for linux/arm64` (hint: those there are), MSK_E_INTEGRITY, MSK_E_IO. */
int msk_ground_new(const struct msk_source_images *s, const struct msk_platform *pf, struct msk_ground **out,
		   struct msk_err *err);
void msk_ground_free(struct msk_ground *g);
void msk_ground_cleanup(struct msk_ground **g);

/* What is inherited; borrowed from the ground. */
const struct msk_base_facts *msk_ground_facts(const struct msk_ground *g);
const struct msk_platform *msk_ground_platform(const struct msk_ground *g);
const char *msk_ground_id(const struct msk_ground *g);      /* digest of its config, which stands for all but annotations */
/* What the digest of its manifest, or of its config where it has none, is that of. */
const struct msk_source_document *msk_ground_document(const struct msk_ground *g);
const struct msk_image_tree *msk_ground_tree(const struct msk_ground *g);
size_t msk_ground_layers(const struct msk_ground *g);
/* As what a rootfs is laid over; lives as long as the ground. */
struct msk_below *msk_ground_below(struct msk_ground *g);

/* Files of a sealed set that are there already, with mode, owner and bytes, are marked as such; of a library that replaces
 * another file there is a warning. The ground's files are read for it, and `left`, which may be NULL, is shown those
 * that no entry of the set takes the place of. Fails: MSK_E_INTEGRITY, MSK_E_IO, as `left` does. */
int msk_ground_compare(const struct msk_ground *g, struct msk_rootfs *fs, const struct msk_log *log,
		       msk_layer_visitor *left, void *ctx, struct msk_err *err);

/* Copy the layers into the store and append them to *out, named in the language of the media types. The bytes are hashed
 * once more. Fails: MSK_E_USAGE, zstd has no name there; MSK_E_INTEGRITY, MSK_E_IO. */
int msk_ground_copy(const struct msk_ground *g, enum msk_media_types types, struct msk_store *st, struct msk_layers *out,
		    struct msk_err *err);

#endif
