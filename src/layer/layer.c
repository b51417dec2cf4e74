#include "mkscratch/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/compress.h"
#include "mkscratch/fs.h"
#include "mkscratch/tar.h"
#include "split.h"

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

static int copy_body(const struct msk_content *c, int fd, struct msk_progress *progress, struct msk_tar *tar,
		     struct msk_err *err)
{
	MSK_AUTO_FREE char *buf = msk_xmalloc(READ_CHUNK);

	for (uint64_t done = 0; done < c->size;) {
		size_t want = c->size - done < READ_CHUNK ? (size_t)(c->size - done) : READ_CHUNK;
		ssize_t got = msk_pread_full(fd, buf, want, done, c->host_path, err);

		if (got < 0)
			return -1;
		if ((size_t)got != want)
			return msk_fail(err, MSK_E_IO, "%s: changed while it was being read", c->host_path);
		if (msk_tar_data(tar, buf, want, err) < 0)
			return -1;
		msk_progress_add(progress, want);
		done += want;
	}
	return 0;
}

static int add_body(const struct msk_content *c, struct msk_progress *progress, struct msk_tar *tar, struct msk_err *err)
{
	MSK_AUTO_FD int fd = -1;

	if (c->data) {
		msk_progress_add(progress, c->size);
		return msk_tar_data(tar, c->data, (size_t)c->size, err);
	}
	if (open_body(c, &fd, err) < 0 || check_unchanged(c, fd, err) < 0 || copy_body(c, fd, progress, tar, err) < 0)
		return -1;
	return check_unchanged(c, fd, err);
}

static int add_entry(const struct msk_entry *e, const struct msk_layer_args *a, struct msk_tar *tar, struct msk_err *err)
{
	static const enum msk_tar_type type[] = {
		[MSK_DIR] = MSK_TAR_DIR, [MSK_FILE] = MSK_TAR_FILE, [MSK_SYMLINK] = MSK_TAR_SYMLINK,
	};
	struct msk_tar_entry te = {
		.path = e->path + 1,
		.type = type[e->type],
		.link = e->link,
		.mode = e->mode,
		.uid = e->uid,
		.gid = e->gid,
		.size = e->body.size,
		.mtime = a->mtime,
	};

	if (msk_tar_header(tar, &te, err) < 0)
		return -1;
	return e->type == MSK_FILE ? add_body(&e->body, a->progress, tar, err) : 0;
}

/* A layer on its way: its tar goes through the compressor into a blob. */
struct job {
	struct msk_part part;                 /* first: the part is the job */
	struct msk_store *store;
	struct msk_layer_desc *out;
};

static int open_blob(struct msk_part *p, struct msk_writer **to, struct msk_err *err)
{
	(void)err;
	*to = msk_store_begin(((struct job *)p)->store);
	return 0;
}

static int close_blob(struct msk_part *p, struct msk_err *err)
{
	struct job *j = (struct job *)p;

	j->out->diff_id = p->digest;
	j->out->plain_size = p->size;
	return msk_store_end(j->store, &j->out->blob.digest, &j->out->blob.size, err);
}

static int write_entries(const struct msk_layer_args *a, const struct msk_selection *s, struct msk_writer *to,
			 struct msk_err *err)
{
	MSK_CLEANUP(msk_tar_cleanup) struct msk_tar *tar = NULL;

	if (msk_tar_new(to, &tar, err) < 0)
		return -1;
	for (size_t i = 0; i < s->n; i++)
		if (add_entry(msk_rootfs_at(a->fs, s->v[i]), a, tar, err) < 0)
			return -1;
	return msk_tar_finish(tar, err);
}

/* One layer follows the other into the compressor without waiting for it. */
static int write_layers(const struct msk_layer_args *a, const struct msk_selection *s, struct msk_store *st,
			struct msk_layers *out, struct msk_err *err)
{
	const struct msk_compress_args args = { .codec = a->codec, .jobs = a->jobs };
	struct job jobs[3];
	MSK_CLEANUP(msk_compressor_cleanup) struct msk_compressor *c = NULL;

	if (msk_compressor_new(&args, &c, err) < 0)
		return -1;
	for (size_t i = 0; i < out->n; i++) {
		out->v[i] = (struct msk_layer_desc){
			.blob.media_type = msk_codec_media_type(&a->codec),
			.entries = s[i].n,
			.history = s[i].history,
		};
		jobs[i] = (struct job){ { .open = open_blob, .close = close_blob }, st, &out->v[i] };
		if (write_entries(a, &s[i], msk_compressor_begin(c, &jobs[i].part), err) < 0)
			return -1;
	}
	return msk_compressor_finish(c, err);
}

int msk_layers_write(const struct msk_layer_args *a, struct msk_store *st, struct msk_layers *out, struct msk_err *err)
{
	struct msk_selection s[3];
	int rc;

	out->n = msk_split(a->fs, a->single, s);
	rc = write_layers(a, s, st, out, err);
	for (size_t i = 0; i < 3; i++)
		msk_selection_release(&s[i]);
	return rc;
}
