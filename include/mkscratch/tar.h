/* The tar stream of a layer, as libarchive writes it with everything pinned: POSIX ustar, a pax record only where
 * ustar cannot hold a field, no names of users, one mtime, two zero blocks at the end. Bytes depend on the
 * entries and mtime only. (POSIX.1-1988 ustar, POSIX.1-2001 pax; image-spec "layer".) */
#ifndef MKSCRATCH_TAR_H
#define MKSCRATCH_TAR_H

#include <stdbool.h>
#include "mkscratch/stream.h"

#define MSK_TAR_BLOCK 512u
#define MSK_TAR_USTAR_LIMIT ((uint64_t)1 << 33)      /* bytes of a file from which on its header is more than a block */

/* Those from the hard link on are only ever read. */
enum msk_tar_type {
	MSK_TAR_DIR, MSK_TAR_FILE, MSK_TAR_SYMLINK, MSK_TAR_HARDLINK, MSK_TAR_CHARDEV, MSK_TAR_BLOCKDEV, MSK_TAR_FIFO,
};

struct msk_tar_entry {
	const char *path;           /* relative; directories without the trailing '/', which is added */
	enum msk_tar_type type;
	const char *link;
	uint32_t mode, uid, gid;
	uint64_t size;              /* file: exactly this many bytes must follow */
	int64_t mtime;
	uint32_t dev_major, dev_minor;      /* read only, of a device */
	uint64_t caps;              /* file: its capabilities; 0: none */
	bool bad_caps;              /* read only: the attribute is there, and the kernel would refuse it */
	const char *xattrs;         /* read only: all extended attributes (xattr.h); NULL: none */
};

/* What writes the tars, with its version: for keys of what depends on their bytes. */
const char *msk_tar_identity(void);

struct msk_tar;
/* An entry's header, then all bytes of its body; MSK_E_BUG when there are more or fewer than the header says. */
int msk_tar_new(struct msk_writer *next, struct msk_tar **out, struct msk_err *err);
int msk_tar_header(struct msk_tar *t, const struct msk_tar_entry *e, struct msk_err *err);
int msk_tar_data(struct msk_tar *t, const void *p, size_t n, struct msk_err *err);
int msk_tar_finish(struct msk_tar *t, struct msk_err *err);   /* also finishes `next` */
void msk_tar_free(struct msk_tar *t);
void msk_tar_cleanup(struct msk_tar **t);

/* Reading: the entries of a tar that a reader yields, none of it ever extracted. Only tar is understood; the plain
 * bytes come from msk_inflate_new(). Fails: MSK_E_INPUT for what is no sound tar, and whatever the reader fails with. */
struct msk_tar_in;
int msk_tar_in_new(struct msk_reader *r, const char *name, struct msk_tar_in **out, struct msk_err *err);
/* Take it also when it ends behind the last byte of a file, in the midst of a block: as umoci's `insert` writes layers. */
void msk_tar_in_fill(struct msk_tar_in *t);
bool msk_tar_in_was_filled(const struct msk_tar_in *t);       /* at the end: did it? */
/* The next entry; its strings live until the call after. *more false: the end. */
int msk_tar_in_next(struct msk_tar_in *t, struct msk_tar_entry *out, bool *more, struct msk_err *err);
ssize_t msk_tar_in_read(struct msk_tar_in *t, void *p, size_t n, struct msk_err *err);
/* Where in what the reader has yielded the headers of the last entry begin: a reading that starts there meets it first. */
uint64_t msk_tar_in_position(const struct msk_tar_in *t);
/* How many bytes of the plain stream belong to what was read so far; at the end, to the whole archive. */
uint64_t msk_tar_in_offset(const struct msk_tar_in *t);
/* At the end: where the last entry ends, behind which two blocks of zeros belong. */
uint64_t msk_tar_in_last(const struct msk_tar_in *t);
void msk_tar_in_free(struct msk_tar_in *t);
void msk_tar_in_cleanup(struct msk_tar_in **t);

/* Decompression: gzip (one member or many), zstd (frames), or bytes that are neither and pass. */
struct msk_inflate;
int msk_inflate_new(struct msk_reader *from, const char *name, struct msk_inflate **out, struct msk_err *err);
struct msk_reader *msk_inflate_reader(struct msk_inflate *i);
/* Are the bytes passed on as they are? For when some have been read. */
bool msk_inflate_passes(const struct msk_inflate *i);
void msk_inflate_free(struct msk_inflate *i);
void msk_inflate_cleanup(struct msk_inflate **i);

#endif
