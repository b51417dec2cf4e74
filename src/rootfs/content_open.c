#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/rootfs.h"

int msk_content_unchanged(const struct msk_content *c, int fd, struct msk_err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return msk_fail_sys(err, errno, "%s: cannot stat", c->host_path);
	if (st.st_dev != c->dev || st.st_ino != c->ino || (uint64_t)st.st_size != c->size ||
	    (int64_t)((uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec) != c->mtime_ns)
		return msk_fail(err, MSK_E_IO, "%s: changed while it was being read", c->host_path);
	return 0;
}

int msk_content_open(const struct msk_content *c, int *out_fd, struct msk_err *err)
{
	MSK_AUTO_FD int fd = c->fd >= 0 ? fcntl(c->fd, F_DUPFD_CLOEXEC, 3) :
			     open(c->host_path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return msk_fail_sys(err, errno, "%s: cannot open", c->host_path);
	if (msk_content_unchanged(c, fd, err) < 0)
		return -1;
	*out_fd = fd;
	fd = -1;
	return 0;
}
