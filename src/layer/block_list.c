#include "block_list.h"

#include <string.h>

#include "mkscratch/mem.h"

/* Blocks under way at a time; a few keep all threads busy, since to hash one takes longer than to write it. */
#define AHEAD 4

struct slot {
	struct msk_task task;          /* first: the task is this */
	const struct msk_block_list *list;
	const char *key;
	unsigned char *buf;
	size_t n;                      /* 0: it is not there */
};

/* False: it is none. */
static bool read_key(const char *text, struct msk_digest *out)
{
	memcpy(out->text, text, sizeof out->text);
	out->text[sizeof out->text - 1] = '\0';
	return msk_digest_valid(out->text);
}

static void fetch(struct msk_task *t)
{
	struct slot *s = (struct slot *)t;
	struct msk_digest key;

	s->n = read_key(s->key, &key) ? msk_cache_get(s->list->cache, MSK_CACHE_BLOCK, &key, s->buf, s->list->room) : 0;
}

static void start(struct slot *s, size_t i)
{
	s->key = s->list->keys + i * MSK_DIGEST_CHARS;
	msk_task_start(s->list->pool, &s->task);
}

static int send(struct slot *slots, size_t n_slots, struct msk_writer *to, uint64_t *size, bool *all, struct msk_err *err)
{
	const size_t n = slots[0].list->n;

	for (size_t i = 0; i < n; i++) {
		struct slot *s = &slots[i % n_slots];

		msk_task_join(&s->task);
		*all = s->n > 0;
		if (!*all)
			return 0;
		if (msk_writer_write(to, s->buf, s->n, err) < 0)
			return -1;
		*size += s->n;
		if (i + n_slots < n)
			start(s, i + n_slots);
	}
	return 0;
}

int msk_block_list_send(const struct msk_block_list *l, struct msk_writer *to, uint64_t *size, bool *all,
			struct msk_err *err)
{
	const size_t n_slots = l->n < AHEAD ? l->n : AHEAD;
	struct slot slots[AHEAD];
	int rc = 0;

	for (size_t i = 0; i < n_slots; i++) {
		slots[i] = (struct slot){ .task = { .run = fetch }, .list = l, .buf = msk_xmalloc(l->room) };
		start(&slots[i], i);
	}
	*all = true;
	if (n_slots)
		rc = send(slots, n_slots, to, size, all, err);
	for (size_t i = 0; i < n_slots; i++) {
		msk_task_join(&slots[i].task);
		free(slots[i].buf);
	}
	return rc;
}

void msk_block_list_touch(const struct msk_block_list *l)
{
	struct msk_digest key;

	for (size_t i = 0; i < l->n; i++)
		if (read_key(l->keys + i * MSK_DIGEST_CHARS, &key))
			msk_cache_touch(l->cache, MSK_CACHE_BLOCK, &key);
}
