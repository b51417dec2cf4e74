/* Files that must not outlive a failed run.
 *
 * A temporary file stands beside its destination, called `.<name>.mkscratch-<random>`, until msk_tempfile_commit()
 * renames it over. Whatever ends the process before that (an error return, a signal, lack of memory) removes
 * it; what only SIGKILL or a power cut leaves behind is removed by the next run that writes into the directory:
 * the lock its owner held (flock) is free by then.
 *
 * The set of live temporary files is this program's one piece of process-wide state, as signal handlers and
 * msk_oom() have no argument to reach it by. All functions are for one thread. */
#ifndef MKSCRATCH_TEMPFILE_H
#define MKSCRATCH_TEMPFILE_H

#include <stdbool.h>
#include <sys/types.h>
#include "mkscratch/err.h"
#include "mkscratch/mem.h"

struct msk_tempfile {
	int fd;            /* -1 once closed */
	int dirfd;         /* borrowed: the directory of the destination; must outlive this */
	int slot;          /* place among the live files; -1 when there is none to remove */
	char name[280];    /* relative to dirfd */
};

#define MSK_TEMPFILE_INIT { .fd = -1, .dirfd = -1, .slot = -1 }
#define MSK_AUTO_TEMPFILE MSK_CLEANUP(msk_tempfile_release) struct msk_tempfile

/* Who may read the file is for the umask to say, as with every other tool; never what is in it. */
#define MSK_MODE_UMASK ((mode_t)-1)

/* Create one beside `final` (a name without '/') in dirfd; `mode` is exact whatever the umask, or MSK_MODE_UMASK.
 * Stale ones in the directory are removed first. `name` is what messages call the file.
 * Fails: MSK_E_IO `<name>: cannot create (<reason>)`. */
int msk_tempfile_open(struct msk_tempfile *t, int dirfd, const char *final, mode_t mode, const char *name,
		      struct msk_err *err);
/* Flush to the disk; the file still has its temporary name and stays open. */
int msk_tempfile_sync(struct msk_tempfile *t, const char *name, struct msk_err *err);
/* Rename over `final` and close. The caller syncs the directory. */
int msk_tempfile_commit(struct msk_tempfile *t, const char *final, const char *name, struct msk_err *err);
/* Close and remove whatever is left; nothing after a commit. */
void msk_tempfile_release(struct msk_tempfile *t);

/* An unnamed file for staging in the first of the directories (NULL-terminated) that can hold one. */
int msk_tempfile_anonymous(const char *const *dirs, int *out_fd, struct msk_err *err);

/* Remove all live files; safe in a signal handler. */
void msk_tempfile_remove_all(void);
/* INT, TERM and HUP remove the live files and end the process as that signal. PIPE and XFSZ become errors. */
void msk_tempfile_catch_signals(void);

#endif
