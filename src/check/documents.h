/* The documents of an image against image-spec 1.1. `ours`: an archive as mkscratch writes it, by its files and by what its
 * images say, so it must have what oci-layout-spec promises of such. */
#ifndef CHECK_DOCUMENTS_H
#define CHECK_DOCUMENTS_H

#include "checks.h"

void msk_check_index(struct msk_checks *c, const struct msk_source_images *s, bool ours);
/* One that `desc` leads to. */
void msk_check_nested_index(struct msk_checks *c, const struct msk_json *index, const struct msk_json *desc);
void msk_check_documents(struct msk_checks *c, const struct msk_source_image *image);   /* manifest and config */

/* Names: those of the index, and what `docker load` reads of an archive, which must be the same images as the index has. */
void msk_check_names(struct msk_checks *c, const struct msk_source_images *s, bool ours);
void msk_check_docker_side(struct msk_checks *c, const struct msk_source_images *s, bool ours);

/* Blobs that nothing of the above has read: what they hash to, and which of them nothing refers to. And what stands behind
 * the end of an archive. */
int msk_check_rest(struct msk_checks *c, struct msk_source_images *s, bool ours, struct msk_err *err);

#endif
