#include "starter.h"

#include <string.h>

#include "mkscratch/path.h"

/* runc takes no more. */
#define MAX_ID INT32_MAX

static bool take_number(const char *text, size_t n, uint32_t *out)
{
	MSK_AUTO_FREE char *digits = msk_xstrndup(text, n);
	unsigned long long value;

	if (!msk_parse_u64(digits, MAX_ID, &value))
		return false;
	*out = (uint32_t)value;
	return true;
}

bool msk_starter_id(const char *text, size_t n)
{
	uint32_t ignored;

	return take_number(text, n, &ignored);
}

/* The line of passwd(5) or group(5) that is of this name, or of this number where it is one: its fields. */
static bool find_line(const struct msk_str *table, const char *who, struct msk_strv *out)
{
	MSK_AUTO_STRV lines = MSK_STRV_INIT;
	uint32_t wanted = 0, id;
	bool number = take_number(who, strlen(who), &wanted);

	msk_strv_split(&lines, msk_str_c(table), "\n");
	for (size_t i = 0; i < lines.n; i++) {
		MSK_AUTO_STRV f = MSK_STRV_INIT;

		msk_strv_split(&f, lines.v[i], ":");
		if (f.n < 4 || !take_number(f.v[2], strlen(f.v[2]), &id) ||
		    (strcmp(f.v[0], who) != 0 && !(number && id == wanted)))
			continue;
		msk_strv_copy(out, &f);
		return true;
	}
	return false;
}

static bool has_member(const char *members, const char *name)
{
	MSK_AUTO_STRV v = MSK_STRV_INIT;

	msk_strv_split(&v, members, ",");
	return msk_strv_has(&v, name);
}

/* Of group(5), "staff:x:50:me,you": the groups that the user is in. */
static void take_groups(struct msk_starter *s, const struct msk_str *table, const char *name)
{
	MSK_AUTO_STRV lines = MSK_STRV_INIT;
	size_t cap = 0;

	msk_strv_split(&lines, msk_str_c(table), "\n");
	for (size_t i = 0; i < lines.n; i++) {
		MSK_AUTO_STRV f = MSK_STRV_INIT;
		uint32_t gid;

		msk_strv_split(&f, lines.v[i], ":");
		if (f.n < 4 || !has_member(f.v[3], name) || !take_number(f.v[2], strlen(f.v[2]), &gid))
			continue;
		MSK_GROW(s->groups, s->who.n_groups, cap);
		s->groups[s->who.n_groups++] = gid;
	}
	s->who.groups = s->groups;
}

/* A number that passwd does not have is nobody's, and of group 0. */
static void take_account(struct msk_starter *s, const char *user, const struct msk_contents *c,
			 const struct msk_image_tree *t, bool group_given)
{
	MSK_AUTO_FREE struct msk_node *passwd = msk_image_tree_resolve(t, "/etc/passwd");
	MSK_AUTO_STRV f = MSK_STRV_INIT;

	if (!c->passwd.layer || !find_line(&c->passwd.text, user, &f)) {
		s->has_uid = take_number(user, strlen(user), &s->who.uid);
		s->has_gid = s->has_uid && (c->passwd.layer || !passwd);
		return;
	}
	s->has_uid = take_number(f.v[2], strlen(f.v[2]), &s->who.uid);
	s->has_gid = take_number(f.v[3], strlen(f.v[3]), &s->who.gid);
	if (!group_given && c->group.layer)
		take_groups(s, &c->group.text, f.v[0]);
}

static void take_group(struct msk_starter *s, const char *group, const struct msk_contents *c)
{
	MSK_AUTO_STRV f = MSK_STRV_INIT;

	s->has_gid = take_number(group, strlen(group), &s->who.gid) ||
		     (c->group.layer && find_line(&c->group.text, group, &f) &&
		      take_number(f.v[2], strlen(f.v[2]), &s->who.gid));
}

void msk_starter_init(struct msk_starter *s, const struct msk_json *config, const struct msk_contents *contents,
		      const struct msk_image_tree *t)
{
	const char *user = msk_json_get_string(msk_json_get(config, "config"), "User");
	const char *text = user && *user ? user : "0";
	const char *group = strchr(text, ':');
	MSK_AUTO_FREE char *name = msk_xstrndup(text, strcspn(text, ":"));

	*s = (struct msk_starter){ .user = user && *user ? user : "root" };
	take_account(s, name, contents, t, group && group[1]);
	if (group && group[1])
		take_group(s, group + 1, contents);
}

void msk_starter_release(struct msk_starter *s)
{
	free(s->groups);
}

/* Where the group is not known, what the group or all others may do counts. */
static bool may(const struct msk_starter *s, const struct msk_node *n, unsigned right)
{
	struct msk_who in_it = s->who;

	if (n->type == MSK_TAR_DIR ? msk_may_search(&s->who, n->mode, n->uid, n->gid) :
				     msk_may(&s->who, n->mode, n->uid, n->gid, right))
		return true;
	in_it.gid = n->gid;
	return !s->has_gid && msk_may(&in_it, n->mode, n->uid, n->gid, right);
}

/* A way through the tree, and the first that stops the starter on it. */
struct way {
	const struct msk_starter *s;   /* NULL: whoever it is */
	const struct msk_image_tree *t;
	struct msk_node *at, *closed;
};

static enum msk_node_kind look(void *ctx, const char *path, const char **text)
{
	struct way *w = ctx;

	free(w->at);
	w->at = msk_image_tree_find(w->t, path);
	if (!w->at)
		return MSK_NODE_NONE;
	if (w->s && w->at->type == MSK_TAR_DIR && !w->closed && !may(w->s, w->at, MSK_MAY_EXECUTE))
		w->closed = msk_node_copy(w->at);
	*text = w->at->link;
	return w->at->type == MSK_TAR_SYMLINK ? MSK_NODE_LINK :
	       w->at->type == MSK_TAR_DIR     ? MSK_NODE_DIR :
						MSK_NODE_OTHER;
}

static char *tell(const struct msk_node *n, const char *what, const char *which)
{
	return msk_xasprintf("may not %s %s%s (mode %04o, %u:%u)", what, which, *which ? n->path : "it", n->mode, n->uid,
			     n->gid);
}

char *msk_starter_refused(const struct msk_starter *s, const struct msk_image_tree *t, const char *path, unsigned right)
{
	struct way w = { s, t, NULL, NULL };
	const struct msk_path_tree tree = { .look = look, .ctx = &w };
	MSK_AUTO_FREE char *final = NULL;
	char *why = NULL;

	if (!s->has_uid)
		return NULL;
	if (t->root.given && !may(s, &(struct msk_node){ .type = MSK_TAR_DIR, .mode = t->root.mode, .uid = t->root.uid,
							 .gid = t->root.gid }, MSK_MAY_EXECUTE))
		return msk_xasprintf("may not search / (mode %04o, %u:%u)", t->root.mode, t->root.uid, t->root.gid);
	if (msk_path_resolve(&tree, path, MSK_MAX_LINKS, &final) == MSK_RESOLVED && !w.closed && w.at &&
	    !may(s, w.at, right))
		why = tell(w.at, right == MSK_MAY_READ ? "read" : "execute", "");
	else if (w.closed)
		why = tell(w.closed, "search", "/");
	free(w.at);
	free(w.closed);
	return why;
}

bool msk_links_loop(const struct msk_image_tree *t, const char *path)
{
	struct way w = { NULL, t, NULL, NULL };
	const struct msk_path_tree tree = { .look = look, .ctx = &w };
	MSK_AUTO_FREE char *final = NULL;
	bool loops = msk_path_resolve(&tree, path, MSK_MAX_LINKS, &final) == MSK_RESOLVED_LOOP;

	free(w.at);
	return loops;
}
