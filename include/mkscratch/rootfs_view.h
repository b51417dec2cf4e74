/* A sealed rootfs as the read-only tree a program inside the image will see: the resolver of ELF dependencies
 * runs over it as it does over the host.
 *
 * Each entry is a file of its own here, as it will be when the layers are unpacked, even where two entries have their
 * bytes from one file of the host. Files open as what they were when they were gathered, or fail. */
#ifndef MKSCRATCH_ROOTFS_VIEW_H
#define MKSCRATCH_ROOTFS_VIEW_H

#include "mkscratch/rootfs.h"
#include "mkscratch/rotree.h"

/* The device of files that stand below alone (msk_rootfs_lay_over); no host has such a one. */
#define MSK_DEV_BELOW UINT64_MAX

/* Owns nothing; the rootfs must outlive it and stay sealed. */
struct msk_rootfs_view {
	struct msk_rotree tree;        /* first: what the callbacks get */
	const struct msk_rootfs *fs;
};

void msk_rootfs_view_init(struct msk_rootfs_view *v, const struct msk_rootfs *fs);

/* The entry that `path` leads to through the symlinks of the image; NULL when nowhere, or to the root itself. */
const struct msk_entry *msk_rootfs_view_find(const struct msk_rootfs_view *v, const char *path);
/* An entry as such a file, of a walk too: what is looked up by its path is remembered, which of a million files is much.
 * Fails: MSK_E_IO. */
int msk_rootfs_view_open_entry(const struct msk_entry *e, struct msk_rofile *out, struct msk_err *err);
/* What `path` leads to, whether an entry or what stands below alone. */
struct msk_sight {
	const struct msk_entry *e;     /* NULL: it stands below alone */
	char *path;                    /* where it is, links followed */
	enum msk_entry_type type;
	uint32_t mode, uid, gid;
};
#define MSK_AUTO_SIGHT MSK_CLEANUP(msk_sight_release) struct msk_sight
/* False: nowhere, or to the root itself. *out is the caller's to release, whatever the result. */
bool msk_rootfs_view_look(const struct msk_rootfs_view *v, const char *path, struct msk_sight *out);
void msk_sight_release(struct msk_sight *s);

#endif
