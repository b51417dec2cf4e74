#include "mkscratch/undo.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <unistd.h>

static struct msk_undo *volatile newest;

/* Whoever turns FREE into something has the say over the process's end. */
enum { FREE, HELD, ENDING };
static atomic_int gate;
static atomic_int waiting;                     /* a signal that came while the gate was held */
static _Thread_local int depth;                /* of holds by this thread */

void msk_undo_add(struct msk_undo *u)
{
	u->next = newest;
	atomic_signal_fence(memory_order_seq_cst);
	newest = u;
}

void msk_undo_drop(struct msk_undo *u)
{
	if (newest == u) {
		newest = u->next;
		return;
	}
	for (struct msk_undo *at = newest; at; at = at->next) {
		if (at->next == u) {
			at->next = u->next;
			return;
		}
	}
}

/* True when it was free; else what it is. */
static bool take_gate(int as, int *is)
{
	*is = FREE;
	return atomic_compare_exchange_strong(&gate, is, as);
}

void msk_undo_hold(void)
{
	int is;

	if (depth++ > 0)
		return;
	while (!take_gate(HELD, &is)) {
		if (is == ENDING)
			pause();               /* another thread ends the process */
		sched_yield();
	}
}

void msk_undo_let_go(void)
{
	int sig;

	if (--depth > 0)
		return;
	atomic_store(&gate, FREE);
	sig = atomic_exchange(&waiting, 0);
	if (sig)
		raise(sig);
}

static void run_all(void)
{
	int kept = errno;

	for (struct msk_undo *u = newest; u; u = u->next)
		u->run(u);
	errno = kept;
}

void msk_undo_all(void)
{
	int is;

	while (depth == 0 && !take_gate(ENDING, &is)) {
		if (is == ENDING)
			pause();
		sched_yield();
	}
	run_all();
}

static void end_by_signal(int sig)
{
	struct sigaction dfl = { .sa_handler = SIG_DFL };
	int is;

	while (!take_gate(ENDING, &is)) {
		if (is == ENDING)
			return;
		/* Whoever holds it looks at this behind letting go; if that was just now, we look again. */
		atomic_store(&waiting, sig);
		if (atomic_load(&gate) == HELD)
			return;
	}
	run_all();
	sigaction(sig, &dfl, NULL);
	raise(sig);
}

static void ignore(int sig)
{
	struct sigaction ignored = { .sa_handler = SIG_IGN };

	sigaction(sig, &ignored, NULL);
}

/* What the parent ignores (nohup) stays ignored. */
static void catch(int sig)
{
	struct sigaction end = { .sa_handler = end_by_signal, .sa_flags = (int)SA_NODEFER };
	struct sigaction was;

	if (sigaction(sig, NULL, &was) == 0 && was.sa_handler != SIG_IGN)
		sigaction(sig, &end, NULL);
}

void msk_undo_catch_signals(void)
{
	/* All that are sent from outside and end a process that does nothing about them, but for those of real time, which
	 * nobody sends and of which there are many; XCPU comes of a limit. Faults of the program's own are none of these: what
	 * a handler would do then cannot be relied on. */
	static const int fatal[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGVTALRM, SIGPROF,
				     SIGPOLL, SIGXCPU,
#ifdef SIGPWR
				     SIGPWR,
#endif
#ifdef SIGSTKFLT
				     SIGSTKFLT,
#endif
	};

	for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
		catch(fatal[i]);
	ignore(SIGXFSZ);
}

void msk_undo_ignore_pipe(void)
{
	ignore(SIGPIPE);
}
