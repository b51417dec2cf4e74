#include "mkscratch/written.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "mkscratch/fs.h"

static void know(const struct stat *st, struct msk_written *out)
{
	out->exists = true;
	out->mode = st->st_mode;
	out->dev = st->st_dev;
	out->ino = st->st_ino;
}

void msk_written_find(const char *path, struct msk_written *out)
{
	MSK_AUTO_FREE char *at = msk_written_at(path), *dir = msk_path_dir(at), *real_dir = realpath(dir, NULL);
	struct stat st;

	*out = (struct msk_written){ .name = msk_path_base(at) };
	/* By the path as it is typed: a link of /proc leads to no path. */
	if (stat(path, &st) == 0) {
		know(&st, out);
		out->place = realpath(path, NULL);
	}
	if (stat(dir, &st) == 0) {
		out->dir_exists = true;
		out->dir_dev = st.st_dev;
		out->dir_ino = st.st_ino;
	}
	if (!out->place && real_dir)
		out->place = msk_xasprintf("%s/%s", strcmp(real_dir, "/") == 0 ? "" : real_dir, out->name);
}

/* NULL: it has no name any more, or never had one. */
static char *place_of(int fd, const struct stat *file)
{
	MSK_AUTO_FREE char *link = msk_xasprintf("/proc/self/fd/%d", fd);
	MSK_AUTO_FREE char *place = realpath(link, NULL);
	struct stat st;

	if (!place || stat(place, &st) < 0 || st.st_dev != file->st_dev || st.st_ino != file->st_ino)
		return NULL;
	return msk_take(&place);
}

void msk_written_find_fd(int fd, struct msk_written *out)
{
	struct stat st;

	*out = (struct msk_written){ .exists = false };
	if (fstat(fd, &st) < 0)
		return;
	know(&st, out);
	out->place = place_of(fd, &st);
}

void msk_written_release(struct msk_written *w)
{
	free(w->place);
	free(w->name);
	*w = (struct msk_written){ .exists = false };
}

bool msk_written_same(const struct msk_written *a, const struct msk_written *b)
{
	if (a->exists && b->exists)
		return a->dev == b->dev && a->ino == b->ino;
	return !a->exists && !b->exists && a->dir_exists && b->dir_exists && a->dir_dev == b->dir_dev &&
	       a->dir_ino == b->dir_ino && strcmp(a->name, b->name) == 0;
}

int msk_written_fail_input(const char *path, const char *what, struct msk_err *err)
{
	msk_fail(err, MSK_E_USAGE, "--output %s: is also an input (%s)", path, what);
	return msk_hint(err, "write it elsewhere, or remove it first");
}

bool msk_written_in(const struct msk_written *w, const struct msk_written *dir)
{
	const char *top = dir->place && strcmp(dir->place, "/") == 0 ? "" : dir->place;
	size_t n = top ? strlen(top) : 0;

	return w->place && top && strncmp(w->place, top, n) == 0 && (w->place[n] == '/' || !w->place[n]);
}
