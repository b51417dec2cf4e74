/* Patterns as glob(3) takes them, over a tree: /etc/conf.d/[a-m]*.conf, or a pattern in any other part. */
#include <fnmatch.h>
#include <string.h>

#include "loader.h"

/* What a name costs besides its bytes. */
#define NAME_BYTES 64

/* One pattern while its parts are taken from left to right. */
struct glob {
	struct msk_rotree *tree;
	struct msk_strv paths;         /* what has matched so far, from the root */
	size_t *room;
};

static void glob_release(struct glob *g)
{
	msk_strv_release(&g->paths);
}

static bool has_room(struct glob *g, const char *dir, const char *name)
{
	size_t bytes = strlen(dir) + strlen(name) + NAME_BYTES;

	*g->room -= bytes < *g->room ? bytes : *g->room;
	return *g->room > 0;
}

/* A part without a pattern; a backslash makes the character behind it an ordinary one. */
static void add_plain(struct glob *g, const char *dir, const char *part, struct msk_strv *out)
{
	MSK_AUTO_STR path = MSK_STR_INIT;

	if (!has_room(g, dir, part))
		return;
	msk_str_addf(&path, "%s/", dir);
	for (; *part; part++) {
		part += part[0] == '\\' && part[1];
		msk_str_addc(&path, *part);
	}
	msk_strv_push(out, msk_str_c(&path));
}

static int add_matches(struct glob *g, const char *dir, const char *part, struct msk_strv *out, struct msk_err *err)
{
	MSK_AUTO_STRV names = MSK_STRV_INIT;
	enum msk_lookup how;

	if (!has_room(g, dir, part))
		return 0;
	if (g->tree->list(g->tree, *dir ? dir : "/", &how, &names, err) < 0)
		return -1;
	for (size_t i = 0; how == MSK_FOUND && i < names.n; i++)
		if (has_room(g, dir, names.v[i]) && fnmatch(part, names.v[i], FNM_PERIOD) == 0)
			msk_strv_push_own(out, msk_xasprintf("%s/%s", dir, names.v[i]));
	return 0;
}

static int take_part(struct glob *g, const char *part, struct msk_err *err)
{
	bool plain = !strpbrk(part, "*?[");
	MSK_AUTO_STRV next = MSK_STRV_INIT;
	struct msk_strv before = g->paths;

	for (size_t i = 0; i < g->paths.n; i++)
		if (plain)
			add_plain(g, g->paths.v[i], part, &next);
		else if (add_matches(g, g->paths.v[i], part, &next, err) < 0)
			return -1;
	g->paths = next;
	next = before;
	return 0;
}

int msk_tree_glob(struct msk_rotree *t, const char *pattern, size_t *room, struct msk_strv *out, struct msk_err *err)
{
	MSK_CLEANUP(glob_release) struct glob g = { .tree = t, .room = room };
	MSK_AUTO_STRV parts = MSK_STRV_INIT;

	if (strlen(pattern) > MSK_MAX_PATH)
		return 0;
	msk_strv_push(&g.paths, "");
	msk_strv_split(&parts, pattern, "/");
	for (size_t i = 0; i < parts.n; i++)
		if (parts.v[i][0] && take_part(&g, parts.v[i], err) < 0)
			return -1;
	/* By their bytes as a whole: "a.b/x" comes before "a/x". */
	msk_strv_sort(&g.paths);
	for (size_t i = 0; i < g.paths.n; i++)
		msk_strv_push(out, g.paths.v[i][0] ? g.paths.v[i] : "/");
	return 0;
}
