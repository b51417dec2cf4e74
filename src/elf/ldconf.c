#include <string.h>

#include "loader.h"
#include "mkscratch/fs.h"

#define CONF_LIMIT    (1 << 20)
#define CONF_FILES    1024       /* of one configuration, includes counted */
#define CONF_DIRS     4096
#define CONF_DEPTH    16
#define CONF_NAMES    (16u << 20) /* bytes of names that patterns look at */

#define BLANKS " \t\r\v\f"

int msk_tree_slurp(struct msk_rotree *t, const char *path, size_t limit, bool *found, struct msk_str *out,
		   struct msk_err *err)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	enum msk_lookup how;

	*found = false;
	if (t->open(t, path, &how, &f, NULL, err) < 0)
		return -1;
	if (how != MSK_FOUND || f.fd < 0 || f.size > limit)
		return 0;
	*found = true;
	return msk_read_all(f.fd, limit, out, path, err);
}

struct conf {
	struct msk_rotree *tree;
	struct msk_strv *dirs;
	size_t files, room;
};

static int read_conf(struct conf *c, const char *path, unsigned depth, struct msk_err *err);

/* Include what matches, in the order of glob(3). */
static int include(struct conf *c, const char *from, const char *pattern, unsigned depth, struct msk_err *err)
{
	MSK_AUTO_FREE char *dir = msk_path_dir(from);
	MSK_AUTO_FREE char *full = pattern[0] == '/' ? msk_xstrdup(pattern) : msk_xasprintf("%s/%s", dir, pattern);
	MSK_AUTO_STRV paths = MSK_STRV_INIT;

	if (msk_tree_glob(c->tree, full, &c->room, &paths, err) < 0)
		return -1;
	for (size_t i = 0; i < paths.n; i++)
		if (read_conf(c, paths.v[i], depth + 1, err) < 0)
			return -1;
	return 0;
}

static int include_all(struct conf *c, const char *from, const char *patterns, unsigned depth, struct msk_err *err)
{
	MSK_AUTO_STRV parts = MSK_STRV_INIT;

	msk_strv_split(&parts, patterns, " \t");
	for (size_t i = 0; i < parts.n; i++)
		if (parts.v[i][0] && include(c, from, parts.v[i], depth, err) < 0)
			return -1;
	return 0;
}

/* A directory, perhaps with "=libc6" behind it, which older releases knew. ldconfig works from the root directory, so
 * there a relative one starts. */
static void add_dir(struct conf *c, const char *line)
{
	size_t n = strcspn(line, "=");

	while (n && strchr(BLANKS, line[n - 1]))
		n--;
	while (n && line[n - 1] == '/')
		n--;
	if (n && c->dirs->n < CONF_DIRS)
		msk_strv_push_own(c->dirs, msk_xasprintf("%s%.*s", line[0] == '/' ? "" : "/", (int)n, line));
}

static bool has_word(const char *line, const char *word)
{
	size_t n = strlen(word);

	return msk_starts_with(line, word) && (line[n] == ' ' || line[n] == '\t');
}

static int take_line(struct conf *c, const char *from, char *line, unsigned depth, struct msk_err *err)
{
	line[strcspn(line, "#")] = '\0';
	line += strspn(line, BLANKS);
	if (has_word(line, "include"))
		return include_all(c, from, line + strlen("include"), depth, err);
	if (!has_word(line, "hwcap"))
		add_dir(c, line);
	return 0;
}

static int read_conf(struct conf *c, const char *path, unsigned depth, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;
	MSK_AUTO_STRV lines = MSK_STRV_INIT;
	bool found;

	/* A file that includes itself ends here, as does a tree of them without end. */
	if (depth > CONF_DEPTH || c->files++ > CONF_FILES)
		return 0;
	if (msk_tree_slurp(c->tree, path, CONF_LIMIT, &found, &text, err) < 0)
		return -1;
	if (!found)
		return 0;
	msk_strv_split(&lines, msk_str_c(&text), "\n");
	for (size_t i = 0; i < lines.n; i++)
		if (take_line(c, path, lines.v[i], depth, err) < 0)
			return -1;
	return 0;
}

int msk_ldconf_read(struct msk_rotree *t, const char *path, struct msk_strv *dirs, struct msk_err *err)
{
	struct conf c = { .tree = t, .dirs = dirs, .room = CONF_NAMES };

	return read_conf(&c, path, 0, err);
}
