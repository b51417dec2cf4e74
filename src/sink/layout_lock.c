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
#include "mkscratch/leavings.h"
#include "mkscratch/mem.h"
#include "mkscratch/undo.h"

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

/* For whoever waits in vain; a failure to write it is not worth an error. It is read as far as its first line. */
static void leave_pid(int fd)
{
	char pid[16];
	int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());

	while (pwrite(fd, pid, (size_t)n, 0) < 0 && errno == EINTR)
		;
}

enum outcome { GOT, GONE, BUSY, NO_LOCKS, FAILED };

/* GONE: the file was removed by a run that took its directory back while we waited; a lock on that guards nothing. */
static enum outcome lock_now(int fd)
{
	struct stat st;

	if (flock(fd, LOCK_EX | LOCK_NB) == 0)
		return fstat(fd, &st) == 0 && st.st_nlink == 0 ? GONE : GOT;
	if (errno == EWOULDBLOCK || errno == EINTR)
		return BUSY;
	return errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS ? NO_LOCKS : FAILED;
}

static int open_lock(int dirfd, const char *name, int *out_fd, struct msk_err *err)
{
	*out_fd = openat(dirfd, MSK_LOCK_NAME, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
	return *out_fd < 0 ? msk_fail_sys(err, errno, "%s/" MSK_LOCK_NAME ": cannot create", name) : 0;
}

void msk_layout_lock_remove(int dirfd, int held)
{
	MSK_AUTO_FD int fd = held >= 0 ? -1 : openat(dirfd, MSK_LOCK_NAME, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (held < 0 && (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0))
		return;
	if (faccessat(dirfd, "index.json", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		unlinkat(dirfd, MSK_LOCK_NAME, 0);
}

/* Made, locked and known to be ours in one step, as far as the end of the process is concerned. */
static enum outcome try(int dirfd, const char *name, int *fd, int *out_fd, struct msk_err *err)
{
	enum outcome how = FAILED;

	msk_undo_hold();
	if (*fd >= 0 || open_lock(dirfd, name, fd, err) == 0) {
		how = lock_now(*fd);
		if (how == FAILED)
			msk_fail_sys(err, errno, "%s/" MSK_LOCK_NAME ": cannot lock", name);
	}
	if (how == GOT || how == NO_LOCKS)
		*out_fd = msk_take_fd(fd);
	if (how == GONE)
		close(msk_take_fd(fd));
	msk_undo_let_go();
	return how;
}

int msk_layout_lock(int dirfd, const char *name, int seconds, const struct msk_log *log, int *out_fd,
		    struct msk_err *err)
{
	const struct timespec pause = { 0, POLL_MS * 1000000L };
	MSK_AUTO_FD int fd = -1;
	enum outcome how;

	for (long left = seconds * 1000L; (how = try(dirfd, name, &fd, out_fd, err)) != GOT; left -= POLL_MS) {
		if (how == FAILED)
			return -1;
		if (how == NO_LOCKS) {
			msk_warn_of_run(log, "%s: this file system has no locks; do not write to it from two processes", name);
			break;
		}
		if (left <= 0)
			return held_by_other(fd, name, err);
		if (how == BUSY)
			nanosleep(&pause, NULL);
	}
	leave_pid(*out_fd);
	return 0;
}

void msk_layout_unlock(int *fd)
{
	while (*fd >= 0 && ftruncate(*fd, 0) < 0 && errno == EINTR)
		;
	msk_cleanup_fd(fd);
	*fd = -1;
}
