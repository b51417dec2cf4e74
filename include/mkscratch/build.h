/* The conductor: plan -> gather -> rootfs -> layers -> image -> sinks. The only place that sees every stage. */
#ifndef MKSCRATCH_BUILD_H
#define MKSCRATCH_BUILD_H

#include "mkscratch/cache.h"
#include "mkscratch/gather.h"
#include "mkscratch/ground.h"
#include "mkscratch/image.h"
#include "mkscratch/log.h"
#include "mkscratch/progress.h"

struct msk_build_facts {
	struct msk_cert_facts certs;
	bool wants_digest;                    /* in: that of the bundle; made for a log of that level, too */
	struct msk_digest certs_digest;       /* of the bundle; "" when there is none, or nobody asked */
	struct msk_needs *needs;              /* to be told before the end, also after a failure (msk_needs_tell) */
};

struct msk_build {
	const struct msk_plan *plan;
	const struct msk_log *log;
	int64_t now;                          /* for what is said of dates; never reaches a byte */
	struct msk_build_facts *facts;        /* out: what there is to tell beside the image */
	struct msk_pool *pool;                /* the threads beside the caller's; NULL: none */
	struct msk_progress *progress;        /* NULL: nobody looks */
	struct msk_cache *cache;              /* NULL: none */
	/* Called when all is made and nothing is in place: what there is to warn of counts. NULL: it is told behind. */
	void (*tell)(void *arg);
	void *tell_arg;
	const char *recipe;                   /* the options it is made by, as JSON; "": too large; NULL: it tells none */
};

/* The image of one platform on its way. */
struct msk_edition {
	struct msk_plan plan;                 /* as it is for this platform (msk_plan_narrow) */
	struct msk_platform platform;
	struct msk_ground *ground;            /* what it is laid over; NULL: nothing */
	struct msk_rootfs *fs;                /* sealed */
	struct msk_file_digests *digests;     /* where a recipe is made, once layers are */
};

struct msk_editions {
	struct msk_edition *v;                /* sorted by platform */
	size_t n;
	struct msk_source_images *base;       /* where the grounds are; NULL: there are none */
};

void msk_editions_release(struct msk_editions *e);

/* Gather and seal, for each platform that there are programs for. */
int msk_build_gather(const struct msk_build *b, struct msk_editions *out, struct msk_err *err);
/* The whole; *out is the caller's to release, also after a failure. */
int msk_build_run(const struct msk_build *b, struct msk_product *out, struct msk_err *err);
/* The same, but nothing is written anywhere: to be compared with an image that exists. *manifests: an array of the manifests,
 * in the order of the images; the caller's, as *out is. */
int msk_build_again(const struct msk_build *b, struct msk_product *out, struct msk_json **manifests, struct msk_err *err);

#endif
