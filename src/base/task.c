#include "mkscratch/task.h"

#include <pthread.h>
#include <sched.h>
#include <stddef.h>

#include "mkscratch/mem.h"

struct msk_pool {
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct msk_task *first, **end;        /* those that wait */
	size_t waiting;
	unsigned most, idle;
	pthread_mutex_t making;               /* for what follows */
	pthread_t threads[MSK_POOL_MAX];
	unsigned n;
	bool stop;
};

unsigned msk_cores(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

struct msk_pool *msk_pool_new(unsigned jobs)
{
	struct msk_pool *p = msk_xcalloc(1, sizeof *p);

	jobs = jobs ? jobs : msk_cores();
	p->most = jobs > MSK_POOL_MAX ? MSK_POOL_MAX : jobs - 1;
	p->end = &p->first;
	pthread_mutex_init(&p->lock, NULL);
	pthread_mutex_init(&p->making, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_cond_init(&p->done, NULL);
	return p;
}

unsigned msk_pool_threads(const struct msk_pool *p)
{
	return p ? p->most : 0;
}

/* The first of those that wait. */
static struct msk_task *begin_next(struct msk_pool *p)
{
	struct msk_task *t = p->first;

	p->first = t->next;
	if (!p->first)
		p->end = &p->first;
	p->waiting--;
	t->state = MSK_TASK_RUNS;
	return t;
}

/* A kernel may put a new thread on the core of its maker, where it waits for some milliseconds although others have nothing to
 * do. For a moment that core is not allowed to it; that it stays where the system refuses is no harm. */
static void send_away(pthread_t thread)
{
	int core = sched_getcpu();
	cpu_set_t all, others;

	if (core < 0 || core >= CPU_SETSIZE || sched_getaffinity(0, sizeof all, &all) < 0)
		return;
	others = all;
	CPU_CLR(core, &others);
	if (CPU_COUNT(&others) > 0 && pthread_setaffinity_np(thread, sizeof others, &others) == 0)
		(void)pthread_setaffinity_np(thread, sizeof all, &all);
}

static void *thread(void *arg)
{
	struct msk_pool *p = arg;

	pthread_mutex_lock(&p->lock);
	while (p->first || !p->stop) {
		struct msk_task *t;

		if (!p->first) {
			p->idle++;
			pthread_cond_wait(&p->work, &p->lock);
			p->idle--;
			continue;
		}
		t = begin_next(p);
		pthread_mutex_unlock(&p->lock);
		t->run(t);
		pthread_mutex_lock(&p->lock);
		t->state = MSK_TASK_DONE;
		pthread_cond_broadcast(&p->done);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* It would wait for the lock at once, if its maker held that. */
static void add_thread(struct msk_pool *p)
{
	pthread_mutex_lock(&p->making);
	if (p->n < p->most && pthread_create(&p->threads[p->n], NULL, thread, p) == 0)
		send_away(p->threads[p->n++]);
	pthread_mutex_unlock(&p->making);
}

void msk_task_start(struct msk_pool *p, struct msk_task *t)
{
	bool nobody_idle;

	t->pool = NULL;
	if (msk_pool_threads(p) == 0) {
		t->run(t);
		return;
	}
	pthread_mutex_lock(&p->lock);
	t->pool = p;
	t->next = NULL;
	t->state = MSK_TASK_WAITS;
	*p->end = t;
	p->end = &t->next;
	p->waiting++;
	nobody_idle = p->waiting > p->idle;
	if (!nobody_idle)
		pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
	if (nobody_idle)
		add_thread(p);
}

static void withdraw(struct msk_pool *p, const struct msk_task *t)
{
	struct msk_task **at = &p->first;

	while (*at != t)
		at = &(*at)->next;
	*at = t->next;
	if (!*at)
		p->end = at;
	p->waiting--;
}

void msk_task_join(struct msk_task *t)
{
	struct msk_pool *p = t->pool;
	bool mine;

	if (!p)
		return;
	t->pool = NULL;
	pthread_mutex_lock(&p->lock);
	mine = t->state == MSK_TASK_WAITS;
	if (mine)
		withdraw(p, t);
	while (!mine && t->state != MSK_TASK_DONE)
		pthread_cond_wait(&p->done, &p->lock);
	pthread_mutex_unlock(&p->lock);
	if (mine)
		t->run(t);
}

void msk_pool_dismiss(struct msk_pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->stop = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
}

void msk_pool_free(struct msk_pool *p)
{
	if (!p)
		return;
	msk_pool_dismiss(p);
	for (unsigned i = 0; i < p->n; i++)
		pthread_join(p->threads[i], NULL);
	pthread_cond_destroy(&p->done);
	pthread_cond_destroy(&p->work);
	pthread_mutex_destroy(&p->making);
	pthread_mutex_destroy(&p->lock);
	free(p);
}

void msk_pool_cleanup(struct msk_pool **p)
{
	msk_pool_free(*p);
	*p = NULL;
}
