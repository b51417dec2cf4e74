#include <stdarg.h>
#include <stdio.h>

#include "verify.h"

static void remark_release(struct msk_remark *remark)
{
	free(remark->subject);
	free(remark->text);
	free(remark->hint);
	msk_strv_release(&remark->symbols);
}

void msk_remarks_release(struct msk_remarks *remarks)
{
	for (size_t i = 0; i < remarks->n; i++)
		remark_release(&remarks->v[i]);
	free(remarks->v);
	for (size_t i = 0; i < remarks->n_objects; i++)
		free(remarks->glibc[i]);
	free(remarks->glibc);
	*remarks = (struct msk_remarks){ 0 };
}

const char *msk_verify_name(const struct msk_closure *c, size_t object)
{
	const struct msk_object *o = &c->objects[object];

	return object ? o->path : o->name;
}

__attribute__((format(printf, 1, 0))) static char *format(const char *fmt, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof text, fmt, ap);
	return msk_xstrdup(text);
}

struct msk_remark *msk_remark_add(struct msk_remarks *remarks, struct msk_about about, enum msk_remark_level level,
				  enum msk_remark_kind kind, const char *fmt, ...)
{
	struct msk_remark *remark;
	va_list ap;

	if (remarks->n == MSK_REMARKS_MAX) {
		remarks->left_out++;
		return NULL;
	}
	MSK_GROW(remarks->v, remarks->n, remarks->cap);
	remark = &remarks->v[remarks->n++];
	*remark = (struct msk_remark){ .level = level, .kind = kind, .object = about.object,
				   .subject = msk_xstrdup(msk_verify_name(about.c, about.object)) };
	va_start(ap, fmt);
	remark->text = format(fmt, ap);
	va_end(ap);
	return remark;
}

void msk_remark_hint(struct msk_remark *remark, const char *fmt, ...)
{
	va_list ap;

	if (!remark)
		return;
	va_start(ap, fmt);
	remark->hint = format(fmt, ap);
	va_end(ap);
}

int msk_remarks_check(const struct msk_remarks *remarks, struct msk_err *err)
{
	for (size_t i = 0; i < remarks->n; i++) {
		const struct msk_remark *remark = &remarks->v[i];

		if (remark->level != MSK_REMARK_ERROR)
			continue;
		msk_fail(err, MSK_E_MISSING, "%s: %s", remark->subject, remark->text);
		return remark->hint ? msk_hint(err, "%s", remark->hint) : -1;
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
