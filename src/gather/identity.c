#include <string.h>

#include "mkscratch/gather.h"
#include "mkscratch/rootfs_view.h"

static int add_table(struct msk_gather *g, const char *path, const struct msk_str *text, const char *why, struct msk_err *err)
{
	struct msk_below *below = msk_rootfs_below(g->fs);
	struct msk_below_node n = { .type = MSK_FILE, .mode = 0644 };

	if (below && below->look(below, path, &n) && n.type != MSK_FILE)
		n = (struct msk_below_node){ .mode = 0644 };
	return msk_rootfs_add_data(g->fs, &(struct msk_entry_spec){
		.path = path, .what = "identity", .why = why, .mode = n.mode, .uid = n.uid, .gid = n.gid,
		.stratum = MSK_STRATUM_BASE }, text->buf, text->len, err);
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
		.stratum = MSK_STRATUM_BASE, .gives_way = true }, err);
}

static void begin_table(struct msk_str *out, const char *theirs)
{
	msk_str_adds(out, theirs);
	if (out->len && out->buf[out->len - 1] != '\n')
		msk_str_addc(out, '\n');
}

static int clash(const char *option, const char *name, const char *table, uint32_t id, uint32_t theirs, struct msk_err *err)
{
	msk_fail(err, MSK_E_USAGE, "%s %s: %s of the base has it as %u, not %u", option, name, table, theirs, id);
	return msk_hint(err, "choose another name, or the number of the base");
}

/* The base's own line stays; what comes of itself is added only for the user of the image, and not at all where the base
 * knows the number or has given the name away. */
static int extend_passwd(struct msk_gather *g, const struct msk_account *a, struct msk_str *out, struct msk_err *err)
{
	const char *text = g->base->passwd;
	uint32_t uid = 0, gid = 0;
	bool known = msk_account_lookup(text, NULL, &a->uid, NULL, &uid, &gid);
	bool named = msk_account_lookup(text, a->name, NULL, NULL, &uid, &gid);

	if (a->own && (a->uid != g->plan->user.uid || known))
		return 0;
	if (named && uid != a->uid && (!a->own || g->plan->user_from == MSK_USER_GIVEN))
		return clash(a->own ? "--user" : "--passwd-entry", a->name, "passwd", a->uid, uid, err);
	if (named || add_home(g, a, err) < 0)
		return named ? 0 : -1;
	msk_account_add(out, a);
	msk_str_addc(out, '\n');
	return 0;
}

static bool is_wanted(const struct msk_plan *p, uint32_t gid)
{
	for (size_t i = 0; i < p->n_accounts; i++)
		if (!p->accounts[i].own && p->accounts[i].gid == gid)
			return true;
	return p->user.gid == gid;
}

static int extend_group(struct msk_gather *g, const struct msk_group *group, struct msk_str *out, struct msk_err *err)
{
	const char *text = g->base->group;
	uint32_t gid = 0, ignored;
	bool known = msk_account_lookup(text, NULL, &group->gid, NULL, &gid, &ignored);
	bool named = msk_account_lookup(text, group->name, NULL, NULL, &gid, &ignored);

	if (group->own && (known || named || !is_wanted(g->plan, group->gid)))
		return 0;
	if (named)
		return gid == group->gid ? 0 : clash("--group-entry", group->name, "group", group->gid, gid, err);
	msk_group_add(out, group);
	msk_str_addc(out, '\n');
	return 0;
}

/* A user the base runs as without having a name for him. */
static void extend_for_user(const struct msk_gather *g, struct msk_str *passwd, struct msk_str *group)
{
	const struct msk_user *u = &g->plan->user;
	uint32_t ignored;

	if (!msk_account_lookup(msk_str_c(passwd), NULL, &u->uid, NULL, &ignored, &ignored) &&
	    !msk_account_lookup(msk_str_c(passwd), u->name, NULL, NULL, &ignored, &ignored))
		msk_str_addf(passwd, "%s:x:%u:%u:%s:/nonexistent:/sbin/nologin\n", u->name, u->uid, u->gid, u->name);
	if (!msk_account_lookup(msk_str_c(group), NULL, &u->gid, NULL, &ignored, &ignored) &&
	    !msk_account_lookup(msk_str_c(group), u->name, NULL, NULL, &ignored, &ignored))
		msk_str_addf(group, "%s:x:%u:\n", u->name, u->gid);
}

/* What the base has, and behind it the lines that it lacks. */
static int extend_tables(struct msk_gather *g, struct msk_err *err)
{
	const struct msk_plan *p = g->plan;
	MSK_AUTO_STR passwd = MSK_STR_INIT;
	MSK_AUTO_STR group = MSK_STR_INIT;

	begin_table(&passwd, g->base->passwd);
	begin_table(&group, g->base->group);
	for (size_t i = 0; i < p->n_accounts; i++)
		if (extend_passwd(g, &p->accounts[i], &passwd, err) < 0)
			return -1;
	for (size_t i = 0; i < p->n_groups; i++)
		if (extend_group(g, &p->groups[i], &group, err) < 0)
			return -1;
	extend_for_user(g, &passwd, &group);
	if (passwd.len > strlen(g->base->passwd) + 1 &&
	    add_table(g, "/etc/passwd", &passwd, "the base's, and the user of the image", err) < 0)
		return -1;
	if (group.len <= strlen(g->base->group) + 1)
		return 0;
	return add_table(g, "/etc/group", &group, "the base's, and the group of the user of the image", err);
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

	if (g->base && (*g->base->passwd || *g->base->group))
		return extend_tables(g, err);
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
	if (g->base)
		extend_for_user(g, &passwd, &group);
	if (add_table(g, "/etc/passwd", &passwd, "root and the user of the image", err) < 0)
		return -1;
	return add_table(g, "/etc/group", &group, "groups of root and of the user of the image", err);
}
