#include "body.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/fs.h"

#define READ_CHUNK (256u << 10)

/* Is what is open now what was gathered? Size, identity and time must be those of then. */
static int check_unchanged(const struct msk_content *c, int fd, struct msk_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return msk_fail_sys(err, errno, "%s: cannot stat", c->host_path);
	if (st.st_dev != c->dev || st.st_ino != c->ino || (uint64_t)st.st_size != c->size ||
	    (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec != c->mtime_ns)
		return msk_fail(err, MSK_E_IO, "%s: changed while it was being read", c->host_path);
	return 0;
}

static int open_body(const struct msk_content *c, int *out_fd, struct msk_err *err)
{
	int fd = c->fd >= 0 ? fcntl(c->fd, F_DUPFD_CLOEXEC, 3) : open(c->host_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return msk_fail_sys(err, errno, "%s: cannot open", c->host_path);
	*out_fd = fd;
	return 0;
}

static int read_file(const struct msk_content *c, int fd, struct msk_body_taker *t, struct msk_err *err)
{
	MSK_AUTO_FREE char *buf = msk_xmalloc(READ_CHUNK);

	for (uint64_t done = 0; done < c->size;) {
		size_t want = c->size - done < READ_CHUNK ? (size_t)(c->size - done) : READ_CHUNK;
		ssize_t got = msk_pread_full(fd, buf, want, done, c->host_path, err);

		if (got < 0)
			return -1;
		if ((size_t)got != want)
			return msk_fail(err, MSK_E_IO, "%s: changed while it was being read", c->host_path);
		if (t->take(t, buf, want, err) < 0)
			return -1;
		done += want;
	}
	return 0;
}

int msk_body_read(const struct msk_content *c, struct msk_body_taker *t, struct msk_err *err)
{
	MSK_AUTO_FD int fd = -1;

	if (c->data)
		return t->take(t, c->data, (size_t)c->size, err);
	if (open_body(c, &fd, err) < 0 || check_unchanged(c, fd, err) < 0 || read_file(c, fd, t, err) < 0)
		return -1;
	return check_unchanged(c, fd, err);
}
