/* Looking at a sorted table: one cursor for each of its runs, the least of them first. */
#include "mkscratch/table.h"

#include <assert.h>
#include <string.h>

struct msk_table_cursor {
	struct msk_table_run *run;
	size_t block;              /* where it is; run->n: behind the end */
	uint64_t number;           /* of the record, in its run */
	const unsigned char *next, *end;       /* what of the block is not yet unpacked */
	unsigned char *buf;        /* of a block that lies in the file */
	size_t cap;
	struct msk_str key;
	const unsigned char *value;
	size_t n_value;
};

void msk_table_walk_init(struct msk_table_walk *w, const struct msk_table *t)
{
	assert(t->n_begins == 0 && t->block.len == 0);
	*w = (struct msk_table_walk){ .t = (struct msk_table *)t, .n = t->n_runs };
	w->v = msk_xcalloc(t->n_runs, sizeof *w->v);
	w->heap = msk_xcalloc(t->n_runs, sizeof *w->heap);
	for (size_t i = 0; i < t->n_runs; i++)
		w->v[i].run = &t->runs[i];
}

void msk_table_walk_consume(struct msk_table_walk *w, struct msk_table *t)
{
	msk_table_walk_init(w, t);
	w->consumes = true;
}

void msk_table_walk_release(struct msk_table_walk *w)
{
	for (size_t i = 0; w->t && i < w->t->n_runs; i++) {
		msk_str_release(&w->v[i].key);
		free(w->v[i].buf);
	}
	free(w->v);
	free(w->heap);
	*w = (struct msk_table_walk){ 0 };
}

static void fetch(const struct msk_table *t, struct msk_table_cursor *c, const struct msk_table_block *b)
{
	if (b->length > c->cap) {
		c->buf = msk_xrealloc(c->buf, b->length, 1);
		c->cap = b->length;
	}
	msk_staged_read(&t->file, c->buf, b->length, b->at);
}

static bool enter(struct msk_table_walk *w, struct msk_table_cursor *c, size_t block)
{
	const struct msk_table_block *b = &c->run->v[block];

	c->block = block;
	if (block == c->run->n)
		return false;
	if (!b->bytes)
		fetch(w->t, c, b);
	c->next = b->bytes ? b->bytes : c->buf;
	c->end = c->next + b->length;
	c->number = b->first;
	return true;
}

static void leave(struct msk_table_walk *w, struct msk_table_block *b)
{
	if (!w->consumes || !b->bytes)
		return;
	w->t->memory -= b->length < MSK_TABLE_BLOCK ? MSK_TABLE_BLOCK : b->length;
	free(b->bytes);
	b->bytes = NULL;
}

static bool step(struct msk_table_walk *w, struct msk_table_cursor *c)
{
	size_t common, rest;

	if (c->next == c->end) {
		leave(w, &c->run->v[c->block]);
		if (!enter(w, c, c->block + 1))
			return false;
	} else {
		c->number++;
	}
	common = msk_table_number(&c->next);
	rest = msk_table_number(&c->next);
	c->n_value = msk_table_number(&c->next);
	c->key.len = common;
	msk_str_add(&c->key, c->next, rest);
	c->value = c->next + rest;
	c->next = c->value + c->n_value;
	return true;
}

/* Of one key the earlier run first. */
static bool is_before(const struct msk_table_walk *w, size_t a, size_t b)
{
	const struct msk_str *ka = &w->v[a].key, *kb = &w->v[b].key;
	int c = msk_table_compare(msk_str_c(ka), ka->len, msk_str_c(kb), kb->len);

	return c ? c < 0 : a < b;
}

static void sift(struct msk_table_walk *w, size_t i)
{
	for (size_t child; (child = 2 * i + 1) < w->n; i = child) {
		size_t moved = w->heap[i];

		if (child + 1 < w->n && is_before(w, w->heap[child + 1], w->heap[child]))
			child++;
		if (!is_before(w, w->heap[child], moved))
			return;
		w->heap[i] = w->heap[child];
		w->heap[child] = moved;
	}
}

static void begin(struct msk_table_walk *w)
{
	w->n = 0;
	for (size_t i = 0; i < w->t->n_runs; i++)
		if (enter(w, &w->v[i], 0) && (w->v[i].number--, step(w, &w->v[i])))
			w->heap[w->n++] = i;
	for (size_t i = w->n / 2; i-- > 0;)
		sift(w, i);
	w->begun = true;
}

static bool show(struct msk_table_walk *w)
{
	const struct msk_table_cursor *c = w->n ? &w->v[w->heap[0]] : NULL;

	if (!c)
		return false;
	w->key = msk_str_c(&c->key);
	w->n_key = c->key.len;
	w->value = c->value;
	w->n_value = c->n_value;
	w->number = c->number;
	return true;
}

bool msk_table_next(struct msk_table_walk *w)
{
	if (!w->begun) {
		begin(w);
		return show(w);
	}
	if (w->n && !step(w, &w->v[w->heap[0]]))
		w->heap[0] = w->heap[--w->n];
	sift(w, 0);
	return show(w);
}

/* The last block whose first key comes before it, or the first block: records of one key may begin in the block before. */
static size_t block_for(const struct msk_table_run *r, const void *key, size_t n_key)
{
	size_t from = 0, to = r->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (msk_table_compare(r->v[mid].key, r->v[mid].n_key, key, n_key) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from ? from - 1 : 0;
}

/* Is it not before where the walk stands, and within the same block or the next? */
static bool lies_ahead(const struct msk_table_walk *w, const void *key, size_t n_key)
{
	const struct msk_table_cursor *c = &w->v[0];
	size_t then = c->block + 2;

	if (!w->begun || !w->n || msk_table_compare(w->key, w->n_key, key, n_key) >= 0)
		return false;
	return then >= c->run->n || msk_table_compare(c->run->v[then].key, c->run->v[then].n_key, key, n_key) >= 0;
}

bool msk_table_seek(struct msk_table_walk *w, const void *key, size_t n_key)
{
	bool more = true;

	assert(w->t->n_runs <= 1);
	if (!w->t->n_runs)
		return false;
	if (!lies_ahead(w, key, n_key)) {
		struct msk_table_cursor *c = &w->v[0];

		enter(w, c, block_for(c->run, key, n_key));
		c->number--;
		step(w, c);
		w->heap[0] = 0;
		w->n = 1;
		w->begun = true;
		show(w);
	}
	while (more && msk_table_compare(w->key, w->n_key, key, n_key) < 0)
		more = msk_table_next(w);
	return more;
}

bool msk_table_find(struct msk_table_walk *w, const void *key, size_t n_key)
{
	return msk_table_seek(w, key, n_key) && msk_table_compare(w->key, w->n_key, key, n_key) == 0;
}

static int copy_sorted(struct msk_table *from, struct msk_table *to, struct msk_err *err)
{
	MSK_AUTO_STR key = MSK_STR_INIT, value = MSK_STR_INIT;
	MSK_AUTO_TABLE_WALK w;

	for (msk_table_walk_consume(&w, from); msk_table_next(&w);) {
		if (to->n && msk_table_compare(msk_str_c(&key), key.len, w.key, w.n_key) == 0 &&
		    msk_table_compare(msk_str_c(&value), value.len, w.value, w.n_value) == 0)
			continue;
		if (msk_table_add(to, w.key, w.n_key, w.value, w.n_value, err) < 0)
			return -1;
		key.len = value.len = 0;
		msk_str_add(&key, w.key, w.n_key);
		msk_str_add(&value, w.value, w.n_value);
	}
	return msk_table_seal(to, err);
}

int msk_table_sort(struct msk_table *t, struct msk_err *err)
{
	MSK_CLEANUP(msk_table_release) struct msk_table sorted = { 0 };

	if (msk_table_seal(t, err) < 0 || copy_sorted(t, &sorted, err) < 0)
		return -1;
	msk_table_release(t);
	*t = sorted;
	sorted = (struct msk_table){ 0 };
	return 0;
}
