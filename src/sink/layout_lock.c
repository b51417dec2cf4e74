#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "layout.h"
#include "mkscratch/fs.h"

#define LOCK_NAME ".mkscratch.lock"
#define POLL_MS 20

static int held_by_other(int fd, const char *name, struct msk_err *err)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof pid - 1, 0);

	pid[n > 0 ? n : 0] = '\0';
	pid[strcspn(pid, "\n")] = '\0';
	msk_fail(err, MSK_E_IO, "%s: locked by process %s", name, pid[0] ? pid : "unknown");
	return msk_hint(err, "wait for it, or end it; the lock goes with the process");
}

/* For whoever waits in vain; a failure to write it is not worth an error. */
static void leave_pid(int fd)
{
	char pid[16];
	int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());

	if (ftruncate(fd, 0) == 0 && pwrite(fd, pid, (size_t)n, 0) < 0)
		return;
}

/* One try: true when the lock is ours. The file may have been removed by a run that took its directory back while we
 * waited; a lock on that guards nothing, so the caller opens it anew. */
static bool try_lock(int fd, bool *gone)
{
	struct stat st;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return false;
	*gone = fstat(fd, &st) == 0 && st.st_nlink == 0;
	return !*gone;
}

static int open_lock(int dirfd, const char *name, int *out_fd, struct msk_err *err)
{
	if (*out_fd >= 0)
		close(*out_fd);
	*out_fd = openat(dirfd, LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
	return *out_fd < 0 ? msk_fail_sys(err, errno, "%s/" LOCK_NAME ": cannot create", name) : 0;
}

int msk_layout_lock(int dirfd, const char *name, int seconds, const struct msk_log *log, int *out_fd,
		    struct msk_err *err)
{
	const struct timespec pause = { 0, POLL_MS * 1000000L };
	MSK_AUTO_FD int fd = -1;
	bool gone = true;

	for (long left = seconds * 1000L;; left -= POLL_MS) {
		if (gone && open_lock(dirfd, name, &fd, err) < 0)
			return -1;
		gone = false;
		if (try_lock(fd, &gone))
			break;
		if (gone)
			continue;
		if (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS) {
			msk_warn(log, "%s: this file system has no locks; do not write to it from two processes", name);
			break;
		}
		if (errno != EWOULDBLOCK && errno != EINTR)
			return msk_fail_sys(err, errno, "%s/" LOCK_NAME ": cannot lock", name);
		if (left <= 0)
			return held_by_other(fd, name, err);
		nanosleep(&pause, NULL);
	}
	leave_pid(fd);
	*out_fd = fd;
	fd = -1;
	return 0;
}
