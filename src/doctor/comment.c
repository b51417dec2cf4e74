#include "examine.h"

#include <string.h>

#include "mkscratch/fs.h"

#define COMMENT_MAX 4096

/* "rustc version 1.95.0 (...)", "GCC: (Debian 12.2.0-14) 12.2.0", "clang version 14.0.6": the compiler's version is the
 * last or the first word behind its name. */
static char *version_of(const char *entry)
{
	const char *v;

	if (msk_starts_with(entry, "rustc version "))
		return msk_xstrndup(entry + 14, strcspn(entry + 14, " "));
	if (msk_starts_with(entry, "GCC: ")) {
		v = strrchr(entry, ')');
		v = v && v[1] == ' ' ? v + 2 : entry + 5;
		return msk_xasprintf("GCC %.*s", (int)strcspn(v, " "), v);
	}
	v = strstr(entry, "clang version ");
	return v ? msk_xasprintf("clang %.*s", (int)strcspn(v + 14, " "), v + 14) : NULL;
}

/* Of several compilers Rust's stands for the program: C comes with the start-up code of every one. */
static void take_entry(struct examination *x, const char *entry)
{
	MSK_AUTO_FREE char *version = version_of(entry);
	struct msk_diagnosis *d = x->d;

	if (!version || (d->language_version && !msk_starts_with(entry, "rustc")))
		return;
	free(d->language_version);
	d->language_version = msk_take(&version);
}

int doctor_comment_read(struct examination *x, struct msk_err *err)
{
	const struct msk_layout_section *s = msk_elf_layout_find(&x->layout, ".comment");
	char buf[COMMENT_MAX + 1];
	ssize_t got;

	if (!s || !s->in_file)
		return 0;
	got = msk_pread_full(x->args->file->fd, buf, s->size < COMMENT_MAX ? (size_t)s->size : COMMENT_MAX, s->offset,
			     x->args->name, err);
	if (got < 0)
		return -1;
	buf[got] = '\0';
	for (const char *p = buf; p < buf + got; p += strlen(p) + 1)
		take_entry(x, p);
	return 0;
}
