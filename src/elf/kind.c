#include <string.h>

#include "mkscratch/fs.h"
#include "mkscratch/magic.h"
#include "mkscratch/path.h"
#include "parse.h"

/* The word of a script's first line that begins at or behind *at, which then is its end; "" when there is none. Heap. */
static char *next_word(const char *line, size_t *at)
{
	size_t start = *at + strspn(line + *at, " \t");

	*at = start + strcspn(line + start, " \t\r\n");
	return msk_xstrndup(line + start, *at - start);
}

/* Does it load a library of its own, of files beside it? */
static bool has_library(const char *interpreter)
{
	static const char *const names[] = { "python", "perl", "ruby" };
	MSK_AUTO_FREE char *base = msk_path_base(interpreter);

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (msk_starts_with(base, names[i]))
			return true;
	return false;
}

/* The kernel looks for the interpreter where the script says; env(1) looks for its own in PATH. */
static int fail_script(const char *head, size_t n, const char *name, struct msk_err *err)
{
	MSK_AUTO_FREE char *line = msk_xstrndup(head, n);
	size_t at = 2;
	MSK_AUTO_FREE char *interpreter = next_word(line, &at), *wanted = next_word(line, &at);
	bool by_env = msk_ends_with(interpreter, "/env") && *wanted && *wanted != '-';

	msk_fail(err, MSK_E_INPUT, "%s: not an ELF file (starts with \"#!\")", name);
	if (!*interpreter)
		return -1;
	return msk_hint(err, "it is a script: --bin %s:%s%s%s%s, %s--file it, and --entrypoint its path in the image",
			interpreter, interpreter, by_env ? " and " : "", by_env ? wanted : "", by_env ? " likewise" : "",
			has_library(by_env ? wanted : interpreter) ? "--tree its standard library, " : "");
}

static int fail_unknown(const unsigned char *head, size_t n, const char *name, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	msk_magic_add_head(&text, head, n);
	return msk_fail(err, MSK_E_INPUT, "%s: not an ELF file (starts with %s)", name, msk_str_c(&text));
}

int msk_fail_not_elf(const struct msk_rofile *f, const char *name, struct msk_err *err)
{
	unsigned char head[MSK_MAGIC_BYTES];
	ssize_t n = msk_pread_full(f->fd, head, sizeof head, 0, name, err);
	const struct msk_magic *m;

	if (n < 0)
		return -1;
	if (n == 0)
		return msk_fail(err, MSK_E_INPUT, "%s: is empty", name);
	if (n >= 2 && memcmp(head, "#!", 2) == 0)
		return fail_script((const char *)head, (size_t)n, name, err);
	m = msk_magic_find(head, (size_t)n);
	if (!m)
		return fail_unknown(head, (size_t)n, name, err);
	msk_fail(err, MSK_E_INPUT, "%s: not an ELF file (%s)", name, m->what);
	return m->mend ? msk_hint(err, "%s", m->mend) : -1;
}

int msk_elf_check_program(const struct msk_elf *e, const char *name, struct msk_err *err)
{
	if (strcmp(e->platform.os, "linux") != 0)
		return msk_fail(err, MSK_E_INPUT, "%s: built for %s, not for Linux", name, e->platform.os);
	if (e->linkage == MSK_ELF_LIBRARY) {
		msk_fail(err, MSK_E_INPUT, "%s: shared library, not a program", name);
		return msk_hint(err, "--lib adds a library to an image");
	}
	if (!msk_platform_known(&e->platform))
		return msk_fail(err, MSK_E_INPUT, "%s: built for %s, which image platforms have no name for", name,
				msk_elf_machine_name(e));
	return 0;
}

const char *msk_linkage_name(enum msk_linkage l)
{
	static const char *const names[] = { "static", "static-pie", "dynamic", "library" };

	return names[l];
}

const char *msk_libc_name(enum msk_libc l)
{
	static const char *const names[] = { "none", "glibc", "musl", "other" };

	return names[l];
}
