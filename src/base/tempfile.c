#include "mkscratch/tempfile.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mkscratch/acl.h"
#include "mkscratch/fs.h"
#include "mkscratch/leavings.h"

/* Nobody has put another in its place since. */
static bool is_in_place(const struct msk_tempfile *t)
{
	struct stat ours, there;

	return t->final[0] && fstat(t->fd, &ours) == 0 && fstatat(t->dirfd, t->final, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

/* In the place of another it gives way to it, unless it stays; else its own name goes. */
static void take_back(const struct msk_tempfile *t)
{
	bool back = is_in_place(t) && !*t->stays;

	if (back && t->old >= 0)
		renameat(t->dirfd, t->name, t->dirfd, t->final);
	else if (back)
		unlinkat(t->dirfd, t->final, 0);
	else if (!t->final[0] || t->old >= 0)
		unlinkat(t->dirfd, t->name, 0);
}

static void undo_file(struct msk_undo *u)
{
	take_back((struct msk_tempfile *)((char *)u - offsetof(struct msk_tempfile, undo)));
}

/* The name is there, or gone; both are known to the end of the process in the same step. */
static int make_file(struct msk_tempfile *t, mode_t mode)
{
	msk_undo_hold();
	t->fd = openat(t->dirfd, t->name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
	t->named = t->fd >= 0;
	t->undo.run = undo_file;
	if (t->named)
		msk_undo_add(&t->undo);
	msk_undo_let_go();
	return t->named ? 0 : -1;
}

static void forget_name(struct msk_tempfile *t)
{
	if (t->named)
		msk_undo_drop(&t->undo);
	t->named = false;
}

/* A temporary file whose lock is free has lost its owner. */
static void remove_if_stale(int dirfd, const char *name)
{
	MSK_AUTO_FD int fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && flock(fd, LOCK_EX | LOCK_NB) == 0)
		unlinkat(dirfd, name, 0);
}

void msk_tempfile_sweep(int dirfd)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	for (struct dirent *e; (e = readdir(dir));)
		if (msk_is_tempfile_name(e->d_name))
			remove_if_stale(dirfd, e->d_name);
	closedir(dir);
}

static int make_name(struct msk_tempfile *t, const char *final)
{
	unsigned char random[MSK_TEMPFILE_DIGITS / 2];
	size_t n;

	if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
		return -1;
	/* 200: with the mark the name must stay below NAME_MAX. */
	n = (size_t)snprintf(t->name, sizeof t->name, ".%.200s" MSK_TEMPFILE_MARK, final);
	for (size_t i = 0; i < sizeof random; i++)
		n += (size_t)snprintf(t->name + n, sizeof t->name - n, "%02x", random[i]);
	return 0;
}

/* Wait: whoever sweeps holds the lock while it decides. Where there are no locks nobody sweeps either. */
static int lock_file(int fd)
{
	while (flock(fd, LOCK_EX) < 0) {
		if (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS || errno == EINVAL)
			return 0;
		if (errno != EINTR)
			return -1;
	}
	return 0;
}

mode_t msk_mode_over(mode_t old)
{
	return (old & 0666) | S_IRUSR;
}

/* Group and others of the new file may have been either for the old one. */
static mode_t for_another_group(mode_t mode)
{
	mode_t both = (mode >> 3) & mode & 07;

	return (mode & 0700) | both << 3 | both;
}

/* It is not known here, or not to this file system (EISDIR: to this kernel). */
static bool has_no_unnamed_files(int sys)
{
	return sys == EOPNOTSUPP || sys == EISDIR || sys == EINVAL || sys == ENOENT;
}

/* A file without a name shows what group and what ACL one gets here. Where there is none it is another group. */
static int mode_of_old(int dirfd, int old, const struct stat *was, mode_t *out)
{
	const mode_t mode = msk_mode_over(was->st_mode);
	MSK_AUTO_FD int new = openat(dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	struct stat is;

	if (new < 0 && !has_no_unnamed_files(errno))
		return -1;
	if (new >= 0 && fstat(new, &is) < 0)
		return -1;
	if (new < 0)
		*out = msk_acl_none(old) && msk_acl_none(dirfd) ? for_another_group(mode) : mode & 0700;
	else if (!msk_acl_same(new, old))
		*out = mode & 0700;
	else
		*out = was->st_gid == is.st_gid ? mode : for_another_group(mode);
	return 0;
}

static int mode_in_place_of(int dirfd, const char *final, mode_t *out)
{
	MSK_AUTO_FD int old = -1;
	struct stat was;

	*out = msk_mode_over(0666);
	if (fstatat(dirfd, final, &was, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -1;
	if (!S_ISREG(was.st_mode))
		return 0;
	*out = msk_mode_over(was.st_mode);
	if ((*out & 077) == 0)
		return 0;
	old = openat(dirfd, final, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	/* Whom it is for can be asked without reading it. */
	if (old < 0 && errno == EACCES)
		old = openat(dirfd, final, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (old < 0)
		return -1;
	return mode_of_old(dirfd, old, &was, out);
}

/* Create and lock. Between the two a sweeping process may take the file for stale and remove it, which shows as a
 * link count of zero: then *lost is set and the caller tries another name. */
static int create_locked(struct msk_tempfile *t, const char *final, mode_t mode, bool *lost)
{
	mode_t made = mode;
	struct stat st;

	*lost = false;
	if (mode == MSK_MODE_UMASK && mode_in_place_of(t->dirfd, final, &made) < 0)
		return -1;
	if (make_file(t, made) < 0)
		return -1;
	if (lock_file(t->fd) < 0)
		return -1;
	if (fstat(t->fd, &st) < 0 || (mode != MSK_MODE_UMASK && fchmod(t->fd, mode) < 0))
		return -1;
	*lost = st.st_nlink == 0;
	return 0;
}

int msk_tempfile_open(struct msk_tempfile *t, int dirfd, const char *final, mode_t mode, const char *name,
		      struct msk_err *err)
{
	msk_tempfile_sweep(dirfd);
	for (int tries = 0; tries < 16; tries++) {
		bool lost = false;

		*t = (struct msk_tempfile)MSK_TEMPFILE_INIT;
		t->dirfd = dirfd;
		if (make_name(t, final) == 0 && create_locked(t, final, mode, &lost) == 0 && !lost)
			return 0;
		if (!lost && errno != EEXIST)
			break;
		msk_tempfile_release(t);
		errno = EEXIST;
	}
	msk_fail_write(err, errno, "%s: cannot create", name);
	msk_tempfile_release(t);
	return -1;
}

int msk_tempfile_sync(struct msk_tempfile *t, const char *name, struct msk_err *err)
{
	return msk_fsync(t->fd, name, err);
}

int msk_tempfile_commit(struct msk_tempfile *t, const char *final, const char *name, struct msk_err *err)
{
	int rc;

	msk_undo_hold();
	rc = renameat(t->dirfd, t->name, t->dirfd, final);
	if (rc == 0)
		forget_name(t);
	msk_undo_let_go();
	if (rc < 0)
		return msk_fail_sys(err, errno, "%s: cannot replace", name);
	msk_tempfile_release(t);
	return 0;
}

/* musl has had no renameat2() before 1.2.6. */
static int rename_with(const struct msk_tempfile *t, const char *final, unsigned flags)
{
	return (int)syscall(SYS_renameat2, t->dirfd, t->name, t->dirfd, final, flags);
}

/* Whoever sweeps takes what has our mark and no lock for a leftover: the old file gets one. */
static bool swap(struct msk_tempfile *t, const char *final)
{
	t->old = openat(t->dirfd, final, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (t->old < 0)
		return errno == ENOENT && rename_with(t, final, RENAME_NOREPLACE) == 0;
	return flock(t->old, LOCK_EX | LOCK_NB) == 0 &&
	       rename_with(t, final, RENAME_EXCHANGE) == 0;
}

int msk_tempfile_swap(struct msk_tempfile *t, const char *final, const bool *stays, const char *name, struct msk_err *err)
{
	bool done;

	msk_undo_hold();
	done = strlen(final) < sizeof t->final && swap(t, final);
	if (done) {
		memcpy(t->final, final, strlen(final) + 1);
		t->stays = stays;
	}
	msk_undo_let_go();
	return done ? 0 : msk_tempfile_commit(t, final, name, err);
}

void msk_tempfile_release(struct msk_tempfile *t)
{
	int kept = errno;

	msk_undo_hold();
	if (t->named)
		take_back(t);
	forget_name(t);
	msk_undo_let_go();
	msk_cleanup_fd(&t->fd);
	msk_cleanup_fd(&t->old);
	t->fd = t->old = -1;
	errno = kept;
}

void msk_tempfile_move(struct msk_tempfile *to, struct msk_tempfile *from)
{
	msk_undo_hold();
	*to = *from;
	if (from->named) {
		msk_undo_drop(&from->undo);
		msk_undo_add(&to->undo);
	}
	*from = (struct msk_tempfile)MSK_TEMPFILE_INIT;
	msk_undo_let_go();
}

/* For file systems without O_TMPFILE: a named file whose name is gone before anybody could use it. */
static int open_unnamed(const char *dir)
{
	MSK_AUTO_FD int dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct msk_tempfile t = MSK_TEMPFILE_INIT;
	int fd;

	if (dirfd < 0)
		return -1;
	fd = openat(dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0)
		return fd;
	t.dirfd = dirfd;
	if (make_name(&t, "stage") < 0)
		return -1;
	msk_undo_hold();
	fd = openat(dirfd, t.name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd >= 0)
		unlinkat(dirfd, t.name, 0);
	msk_undo_let_go();
	return fd;
}

int msk_tempfile_anonymous(const char *const *dirs, const char **where, int *out_fd, struct msk_err *err)
{
	int sys = ENOENT;

	for (; *dirs; dirs++) {
		int fd = open_unnamed(*dirs);

		if (fd >= 0) {
			*out_fd = fd;
			*where = *dirs;
			return 0;
		}
		sys = errno;
	}
	msk_fail_write(err, sys, "no directory for a staging file");
	return msk_hint(err, "set TMPDIR to a directory that can be written");
}
