#include <assert.h>
#include <string.h>

#include "entry.h"
#include "mkscratch/rootfs_walk.h"

void msk_rootfs_walk_init(struct msk_rootfs_walk *w, const struct msk_rootfs *fs)
{
	assert(fs->sealed);
	*w = (struct msk_rootfs_walk){ .fs = fs, .end = fs->n };
}

/* Those whose paths begin with it stand together. */
void msk_rootfs_walk_below(struct msk_rootfs_walk *w, const struct msk_rootfs *fs, const char *dir)
{
	size_t lo = 0, hi = fs->n;

	msk_rootfs_walk_init(w, fs);
	msk_str_addf(&w->prefix, "%s/", strcmp(dir, "/") == 0 ? "" : dir);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (strcmp(fs->v[mid].path, w->prefix.buf) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	w->next = lo;
}

void msk_rootfs_walk_release(struct msk_rootfs_walk *w)
{
	msk_str_release(&w->prefix);
}

const struct msk_entry *msk_rootfs_next(struct msk_rootfs_walk *w)
{
	const struct msk_entry *e = w->next < w->end ? &w->fs->v[w->next] : NULL;

	if (!e || strncmp(e->path, msk_str_c(&w->prefix), w->prefix.len) != 0)
		return NULL;
	w->next++;
	return e;
}
