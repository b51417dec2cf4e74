#include "mkscratch/access.h"

#include <sys/stat.h>

static bool is_member(const struct msk_who *who, uint32_t gid)
{
	for (size_t i = 0; i < who->n_groups; i++)
		if (who->groups[i] == gid)
			return true;
	return who->gid == gid;
}

bool msk_may(const struct msk_who *who, unsigned mode, uint32_t uid, uint32_t gid, unsigned right)
{
	if (who->uid == 0)
		return right == MSK_MAY_READ || mode & 0111;
	return mode >> (who->uid == uid ? 6 : is_member(who, gid) ? 3 : 0) & right;
}

bool msk_may_search(const struct msk_who *who, unsigned mode, uint32_t uid, uint32_t gid)
{
	return who->uid == 0 || msk_may(who, mode, uid, gid, MSK_MAY_EXECUTE);
}

/* execve(2): a set-gid bit without the right of the group to execute is no such thing. */
bool msk_gains_rights(const struct msk_who *who, unsigned mode, uint32_t uid, uint32_t gid, bool has_caps)
{
	bool sets_gid = (mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP);

	return (mode & S_ISUID && uid != who->uid) || (sets_gid && gid != who->gid) || (has_caps && who->uid != 0);
}
