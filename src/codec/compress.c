#include "mkscratch/compress.h"

#include <assert.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>

#include "blocks.h"
#include "mkscratch/mem.h"

/* Threads beyond this would only raise the peak of memory: each brings a block, its result and a codec state. */
#define MAX_THREADS 24

enum stage { FREE, QUEUED, BUSY, DONE, FAILED };

struct block {
	unsigned char *in, *out;
	size_t n_in, n_out;
	enum stage stage;
};

/* A ring: blocks are filled at `head`, taken by workers at `next_job` and written at `tail`. The fields from `lock`
 * on, and the stages of the blocks, are shared; all else belongs to the thread that writes. */
struct msk_compressor {
	struct msk_compressor_head h;         /* first: the writer is the compressor */
	const struct msk_block_codec *codec;  /* NULL: bytes pass through */
	struct block *ring;
	size_t slots, head, tail;
	size_t room;                          /* for the result of a block */
	bool begun;
	pthread_t threads[MAX_THREADS];
	unsigned n_threads, max_threads;

	pthread_mutex_t lock;
	pthread_cond_t work, done;
	size_t next_job;
	bool stop;
};

static unsigned count_cores(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : 1;
}

static void encode_block(struct msk_compressor *c, void *state, struct block *b)
{
	b->n_out = state ? c->codec->encode(state, b->in, b->n_in, b->out, c->room) : 0;
}

/* Wait for a queued block; NULL when it is time to go. */
static struct block *next_job(struct msk_compressor *c)
{
	struct block *b = NULL;

	pthread_mutex_lock(&c->lock);
	while (!c->stop && c->ring[c->next_job].stage != QUEUED)
		pthread_cond_wait(&c->work, &c->lock);
	if (!c->stop) {
		b = &c->ring[c->next_job];
		b->stage = BUSY;
		c->next_job = (c->next_job + 1) % c->slots;
	}
	pthread_mutex_unlock(&c->lock);
	return b;
}

static void *worker(void *arg)
{
	struct msk_compressor *c = arg;
	void *state = c->codec->state_new(c->h.level);

	for (struct block *b; (b = next_job(c));) {
		encode_block(c, state, b);
		pthread_mutex_lock(&c->lock);
		b->stage = b->n_out ? DONE : FAILED;
		pthread_cond_signal(&c->done);
		pthread_mutex_unlock(&c->lock);
	}
	if (state)
		c->codec->state_free(state);
	return NULL;
}

/* Threads are started one by one as blocks come; where the system refuses one, those there are do. */
static void start_thread(struct msk_compressor *c)
{
	if (c->n_threads < c->max_threads && pthread_create(&c->threads[c->n_threads], NULL, worker, c) == 0)
		c->n_threads++;
}

static int begin(struct msk_compressor *c, struct msk_err *err)
{
	if (c->begun)
		return 0;
	c->begun = true;
	return c->codec->begin ? c->codec->begin(c, err) : 0;
}

static int write_block(struct msk_compressor *c, struct block *b, struct msk_err *err)
{
	if (b->stage == FAILED)
		return msk_fail(err, MSK_E_IO, "compression failed (out of memory)");
	if (begin(c, err) < 0)
		return -1;
	if (c->codec->plain)
		c->codec->plain(c, b->in, b->n_in);
	b->n_in = 0;
	return msk_writer_write(c->h.next, b->out, b->n_out, err);
}

/* Write the oldest block once it is done. The ring is never full between calls, so head == tail means empty. */
static int drain_one(struct msk_compressor *c, struct msk_err *err)
{
	struct block *b = &c->ring[c->tail];

	pthread_mutex_lock(&c->lock);
	while (b->stage == QUEUED || b->stage == BUSY)
		pthread_cond_wait(&c->done, &c->lock);
	pthread_mutex_unlock(&c->lock);
	if (write_block(c, b, err) < 0)
		return -1;
	pthread_mutex_lock(&c->lock);
	b->stage = FREE;
	pthread_mutex_unlock(&c->lock);
	c->tail = (c->tail + 1) % c->slots;
	return 0;
}

/* No thread could be had: the caller's own does the work. */
static void encode_here(struct msk_compressor *c, struct block *b)
{
	void *state = c->codec->state_new(c->h.level);

	encode_block(c, state, b);
	b->stage = b->n_out ? DONE : FAILED;
	if (state)
		c->codec->state_free(state);
}

static int submit(struct msk_compressor *c, bool last, struct msk_err *err)
{
	struct block *b = &c->ring[c->head];

	if (!last || c->n_threads)
		start_thread(c);
	if (c->n_threads) {
		pthread_mutex_lock(&c->lock);
		b->stage = QUEUED;
		pthread_cond_signal(&c->work);
		pthread_mutex_unlock(&c->lock);
	} else {
		encode_here(c, b);
		c->next_job = (c->next_job + 1) % c->slots;
	}
	c->head = (c->head + 1) % c->slots;
	return c->head == c->tail ? drain_one(c, err) : 0;
}

static int take_bytes(struct msk_writer *w, const void *p, size_t n, struct msk_err *err)
{
	struct msk_compressor *c = (struct msk_compressor *)w;
	const unsigned char *from = p;

	while (n) {
		struct block *b = &c->ring[c->head];
		size_t part;

		/* A full block goes out when there is more, so that the last one is known as such. */
		if (b->n_in == MSK_BLOCK_SIZE) {
			if (submit(c, false, err) < 0)
				return -1;
			continue;
		}
		if (!b->in) {
			b->in = msk_xmalloc(MSK_BLOCK_SIZE);
			b->out = msk_xmalloc(c->room);
		}
		part = MSK_BLOCK_SIZE - b->n_in < n ? MSK_BLOCK_SIZE - b->n_in : n;
		memcpy(b->in + b->n_in, from, part);
		b->n_in += part;
		from += part;
		n -= part;
	}
	return 0;
}

static int finish(struct msk_writer *w, struct msk_err *err)
{
	struct msk_compressor *c = (struct msk_compressor *)w;

	if (c->ring[c->head].n_in && submit(c, true, err) < 0)
		return -1;
	while (c->tail != c->head)
		if (drain_one(c, err) < 0)
			return -1;
	if (begin(c, err) < 0 || (c->codec->end && c->codec->end(c, err) < 0))
		return -1;
	return msk_writer_finish(c->h.next, err);
}

static int pass_bytes(struct msk_writer *w, const void *p, size_t n, struct msk_err *err)
{
	return msk_writer_write(((struct msk_compressor *)w)->h.next, p, n, err);
}

static int pass_finish(struct msk_writer *w, struct msk_err *err)
{
	return msk_writer_finish(((struct msk_compressor *)w)->h.next, err);
}

static void set_up_ring(struct msk_compressor *c, unsigned jobs)
{
	c->max_threads = jobs ? jobs : count_cores();
	if (c->max_threads > MAX_THREADS)
		c->max_threads = MAX_THREADS;
	/* One block being filled and one being written beside those in work. */
	c->slots = c->max_threads + 2;
	c->ring = msk_xcalloc(c->slots, sizeof *c->ring);
	c->room = c->codec->bound(MSK_BLOCK_SIZE);
}

int msk_compressor_new(const struct msk_codec_spec *codec, unsigned jobs, struct msk_writer *next,
		       struct msk_compressor **out, struct msk_err *err)
{
	struct msk_compressor *c = msk_xcalloc(1, sizeof *c);

	(void)err;
	c->h.next = next;
	c->h.level = codec->level;
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->work, NULL);
	pthread_cond_init(&c->done, NULL);
	if (codec->kind == MSK_CODEC_NONE) {
		c->h.w = (struct msk_writer){ pass_bytes, pass_finish };
	} else {
		c->h.w = (struct msk_writer){ take_bytes, finish };
		c->codec = codec->kind == MSK_CODEC_GZIP ? &msk_gzip_codec : &msk_zstd_codec;
		set_up_ring(c, jobs);
	}
	*out = c;
	return 0;
}

struct msk_writer *msk_compressor_writer(struct msk_compressor *c)
{
	return &c->h.w;
}

static void stop_threads(struct msk_compressor *c)
{
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_broadcast(&c->work);
	pthread_mutex_unlock(&c->lock);
	for (unsigned i = 0; i < c->n_threads; i++)
		pthread_join(c->threads[i], NULL);
}

void msk_compressor_free(struct msk_compressor *c)
{
	if (!c)
		return;
	stop_threads(c);
	for (size_t i = 0; i < c->slots; i++) {
		free(c->ring[i].in);
		free(c->ring[i].out);
	}
	free(c->ring);
	pthread_cond_destroy(&c->done);
	pthread_cond_destroy(&c->work);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void msk_compressor_cleanup(struct msk_compressor **c)
{
	msk_compressor_free(*c);
}

const char *msk_codec_media_type(const struct msk_codec_spec *codec)
{
	switch (codec->kind) {
	case MSK_CODEC_GZIP: return "application/vnd.oci.image.layer.v1.tar+gzip";
	case MSK_CODEC_ZSTD: return "application/vnd.oci.image.layer.v1.tar+zstd";
	default: return "application/vnd.oci.image.layer.v1.tar";
	}
}

void msk_codec_levels(enum msk_codec_kind kind, int *min, int *max, int *dflt)
{
	static const int levels[][3] = {
		[MSK_CODEC_GZIP] = { 1, 12, 6 },
		[MSK_CODEC_ZSTD] = { 1, 19, 3 },
		[MSK_CODEC_NONE] = { 0, 0, 0 },
	};

	*min = levels[kind][0];
	*max = levels[kind][1];
	*dflt = levels[kind][2];
}
