/* Work that may go on beside the caller's own, on the threads of a pool, and that is waited for before its result is
 * looked at. What a task does must not depend on when it runs, nor may it print.
 *
 * A run has one pool, of as many threads as it has jobs beside its own: more would only wait for a core, and a thread
 * that is made anew may be put on one that is busy. They are started as tasks come. A task that no thread has begun yet is
 * done by whoever waits for it, so nothing is ever waited for in vain, and a system that refuses threads is none the worse. */
#ifndef MKSCRATCH_TASK_H
#define MKSCRATCH_TASK_H

#include <stdbool.h>

#define MSK_POOL_MAX 31             /* threads */

struct msk_pool;

/* `jobs` counts the caller's thread; 0: one a core. */
struct msk_pool *msk_pool_new(unsigned jobs);
/* No task will be started any more: threads that run out of them go while the caller still has to wait for something else. */
void msk_pool_dismiss(struct msk_pool *p);
/* Every task has been waited for. */
void msk_pool_free(struct msk_pool *p);
void msk_pool_cleanup(struct msk_pool **p);
/* How many threads there may be; 0 for NULL. */
unsigned msk_pool_threads(const struct msk_pool *p);

struct msk_task {
	void (*run)(struct msk_task *t);
	/* For the pool. */
	struct msk_pool *pool;                /* NULL: there is nothing to wait for */
	struct msk_task *next;
	enum { MSK_TASK_WAITS, MSK_TASK_RUNS, MSK_TASK_DONE } state;
};

/* Tasks are begun in the order in which they come. Without a pool, or with one that may have no threads, all of it is done
 * when this returns. */
void msk_task_start(struct msk_pool *p, struct msk_task *t);
/* Wait until it is done. Fine for a task that was never started, and a second time. */
void msk_task_join(struct msk_task *t);

/* The cores this process may run on; 1 when that cannot be told. */
unsigned msk_cores(void);

#endif
