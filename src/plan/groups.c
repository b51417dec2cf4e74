/* --group-entry, and the groups that the accounts need. */
#include <string.h>

#include "parts.h"

void msk_group_release(struct msk_group *g)
{
	free(g->name);
	free(g->members);
}

void msk_group_add(struct msk_str *out, const struct msk_group *g)
{
	msk_str_addf(out, "%s:x:%u:%s", g->name, g->gid, g->members);
}

static const struct msk_group *find_name(const struct msk_plan *p, const char *name)
{
	for (size_t i = 0; i < p->n_groups; i++)
		if (strcmp(p->groups[i].name, name) == 0)
			return &p->groups[i];
	return NULL;
}

static const struct msk_group *find_gid(const struct msk_plan *p, uint32_t gid)
{
	for (size_t i = 0; i < p->n_groups; i++)
		if (p->groups[i].gid == gid)
			return &p->groups[i];
	return NULL;
}

static void add(struct msk_plan *p, char *own_name, uint32_t gid, const char *members, bool own)
{
	MSK_GROW(p->groups, p->n_groups, p->cap_groups);
	p->groups[p->n_groups++] = (struct msk_group){ own_name, gid, msk_xstrdup(members), own };
}

static bool is_account(const struct msk_plan *p, const char *name)
{
	for (size_t i = 0; i < p->n_accounts; i++)
		if (strcmp(p->accounts[i].name, name) == 0)
			return true;
	return false;
}

static int check_members(const struct msk_plan *p, const char *what, const char *members, struct msk_err *err)
{
	MSK_AUTO_STRV name = MSK_STRV_INIT;

	if (!*members)
		return 0;
	msk_strv_split(&name, members, ",");
	for (size_t i = 0; i < name.n; i++) {
		for (size_t k = 0; k < i; k++)
			if (strcmp(name.v[k], name.v[i]) == 0)
				return msk_fail(err, MSK_E_USAGE, "%s: member \"%s\" is given twice", what, name.v[i]);
		if (!is_account(p, name.v[i])) {
			msk_fail(err, MSK_E_USAGE, "%s: member \"%s\" is no user of the image", what, name.v[i]);
			return msk_hint(err, "--passwd-entry NAME:UID makes one");
		}
	}
	return 0;
}

/* NAME:GID[:MEMBER,...], or a line of group(5): NAME:x:GID:MEMBER,... */
static int parse(struct msk_plan *p, const char *typed, struct msk_err *err)
{
	MSK_AUTO_FREE char *what = msk_xasprintf("--group-entry %s", typed);
	MSK_AUTO_STRV f = MSK_STRV_INIT;
	const char *members;
	uint32_t gid;
	size_t at;

	msk_strv_split(&f, typed, ":");
	at = f.n == 4 ? 2 : 1;
	if (f.n == 4 && msk_password_check("--group-entry", f.v[0], f.v[1], err) < 0)
		return -1;
	if (f.n < 2 || f.n > 4)
		return msk_fail(err, MSK_E_USAGE, "%s: %s", what, f.n < 2 ? "has no gid" : "has too many fields");
	if (msk_user_name_check(what, f.v[0], err) < 0)
		return -1;
	if (msk_id_parse("gid", f.v[at], &gid, err) < 0)
		return msk_ctx(err, "%s", what);
	if ((strcmp(f.v[0], "root") == 0) != (gid == 0))
		return msk_fail(err, MSK_E_USAGE, "%s: gid 0 and the name root belong together", what);
	members = f.n > at + 1 ? f.v[at + 1] : "";
	if (check_members(p, what, members, err) < 0)
		return -1;
	if (find_name(p, f.v[0]) || find_gid(p, gid))
		return msk_fail(err, MSK_E_USAGE, "%s: the %s is given twice", what, find_gid(p, gid) ? "gid" : "name");
	add(p, msk_xstrdup(f.v[0]), gid, members, false);
	return 0;
}

/* Every gid has a name: that of its user, if no other group is called so. */
static void add_needed(struct msk_plan *p, const char *name, uint32_t gid)
{
	if (find_gid(p, gid))
		return;
	if (!find_name(p, name) && strcmp(name, "root") != 0)
		add(p, msk_xstrdup(name), gid, "", true);
	else if (!find_name(p, "group"))
		add(p, msk_xstrdup("group"), gid, "", true);
	else
		add(p, msk_xasprintf("group%u", gid), gid, "", true);
}

static int compare(const void *pa, const void *pb)
{
	const struct msk_group *a = pa, *b = pb;

	return (a->gid > b->gid) - (a->gid < b->gid);
}

int msk_plan_groups(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	for (size_t i = 0; i < o->group_entry.n; i++)
		if (parse(p, o->group_entry.v[i], err) < 0)
			return err->hint[0] ? -1 : msk_hint(err, "--group-entry NAME:GID[:MEMBER,...], or a line of group(5)");
	if (!find_gid(p, 0))
		add(p, msk_xstrdup("root"), 0, "", true);
	for (size_t i = 0; i < p->n_accounts; i++)
		add_needed(p, p->accounts[i].name, p->accounts[i].gid);
	if (p->user_from != MSK_USER_OF_BASE)
		add_needed(p, p->user.name, p->user.gid);
	qsort(p->groups, p->n_groups, sizeof *p->groups, compare);
	return 0;
}
