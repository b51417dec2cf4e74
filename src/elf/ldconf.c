/* ld.so.conf, for a root where ldconfig has not run: directories, one or several a line, "#" comments, "include" with a
 * shell pattern relative to the including file. */
#include <fnmatch.h>
#include <string.h>

#include "loader.h"
#include "mkscratch/fs.h"

#define MAX_CONF (1u << 20)
#define MAX_DEPTH 8
#define BLANK " \t"

struct conf {
	struct msk_rotree *tree;
	struct msk_strv *dirs;
	int depth;
};

static int read_conf(struct conf *c, const char *path, struct msk_err *err);

static int include(struct conf *c, const char *from, const char *pattern, struct msk_err *err)
{
	MSK_AUTO_FREE char *here = msk_path_dir(from);
	MSK_AUTO_FREE char *whole = pattern[0] == '/' ? msk_xstrdup(pattern) : msk_xasprintf("%s/%s", here, pattern);
	MSK_AUTO_FREE char *dir = msk_path_dir(whole);
	MSK_AUTO_FREE char *base = msk_path_base(whole);
	MSK_AUTO_STRV names = MSK_STRV_INIT;
	enum msk_lookup how;

	if (c->tree->list(c->tree, dir, &how, &names, err) < 0)
		return -1;
	for (size_t i = 0; how == MSK_FOUND && i < names.n; i++) {
		MSK_AUTO_FREE char *path = NULL;

		if (fnmatch(base, names.v[i], FNM_PERIOD) != 0)
			continue;
		path = msk_xasprintf("%s/%s", dir, names.v[i]);
		if (read_conf(c, path, err) < 0)
			return -1;
	}
	return 0;
}

static void add_dir(struct conf *c, const char *text)
{
	size_t n = strlen(text);
	MSK_AUTO_FREE char *dir = NULL;

	while (n > 1 && text[n - 1] == '/')
		n--;
	dir = msk_xstrndup(text, n);
	if (dir[0] == '/' && !msk_strv_has(c->dirs, dir))
		msk_strv_push(c->dirs, dir);
}

static int read_line(struct conf *c, const char *path, char *line, struct msk_err *err)
{
	MSK_AUTO_STRV words = MSK_STRV_INIT;
	bool including = false;

	line[strcspn(line, "#")] = '\0';
	msk_strv_split(&words, line, BLANK ",:");
	for (size_t i = 0; i < words.n; i++) {
		if (!words.v[i][0])
			continue;
		if (including && include(c, path, words.v[i], err) < 0)
			return -1;
		if (!including && strcmp(words.v[i], "hwcap") == 0)
			return 0;
		if (!including && strcmp(words.v[i], "include") == 0)
			including = true;
		else if (!including)
			add_dir(c, words.v[i]);
	}
	return 0;
}

static int read_conf(struct conf *c, const char *path, struct msk_err *err)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_STRV lines = MSK_STRV_INIT;
	enum msk_lookup how;

	if (c->tree->open(c->tree, path, &how, &f, NULL, err) < 0)
		return -1;
	if (how != MSK_FOUND || f.fd < 0 || c->depth >= MAX_DEPTH)
		return 0;
	if (msk_read_all(f.fd, MAX_CONF, &text, path, err) < 0)
		return -1;
	msk_strv_split(&lines, msk_str_c(&text), "\n");
	c->depth++;
	for (size_t i = 0; i < lines.n; i++)
		if (read_line(c, path, lines.v[i], err) < 0)
			return -1;
	c->depth--;
	return 0;
}

int msk_ldconf_dirs(struct msk_rotree *tree, struct msk_strv *dirs, struct msk_err *err)
{
	struct conf c = { tree, dirs, 0 };

	return read_conf(&c, "/etc/ld.so.conf", err);
}
