#include "examine.h"

#include <string.h>

/* The first that fits: a program of one language often has parts of those below. */
static const struct {
	unsigned marks;
	const char *name;
} languages[] = {
	{ MARK_GO, "go" }, { MARK_RUST, "rust" }, { MARK_SWIFT, "swift" }, { MARK_GRAALVM, "java" },
	{ MARK_DOTNET, ".net" }, { MARK_NIM, "nim" }, { MARK_ZIG | MARK_ZIG_TOO, "zig" },
	{ MARK_JAVASCRIPT, "javascript" }, { MARK_PYTHON, "python" }, { MARK_CXX, "c++" }, { MARK_C, "c" },
};

static enum msk_libc libc_of(const struct examination *x)
{
	const struct msk_elf *e = &x->d->elf;

	if (x->args->closure && e->interp)
		return x->args->closure->libc;
	if (e->interp)
		return strstr(e->interp, "/ld-musl-") ? MSK_LIBC_MUSL :
		       strstr(e->interp, "/ld-linux") || strstr(e->interp, "/ld64.so") ? MSK_LIBC_GLIBC : MSK_LIBC_OTHER;
	return x->marks & MARK_GLIBC ? MSK_LIBC_GLIBC : x->marks & MARK_MUSL ? MSK_LIBC_MUSL : MSK_LIBC_NONE;
}

void doctor_language(struct examination *x)
{
	struct msk_diagnosis *d = x->d;

	if (d->elf.go_version)
		x->marks |= MARK_GO;
	for (size_t i = 0; i < sizeof languages / sizeof *languages && !d->language; i++)
		if ((x->marks & languages[i].marks) == languages[i].marks)
			d->language = languages[i].name;
	if (x->marks & MARK_GO) {
		free(d->language_version);
		d->language_version = d->elf.go_version ? msk_xstrdup(d->elf.go_version) : NULL;
	} else if ((x->marks & MARK_RUST) && !d->language_version && *x->rustc) {
		d->language_version = msk_xasprintf("commit %s", x->rustc);
	}
	d->libc = libc_of(x);
}
