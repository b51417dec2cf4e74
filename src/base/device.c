#include "mkscratch/device.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "mkscratch/mem.h"
#include "mkscratch/str.h"

#define READER_SECONDS 10
#define POLL_MS 20

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

bool msk_device_is_descriptor(const char *path)
{
	char self[32] = "";
	ssize_t n = readlink("/proc/self", self, sizeof self - 1);
	MSK_AUTO_FREE char *own = msk_xasprintf("/proc/%.*s/fd/", n > 0 ? (int)n : 0, self);

	return msk_starts_with(path, "/dev/fd/") || msk_starts_with(path, "/proc/self/fd/") ||
	       msk_starts_with(path, "/proc/thread-self/fd/") || msk_starts_with(path, own);
}
