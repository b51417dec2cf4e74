/* Behind the seal: what the image's user may get at, by the modes of files and of the directories on the way. */
#ifndef GATHER_REACH_H
#define GATHER_REACH_H

#include "mkscratch/access.h"
#include "mkscratch/gather.h"
#include "mkscratch/rootfs_view.h"

/* What keeps somebody from a file: that itself, or a directory on the way to it. */
struct msk_refusal {
	struct msk_sight at;
	const char *verb;               /* "search", "read", "execute"; static */
};
#define MSK_AUTO_REFUSAL MSK_CLEANUP(msk_refusal_release) struct msk_refusal
void msk_refusal_release(struct msk_refusal *r);

/* The image's user, whose groups are his own alone: the config gives him by two numbers. */
struct msk_who msk_gather_user(const struct msk_gather *g);

/* Is there something that keeps `who` from `right` on what `path` leads to? What is not there is refused to nobody. *out is
 * the caller's to release, whatever the result. */
bool msk_find_refusal(const struct msk_rootfs_view *v, const struct msk_who *who, const char *path, unsigned right,
		      struct msk_refusal *out);
/* "user 65534 may not search /srv (mode 0700, 0:0)"; heap. */
char *msk_refusal_text(const struct msk_refusal *r, const struct msk_who *who);
/* What lets everybody: "--dir /srv:0755", "chmod a+rx pub", "--file a:/a:0644 instead of --file a:/a:0600"; heap. NULL: no
 * option does, as it is a file of the base. */
char *msk_refusal_cure(const struct msk_refusal *r, const struct msk_plan *plan);

#endif
