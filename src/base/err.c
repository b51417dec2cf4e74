#include "mkscratch/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int msk_fail(struct msk_err *err, enum msk_code code, const char *fmt, ...)
{
	va_list ap;

	assert(err->code == MSK_OK && code != MSK_OK);
	err->code = code;
	err->hint[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof err->msg, fmt, ap);
	va_end(ap);
	return -1;
}

int msk_fail_sys(struct msk_err *err, int sys, const char *fmt, ...)
{
	va_list ap;
	size_t len;

	assert(err->code == MSK_OK);
	err->code = MSK_E_IO;
	err->hint[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof err->msg, fmt, ap);
	va_end(ap);
	len = strlen(err->msg);
	/* The program never calls setlocale(), so strerror() speaks the C locale. */
	snprintf(err->msg + len, sizeof err->msg - len, " (%s)", strerror(sys));
	return -1;
}

int msk_ctx(struct msk_err *err, const char *fmt, ...)
{
	char subject[sizeof err->msg], whole[2 * sizeof err->msg + 2];
	va_list ap;

	assert(err->code != MSK_OK);
	va_start(ap, fmt);
	vsnprintf(subject, sizeof subject, fmt, ap);
	va_end(ap);
	snprintf(whole, sizeof whole, "%s: %s", subject, err->msg);
	memcpy(err->msg, whole, sizeof err->msg - 1);
	err->msg[sizeof err->msg - 1] = '\0';
	return -1;
}

int msk_hint(struct msk_err *err, const char *fmt, ...)
{
	va_list ap;

	assert(err->code != MSK_OK);
	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof err->hint, fmt, ap);
	va_end(ap);
	return -1;
}
