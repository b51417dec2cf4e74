/* ld.so.cache. The new format stands alone or, 8-byte aligned, behind a table of the old one. */
#include <elf.h>
#include <string.h>

#include "loader.h"

#define OLD_MAGIC "ld.so-1.7.0"
#define NEW_MAGIC "glibc-ld.so.cache1.1"
#define OLD_HEADER 16
#define OLD_ENTRY  12
#define NEW_HEADER 48
#define NEW_ENTRY  24

void msk_ldcache_release(struct msk_ldcache *c)
{
	free(c->data);
	*c = (struct msk_ldcache){ 0 };
}

static uint32_t get32(const struct msk_ldcache *c, const unsigned char *p)
{
	if (c->big_endian)
		return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* Where the new format begins; n when it does not. */
static size_t skip_old(const struct msk_ldcache *c, size_t n)
{
	uint64_t end;

	if (n < OLD_HEADER || memcmp(c->data, OLD_MAGIC, sizeof OLD_MAGIC - 1) != 0)
		return 0;
	end = OLD_HEADER + (uint64_t)get32(c, (unsigned char *)c->data + 12) * OLD_ENTRY;
	end = (end + 7) & ~(uint64_t)7;
	return end < n ? (size_t)end : n;
}

static bool parse(struct msk_ldcache *c, size_t n)
{
	size_t at = skip_old(c, n);
	const unsigned char *h = (const unsigned char *)c->data + at;

	if (n - at < NEW_HEADER || memcmp(h, NEW_MAGIC, sizeof NEW_MAGIC - 1) != 0)
		return false;
	/* Flags: 0 not stated, 2 little-endian, 3 big-endian; 1 is invalid. */
	if ((h[28] & 3) == 1 || ((h[28] & 3) && ((h[28] & 3) == 3) != c->big_endian))
		return false;
	c->n_entries = get32(c, h + 20);
	if (c->n_entries > (n - at - NEW_HEADER) / NEW_ENTRY)
		return false;
	c->entries = h + NEW_HEADER;
	c->base = (const char *)h;
	c->base_size = n - at;
	return true;
}

bool msk_ldcache_parse(struct msk_ldcache *c, char *own_data, size_t n, bool big_endian)
{
	*c = (struct msk_ldcache){ .data = own_data, .size = n, .big_endian = big_endian };
	if (parse(c, n))
		return true;
	msk_ldcache_release(c);
	return false;
}

/* ldconfig's flags: low byte 3 for ELF libc6 (1 for plain ELF), high byte the ABI. */
static bool flags_fit(uint32_t flags, const struct msk_elf *e)
{
	bool any = flags == 3 || flags == 1;

	switch (e->machine) {
	case EM_X86_64: return flags == (e->elf_class == 64 ? 0x303 : 0x803);
	case EM_AARCH64: return flags == 0xA03;
	case EM_ARM: return flags == 0x903 || flags == 0xB03 || any;
	case EM_PPC64: return flags == 0x503;
	case EM_S390: return e->elf_class == 64 ? flags == 0x403 : any;
	case EM_RISCV: return flags == 0x1003 || flags == 0xF03;
	case 258: return flags == 0x1203 || flags == 0x1103;
	case EM_MIPS: return e->elf_class == 64 ? flags == 0x703 || flags == 0xE03 : any || flags == 0xC03;
	case EM_SPARCV9: return flags == 0x103;
	default: return any;
	}
}

/* The string at an offset, when it ends inside the file. */
static const char *string_at(const struct msk_ldcache *c, uint32_t offset)
{
	if (offset >= c->base_size || !memchr(c->base + offset, '\0', c->base_size - offset))
		return NULL;
	return c->base + offset;
}

const char *msk_ldcache_find(const struct msk_ldcache *c, const char *name, const struct msk_elf *e)
{
	for (size_t i = 0; i < c->n_entries; i++) {
		const unsigned char *p = c->entries + i * NEW_ENTRY;
		const char *key;

		/* Only baseline entries: a variant for some CPUs is not what every machine runs. */
		if (!flags_fit(get32(c, p), e) || get32(c, p + 16) || get32(c, p + 20))
			continue;
		key = string_at(c, get32(c, p + 4));
		if (key && strcmp(key, name) == 0)
			return string_at(c, get32(c, p + 8));
	}
	return NULL;
}
