#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/device.h"
#include "mkscratch/fs.h"
#include "mkscratch/outfile.h"
#include "mkscratch/sink.h"
#include "outer_tar.h"

#define BUFFER (256u << 10)

struct archive_sink {
	struct msk_sink s;             /* first: the sink is this */
	int dirfd;                     /* of the destination; -1 when it is written directly */
	char *final;                   /* last part of the destination's path */
	int fd;                        /* what is written directly: a descriptor that was named, a device, a FIFO */
	bool borrowed, existed;
	struct msk_outfile file;
	struct msk_outfile left;       /* a stage that blobs came to lie in at the wrong place, or may have been changed in */
	struct msk_stage stage;
	uint64_t front;                /* in the stage: bytes in front of the blobs; 0: no stage */
};

/* Small writes are gathered: a tar header is 512 bytes. */
struct sink_writer {
	struct msk_writer w;
	struct archive_sink *s;
	uint64_t at;                   /* in its file: where the buffer belongs */
	char *buf;
	size_t n;
};

#define KEPT "; previous file kept"

static int write_out(struct sink_writer *w, const void *p, size_t n, struct msk_err *err)
{
	uint64_t at = w->at;

	w->at += n;
	if (w->s->fd >= 0)
		return msk_write_full(w->s->fd, p, n, w->s->s.name, err);
	return msk_outfile_write(&w->s->file, p, n, at, err);
}

static int flush(struct sink_writer *w, struct msk_err *err)
{
	size_t n = w->n;

	w->n = 0;
	return write_out(w, w->buf, n, err);
}

static int gather(struct msk_writer *pw, const void *p, size_t n, struct msk_err *err)
{
	struct sink_writer *w = (struct sink_writer *)pw;

	if (n > BUFFER - w->n && flush(w, err) < 0)
		return -1;
	if (n >= BUFFER)
		return write_out(w, p, n, err);
	memcpy(w->buf + w->n, p, n);
	w->n += n;
	return 0;
}

static int finish(struct msk_writer *pw, struct msk_err *err)
{
	return flush((struct sink_writer *)pw, err);
}

static struct msk_stage *archive_stage(struct msk_sink *sink, const struct msk_product *like)
{
	struct archive_sink *s = (struct archive_sink *)sink;
	struct msk_err ignored = MSK_ERR_INIT;
	MSK_AUTO_STR front = MSK_STR_INIT;

	if (s->fd >= 0 || msk_outer_tar_front(like, &front, &ignored) < 0)
		return NULL;
	s->front = front.len;
	s->stage = (struct msk_stage){
		.file = &s->file,
		.next = front.len,
		.head = MSK_TAR_BLOCK,
		.align = MSK_TAR_BLOCK,
		.name = sink->name,
		.kept = s->existed ? KEPT : NULL,
	};
	return &s->stage;
}

static int write_through(struct archive_sink *s, const struct msk_product *p, struct msk_store *st, uint64_t *size,
			 struct msk_err *err)
{
	MSK_AUTO_FREE char *buf = msk_xmalloc(BUFFER);
	struct sink_writer w = { { gather, finish }, s, 0, buf, 0 };

	if (msk_outer_tar_write(p, st, &w.w, err) < 0)
		return -1;
	*size = w.at;
	return 0;
}

/* Put around the blobs in the stage what makes it the archive: all but their bytes. */
static int write_around(struct archive_sink *s, const struct msk_str *front, struct msk_store *st, uint64_t *length,
			struct msk_err *err)
{
	static const char zeros[3 * MSK_TAR_BLOCK];
	uint64_t end = s->front;
	unsigned char header[MSK_TAR_BLOCK];

	if (msk_outfile_write(&s->file, front->buf, front->len, 0, err) < 0)
		return -1;
	for (size_t i = 0; i < msk_store_count(st); i++) {
		uint64_t offset = msk_store_offset(st, i), size;
		struct msk_digest digest;

		msk_store_at(st, i, &digest, &size);
		end = offset + size;
		if (msk_outer_tar_header(&digest, size, header, err) < 0 ||
		    msk_outfile_write(&s->file, header, sizeof header, offset - sizeof header, err) < 0 ||
		    msk_outfile_write(&s->file, zeros, -end % MSK_TAR_BLOCK, end, err) < 0)
			return -1;
		end += -end % MSK_TAR_BLOCK;
	}
	/* A double may have been written behind the last. */
	*length = end + 2 * (uint64_t)MSK_TAR_BLOCK;
	return msk_outfile_write(&s->file, zeros, 2 * (size_t)MSK_TAR_BLOCK, end, err);
}

static bool blobs_lie_right(const struct archive_sink *s, const struct msk_str *front, const struct msk_store *st)
{
	for (size_t i = 0; i < msk_store_count(st); i++) {
		struct msk_digest digest;
		uint64_t size;

		msk_store_at(st, i, &digest, &size);
		if (size >= MSK_TAR_USTAR_LIMIT)
			return false;
	}
	return front->len == s->front;
}

/* A new file, whatever there is. Blobs that lie in the one so far are read from there. */
static int write_anew(struct archive_sink *s, const struct msk_product *p, struct msk_store *st, uint64_t *size,
		      struct msk_err *err)
{
	if (s->stage.file == &s->file) {
		msk_outfile_move(&s->left, &s->file);
		s->stage.file = &s->left;
	}
	msk_outfile_release(&s->file);
	if (msk_outfile_open(&s->file, s->dirfd, s->final, true, s->s.name, err) < 0)
		return -1;
	return write_through(s, p, st, size, err);
}

static int write_staged(struct archive_sink *s, const struct msk_product *p, struct msk_store *st, uint64_t *size,
			struct msk_err *err)
{
	MSK_AUTO_STR front = MSK_STR_INIT;

	if (msk_outer_tar_front(p, &front, err) < 0)
		return -1;
	return blobs_lie_right(s, &front, st) ? write_around(s, &front, st, size, err) : write_anew(s, p, st, size, err);
}

static int write_file(struct archive_sink *s, const struct msk_product *p, struct msk_store *st, struct msk_err *err)
{
	uint64_t size;

	if ((s->front ? write_staged(s, p, st, &size, err) : write_through(s, p, st, &size, err)) < 0 ||
	    (s->file.doubtful && write_anew(s, p, st, &size, err) < 0))
		return -1;
	return msk_outfile_end(&s->file, size, err);
}

static int archive_write(struct msk_sink *sink, const struct msk_product *p, struct msk_store *st, struct msk_err *err)
{
	struct archive_sink *s = (struct archive_sink *)sink;
	uint64_t size;

	if (s->fd >= 0)
		return write_through(s, p, st, &size, err);
	if (write_file(s, p, st, err) == 0)
		return 0;
	return s->existed ? msk_more(err, KEPT) : -1;
}

/* The last of several tells, in the moment at which it is there, that none is taken back any more. */
static int put_in_place(struct archive_sink *s, struct msk_err *err)
{
	const bool *stays = s->s.last ? NULL : s->s.all_there;
	int rc;

	msk_undo_hold();
	rc = msk_outfile_put(&s->file, stays, &s->s.unchanged, err);
	if (rc == 0 && s->s.all_there && s->s.last)
		*s->s.all_there = true;
	msk_undo_let_go();
	return rc;
}

static int write_again(struct archive_sink *s, const struct msk_product *p, struct msk_store *st, struct msk_err *err)
{
	uint64_t size;

	return write_anew(s, p, st, &size, err) < 0 ? -1 : msk_outfile_end(&s->file, size, err);
}

static int archive_publish(struct msk_sink *sink, const struct msk_product *p, struct msk_store *st, struct msk_err *err)
{
	struct archive_sink *s = (struct archive_sink *)sink;

	if (s->fd >= 0) {
		if (s->s.all_there && s->s.last)
			*s->s.all_there = true;
		return 0;
	}
	if ((msk_outfile_lost(&s->file) && write_again(s, p, st, err) < 0) || put_in_place(s, err) < 0)
		return -1;
	return msk_fsync(s->dirfd, sink->name, err);
}

static void archive_close(struct msk_sink *sink)
{
	struct archive_sink *s = (struct archive_sink *)sink;

	msk_outfile_release(&s->file);
	msk_outfile_release(&s->left);
	if (s->fd >= 0 && !s->borrowed)
		close(s->fd);
	if (s->dirfd >= 0)
		close(s->dirfd);
	free(s->final);
	free(s);
}

static int open_beside(struct archive_sink *s, const char *path, struct msk_err *err)
{
	MSK_AUTO_FREE char *dir = msk_path_dir(path);

	s->final = msk_path_base(path);
	s->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dirfd < 0)
		return msk_fail_create(err, errno, s->s.name, dir);
	return msk_outfile_open(&s->file, s->dirfd, s->final, false, s->s.name, err);
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
	s->fd = msk_device_descriptor(t->path);
	s->borrowed = s->fd >= 0;
	if (s->borrowed)
		return 0;
	if (stat(t->path, &st) == 0 && !S_ISREG(st.st_mode))
		return msk_device_open(t->path, "docker load", &s->fd, err);
	path = msk_written_at(t->path);
	if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		return msk_fail_sys(err, ELOOP, "%s: cannot create", t->path);
	s->existed = access(path, F_OK) == 0;
	return open_beside(s, path, err);
}

int msk_archive_sink_open(const struct msk_target *t, struct msk_sink **out, struct msk_err *err)
{
	static const struct msk_sink_ops ops = {
		.stage = archive_stage,
		.write = archive_write,
		.publish = archive_publish,
		.close = archive_close,
		.reverts = true,
	};
	struct archive_sink *s = msk_xcalloc(1, sizeof *s);

	*s = (struct archive_sink){
		.s = { .ops = &ops, .name = t->path },
		.dirfd = -1, .fd = -1, .file = MSK_OUTFILE_INIT, .left = MSK_OUTFILE_INIT,
	};
	if (open_target(s, t, err) < 0) {
		archive_close(&s->s);
		return -1;
	}
	*out = &s->s;
	return 0;
}
