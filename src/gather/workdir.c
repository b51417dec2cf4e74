/* The directory a program begins in. A Dockerfile's WORKDIR makes it, and so does --workdir; runtimes would make it too, but
 * as root's, and not on a file system that is read-only. */
#include <string.h>

#include "mkscratch/gather.h"
#include "mkscratch/rootfs_view.h"

#define WHAT "--workdir"

static bool is_there(const struct msk_rootfs *fs, const char *path)
{
	struct msk_rootfs_view view;

	msk_rootfs_view_init(&view, fs);
	/* A link that leads nowhere is as the user wants it. */
	return strcmp(path, "/") == 0 || msk_rootfs_find(fs, path) || msk_rootfs_view_find(&view, path);
}

int msk_gather_workdir(struct msk_gather *g, struct msk_err *err)
{
	const struct msk_config *c = &g->plan->config;

	if (!c->workdir_given || !c->workdir || is_there(g->fs, c->workdir))
		return 0;
	msk_rootfs_reopen(g->fs);
	if (msk_rootfs_add_dir(g->fs, &(struct msk_entry_spec){
		    .path = c->workdir, .what = WHAT, .why = "where the program begins", .mode = 0755,
		    .uid = g->plan->user.uid, .gid = g->plan->user.gid, .stratum = MSK_STRATUM_BASE, .gives_way = true },
		    err) < 0)
		return -1;
	return msk_rootfs_seal(g->fs, err);
}
