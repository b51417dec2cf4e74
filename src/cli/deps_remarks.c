#include "deps.h"

#include <string.h>

/* "2.34" by numbers; NULL is the least. */
static int compare_releases(const char *a, const char *b)
{
	while (a && b && *a && *b) {
		char *end_a, *end_b;
		unsigned long x = strtoul(a, &end_a, 10), y = strtoul(b, &end_b, 10);

		if (x != y)
			return x < y ? -1 : 1;
		a = *end_a == '.' ? end_a + 1 : end_a;
		b = *end_b == '.' ? end_b + 1 : end_b;
	}
	return !!(a && *a) - !!(b && *b);
}

/* The C library's own parts agree with one another; what others need counts. */
static bool is_libc(const struct msk_object *o)
{
	return o->found_by == MSK_BY_INTERP || (o->elf.soname && strcmp(o->elf.soname, "libc.so.6") == 0);
}

static const char *newest_glibc(const struct msk_closure *c, const struct msk_remarks *f)
{
	const char *newest = NULL;

	for (size_t i = 0; i < f->n_objects && c->libc == MSK_LIBC_GLIBC; i++)
		if (!is_libc(&c->objects[i]) && compare_releases(f->glibc[i], newest) > 0)
			newest = f->glibc[i];
	return newest;
}

static char *kernel(const struct msk_remarks *f)
{
	return f->kernel[0] ? msk_xasprintf("%u.%u.%u", f->kernel[0], f->kernel[1], f->kernel[2]) : NULL;
}

void msk_deps_add_least(const struct msk_deps *d, struct msk_str *out)
{
	const struct msk_remarks *f = &d->remarks;
	const char *glibc = newest_glibc(&d->closure, f);
	MSK_AUTO_FREE char *least = kernel(f);

	if (glibc)
		msk_str_addf(out, " %s", glibc);
	if (least)
		msk_str_addf(out, ", Linux %s", least);
	if (f->isa_level > 1)
		msk_str_addf(out, ", x86-64-v%u", f->isa_level);
}

static void add_line(struct msk_str *out, const char *what, const char *subject, const char *text)
{
	msk_str_addf(out, "  %s: ", what);
	if (subject) {
		msk_str_add_escaped(out, subject, strlen(subject));
		msk_str_adds(out, ": ");
	}
	msk_str_add_escaped(out, text, strlen(text));
	msk_str_addc(out, '\n');
}

void msk_deps_add_remarks(const struct msk_deps *d, bool verbose, struct msk_str *out)
{
	const struct msk_remarks *f = &d->remarks;

	for (size_t i = 0; i < f->n; i++) {
		const struct msk_remark *n = &f->v[i];

		if (n->level == MSK_REMARK_INFO && !verbose)
			continue;
		add_line(out, msk_remark_level_name(n->level), n->subject, n->text);
		if (n->hint && verbose)
			add_line(out, "hint", NULL, n->hint);
	}
	if (f->left_out)
		msk_str_addf(out, "  and %zu more\n", f->left_out);
}

static struct msk_json *text_or_null(const char *text)
{
	return text ? msk_json_text(text) : msk_json_null();
}

static struct msk_json *remark_json(const struct msk_remark *f)
{
	struct msk_json *o = msk_json_object();

	msk_json_set_string(o, "level", msk_remark_level_name(f->level));
	msk_json_set_string(o, "kind", msk_remark_kind_name(f->kind));
	msk_json_set(o, "object", msk_json_text(f->subject));
	msk_json_set(o, "text", msk_json_text(f->text));
	msk_json_set(o, "hint", text_or_null(f->hint));
	if (f->kind == MSK_REMARK_SYMBOL) {
		struct msk_json *symbols = msk_json_array();

		for (size_t i = 0; i < f->symbols.n; i++)
			msk_json_push(symbols, msk_json_text(f->symbols.v[i]));
		msk_json_set(o, "symbols", symbols);
	}
	return o;
}

void msk_deps_set_remarks(const struct msk_deps *d, struct msk_json *o)
{
	const struct msk_remarks *f = &d->remarks;
	struct msk_json *needs = msk_json_object(), *remarks = msk_json_array();
	MSK_AUTO_FREE char *least = kernel(f), *isa = NULL;

	if (f->isa_level > 1)
		isa = msk_xasprintf("x86-64-v%u", f->isa_level);
	msk_json_set(needs, "glibc", text_or_null(newest_glibc(&d->closure, f)));
	msk_json_set(needs, "kernel", text_or_null(least));
	msk_json_set(needs, "cpu", text_or_null(isa));
	for (size_t i = 0; i < f->n; i++)
		msk_json_push(remarks, remark_json(&f->v[i]));
	msk_json_set(o, "needs", needs);
	msk_json_set(o, "findings", remarks);
}
