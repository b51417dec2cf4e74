#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "mkscratch/fs.h"
#include "source.h"

struct fd_reader {
	struct msk_stream s;         /* first: the reader is this */
	int fd;
	uint64_t offset;
	char *name;
};

static ssize_t fd_read(struct msk_reader *pr, void *p, size_t n, struct msk_err *err)
{
	struct fd_reader *r = (struct fd_reader *)pr;
	ssize_t got = msk_pread_full(r->fd, p, n, r->offset, r->name, err);

	if (got > 0)
		r->offset += (uint64_t)got;
	return got;
}

static void fd_free(struct msk_reader *pr)
{
	struct fd_reader *r = (struct fd_reader *)pr;

	close(r->fd);
	free(r->name);
	free(r);
}

struct msk_reader *msk_fd_reader_new(int own_fd, const char *name)
{
	struct fd_reader *r = msk_xcalloc(1, sizeof *r);

	*r = (struct fd_reader){ { { fd_read }, fd_free }, own_fd, 0, msk_xstrdup(name) };
	return &r->s.r;
}

const char *msk_source_plain_name(const char *path)
{
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	return path;
}

int msk_archive_pass_begin(struct msk_archive_pass *p, struct msk_source *s, struct msk_err *err)
{
	int fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return msk_fail_sys(err, errno, "%s: cannot read", s->name);
	p->file = msk_fd_reader_new(fd, s->name);
	if (msk_inflate_new(p->file, s->name, &p->inflate, err) < 0)
		return -1;
	return msk_tar_in_new(msk_inflate_reader(p->inflate), s->name, &p->tar, err);
}

void msk_archive_pass_release(struct msk_archive_pass *p)
{
	msk_tar_in_free(p->tar);
	msk_inflate_free(p->inflate);
	msk_source_stream_free(p->file);
}

/* The data of one entry: the walk stands at it for as long as the stream lives. */
struct entry_reader {
	struct msk_stream s;
	struct msk_archive_pass pass;
};

static ssize_t entry_read(struct msk_reader *r, void *p, size_t n, struct msk_err *err)
{
	return msk_tar_in_read(((struct entry_reader *)r)->pass.tar, p, n, err);
}

static void entry_free(struct msk_reader *r)
{
	msk_archive_pass_release(&((struct entry_reader *)r)->pass);
	free(r);
}

int msk_archive_stream(struct msk_source *s, const char *path, bool *found, struct msk_reader **out, struct msk_err *err)
{
	struct entry_reader *r = msk_xcalloc(1, sizeof *r);
	MSK_CLEANUP(msk_source_stream_cleanup) struct msk_reader *guard = &r->s.r;
	struct msk_tar_entry e;

	r->s = (struct msk_stream){ { entry_read }, entry_free };
	*found = false;
	if (!msk_strv_has(&s->files, path))
		return 0;
	if (msk_archive_pass_begin(&r->pass, s, err) < 0)
		return -1;
	for (bool more = true; more && !*found;) {
		if (msk_tar_in_next(r->pass.tar, &e, &more, err) < 0)
			return -1;
		*found = more && e.type == MSK_TAR_FILE && strcmp(msk_source_plain_name(e.path), path) == 0;
	}
	if (*found)
		*out = msk_take(&guard);
	return 0;
}
