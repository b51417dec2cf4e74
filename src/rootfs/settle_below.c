/* What the entries of a set are to those of the file system below. */
#include <string.h>

#include "entry.h"
#include "mkscratch/path.h"

/* A link that leads to a directory of libraries, where below there is a real directory: what it would have led to gets
 * links of its own there, also in the places of files: whoever brings a library that the base has means it. */
static void spread_link(struct msk_rootfs *fs, const struct msk_entry *link)
{
	MSK_AUTO_FREE char *dir = msk_xstrndup(link->path, (size_t)(strrchr(link->path, '/') - link->path));
	MSK_AUTO_STR target = MSK_STR_INIT;
	size_t known = fs->n;

	if (link->link[0] != '/')
		msk_str_adds(&target, dir);
	msk_path_append(&target, link->link);
	for (size_t i = 0; i < known; i++) {
		const struct msk_entry *e = &fs->v[i];
		MSK_AUTO_FREE char *path = NULL;
		struct msk_below_node n;

		if (e->type == MSK_DIR || strncmp(e->path, target.buf, target.len) != 0 || e->path[target.len] != '/')
			continue;
		path = msk_xasprintf("%s%s", link->path, e->path + target.len);
		if (fs->below->look(fs->below, path, &n) && n.type == MSK_DIR)
			continue;
		MSK_GROW(fs->v, fs->n, fs->cap);
		e = &fs->v[i];
		fs->v[fs->n++] = (struct msk_entry){
			.path = msk_take(&path),
			.type = MSK_SYMLINK,
			.link = msk_xstrdup(e->path),
			.mode = 0777,
			.stratum = e->stratum,
			.yields = true,
			.body.fd = -1,
			.origin = {
				.what = msk_xstrdup(e->origin.what),
				.why = msk_xstrdup(e->origin.why),
				.lasting = e->origin.lasting ? msk_xstrdup(e->origin.lasting) : NULL,
				.from = e->origin.from ? msk_xstrdup(e->origin.from) : NULL,
			},
		};
	}
}

/* false: the entry is not wanted. */
static bool settle(struct msk_rootfs *fs, size_t i)
{
	struct msk_entry *e = &fs->v[i];
	struct msk_below_node n;

	if (!fs->below->look(fs->below, e->path, &n))
		return true;
	if (e->gives_way)
		return false;
	if (e->type == MSK_DIR) {
		e->kept_below = n.type == MSK_DIR && n.mode == e->mode && n.uid == e->uid && n.gid == e->gid;
	} else if (n.type == MSK_DIR && e->type == MSK_SYMLINK && e->yields) {
		struct msk_entry link = { .path = e->path, .link = e->link };

		spread_link(fs, &link);
		return false;
	} else if (e->type == MSK_SYMLINK && n.type == MSK_SYMLINK) {
		e->kept_below = strcmp(n.link, e->link) == 0;
	}
	e->replaces = n.type == MSK_DIR && e->type != MSK_DIR;
	return true;
}

int msk_rootfs_settle_below(struct msk_rootfs *fs, struct msk_err *err)
{
	size_t before = fs->n, kept = 0;
	MSK_AUTO_FREE bool *wanted = fs->below ? msk_xcalloc(before + 1, sizeof *wanted) : NULL;

	if (!fs->below)
		return 0;
	for (size_t i = 0; i < before; i++)
		wanted[i] = settle(fs, i);
	for (size_t i = 0; i < fs->n; i++) {
		if (i < before && !wanted[i])
			msk_entry_release(&fs->v[i]);
		else
			fs->v[kept++] = fs->v[i];
	}
	fs->n = kept;
	msk_entries_sort(fs);
	return msk_rootfs_merge(fs, err);
}

bool msk_rootfs_covers(const struct msk_rootfs *fs, const char *path)
{
	const struct msk_entry *e = msk_rootfs_find(fs, path);
	MSK_AUTO_FREE char *dir = msk_xstrdup(path);

	if (e && !e->kept_below)
		return true;
	for (char *slash; (slash = strrchr(dir, '/')) && slash > dir;) {
		*slash = '\0';
		e = msk_rootfs_find(fs, dir);
		if (e && e->type != MSK_DIR)
			return true;
	}
	return false;
}
