#include "mkscratch/compress.h"

#include <assert.h>
#include <string.h>

#include "block_codec.h"
#include "cut.h"
#include "mkscratch/early.h"
#include "mkscratch/mem.h"
#include "mkscratch/task.h"
#include "ring.h"

/* What blocks and codec states may take together; the number of threads gives way to it. */
#define MEMORY (38u << 20)
/* Blocks beyond two a thread: some take much longer than others, and nobody shall wait for them. */
#define SPARE 4
/* Of an image of small files: one for each of its two layers. */
#define FEWEST_BLOCKS 2
#define WORTH_A_THREAD (128u << 10)

struct worker {
	struct msk_task task;                 /* first: the task is this */
	struct msk_compressor *c;
};

struct msk_compressor {
	struct msk_writer w;                  /* first: the writer is the compressor */
	const struct msk_block_codec *codec;
	struct msk_compress_args args;
	struct msk_ring ring;
	struct msk_block_memory *memory, own; /* for blocks: its own, unless it is lent */
	struct msk_block *filling;            /* NULL: none is vacant, or none was asked for yet */
	bool complete;                        /* the block that is being filled: its cut was met */
	struct msk_cut cut;
	struct msk_part *part;                /* whose bytes come in */
	struct msk_span *span;                /* whose; NULL: none */
	uint64_t span_left;                   /* bytes that it still lacks */
	void *state;                          /* for the caller's own thread */
	size_t room;                          /* for the result of a block */
	uint64_t bytes;                       /* submitted so far */
	struct msk_early *early;              /* NULL: nothing was done early */
	size_t next_early, early_size;        /* the first that was not met yet; of the one that is being met */
	struct worker workers[MSK_POOL_MAX];
	unsigned n_workers, max_workers;
};

static void hash_bytes(struct msk_block *b)
{
	size_t at = 0;

	for (size_t i = 0; i < b->n_stretches; i++) {
		const struct msk_stretch *t = &b->stretches[i];

		msk_sha256_add(b->part->hash, b->in + at, t->from - at);
		msk_sha256_add_both(b->part->hash, t->of->hash, b->in + t->from, t->to - t->from);
		if (t->ends)
			msk_sha256_end(t->of->hash, &t->of->digest);
		at = t->to;
	}
	msk_sha256_add(b->part->hash, b->in + at, b->n_in - at);
}

static void hash_block(const struct msk_compressor *c, struct msk_block *b)
{
	hash_bytes(b);
	b->part->size += b->n_in;
	if (c->codec->check)
		c->codec->check(b->part, b->in, b->n_in);
	if (b->last)
		msk_sha256_end(b->part->hash, &b->part->digest);
}

static void encode_anew(const struct msk_compressor *c, void *state, struct msk_block *b)
{
	b->n_out = c->codec->encode(state, b->in, b->n_in, b->out, c->room);
	if (!b->n_out)
		b->fault = MSK_BLOCK_NO_MEMORY;
	else if (c->args.paranoid && !c->codec->decodes(state, b->out, b->n_out, b->in, b->n_in))
		b->fault = MSK_BLOCK_WRONG;
}

static void *new_state(const struct msk_compressor *c)
{
	void *used = c->early ? msk_early_state(c->early) : NULL;

	return used ? used : c->codec->state_new(c->args.codec.level, c->args.paranoid);
}

static void encode_block(const struct msk_compressor *c, void **state, struct msk_block *b)
{
	struct msk_block_cache *cache = c->args.cache;

	if (!c->codec->encode || !b->n_in)
		return;
	b->n_out = b->early ? msk_early_take(c->early, b->early_i, &b->out, &b->key) : 0;
	if (b->n_out)
		return;
	if (!b->out)
		b->out = msk_slab_take(&c->memory->out);
	b->n_out = cache ? cache->get(cache, b->in, b->n_in, &b->key, b->out, c->room) : 0;
	if (b->n_out)
		return;
	if (!*state)
		*state = new_state(c);
	if (!*state) {
		b->fault = MSK_BLOCK_NO_MEMORY;
		return;
	}
	encode_anew(c, *state, b);
	if (cache && b->fault == MSK_BLOCK_SOUND)
		cache->put(cache, &b->key, b->out, b->n_out);
}

static void do_job(struct msk_compressor *c, void **state, const struct msk_job *job)
{
	if (job->kind == MSK_JOB_HASH)
		hash_block(c, job->block);
	else
		encode_block(c, state, job->block);
	msk_ring_done(&c->ring, job);
}

static void free_state(const struct msk_compressor *c, void *state)
{
	if (state)
		c->codec->state_free(state);
}

static void work(struct msk_task *t)
{
	struct msk_compressor *c = ((struct worker *)t)->c;
	void *state = NULL;

	for (struct msk_job job; msk_ring_take(&c->ring, &job);)
		do_job(c, &state, &job);
	free_state(c, state);
}

/* Workers are asked for one by one as blocks come. */
static void start_worker(struct msk_compressor *c)
{
	struct worker *w;

	if (c->n_workers == c->max_workers)
		return;
	w = &c->workers[c->n_workers++];
	*w = (struct worker){ { .run = work }, c };
	msk_task_start(c->args.pool, &w->task);
}

size_t msk_block_bound(const struct msk_codec_spec *codec)
{
	const struct msk_block_codec *c = msk_codec_of(codec->kind);

	return c->bound ? c->bound(MSK_BLOCK_SIZE) : MSK_BLOCK_SIZE;
}

static int write_head(const struct msk_block_codec *codec, struct msk_part *p, struct msk_err *err)
{
	return codec->begin ? codec->begin(p, err) : 0;
}

static int write_tail(const struct msk_block_codec *codec, struct msk_part *p, struct msk_err *err)
{
	return codec->end ? codec->end(p, err) : 0;
}

int msk_part_head(const struct msk_codec_spec *codec, struct msk_part *p, struct msk_err *err)
{
	return write_head(msk_codec_of(codec->kind), p, err);
}

int msk_part_tail(const struct msk_codec_spec *codec, struct msk_part *p, struct msk_err *err)
{
	return write_tail(msk_codec_of(codec->kind), p, err);
}

static int open_part(const struct msk_compressor *c, struct msk_part *p, struct msk_err *err)
{
	if (p->to)
		return 0;
	return p->open(p, &p->to, err) < 0 ? -1 : write_head(c->codec, p, err);
}

static int close_part(const struct msk_compressor *c, struct msk_part *p, struct msk_err *err)
{
	if (write_tail(c->codec, p, err) < 0)
		return -1;
	msk_sha256_free(p->hash);
	p->hash = NULL;
	return msk_writer_finish(p->to, err) < 0 ? -1 : p->close(p, err);
}

static int close_spans(const struct msk_block *b, struct msk_err *err)
{
	for (size_t i = 0; i < b->n_stretches; i++) {
		struct msk_span *s = b->stretches[i].of;

		if (b->stretches[i].ends && s->close(s, err) < 0)
			return -1;
	}
	return 0;
}

static int write_block(const struct msk_compressor *c, const struct msk_block *b, struct msk_err *err)
{
	const unsigned char *bytes = c->codec->encode ? b->out : b->in;
	size_t n = c->codec->encode ? b->n_out : b->n_in;

	if (b->fault == MSK_BLOCK_NO_MEMORY)
		msk_oom();
	if (b->fault == MSK_BLOCK_WRONG)
		return msk_fail(err, MSK_E_BUG, "compression: a block of %zu bytes does not decode to what it was made from",
				b->n_in);
	if (open_part(c, b->part, err) < 0 || msk_writer_write(b->part->to, bytes, n, err) < 0 || close_spans(b, err) < 0)
		return -1;
	if (b->part->keys && c->args.cache && b->n_in)
		msk_strv_push(b->part->keys, b->key.text);
	return b->last ? close_part(c, b->part, err) : 0;
}

/* Write the oldest block, working on others until it is ready. */
static int drain_one(struct msk_compressor *c, struct msk_err *err)
{
	struct msk_block *b = msk_ring_oldest(&c->ring);
	struct msk_job job;

	while (!msk_ring_await(&c->ring, &job))
		do_job(c, &c->state, &job);
	if (write_block(c, b, err) < 0)
		return -1;
	msk_slab_give(&c->memory->in, b->in);
	if (b->out)
		msk_slab_give(&c->memory->out, b->out);
	msk_ring_drop(&c->ring);
	return 0;
}

/* A block that begins as one that was begun early has no memory of its own as long as it is the same. */
static void meet_early(struct msk_compressor *c, const unsigned char *p, size_t n)
{
	struct msk_block *b = c->filling;
	unsigned char *same;

	b->early_i = c->next_early;
	same = c->early ? msk_early_find(c->early, p, n, &b->early_i, &c->early_size) : NULL;
	if (!same)
		return;
	msk_slab_give(&c->memory->in, b->in);
	b->in = same;
	b->early = true;
}

static void part_from_early(struct msk_compressor *c)
{
	struct msk_block *b = c->filling;
	const unsigned char *same = b->in;

	b->in = msk_slab_take(&c->memory->in);
	b->early = false;
	memcpy(b->in, same, b->n_in);
}

static bool goes_on(const struct msk_compressor *c, const unsigned char *p, size_t n)
{
	const struct msk_block *b = c->filling;

	return b->n_in + n <= c->early_size && memcmp(b->in + b->n_in, p, n) == 0;
}

static void add(struct msk_compressor *c, const unsigned char *p, size_t n)
{
	struct msk_block *b = c->filling;

	if (!b->n_in)
		meet_early(c, p, n);
	else if (b->early && !goes_on(c, p, n))
		part_from_early(c);
	if (!b->early)
		memcpy(b->in + b->n_in, p, n);
	b->n_in += n;
}

/* The first block of a run alone is not worth a thread, nor are a few small ones. */
static void submit(struct msk_compressor *c, bool last)
{
	if (c->filling->early && c->filling->n_in < c->early_size)
		part_from_early(c);
	if (c->filling->early)
		c->next_early = c->filling->early_i + 1;
	c->bytes += c->filling->n_in;
	c->filling->last = last;
	c->filling = NULL;
	c->complete = false;
	if (c->ring.filled && c->bytes >= WORTH_A_THREAD)
		start_worker(c);
	msk_ring_submit(&c->ring);
}

static int get_vacant(struct msk_compressor *c, struct msk_err *err)
{
	struct msk_block *b;

	while (!(b = msk_ring_vacant(&c->ring)))
		if (drain_one(c, err) < 0)
			return -1;
	b->part = c->part;
	b->in = msk_slab_take(&c->memory->in);
	c->filling = b;
	return 0;
}

/* The bytes that the block has got now belong to the span, as far as it goes. */
static void note_span(struct msk_compressor *c, size_t from)
{
	struct msk_block *b = c->filling;
	struct msk_stretch *t = b->n_stretches ? &b->stretches[b->n_stretches - 1] : NULL;
	size_t n = b->n_in - from < c->span_left ? b->n_in - from : (size_t)c->span_left;

	if (!t || t->of != c->span) {
		assert(b->n_stretches < MSK_SPANS_OF_BLOCK);
		t = &b->stretches[b->n_stretches++];
		*t = (struct msk_stretch){ c->span, from, from, false };
	}
	t->to += n;
	c->span_left -= n;
	t->ends = !c->span_left;
	if (t->ends)
		c->span = NULL;
}

static int take_bytes(struct msk_writer *w, const void *p, size_t n, struct msk_err *err)
{
	struct msk_compressor *c = (struct msk_compressor *)w;
	const unsigned char *from = p;

	while (n) {
		size_t part;

		/* A complete block goes out when there is more, so that the last one is known as such. */
		if (c->filling && c->complete)
			submit(c, false);
		if (!c->filling && get_vacant(c, err) < 0)
			return -1;
		part = msk_cut_scan(&c->cut, from, n, &c->complete);
		add(c, from, part);
		if (c->span)
			note_span(c, c->filling->n_in - part);
		from += part;
		n -= part;
	}
	return 0;
}

static int end_part(struct msk_writer *w, struct msk_err *err)
{
	struct msk_compressor *c = (struct msk_compressor *)w;

	if (!c->filling && get_vacant(c, err) < 0)
		return -1;
	submit(c, true);
	c->part = NULL;
	return 0;
}

struct msk_writer *msk_compressor_begin(struct msk_compressor *c, struct msk_part *p)
{
	assert(!c->part && !c->span);
	p->hash = msk_sha256_new();
	p->size = 0;
	c->cut = (struct msk_cut){ 0 };
	p->crc = 0;
	p->to = NULL;
	c->part = p;
	return &c->w;
}

void msk_compressor_span(struct msk_compressor *c, struct msk_span *s)
{
	assert(!c->span && s->size >= MSK_SPAN_LEAST);
	c->span = s;
	c->span_left = s->size;
}

int msk_compressor_wait(struct msk_compressor *c, struct msk_err *err)
{
	assert(!c->part);
	while (msk_ring_oldest(&c->ring))
		if (drain_one(c, err) < 0)
			return -1;
	return 0;
}

int msk_compressor_finish(struct msk_compressor *c, struct msk_err *err)
{
	msk_ring_complete(&c->ring);
	return msk_compressor_wait(c, err);
}

static size_t block_room(const struct msk_block_codec *codec)
{
	return codec->bound ? codec->bound(MSK_BLOCK_SIZE) : 0;
}

/* For every thread its state, a block in work and one that waits; and those to spare. */
static unsigned threads_that_fit(const struct msk_block_codec *codec, const struct msk_compress_args *a)
{
	unsigned jobs = msk_pool_threads(a->pool) + 1;
	size_t state = codec->state_size ? codec->state_size(a->codec.level) : 0;
	size_t block = MSK_BLOCK_SIZE + block_room(codec), fit = (MEMORY - SPARE * block) / (state + 2 * block);

	/* Where nothing is encoded there is one hash to be made, and one who reads and writes. */
	if (!codec->encode && jobs > 2)
		jobs = 2;
	return jobs <= fit ? jobs : fit ? (unsigned)fit : 1;
}

size_t msk_compressor_blocks(const struct msk_block_codec *codec, const struct msk_compress_args *a)
{
	return 2 * threads_that_fit(codec, a) + SPARE;
}

static void find_memory(struct msk_compressor *c)
{
	/* What was made early was not decoded. */
	c->memory = c->args.early && !c->args.paranoid ? msk_early_lend(c->args.early, c->codec, c->ring.slots) : NULL;
	if (c->memory) {
		c->early = c->args.early;
		return;
	}
	c->memory = &c->own;
	msk_block_memory_init(c->memory, c->ring.slots, c->room, FEWEST_BLOCKS);
}

struct msk_compressor *msk_compressor_with(const struct msk_block_codec *codec, const struct msk_compress_args *a)
{
	struct msk_compressor *c = msk_xcalloc(1, sizeof *c);

	c->w = (struct msk_writer){ take_bytes, end_part };
	c->codec = codec;
	c->args = *a;
	c->room = block_room(codec);
	c->max_workers = threads_that_fit(codec, a) - 1;
	msk_ring_init(&c->ring, msk_compressor_blocks(codec, a));
	find_memory(c);
	return c;
}

int msk_compressor_new(const struct msk_compress_args *a, struct msk_compressor **out, struct msk_err *err)
{
	(void)err;
	*out = msk_compressor_with(msk_codec_of(a->codec.kind), a);
	return 0;
}

/* Parts that were begun and never closed. */
static void release_hashes(struct msk_compressor *c)
{
	if (c->part)
		msk_sha256_free(c->part->hash);
	for (const struct msk_block *b; (b = msk_ring_oldest(&c->ring)); msk_ring_drop(&c->ring))
		if (b->last)
			msk_sha256_free(b->part->hash);
}

void msk_compressor_free(struct msk_compressor *c)
{
	if (!c)
		return;
	msk_ring_stop(&c->ring);
	for (unsigned i = 0; i < c->n_workers; i++)
		msk_task_join(&c->workers[i].task);
	free_state(c, c->state);
	release_hashes(c);
	msk_ring_release(&c->ring);
	if (!c->early)
		msk_block_memory_release(&c->own);
	free(c);
}

void msk_compressor_cleanup(struct msk_compressor **c)
{
	msk_compressor_free(*c);
}
