#include <string.h>

#include "mkscratch/gather.h"
#include "mkscratch/probe.h"

static const struct msk_probe *find_probe(const struct msk_platform *pf)
{
	for (const struct msk_probe *p = msk_probes; p->arch; p++)
		if (strcmp(p->arch, pf->arch) == 0)
			return p;
	return NULL;
}

static int fail_no_probe(const struct msk_platform *pf, struct msk_err *err)
{
	MSK_AUTO_STR name = MSK_STR_INIT;

	msk_platform_add(&name, pf);
	msk_fail(err, MSK_E_MISSING, "--healthcheck: this mkscratch holds no probe for %s", name.buf);
	return msk_hint(err, "--healthcheck-cmd with a program of the image, or a mkscratch built where a compiler for it is");
}

int msk_gather_healthcheck(struct msk_gather *g, struct msk_err *err)
{
	const struct msk_probe *p;

	if (g->plan->config.health.kind != MSK_HEALTH_PROBE)
		return 0;
	p = find_probe(&g->platform);
	if (!p)
		return fail_no_probe(&g->platform, err);
	return msk_rootfs_add_data(g->fs, &(struct msk_entry_spec){
		.path = MSK_PROBE_PATH, .what = "--healthcheck", .why = "the static probe", .mode = 0755,
		.stratum = MSK_STRATUM_LIBS }, p->start, (size_t)(p->end - p->start), err);
}
