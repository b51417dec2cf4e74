/* Filling a sorted table: records are gathered, sorted, and packed into a run. */
#include "mkscratch/table.h"

#include <stdlib.h>
#include <string.h>

/* What stands in front of a record that was not yet sorted. */
struct head {
	uint32_t n_key, n_value;
};

int msk_table_compare(const void *a, size_t na, const void *b, size_t nb)
{
	int c = memcmp(a, b, na < nb ? na : nb);

	return c ? c : (na > nb) - (na < nb);
}

void msk_table_put(struct msk_str *value, uint64_t n)
{
	for (; n > 127; n >>= 7)
		msk_str_addc(value, (char)(n | 128));
	msk_str_addc(value, (char)n);
}

uint64_t msk_table_number(const unsigned char **p)
{
	uint64_t n = 0;

	for (unsigned shift = 0;; shift += 7) {
		unsigned char c = *(*p)++;

		n |= (uint64_t)(c & 127) << shift;
		if (c < 128)
			return n;
	}
}

static void run_release(struct msk_table_run *r)
{
	for (size_t i = 0; i < r->n; i++) {
		free(r->v[i].bytes);
		free(r->v[i].key);
	}
	free(r->v);
}

static void release_pending(struct msk_table *t)
{
	msk_str_release(&t->pending);
	free(t->begins);
	t->pending = (struct msk_str)MSK_STR_INIT;
	t->begins = NULL;
	t->n_begins = t->cap_begins = 0;
}

void msk_table_release(struct msk_table *t)
{
	for (size_t i = 0; i < t->n_runs; i++)
		run_release(&t->runs[i]);
	free(t->runs);
	release_pending(t);
	msk_str_release(&t->block);
	msk_str_release(&t->first);
	msk_str_release(&t->last);
	msk_staged_release(&t->file);
	*t = (struct msk_table){ 0 };
}

static int put_away(struct msk_table *t, struct msk_table_block *b, struct msk_err *err)
{
	b->at = t->file_size;
	if (msk_staged_write(&t->file, t->block.buf, t->block.len, t->file_size, err) < 0)
		return -1;
	t->file_size += t->block.len;
	return 0;
}

static void keep(struct msk_table *t, struct msk_table_block *b)
{
	size_t room = t->block.len < MSK_TABLE_BLOCK ? MSK_TABLE_BLOCK : t->block.len;

	b->bytes = msk_xmalloc(room);
	memcpy(b->bytes, t->block.buf, t->block.len);
	t->memory += room;
}

/* The block that has grown is full, or the last of its run. */
static int end_block(struct msk_table *t, struct msk_err *err)
{
	struct msk_table_run *run;
	struct msk_table_block b = { .length = (uint32_t)t->block.len, .first = t->block_first };

	if (!t->block.len)
		return 0;
	if (t->memory + t->block.len <= MSK_TABLE_MEMORY)
		keep(t, &b);
	else if (put_away(t, &b, err) < 0)
		return -1;
	run = &t->runs[t->n_runs - 1];
	b.n_key = (uint32_t)t->first.len;
	b.key = msk_xmalloc(t->first.len + 1);
	memcpy(b.key, msk_str_c(&t->first), t->first.len);
	MSK_GROW(run->v, run->n, run->cap);
	run->v[run->n++] = b;
	t->block_first = run->records;
	t->block.len = 0;
	return 0;
}

static int begin_run(struct msk_table *t, struct msk_err *err)
{
	if (end_block(t, err) < 0)
		return -1;
	MSK_GROW(t->runs, t->n_runs, t->cap_runs);
	t->runs[t->n_runs++] = (struct msk_table_run){ 0 };
	t->block_first = 0;
	return 0;
}

static void set(struct msk_str *s, const char *bytes, size_t n)
{
	s->len = 0;
	msk_str_add(s, bytes, n);
}

static size_t in_common(const struct msk_str *last, const char *key, size_t n)
{
	size_t i = 0;

	while (i < last->len && i < n && last->buf[i] == key[i])
		i++;
	return i;
}

/* The key in front of a block is kept in memory: the block is so many times as long at least, unless its run ends. */
static size_t block_limit(const struct msk_table *t)
{
	const size_t of_key = MSK_TABLE_PER_KEY * t->first.len;

	return of_key > MSK_TABLE_BLOCK ? of_key : MSK_TABLE_BLOCK;
}

static int pack(struct msk_table *t, const struct head *h, const char *key, struct msk_err *err)
{
	size_t common = t->block.len ? in_common(&t->last, key, h->n_key) : 0;

	if (t->block.len && t->block.len + h->n_key - common + h->n_value + 3 > block_limit(t)) {
		if (end_block(t, err) < 0)
			return -1;
		common = 0;
	}
	if (!t->block.len)
		set(&t->first, key, h->n_key);
	msk_table_put(&t->block, common);
	msk_table_put(&t->block, h->n_key - common);
	msk_table_put(&t->block, h->n_value);
	msk_str_add(&t->block, key + common, h->n_key - common);
	msk_str_add(&t->block, key + h->n_key, h->n_value);
	set(&t->last, key, h->n_key);
	t->runs[t->n_runs - 1].records++;
	return 0;
}

static int by_key(const void *pa, const void *pb, void *pending)
{
	uint32_t a = *(const uint32_t *)pa, b = *(const uint32_t *)pb;
	const char *base = pending;
	struct head ha, hb;
	int c;

	memcpy(&ha, base + a, sizeof ha);
	memcpy(&hb, base + b, sizeof hb);
	c = msk_table_compare(base + a + sizeof ha, ha.n_key, base + b + sizeof hb, hb.n_key);
	return c ? c : (a > b) - (a < b);
}

static bool is_sorted(struct msk_table *t)
{
	for (size_t i = 1; i < t->n_begins; i++)
		if (by_key(&t->begins[i - 1], &t->begins[i], t->pending.buf) > 0)
			return false;
	return true;
}

/* What comes behind all of the last run goes on with it. */
static int pack_pending(struct msk_table *t, struct msk_err *err)
{
	struct head h;

	if (!t->n_begins)
		return 0;
	if (!is_sorted(t))
		qsort_r(t->begins, t->n_begins, sizeof *t->begins, by_key, t->pending.buf);
	for (size_t i = 0; i < t->n_begins; i++) {
		const char *key = t->pending.buf + t->begins[i] + sizeof h;

		memcpy(&h, t->pending.buf + t->begins[i], sizeof h);
		if (i == 0 && (!t->n_runs || msk_table_compare(msk_str_c(&t->last), t->last.len, key, h.n_key) > 0) &&
		    begin_run(t, err) < 0)
			return -1;
		if (pack(t, &h, key, err) < 0)
			return -1;
	}
	t->pending.len = t->n_begins = 0;
	return 0;
}

int msk_table_add(struct msk_table *t, const void *key, size_t n_key, const void *value, size_t n_value, struct msk_err *err)
{
	const struct head h = { (uint32_t)n_key, (uint32_t)n_value };

	if (t->pending.len + sizeof h + n_key + n_value > MSK_TABLE_PENDING && pack_pending(t, err) < 0)
		return -1;
	MSK_GROW(t->begins, t->n_begins, t->cap_begins);
	t->begins[t->n_begins++] = (uint32_t)t->pending.len;
	msk_str_add(&t->pending, &h, sizeof h);
	msk_str_add(&t->pending, key, n_key);
	msk_str_add(&t->pending, value, n_value);
	t->n++;
	return 0;
}

int msk_table_seal(struct msk_table *t, struct msk_err *err)
{
	if (pack_pending(t, err) < 0 || end_block(t, err) < 0)
		return -1;
	release_pending(t);
	return 0;
}
