#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "mkscratch/fs.h"
#include "source.h"

#define MAX_MEMBERS 100000
#define MAX_NAMES   (8 << 20)
#define MAX_HOPS    8
#define TAIL_CHUNK  (256u << 10)

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

struct msk_reader *msk_fd_reader_new(int own_fd, uint64_t offset, const char *name)
{
	struct fd_reader *r = msk_xcalloc(1, sizeof *r);

	*r = (struct fd_reader){ { { fd_read }, fd_free }, own_fd, offset, msk_xstrdup(name) };
	return &r->s.r;
}

const char *msk_source_plain_name(const char *path)
{
	while (path[0] == '.' && path[1] == '/')
		path += 2;
	return path;
}

static int open_at(struct msk_source *s, uint64_t offset, struct msk_reader **out, struct msk_err *err)
{
	int fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return msk_fail_sys(err, errno, "%s: cannot read", s->name);
	*out = msk_fd_reader_new(fd, offset, s->name);
	return 0;
}

int msk_archive_pass_begin_plain(struct msk_archive_pass *p, struct msk_source *s, uint64_t position, struct msk_err *err)
{
	if (open_at(s, position, &p->file, err) < 0)
		return -1;
	return msk_inflate_new(p->file, s->name, &p->inflate, err);
}

/* More is not put on a disk for the sake of time. */
#define MAX_UNPACKED (4ull << 30)

static bool is_zero(const char *p, size_t n)
{
	return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

static int unpack(struct msk_source *s, struct msk_reader *from, struct msk_err *err)
{
	MSK_AUTO_FREE char *buf = msk_xmalloc(MSK_STAGED_PART);

	for (uint64_t at = 0; at < s->end;) {
		size_t n = 0, want = s->end - at < MSK_STAGED_PART ? (size_t)(s->end - at) : MSK_STAGED_PART;

		for (ssize_t got = 1; n < want && got > 0; n += (size_t)got)
			if ((got = from->read(from, buf + n, want - n, err)) < 0)
				return -1;
		if (n < want)
			return msk_fail(err, MSK_E_INTEGRITY, "%s: ends early", s->name);
		if (!is_zero(buf, n) && msk_staged_write(&s->unpacked, buf, n, at, err) < 0)
			return -1;
		at += n;
	}
	return 0;
}

/* One stream, which no walk can be begun within: its layers may stand in any order, and each that lies behind the walk would
 * cost all before it once more. */
static int unpack_once(struct msk_source *s, struct msk_err *err)
{
	MSK_CLEANUP(msk_archive_pass_release) struct msk_archive_pass p = { 0 };
	struct msk_err full = MSK_ERR_INIT;

	if (s->end > MAX_UNPACKED)
		return 0;
	if (msk_archive_pass_begin_plain(&p, s, 0, err) < 0)
		return -1;
	s->is_unpacked = unpack(s, msk_inflate_reader(p.inflate), &full) == 0;
	/* Without it, all is as it was before, but slow. */
	if (!s->is_unpacked)
		msk_staged_release(&s->unpacked);
	return 0;
}

static bool begins_anywhere(const struct msk_source *s)
{
	return s->plain || s->is_unpacked;
}

/* Documents and then layers in their order take up to three; who needs more of them is better off with a reading for marks. */
#define RESTARTS_BEFORE_MARKS 4

static int make_quick(struct msk_source *s, struct msk_err *err)
{
	MSK_CLEANUP(msk_source_stream_cleanup) struct msk_reader *file = NULL;

	if (begins_anywhere(s) || ++s->restarts != RESTARTS_BEFORE_MARKS)
		return 0;
	if (open_at(s, 0, &file, err) < 0)
		return -1;
	s->marks = msk_gzip_marks_new(file);
	return s->marks ? 0 : unpack_once(s, err);
}

struct unpacked_reader {
	struct msk_stream s;         /* first: the reader is this */
	const struct msk_source *from;
	uint64_t at;
};

static ssize_t unpacked_read(struct msk_reader *pr, void *p, size_t n, struct msk_err *err)
{
	struct unpacked_reader *r = (struct unpacked_reader *)pr;
	uint64_t left = r->from->end - r->at;

	(void)err;
	n = n < left ? n : (size_t)left;
	msk_staged_read(&r->from->unpacked, p, n, r->at);
	r->at += n;
	return (ssize_t)n;
}

static void unpacked_free(struct msk_reader *r)
{
	free(r);
}

static int begin_unpacked(struct msk_archive_pass *p, struct msk_source *s, uint64_t position, struct msk_err *err)
{
	struct unpacked_reader *r = msk_xcalloc(1, sizeof *r);

	*r = (struct unpacked_reader){ { { unpacked_read }, unpacked_free }, s, position };
	p->unpacked = &r->s.r;
	return msk_tar_in_new(p->unpacked, s->name, &p->tar, err);
}

static int begin_at_mark(struct msk_archive_pass *p, struct msk_source *s, uint64_t position, struct msk_err *err)
{
	if (open_at(s, msk_gzip_marks_offset(s->marks, position), &p->file, err) < 0 ||
	    msk_gzip_resume(s->marks, position, p->file, s->name, &p->resumed, err) < 0)
		return -1;
	return msk_tar_in_new(p->resumed, s->name, &p->tar, err);
}

int msk_archive_pass_begin(struct msk_archive_pass *p, struct msk_source *s, uint64_t position, struct msk_err *err)
{
	if (s->marks)
		return begin_at_mark(p, s, position, err);
	if (s->is_unpacked)
		return begin_unpacked(p, s, position, err);
	if (msk_archive_pass_begin_plain(p, s, position, err) < 0)
		return -1;
	return msk_tar_in_new(msk_inflate_reader(p->inflate), s->name, &p->tar, err);
}

void msk_archive_pass_release(struct msk_archive_pass *p)
{
	msk_tar_in_free(p->tar);
	msk_inflate_free(p->inflate);
	msk_gzip_resumed_free(p->resumed);
	msk_source_stream_free(p->unpacked);
	msk_source_stream_free(p->file);
}

/* "a/../b/layer.tar" is "b/layer.tar". */
static char *plain(const char *path)
{
	MSK_AUTO_FREE char *canonical = msk_path_normalise(path);

	return msk_xstrdup(canonical + 1);
}

/* Relative to the directory of the symlink, or, for a hard link, to the top. */
static char *target_of(const struct msk_tar_entry *e)
{
	MSK_AUTO_FREE char *dir = msk_path_dir(e->path), *path = NULL;

	if (e->type == MSK_TAR_HARDLINK)
		return plain(e->link);
	path = msk_xasprintf("%s/%s", e->link[0] == '/' ? "" : dir, e->link);
	return plain(path);
}

static int note_member(struct msk_source *s, const struct msk_tar_entry *e, uint64_t position, struct msk_err *err)
{
	const char *path = msk_source_plain_name(e->path);
	bool is_link = e->type == MSK_TAR_SYMLINK || e->type == MSK_TAR_HARDLINK;

	if (!is_link && e->type != MSK_TAR_FILE)
		return 0;
	s->name_bytes += strlen(path) + (is_link ? strlen(e->path) + strlen(e->link) : 0);
	if (s->files.n == MAX_MEMBERS || s->name_bytes > MAX_NAMES)
		return msk_fail(err, MSK_E_INPUT, "%s: more than %d files, or their names are longer than %d bytes", s->name,
				MAX_MEMBERS, MAX_NAMES);
	msk_strv_push(&s->files, path);
	MSK_GROW(s->members, s->n_members, s->cap);
	s->members[s->n_members++] = (struct msk_member){ is_link ? target_of(e) : NULL, e->size, position };
	return 0;
}

int msk_archive_list(struct msk_source *s, struct msk_err *err)
{
	MSK_CLEANUP(msk_archive_pass_release) struct msk_archive_pass p = { 0 };
	struct msk_tar_entry e;
	bool more;

	if (msk_archive_pass_begin(&p, s, 0, err) < 0)
		return p.inflate ? msk_source_misfit(s, err) : -1;
	while (msk_tar_in_next(p.tar, &e, &more, err) == 0 && more)
		if (note_member(s, &e, msk_tar_in_position(p.tar), err) < 0)
			return -1;
	s->plain = msk_inflate_passes(p.inflate);
	s->end = msk_tar_in_offset(p.tar);
	s->last = msk_tar_in_last(p.tar);
	return err->code == MSK_OK ? 0 : -1;
}

int msk_source_tail(struct msk_source *s, struct msk_source_tail *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_archive_pass_release) struct msk_archive_pass p = { 0 };
	MSK_AUTO_FREE char *buf = msk_xmalloc(TAIL_CHUNK);
	uint64_t at = 0;
	ssize_t n;

	*out = (struct msk_source_tail){ .last = s->last, .end = s->end };
	if (msk_archive_pass_begin_plain(&p, s, 0, err) < 0)
		return -1;
	while ((n = msk_inflate_reader(p.inflate)->read(msk_inflate_reader(p.inflate), buf, TAIL_CHUNK, err)) > 0) {
		uint64_t from = at >= s->end ? 0 : s->end - at;

		for (uint64_t i = from; i < (uint64_t)n; i++)
			out->junk += buf[i] != 0;
		out->behind += from < (uint64_t)n ? (uint64_t)n - from : 0;
		at += (uint64_t)n;
	}
	return n < 0 ? -1 : 0;
}

/* The member that `path` leads to through links; NULL when nowhere. */
static const struct msk_member *find(const struct msk_source *s, const char *path, const char **final)
{
	for (int hops = 0; hops < MAX_HOPS; hops++) {
		size_t i = 0;

		while (i < s->n_members && strcmp(s->files.v[i], path) != 0)
			i++;
		if (i == s->n_members)
			return NULL;
		*final = s->files.v[i];
		if (!s->members[i].target)
			return &s->members[i];
		path = s->members[i].target;
	}
	return NULL;
}

bool msk_source_size(const struct msk_source *s, const char *path, uint64_t *size)
{
	const char *final;
	const struct msk_member *m = find(s, path, &final);

	if (m)
		*size = m->size;
	return m != NULL;
}

/* The data of one entry: the walk stands at it for as long as the stream lives. */
struct entry_reader {
	struct msk_stream s;
	struct msk_archive_pass pass;
	struct msk_source *source;
	bool failed;
};

static ssize_t entry_read(struct msk_reader *r, void *p, size_t n, struct msk_err *err)
{
	struct entry_reader *e = (struct entry_reader *)r;
	ssize_t got = msk_tar_in_read(e->pass.tar, p, n, err);

	e->failed = e->failed || got < 0;
	return got;
}

/* What is compressed can only be read from its start on, so a walk is kept for who wants something behind it: layers come in
 * their order, and each would else cost all before it once more. */
static void entry_free(struct msk_reader *r)
{
	struct entry_reader *e = (struct entry_reader *)r;

	if (begins_anywhere(e->source) || e->failed || !e->pass.tar) {
		msk_archive_pass_release(&e->pass);
	} else {
		msk_archive_pass_release(&e->source->parked);
		e->source->parked = e->pass;
	}
	free(r);
}

/* The walk that is kept, unless it is past the member, or farther from it than a mark. */
static bool parked_is_best(const struct msk_source *s, size_t at)
{
	if (!s->parked.tar || s->parked.next > at)
		return false;
	return !s->marks || s->members[at].position - s->members[s->parked.next].position <=
				    msk_gzip_marks_lost(s->marks, s->members[at].position);
}

/* A walk that will meet the member. */
static int begin_before(struct msk_archive_pass *p, struct msk_source *s, const struct msk_member *m, struct msk_err *err)
{
	size_t at = (size_t)(m - s->members);

	if (parked_is_best(s, at)) {
		*p = s->parked;
		s->parked = (struct msk_archive_pass){ 0 };
	} else if (make_quick(s, err) < 0 ||
		   msk_archive_pass_begin(p, s, begins_anywhere(s) || s->marks ? m->position : 0, err) < 0) {
		return -1;
	}
	p->next = at + 1;
	return 0;
}

int msk_archive_stream(struct msk_source *s, const char *path, bool *found, struct msk_reader **out, struct msk_err *err)
{
	struct entry_reader *r = msk_xcalloc(1, sizeof *r);
	MSK_CLEANUP(msk_source_stream_cleanup) struct msk_reader *guard = &r->s.r;
	const struct msk_member *member;
	struct msk_tar_entry e;

	*r = (struct entry_reader){ .s = { { entry_read }, entry_free }, .source = s, .failed = true };
	*found = false;
	member = find(s, path, &path);
	if (!member)
		return 0;
	if (begin_before(&r->pass, s, member, err) < 0)
		return -1;
	for (bool more = true; more && !*found;) {
		if (msk_tar_in_next(r->pass.tar, &e, &more, err) < 0)
			return -1;
		*found = more && e.type == MSK_TAR_FILE && strcmp(msk_source_plain_name(e.path), path) == 0;
	}
	r->failed = !*found;
	if (*found)
		*out = msk_take(&guard);
	return 0;
}
