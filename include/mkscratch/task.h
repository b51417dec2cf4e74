/* Work that may go on beside the caller's own, on a thread that is waited for before its result is looked at. What a
 * task does must not depend on when it runs, nor may it print. */
#ifndef MKSCRATCH_TASK_H
#define MKSCRATCH_TASK_H

#include <pthread.h>
#include <stdbool.h>

struct msk_task {
	void (*run)(struct msk_task *t);
	pthread_t thread;
	bool running;
};

/* Begin; without `beside`, and where the system refuses a thread, all of it is done when this returns. */
void msk_task_start(struct msk_task *t, bool beside);
/* Wait until it is done. Fine for a task that was never started, and a second time. */
void msk_task_join(struct msk_task *t);

/* The cores this process may run on; 1 when that cannot be told. */
unsigned msk_cores(void);
/* With that many jobs (0: one a core): is a second thread any use? */
bool msk_jobs_beside(unsigned jobs);

#endif
