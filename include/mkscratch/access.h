/* Whom the mode of a file lets do what, as Linux decides it (path_resolution(7), "Permissions"). */
#ifndef MKSCRATCH_ACCESS_H
#define MKSCRATCH_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Groups beside the first are borrowed. */
struct msk_who {
	uint32_t uid, gid;
	const uint32_t *groups;
	size_t n_groups;
};

#define MSK_MAY_READ    4
#define MSK_MAY_EXECUTE 1

/* A file of `mode` that is `uid`'s and `gid`'s. Root reads all, and executes what anybody may. */
bool msk_may(const struct msk_who *who, unsigned mode, uint32_t uid, uint32_t gid, unsigned right);
/* A directory on the way to a file. Root goes everywhere. */
bool msk_may_search(const struct msk_who *who, unsigned mode, uint32_t uid, uint32_t gid);
/* Does a program of `mode` that is `uid`'s and `gid`'s, with file capabilities or without, start with more rights than `who`
 * has, so that the kernel tells its loader (AT_SECURE) to trust less? Set-id bits give rights to others than the owner,
 * capabilities to others than root. */
bool msk_gains_rights(const struct msk_who *who, unsigned mode, uint32_t uid, uint32_t gid, bool has_caps);

#endif
