#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/fs.h"
#include "mkscratch/sink.h"
#include "mkscratch/tempfile.h"
#include "outer_tar.h"

#define BUFFER (256u << 10)

/* Small writes are gathered: a tar header is 512 bytes. */
struct fd_writer {
	struct msk_writer w;
	int fd;
	const char *name;
	char *buf;
	size_t n;
};

struct archive_sink {
	struct msk_sink s;             /* first: the sink is this */
	int dirfd;                     /* of the destination; -1 when it is written directly */
	char *final;                   /* last part of the destination's path */
	int fd;                        /* what is written directly: standard output, a device, a FIFO */
	bool borrowed, existed;
	struct msk_tempfile temp;
};

static int flush(struct fd_writer *w, struct msk_err *err)
{
	size_t n = w->n;

	w->n = 0;
	return msk_write_full(w->fd, w->buf, n, w->name, err);
}

static int fd_write(struct msk_writer *pw, const void *p, size_t n, struct msk_err *err)
{
	struct fd_writer *w = (struct fd_writer *)pw;

	if (n > BUFFER - w->n && flush(w, err) < 0)
		return -1;
	if (n >= BUFFER)
		return msk_write_full(w->fd, p, n, w->name, err);
	memcpy(w->buf + w->n, p, n);
	w->n += n;
	return 0;
}

static int fd_finish(struct msk_writer *pw, struct msk_err *err)
{
	return flush((struct fd_writer *)pw, err);
}

static int archive_write(struct msk_sink *sink, const struct msk_image *img, struct msk_store *st, struct msk_err *err)
{
	struct archive_sink *s = (struct archive_sink *)sink;
	MSK_AUTO_FREE char *buf = msk_xmalloc(BUFFER);
	struct fd_writer w = { { fd_write, fd_finish }, s->fd >= 0 ? s->fd : s->temp.fd, sink->name, buf, 0 };

	if (msk_outer_tar_write(img, st, &w.w, err) == 0 &&
	    (s->fd >= 0 || msk_tempfile_sync(&s->temp, sink->name, err) == 0))
		return 0;
	return s->existed ? msk_more(err, "; previous file kept") : -1;
}

static int archive_publish(struct msk_sink *sink, const struct msk_image *img, struct msk_store *st, struct msk_err *err)
{
	struct archive_sink *s = (struct archive_sink *)sink;

	(void)img;
	(void)st;
	if (s->fd >= 0)
		return 0;
	if (msk_tempfile_commit(&s->temp, s->final, sink->name, err) < 0)
		return -1;
	return msk_fsync(s->dirfd, sink->name, err);
}

static void archive_close(struct msk_sink *sink)
{
	struct archive_sink *s = (struct archive_sink *)sink;

	msk_tempfile_release(&s->temp);
	if (s->fd >= 0 && !s->borrowed)
		close(s->fd);
	if (s->dirfd >= 0)
		close(s->dirfd);
	free(s->final);
	free(s);
}

/* A destination that is a link is written through: the link stays, its target is replaced. */
static char *follow(const char *path)
{
	char real[PATH_MAX];
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && realpath(path, real))
		return msk_xstrdup(real);
	return msk_xstrdup(path);
}

static int open_beside(struct archive_sink *s, const char *path, struct msk_err *err)
{
	MSK_AUTO_FREE char *dir = msk_path_dir(path);

	s->final = msk_path_base(path);
	s->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dirfd < 0)
		return msk_fail_sys(err, errno, "%s: cannot create", s->s.name);
	return msk_tempfile_open(&s->temp, s->dirfd, s->final, MSK_MODE_UMASK, s->s.name, err);
}

static int open_target(struct archive_sink *s, const struct msk_target *t, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = NULL;
	struct stat st;

	if (t->kind == MSK_TARGET_STDOUT) {
		s->fd = STDOUT_FILENO;
		s->borrowed = true;
		s->s.name = "standard output";
		return 0;
	}
	path = follow(t->path);
	if (stat(path, &st) < 0 || S_ISREG(st.st_mode)) {
		s->existed = access(path, F_OK) == 0;
		return open_beside(s, path, err);
	}
	s->fd = open(path, O_WRONLY | O_CLOEXEC);
	return s->fd < 0 ? msk_fail_sys(err, errno, "%s: cannot open", t->path) : 0;
}

int msk_archive_sink_open(const struct msk_target *t, struct msk_sink **out, struct msk_err *err)
{
	static const struct msk_sink_ops ops = { archive_write, archive_publish, archive_close };
	struct archive_sink *s = msk_xcalloc(1, sizeof *s);

	*s = (struct archive_sink){ .s = { &ops, t->path }, .dirfd = -1, .fd = -1, .temp = MSK_TEMPFILE_INIT };
	if (open_target(s, t, err) < 0) {
		archive_close(&s->s);
		return -1;
	}
	*out = &s->s;
	return 0;
}
