#include "checks.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void add(struct msk_checks *c, enum msk_code code, const char *what, char *own_detail)
{
	MSK_GROW(c->v, c->n, c->cap);
	c->v[c->n++] = (struct msk_check){ msk_xstrdup(what), code, own_detail, false };
}

void msk_checks_pass(struct msk_checks *c, const char *what, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(c, MSK_OK, what, msk_xvasprintf(fmt, ap));
	va_end(ap);
}

void msk_checks_note(struct msk_checks *c, const char *what, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(c, MSK_OK, what, msk_xvasprintf(fmt, ap));
	va_end(ap);
	c->v[c->n - 1].note = true;
}

void msk_checks_fail(struct msk_checks *c, enum msk_code code, const char *what, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(c, code, what, msk_xvasprintf(fmt, ap));
	va_end(ap);
}

void msk_checks_append(struct msk_checks *c, struct msk_checks *more)
{
	for (size_t i = 0; i < more->n; i++) {
		MSK_GROW(c->v, c->n, c->cap);
		c->v[c->n++] = more->v[i];
	}
	free(more->v);
	more->v = NULL;
	more->n = more->cap = 0;
}

int msk_checks_absorb(struct msk_checks *c, const char *what, struct msk_err *err)
{
	if (err->code == MSK_E_IO || err->code == MSK_E_BUG)
		return -1;
	msk_checks_fail(c, err->code, what, "%s", err->msg);
	*err = (struct msk_err)MSK_ERR_INIT;
	return 0;
}

void msk_checks_release(struct msk_checks *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->v[i].what);
		free(c->v[i].detail);
	}
	free(c->v);
	*c = (struct msk_checks){ 0 };
}

int msk_checks_sound(const struct msk_checks *c, const char *image, struct msk_err *err)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].code == MSK_E_INTEGRITY || c->v[i].code == MSK_E_INPUT)
			return msk_fail(err, c->v[i].code, "%s: %s: %s", image, c->v[i].what, c->v[i].detail);
	return 0;
}

bool msk_checks_failed(const struct msk_checks *c, const char *what)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->v[i].code != MSK_OK && strcmp(c->v[i].what, what) == 0)
			return true;
	return false;
}

static int weight(enum msk_code code)
{
	return code == MSK_E_INTEGRITY ? 3 : code == MSK_E_INPUT ? 2 : code == MSK_OK ? 0 : 1;
}

enum msk_code msk_checks_verdict(const struct msk_checks *c)
{
	enum msk_code worst = MSK_OK;

	for (size_t i = 0; i < c->n; i++)
		if (weight(c->v[i].code) > weight(worst))
			worst = c->v[i].code;
	return worst;
}
