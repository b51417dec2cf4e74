#include <elf.h>
#include <string.h>

#include "parse.h"

#define ATTRIBUTES_LIMIT 65536
#define SECTIONS_LIMIT   4096
#define ATTRIBUTES_TYPE  0x70000003u      /* SHT_ARM_ATTRIBUTES */

/* A cursor over the section's bytes. */
struct cursor {
	const unsigned char *p, *end;
};

static bool take_uleb(struct cursor *c, uint64_t *out)
{
	uint64_t v = 0;

	for (unsigned shift = 0; c->p < c->end && shift < 63; shift += 7) {
		unsigned char b = *c->p++;

		v |= (uint64_t)(b & 0x7f) << shift;
		if (!(b & 0x80)) {
			*out = v;
			return true;
		}
	}
	return false;
}

static bool skip_text(struct cursor *c)
{
	const unsigned char *nul = memchr(c->p, '\0', (size_t)(c->end - c->p));

	if (!nul)
		return false;
	c->p = nul + 1;
	return true;
}

/* "Addenda to, and Errata in, the ABI for the Arm Architecture", 3.3: tags 4, 5, 32 (number and text), 67 and odd
 * ones above 32 carry text, the others numbers. */
static int find_cpu_arch(struct cursor c)
{
	uint64_t tag, value;

	while (take_uleb(&c, &tag)) {
		bool text = tag == 4 || tag == 5 || tag == 67 || (tag > 32 && (tag & 1));

		if (!text && !take_uleb(&c, &value))
			return -1;
		if (tag == 6)
			return value > 1000 ? -1 : (int)value;
		if ((text || tag == 32) && !skip_text(&c))
			return -1;
	}
	return -1;
}

/* Within the vendor's part: {tag, u32 length, attributes}; tag 1 speaks for the whole file. */
static int in_vendor(const struct msk_elf_source *s, struct cursor c)
{
	while (c.end - c.p >= 5) {
		uint32_t n = msk_elf_source_u32(s, c.p + 1);

		if (n < 5 || n > (size_t)(c.end - c.p))
			return -1;
		if (c.p[0] == 1)
			return find_cpu_arch((struct cursor){ c.p + 5, c.p + n });
		c.p += n;
	}
	return -1;
}

/* 'A', then {u32 length, vendor name, its part} */
static int in_section(const struct msk_elf_source *s, struct cursor c)
{
	static const char vendor[] = "aeabi";

	if (c.p == c.end || *c.p++ != 'A')
		return -1;
	while (c.end - c.p >= 4) {
		uint32_t n = msk_elf_source_u32(s, c.p);

		if (n < 4 || n > (size_t)(c.end - c.p))
			return -1;
		if (n >= 4 + sizeof vendor && memcmp(c.p + 4, vendor, sizeof vendor) == 0)
			return in_vendor(s, (struct cursor){ c.p + 4 + sizeof vendor, c.p + n });
		c.p += n;
	}
	return -1;
}

/* ARM files are of class 32: sh_type at 4, sh_offset at 16, sh_size at 20 of 40 bytes. */
int msk_attributes_read(const struct msk_elf_source *s, int *cpu_arch, struct msk_err *err)
{
	size_t n = (size_t)s->shnum * sizeof(Elf32_Shdr);
	MSK_AUTO_FREE unsigned char *table = NULL, *buf = NULL;

	if (s->is64 || s->shentsize != sizeof(Elf32_Shdr) || s->shnum == 0 || s->shnum > SECTIONS_LIMIT ||
	    !msk_elf_source_holds(s, s->shoff, n))
		return 0;
	table = msk_xmalloc(n);
	if (msk_elf_source_read(s, s->shoff, table, n, err) < 0)
		return -1;
	for (const unsigned char *h = table; h < table + n; h += sizeof(Elf32_Shdr)) {
		uint32_t at = msk_elf_source_u32(s, h + 16), size = msk_elf_source_u32(s, h + 20);

		if (msk_elf_source_u32(s, h + 4) != ATTRIBUTES_TYPE || size == 0 || size > ATTRIBUTES_LIMIT ||
		    !msk_elf_source_holds(s, at, size))
			continue;
		buf = msk_xmalloc(size);
		if (msk_elf_source_read(s, at, buf, size, err) < 0)
			return -1;
		*cpu_arch = in_section(s, (struct cursor){ buf, buf + size });
		return 0;
	}
	return 0;
}
