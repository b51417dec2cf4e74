/* Tasks: each is done once, whoever does it, and waiting for one never waits for nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>

#include "mkscratch/mem.h"
#include "mkscratch/task.h"

#define MANY 500

struct count {
	struct msk_task task;
	atomic_int done;
	pthread_t by;
};

static void count(struct msk_task *t)
{
	struct count *c = (struct count *)t;

	c->by = pthread_self();
	atomic_fetch_add(&c->done, 1);
}

#define COUNT { { .run = count }, 0, 0 }

static void without_threads_it_is_done_at_once(void **state)
{
	MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *one = msk_pool_new(1);
	struct msk_pool *const pools[] = { NULL, one };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct count c = COUNT;

		assert_int_equal(msk_pool_threads(pools[i]), 0);
		msk_task_start(pools[i], &c.task);
		assert_int_equal(c.done, 1);
		msk_task_join(&c.task);
		assert_int_equal(c.done, 1);
	}
}

static void jobs_count_the_caller(void **state)
{
	static const unsigned threads[][2] = { { 1, 0 }, { 2, 1 }, { 5, 4 }, { 64, 31 } };

	(void)state;
	for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
		MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *p = msk_pool_new(threads[i][0]);

		assert_int_equal(msk_pool_threads(p), threads[i][1]);
	}
}

static void each_is_done_once(void **state)
{
	MSK_AUTO_FREE struct count *c = msk_xcalloc(MANY, sizeof *c);

	(void)state;
	for (unsigned jobs = 2; jobs <= 5; jobs++) {
		MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *p = msk_pool_new(jobs);

		for (int i = 0; i < MANY; i++) {
			c[i] = (struct count)COUNT;
			msk_task_start(p, &c[i].task);
		}
		/* Some from the end, some twice, the rest in order. */
		for (int i = MANY - 1; i > MANY / 2; i -= 3)
			msk_task_join(&c[i].task);
		for (int i = 0; i < MANY; i++) {
			msk_task_join(&c[i].task);
			assert_int_equal(c[i].done, 1);
		}
	}
}

struct gate {
	struct msk_task task;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool inside, open;
};

static void wait_at_gate(struct msk_task *t)
{
	struct gate *g = (struct gate *)t;

	pthread_mutex_lock(&g->lock);
	g->inside = true;
	pthread_cond_broadcast(&g->change);
	while (!g->open)
		pthread_cond_wait(&g->change, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

/* The only thread is busy for as long as the test likes. */
static void what_no_thread_has_begun_is_done_by_who_waits(void **state)
{
	MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *p = msk_pool_new(2);
	struct gate g = { { .run = wait_at_gate }, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false };
	struct count first = COUNT, second = COUNT, third = COUNT;

	(void)state;
	msk_task_start(p, &g.task);
	pthread_mutex_lock(&g.lock);
	while (!g.inside)
		pthread_cond_wait(&g.change, &g.lock);
	pthread_mutex_unlock(&g.lock);
	msk_task_start(p, &first.task);
	msk_task_start(p, &second.task);
	msk_task_start(p, &third.task);
	msk_task_join(&third.task);
	msk_task_join(&first.task);
	assert_true(pthread_equal(third.by, pthread_self()));
	assert_true(pthread_equal(first.by, pthread_self()));
	assert_int_equal(second.done, 0);
	pthread_mutex_lock(&g.lock);
	g.open = true;
	pthread_cond_broadcast(&g.change);
	pthread_mutex_unlock(&g.lock);
	msk_task_join(&g.task);
	msk_task_join(&second.task);
	assert_int_equal(first.done + second.done + third.done, 3);
}

/* Before and behind it, and twice. */
static void a_pool_that_was_dismissed_leaves_nothing_undone(void **state)
{
	MSK_AUTO_FREE struct count *c = msk_xcalloc(MANY, sizeof *c);

	(void)state;
	for (unsigned jobs = 1; jobs <= 4; jobs++) {
		MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *p = msk_pool_new(jobs);

		for (int i = 0; i < MANY; i++) {
			c[i] = (struct count)COUNT;
			msk_task_start(p, &c[i].task);
			if (i == MANY / 3 || i == MANY / 2)
				msk_pool_dismiss(p);
		}
		for (int i = 0; i < MANY; i++) {
			msk_task_join(&c[i].task);
			assert_int_equal(c[i].done, 1);
		}
	}
	msk_pool_dismiss(NULL);
}

static void one_that_was_never_started_is_not_waited_for(void **state)
{
	struct count c = COUNT;

	(void)state;
	msk_task_join(&c.task);
	assert_int_equal(c.done, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_threads_it_is_done_at_once),
		cmocka_unit_test(jobs_count_the_caller),
		cmocka_unit_test(each_is_done_once),
		cmocka_unit_test(what_no_thread_has_begun_is_done_by_who_waits),
		cmocka_unit_test(a_pool_that_was_dismissed_leaves_nothing_undone),
		cmocka_unit_test(one_that_was_never_started_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
