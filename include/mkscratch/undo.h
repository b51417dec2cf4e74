/* Taking back what a run made when it ends before it is done: by a signal, or for lack of memory.
 *
 * What is to be taken back stands in a list, which is this program's one piece of process-wide state, as signal handlers
 * and msk_oom() have no argument to reach it by. It is run through from the newest to the oldest, so that files go before
 * the directory they are in. An error return needs none of this: owners release what they have.
 *
 * Entries are added and dropped by one thread; a signal, or the end of memory, may come in any. */
#ifndef MKSCRATCH_UNDO_H
#define MKSCRATCH_UNDO_H

/* Part of whatever is taken back; it must not move while it is in the list. `run` may be called in a signal handler, once,
 * and nothing else of the process goes on behind it. */
struct msk_undo {
	struct msk_undo *next;
	void (*run)(struct msk_undo *u);
};

void msk_undo_add(struct msk_undo *u);
void msk_undo_drop(struct msk_undo *u);        /* nothing when it is not in the list */

/* Between the two no signal ends the process: it waits. For steps that must not be told apart, such as making a file and
 * adding it here. Short, and never around a wait. Pairs may be nested. */
void msk_undo_hold(void);
void msk_undo_let_go(void);

/* Take all of it back; the caller ends the process. Of several threads only the first returns. */
void msk_undo_all(void);

/* INT, TERM, HUP, PIPE, QUIT (which dumps core as ever), USR1 and the others that are sent from outside and end a process, but
 * those of real time, take all back and end it as that signal. XFSZ becomes an error. */
void msk_undo_catch_signals(void);
/* PIPE becomes an error as well: for a run that writes an image, whose maker should hear that it did not get through. */
void msk_undo_ignore_pipe(void);

#endif
