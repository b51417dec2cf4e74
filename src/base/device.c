#include "mkscratch/device.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mkscratch/fs.h"
#include "mkscratch/mem.h"
#include "mkscratch/path.h"
#include "mkscratch/str.h"

#define READER_SECONDS 10
#define POLL_MS 20
#define DIGITS "0123456789"

int msk_device_open(const char *path, const char *reader, int *out_fd, struct msk_err *err)
{
	const struct timespec pause = { 0, POLL_MS * 1000000L };
	struct stat st;
	MSK_AUTO_FD int fd = -1;

	if (stat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		return msk_fail(err, MSK_E_IO, "%s: is a socket, expected a file, FIFO or device", path);
	for (int left = READER_SECONDS * 1000 / POLL_MS;; left--) {
		fd = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
		if (fd >= 0 || errno != ENXIO || !left)
			break;
		nanosleep(&pause, NULL);
	}
	if (fd >= 0 && fcntl(fd, F_SETFL, 0) == 0) {
		*out_fd = msk_take_fd(&fd);
		return 0;
	}
	if (errno != ENXIO)
		return msk_fail_sys(err, errno, "%s: cannot open", path);
	msk_fail(err, MSK_E_IO, "%s: a FIFO that nobody reads (waited %d s)", path, READER_SECONDS);
	return msk_hint(err, "have it read meanwhile: %s <%s", reader, path);
}

/* By whatever name: /dev/fd is a link to one, and each thread has the same by another. */
static bool is_own_fds(const char *dir)
{
	MSK_AUTO_FREE char *at = realpath(dir, NULL), *self = realpath("/proc/self", NULL);
	const char *rest;

	if (!at || !self || !msk_starts_with(at, self))
		return false;
	rest = at + strlen(self);
	if (msk_starts_with(rest, "/task/")) {
		rest += strlen("/task/");
		rest += strspn(rest, DIGITS);
	}
	return strcmp(rest, "/fd") == 0;
}

static int number(const char *name)
{
	unsigned long long n;

	return msk_parse_u64(name, INT_MAX, &n) ? (int)n : -1;
}

int msk_device_descriptor(const char *path)
{
	MSK_AUTO_FREE char *at = msk_xstrdup(path);

	for (int hops = 0; hops < MSK_MAX_LINKS; hops++) {
		MSK_AUTO_FREE char *dir = msk_path_dir(at), *name = msk_path_base(at), *next = NULL;
		int fd = number(name);

		if (fd >= 0 && is_own_fds(dir))
			return fd;
		next = msk_link_step(at);
		if (!next)
			return -1;
		free(at);
		at = msk_take(&next);
	}
	return -1;
}

bool msk_device_is_writable(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}
