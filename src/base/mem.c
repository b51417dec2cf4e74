#include "mkscratch/mem.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mkscratch/log.h"
#include "mkscratch/undo.h"

void msk_oom(void)
{
	static const char text[] = "mkscratch: out of memory\n";
	ssize_t ignored;

	/* First, as only one of several threads comes back from it. */
	msk_undo_all();
	ignored = write(STDERR_FILENO, text, sizeof text - 1);
	(void)ignored;
	_exit(MSK_E_IO);
}

void msk_end(const struct msk_err *err)
{
	const struct msk_log log = { .level = MSK_LOG_ERROR, .fd = STDERR_FILENO };

	msk_undo_all();
	msk_log_error(&log, err);
	_exit((int)err->code);
}

static void *checked(void *p)
{
	if (!p)
		msk_oom();
	return p;
}

void *msk_xmalloc(size_t size)
{
	return checked(malloc(size ? size : 1));
}

void *msk_xcalloc(size_t count, size_t size)
{
	return checked(calloc(count ? count : 1, size ? size : 1));
}

void *msk_xrealloc(void *own_p, size_t count, size_t size)
{
	return checked(reallocarray(own_p, count ? count : 1, size));
}

char *msk_xstrdup(const char *s)
{
	return checked(strdup(s));
}

char *msk_xstrndup(const char *s, size_t n)
{
	return checked(strndup(s, n));
}

char *msk_xasprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = msk_xvasprintf(fmt, ap);
	va_end(ap);
	return s;
}

char *msk_xvasprintf(const char *fmt, va_list ap)
{
	char *s = NULL;

	if (vasprintf(&s, fmt, ap) < 0)
		msk_oom();
	return s;
}

void msk_cleanup_free(void *pp)
{
	free(*(void **)pp);
}

void msk_cleanup_fd(int *fd)
{
	int kept = errno;

	if (*fd >= 0)
		close(*fd);
	errno = kept;
}

int msk_take_fd(int *fd)
{
	int out = *fd;

	*fd = -1;
	return out;
}
