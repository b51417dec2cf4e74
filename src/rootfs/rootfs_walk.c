#include <assert.h>
#include <string.h>

#include "entry.h"
#include "mkscratch/rootfs_walk.h"

void msk_rootfs_walk_init(struct msk_rootfs_walk *w, const struct msk_rootfs *fs)
{
	assert(fs->sealed);
	*w = (struct msk_rootfs_walk){ .fs = fs };
	if (!fs->packed)
		return;
	msk_table_walk_init(&w->packed, &fs->packed->files);
	w->more = msk_table_next(&w->packed);
}

/* Those whose paths begin with it stand together. */
void msk_rootfs_walk_below(struct msk_rootfs_walk *w, const struct msk_rootfs *fs, const char *dir)
{
	msk_rootfs_walk_init(w, fs);
	msk_str_addf(&w->prefix, "%s/", strcmp(dir, "/") == 0 ? "" : dir);
	w->next = msk_entries_from(fs, w->prefix.buf);
	w->more = w->more && msk_table_seek(&w->packed, w->prefix.buf, w->prefix.len);
}

void msk_rootfs_walk_release(struct msk_rootfs_walk *w)
{
	msk_str_release(&w->prefix);
	msk_str_release(&w->path);
	msk_str_release(&w->host_path);
	msk_table_walk_release(&w->packed);
}

static const struct msk_entry *show_packed(struct msk_rootfs_walk *w)
{
	const struct msk_packed *p = w->fs->packed;

	msk_packed_show(p, &w->packed, &w->e, &w->path, &w->host_path);
	w->e.number = w->fs->n + w->packed.number;
	w->more = msk_table_next(&w->packed);
	return &w->e;
}

const struct msk_entry *msk_rootfs_next(struct msk_rootfs_walk *w)
{
	const struct msk_entry *e = w->next < w->fs->n ? &w->fs->v[w->next] : NULL;

	if (w->more && (!e || msk_table_compare(w->packed.key, w->packed.n_key, e->path, strlen(e->path)) < 0))
		e = show_packed(w);
	else if (e)
		w->next++;
	if (e && strncmp(e->path, msk_str_c(&w->prefix), w->prefix.len) == 0)
		return e;
	w->next = w->fs->n;
	w->more = false;
	return NULL;
}
