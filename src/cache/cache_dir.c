#include "cache_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/cache_tag.h"
#include "mkscratch/fs.h"

#define MAX_NAMES 1000         /* more than that are others' */
#define OPEN_DIR (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

const char *const msk_cache_kind_names[MSK_CACHE_KINDS] = { "block", "layer", "sketch" };

/* With all parents: a home that was just made has no .cache. */
static int make_path(const char *path)
{
	MSK_AUTO_FREE char *part = msk_xstrdup(path);

	for (char *slash = part; (slash = strchr(slash + 1, '/'));) {
		*slash = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return -1;
		*slash = '/';
	}
	return mkdir(part, 0700) < 0 && errno != EEXIST ? -1 : 0;
}

static int check_owner(const struct msk_cache_args *a, int fd, struct msk_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return msk_fail_sys(err, errno, "%s: cannot examine", a->dir);
	if (st.st_uid != a->uid)
		return msk_fail(err, MSK_E_INPUT, "%s: belongs to another user (%u vs %u)", a->dir, (unsigned)st.st_uid,
				a->uid);
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return msk_fail(err, MSK_E_INPUT, "%s: others may write to it (mode %04o)", a->dir,
				(unsigned)st.st_mode & 07777);
	return 0;
}

/* Besides the directories of formats, which are numbers. */
static bool holds_others(int top)
{
	MSK_AUTO_FD int fd = openat(top, ".", OPEN_DIR);
	MSK_AUTO_STRV names = MSK_STRV_INIT;
	struct msk_err ignored = MSK_ERR_INIT;

	if (fd < 0 || msk_list_fd(fd, MAX_NAMES, "", &names, &ignored) < 0)
		return true;
	for (size_t i = 0; i < names.n; i++)
		if (!msk_is_digits(names.v[i]))
			return true;
	return false;
}

/* A directory that others use, too, is not marked as a whole: what is theirs would be left out of trees. */
static void mark(int top, int ours)
{
	if (!msk_cache_tag_is_in(top))
		msk_cache_tag_put(holds_others(top) ? ours : top);
}

int msk_cache_top_open(const struct msk_cache_args *a, bool make, int *out, struct msk_err *err)
{
	MSK_AUTO_FD int top = -1;

	*out = -1;
	if (make && make_path(a->dir) < 0)
		return msk_fail_sys(err, errno, "%s: cannot create", a->dir);
	top = open(a->dir, OPEN_DIR);
	if (top < 0 && errno == ENOENT && !make)
		return 0;
	if (top < 0)
		return msk_fail_sys(err, errno, "%s: cannot open", a->dir);
	if (check_owner(a, top, err) < 0)
		return -1;
	*out = top;
	top = -1;
	return 0;
}

int msk_cache_format_open(int top, unsigned format)
{
	char name[16];

	snprintf(name, sizeof name, "%u", format);
	return openat(top, name, OPEN_DIR | O_NOFOLLOW);
}

int msk_cache_dir_open(const struct msk_cache_args *a, int top, int *out, struct msk_err *err)
{
	char name[16];

	snprintf(name, sizeof name, "%u", CACHE_FORMAT);
	mkdirat(top, name, 0700);
	*out = msk_cache_format_open(top, CACHE_FORMAT);
	if (*out < 0)
		return msk_fail_sys(err, errno, "%s: cannot open", a->dir);
	mark(top, *out);
	return 0;
}

int msk_cache_bucket_open(int dir, enum msk_cache_kind kind, const char *two_digits, bool make)
{
	char path[16];
	int fd;

	snprintf(path, sizeof path, "%s/%.2s", msk_cache_kind_names[kind], two_digits);
	fd = openat(dir, path, OPEN_DIR | O_NOFOLLOW);
	if (fd >= 0 || errno != ENOENT || !make)
		return fd;
	if ((mkdirat(dir, msk_cache_kind_names[kind], 0700) < 0 && errno != EEXIST) ||
	    (mkdirat(dir, path, 0700) < 0 && errno != EEXIST))
		return -1;
	return openat(dir, path, OPEN_DIR | O_NOFOLLOW);
}
