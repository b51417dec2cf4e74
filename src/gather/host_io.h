/* What the files of the host door share; nobody else includes this. */
#ifndef GATHER_HOST_IO_H
#define GATHER_HOST_IO_H

#include <sys/stat.h>

#include "mkscratch/fs.h"
#include "mkscratch/host.h"

struct msk_host {
	struct msk_rotree tree;     /* first: the tree's functions find the host by it */
	char *root;
	int fd;                     /* O_PATH on the root */
	bool own_walk;              /* never let the kernel follow paths; for tests */
};

#define MSK_OPEN_LOOK (O_PATH | O_NOFOLLOW | O_CLOEXEC)
/* O_NONBLOCK, so that a FIFO put in place of a file between look and open cannot stop us. */
#define MSK_OPEN_READ (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* An errno that is an answer rather than a failure: *how. */
bool msk_errno_is_answer(int sys, enum msk_lookup *how);
/* Is it the same file, of the same type and mode? */
bool msk_stat_same(const struct stat *a, const struct stat *b);
void msk_rofile_fill(struct msk_rofile *f, const struct stat *st, int fd);
/* Open `name` below dirfd for reading; it must still be the file that `st` shows.
 * Fails as -1 with errno when it cannot be opened, ESTALE when it is another. */
int msk_open_same(int dirfd, const char *name, int flags, const struct stat *st);
/* Open a file or directory that its directory has just listed as such; *st is what it is.
 * Fails as -1 with errno when it cannot be opened, ESTALE when it is of another type by now. */
int msk_open_listed(int dirfd, const struct msk_dir_entry *e, struct stat *st);
/* Take the text of the symlink `name` in dirfd, or of the one that the O_PATH descriptor is ("" for a name); NULL with
 * errno. */
char *msk_readlink_at(int dirfd, const char *name);
/* What msk_rotree.open and msk_host_open_dir promise, without openat2. */
int msk_host_walk_open(const struct msk_host *h, const char *path, enum msk_lookup *how, struct msk_rofile *out,
		       struct msk_walk *log, struct msk_err *err);
int msk_host_walk_dir(const struct msk_host *h, const char *path, enum msk_lookup *how, int *out_fd, struct msk_err *err);
/* Open a directory of the root for listing; *out_fd is written when FOUND. */
int msk_host_open_dir(struct msk_host *h, const char *path, enum msk_lookup *how, int *out_fd, struct msk_err *err);

#endif
