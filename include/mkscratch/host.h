/* The host's file system: the only door to it. A host is a read-only tree below a directory (--root), and
 * also opens what the user named on the command line, relative to the working directory.
 *
 * Nothing here blocks on a FIFO, opens a device, or follows a symlink of the root out of it. */
#ifndef MKSCRATCH_HOST_H
#define MKSCRATCH_HOST_H

#include "mkscratch/rotree.h"

#define MSK_MAX_DEPTH   256         /* directories below one another in a walk */
#define MSK_MAX_ENTRIES 1000000     /* of one walk or one directory */

struct msk_host;

/* Fails: MSK_E_USAGE when `root` is not a directory, MSK_E_IO when it cannot be opened. */
int msk_host_new(const char *root, struct msk_host **out, struct msk_err *err);
void msk_host_free(struct msk_host *h);
void msk_host_cleanup(struct msk_host **h);
struct msk_rotree *msk_host_tree(struct msk_host *h);      /* borrowed */
const char *msk_host_root(const struct msk_host *h);

/* The path by which the process itself reaches canonical `path` of the root; heap. */
char *msk_host_path(const struct msk_host *h, const char *path);
/* The other way: where the file at `host_path` (as typed) lies in the root, its directory's symlinks and its own
 * resolved; NULL when it lies elsewhere or cannot be resolved. Heap. */
char *msk_host_within(const struct msk_host *h, const char *host_path);

/* Has the user named a directory? Whoever opens the path tells what else may be wrong with it. */
bool msk_host_is_dir(const char *path);
/* Open a path the user typed (symlinks followed as the shell's user expects). It must be a regular file.
 * Fails: MSK_E_INPUT `<path>: no such file`, `<path>: is a FIFO, expected a regular file`; MSK_E_IO. */
int msk_host_open_input(const char *path, struct msk_rofile *out, struct msk_err *err);
/* Has the open file capabilities that it gives to who starts it? What cannot be told is no. */
bool msk_host_has_caps(const struct msk_rofile *f);

/* Open `path` of the root, which must be a regular file. `name` is for messages, the same as above. When it is not
 * there, *found is false and that is no error. The canonical path goes to *final (heap) unless NULL. */
int msk_host_open_file(struct msk_host *h, const char *path, bool *found, struct msk_rofile *out, char **final,
		       struct msk_err *err);

/* One entry met on a walk. Directories come before what is in them, names in the order of their bytes; symlinks
 * are shown, never followed. */
struct msk_visit {
	const char *rel;            /* path below the top, without leading '/'; "" is the top itself */
	struct msk_rofile *file;    /* mode, identity; a regular file is open and closed afterwards unless taken */
	const char *link;           /* a symlink's text; else NULL */
};
enum msk_visit_result { MSK_VISIT_GO = 0, MSK_VISIT_SKIP = 1 };   /* SKIP: not into this directory */
/* Returns one of the above, or -1 with the error set. */
typedef int msk_visitor(void *ctx, const struct msk_visit *v, struct msk_err *err);

/* Walk the directory a user typed (itself possibly a symlink).
 * Fails: MSK_E_INPUT `<path>: no such directory`, `<path>: is a regular file, expected a directory`, too deep, too
 * many; MSK_E_IO. */
int msk_host_visit_input(const char *path, msk_visitor *fn, void *ctx, struct msk_err *err);
/* Walk a directory of the root; when it is not there, *found is false. */
int msk_host_visit(struct msk_host *h, const char *path, bool *found, msk_visitor *fn, void *ctx, struct msk_err *err);

/* "a FIFO", "a directory": the kind of file in words. */
const char *msk_mode_kind(mode_t mode);

/* Has the file changed since `was` was taken? Compares identity, size and time of `fd`.
 * Fails: MSK_E_IO `<name>: changed while it was being read`. */
int msk_rofile_unchanged(const struct msk_rofile *was, int fd, const char *name, struct msk_err *err);

#endif
