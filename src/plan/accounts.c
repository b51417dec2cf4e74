/* --user, --passwd-entry, --group-entry: who is known in the image. */
#include <string.h>

#include "parts.h"

#define NOLOGIN "/sbin/nologin"
#define NO_HOME "/nonexistent"
#define NONROOT_HOME "/home/nonroot"

void msk_account_add(struct msk_str *out, const struct msk_account *a)
{
	msk_str_addf(out, "%s:x:%u:%u:%s:%s:%s", a->name, a->uid, a->gid, a->comment, a->home, a->shell);
}

/* What stands between colons on a line of passwd. */
static int check_text(const char *what, const char *text, struct msk_err *err)
{
	if (!msk_utf8_valid(text, strlen(text)))
		return msk_fail(err, MSK_E_USAGE, "%s: not valid UTF-8", what);
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return msk_fail(err, MSK_E_USAGE, "%s: control bytes are not allowed", what);
	return 0;
}

/* Not a word of it is repeated: it may be a secret. */
int msk_password_check(const char *option, const char *name, const char *password, struct msk_err *err)
{
	static const char *const harmless[] = { "", "x", "*", "!", "!!", "!*" };

	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
		if (strcmp(password, harmless[i]) == 0)
			return 0;
	msk_fail(err, MSK_E_USAGE, "%s %s: holds a password, which everybody could read", option, name);
	return msk_hint(err, "an image has no log-in: write x in its place");
}

/* Ids, once what passwd(5) puts between name and id is out of the way. */
static int parse_ids(const char *what, const char *name, const char *uid, const char *gid, uint32_t *out_uid,
		     uint32_t *out_gid, struct msk_err *err)
{
	if (msk_user_name_check(what, name, err) < 0)
		return -1;
	if (msk_id_parse("uid", uid, out_uid, err) < 0 || msk_id_parse("gid", gid, out_gid, err) < 0)
		return msk_ctx(err, "%s", what);
	if ((strcmp(name, "root") == 0) != (*out_uid == 0))
		return msk_fail(err, MSK_E_USAGE, "%s: uid 0 and the name root belong together", what);
	return 0;
}

/* Directories that others use are nobody's home, whatever a line copied from a host says. */
static bool is_own_home(const char *home)
{
	static const char *const whole[] = { "/", "/home", "/opt", "/run", "/srv", "/tmp", "/var", "/var/cache", "/var/lib",
					     "/var/log", "/var/run", "/var/spool", "/var/tmp", NO_HOME };
	static const char *const trees[] = { "/bin/", "/boot/", "/dev/", "/etc/", "/lib/", "/lib64/", "/proc/", "/sbin/",
					     "/sys/", "/usr/" };
	MSK_AUTO_FREE char *dir = msk_xasprintf("%s/", home);

	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
		if (strcmp(home, whole[i]) == 0)
			return false;
	for (size_t i = 0; i < sizeof trees / sizeof *trees; i++)
		if (msk_starts_with(dir, trees[i]))
			return false;
	return true;
}

static char *keep(struct msk_plan *p, const char *text)
{
	return msk_arena_text(&p->texts, text, strlen(text));
}

static int set_paths(struct msk_plan *p, struct msk_account *a, const char *what, const char *home, const char *shell,
		     struct msk_err *err)
{
	MSK_AUTO_FREE char *plain_home = NULL, *plain_shell = NULL;

	if (check_text(what, home, err) < 0 || check_text(what, shell, err) < 0 ||
	    msk_image_path(what, *home ? home : NO_HOME, &plain_home, err) < 0 ||
	    msk_image_path(what, *shell ? shell : NOLOGIN, &plain_shell, err) < 0)
		return -1;
	a->home = keep(p, plain_home);
	a->shell = keep(p, plain_shell);
	a->makes_home = is_own_home(a->home);
	return 0;
}

/* NAME:UID[:GID[:HOME[:SHELL]]], or a line of passwd(5), which has seven fields and no number behind the name. */
static int parse_account(struct msk_plan *p, const char *typed, struct msk_account *a, struct msk_err *err)
{
	MSK_AUTO_FREE char *what = msk_xasprintf("--passwd-entry %s", typed);
	MSK_AUTO_STRV f = MSK_STRV_INIT;
	bool line;

	msk_strv_split(&f, typed, ":");
	line = f.n == 7 && !msk_is_digits(f.v[1]);
	if (line && msk_password_check("--passwd-entry", f.v[0], f.v[1], err) < 0)
		return -1;
	if (f.n < 2 || (!line && f.n > 5))
		return msk_fail(err, MSK_E_USAGE, "%s: %s", what, f.n < 2 ? "has no uid" : "has too many fields");
	a->name = keep(p, f.v[0]);
	a->comment = line ? keep(p, f.v[4]) : a->name;
	if (check_text(what, a->comment, err) < 0)
		return -1;
	if (line)
		return parse_ids(what, a->name, f.v[2], f.v[3], &a->uid, &a->gid, err) < 0 ? -1 :
		       set_paths(p, a, what, f.v[5], f.v[6], err);
	if (parse_ids(what, a->name, f.v[1], f.n > 2 ? f.v[2] : f.v[1], &a->uid, &a->gid, err) < 0)
		return -1;
	return set_paths(p, a, what, f.n > 3 ? f.v[3] : "", f.n > 4 ? f.v[4] : "", err);
}

/* The accounts of a plan while they come. */
struct accounts {
	struct msk_plan *p;
	struct msk_roll roll;
};

static const struct msk_account *find_name(const struct accounts *all, const char *name)
{
	size_t i;

	return msk_roll_name(&all->roll, name, &i) ? &all->p->accounts[i] : NULL;
}

static const struct msk_account *find_uid(const struct accounts *all, uint32_t uid)
{
	size_t i;

	return msk_roll_id(&all->roll, uid, &i) ? &all->p->accounts[i] : NULL;
}

static void append(struct accounts *all, const struct msk_account *a)
{
	struct msk_plan *p = all->p;

	MSK_GROW(p->accounts, p->n_accounts, p->cap_accounts);
	msk_roll_add(&all->roll, a->name, a->uid, p->n_accounts);
	p->accounts[p->n_accounts++] = *a;
}

static int add_entries(const struct msk_options *o, struct accounts *all, struct msk_err *err)
{
	for (size_t i = 0; i < o->passwd_entry.n; i++) {
		struct msk_account a = { 0 };

		if (parse_account(all->p, o->passwd_entry.v[i], &a, err) < 0)
			return err->hint[0] ? -1 : msk_hint(err, "--passwd-entry NAME:UID[:GID[:HOME[:SHELL]]], or a line of "
								 "passwd(5)");
		append(all, &a);
	}
	return 0;
}

static void add_own(struct accounts *all, const char *name, uint32_t uid, uint32_t gid, const char *home)
{
	char *kept = keep(all->p, name);

	append(all, &(struct msk_account){ .name = kept, .comment = kept, .home = keep(all->p, home),
					   .shell = keep(all->p, NOLOGIN), .uid = uid, .gid = gid, .own = true,
					   .makes_home = all->p->preset && is_own_home(home) });
}

/* Those that come of themselves give way to whoever has the name or the number. */
static void add_preset(struct accounts *all, const char *name, uint32_t id, const char *home)
{
	if (!find_name(all, name) && !find_uid(all, id))
		add_own(all, name, id, id, home);
}

/* --user may be the name or the number of an entry, which then says the rest. */
static int find_user(const char *typed, const struct accounts *all, struct msk_err *err)
{
	struct msk_plan *p = all->p;
	const struct msk_account *a = find_name(all, typed);
	struct msk_err ignored = MSK_ERR_INIT;
	const struct msk_account *same;

	if (a) {
		p->user = (struct msk_user){ msk_xstrdup(a->name), a->uid, a->gid };
		return 0;
	}
	/* A bare name that is none of ours. */
	if (p->base && msk_user_name_check("user", typed, &ignored) == 0 && msk_user_parse(typed, &p->user, &ignored) < 0) {
		p->user = (struct msk_user){ .name = msk_xstrdup(typed) };
		p->user_from = MSK_USER_OF_BASE;
		return 0;
	}
	if (!p->user.name && msk_user_parse(typed, &p->user, err) < 0)
		return -1;
	same = find_uid(all, p->user.uid);
	if (same && msk_is_digits(typed))
		p->user.gid = same->gid;
	if (same && typed[strspn(typed, "0123456789:")] == '\0') {
		free(p->user.name);
		p->user.name = msk_xstrdup(same->name);
	}
	a = find_name(all, p->user.name);
	if (a && a->uid != p->user.uid)
		return msk_fail(err, MSK_E_USAGE, "user \"%s\": --passwd-entry gives %s the uid %u", typed, a->name, a->uid);
	return 0;
}

static int compare_accounts(const void *pa, const void *pb)
{
	const struct msk_account *a = pa, *b = pb;

	return a->uid != b->uid ? (a->uid > b->uid) - (a->uid < b->uid) : strcmp(a->name, b->name);
}

/* They are sorted: places are others now. */
static int check_accounts(const struct msk_plan *p, struct msk_names *names, struct msk_err *err)
{
	for (size_t i = 1; i < p->n_accounts; i++)
		if (p->accounts[i].uid == p->accounts[i - 1].uid)
			return msk_fail(err, MSK_E_USAGE, "uid %u: has two names (%s and %s)", p->accounts[i].uid,
					p->accounts[i - 1].name, p->accounts[i].name);
	for (size_t i = 0; i < p->n_accounts; i++) {
		const struct msk_account *a = &p->accounts[i];
		size_t first;

		if (msk_names_find(names, a->name, &first))
			return msk_fail(err, MSK_E_USAGE, "user \"%s\": given twice (uid %u and %u)", a->name,
					p->accounts[first].uid, a->uid);
		msk_names_lend(names, a->name, i);
	}
	return 0;
}

static const char *own_home(const struct msk_plan *p)
{
	if (p->user.uid == 0)
		return "/root";
	return p->preset == MSK_PRESET_DISTROLESS && p->user.uid == 65532 ? NONROOT_HOME : NO_HOME;
}

const char *msk_plan_default_user(const struct msk_plan *p)
{
	return p->preset == MSK_PRESET_DISTROLESS ? "nonroot" : "nobody";
}

bool msk_plan_has_default_user(const struct msk_plan *p)
{
	struct msk_err ignored = MSK_ERR_INIT;
	struct msk_user u = { 0 };
	bool same = msk_user_parse(msk_plan_default_user(p), &u, &ignored) == 0 && u.uid == p->user.uid &&
		    u.gid == p->user.gid && strcmp(u.name, p->user.name) == 0;

	free(u.name);
	return same;
}

static int gather(const struct msk_options *o, struct accounts *all, struct msk_err *err)
{
	struct msk_plan *p = all->p;
	const char *typed = o->user ? o->user : msk_plan_default_user(p);

	p->user_from = p->base && !o->user && p->preset == MSK_PRESET_SCRATCH ? MSK_USER_DEFAULT : MSK_USER_GIVEN;
	if (add_entries(o, all, err) < 0 || find_user(typed, all, err) < 0)
		return -1;
	if (p->user_from != MSK_USER_OF_BASE && !find_name(all, p->user.name))
		add_own(all, p->user.name, p->user.uid, p->user.gid, own_home(p));
	add_preset(all, "root", 0, "/root");
	if (p->preset == MSK_PRESET_DISTROLESS) {
		add_preset(all, "nobody", 65534, NO_HOME);
		add_preset(all, "nonroot", 65532, NONROOT_HOME);
	}
	qsort(p->accounts, p->n_accounts, sizeof *p->accounts, compare_accounts);
	return 0;
}

int msk_plan_accounts(const struct msk_options *o, struct msk_plan *p, struct msk_err *err)
{
	struct accounts all = { .p = p };
	MSK_CLEANUP(msk_names_release) struct msk_names names = { 0 };
	int rc = gather(o, &all, err);

	/* Of which there may be as many as of groups. */
	msk_roll_release(&all.roll);
	if (rc < 0 || check_accounts(p, &names, err) < 0)
		return -1;
	return msk_plan_groups(o, &names, p, err);
}
