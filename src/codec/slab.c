#include "slab.h"

#include <stdint.h>
#include <sys/mman.h>

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

	s->piece = up_to(size, CACHE_LINE);
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

unsigned char *msk_slab_piece(const struct msk_slab *s, size_t i)
{
	return s->first + i * s->piece;
}

void msk_slab_release(struct msk_slab *s)
{
	munmap(s->map, s->mapped);
}
