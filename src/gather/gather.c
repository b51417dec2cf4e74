#include "mkscratch/gather.h"

#include "common.h"
#include "mkscratch/task.h"
#include "program.h"

/* A user who brings a table and asks for lines in it. */
static void explain_conflict(struct msk_err *err)
{
	static const struct { const char *table, *option; } ours[] = { { "/etc/passwd", "--passwd-entry" },
								       { "/etc/group", "--group-entry" } };

	for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
		MSK_AUTO_FREE char *subject = msk_xasprintf("%s: given by --user ", ours[i].table);

		if (msk_starts_with(err->msg, subject))
			msk_hint(err, "put the lines of %s into that file, and leave the option out", ours[i].option);
	}
}

/* Zones are hundreds of small files and one waits for the system most of the time: they are read beside the rest, into
 * a set of their own, unless another image has brought them already. */
struct zones {
	struct msk_task task;          /* first: the task is this */
	struct msk_gather g;
	struct msk_err err;
	bool begun, common;
	int rc;
};

static void gather_zones(struct msk_task *t)
{
	struct zones *z = (struct zones *)t;

	z->rc = msk_gather_zoneinfo(&z->g, &z->err);
}

/* With -v a log tells what is done in its order. */
static void start_zones(struct zones *z, struct msk_gather *g)
{
	bool many = g->plan->tz && !g->plan->zones.n;

	*z = (struct zones){ .task = { .run = gather_zones }, .g = *g, .err = MSK_ERR_INIT };
	z->common = msk_common_take(g, MSK_WANT_ZONES);
	if (z->common)
		return;
	z->g.fs = msk_rootfs_new();
	z->begun = many && g->log->level < MSK_LOG_INFO && msk_pool_threads(g->pool);
	if (z->begun)
		msk_task_start(g->pool, &z->task);
}

/* Those that were not begun yet are gathered now. */
static int take_zones(struct zones *z, struct msk_gather *g, struct msk_err *err)
{
	if (z->common)
		return 0;
	if (z->begun)
		msk_task_join(&z->task);
	else
		gather_zones(&z->task);
	if (z->rc < 0)
		*err = z->err;
	else
		msk_common_give(g, MSK_WANT_ZONES, msk_take(&z->g.fs));
	return z->rc;
}

static void end_zones(struct zones *z)
{
	msk_task_join(&z->task);
	if (!z->common)
		msk_rootfs_free(z->g.fs);
}

static int gather_certs(struct msk_gather *g, struct msk_err *err)
{
	MSK_CLEANUP(msk_rootfs_cleanup) struct msk_rootfs *own = msk_rootfs_new();
	struct msk_gather apart = *g;

	if (msk_common_take(g, MSK_WANT_CERTIFICATES))
		return 0;
	apart.fs = own;
	if (msk_gather_certs(&apart, err) < 0)
		return -1;
	g->certs = apart.certs;
	msk_common_give(g, MSK_WANT_CERTIFICATES, msk_take(&own));
	return 0;
}

static int gather_content(struct msk_gather *g, struct msk_err *err)
{
	MSK_CLEANUP(end_zones) struct zones zones;

	start_zones(&zones, g);
	return msk_gather_extra(g, err) < 0 || msk_gather_identity(g, err) < 0 || gather_certs(g, err) < 0 ||
	       take_zones(&zones, g, err) < 0 || msk_gather_skeleton(g, err) < 0 ||
	       msk_gather_healthcheck(g, err) < 0 || msk_gather_caps(g, err) < 0 ? -1 : 0;
}

int msk_gather_all(struct msk_gather *g, struct msk_err *err)
{
	if (msk_gather_programs(g, err) < 0 || msk_gather_needs(g, err) < 0 || gather_content(g, err) < 0)
		return -1;
	if (msk_rootfs_seal(g->fs, err) < 0) {
		explain_conflict(err);
		return -1;
	}
	if (msk_gather_own_dirs(g, err) < 0 || msk_gather_cert_links(g, err) < 0 || msk_check_homes(g, err) < 0 ||
	    msk_check_user_named(g, err) < 0 || msk_gather_prove(g, err) < 0 || msk_check_reach(g, err) < 0 ||
	    msk_check_commands(g, err) < 0 || msk_check_tree_elfs(g, err) < 0)
		return -1;
	msk_warn_low_port(g);
	return 0;
}
