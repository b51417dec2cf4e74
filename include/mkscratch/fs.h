/* File descriptors done right: interrupted and short calls are carried on, errors name the file. `name` is what messages call
 * it; all fail with MSK_E_IO unless they say otherwise. Sizes and offsets are in bytes. */
#ifndef MKSCRATCH_FS_H
#define MKSCRATCH_FS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include "mkscratch/err.h"
#include "mkscratch/path.h"
#include "mkscratch/str.h"

/* Read up to n bytes; fewer only at end of file. Returns the count, or -1. */
ssize_t msk_read_full(int fd, void *buf, size_t n, const char *name, struct msk_err *err);
ssize_t msk_pread_full(int fd, void *buf, size_t n, uint64_t offset, const char *name, struct msk_err *err);
int msk_write_full(int fd, const void *buf, size_t n, const char *name, struct msk_err *err);
int msk_pwrite_full(int fd, const void *buf, size_t n, uint64_t offset, const char *name, struct msk_err *err);
/* Begin to move these bytes to the disk, without waiting; a hint. */
void msk_push_out(int fd, uint64_t offset, uint64_t n);

/* Open to read, as `cat` does: a FIFO waits for somebody to write, however long; nothing else is waited for. -1 and errno. */
int msk_open_to_read(const char *path);
/* `<name>: cannot create (<text of sys>)` for what was to be made in `dir`; always -1. Where that is not there the hint
 * makes it. */
int msk_fail_create(struct msk_err *err, int sys, const char *name, const char *dir);
/* Append the rest of fd to out; more than `limit` bytes is MSK_E_INPUT `<name>: larger than <limit> bytes`. */
int msk_read_all(int fd, size_t limit, struct msk_str *out, const char *name, struct msk_err *err);
/* The same of a file that is known to have had `size` bytes, which saves asking for memory again and again. */
int msk_read_sized(int fd, uint64_t size, size_t limit, struct msk_str *out, const char *name, struct msk_err *err);

/* What a directory lists. */
struct msk_dir_entry {
	char *name;
	unsigned char type;            /* DT_REG and so on, as it was then; DT_UNKNOWN where the file system does not say */
};

struct msk_dir_list {
	struct msk_dir_entry *v;       /* sorted by the bytes of their names */
	size_t n, cap;
};
#define MSK_AUTO_DIR_LIST MSK_CLEANUP(msk_dir_list_release) struct msk_dir_list
void msk_dir_list_release(struct msk_dir_list *l);

/* All in the directory but "." and "..", sorted by bytes; more than `max` is MSK_E_INPUT. It is read from where the
 * descriptor stands, which moves. */
int msk_dir_list_read(int dirfd, size_t max, const char *name, struct msk_dir_list *out, struct msk_err *err);
/* Their names alone. */
int msk_list_fd(int dirfd, size_t max, const char *name, struct msk_strv *names, struct msk_err *err);

/* Where the link at `path` leads to, as it is written there, from its own directory on. Heap; NULL: it is no link. */
char *msk_link_step(const char *path);
/* Where a file lies that is written at `path`: of a link the place it leads to, which need not be there yet. A chain of
 * more than 40 ends at its last link. Heap. */
char *msk_written_at(const char *path);

/* Of one file, between which nothing was written to it or changed of it. Stricter than what an input is known by (struct
 * msk_content): its ctime counts, which nobody can set back. It is asked of a file that is to stay as an output, or whose bytes
 * have been taken for granted, where a doubt only costs writing or reading it again. */
struct stat;
bool msk_same_state(const struct stat *a, const struct stat *b);

/* fsync a file or a directory; file systems that cannot sync a directory (EINVAL) are forgiven. */
int msk_fsync(int fd, const char *name, struct msk_err *err);
/* The bytes and length of a file alone. */
int msk_fdatasync(int fd, const char *name, struct msk_err *err);

#endif
