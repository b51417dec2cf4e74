#include "mkscratch/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK      16384           /* of a file that is read to its end: at first, and at most */
#define CHUNK_MOST (256 << 10)

/* Whoever gave the descriptor may have asked for it not to wait. */
static bool may_go_on(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return errno == EINTR || (errno == EAGAIN && (poll(&p, 1, -1) == 1 || errno == EINTR));
}

static ssize_t read_some(int fd, void *buf, size_t n, off_t offset)
{
	ssize_t got;

	do
		got = offset < 0 ? read(fd, buf, n) : pread(fd, buf, n, offset);
	while (got < 0 && may_go_on(fd, POLLIN));
	return got;
}

static ssize_t read_full(int fd, void *buf, size_t n, off_t offset, const char *name, struct msk_err *err)
{
	size_t done = 0;

	while (done < n) {
		ssize_t got = read_some(fd, (char *)buf + done, n - done, offset < 0 ? -1 : offset + (off_t)done);

		if (got < 0)
			return msk_fail_sys(err, errno, "%s: read failed", name);
		if (got == 0)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

ssize_t msk_read_full(int fd, void *buf, size_t n, const char *name, struct msk_err *err)
{
	return read_full(fd, buf, n, -1, name, err);
}

ssize_t msk_pread_full(int fd, void *buf, size_t n, uint64_t offset, const char *name, struct msk_err *err)
{
	if (offset > INT64_MAX)
		return 0;
	return read_full(fd, buf, n, (off_t)offset, name, err);
}

static ssize_t write_some(int fd, const void *buf, size_t n, off_t offset)
{
	ssize_t put;

	do
		put = offset < 0 ? write(fd, buf, n) : pwrite(fd, buf, n, offset);
	while (put < 0 && may_go_on(fd, POLLOUT));
	return put;
}

static int write_full(int fd, const char *p, size_t n, off_t offset, const char *name, struct msk_err *err)
{
	for (size_t done = 0; done < n;) {
		ssize_t put = write_some(fd, p + done, n - done, offset < 0 ? -1 : offset + (off_t)done);

		if (put <= 0)
			return msk_fail_write(err, put < 0 ? errno : EIO, "%s: write failed", name);
		done += (size_t)put;
	}
	return 0;
}

int msk_write_full(int fd, const void *buf, size_t n, const char *name, struct msk_err *err)
{
	return write_full(fd, buf, n, -1, name, err);
}

int msk_pwrite_full(int fd, const void *buf, size_t n, uint64_t offset, const char *name, struct msk_err *err)
{
	if (offset > INT64_MAX)
		return msk_fail_write(err, EFBIG, "%s: write failed", name);
	return write_full(fd, buf, n, (off_t)offset, name, err);
}

int msk_open_to_read(const char *path)
{
	struct stat st;
	int wait = stat(path, &st) == 0 && S_ISFIFO(st.st_mode) ? 0 : O_NONBLOCK, fd;

	do
		fd = open(path, O_RDONLY | O_NOCTTY | O_CLOEXEC | wait);
	while (fd < 0 && errno == EINTR);
	return fd;
}

int msk_fail_create(struct msk_err *err, int sys, const char *name, const char *dir)
{
	msk_fail_write(err, sys, "%s: cannot create", name);
	return sys == ENOENT ? msk_hint(err, "mkdir -p %s", dir) : -1;
}

void msk_push_out(int fd, uint64_t offset, uint64_t n)
{
	/* Whatever goes wrong shows when the file is synced. */
	(void)sync_file_range(fd, (off_t)offset, (off_t)n, SYNC_FILE_RANGE_WRITE);
}

/* At first a chunk, then more. */
static int read_chunks(int fd, size_t chunk, size_t limit, struct msk_str *out, const char *name, struct msk_err *err)
{
	size_t total = 0;

	for (;; chunk *= chunk < CHUNK_MOST ? 2 : 1) {
		ssize_t got = msk_read_full(fd, msk_str_room(out, chunk), chunk, name, err);

		msk_str_wrote(out, got < 0 ? 0 : (size_t)got);
		if (got < 0)
			return -1;
		if ((size_t)got > limit - total)
			return msk_fail(err, MSK_E_INPUT, "%s: larger than %zu bytes", name, limit);
		total += (size_t)got;
		if ((size_t)got < chunk)
			return 0;
	}
}

int msk_read_all(int fd, size_t limit, struct msk_str *out, const char *name, struct msk_err *err)
{
	return read_chunks(fd, CHUNK, limit, out, name, err);
}

/* One byte more: the end shows by itself. */
int msk_read_sized(int fd, uint64_t size, size_t limit, struct msk_str *out, const char *name, struct msk_err *err)
{
	return read_chunks(fd, size && size <= limit ? (size_t)size + 1 : CHUNK, limit, out, name, err);
}

void msk_dir_list_release(struct msk_dir_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].name);
	free(l->v);
	*l = (struct msk_dir_list){ NULL, 0, 0 };
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct msk_dir_entry *)a)->name, ((const struct msk_dir_entry *)b)->name);
}

/* At most one beyond `max`. Returns an errno. */
static int list(DIR *dir, size_t max, struct msk_dir_list *out)
{
	while (out->n <= max) {
		const struct dirent *e = (errno = 0, readdir(dir));

		if (!e)
			return errno;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		MSK_GROW(out->v, out->n, out->cap);
		out->v[out->n++] = (struct msk_dir_entry){ msk_xstrdup(e->d_name), e->d_type };
	}
	return 0;
}

int msk_dir_list_read(int dirfd, size_t max, const char *name, struct msk_dir_list *out, struct msk_err *err)
{
	int fd = fcntl(dirfd, F_DUPFD_CLOEXEC, 3), sys;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	if (!dir) {
		msk_fail_sys(err, errno, "%s: cannot list", name);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	sys = list(dir, max, out);
	closedir(dir);
	if (sys)
		return msk_fail_sys(err, sys, "%s: cannot list", name);
	if (out->n > max)
		return msk_fail(err, MSK_E_INPUT, "%s: more than %zu entries", name, max);
	if (out->n > 1)
		qsort(out->v, out->n, sizeof *out->v, by_name);
	return 0;
}

int msk_list_fd(int dirfd, size_t max, const char *name, struct msk_strv *names, struct msk_err *err)
{
	MSK_AUTO_DIR_LIST all = { NULL, 0, 0 };

	if (msk_dir_list_read(dirfd, max, name, &all, err) < 0)
		return -1;
	for (size_t i = 0; i < all.n; i++)
		msk_strv_push(names, all.v[i].name);
	return 0;
}

char *msk_link_step(const char *path)
{
	char text[PATH_MAX];
	ssize_t n = readlink(path, text, sizeof text - 1);
	MSK_AUTO_FREE char *dir = NULL;

	if (n <= 0)
		return NULL;
	text[n] = '\0';
	dir = msk_path_dir(path);
	return text[0] == '/' ? msk_xstrdup(text) : msk_xasprintf("%s/%s", dir, text);
}

char *msk_written_at(const char *path)
{
	char *at = msk_xstrdup(path);

	for (int hops = 0; hops < MSK_MAX_LINKS; hops++) {
		char *next = msk_link_step(at);

		if (!next)
			break;
		free(at);
		at = next;
	}
	return at;
}

bool msk_same_state(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

/* A failed sync is final: asking again may report success for pages that are gone. */
static int settle_sync(int rc, const char *name, struct msk_err *err)
{
	if (rc == 0 || errno == EINVAL || errno == EROFS)
		return 0;
	return msk_fail_write(err, errno, "%s: sync failed", name);
}

int msk_fsync(int fd, const char *name, struct msk_err *err)
{
	return settle_sync(fsync(fd), name, err);
}

int msk_fdatasync(int fd, const char *name, struct msk_err *err)
{
	return settle_sync(fdatasync(fd), name, err);
}
