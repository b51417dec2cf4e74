#include <string.h>

#include "mkscratch/gather.h"

#define WHAT "identity"

static int add(struct msk_gather *g, const char *path, const char *text, const char *why, struct msk_err *err)
{
	return msk_rootfs_add_data(g->fs, &(struct msk_entry_spec){
		.path = path, .what = WHAT, .why = why, .mode = 0644, .stratum = MSK_STRATUM_BASE },
		text, strlen(text), err);
}

/* Root is always there and no other user has uid 0: the plan sees to that. So the lines are sorted by uid. */
static int add_passwd(struct msk_gather *g, const struct msk_user *u, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_str_adds(&text, "root:x:0:0:root:/root:/sbin/nologin\n");
	if (strcmp(u->name, "root") != 0)
		msk_str_addf(&text, "%s:x:%u:%u:%s:/nonexistent:/sbin/nologin\n", u->name, u->uid, u->gid, u->name);
	return add(g, "/etc/passwd", text.buf, "root and the user of the image", err);
}

/* The group of a user who is root but for the group has no name to take over. */
static int add_group(struct msk_gather *g, const struct msk_user *u, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_str_adds(&text, "root:x:0:\n");
	if (u->gid != 0)
		msk_str_addf(&text, "%s:x:%u:\n", strcmp(u->name, "root") != 0 ? u->name : "group", u->gid);
	return add(g, "/etc/group", text.buf, "groups of root and of the user of the image", err);
}

int msk_gather_identity(struct msk_gather *g, struct msk_err *err)
{
	static const char nsswitch[] =
		"passwd: files\n"
		"group: files\n"
		"shadow: files\n"
		"hosts: files dns\n"
		"networks: files\n"
		"protocols: files\n"
		"services: files\n";
	const struct msk_user *u = &g->plan->user;

	if (add_passwd(g, u, err) < 0 || add_group(g, u, err) < 0)
		return -1;
	return add(g, "/etc/nsswitch.conf", nsswitch, "files, and DNS for hosts", err);
}
