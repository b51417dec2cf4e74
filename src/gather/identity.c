#include <string.h>

#include "mkscratch/fs.h"
#include "mkscratch/gather.h"
#include "mkscratch/roll.h"
#include "mkscratch/rootfs_view.h"

#define MAX_TABLE_BYTES (4u << 20)

static int add_table(struct msk_gather *g, const char *path, const struct msk_str *text, const char *why, bool by_itself,
		     struct msk_err *err)
{
	struct msk_below *below = msk_rootfs_below(g->fs);
	struct msk_below_node n = { .type = MSK_FILE, .mode = 0644 };

	if (below && below->look(below, path, &n) && n.type != MSK_FILE)
		n = (struct msk_below_node){ .mode = 0644 };
	return msk_rootfs_add_data(g->fs, &(struct msk_entry_spec){
		.path = path, .what = "identity", .why = why, .mode = n.mode, .uid = n.uid, .gid = n.gid,
		.stratum = MSK_STRATUM_BASE, .stands_in = by_itself }, text->buf, text->len, err);
}

/* What lines may be lacking by. */
struct known {
	struct msk_names homes;            /* of accounts, to the first that has it; */
	bool *given;                       /* whether an input of the plan is there */
	struct msk_roll passwd, group;     /* of the base, to their numbers */
	struct msk_names wanted;           /* groups that accounts of the plan, or the user, are in */
};

static void known_release(struct known *k)
{
	msk_names_release(&k->homes);
	free(k->given);
	msk_roll_release(&k->passwd);
	msk_roll_release(&k->group);
	msk_names_release(&k->wanted);
}

static void find_homes(const struct msk_plan *p, struct known *k)
{
	size_t at;

	k->given = msk_xcalloc(p->n_accounts + 1, sizeof *k->given);
	for (size_t i = 0; i < p->n_accounts; i++)
		if (p->accounts[i].makes_home)
			msk_names_lend(&k->homes, p->accounts[i].home, i);
	for (size_t i = 0; i < p->n_inputs; i++)
		if (msk_names_find(&k->homes, p->inputs[i].dest, &at))
			k->given[at] = true;
}

/* A directory or tree that the user puts there is as he wants it. */
static bool is_given(const struct known *k, const char *home)
{
	size_t at;

	return msk_names_find(&k->homes, home, &at) && k->given[at];
}

/* No option asks for a line in it: a table that the user brings is there instead. */
static bool passwd_is_own(const struct msk_plan *p)
{
	for (size_t i = 0; i < p->n_accounts; i++)
		if (!p->accounts[i].own)
			return false;
	return true;
}

static bool group_is_own(const struct msk_plan *p)
{
	for (size_t i = 0; i < p->n_groups; i++)
		if (!p->groups[i].own)
			return false;
	return true;
}

static void read_base(const struct msk_plan *p, const struct msk_base_facts *base, struct known *k)
{
	msk_roll_read(&k->passwd, base->passwd);
	msk_roll_read(&k->group, base->group);
	for (size_t i = 0; i < p->n_accounts; i++)
		if (!p->accounts[i].own)
			msk_names_add_id(&k->wanted, &(uint64_t){ p->accounts[i].gid }, 1, i);
	msk_names_add_id(&k->wanted, &(uint64_t){ p->user.gid }, 1, 0);
}

static int add_home(struct msk_gather *g, const struct known *k, const struct msk_account *a, struct msk_err *err)
{
	MSK_AUTO_FREE char *what = a->own ? msk_xasprintf("--preset %s", msk_preset_name(g->plan->preset)) :
					    msk_xasprintf("--passwd-entry %s", a->name);
	MSK_AUTO_FREE char *why = msk_xasprintf("home of %s", a->name);

	if (!a->makes_home || is_given(k, a->home))
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
static int extend_passwd(struct msk_gather *g, const struct known *k, const struct msk_account *a, struct msk_str *out,
			 struct msk_err *err)
{
	size_t uid, ignored;
	bool named = msk_roll_name(&k->passwd, a->name, &uid);

	if (a->own && (a->uid != g->plan->user.uid || msk_roll_id(&k->passwd, a->uid, &ignored)))
		return 0;
	if (named && uid != a->uid && (!a->own || g->plan->user_from == MSK_USER_GIVEN))
		return clash(a->own ? "--user" : "--passwd-entry", a->name, "passwd", a->uid, (uint32_t)uid, err);
	if (named || add_home(g, k, a, err) < 0)
		return named ? 0 : -1;
	msk_account_add(out, a);
	msk_str_addc(out, '\n');
	return 0;
}

static int extend_group(const struct known *k, const struct msk_group *group, struct msk_str *out, struct msk_err *err)
{
	size_t gid, ignored;
	bool named = msk_roll_name(&k->group, group->name, &gid);

	if (group->own && (named || msk_roll_id(&k->group, group->gid, &ignored) ||
			   !msk_names_find_id(&k->wanted, &(uint64_t){ group->gid }, 1, &ignored)))
		return 0;
	if (named)
		return gid == group->gid ? 0 :
		       clash("--group-entry", group->name, "group", group->gid, (uint32_t)gid, err);
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
static int extend_tables(struct msk_gather *g, struct known *k, struct msk_err *err)
{
	const struct msk_plan *p = g->plan;
	MSK_AUTO_STR passwd = MSK_STR_INIT;
	MSK_AUTO_STR group = MSK_STR_INIT;

	read_base(p, g->base, k);
	begin_table(&passwd, g->base->passwd);
	begin_table(&group, g->base->group);
	for (size_t i = 0; i < p->n_accounts; i++)
		if (extend_passwd(g, k, &p->accounts[i], &passwd, err) < 0)
			return -1;
	for (size_t i = 0; i < p->n_groups; i++)
		if (extend_group(k, &p->groups[i], &group, err) < 0)
			return -1;
	extend_for_user(g, &passwd, &group);
	if (passwd.len > strlen(g->base->passwd) + 1 &&
	    add_table(g, "/etc/passwd", &passwd, "the base's, and the user of the image", passwd_is_own(p), err) < 0)
		return -1;
	if (group.len <= strlen(g->base->group) + 1)
		return 0;
	return add_table(g, "/etc/group", &group, "the base's, and the group of the user of the image", group_is_own(p), err);
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
				 msk_what_told(e->origin.what));
			return msk_hint(err, "--passwd-entry NAME:UID[:GID[:HOME[:SHELL]]] with a directory for HOME");
		}
	}
	return 0;
}

/* Behind the seal: a table that was brought names the image's user, or programs that ask for it find nobody. */
int msk_check_user_named(const struct msk_gather *g, struct msk_err *err)
{
	const uint32_t *uid = &g->plan->user.uid;
	struct msk_rootfs_view view;
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;
	const struct msk_entry *e;
	enum msk_lookup how;
	uint32_t ignored;

	msk_rootfs_view_init(&view, g->fs);
	e = msk_rootfs_view_find(&view, "/etc/passwd");
	if (!e || e->type != MSK_FILE || strcmp(e->origin.what, "identity") == 0 || !msk_log_warns(g->log))
		return 0;
	if (view.tree.open(&view.tree, "/etc/passwd", &how, &f, NULL, err) < 0)
		return -1;
	if (how != MSK_FOUND || f.fd < 0 || f.size > MAX_TABLE_BYTES)
		return 0;
	if (msk_read_all(f.fd, MAX_TABLE_BYTES, &text, "/etc/passwd", err) < 0)
		return -1;
	if (!msk_account_lookup(msk_str_c(&text), NULL, uid, NULL, &ignored, &ignored))
		msk_warn(g->log, "%s: does not name %u, the user of the image; --user says another", e->origin.what, *uid);
	return 0;
}

int msk_gather_identity(struct msk_gather *g, struct msk_err *err)
{
	const struct msk_plan *p = g->plan;
	MSK_CLEANUP(known_release) struct known k = { .given = NULL };
	MSK_AUTO_STR passwd = MSK_STR_INIT;
	MSK_AUTO_STR group = MSK_STR_INIT;

	find_homes(p, &k);
	if (g->base && (*g->base->passwd || *g->base->group))
		return extend_tables(g, &k, err);
	for (size_t i = 0; i < p->n_accounts; i++) {
		msk_account_add(&passwd, &p->accounts[i]);
		msk_str_addc(&passwd, '\n');
		if (add_home(g, &k, &p->accounts[i], err) < 0)
			return -1;
	}
	for (size_t i = 0; i < p->n_groups; i++) {
		msk_group_add(&group, &p->groups[i]);
		msk_str_addc(&group, '\n');
	}
	if (g->base)
		extend_for_user(g, &passwd, &group);
	if (add_table(g, "/etc/passwd", &passwd, "root and the user of the image", passwd_is_own(p), err) < 0)
		return -1;
	return add_table(g, "/etc/group", &group, "groups of root and of the user of the image", group_is_own(p), err);
}
