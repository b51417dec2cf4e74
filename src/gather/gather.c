#include "mkscratch/gather.h"

#include "program.h"

/* A user who brings a file of ours: say whence ours comes, as its option has another name. */
static void explain_conflict(const struct msk_plan *p, struct msk_err *err)
{
	static const char *const ours[] = { "/etc/passwd", "/etc/group" };

	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
		MSK_AUTO_FREE char *subject = msk_xasprintf("%s: given by identity ", ours[i]);

		if (msk_starts_with(err->msg, subject))
			msk_hint(err, "%s is made from --user %s; name the user there and leave the other out", ours[i],
				 p->user.name);
	}
}

int msk_gather_all(struct msk_gather *g, struct msk_err *err)
{
	if (msk_gather_programs(g, err) < 0 || msk_gather_needs(g, err) < 0 || msk_gather_extra(g, err) < 0 ||
	    msk_gather_identity(g, err) < 0 || msk_gather_certs(g, err) < 0 || msk_gather_zoneinfo(g, err) < 0 ||
	    msk_gather_skeleton(g, err) < 0 || msk_gather_healthcheck(g, err) < 0 ||
	    msk_gather_caps(g, err) < 0)
		return -1;
	if (msk_rootfs_seal(g->fs, err) < 0) {
		explain_conflict(g->plan, err);
		return -1;
	}
	if (msk_gather_prove(g, err) < 0)
		return -1;
	msk_warn_low_port(g);
	return 0;
}
