#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "mkscratch/filecap.h"
#include "mkscratch/str.h"
#include "mkscratch/tar.h"
#include "mkscratch/xattr.h"
#include "tar_headers.h"

#define CHUNK (256u << 10)

/* A reader of ours under a reader of the library's. */
struct feed {
	struct msk_reader *from;
	const char *name;              /* for messages; borrowed */
	struct archive *a;
	struct msk_err *err;           /* of the call under way */
	uint64_t taken;                /* bytes that came of it */
	struct tar_headers *headers;   /* of a tar: sees them too; borrowed */
	bool fills, filled;            /* may a last block that is not filled be; was it? */
	unsigned char buf[CHUNK];
};

struct msk_tar_in {
	struct feed feed;
	struct tar_headers headers;
	struct msk_str xattrs;         /* of the entry */
	struct msk_str path, link;     /* of its pax records */
};

struct msk_inflate {
	struct msk_reader r;           /* first: the reader is the inflater */
	struct feed feed;
	bool started, ended;
};

/* Go's archive/tar, by which runtimes unpack, does without what fills the last block; the library does not. */
static size_t fill_last_block(struct feed *f)
{
	size_t n = f->fills && !f->filled ? tar_headers_lack(f->headers, f->taken) : 0;

	memset(f->buf, 0, n);
	f->filled = f->filled || n > 0;
	return n;
}

static la_ssize_t from_reader(struct archive *a, void *arg, const void **p)
{
	struct feed *f = arg;
	ssize_t n = f->err ? f->from->read(f->from, f->buf, CHUNK, f->err) : -1;

	if (n == 0)
		n = (ssize_t)fill_last_block(f);
	if (n < 0)
		archive_set_error(a, -1, "read");
	else if (f->headers)
		tar_headers_add(f->headers, f->taken, f->buf, (size_t)n);
	f->taken += n > 0 ? (uint64_t)n : 0;
	*p = f->buf;
	return n;
}

/* The reader's own story comes first; else the library tells what is wrong with the bytes. */
static int feed_failure(struct feed *f, const char *what, struct msk_err *err)
{
	const char *why = archive_error_string(f->a);

	f->err = NULL;
	if (err->code != MSK_OK)
		return -1;
	return msk_fail(err, MSK_E_INPUT, "%s: %s (%s)", f->name, what, why ? why : "");
}

static void feed_open(struct feed *f, struct msk_reader *from, const char *name)
{
	f->from = from;
	f->name = name;
	f->a = archive_read_new();
	if (!f->a)
		msk_oom();
}

static void feed_close(struct feed *f)
{
	f->err = NULL;
	archive_read_free(f->a);
}

int msk_tar_in_new(struct msk_reader *r, const char *name, struct msk_tar_in **out, struct msk_err *err)
{
	MSK_CLEANUP(msk_tar_in_cleanup) struct msk_tar_in *t = msk_xcalloc(1, sizeof *t);

	feed_open(&t->feed, r, name);
	t->feed.headers = &t->headers;
	t->feed.err = err;
	archive_read_support_format_tar(t->feed.a);
	archive_read_support_format_empty(t->feed.a);
	if (archive_read_open(t->feed.a, &t->feed, NULL, from_reader, NULL) != ARCHIVE_OK)
		return feed_failure(&t->feed, "not a tar archive", err);
	t->feed.err = NULL;
	*out = msk_take(&t);
	return 0;
}

void msk_tar_in_fill(struct msk_tar_in *t)
{
	t->feed.fills = true;
}

bool msk_tar_in_was_filled(const struct msk_tar_in *t)
{
	return t->feed.filled;
}

static enum msk_tar_type type_of(struct archive_entry *e)
{
	if (archive_entry_hardlink(e))
		return MSK_TAR_HARDLINK;
	switch (archive_entry_filetype(e)) {
	case AE_IFDIR: return MSK_TAR_DIR;
	case AE_IFREG: return MSK_TAR_FILE;
	case AE_IFLNK: return MSK_TAR_SYMLINK;
	case AE_IFBLK: return MSK_TAR_BLOCKDEV;
	case AE_IFIFO: return MSK_TAR_FIFO;
	case AE_IFCHR: return MSK_TAR_CHARDEV;
	default: return MSK_TAR_HARDLINK;        /* whose target is missing */
	}
}

static void read_xattrs(struct msk_tar_in *t, struct archive_entry *e, struct msk_tar_entry *out)
{
	MSK_AUTO_STRV all = MSK_STRV_INIT;
	const char *name;
	const void *value;
	size_t n;

	archive_entry_xattr_reset(e);
	while (archive_entry_xattr_next(e, &name, &value, &n) == ARCHIVE_OK) {
		msk_xattrs_add(&all, name, value, n);
		if (strcmp(name, MSK_FILECAP_XATTR) == 0)
			out->bad_caps = !msk_filecap_decode(value, n, &out->caps);
	}
	msk_xattrs_text(&all, &t->xattrs);
	out->xattrs = all.n ? t->xattrs.buf : NULL;
}

static int tar_failure(struct feed *f, struct msk_err *err)
{
	return feed_failure(f, "not a sound tar archive", err);
}

/* What the library leaves out with a warning, others read, or refuse; what it cannot convert to the locale is as it was. */
static bool is_passed_over(struct archive *a)
{
	const char *why = archive_error_string(a);

	return why && (msk_starts_with(why, "Rejecting ") || msk_starts_with(why, "Ignoring malformed "));
}

static bool is_id(int64_t id)
{
	return id >= 0 && id <= UINT32_MAX;
}

/* The library is content with one block of zeros. */
static int read_end(struct msk_tar_in *t, struct msk_err *err)
{
	const void *p;
	la_ssize_t n = 1;

	t->feed.err = err;
	while (n > 0 && tar_headers_at_end(&t->headers) < TAR_END)
		n = from_reader(t->feed.a, &t->feed, &p);
	t->feed.err = NULL;
	return n < 0 ? -1 : 0;
}

/* Do runtimes, too, find this entry here, with as many bytes behind it; or, NULL, the end? */
static int check_headers(struct msk_tar_in *t, struct archive_entry *e, struct tar_told *told, struct msk_err *err)
{
	uint64_t at = e ? msk_tar_in_position(t) : t->headers.next;
	const char *why = e ? tar_headers_next(&t->headers, at, msk_tar_in_offset(t), told) : tar_headers_end(&t->headers);

	if (e && !why && !told->sparse && archive_entry_size_is_set(e) && (uint64_t)archive_entry_size(e) != told->body)
		why = "the size";
	if (e && !why && told->type == '0' && archive_entry_filetype(e) != AE_IFREG)
		why = "the type";
	if (why)
		return msk_fail(err, MSK_E_INPUT,
				"%s: not a sound tar archive (readers differ about the header at byte %llu: %s)",
				t->feed.name, (unsigned long long)at, why);
	return 0;
}

static const char *keep(struct msk_str *s, const char *text, size_t n)
{
	s->len = 0;
	msk_str_add(s, text, n);
	return msk_str_c(s);
}

static const char *path_of(struct msk_tar_in *t, struct archive_entry *e, const struct tar_told *told)
{
	return told->path ? keep(&t->path, told->path, told->path_len) : archive_entry_pathname(e);
}

static const char *link_of(struct msk_tar_in *t, struct archive_entry *e, const struct tar_told *told, enum msk_tar_type type)
{
	if (told->link && (type == MSK_TAR_HARDLINK || type == MSK_TAR_SYMLINK))
		return keep(&t->link, told->link, told->link_len);
	return type == MSK_TAR_HARDLINK ? archive_entry_hardlink(e) : archive_entry_symlink(e);
}

int msk_tar_in_next(struct msk_tar_in *t, struct msk_tar_entry *out, bool *more, struct msk_err *err)
{
	struct archive_entry *e;
	struct tar_told told = { 0 };
	int rc;

	t->feed.err = err;
	rc = archive_read_next_header(t->feed.a, &e);
	*more = rc != ARCHIVE_EOF;
	if (rc != ARCHIVE_EOF && rc != ARCHIVE_OK && (rc != ARCHIVE_WARN || is_passed_over(t->feed.a)))
		return tar_failure(&t->feed, err);
	t->feed.err = NULL;
	if ((!*more && read_end(t, err) < 0) || check_headers(t, *more ? e : NULL, &told, err) < 0)
		return -1;
	if (!*more)
		return 0;
	*out = (struct msk_tar_entry){
		.path = path_of(t, e, &told),
		.type = type_of(e),
		.mode = told.mode,
		.uid = (uint32_t)archive_entry_uid(e),
		.gid = (uint32_t)archive_entry_gid(e),
		.size = (uint64_t)archive_entry_size(e),
		.dev_major = (uint32_t)archive_entry_rdevmajor(e),
		.dev_minor = (uint32_t)archive_entry_rdevminor(e),
		.mtime = archive_entry_mtime(e),
	};
	read_xattrs(t, e, out);
	out->link = link_of(t, e, &told, out->type);
	if (!out->path || archive_entry_size(e) < 0)
		return msk_fail(err, MSK_E_INPUT, "%s: an entry without a name", t->feed.name);
	if (!is_id(archive_entry_uid(e)) || !is_id(archive_entry_gid(e)))
		return msk_fail(err, MSK_E_INPUT, "%s: entry \"%.200s\": its user or group is out of range", t->feed.name,
				out->path);
	if ((out->type == MSK_TAR_SYMLINK || out->type == MSK_TAR_HARDLINK) && (!out->link || !*out->link))
		return msk_fail(err, MSK_E_INPUT, "%s: %s: a link to nothing", t->feed.name, out->path);
	return 0;
}

static ssize_t feed_read(struct feed *f, void *p, size_t n, int (*fail)(struct feed *f, struct msk_err *err),
			 struct msk_err *err)
{
	size_t done = 0;

	f->err = err;
	while (done < n) {
		la_ssize_t got = archive_read_data(f->a, (char *)p + done, n - done);

		/* ARCHIVE_RETRY too: it says that the parts of a sparse file overlap, and would say so for ever. */
		if (got < 0)
			return fail(f, err);
		if (got == 0)
			break;
		done += (size_t)got;
	}
	f->err = NULL;
	return (ssize_t)done;
}

ssize_t msk_tar_in_read(struct msk_tar_in *t, void *p, size_t n, struct msk_err *err)
{
	return feed_read(&t->feed, p, n, tar_failure, err);
}

uint64_t msk_tar_in_position(const struct msk_tar_in *t)
{
	return (uint64_t)archive_read_header_position(t->feed.a);
}

uint64_t msk_tar_in_offset(const struct msk_tar_in *t)
{
	return (uint64_t)archive_filter_bytes(t->feed.a, 0);
}

uint64_t msk_tar_in_last(const struct msk_tar_in *t)
{
	return t->headers.next;
}

void msk_tar_in_free(struct msk_tar_in *t)
{
	if (!t)
		return;
	feed_close(&t->feed);
	tar_headers_release(&t->headers);
	msk_str_release(&t->xattrs);
	msk_str_release(&t->path);
	msk_str_release(&t->link);
	free(t);
}

void msk_tar_in_cleanup(struct msk_tar_in **t)
{
	msk_tar_in_free(*t);
}

/* A stream that was cut is not what it was once. The library says of it only that it is truncated, and nothing at all where
 * no more than the end of a gzip stream is absent: its checksum and length. */
static int inflate_failure(struct feed *f, struct msk_err *err)
{
	const char *why = archive_error_string(f->a), *codec;

	if (!why || !*why)
		why = "truncated gzip";
	if (err->code != MSK_OK || !why || !(msk_starts_with(why, "truncated ") || msk_starts_with(why, "Truncated ")))
		return feed_failure(f, "cannot be decompressed", err);
	codec = why + strlen("truncated ");
	f->err = NULL;
	return msk_fail(err, MSK_E_INTEGRITY, "%s: %.*s stream ends early (at byte %llu)", f->name,
			(int)strcspn(codec, " "), codec, (unsigned long long)f->taken);
}

/* The library shows a decompressed stream as an archive of one raw entry. */
static ssize_t inflate_read(struct msk_reader *r, void *p, size_t n, struct msk_err *err)
{
	struct msk_inflate *i = (struct msk_inflate *)r;
	struct archive_entry *e;

	if (!i->started) {
		int rc;

		i->started = true;
		i->feed.err = err;
		rc = archive_read_next_header(i->feed.a, &e);
		i->ended = rc == ARCHIVE_EOF;
		if (!i->ended && rc < ARCHIVE_WARN)
			return inflate_failure(&i->feed, err);
		if (archive_filter_count(i->feed.a) > 2)
			return msk_fail(err, MSK_E_INPUT, "%s: compressed more than once", i->feed.name);
	}
	return i->ended ? 0 : feed_read(&i->feed, p, n, inflate_failure, err);
}

int msk_inflate_new(struct msk_reader *from, const char *name, struct msk_inflate **out, struct msk_err *err)
{
	MSK_CLEANUP(msk_inflate_cleanup) struct msk_inflate *i = msk_xcalloc(1, sizeof *i);

	i->r.read = inflate_read;
	feed_open(&i->feed, from, name);
	i->feed.err = err;
	archive_read_support_filter_gzip(i->feed.a);
	archive_read_support_filter_zstd(i->feed.a);
	archive_read_support_format_raw(i->feed.a);
	archive_read_support_format_empty(i->feed.a);
	if (archive_read_open(i->feed.a, &i->feed, NULL, from_reader, NULL) != ARCHIVE_OK)
		return inflate_failure(&i->feed, err);
	i->feed.err = NULL;
	*out = msk_take(&i);
	return 0;
}

struct msk_reader *msk_inflate_reader(struct msk_inflate *i)
{
	return &i->r;
}

bool msk_inflate_passes(const struct msk_inflate *i)
{
	return archive_filter_code(i->feed.a, 0) == ARCHIVE_FILTER_NONE;
}

void msk_inflate_free(struct msk_inflate *i)
{
	if (!i)
		return;
	feed_close(&i->feed);
	free(i);
}

void msk_inflate_cleanup(struct msk_inflate **i)
{
	msk_inflate_free(*i);
}
