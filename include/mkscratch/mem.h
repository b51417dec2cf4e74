/* Memory: small allocations that cannot fail, and cleanup by scope.
 *
 * The msk_x* functions end the process by msk_oom() when memory runs out; they are for small things. A size that
 * comes from a file is checked against a named limit before it gets here.
 *
 * Verbs of the code base: init/release work on the caller's storage, new/free on the heap. A parameter that takes
 * ownership is called own_<something>. Local resources carry MSK_AUTO_* and leave a function by msk_take(). */
#ifndef MKSCRATCH_MEM_H
#define MKSCRATCH_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

/* Report "out of memory", remove this process's temporary files, end with MSK_E_IO. */
_Noreturn void msk_oom(void);
/* Have the C library give blocks of 1 MiB and more back to the system as they are freed, where it can. At the start, once. */
void msk_heap_return_large(void);
/* The same with another error, for who has nobody to return it to. */
struct msk_err;
_Noreturn void msk_end(const struct msk_err *err);

void *msk_xmalloc(size_t size) __attribute__((malloc, alloc_size(1), returns_nonnull));
void *msk_xcalloc(size_t count, size_t size) __attribute__((malloc, alloc_size(1, 2), returns_nonnull));
void *msk_xrealloc(void *own_p, size_t count, size_t size) __attribute__((alloc_size(2, 3)));
char *msk_xstrdup(const char *s) __attribute__((malloc, returns_nonnull));
char *msk_xstrndup(const char *s, size_t n) __attribute__((malloc, returns_nonnull));
char *msk_xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2), malloc, returns_nonnull));
char *msk_xvasprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0), malloc, returns_nonnull));

/* Make room for one more element behind `count` in the array `p` of capacity `cap`. */
#define MSK_GROW(p, count, cap) \
	do { \
		if ((count) == (cap)) { \
			(cap) = (cap) ? (cap) * 2 : 8; \
			(p) = msk_xrealloc((p), (cap), sizeof *(p)); \
		} \
	} while (0)

/* Hand a pointer out of its scope: yields the value and leaves NULL behind. */
#define msk_take(pp) \
	(__extension__({ \
		__typeof__(*(pp)) msk_taken_ = *(pp); \
		*(pp) = NULL; \
		msk_taken_; \
	}))

/* Release at end of scope. For `struct msk_str` there is msk_str_release(struct msk_str *), and so on. */
#define MSK_CLEANUP(fn) __attribute__((cleanup(fn)))

void msk_cleanup_free(void *pp);      /* *(void **)pp is freed */
void msk_cleanup_fd(int *fd);         /* closed when >= 0, errno kept */
int msk_take_fd(int *fd);             /* the descriptor; -1 is left behind */
#define MSK_AUTO_FREE MSK_CLEANUP(msk_cleanup_free)
#define MSK_AUTO_FD   MSK_CLEANUP(msk_cleanup_fd)

#endif
