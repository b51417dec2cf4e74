#include "slab.h"

#include <assert.h>
#include <stdint.h>
#include <sys/mman.h>

#include "mkscratch/compress.h"
#include "mkscratch/mem.h"

#define LARGE_PAGE (2u << 20)
#define CACHE_LINE 64u

static size_t up_to(size_t n, size_t multiple)
{
	return (n + multiple - 1) / multiple * multiple;
}

void msk_slab_init(struct msk_slab *s, size_t count, size_t size, size_t small)
{
	unsigned char *large;
	size_t rest;

	*s = (struct msk_slab){ .piece = up_to(size, CACHE_LINE), .count = count };
	s->back = msk_xcalloc(count, sizeof *s->back);
	pthread_mutex_init(&s->lock, NULL);
	s->mapped = count * s->piece + LARGE_PAGE;
	s->map = mmap(NULL, s->mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (s->map == MAP_FAILED)
		msk_oom();
	/* The small pieces end where the first large page may begin. */
	large = (unsigned char *)up_to((uintptr_t)s->map + small * s->piece, LARGE_PAGE);
	s->first = large - small * s->piece;
	rest = (count - small) * s->piece;
	/* Where it is refused, no harm is done. Some systems give large pages to all who do not refuse them. */
	madvise(s->map, s->mapped, MADV_NOHUGEPAGE);
	madvise(large, rest < MSK_SLAB_LARGE ? rest : MSK_SLAB_LARGE, MADV_HUGEPAGE);
}

void msk_slab_release(struct msk_slab *s)
{
	munmap(s->map, s->mapped);
	pthread_mutex_destroy(&s->lock);
	free(s->back);
}

unsigned char *msk_slab_take(struct msk_slab *s)
{
	unsigned char *piece;
	bool new;

	pthread_mutex_lock(&s->lock);
	assert(s->n_back || s->touched < s->count);
	new = !s->n_back;
	piece = new ? s->first + s->touched++ * s->piece : s->back[--s->n_back];
	pthread_mutex_unlock(&s->lock);
	/* A system call that is the first to write to a page has Linux clear it under the lock of the whole address space, and
	 * for a large one whoever maps something has to wait. */
	if (new)
		*piece = 0;
	return piece;
}

void msk_slab_give(struct msk_slab *s, unsigned char *piece)
{
	pthread_mutex_lock(&s->lock);
	s->back[s->n_back++] = piece;
	pthread_mutex_unlock(&s->lock);
}

void msk_block_memory_init(struct msk_block_memory *m, size_t count, size_t room, size_t small)
{
	msk_slab_init(&m->in, count, MSK_BLOCK_SIZE, small);
	msk_slab_init(&m->out, count, room, count);
}

void msk_block_memory_release(struct msk_block_memory *m)
{
	msk_slab_release(&m->in);
	msk_slab_release(&m->out);
}
