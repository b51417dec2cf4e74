/* The conductor: plan -> gather -> rootfs -> layers -> image -> sinks. The only place that sees every stage. */
#ifndef MKSCRATCH_BUILD_H
#define MKSCRATCH_BUILD_H

#include "mkscratch/cache.h"
#include "mkscratch/gather.h"
#include "mkscratch/image.h"
#include "mkscratch/log.h"
#include "mkscratch/progress.h"

struct msk_build_facts {
	struct msk_cert_facts certs;
	struct msk_digest certs_digest;       /* of the bundle; "" when there is none */
};

struct msk_build {
	const struct msk_plan *plan;
	const struct msk_log *log;
	const char *tmpdir;                   /* for staging; NULL: the defaults */
	int64_t now;                          /* for what is said of dates; never reaches a byte */
	struct msk_build_facts *facts;        /* out: what there is to tell beside the image; or NULL */
	struct msk_progress *progress;        /* NULL: nobody looks */
	struct msk_cache *cache;              /* NULL: none */
};

/* Gather and seal. */
int msk_build_rootfs(const struct msk_build *b, struct msk_rootfs **out, struct msk_platform *pf, struct msk_err *err);
/* The whole. */
int msk_build_run(const struct msk_build *b, struct msk_image *out, struct msk_err *err);

#endif
