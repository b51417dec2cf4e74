/* Inside of a source: what directories and archives have in common. */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include "mkscratch/gzip_marks.h"
#include "mkscratch/source.h"
#include "mkscratch/staging.h"
#include "mkscratch/tar.h"

/* A file of an archive. */
struct msk_member {
	char *target;                /* of a link: the path of what it leads to; NULL: a file */
	uint64_t size;
	uint64_t position;           /* of its headers in the tar */
};

/* One walk over an archive, from its start. */
struct msk_archive_pass {
	struct msk_reader *file;
	struct msk_inflate *inflate; /* NULL where it begins at a mark, */
	struct msk_reader *resumed;  /* which this is then; or else */
	struct msk_reader *unpacked;
	struct msk_tar_in *tar;
	size_t next;                 /* no member before this one can be met any more */
};

struct msk_source {
	char *name;
	bool is_dir;
	int fd;                      /* the directory, or the archive (which can be read again from its start) */
	struct msk_strv files;
	struct msk_member *members;  /* of an archive: one for each of files */
	size_t n_members, cap;
	size_t name_bytes;
	bool plain;                  /* the archive is a tar as it is, so a reading may begin at any member */
	uint64_t end, last;          /* of an archive: bytes of the plain tar up to its end, and up to that of its last entry */
	unsigned restarts;           /* ... walks that had to begin anew */
	struct msk_gzip_marks *marks;    /* ... where they may begin; NULL: at the start alone */
	struct msk_staged unpacked;      /* ... the tar itself, for walks that begin anywhere */
	bool is_unpacked;
	struct msk_archive_pass parked;  /* of one that is compressed: a walk that may go on; tar NULL: there is none */
};

/* A stream that knows how to free itself. */
struct msk_stream {
	struct msk_reader r;
	void (*free)(struct msk_reader *r);
};

/* The list of what is in the archive. */
int msk_archive_list(struct msk_source *s, struct msk_err *err);
/* The plain bytes alone, without a walk over them. */
int msk_archive_pass_begin_plain(struct msk_archive_pass *p, struct msk_source *s, uint64_t position, struct msk_err *err);
/* From `position` on, which is 0 unless the archive is plain, unpacked, or has marks. */
int msk_archive_pass_begin(struct msk_archive_pass *p, struct msk_source *s, uint64_t position, struct msk_err *err);
void msk_archive_pass_release(struct msk_archive_pass *p);
int msk_archive_stream(struct msk_source *s, const char *path, bool *found, struct msk_reader **out, struct msk_err *err);

int msk_directory_list(struct msk_source *s, struct msk_err *err);
/* Of a regular file; false: it is none. */
bool msk_directory_size(const struct msk_source *s, const char *path, uint64_t *size);
int msk_directory_stream(struct msk_source *s, const char *path, bool *found, struct msk_reader **out,
			 struct msk_err *err);

/* A reader over a file descriptor, by offset; takes own_fd over. */
struct msk_reader *msk_fd_reader_new(int own_fd, uint64_t offset, const char *name);

/* The list failed: where the archive is no tar at all, the error becomes one that says what it is. Always -1. */
int msk_source_misfit(struct msk_source *s, struct msk_err *err);
/* What it has is no image's: say so; always -1. */
int msk_source_no_image(const struct msk_source *s, struct msk_err *err);

/* "./a" is "a". */
const char *msk_source_plain_name(const char *path);

#endif
