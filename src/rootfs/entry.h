/* Inside of the rootfs: entries while the set is open and while it is being sealed. */
#ifndef ROOTFS_ENTRY_H
#define ROOTFS_ENTRY_H

#include "mkscratch/arena.h"
#include "mkscratch/rootfs.h"
#include "packed.h"

/* Capabilities that wait for the seal. */
struct msk_caps_wish {
	char *path, *what;
	uint64_t caps;
};

struct msk_rootfs {
	struct msk_entry *v;
	size_t n, cap;
	struct msk_caps_wish *wishes;
	size_t n_wishes, cap_wishes;
	struct msk_below *below;
	struct msk_packed *packed;  /* NULL: there are none */
	struct msk_arena texts;     /* of the entries, also of those that are gone */
	struct msk_origin last;     /* added: as a rule the next is there for the same reason */
	bool sealed;
};

/* The texts of an origin from elsewhere, as this set has them. */
struct msk_origin msk_rootfs_origin(struct msk_rootfs *fs, const struct msk_origin *o);
const char *msk_rootfs_text(struct msk_rootfs *fs, const char *text);
void msk_entries_sort(struct msk_rootfs *fs);
/* The first of the entries that are not packed whose path does not come before this one. */
size_t msk_entries_from(const struct msk_rootfs *fs, const char *path);
struct msk_entry *msk_entries_find(const struct msk_rootfs *fs, const char *path);      /* NULL: there is none among them */

/* Steps of the seal, in their order. */
int msk_rootfs_follow_links(struct msk_rootfs *fs, struct msk_err *err);
int msk_rootfs_merge(struct msk_rootfs *fs, struct msk_err *err);
int msk_rootfs_settle_below(struct msk_rootfs *fs, struct msk_err *err);
int msk_rootfs_grant_caps(struct msk_rootfs *fs, struct msk_err *err);
int msk_rootfs_add_parents(struct msk_rootfs *fs, struct msk_err *err);

/* Where `path` leads by the symlinks of the file system below, its last part too; "/" is its root. NULL: in circles. Heap. */
char *msk_rootfs_leads_below(const struct msk_rootfs *fs, const char *path);

#endif
