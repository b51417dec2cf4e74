#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/fs.h"
#include "source.h"

#define MAX_BLOBS 100000

static int list_blobs(struct msk_source *s, struct msk_err *err)
{
	MSK_AUTO_FREE char *name = msk_xasprintf("%s/blobs/sha256", s->name);
	MSK_AUTO_FD int fd = openat(s->fd, "blobs/sha256", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MSK_AUTO_STRV names = MSK_STRV_INIT;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : msk_fail_sys(err, errno, "%s: cannot open", name);
	if (msk_list_fd(fd, MAX_BLOBS, name, &names, err) < 0)
		return -1;
	for (size_t i = 0; i < names.n; i++)
		if (names.v[i][0] != '.')
			msk_strv_push_own(&s->files, msk_xasprintf("blobs/sha256/%s", names.v[i]));
	return 0;
}

int msk_directory_list(struct msk_source *s, struct msk_err *err)
{
	static const char *const top[] = { "index.json", "manifest.json", "oci-layout" };

	for (size_t i = 0; i < sizeof top / sizeof *top; i++)
		if (faccessat(s->fd, top[i], F_OK, AT_SYMLINK_NOFOLLOW) == 0)
			msk_strv_push(&s->files, top[i]);
	if (list_blobs(s, err) < 0)
		return -1;
	msk_strv_sort(&s->files);
	return 0;
}

bool msk_directory_size(const struct msk_source *s, const char *path, uint64_t *size)
{
	struct stat st;

	if (fstatat(s->fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
		return false;
	*size = (uint64_t)st.st_size;
	return true;
}

/* The caller has checked that `path` is one of ours: a document's name, or blobs/sha256/ and a digest. */
int msk_directory_stream(struct msk_source *s, const char *path, bool *found, struct msk_reader **out,
			 struct msk_err *err)
{
	MSK_AUTO_FREE char *name = msk_xasprintf("%s/%s", s->name, path);
	MSK_AUTO_FD int fd = openat(s->fd, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	*found = fd >= 0;
	if (fd < 0 && errno == ENOENT)
		return 0;
	if (fd < 0 && errno == ELOOP)
		return msk_fail(err, MSK_E_INPUT, "%s: is a symbolic link, expected a regular file", name);
	if (fd < 0 && errno == ENXIO)
		return msk_fail(err, MSK_E_INPUT, "%s: not a regular file", name);
	if (fd < 0)
		return msk_fail_sys(err, errno, "%s: cannot open", name);
	if (fstat(fd, &st) < 0)
		return msk_fail_sys(err, errno, "%s: cannot examine", name);
	if (!S_ISREG(st.st_mode))
		return msk_fail(err, MSK_E_INPUT, "%s: not a regular file", name);
	*out = msk_fd_reader_new(msk_take_fd(&fd), 0, name);
	return 0;
}
