/* ld.so.cache. First byte: 1 big-endian, 2 32 bit, the rest picks a machine and its flags; names to look for are those in
 * the bytes. */
#include <elf.h>

#include "mkscratch/ldcache.h"
#include "fuzz.h"

#define NAMES 64

static struct msk_elf reader(unsigned how)
{
	static const uint32_t flags[] = { 0, 1, 2, 4, 0x20, 0x400, 0x420, 3 };
	static const uint16_t machines[] = { EM_X86_64, EM_386, EM_ARM, EM_AARCH64, EM_MIPS, EM_RISCV, EM_S390, EM_PPC64 };

	return (struct msk_elf){ .big_endian = how & 1, .elf_class = how & 2 ? 32 : 64,
				 .machine = machines[how >> 2 & 7], .flags = flags[how >> 5 & 7] };
}

/* What is found is a string within the cache. */
static void look(const struct msk_ldcache *c, const char *name, size_t size)
{
	static char v3[] = "glibc-hwcaps/x86-64-v3";
	static char *one[] = { v3 };
	const struct msk_strv subdirs = { one, 1, 1 };
	const struct msk_ldcache_want want = { &subdirs, true };
	const char *variant, *path = msk_ldcache_find(c, name, &want, &variant);

	assert(!path || strlen(path) <= size);
	assert(!variant || (!path && strlen(variant) <= size));
}

static void look_for_all(const struct msk_ldcache *c, const uint8_t *data, size_t size)
{
	char name[256];
	unsigned looked = 0;

	look(c, "", size);
	for (size_t i = 0; i < size && looked < NAMES; i++) {
		size_t n = strnlen((const char *)data + i, size - i);

		if (n > 2 && n < sizeof name) {
			memcpy(name, data + i, n);
			name[n] = '\0';
			look(c, name, size);
			looked++;
		}
		i += n;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct msk_elf e = reader(size ? data[0] : 0);
	MSK_AUTO_STR bytes = MSK_STR_INIT;
	struct msk_ldcache *c;

	if (size == 0)
		return 0;
	msk_str_add(&bytes, data + 1, size - 1);
	c = msk_ldcache_new(&bytes, &e);
	if (c)
		look_for_all(c, data + 1, size - 1);
	msk_ldcache_free(c);
	return 0;
}
