/* Files that must not outlive a failed run.
 *
 * A temporary file stands beside its destination, called `.<name>.mkscratch-<random>`, until msk_tempfile_commit()
 * renames it over. Whatever ends the process before that (an error return, a signal, lack of memory) removes
 * it; what only SIGKILL or a power cut leaves behind is removed by the next run that writes into the directory:
 * the lock its owner held (flock) is free by then.
 *
 * All functions are for one thread. */
#ifndef MKSCRATCH_TEMPFILE_H
#define MKSCRATCH_TEMPFILE_H

#include <stdbool.h>
#include <sys/types.h>
#include "mkscratch/err.h"
#include "mkscratch/mem.h"
#include "mkscratch/undo.h"

/* Stays where it is: msk_tempfile_move() is the way to another place. */
struct msk_tempfile {
	int fd;            /* -1 once closed */
	int dirfd;         /* borrowed: the directory of the destination; must outlive this */
	bool named;        /* there is a file of this name */
	char name[280];    /* relative to dirfd */
	char final[256];   /* in whose place it is for now; "": in none */
	int old;           /* what was there, which has the temporary name now; -1: nothing was */
	const bool *stays; /* borrowed: true once it is there for good */
	struct msk_undo undo;
};

#define MSK_TEMPFILE_INIT { .fd = -1, .dirfd = -1, .old = -1 }
#define MSK_AUTO_TEMPFILE MSK_CLEANUP(msk_tempfile_release) struct msk_tempfile

/* Who may read the file is for the umask to say, as with every other tool, and for the one that is there: no one may read
 * or write it who might not before, but that its owner may always read it. Where the new one gets another group, group and
 * others may what both of them might; where it does not get the same ACL, they may nothing. Never what is in it. */
#define MSK_MODE_UMASK ((mode_t)-1)
/* What open(2) is asked for then, in the place of a file of this mode (0666: of none) that has the same group and ACL. */
mode_t msk_mode_over(mode_t old);

/* Create one beside `final` (a name without '/') in dirfd; `mode` is exact whatever the umask, or MSK_MODE_UMASK.
 * Stale ones in the directory are removed first. `name` is what messages call the file.
 * Fails: MSK_E_IO `<name>: cannot create (<reason>)`. */
int msk_tempfile_open(struct msk_tempfile *t, int dirfd, const char *final, mode_t mode, const char *name,
		      struct msk_err *err);
/* Flush to the disk; the file still has its temporary name and stays open. */
int msk_tempfile_sync(struct msk_tempfile *t, const char *name, struct msk_err *err);
/* Rename over `final` and close. The caller syncs the directory. */
int msk_tempfile_commit(struct msk_tempfile *t, const char *final, const char *name, struct msk_err *err);
/* The same, but it can be taken back: what was there has the temporary name from now on. As long as *stays is false, release
 * puts it back, and so does what ends the process; then it is removed instead. A file system that cannot do this has it
 * renamed as by commit. `stays` must outlive t. */
int msk_tempfile_swap(struct msk_tempfile *t, const char *final, const bool *stays, const char *name, struct msk_err *err);
/* Remove the stale ones in the directory, as msk_tempfile_open() does: for whoever may need no file of its own there. */
void msk_tempfile_sweep(int dirfd);
/* Close and remove whatever is left; nothing after a commit. */
void msk_tempfile_release(struct msk_tempfile *t);
/* `to` must hold none; `from` holds none behind it. */
void msk_tempfile_move(struct msk_tempfile *to, struct msk_tempfile *from);

/* An unnamed file in the first of the directories (NULL-terminated) that can hold one, which *where is then; see staging.h.
 * Fails: MSK_E_IO `no directory for a staging file (<reason>)`, hint: TMPDIR. */
int msk_tempfile_anonymous(const char *const *dirs, const char **where, int *out_fd, struct msk_err *err);

#endif
