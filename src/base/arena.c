#include "mkscratch/arena.h"

#include <stdint.h>
#include <string.h>

#include "mkscratch/mem.h"

#define FIRST (512 - sizeof(struct msk_arena_block))
#define LAST  (65536 - sizeof(struct msk_arena_block))   /* blocks double up to this */
#define ALIGN sizeof(uint64_t)

struct msk_arena_block {
	struct msk_arena_block *before;
	size_t used, size;
	_Alignas(ALIGN) char bytes[];
};

static size_t size_behind(const struct msk_arena_block *b)
{
	size_t twice = b ? 2 * b->size : FIRST;

	return twice < LAST ? twice : LAST;
}

static char *take(struct msk_arena *a, size_t n, size_t align)
{
	struct msk_arena_block *b = a->last;
	size_t from = b ? (b->used + align - 1) & ~(align - 1) : 0;

	if (!b || from > b->size || n > b->size - from) {
		size_t size = size_behind(b) > n ? size_behind(b) : n;

		b = msk_xmalloc(sizeof *b + size);
		b->before = a->last;
		b->size = size;
		a->last = b;
		from = 0;
	}
	b->used = from + n;
	return b->bytes + from;
}

void *msk_arena_copy(struct msk_arena *a, const void *bytes, size_t n)
{
	return memcpy(take(a, n, ALIGN), bytes, n);
}

char *msk_arena_text(struct msk_arena *a, const char *text, size_t n)
{
	char *at = take(a, n + 1, 1);

	memcpy(at, text, n);
	at[n] = '\0';
	return at;
}

/* Below the last block, which goes on being filled. */
void msk_arena_absorb(struct msk_arena *a, struct msk_arena *other)
{
	struct msk_arena_block **end = &other->last;

	if (!a->last) {
		*a = *other;
		other->last = NULL;
		return;
	}
	while (*end)
		end = &(*end)->before;
	*end = a->last->before;
	a->last->before = other->last;
	other->last = NULL;
}

void msk_arena_release(struct msk_arena *a)
{
	while (a->last) {
		struct msk_arena_block *b = a->last;

		a->last = b->before;
		free(b);
	}
}
