#include "mkscratch/outfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "mkscratch/acl.h"
#include "mkscratch/fs.h"

#define BLOCK (64u << 10)          /* compared at a time: it stays in the cache of a processor */

/* But for its bytes. It also tells whether a file can be made here at all. */
static bool is_like_new(const struct msk_outfile *o)
{
	MSK_AUTO_FD int fd = openat(o->dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, msk_mode_over(o->was.st_mode));
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_uid == o->was.st_uid && st.st_gid == o->was.st_gid &&
	       st.st_mode == o->was.st_mode && msk_acl_same(fd, o->old);
}

static bool find_old(struct msk_outfile *o)
{
	o->old = openat(o->dirfd, o->final, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (o->old >= 0 && fstat(o->old, &o->was) == 0 && S_ISREG(o->was.st_mode) && o->was.st_nlink == 1 && is_like_new(o))
		return true;
	msk_cleanup_fd(&o->old);
	o->old = -1;
	return false;
}

int msk_outfile_open(struct msk_outfile *o, int dirfd, const char *final, bool anew, const char *name, struct msk_err *err)
{
	*o = (struct msk_outfile)MSK_OUTFILE_INIT;
	o->dirfd = dirfd;
	o->final = final;
	o->name = name;
	if (anew || !find_old(o))
		return msk_tempfile_open(&o->temp, dirfd, final, MSK_MODE_UMASK, name, err);
	o->block = msk_xmalloc(BLOCK);
	return 0;
}

static bool is_equal(const struct msk_outfile *o, const unsigned char *p, size_t n, uint64_t offset)
{
	struct msk_err ignored = MSK_ERR_INIT;

	for (size_t done = 0; done < n;) {
		size_t part = n - done < BLOCK ? n - done : BLOCK;

		if (msk_pread_full(o->old, o->block, part, offset + done, o->name, &ignored) != (ssize_t)part ||
		    memcmp(o->block, p + done, part) != 0)
			return false;
		done += part;
	}
	return true;
}

static int copy_equal(struct msk_outfile *o, struct msk_err *err)
{
	for (uint64_t done = 0; done < o->end;) {
		size_t part = o->end - done < BLOCK ? (size_t)(o->end - done) : BLOCK;
		ssize_t n = msk_pread_full(o->old, o->block, part, done, o->name, err);

		/* It became shorter: what is missing is found missing later. */
		if (n <= 0)
			return (int)n;
		if (msk_pwrite_full(o->temp.fd, o->block, (size_t)n, done, o->name, err) < 0)
			return -1;
		done += (uint64_t)n;
	}
	return 0;
}

static int begin_new(struct msk_outfile *o, struct msk_err *err)
{
	struct stat now;

	if (msk_tempfile_open(&o->temp, o->dirfd, o->final, MSK_MODE_UMASK, o->name, err) < 0 || copy_equal(o, err) < 0)
		return -1;
	o->doubtful = fstat(o->old, &now) < 0 || !msk_same_state(&o->was, &now);
	msk_outfile_push(o, 0, o->end);
	close(o->old);
	o->old = -1;
	return 0;
}

bool msk_outfile_stays(const struct msk_outfile *o)
{
	return o->old >= 0;
}

void msk_outfile_claim(struct msk_outfile *o, size_t n, uint64_t offset)
{
	o->end = offset + n > o->end ? offset + n : o->end;
}

int msk_outfile_write(struct msk_outfile *o, const void *p, size_t n, uint64_t offset, struct msk_err *err)
{
	if (o->old >= 0 && is_equal(o, p, n, offset)) {
		msk_outfile_claim(o, n, offset);
		return 0;
	}
	if (o->old >= 0 && begin_new(o, err) < 0)
		return -1;
	return msk_pwrite_full(o->temp.fd, p, n, offset, o->name, err);
}

ssize_t msk_outfile_read(const struct msk_outfile *o, void *p, size_t n, uint64_t offset, struct msk_err *err)
{
	return msk_pread_full(o->old >= 0 ? o->old : o->temp.fd, p, n, offset, o->name, err);
}

bool msk_outfile_shared(const struct msk_outfile *o)
{
	return o->old >= 0 || o->doubtful;
}

void msk_outfile_push(const struct msk_outfile *o, uint64_t offset, uint64_t n)
{
	if (o->temp.fd >= 0 && n)
		msk_push_out(o->temp.fd, offset, n);
}

int msk_outfile_end(struct msk_outfile *o, uint64_t size, struct msk_err *err)
{
	if (o->old >= 0 && (uint64_t)o->was.st_size == size) {
		msk_tempfile_sweep(o->dirfd);
		return msk_fdatasync(o->old, o->name, err);
	}
	if (o->old >= 0 && begin_new(o, err) < 0)
		return -1;
	if (ftruncate(o->temp.fd, (off_t)size) < 0)
		return msk_fail_write(err, errno, "%s: write failed", o->name);
	return msk_tempfile_sync(&o->temp, o->name, err);
}

bool msk_outfile_lost(const struct msk_outfile *o)
{
	struct stat st;

	return o->old >= 0 && (fstatat(o->dirfd, o->final, &st, AT_SYMLINK_NOFOLLOW) < 0 || !msk_same_state(&o->was, &st));
}

int msk_outfile_put(struct msk_outfile *o, const bool *stays, bool *unchanged, struct msk_err *err)
{
	static const struct timespec now[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_nsec = UTIME_NOW } };

	*unchanged = o->old >= 0;
	if (!*unchanged)
		return stays ? msk_tempfile_swap(&o->temp, o->final, stays, o->name, err)
			     : msk_tempfile_commit(&o->temp, o->final, o->name, err);
	/* Where times cannot be set it is up to date all the same. */
	(void)futimens(o->old, now);
	return 0;
}

void msk_outfile_release(struct msk_outfile *o)
{
	msk_tempfile_release(&o->temp);
	msk_cleanup_fd(&o->old);
	o->old = -1;
	free(o->block);
	o->block = NULL;
}

void msk_outfile_move(struct msk_outfile *to, struct msk_outfile *from)
{
	struct msk_tempfile temp = MSK_TEMPFILE_INIT;

	*to = *from;
	to->temp = temp;
	msk_tempfile_move(&to->temp, &from->temp);
	*from = (struct msk_outfile)MSK_OUTFILE_INIT;
}
