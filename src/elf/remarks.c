#include <stdarg.h>
#include <stdio.h>

#include "verify.h"

static void remark_release(struct msk_remark *f)
{
	free(f->subject);
	free(f->text);
	free(f->hint);
	msk_strv_release(&f->symbols);
}

void msk_remarks_release(struct msk_remarks *f)
{
	for (size_t i = 0; i < f->n; i++)
		remark_release(&f->v[i]);
	free(f->v);
	for (size_t i = 0; i < f->n_objects; i++)
		free(f->glibc[i]);
	free(f->glibc);
	*f = (struct msk_remarks){ 0 };
}

const char *msk_verify_name(const struct msk_closure *c, size_t object)
{
	const struct msk_object *o = &c->objects[object];

	return object ? o->path : o->name;
}

static char *format(const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof text, fmt, ap);
	return msk_xstrdup(text);
}

struct msk_remark *msk_remark_add(struct msk_remarks *f, const struct msk_closure *c, enum msk_remark_level level,
				    enum msk_remark_kind kind, size_t object, const char *fmt, ...)
{
	struct msk_remark *n;
	va_list ap;

	if (f->n == MSK_REMARKS_MAX) {
		f->left_out++;
		return NULL;
	}
	MSK_GROW(f->v, f->n, f->cap);
	n = &f->v[f->n++];
	*n = (struct msk_remark){ .level = level, .kind = kind, .object = object,
				   .subject = msk_xstrdup(msk_verify_name(c, object)) };
	va_start(ap, fmt);
	n->text = format(fmt, ap);
	va_end(ap);
	return n;
}

void msk_remark_hint(struct msk_remark *f, const char *fmt, ...)
{
	va_list ap;

	if (!f)
		return;
	va_start(ap, fmt);
	f->hint = format(fmt, ap);
	va_end(ap);
}

int msk_remarks_check(const struct msk_remarks *f, struct msk_err *err)
{
	for (size_t i = 0; i < f->n; i++) {
		const struct msk_remark *n = &f->v[i];

		if (n->level != MSK_REMARK_ERROR)
			continue;
		msk_fail(err, MSK_E_MISSING, "%s: %s", n->subject, n->text);
		return n->hint ? msk_hint(err, "%s", n->hint) : -1;
	}
	return 0;
}

const char *msk_remark_level_name(enum msk_remark_level l)
{
	static const char *const names[] = { "info", "warning", "error" };

	return names[l];
}

const char *msk_remark_kind_name(enum msk_remark_kind k)
{
	static const char *const names[] = {
		[MSK_REMARK_ABI] = "abi", [MSK_REMARK_VERSION] = "version",
		[MSK_REMARK_UNVERSIONED] = "no-versions", [MSK_REMARK_RELR] = "relr",
		[MSK_REMARK_SYMBOL] = "symbol", [MSK_REMARK_ISA] = "isa", [MSK_REMARK_KERNEL] = "kernel",
		[MSK_REMARK_EXEC_STACK] = "exec-stack", [MSK_REMARK_TEXTREL] = "textrel", [MSK_REMARK_RWX] = "rwx",
	};

	return names[k];
}
