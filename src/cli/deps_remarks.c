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

static const char *newest_glibc(const struct msk_closure *c, const struct msk_remarks *remarks)
{
	const char *newest = NULL;

	for (size_t i = 0; i < remarks->n_objects && c->libc == MSK_LIBC_GLIBC; i++)
		if (!is_libc(&c->objects[i]) && compare_releases(remarks->glibc[i], newest) > 0)
			newest = remarks->glibc[i];
	return newest;
}

static char *kernel(const struct msk_remarks *remarks)
{
	const unsigned *k = remarks->kernel;

	return k[0] ? msk_xasprintf("%u.%u.%u", k[0], k[1], k[2]) : NULL;
}

void msk_deps_add_least(const struct msk_deps *d, struct msk_str *out)
{
	const struct msk_remarks *remarks = &d->remarks;
	const char *glibc = newest_glibc(&d->closure, remarks);
	MSK_AUTO_FREE char *least = kernel(remarks);

	if (glibc)
		msk_str_addf(out, " %s", glibc);
	if (least)
		msk_str_addf(out, ", Linux %s", least);
	if (remarks->isa_level > 1)
		msk_str_addf(out, ", x86-64-v%u", remarks->isa_level);
}

static void add_line(struct msk_str *out, const char *what, const char *subject, const char *text)
{
	msk_str_addf(out, "  %s: ", what);
	if (subject) {
		msk_str_add_shown(out, subject, strlen(subject));
		msk_str_adds(out, ": ");
	}
	msk_str_add_shown(out, text, strlen(text));
	msk_str_addc(out, '\n');
}

void msk_deps_add_remarks(const struct msk_deps *d, bool verbose, struct msk_str *out)
{
	const struct msk_remarks *remarks = &d->remarks;

	for (size_t i = 0; i < remarks->n; i++) {
		const struct msk_remark *remark = &remarks->v[i];

		if (remark->level == MSK_REMARK_INFO && !verbose)
			continue;
		add_line(out, msk_remark_level_name(remark->level), remark->subject, remark->text);
		if (remark->hint && verbose)
			add_line(out, "hint", NULL, remark->hint);
	}
	if (remarks->left_out)
		msk_str_addf(out, "  and %zu more\n", remarks->left_out);
}

static struct msk_json *remark_json(const struct msk_remark *remark)
{
	struct msk_json *o = msk_json_object();

	msk_json_set_string(o, "level", msk_remark_level_name(remark->level));
	msk_json_set_string(o, "kind", msk_remark_kind_name(remark->kind));
	msk_json_set_text(o, "object", remark->subject);
	msk_json_set_text(o, "text", remark->text);
	msk_json_set_text(o, "hint", remark->hint);
	if (remark->kind == MSK_REMARK_SYMBOL)
		msk_json_set_texts(o, "symbols", &remark->symbols);
	return o;
}

void msk_deps_set_remarks(const struct msk_deps *d, struct msk_json *o)
{
	const struct msk_remarks *remarks = &d->remarks;
	struct msk_json *needs = msk_json_object(), *list = msk_json_array();
	MSK_AUTO_FREE char *least = kernel(remarks), *isa = NULL;

	if (remarks->isa_level > 1)
		isa = msk_xasprintf("x86-64-v%u", remarks->isa_level);
	msk_json_set_text(needs, "glibc", newest_glibc(&d->closure, remarks));
	msk_json_set_text(needs, "kernel", least);
	msk_json_set_text(needs, "cpu", isa);
	for (size_t i = 0; i < remarks->n; i++)
		msk_json_push(list, remark_json(&remarks->v[i]));
	msk_json_set(o, "needs", needs);
	msk_json_set(o, "findings", list);
}
