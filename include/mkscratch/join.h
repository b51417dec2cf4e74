/* Images that exist, brought together under one index, or chosen from one (`mkscratch index`).
 *
 * Manifests, configs and layers stay byte for byte as they are, so each image keeps its digest; every blob is hashed while it
 * is copied. An image of a docker-archive has no manifest and gets one. The attestations of an image go where it goes, as
 * they are.
 * What is written depends on the images, the platforms asked for, the names and the annotations alone: not on the
 * order of the images, nor on where they come from. */
#ifndef MKSCRATCH_JOIN_H
#define MKSCRATCH_JOIN_H

#include "mkscratch/image.h"
#include "mkscratch/log.h"
#include "mkscratch/media_type.h"
#include "mkscratch/source_image.h"

/* What an image carries along, and where it comes from; borrowed from the sources. */
struct msk_joined_attestation {
	const struct msk_source_images *from;
	const struct msk_source_image *image;
};

/* One of the images, and where it comes from; borrowed from the sources. */
struct msk_joined {
	const struct msk_source_images *from;
	const struct msk_source_image *image;
	struct msk_platform plain;             /* the image's, by our name for it */
	struct msk_joined_attestation *attestations;   /* owned; sorted by digest, each once, whichever source they are in */
	size_t n_attestations, cap_attestations;
};

struct msk_join {
	struct msk_source_images *sources;     /* owned */
	size_t n_sources;
	uint64_t max_layer;                    /* to be set: bytes a layer may unpack to; 0: MSK_MAX_LAYER */
	struct msk_joined *v;                  /* sorted by platform, each platform once */
	size_t n, cap;
};
void msk_join_release(struct msk_join *j);

/* The images of `names` (as msk_source_images_open takes them) for `platforms`, "linux/amd64,linux/arm64", or for all when
 * that is NULL. One that comes twice counts once.
 * Fails: MSK_E_INPUT (two images for a platform, none for one that was asked for), MSK_E_USAGE (no
 * platform), and as the sources do. */
int msk_join_open(const struct msk_strv *names, const char *platforms, struct msk_join *out, struct msk_err *err);
/* How many of the source's manifests that are no images' are not carried along, though no image that they are of was chosen
 * away: those of no image there, attestations or other things. */
size_t msk_join_left_out(const struct msk_join *j, const struct msk_source_images *s);
/* The names that all of them have. */
void msk_join_tags(const struct msk_join *j, struct msk_strv *out);

/* Docker's when all manifests have its types and nothing is attached, which it has no word for. */
enum msk_media_types msk_join_media_types(const struct msk_join *j);

/* Write them where the plan (msk_plan_join) says. *out is the caller's to release, also after a failure; it borrows from the
 * sources. Fails: MSK_E_INTEGRITY, a blob is not what it should be or is missing; MSK_E_INPUT, MSK_E_IO. */
int msk_join_run(const struct msk_join *j, const struct msk_plan *plan, const struct msk_log *log,
		 struct msk_product *out, struct msk_err *err);

#endif
