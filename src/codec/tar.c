#include "mkscratch/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

#include "mkscratch/filecap.h"
#include "mkscratch/mem.h"
#include "ustar.h"

/* Entries that one block of a header says all of are written here, the others by the library, which comes into being with
 * the first of them. */
struct msk_tar {
	struct archive *a;            /* NULL: there was no need of it */
	struct archive_entry *entry;
	struct msk_writer *next;
	struct msk_err *err;          /* of the call under way; the library's callback reports here */
	uint64_t owed;                /* bytes the current file still lacks */
	unsigned fill;                /* and behind them, those up to the next block; of the library's own it knows */
	bool with_library;            /* the current entry */
};

static const char zeros[2 * MSK_TAR_BLOCK];

static la_ssize_t to_next(struct archive *a, void *arg, const void *p, size_t n)
{
	struct msk_tar *t = arg;

	if (t->err && msk_writer_write(t->next, p, n, t->err) == 0)
		return (la_ssize_t)n;
	archive_set_error(a, -1, "write");
	return -1;
}

static int library_failure(struct msk_tar *t, const char *path, struct msk_err *err)
{
	const char *why = archive_error_string(t->a);

	t->err = NULL;
	if (err->code != MSK_OK)
		return -1;
	return msk_fail(err, MSK_E_BUG, "%s: tar: %s", path, why ? why : "");
}

/* Pinned against the library's defaults: SCHILY only, as no reader takes LIBARCHIVE.xattr; no blocking, as otherwise
 * the padding depends on what is behind the callback. Names go out as bytes: the program never leaves the C locale,
 * in which the library takes a name that is not ASCII for binary, marks that one entry with a pax hdrcharset
 * record, and warns. (Asking for hdrcharset=BINARY would mark every entry.) */
static bool set_format(struct archive *a)
{
	return archive_write_set_format_pax_restricted(a) == ARCHIVE_OK &&
	       archive_write_set_options(a, "xattrheader=SCHILY") == ARCHIVE_OK &&
	       archive_write_set_bytes_per_block(a, 0) == ARCHIVE_OK &&
	       archive_write_set_bytes_in_last_block(a, 1) == ARCHIVE_OK;
}

const char *msk_tar_identity(void)
{
	return archive_version_string();
}

int msk_tar_new(struct msk_writer *next, struct msk_tar **out, struct msk_err *err)
{
	struct msk_tar *t = msk_xcalloc(1, sizeof *t);

	(void)err;
	t->next = next;
	*out = t;
	return 0;
}

static int open_library(struct msk_tar *t, struct msk_err *err)
{
	if (t->a)
		return 0;
	t->a = archive_write_new();
	t->entry = archive_entry_new();
	if (!t->a || !t->entry)
		msk_oom();
	if (!set_format(t->a) || archive_write_open(t->a, t, NULL, to_next, NULL) != ARCHIVE_OK)
		return library_failure(t, "header", err);
	return 0;
}

/* Up to where the next header begins. */
static int end_entry(struct msk_tar *t, struct msk_err *err)
{
	unsigned fill = t->fill;

	if (t->owed)
		return msk_fail(err, MSK_E_BUG, "tar: the entry lacks %llu bytes", (unsigned long long)t->owed);
	t->fill = 0;
	if (!t->with_library)
		return fill ? msk_writer_write(t->next, zeros, fill, err) : 0;
	t->with_library = false;
	t->err = err;
	if (archive_write_finish_entry(t->a) != ARCHIVE_OK)
		return library_failure(t, "data", err);
	t->err = NULL;
	return 0;
}

static unsigned file_type(enum msk_tar_type type)
{
	return type == MSK_TAR_DIR ? AE_IFDIR : type == MSK_TAR_FILE ? AE_IFREG : AE_IFLNK;
}

static int library_header(struct msk_tar *t, const struct msk_tar_entry *e, struct msk_err *err)
{
	if (open_library(t, err) < 0)
		return -1;
	archive_entry_clear(t->entry);
	archive_entry_set_pathname(t->entry, e->path);
	archive_entry_set_filetype(t->entry, file_type(e->type));
	archive_entry_set_perm(t->entry, e->mode);
	archive_entry_set_uid(t->entry, e->uid);
	archive_entry_set_gid(t->entry, e->gid);
	archive_entry_set_mtime(t->entry, e->mtime, 0);
	archive_entry_set_size(t->entry, e->type == MSK_TAR_FILE ? (la_int64_t)e->size : 0);
	if (e->type == MSK_TAR_SYMLINK)
		archive_entry_set_symlink(t->entry, e->link);
	if (e->caps) {
		unsigned char value[MSK_FILECAP_BYTES];

		msk_filecap_encode(e->caps, value);
		archive_entry_xattr_add_entry(t->entry, MSK_FILECAP_XATTR, value, sizeof value);
	}
	t->err = err;
	if (archive_write_header(t->a, t->entry) < ARCHIVE_WARN)
		return library_failure(t, e->path, err);
	t->err = NULL;
	t->with_library = true;
	return 0;
}

int msk_tar_header(struct msk_tar *t, const struct msk_tar_entry *e, struct msk_err *err)
{
	unsigned char header[MSK_TAR_BLOCK];

	if (end_entry(t, err) < 0)
		return -1;
	if (msk_ustar_header(e, header)) {
		if (msk_writer_write(t->next, header, sizeof header, err) < 0)
			return -1;
		t->fill = e->type == MSK_TAR_FILE ? -(unsigned)e->size % MSK_TAR_BLOCK : 0;
	} else if (library_header(t, e, err) < 0) {
		return -1;
	}
	t->owed = e->type == MSK_TAR_FILE ? e->size : 0;
	return 0;
}

int msk_tar_data(struct msk_tar *t, const void *p, size_t n, struct msk_err *err)
{
	if (n > t->owed)
		return msk_fail(err, MSK_E_BUG, "tar: the entry has %llu bytes too many", (unsigned long long)(n - t->owed));
	if (!t->with_library) {
		t->owed -= n;
		return n ? msk_writer_write(t->next, p, n, err) : 0;
	}
	t->err = err;
	if (n && archive_write_data(t->a, p, n) != (la_ssize_t)n)
		return library_failure(t, "data", err);
	t->err = NULL;
	t->owed -= n;
	return 0;
}

/* Both end it in the same way. */
int msk_tar_finish(struct msk_tar *t, struct msk_err *err)
{
	if (end_entry(t, err) < 0 || msk_writer_write(t->next, zeros, sizeof zeros, err) < 0)
		return -1;
	return msk_writer_finish(t->next, err);
}

void msk_tar_free(struct msk_tar *t)
{
	if (!t)
		return;
	/* The library now tries to write what an unfinished archive lacks; with no error to report to, the callback
	 * refuses. (archive_write_fail() would spare it the try, but then 3.6 leaks its buffer.) */
	t->err = NULL;
	archive_write_free(t->a);
	archive_entry_free(t->entry);
	free(t);
}

void msk_tar_cleanup(struct msk_tar **t)
{
	msk_tar_free(*t);
}
