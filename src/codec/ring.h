/* A ring of blocks between its owner, who fills and empties it in order, and any number of threads (the owner's too)
 * that work on what is in it. Each block has two jobs: the hash, which goes over the blocks one by one in order and
 * is no more than one thread's at a time, and the encoding, which is anybody's. */
#ifndef CODEC_RING_H
#define CODEC_RING_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

#include "mkscratch/compress.h"

enum msk_block_fault { MSK_BLOCK_SOUND, MSK_BLOCK_NO_MEMORY, MSK_BLOCK_WRONG };

/* From where to where it has bytes of a span. */
struct msk_stretch {
	struct msk_span *of;
	size_t from, to;
	bool ends;                            /* the span does, with these */
};

struct msk_block {
	struct msk_part *part;
	unsigned char *in, *out;              /* its bytes, and what the encoding made of them */
	size_t n_in, n_out;
	bool early;                           /* it was begun early, as the early_i-th of those */
	size_t early_i;
	struct msk_digest key;                /* in the cache, where there is one */
	bool last;                            /* of its part */
	struct msk_stretch stretches[MSK_SPANS_OF_BLOCK];
	size_t n_stretches;
	enum msk_block_fault fault;
	bool hashed, encoded;                 /* shared: under the lock */
};

struct msk_job {
	enum { MSK_JOB_NONE, MSK_JOB_HASH, MSK_JOB_ENCODE } kind;
	struct msk_block *block;
};

/* Counters of blocks, never reduced: a block's place is its counter modulo `slots`.
 * tail <= next_hash, next_encode <= filled <= tail + slots. */
struct msk_ring {
	struct msk_block *v;
	size_t slots, tail;                   /* the owner's */
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	size_t filled, next_hash, next_encode;
	bool hashing, complete, stop;
};

void msk_ring_init(struct msk_ring *r, size_t slots);
void msk_ring_release(struct msk_ring *r);    /* no thread works on it any more */

/* For the owner. The block to fill; NULL when the ring is full. Submitting it makes its jobs ready. */
struct msk_block *msk_ring_vacant(struct msk_ring *r);
void msk_ring_submit(struct msk_ring *r);
/* The block that went in first; NULL when the ring is empty. */
struct msk_block *msk_ring_oldest(struct msk_ring *r);
/* Have both of its jobs been done? If not, a job that the owner may do meanwhile; it waits until there is either. */
bool msk_ring_await(struct msk_ring *r, struct msk_job *instead);
/* The oldest has been written; its place is vacant. */
void msk_ring_drop(struct msk_ring *r);
/* The last was submitted: workers go when all jobs are taken. */
void msk_ring_complete(struct msk_ring *r);

/* For workers: wait for a job; false when it is time to go. */
bool msk_ring_take(struct msk_ring *r, struct msk_job *out);
void msk_ring_done(struct msk_ring *r, const struct msk_job *job);
void msk_ring_stop(struct msk_ring *r);

#endif
