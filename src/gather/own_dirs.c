/* Where the program begins and what it keeps. A Dockerfile's WORKDIR makes its directory, and so does --workdir; runtimes would
 * make it too, but as root's, and not on a file system that is read-only. A new volume takes over the owner and mode of the
 * directory that it is mounted on, and where there is none it is root's: the program could not write to it. */
#include <string.h>

#include "mkscratch/gather.h"
#include "mkscratch/rootfs_view.h"

struct own_dir {
	const char *what, *why, *path;
};

static bool is_there(const struct msk_rootfs_view *view, const struct msk_rootfs *fs, const char *path)
{
	/* A link that leads nowhere is as the user wants it. */
	return strcmp(path, "/") == 0 || msk_rootfs_find(fs, path) || msk_rootfs_view_find(view, path);
}

/* Those that are not there, the working directory first; the caller frees `*out`. */
static size_t missing(const struct msk_gather *g, struct own_dir **out)
{
	const struct msk_config *c = &g->plan->config;
	struct own_dir *dirs = msk_xcalloc(c->n_given_volumes + 1, sizeof *dirs);
	struct msk_rootfs_view view;
	size_t n = 0;

	msk_rootfs_view_init(&view, g->fs);
	if (c->workdir_given && c->workdir && !is_there(&view, g->fs, c->workdir))
		dirs[n++] = (struct own_dir){ "--workdir", "where the program begins", c->workdir };
	for (size_t i = 0; i < c->n_given_volumes; i++)
		if (!is_there(&view, g->fs, c->volumes.v[i]) && !(n && strcmp(dirs[0].path, c->volumes.v[i]) == 0))
			dirs[n++] = (struct own_dir){ "--volume", "what the program keeps", c->volumes.v[i] };
	*out = dirs;
	return n;
}

static int add(struct msk_gather *g, const struct own_dir *d, struct msk_err *err)
{
	return msk_rootfs_add_dir(g->fs, &(struct msk_entry_spec){
		.path = d->path, .what = d->what, .why = d->why, .mode = 0755,
		.uid = g->plan->user.uid, .gid = g->plan->user.gid, .stratum = MSK_STRATUM_BASE, .gives_way = true }, err);
}

int msk_gather_own_dirs(struct msk_gather *g, struct msk_err *err)
{
	MSK_AUTO_FREE struct own_dir *dirs = NULL;
	const size_t n = missing(g, &dirs);

	if (n == 0)
		return 0;
	msk_rootfs_reopen(g->fs);
	for (size_t i = 0; i < n; i++)
		if (add(g, &dirs[i], err) < 0)
			return -1;
	return msk_rootfs_seal(g->fs, err);
}
