#include <string.h>

#include "mkscratch/gather.h"
#include "mkscratch/rootfs_view.h"

static int add_table(struct msk_gather *g, const char *path, const struct msk_str *text, const char *why, struct msk_err *err)
{
	return msk_rootfs_add_data(g->fs, &(struct msk_entry_spec){
		.path = path, .what = "identity", .why = why, .mode = 0644, .stratum = MSK_STRATUM_BASE },
		text->buf, text->len, err);
}

/* A directory or tree that the user puts there is as he wants it. */
static bool is_given(const struct msk_plan *p, const char *path)
{
	for (size_t i = 0; i < p->n_inputs; i++)
		if (strcmp(p->inputs[i].dest, path) == 0)
			return true;
	return false;
}

static int add_home(struct msk_gather *g, const struct msk_account *a, struct msk_err *err)
{
	MSK_AUTO_FREE char *what = a->own ? msk_xasprintf("--preset %s", msk_preset_name(g->plan->preset)) :
					    msk_xasprintf("--passwd-entry %s", a->name);
	MSK_AUTO_FREE char *why = msk_xasprintf("home of %s", a->name);

	if (!a->makes_home || is_given(g->plan, a->home))
		return 0;
	return msk_rootfs_add_dir(g->fs, &(struct msk_entry_spec){
		.path = a->home, .what = what, .why = why, .mode = 0700, .uid = a->uid, .gid = a->gid,
		.stratum = MSK_STRATUM_BASE }, err);
}

/* Behind the seal: a home that is there by other hands, and is none. */
int msk_check_homes(const struct msk_gather *g, struct msk_err *err)
{
	struct msk_rootfs_view view;

	msk_rootfs_view_init(&view, g->fs);
	for (size_t i = 0; i < g->plan->n_accounts; i++) {
		const struct msk_account *a = &g->plan->accounts[i];
		const struct msk_entry *e = a->own ? NULL : msk_rootfs_view_find(&view, a->home);

		if (e && e->type != MSK_DIR) {
			msk_fail(err, MSK_E_USAGE, "--passwd-entry %s: its home %s is a file (%s)", a->name, a->home,
				 e->origin.what);
			return msk_hint(err, "--passwd-entry NAME:UID[:GID[:HOME[:SHELL]]] with a directory for HOME");
		}
	}
	return 0;
}

int msk_gather_identity(struct msk_gather *g, struct msk_err *err)
{
	const struct msk_plan *p = g->plan;
	MSK_AUTO_STR passwd = MSK_STR_INIT;
	MSK_AUTO_STR group = MSK_STR_INIT;

	for (size_t i = 0; i < p->n_accounts; i++) {
		msk_account_add(&passwd, &p->accounts[i]);
		msk_str_addc(&passwd, '\n');
		if (add_home(g, &p->accounts[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < p->n_groups; i++) {
		msk_group_add(&group, &p->groups[i]);
		msk_str_addc(&group, '\n');
	}
	if (add_table(g, "/etc/passwd", &passwd, "root and the user of the image", err) < 0)
		return -1;
	return add_table(g, "/etc/group", &group, "groups of root and of the user of the image", err);
}
