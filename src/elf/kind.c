#include <string.h>

#include "mkscratch/fs.h"
#include "parse.h"

/* Files that are no ELF, by how they begin. */
static const struct magic {
	const char *bytes;
	size_t n;
	const char *what, *hint;
} magics[] = {
#define MAGIC(bytes, what, hint) { bytes, sizeof bytes - 1, what, hint }
	MAGIC("MZqFpD", "an Actually Portable Executable", "its `assimilate` tool makes an ELF file of it"),
	MAGIC("MZ", "a Windows program", "build it for Linux"),
	MAGIC("\xfe\xed\xfa\xce", "a macOS program", "build it for Linux"),
	MAGIC("\xfe\xed\xfa\xcf", "a macOS program", "build it for Linux"),
	MAGIC("\xce\xfa\xed\xfe", "a macOS program", "build it for Linux"),
	MAGIC("\xcf\xfa\xed\xfe", "a macOS program", "build it for Linux"),
	MAGIC("\xca\xfe\xba\xbe", "a macOS program or a Java class", "build it for Linux"),
	MAGIC("\0asm", "a WebAssembly module", NULL),
	MAGIC("!<arch>\n", "a static library", "link it into a program first"),
	MAGIC("!<thin>\n", "a static library", "link it into a program first"),
	MAGIC("BC\xc0\xde", "LLVM bitcode", "compile and link it first"),
	MAGIC("\xde\xc0\x17\x0b", "LLVM bitcode", "compile and link it first"),
	MAGIC("\x1f\x8b", "gzip data", "unpack it first"),
	MAGIC("PK\x03\x04", "a zip archive", "unpack it first"),
	MAGIC("\xfd" "7zXZ", "xz data", "unpack it first"),
	MAGIC("\x28\xb5\x2f\xfd", "zstd data", "unpack it first"),
	MAGIC("BZh", "bzip2 data", "unpack it first"),
#undef MAGIC
};

/* The word of a script's first line that begins at or behind *at, which then is its end; "" when there is none. Heap. */
static char *next_word(const char *line, size_t *at)
{
	size_t start = *at + strspn(line + *at, " \t");

	*at = start + strcspn(line + start, " \t\r\n");
	return msk_xstrndup(line + start, *at - start);
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
	return msk_hint(err, "it is a script: --bin %s:%s%s%s%s, --file it, and --entrypoint its path in the image",
			interpreter, interpreter, by_env ? " and " : "", by_env ? wanted : "", by_env ? " likewise" : "");
}

/* The first bytes as text when they are text, else as numbers. */
static int fail_unknown(const unsigned char *head, size_t n, const char *name, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;
	size_t shown = n < 8 ? n : 8, plain = 0;

	while (plain < shown && head[plain] >= 0x20 && head[plain] < 0x7f)
		plain++;
	if (plain == shown || (plain && head[plain] == '\n')) {
		msk_str_addc(&text, '"');
		msk_str_add(&text, head, plain);
		msk_str_addc(&text, '"');
	} else {
		for (size_t i = 0; i < shown; i++)
			msk_str_addf(&text, i ? " %02x" : "%02x", head[i]);
	}
	return msk_fail(err, MSK_E_INPUT, "%s: not an ELF file (starts with %s)", name, msk_str_c(&text));
}

int msk_fail_not_elf(const struct msk_rofile *f, const char *name, struct msk_err *err)
{
	unsigned char head[256];
	ssize_t n = msk_pread_full(f->fd, head, sizeof head, 0, name, err);

	if (n < 0)
		return -1;
	if (n == 0)
		return msk_fail(err, MSK_E_INPUT, "%s: not an ELF file (0 bytes)", name);
	if (n >= 2 && memcmp(head, "#!", 2) == 0)
		return fail_script((const char *)head, (size_t)n, name, err);
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		const struct magic *m = &magics[i];

		if ((size_t)n < m->n || memcmp(head, m->bytes, m->n) != 0)
			continue;
		msk_fail(err, MSK_E_INPUT, "%s: not an ELF file (%s)", name, m->what);
		return m->hint ? msk_hint(err, "%s", m->hint) : -1;
	}
	return fail_unknown(head, (size_t)n, name, err);
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
