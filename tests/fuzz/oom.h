/* Memory that runs out under a target, as replay.c asks for it: the allocation of one number fails, be it made by the target,
 * by our code or by a library. Behind it lies the allocator of the address sanitizer; without that nothing ever fails. */
#ifndef FUZZ_OOM_H
#define FUZZ_OOM_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mkscratch/mem.h"

#if defined __has_feature
#if __has_feature(address_sanitizer)
#define OOM_WORKS 1
#endif
#endif
#if defined __SANITIZE_ADDRESS__
#define OOM_WORKS 1
#endif

static struct {
	unsigned long count, at;           /* which of those counted fails; 0: none is counted */
	long live;                         /* blocks not yet freed */
} heap;

#ifdef OOM_WORKS

extern const bool fuzz_allocator_ends __attribute__((weak));

extern void *__interceptor_malloc(size_t size);
extern void *__interceptor_calloc(size_t nmemb, size_t size);
extern void *__interceptor_realloc(void *ptr, size_t size);
extern void __interceptor_free(void *ptr);
extern int __lsan_do_recoverable_leak_check(void);

static bool refused(void)
{
	if (!heap.at || ++heap.count != heap.at)
		return false;
	if (&fuzz_allocator_ends)
		msk_oom();
	errno = ENOMEM;
	return true;
}

static void *counted(void *p)
{
	heap.live += p != NULL;
	return p;
}

void *malloc(size_t size)
{
	return refused() ? NULL : counted(__interceptor_malloc(size));
}

void *calloc(size_t nmemb, size_t size)
{
	return refused() ? NULL : counted(__interceptor_calloc(nmemb, size));
}

void *realloc(void *ptr, size_t size)
{
	if (refused())
		return NULL;
	return ptr ? __interceptor_realloc(ptr, size) : counted(__interceptor_realloc(NULL, size));
}

void *reallocarray(void *ptr, size_t nmemb, size_t size)
{
	size_t n;

	return __builtin_mul_overflow(nmemb, size, &n) ? NULL : realloc(ptr, n);
}

void free(void *ptr)
{
	heap.live -= ptr != NULL;
	__interceptor_free(ptr);
}

/* The sanitizer's own would go past malloc(). */
char *strndup(const char *string, size_t n)
{
	size_t len = strnlen(string, n);
	char *p = malloc(len + 1);

	return p ? memcpy(memset(p, 0, len + 1), string, len) : NULL;
}

char *strdup(const char *s)
{
	return strndup(s, strlen(s));
}

/* That of glibc 2.36 writes a byte too many when a text of just 100 bytes cannot grow. */
int vasprintf(char **ptr, const char *f, va_list arg)
{
	va_list again;
	int n;

	va_copy(again, arg);
	n = vsnprintf(NULL, 0, f, again);
	va_end(again);
	*ptr = n < 0 ? NULL : malloc((size_t)n + 1);
	return *ptr ? vsnprintf(*ptr, (size_t)n + 1, f, arg) : -1;
}

static bool oom_leaks(void)
{
	return __lsan_do_recoverable_leak_check();
}

#else

static bool oom_leaks(void)
{
	return false;
}

#endif
#endif
