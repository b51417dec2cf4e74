#include "mkscratch/early.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "block_codec.h"
#include "cut.h"
#include "mkscratch/fs.h"
#include "mkscratch/mem.h"
#include "mkscratch/task.h"

#define MAX_BLOCKS 8
#define MAX_THREADS 4
#define READ_CHUNK (128u << 10)
#define STATES (8u << 20)              /* what the codec's states may take together */

struct early_block {
	unsigned char *in, *out;
	size_t n_in, n_out;
	struct msk_digest key;
	bool done;                            /* n_out 0: it failed */
};

struct encoder {
	struct msk_task task;                 /* first: the task is this */
	struct msk_early *early;
};

/* Blocks are filled one after the other and encoded by whoever is free: taken <= filled <= MAX_BLOCKS. */
struct msk_early {
	const struct msk_block_codec *codec;
	struct msk_block_cache *cache;        /* may be NULL */
	int level, fd;
	size_t room, headers, lendable;       /* blocks that a compressor may have in its memory */
	struct msk_block_memory memory;       /* for its blocks and those of a compressor */
	uint64_t offset;                      /* of the next block to fill; its own who fills */
	pthread_mutex_t lock;
	pthread_cond_t change;
	struct early_block v[MAX_BLOCKS];
	size_t filled, taken;
	bool filling, enough, lent;
	struct encoder encoders[MAX_THREADS];
	unsigned n_encoders;
	void *states[MAX_THREADS];            /* of those that are done */
	unsigned n_states;
};

/* The bytes up to the next cut, of a block that has `before` already; 0 where the file ends before it, as a stream goes on
 * behind a file. */
static size_t read_block(const struct msk_early *e, size_t before, unsigned char *to)
{
	struct msk_err ignored = MSK_ERR_INIT;
	struct msk_cut cut = { .n = before };
	size_t n = 0;

	for (bool ends = false; !ends;) {
		size_t want = MSK_BLOCK_SIZE - n < READ_CHUNK ? MSK_BLOCK_SIZE - n : READ_CHUNK;
		ssize_t got = msk_pread_full(e->fd, to + n, want, e->offset + n, "", &ignored);

		if (got <= 0)
			return 0;
		n += msk_cut_scan(&cut, to + n, (size_t)got, &ends);
	}
	return n;
}

/* Into memory that is to be filled. */
static bool skip_first(struct msk_early *e, unsigned char *to)
{
	e->offset = read_block(e, e->headers, to);
	return e->offset > 0;
}

static void fill(struct msk_early *e)
{
	struct early_block *b = &e->v[e->filled];

	e->filling = true;
	pthread_mutex_unlock(&e->lock);
	b->in = msk_slab_take(&e->memory.in);
	b->n_in = e->offset || skip_first(e, b->in) ? read_block(e, 0, b->in) : 0;
	e->offset += b->n_in;
	pthread_mutex_lock(&e->lock);
	e->filling = false;
	if (b->n_in)
		e->filled++;
	else
		e->enough = true;
	pthread_cond_broadcast(&e->change);
}

static size_t encode_anew(const struct msk_early *e, void **state, struct early_block *b)
{
	size_t made;

	if (!*state)
		*state = e->codec->state_new(e->level, false);
	made = *state ? e->codec->encode(*state, b->in, b->n_in, b->out, e->room) : 0;
	if (made && e->cache)
		e->cache->put(e->cache, &b->key, b->out, made);
	return made;
}

static void encode(struct msk_early *e, void **state, struct early_block *b)
{
	size_t had, made;

	pthread_mutex_unlock(&e->lock);
	b->out = msk_slab_take(&e->memory.out);
	had = e->cache ? e->cache->get(e->cache, b->in, b->n_in, &b->key, b->out, e->room) : 0;
	made = had ? had : encode_anew(e, state, b);
	pthread_mutex_lock(&e->lock);
	b->n_out = made;
	b->done = true;
	e->enough = e->enough || had;
	pthread_cond_broadcast(&e->change);
}

static void run_encoder(struct msk_task *t)
{
	struct msk_early *e = ((struct encoder *)t)->early;
	void *state = NULL;

	pthread_mutex_lock(&e->lock);
	while (!e->enough && e->taken < MAX_BLOCKS) {
		if (e->taken < e->filled)
			encode(e, &state, &e->v[e->taken++]);
		else if (!e->filling)
			fill(e);
		else
			pthread_cond_wait(&e->change, &e->lock);
	}
	if (state)
		e->states[e->n_states++] = state;
	pthread_mutex_unlock(&e->lock);
}

static unsigned threads_of_use(const struct msk_compress_args *a, const struct msk_block_codec *codec)
{
	unsigned threads = msk_pool_threads(a->pool), most = MAX_THREADS;

	if (!codec->encode)
		return 0;
	if (STATES / codec->state_size(a->codec.level) < most)
		most = (unsigned)(STATES / codec->state_size(a->codec.level));
	/* One is left to those who gather, where there are several. */
	threads -= threads > 1;
	return threads < most ? threads : most;
}

struct msk_early *msk_early_start(const struct msk_compress_args *a, int own_fd, size_t headers)
{
	const struct msk_block_codec *codec = msk_codec_of(a->codec.kind);
	unsigned n = threads_of_use(a, codec);
	struct msk_early *e;

	if (!n) {
		close(own_fd);
		return NULL;
	}
	e = msk_xcalloc(1, sizeof *e);
	e->codec = codec;
	e->cache = a->cache;
	e->level = a->codec.level;
	e->fd = own_fd;
	e->headers = headers;
	e->room = codec->bound(MSK_BLOCK_SIZE);
	e->lendable = msk_compressor_blocks(codec, a);
	msk_block_memory_init(&e->memory, MAX_BLOCKS + e->lendable, e->room, 0);
	pthread_mutex_init(&e->lock, NULL);
	pthread_cond_init(&e->change, NULL);
	for (; e->n_encoders < n; e->n_encoders++) {
		struct encoder *to = &e->encoders[e->n_encoders];

		*to = (struct encoder){ { .run = run_encoder }, e };
		msk_task_start(a->pool, &to->task);
	}
	return e;
}

void msk_early_enough(struct msk_early *e)
{
	if (!e)
		return;
	pthread_mutex_lock(&e->lock);
	e->enough = true;
	pthread_cond_broadcast(&e->change);
	pthread_mutex_unlock(&e->lock);
}

struct msk_block_memory *msk_early_lend(struct msk_early *e, const struct msk_block_codec *codec, size_t blocks)
{
	msk_early_enough(e);
	if (e->lent || e->codec != codec || e->lendable < blocks)
		return NULL;
	e->lent = true;
	return &e->memory;
}

/* How many are being encoded, or were; those behind may never be. */
static size_t begun(struct msk_early *e)
{
	size_t n;

	pthread_mutex_lock(&e->lock);
	n = e->taken;
	pthread_mutex_unlock(&e->lock);
	return n;
}

unsigned char *msk_early_find(struct msk_early *e, const unsigned char *p, size_t n, size_t *i, size_t *size)
{
	for (size_t most = begun(e); *i < most; ++*i) {
		const struct early_block *b = &e->v[*i];

		*size = b->n_in;
		if (n <= b->n_in && memcmp(b->in, p, n) == 0)
			return b->in;
	}
	return NULL;
}

size_t msk_early_take(struct msk_early *e, size_t i, unsigned char **out, struct msk_digest *key)
{
	const struct early_block *b = &e->v[i];

	pthread_mutex_lock(&e->lock);
	while (!b->done)
		pthread_cond_wait(&e->change, &e->lock);
	pthread_mutex_unlock(&e->lock);
	*out = b->out;
	*key = b->key;
	return b->n_out;
}

void *msk_early_state(struct msk_early *e)
{
	void *state;

	pthread_mutex_lock(&e->lock);
	state = e->n_states ? e->states[--e->n_states] : NULL;
	pthread_mutex_unlock(&e->lock);
	return state;
}

void msk_early_free(struct msk_early *e)
{
	if (!e)
		return;
	msk_early_enough(e);
	for (unsigned i = 0; i < e->n_encoders; i++)
		msk_task_join(&e->encoders[i].task);
	for (void *state; (state = msk_early_state(e));)
		e->codec->state_free(state);
	msk_block_memory_release(&e->memory);
	close(e->fd);
	pthread_cond_destroy(&e->change);
	pthread_mutex_destroy(&e->lock);
	free(e);
}

void msk_early_cleanup(struct msk_early **e)
{
	msk_early_free(*e);
	*e = NULL;
}
