#include "kind.h"

#include <string.h>

struct magic {
	const char *bytes;
	size_t n;
	const char *is, *hint;
};

#define MAGIC(bytes, is, hint) { bytes, sizeof(bytes) - 1, is, hint }

static const struct magic magics[] = {
	MAGIC("MZ", "a Windows program", "build for Linux: GOOS=linux, or the linux target of your compiler"),
	MAGIC("\xfe\xed\xfa\xce", "a macOS program", "build for Linux: GOOS=linux, or the linux target of your compiler"),
	MAGIC("\xfe\xed\xfa\xcf", "a macOS program", "build for Linux: GOOS=linux, or the linux target of your compiler"),
	MAGIC("\xce\xfa\xed\xfe", "a macOS program", "build for Linux: GOOS=linux, or the linux target of your compiler"),
	MAGIC("\xcf\xfa\xed\xfe", "a macOS program", "build for Linux: GOOS=linux, or the linux target of your compiler"),
	MAGIC("\xca\xfe\xba\xbe", "a macOS universal program or a Java class", NULL),
	MAGIC("\0asm", "a WebAssembly module", NULL),
	MAGIC("!<arch>\n", "a static library archive", NULL),
	MAGIC("\x1f\x8b", "gzip data", "unpack it first"),
	MAGIC("PK\3\4", "a zip file", "unpack it first"),
	MAGIC("\x28\xb5\x2f\xfd", "zstd data", "unpack it first"),
	MAGIC("BC\xc0\xde", "LLVM bitcode", NULL),
};

static int refuse_script(const char *name, const unsigned char *head, size_t n, struct msk_err *err)
{
	const char *line = (const char *)head + 2;
	size_t len = n - 2, skip = 0;

	while (skip < len && (line[skip] == ' ' || line[skip] == '\t'))
		skip++;
	line += skip;
	len -= skip;
	for (size_t i = 0; i < len; i++)
		if (line[i] == '\n' || line[i] == '\0')
			len = i;
	msk_fail(err, MSK_E_INPUT, "%s: not an ELF file (starts with \"#!\")", name);
	return msk_hint(err, "a script needs its interpreter (%.*s) in the image: --bin the interpreter, --file %s:/...",
			(int)len, line, name);
}

int msk_refuse_no_elf(const char *name, const unsigned char *head, size_t n, uint64_t size, struct msk_err *err)
{
	if (n >= 2 && head[0] == '#' && head[1] == '!')
		return refuse_script(name, head, n, err);
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
		const struct magic *m = &magics[i];

		if (n < m->n || memcmp(head, m->bytes, m->n) != 0)
			continue;
		msk_fail(err, MSK_E_INPUT, "%s: not an ELF file (%s)", name, m->is);
		return m->hint ? msk_hint(err, "%s", m->hint) : -1;
	}
	if (n < 4)
		return msk_fail(err, MSK_E_INPUT, "%s: not an ELF file (%llu bytes)", name, (unsigned long long)size);
	return msk_fail(err, MSK_E_INPUT, "%s: not an ELF file (starts with %02x %02x %02x %02x)", name,
			head[0], head[1], head[2], head[3]);
}
