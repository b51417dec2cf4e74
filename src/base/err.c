#include "mkscratch/err.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "mkscratch/str.h"

/* Copy what fits. Of what does not, the middle goes: the head names the subject, the tail says what is wrong. */
static void copy_shortened(char *to, size_t size, const char *text)
{
	static const char dots[] = "...";
	size_t n = strlen(text), head = size / 2;

	if (n < size) {
		memcpy(to, text, n + 1);
		return;
	}
	memcpy(to, text, head);
	memcpy(to + head, dots, sizeof dots - 1);
	head += sizeof dots - 1;
	memcpy(to + head, text + n - (size - head - 1), size - head);
}

static void format(char *to, size_t size, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));

static void format(char *to, size_t size, const char *fmt, va_list ap)
{
	char *text = NULL;

	if (vasprintf(&text, fmt, ap) < 0)
		msk_oom();
	copy_shortened(to, size, text);
	free(text);
}

int msk_fail(struct msk_err *err, enum msk_code code, const char *fmt, ...)
{
	va_list ap;

	assert(err->code == MSK_OK && code != MSK_OK);
	err->code = code;
	err->writing = false;
	err->hint[0] = err->detail[0] = '\0';
	va_start(ap, fmt);
	format(err->msg, sizeof err->msg, fmt, ap);
	va_end(ap);
	return -1;
}

static int fail_sys(struct msk_err *err, int sys, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));

/* The program never calls setlocale(), so strerror() speaks the C locale. */
static int fail_sys(struct msk_err *err, int sys, const char *fmt, va_list ap)
{
	char what[sizeof err->msg - 128];

	format(what, sizeof what, fmt, ap);
	msk_fail(err, MSK_E_IO, "%s (%s)", what, strerror(sys));
	return sys == EMFILE ? msk_hint(err, "ulimit -n, which limits the files that are open at once, has to be more") : -1;
}

int msk_fail_sys(struct msk_err *err, int sys, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail_sys(err, sys, fmt, ap);
	va_end(ap);
	return -1;
}

int msk_fail_write(struct msk_err *err, int sys, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fail_sys(err, sys, fmt, ap);
	va_end(ap);
	err->writing = true;
	return -1;
}

static int put_in_front(struct msk_err *err, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static int put_in_front(struct msk_err *err, const char *fmt, va_list ap)
{
	char subject[sizeof err->msg], whole[2 * sizeof err->msg + 2];

	assert(err->code != MSK_OK);
	format(subject, sizeof subject, fmt, ap);
	snprintf(whole, sizeof whole, "%s: %s", subject, err->msg);
	copy_shortened(err->msg, sizeof err->msg, whole);
	return -1;
}

int msk_ctx(struct msk_err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put_in_front(err, fmt, ap);
	va_end(ap);
	return -1;
}

int msk_ctx_read(struct msk_err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!err->writing)
		put_in_front(err, fmt, ap);
	va_end(ap);
	return -1;
}

int msk_more(struct msk_err *err, const char *fmt, ...)
{
	char more[256], whole[sizeof err->msg + sizeof more];
	va_list ap;

	assert(err->code != MSK_OK);
	va_start(ap, fmt);
	format(more, sizeof more, fmt, ap);
	va_end(ap);
	snprintf(whole, sizeof whole, "%s%s", err->msg, more);
	copy_shortened(err->msg, sizeof err->msg, whole);
	return -1;
}

void msk_detail(struct msk_err *err, const char *fmt, ...)
{
	MSK_AUTO_FREE char *text = NULL;
	MSK_AUTO_STR line = MSK_STR_INIT;
	size_t used = strlen(err->detail);
	va_list ap;

	assert(err->code != MSK_OK);
	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		msk_oom();
	va_end(ap);
	msk_str_add_shown(&line, text, strlen(text));
	msk_str_addc(&line, '\n');
	if (used + line.len < sizeof err->detail)
		memcpy(err->detail + used, line.buf, line.len + 1);
}

int msk_hint(struct msk_err *err, const char *fmt, ...)
{
	va_list ap;

	assert(err->code != MSK_OK);
	va_start(ap, fmt);
	format(err->hint, sizeof err->hint, fmt, ap);
	va_end(ap);
	return -1;
}
