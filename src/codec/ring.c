#include "ring.h"

#include <assert.h>
#include <string.h>

#include "mkscratch/mem.h"

void msk_ring_init(struct msk_ring *r, size_t slots)
{
	memset(r, 0, sizeof *r);
	r->slots = slots;
	r->v = msk_xcalloc(slots, sizeof *r->v);
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->work, NULL);
	pthread_cond_init(&r->done, NULL);
}

void msk_ring_release(struct msk_ring *r)
{
	free(r->v);
	pthread_cond_destroy(&r->done);
	pthread_cond_destroy(&r->work);
	pthread_mutex_destroy(&r->lock);
}

static struct msk_block *at(struct msk_ring *r, size_t counter)
{
	return &r->v[counter % r->slots];
}

/* `filled` changes in the owner's thread alone, which may read it without the lock. */
struct msk_block *msk_ring_vacant(struct msk_ring *r)
{
	return r->filled - r->tail < r->slots ? at(r, r->filled) : NULL;
}

struct msk_block *msk_ring_oldest(struct msk_ring *r)
{
	return r->filled != r->tail ? at(r, r->tail) : NULL;
}

void msk_ring_submit(struct msk_ring *r)
{
	pthread_mutex_lock(&r->lock);
	r->filled++;
	/* Two jobs. */
	pthread_cond_signal(&r->work);
	pthread_cond_signal(&r->work);
	pthread_mutex_unlock(&r->lock);
}

void msk_ring_drop(struct msk_ring *r)
{
	struct msk_block *b = msk_ring_oldest(r);

	assert(b);
	*b = (struct msk_block){ 0 };
	r->tail++;
}

static struct msk_job pick_hash(struct msk_ring *r)
{
	if (r->hashing || r->next_hash == r->filled)
		return (struct msk_job){ MSK_JOB_NONE, NULL };
	r->hashing = true;
	return (struct msk_job){ MSK_JOB_HASH, at(r, r->next_hash++) };
}

static struct msk_job pick_encode(struct msk_ring *r)
{
	if (r->next_encode == r->filled)
		return (struct msk_job){ MSK_JOB_NONE, NULL };
	return (struct msk_job){ MSK_JOB_ENCODE, at(r, r->next_encode++) };
}

/* The hash last: it is short, and what there is left to do beside the encoding of the last blocks. But nothing else can catch
 * up for it, so it comes first where half the ring waits for it, or the oldest block for nothing else. */
static struct msk_job pick(struct msk_ring *r, bool is_awaited)
{
	bool soon = is_awaited || r->filled - r->next_hash > r->slots / 2;
	struct msk_job job = soon ? pick_hash(r) : pick_encode(r);

	if (job.kind == MSK_JOB_NONE)
		job = soon ? pick_encode(r) : pick_hash(r);
	return job;
}

bool msk_ring_await(struct msk_ring *r, struct msk_job *instead)
{
	const struct msk_block *b = msk_ring_oldest(r);
	bool ready;

	assert(b);
	pthread_mutex_lock(&r->lock);
	for (;;) {
		ready = b->hashed && b->encoded;
		*instead = ready ? (struct msk_job){ MSK_JOB_NONE, NULL } : pick(r, b->encoded);
		if (ready || instead->kind != MSK_JOB_NONE)
			break;
		pthread_cond_wait(&r->done, &r->lock);
	}
	pthread_mutex_unlock(&r->lock);
	return ready;
}

/* Neither now nor later. */
static bool has_no_more(const struct msk_ring *r)
{
	return r->stop || (r->complete && r->next_hash == r->filled && r->next_encode == r->filled);
}

bool msk_ring_take(struct msk_ring *r, struct msk_job *out)
{
	*out = (struct msk_job){ MSK_JOB_NONE, NULL };
	pthread_mutex_lock(&r->lock);
	while (!has_no_more(r) && (*out = pick(r, false)).kind == MSK_JOB_NONE)
		pthread_cond_wait(&r->work, &r->lock);
	pthread_mutex_unlock(&r->lock);
	return out->kind != MSK_JOB_NONE;
}

void msk_ring_done(struct msk_ring *r, const struct msk_job *job)
{
	pthread_mutex_lock(&r->lock);
	if (job->kind == MSK_JOB_HASH) {
		job->block->hashed = true;
		r->hashing = false;
		/* Whoever found the hash taken may have gone to sleep over it. */
		if (r->next_hash != r->filled)
			pthread_cond_signal(&r->work);
	} else {
		job->block->encoded = true;
	}
	pthread_cond_signal(&r->done);
	pthread_mutex_unlock(&r->lock);
}

static void tell_workers(struct msk_ring *r, bool *what)
{
	pthread_mutex_lock(&r->lock);
	*what = true;
	pthread_cond_broadcast(&r->work);
	pthread_mutex_unlock(&r->lock);
}

void msk_ring_complete(struct msk_ring *r)
{
	tell_workers(r, &r->complete);
}

void msk_ring_stop(struct msk_ring *r)
{
	tell_workers(r, &r->stop);
}
