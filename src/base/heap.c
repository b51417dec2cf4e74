/* Memory that runs out inside of a library ends the process as it does in our own code: by msk_oom().
 *
 * Some libraries have a hook for it, most have not; libarchive prints a line of its own and calls exit(), or goes on with
 * what it has, and half-made state of libcrypto is not told apart from a wrong certificate. So the allocator itself is
 * asked once more, for everybody. Only where the C library lets itself be called by other names, and where no sanitizer has
 * taken the place already. */
#include <malloc.h>
#include <stddef.h>
#include <stdlib.h>

#include "mkscratch/mem.h"

#define LARGE (1 << 20)         /* bytes */

#if defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SANITIZED 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define SANITIZED 1
#endif

/* By itself the allocator takes blocks of up to 32 MiB from its heap once such a one was freed, where small ones come to lie
 * behind them. */
void msk_heap_return_large(void)
{
#ifdef M_MMAP_THRESHOLD
	mallopt(M_MMAP_THRESHOLD, LARGE);
#endif
}

#if defined __GLIBC__ && !defined SANITIZED

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t nmemb, size_t size);
extern void *__libc_realloc(void *ptr, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

static void *checked(void *p)
{
	if (!p)
		msk_oom();
	return p;
}

void *malloc(size_t size)
{
	return checked(__libc_malloc(size));
}

void *calloc(size_t nmemb, size_t size)
{
	return checked(__libc_calloc(nmemb, size));
}

/* Of no size it frees, and has nothing to give. */
void *realloc(void *ptr, size_t size)
{
	void *q = __libc_realloc(ptr, size);

	return size ? checked(q) : q;
}

void *memalign(size_t alignment, size_t size)
{
	return checked(__libc_memalign(alignment, size));
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return checked(__libc_memalign(alignment, size));
}

int posix_memalign(void **memptr, size_t alignment, size_t size)
{
	*memptr = checked(__libc_memalign(alignment, size));
	return 0;
}

#endif
