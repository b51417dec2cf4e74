/* Where the page of `inspect --html` goes. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inspect.h"
#include "mkscratch/device.h"
#include "mkscratch/fs.h"
#include "mkscratch/tempfile.h"
#include "mkscratch/written.h"

/* In the first lines of each page (src/page/inspect.html). */
#define DOCTYPE   "<!doctype html>"
#define GENERATOR "<meta name=\"generator\" content=\"mkscratch\">"
#define HEAD      512

static bool is_page(const char *path)
{
	MSK_AUTO_FD int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct msk_err ignored = MSK_ERR_INIT;
	char head[HEAD + 1];
	ssize_t n = fd < 0 ? -1 : msk_read_full(fd, head, HEAD, path, &ignored);

	head[n < 0 ? 0 : n] = '\0';
	return n == 0 || (msk_starts_with(head, DOCTYPE) && strstr(head, GENERATOR));
}

static int fail_here(const char *path, const char *why, struct msk_err *err)
{
	msk_fail(err, MSK_E_USAGE, "--html %s: %s", path, why);
	return msk_hint(err, "write the page elsewhere: --html image.html");
}

/* By whatever name: the page would take the place of what was asked about, or of a part of it. */
static int spare_image(const char *path, const struct msk_written *page, const char *image, struct msk_err *err)
{
	MSK_AUTO_WRITTEN of = { .exists = false };

	msk_written_find(image, &of);
	if (!of.exists)
		return 0;
	if (msk_written_same(page, &of))
		return fail_here(path, "is the image itself", err);
	if (S_ISDIR(of.mode) && msk_written_in(page, &of))
		return fail_here(path, "lies in the image", err);
	return 0;
}

int msk_page_may_be(const char *path, const char *image, struct msk_err *err)
{
	MSK_AUTO_WRITTEN page = { .exists = false };
	int fd = msk_device_descriptor(path);

	if (msk_path_is_stdout(path))
		return 0;
	msk_written_find(path, &page);
	if (fd >= 0 && !msk_device_is_writable(fd) && !(page.exists && S_ISDIR(page.mode)))
		return msk_fail_sys(err, EBADF, "%s: cannot open", path);
	if (spare_image(path, &page, image, err) < 0)
		return -1;
	if (msk_ends_with(path, "/") || (page.exists && S_ISDIR(page.mode)))
		return fail_here(path, "is a directory", err);
	if (fd >= 0 || !page.exists || !S_ISREG(page.mode) || is_page(path))
		return 0;
	msk_fail(err, MSK_E_USAGE, "--html %s: is there already, and is no page of mkscratch", path);
	return msk_hint(err, "write the page elsewhere: --html image.html; or remove that file first");
}

static int write_device(const struct inspected *d, const char *path, struct msk_err *err)
{
	MSK_AUTO_FD int fd = -1;

	return msk_device_open(path, "cat", &fd, err) < 0 ? -1 : msk_inspect_write_page(d, fd, path, err);
}

/* The old page stays until the new one is whole and on the disk. */
static int write_file(const struct inspected *d, const char *path, struct msk_err *err)
{
	MSK_AUTO_FREE char *at = msk_written_at(path), *dir = msk_path_dir(at), *base = msk_path_base(at);
	/* Before the file that is removed in it: what comes later ends earlier. */
	MSK_AUTO_FD int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MSK_AUTO_TEMPFILE t = MSK_TEMPFILE_INIT;
	struct stat st;

	if (lstat(at, &st) == 0 && S_ISLNK(st.st_mode))
		return msk_fail_sys(err, ELOOP, "%s: cannot create", path);
	if (dirfd < 0)
		return msk_fail_create(err, errno, path, dir);
	if (msk_tempfile_open(&t, dirfd, base, MSK_MODE_UMASK, path, err) < 0 ||
	    msk_inspect_write_page(d, t.fd, path, err) < 0 || msk_tempfile_sync(&t, path, err) < 0 ||
	    msk_tempfile_commit(&t, base, path, err) < 0)
		return -1;
	return msk_fsync(dirfd, path, err);
}

int msk_page_put(const struct inspected *d, const char *path, struct msk_err *err)
{
	int fd = msk_device_descriptor(path);
	struct stat st;

	if (msk_path_is_stdout(path))
		return msk_inspect_write_page(d, STDOUT_FILENO, "standard output", err);
	if (fd >= 0)
		return msk_inspect_write_page(d, fd, path, err);
	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) ? write_device(d, path, err) : write_file(d, path, err);
}
