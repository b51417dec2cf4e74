#include "mkscratch/magic.h"

#include <string.h>

static const struct msk_magic magics[] = {
#define MAGIC(bytes, what, mend) { bytes, sizeof bytes - 1, what, mend, false }
#define PACKED(bytes, what) { bytes, sizeof bytes - 1, what, "unpack it first", true }
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
	PACKED("\x1f\x8b", "gzip data"),
	PACKED("PK\x03\x04", "a zip archive"),
	PACKED("\xfd" "7zXZ", "xz data"),
	PACKED("\x28\xb5\x2f\xfd", "zstd data"),
	PACKED("BZh", "bzip2 data"),
#undef MAGIC
#undef PACKED
};

/* Its magic is at the end of a header. */
static bool is_tar(const char *head, size_t n)
{
	return n >= 262 && memcmp(head + 257, "ustar", 5) == 0;
}

const struct msk_magic *msk_magic_find(const void *head, size_t n)
{
	static const struct msk_magic tar = { "", 0, "a tar archive",
					      "unpack it first; of an image: mkscratch inspect, or --base", true };

	if (is_tar(head, n))
		return &tar;
	for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
		if (n >= magics[i].n && memcmp(head, magics[i].bytes, magics[i].n) == 0)
			return &magics[i];
	return NULL;
}

bool msk_magic_is_text(const void *head, size_t n)
{
	const unsigned char *p = head;

	for (size_t i = 0; i < n; i++)
		if (p[i] == 0x7f || (p[i] < 0x20 && !strchr("\t\n\v\f\r", p[i])) || !p[i])
			return false;
	return n > 0;
}

void msk_magic_add_head(struct msk_str *out, const void *head, size_t n)
{
	size_t shown = n < 8 ? n : 8, plain = 0;
	const unsigned char *p = head;

	while (plain < shown && p[plain] >= 0x20 && p[plain] < 0x7f)
		plain++;
	if (plain == shown || (plain && p[plain] == '\n')) {
		msk_str_addc(out, '"');
		msk_str_add(out, p, plain);
		msk_str_addc(out, '"');
	} else {
		for (size_t i = 0; i < shown; i++)
			msk_str_addf(out, i ? " %02x" : "%02x", p[i]);
	}
}
