#include "layout.h"
#include "mkscratch/media_type.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/fs.h"
#include "mkscratch/leavings.h"
#include "mkscratch/sink.h"
#include "mkscratch/tempfile.h"

#define LOCK_SECONDS 30
#define MAX_NAMES    10000   /* in the directory itself */

struct layout_sink {
	struct msk_sink s;                     /* first: the sink is this */
	const struct msk_log *log;
	char *path;
	int dirfd, blobs_fd, lock_fd;
	bool fresh;                            /* there was no layout here when we came */
	bool made;                             /* nor a directory */
	bool published;                        /* the index names what this run brought */
	struct msk_undo undo;
	struct msk_tempfile *temp;             /* by blob, those that are new here; without a name: it was there already */
	size_t n_temp;
	struct msk_digest *moved;              /* those that got their names, for taking them back */
	size_t n_moved;
};

static const char *hex(const struct msk_digest *d)
{
	return d->text + strlen("sha256:");
}

struct fd_writer {
	struct msk_writer w;
	int fd;
	const char *name;
};

static int fd_write(struct msk_writer *w, const void *p, size_t n, struct msk_err *err)
{
	return msk_write_full(((struct fd_writer *)w)->fd, p, n, ((struct fd_writer *)w)->name, err);
}

/* Is the blob there already, with the right bytes? A torn one of some other tool is replaced. */
static bool blob_is_sound(const struct layout_sink *s, const struct msk_digest *want)
{
	MSK_AUTO_FD int fd = openat(s->blobs_fd, hex(want), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *h = NULL;
	MSK_AUTO_FREE char *buf = NULL;
	struct msk_err ignored = MSK_ERR_INIT;
	struct msk_digest got;
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return false;
	h = msk_sha256_new();
	buf = msk_xmalloc(1 << 18);
	while ((n = msk_read_full(fd, buf, 1 << 18, "blob", &ignored)) > 0)
		msk_sha256_add(h, buf, (size_t)n);
	msk_sha256_end(h, &got);
	return n == 0 && strcmp(got.text, want->text) == 0;
}

static int stage_blob(struct layout_sink *s, struct msk_store *st, size_t i, struct msk_err *err)
{
	struct fd_writer w = { { fd_write, NULL }, -1, s->s.name };
	struct msk_digest d;
	uint64_t size;

	msk_store_at(st, i, &d, &size);
	if (blob_is_sound(s, &d))
		return 0;
	if (msk_tempfile_open(&s->temp[i], s->blobs_fd, hex(&d), MSK_MODE_UMASK, s->s.name, err) < 0)
		return -1;
	w.fd = s->temp[i].fd;
	if (msk_store_send(st, &d, &w.w, err) < 0)
		return -1;
	return msk_tempfile_sync(&s->temp[i], s->s.name, err);
}

static int layout_write(struct msk_sink *sink, const struct msk_product *p, struct msk_store *st, struct msk_err *err)
{
	struct layout_sink *s = (struct layout_sink *)sink;

	(void)p;
	s->temp = msk_xcalloc(msk_store_count(st), sizeof *s->temp);
	s->moved = msk_xcalloc(msk_store_count(st), sizeof *s->moved);
	s->n_temp = msk_store_count(st);
	for (size_t i = 0; i < s->n_temp; i++)
		s->temp[i] = (struct msk_tempfile)MSK_TEMPFILE_INIT;
	for (size_t i = 0; i < s->n_temp; i++)
		if (stage_blob(s, st, i, err) < 0)
			return -1;
	return 0;
}

/* Write a small document beside its place. */
static int write_document(struct layout_sink *s, struct msk_tempfile *t, const char *file, const char *text, size_t n,
			  const char *name, struct msk_err *err)
{
	if (msk_tempfile_open(t, s->dirfd, file, MSK_MODE_UMASK, name, err) < 0 ||
	    msk_write_full(t->fd, text, n, name, err) < 0)
		return -1;
	return msk_tempfile_sync(t, name, err);
}

static int put_version(struct layout_sink *s, struct msk_err *err)
{
	MSK_AUTO_FREE char *name = msk_xasprintf("%s/oci-layout", s->path);
	MSK_AUTO_TEMPFILE t = MSK_TEMPFILE_INIT;

	if (write_document(s, &t, "oci-layout", MSK_OCI_LAYOUT, strlen(MSK_OCI_LAYOUT), name, err) < 0)
		return -1;
	return msk_tempfile_commit(&t, "oci-layout", name, err);
}

/* A document of at most MSK_MAX_DOCUMENT bytes; absent is a value. */
static int read_document(const struct layout_sink *s, const char *file, bool *found, struct msk_str *out,
			 struct msk_err *err)
{
	MSK_AUTO_FREE char *name = msk_xasprintf("%s/%s", s->path, file);
	MSK_AUTO_FD int fd = openat(s->dirfd, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	*found = fd >= 0;
	if (fd < 0)
		return errno == ENOENT ? 0 : msk_fail_sys(err, errno, "%s: cannot open", name);
	if (fstat(fd, &st) < 0)
		return msk_fail_sys(err, errno, "%s: cannot examine", name);
	if (!S_ISREG(st.st_mode))
		return msk_fail(err, MSK_E_INPUT, "%s: not a regular file", name);
	return msk_read_all(fd, MSK_MAX_DOCUMENT, out, name, err);
}

/* The moment at which the image is there: no signal comes between the index and our knowing of it. */
static int put_index(struct layout_sink *s, const struct msk_str *text, const char *name, struct msk_err *err)
{
	MSK_AUTO_TEMPFILE t = MSK_TEMPFILE_INIT;

	if (write_document(s, &t, "index.json", msk_str_c(text), text->len, name, err) < 0)
		return -1;
	msk_undo_hold();
	s->published = msk_tempfile_commit(&t, "index.json", name, err) == 0;
	if (s->published && s->s.all_there && s->s.last)
		*s->s.all_there = true;
	msk_undo_let_go();
	return s->published ? 0 : -1;
}

/* The index with what is delivered. */
static int make_index(const struct layout_sink *s, const struct msk_product *p, const char *name, struct msk_json **out,
		      struct msk_err *err)
{
	MSK_AUTO_JSON *index = NULL;
	MSK_AUTO_STR text = MSK_STR_INIT;
	bool found;

	if (read_document(s, "index.json", &found, &text, err) < 0)
		return -1;
	if (!found)
		index = msk_index_json(p);
	else if (msk_json_parse(text.buf, text.len, name, &index, err) < 0 ||
		 msk_index_merge(index, p, s->path, s->log, err) < 0)
		return -1;
	*out = msk_take(&index);
	return 0;
}

/* What others put there since it was foreseen may be worth a warning, too. */
static int update_index(struct layout_sink *s, const struct msk_product *p, struct msk_err *err)
{
	MSK_AUTO_FREE char *name = msk_xasprintf("%s/index.json", s->path);
	MSK_AUTO_JSON *index = NULL;
	MSK_AUTO_STR text = MSK_STR_INIT;

	if (make_index(s, p, name, &index, err) < 0 || msk_warned_check(s->log, err) < 0)
		return -1;
	msk_json_dump(index, &text);
	if (msk_document_check(name, &text, err) < 0)
		return -1;
	return put_index(s, &text, name, err);
}

/* The index is merged for good when it is written; what it would warn of counts before. */
static int layout_foresee(struct msk_sink *sink, const struct msk_product *p, struct msk_err *err)
{
	const struct layout_sink *s = (const struct layout_sink *)sink;
	MSK_AUTO_FREE char *name = msk_xasprintf("%s/index.json", s->path);
	MSK_AUTO_JSON *ignored = NULL;

	if (msk_media_type_is_docker(p->top.media_type))
		msk_warn(s->log, "%s: in a directory, umoci and skopeo (by tag) may pass over an image of Docker's media "
			 "types; in a tar it is found", s->path);
	return s->log->warned ? make_index(s, p, name, &ignored, err) : 0;
}

/* A blob that was there when it was looked for may have been taken back by the run that brought it. */
static bool is_present(const struct layout_sink *s, const struct msk_digest *d, uint64_t size)
{
	struct stat st;

	return fstatat(s->blobs_fd, hex(d), &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       (uint64_t)st.st_size == size;
}

static int publish_blob(struct layout_sink *s, struct msk_store *st, size_t i, struct msk_err *err)
{
	struct msk_digest d;
	uint64_t size;

	msk_store_at(st, i, &d, &size);
	if (!s->temp[i].named && !is_present(s, &d, size) && stage_blob(s, st, i, err) < 0)
		return -1;
	if (!s->temp[i].named)
		return 0;
	if (faccessat(s->blobs_fd, hex(&d), F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		s->moved[s->n_moved] = d;
		s->n_moved++;
	}
	return msk_tempfile_commit(&s->temp[i], hex(&d), s->s.name, err);
}

/* Blobs get their names, then the index names them: whoever reads at any moment finds what the index tells of. */
static int publish_blobs(struct layout_sink *s, struct msk_store *st, struct msk_err *err)
{
	for (size_t i = 0; i < msk_store_count(st); i++)
		if (publish_blob(s, st, i, err) < 0)
			return -1;
	return msk_fsync(s->blobs_fd, s->s.name, err);
}

/* Of a new layout all but the index is on the disk before the index comes: what may be lost is the image, not a part. */
static int found_layout(struct layout_sink *s, struct msk_err *err)
{
	MSK_AUTO_FD int blobs = openat(s->dirfd, "blobs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MSK_AUTO_FD int parent = s->made ? openat(s->dirfd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (blobs < 0)
		return msk_fail_sys(err, errno, "%s/blobs: cannot open", s->path);
	/* Where the directory above may not be read, it is for its owner to sync. */
	if (put_version(s, err) < 0 || msk_fsync(blobs, s->s.name, err) < 0 ||
	    (parent >= 0 && msk_fsync(parent, s->s.name, err) < 0))
		return -1;
	return msk_fsync(s->dirfd, s->s.name, err);
}

static int publish_locked(struct layout_sink *s, const struct msk_product *p, struct msk_store *st, struct msk_err *err)
{
	if (publish_blobs(s, st, err) < 0 || (s->fresh && found_layout(s, err) < 0))
		return -1;
	return update_index(s, p, err);
}

/* Under the lock nobody else's index tells of what this run put there. */
static void take_back(struct layout_sink *s)
{
	if (s->published)
		return;
	for (size_t i = 0; i < s->n_moved; i++)
		unlinkat(s->blobs_fd, hex(&s->moved[i]), 0);
	s->n_moved = 0;
	if (s->fresh && faccessat(s->dirfd, "index.json", F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		unlinkat(s->dirfd, "oci-layout", 0);
}

static int layout_publish(struct msk_sink *sink, const struct msk_product *p, struct msk_store *st, struct msk_err *err)
{
	struct layout_sink *s = (struct layout_sink *)sink;
	int rc;

	rc = msk_layout_lock(s->dirfd, s->path, LOCK_SECONDS, s->log, &s->lock_fd, err);
	if (rc == 0)
		rc = publish_locked(s, p, st, err);
	msk_undo_hold();
	take_back(s);
	msk_layout_unlock(&s->lock_fd);
	msk_undo_let_go();
	return rc < 0 ? -1 : msk_fsync(s->dirfd, sink->name, err);
}

/* What holds nothing goes; a directory that came to hold something stays by itself. */
static void remove_empty(struct layout_sink *s)
{
	if (s->published || !s->fresh)
		return;
	msk_layout_lock_remove(s->dirfd, s->lock_fd);
	unlinkat(s->dirfd, "blobs/sha256", AT_REMOVEDIR);
	unlinkat(s->dirfd, "blobs", AT_REMOVEDIR);
	if (s->made)
		rmdir(s->path);
}

static void undo_layout(struct msk_undo *u)
{
	struct layout_sink *s = (struct layout_sink *)((char *)u - offsetof(struct layout_sink, undo));

	take_back(s);
	remove_empty(s);
}

static void layout_close(struct msk_sink *sink)
{
	struct layout_sink *s = (struct layout_sink *)sink;

	for (size_t i = 0; i < s->n_temp; i++)
		msk_tempfile_release(&s->temp[i]);
	msk_undo_hold();
	msk_undo_drop(&s->undo);
	if (s->dirfd >= 0)
		remove_empty(s);
	msk_undo_let_go();
	if (s->blobs_fd >= 0)
		close(s->blobs_fd);
	if (s->dirfd >= 0)
		close(s->dirfd);
	free(s->temp);
	free(s->moved);
	free(s->path);
	free(s);
}

static int check_version(struct layout_sink *s, const struct msk_str *text, struct msk_err *err)
{
	MSK_AUTO_FREE char *name = msk_xasprintf("%s/oci-layout", s->path);
	MSK_AUTO_JSON *o = NULL;
	const char *version;

	if (msk_json_parse(text->buf, text->len, name, &o, err) < 0)
		return -1;
	version = msk_json_get_string(o, "imageLayoutVersion");
	if (!version)
		return msk_fail(err, MSK_E_INPUT, "%s: imageLayoutVersion is missing", name);
	if (strcmp(version, "1.0.0") != 0)
		return msk_fail(err, MSK_E_INPUT, "%s: layout version %s is not supported", s->path, version);
	return 0;
}

/* Empty but for what a run of ours that is under way, or was killed, may have put there. */
static int look_if_empty(const struct layout_sink *s, bool *empty, struct msk_err *err)
{
	MSK_AUTO_FD int fd = openat(s->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	MSK_AUTO_STRV names = MSK_STRV_INIT;

	if (fd < 0)
		return msk_fail_sys(err, errno, "%s: cannot open", s->path);
	if (msk_list_fd(fd, MAX_NAMES, s->path, &names, err) < 0)
		return -1;
	*empty = true;
	for (size_t i = 0; i < names.n; i++)
		*empty = *empty && (strcmp(names.v[i], "blobs") == 0 || msk_is_leaving(names.v[i]));
	return 0;
}

static int open_directory(struct layout_sink *s, struct msk_err *err)
{
	MSK_AUTO_FREE char *above = msk_path_dir(s->path);
	int sys = 0;

	msk_undo_hold();
	s->made = s->fresh = mkdir(s->path, 0777) == 0;
	if (!s->made)
		sys = errno;
	s->dirfd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dirfd >= 0)
		msk_undo_add(&s->undo);
	else if (s->made)
		rmdir(s->path);
	msk_undo_let_go();
	if (!s->made && sys != EEXIST)
		return msk_fail_create(err, sys, s->s.name, above);
	if (s->dirfd >= 0)
		return 0;
	sys = errno;
	msk_fail_sys(err, sys, "%s: cannot open", s->s.name);
	return sys == ENOTDIR ? msk_hint(err, "-o %s writes a tar there", s->path) : -1;
}

static int open_blobs(struct layout_sink *s, struct msk_err *err)
{
	if ((mkdirat(s->dirfd, "blobs", 0777) < 0 && errno != EEXIST) ||
	    (mkdirat(s->dirfd, "blobs/sha256", 0777) < 0 && errno != EEXIST))
		return msk_fail_sys(err, errno, "%s/blobs/sha256: cannot create", s->path);
	s->blobs_fd = openat(s->dirfd, "blobs/sha256", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->blobs_fd < 0)
		return msk_fail_sys(err, errno, "%s/blobs/sha256: cannot open", s->path);
	/* A run that was killed may have left some, and this one may have no blob to add. */
	msk_tempfile_sweep(s->blobs_fd);
	return 0;
}

static int open_layout(struct layout_sink *s, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;
	bool empty = false, found;

	if (open_directory(s, err) < 0)
		return -1;
	/* In this order: another writer may be making the layout, and what was empty before may be whole by now. */
	if (look_if_empty(s, &empty, err) < 0)
		return -1;
	s->fresh = empty;
	if (read_document(s, "oci-layout", &found, &text, err) < 0 || (found && check_version(s, &text, err) < 0))
		return -1;
	s->fresh = !found;
	if (!found && !empty) {
		s->fresh = false;
		msk_fail(err, MSK_E_INPUT, "%s: not an OCI layout (oci-layout is missing)", s->path);
		return msk_hint(err, "name an empty or new directory, or a file: -o %s/img.tar",
				strcmp(s->path, "/") == 0 ? "" : s->path);
	}
	return open_blobs(s, err);
}

/* "dir/" and "dir" are one directory in every message. */
static char *without_slashes(const char *path)
{
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	return msk_xstrndup(path, n);
}

int msk_layout_sink_open(const struct msk_target *t, const struct msk_log *log, struct msk_sink **out,
			 struct msk_err *err)
{
	static const struct msk_sink_ops ops = {
		.foresee = layout_foresee, .write = layout_write, .publish = layout_publish, .close = layout_close,
	};
	struct layout_sink *s = msk_xcalloc(1, sizeof *s);

	*s = (struct layout_sink){ .s = { .ops = &ops, .name = t->path }, .log = log, .dirfd = -1, .blobs_fd = -1,
				  .lock_fd = -1, .undo = { .run = undo_layout } };
	s->path = without_slashes(t->path);
	if (open_layout(s, err) < 0) {
		layout_close(&s->s);
		return -1;
	}
	*out = &s->s;
	return 0;
}
