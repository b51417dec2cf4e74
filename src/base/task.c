#include "mkscratch/task.h"

#include <sched.h>
#include <stddef.h>

unsigned msk_cores(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

bool msk_jobs_beside(unsigned jobs)
{
	return jobs != 1 && msk_cores() > 1;
}

static void *run(void *arg)
{
	struct msk_task *t = arg;

	t->run(t);
	return NULL;
}

void msk_task_start(struct msk_task *t, bool beside)
{
	t->running = beside && pthread_create(&t->thread, NULL, run, t) == 0;
	if (!t->running)
		t->run(t);
}

void msk_task_join(struct msk_task *t)
{
	if (t->running)
		pthread_join(t->thread, NULL);
	t->running = false;
}
