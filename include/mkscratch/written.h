/* Which file it is that is written at a path: one file has many names, and whoever writes it by two of them loses what went
 * by the first. It need not be there yet: then it is known by its directory and its name there. */
#ifndef MKSCRATCH_WRITTEN_H
#define MKSCRATCH_WRITTEN_H

#include <stdbool.h>
#include <sys/types.h>
#include "mkscratch/err.h"
#include "mkscratch/mem.h"

struct msk_written {
	char *place;               /* an absolute path without links; NULL: it cannot be anywhere, as without its directory */
	bool exists, dir_exists;
	mode_t mode;               /* of what exists: its type */
	dev_t dev, dir_dev;
	ino_t ino, dir_ino;
	char *name;                /* in its directory */
};
#define MSK_AUTO_WRITTEN MSK_CLEANUP(msk_written_release) struct msk_written

/* Links are followed, the last one too, as they are when it is written (msk_written_at). */
void msk_written_find(const char *path, struct msk_written *out);
/* Of an open file: it exists, or is nothing. */
void msk_written_find_fd(int fd, struct msk_written *out);
void msk_written_release(struct msk_written *w);

/* The same file or directory, also by a hard link. */
bool msk_written_same(const struct msk_written *a, const struct msk_written *b);
/* The output `path` is read, too, as `what` says: writing it would lose that. Returns -1, with MSK_E_USAGE. */
int msk_written_fail_input(const char *path, const char *what, struct msk_err *err);
/* Is it the directory, or something below it? */
bool msk_written_in(const struct msk_written *w, const struct msk_written *dir);

#endif
