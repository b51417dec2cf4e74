/* --group-entry, and the groups that the accounts need. */
#include <stdio.h>
#include <string.h>

#include "parts.h"

void msk_group_add(struct msk_str *out, const struct msk_group *g)
{
	msk_str_addf(out, "%s:x:%u:%s", g->name, g->gid, g->members);
}

/* The groups of a plan while they come. */
struct groups {
	struct msk_plan *p;
	const struct msk_names *accounts;
	struct msk_roll roll;
};

static bool has_name(const struct groups *all, const char *name)
{
	size_t i;

	return msk_roll_name(&all->roll, name, &i);
}

static bool has_gid(const struct groups *all, uint32_t gid)
{
	size_t i;

	return msk_roll_id(&all->roll, gid, &i);
}

static void add(struct groups *all, const char *name, uint32_t gid, const char *members, bool own)
{
	struct msk_plan *p = all->p;
	char *kept = msk_arena_text(&p->texts, name, strlen(name));

	MSK_GROW(p->groups, p->n_groups, p->cap_groups);
	msk_roll_add(&all->roll, kept, gid, p->n_groups);
	p->groups[p->n_groups++] = (struct msk_group){ kept, gid, msk_arena_text(&p->texts, members, strlen(members)), own };
}

static int check_members(const struct groups *all, const char *what, const char *members, struct msk_err *err)
{
	MSK_CLEANUP(msk_names_release) struct msk_names seen = { 0 };
	MSK_AUTO_STRV name = MSK_STRV_INIT;

	if (!*members)
		return 0;
	msk_strv_split(&name, members, ",");
	for (size_t i = 0; i < name.n; i++) {
		size_t place;

		if (msk_names_find(&seen, name.v[i], &place))
			return msk_fail(err, MSK_E_USAGE, "%s: member \"%s\" is given twice", what, name.v[i]);
		if (!msk_names_find(all->accounts, name.v[i], &place)) {
			msk_fail(err, MSK_E_USAGE, "%s: member \"%s\" is no user of the image", what, name.v[i]);
			return msk_hint(err, "--passwd-entry NAME:UID makes one");
		}
		msk_names_lend(&seen, name.v[i], i);
	}
	return 0;
}

/* NAME:GID[:MEMBER,...], or a line of group(5): NAME:x:GID:MEMBER,... */
static int parse(struct groups *all, const char *typed, struct msk_err *err)
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
	if (check_members(all, what, members, err) < 0)
		return -1;
	if (has_name(all, f.v[0]) || has_gid(all, gid))
		return msk_fail(err, MSK_E_USAGE, "%s: the %s is given twice", what, has_gid(all, gid) ? "gid" : "name");
	add(all, f.v[0], gid, members, false);
	return 0;
}

/* Every gid has a name: that of its user, if no other group is called so. */
static void add_needed(struct groups *all, const char *name, uint32_t gid)
{
	char numbered[sizeof "group4294967295"];

	snprintf(numbered, sizeof numbered, "group%u", gid);
	if (has_gid(all, gid))
		return;
	if (!has_name(all, name) && strcmp(name, "root") != 0)
		add(all, name, gid, "", true);
	else if (!has_name(all, "group"))
		add(all, "group", gid, "", true);
	else
		add(all, numbered, gid, "", true);
}

static int compare(const void *pa, const void *pb)
{
	const struct msk_group *a = pa, *b = pb;

	return (a->gid > b->gid) - (a->gid < b->gid);
}

static int gather(const struct msk_options *o, struct groups *all, struct msk_err *err)
{
	struct msk_plan *p = all->p;

	for (size_t i = 0; i < o->group_entry.n; i++)
		if (parse(all, o->group_entry.v[i], err) < 0)
			return err->hint[0] ? -1 : msk_hint(err, "--group-entry NAME:GID[:MEMBER,...], or a line of group(5)");
	if (!has_gid(all, 0))
		add(all, "root", 0, "", true);
	for (size_t i = 0; i < p->n_accounts; i++)
		add_needed(all, p->accounts[i].name, p->accounts[i].gid);
	if (p->user_from != MSK_USER_OF_BASE)
		add_needed(all, p->user.name, p->user.gid);
	qsort(p->groups, p->n_groups, sizeof *p->groups, compare);
	return 0;
}

int msk_plan_groups(const struct msk_options *o, const struct msk_names *accounts, struct msk_plan *p, struct msk_err *err)
{
	struct groups all = { .p = p, .accounts = accounts };
	int rc = gather(o, &all, err);

	msk_roll_release(&all.roll);
	return rc;
}
