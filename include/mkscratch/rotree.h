/* A read-only file tree, seen the way a program inside it would: every symlink, absolute or relative, resolves
 * below the tree's root, and ".." stops there. The resolver of ELF dependencies knows files only through this, so
 * the same rules run over the host below --root and over an image that is still a plan. */
#ifndef MKSCRATCH_ROTREE_H
#define MKSCRATCH_ROTREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "mkscratch/err.h"
#include "mkscratch/path.h"
#include "mkscratch/str.h"

#define MSK_MAX_PATH  4095
#define MSK_MAX_NAME  255        /* of one part of it */

/* How a path ended. Everything but FOUND is a value, not an error. */
enum msk_lookup {
	MSK_FOUND,
	MSK_ABSENT,         /* ENOENT, ENOTDIR */
	MSK_LOOP,           /* more than MSK_MAX_LINKS symlinks */
	MSK_DENIED,         /* EACCES, EPERM */
};

/* An open file. `fd` is owned by whoever holds this; -1 for what is not a regular file. */
struct msk_rofile {
	int fd;
	mode_t mode;                  /* type and permissions */
	uint64_t size, dev, ino;
	int64_t mtime_ns;             /* to notice a change; reaches no output */
};
#define MSK_ROFILE_INIT { .fd = -1 }
#define MSK_AUTO_ROFILE MSK_CLEANUP(msk_rofile_release) struct msk_rofile
void msk_rofile_release(struct msk_rofile *f);

/* The way to a file: each symlink met, and the path where it ended. */
struct msk_walk {
	struct msk_strv links;        /* paths of symlinks, none of their directories a symlink */
	struct msk_strv targets;      /* their texts */
	char *final;                  /* canonical path; NULL unless FOUND */
};
#define MSK_WALK_INIT { MSK_STRV_INIT, MSK_STRV_INIT, NULL }
#define MSK_AUTO_WALK MSK_CLEANUP(msk_walk_release) struct msk_walk
void msk_walk_release(struct msk_walk *w);

struct msk_rotree {
	/* Follow `path` (absolute). *out is open for reading when it is a regular file; other kinds come back with
	 * fd -1 and their mode. Of what is ABSENT, out->mode is S_IFLNK when there is a symlink of that name, which leads
	 * nowhere; else *out is left alone. walk is for who needs the way; NULL is much cheaper.
	 * Fails (-1): MSK_E_IO for anything but the values above. */
	int (*open)(struct msk_rotree *t, const char *path, enum msk_lookup *how, struct msk_rofile *out,
		    struct msk_walk *walk, struct msk_err *err);
	/* Names in a directory, sorted by bytes; ABSENT when it is none. */
	int (*list)(struct msk_rotree *t, const char *path, enum msk_lookup *how, struct msk_strv *names,
		    struct msk_err *err);
};

#endif
