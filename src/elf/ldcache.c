#include "mkscratch/ldcache.h"

#include <elf.h>
#include <string.h>

#include "ldcache_format.h"

#define EXTENSION_MAGIC 0xeaa42174u
#define EXTENSION_ENTRY 16

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

struct msk_ldcache {
	struct msk_str bytes;          /* NUL behind the end */
	bool big_endian;
	const char *entries;
	size_t n, entry_size;
	const char *strings;           /* offsets count from here */
	size_t strings_size;
	uint32_t flags, other_flags;   /* entries of these are for us */
	const char *variants;          /* of named variants: n_variants offsets of their names */
	size_t n_variants;
};

static uint32_t u32(const struct msk_ldcache *c, const char *at)
{
	const unsigned char *p = (const unsigned char *)at;

	return c->big_endian ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] :
			       (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static uint32_t mips_flags(const struct msk_elf *e)
{
	bool nan2008 = e->flags & 0x400, n32 = e->flags & 0x20;

	if (e->elf_class == 64)
		return nan2008 ? 0xe03 : 0x703;
	if (n32)
		return nan2008 ? 0xd03 : 0x603;
	return nan2008 ? 0xc03 : 3;
}

uint32_t msk_ldcache_flags(const struct msk_elf *e)
{
	switch (e->machine) {
	case EM_X86_64:    return e->elf_class == 64 ? 0x303 : 0x803;
	case EM_AARCH64:   return 0xa03;
	case EM_ARM:       return e->flags & 0x400 ? 0x903 : 0xb03;
	case EM_PPC64:     return 0x503;
	case EM_S390:      return e->elf_class == 64 ? 0x403 : 3;
	case EM_RISCV:     return (e->flags & 6) == 4 ? 0x1003 : 0xf03;
	case EM_LOONGARCH: return (e->flags & 7) == 3 ? 0x1203 : 0x1103;
	case EM_MIPS:      return mips_flags(e);
	case EM_SPARCV9:   return 0x103;
	default:           return 3;
	}
}

static uint32_t other_flags_of(const struct msk_elf *e)
{
	return e->machine == EM_386 ? 1 : e->machine == EM_ARM ? 3 : msk_ldcache_flags(e);
}

/* Low two bits of the flags byte: 0 unknown, 1 invalid, 2 little, 3 big. */
static bool order_fits(const struct msk_ldcache *c, unsigned char flags)
{
	return (flags & 3) == 0 || (flags & 3) == (c->big_endian ? MSK_LDCACHE_BIG : MSK_LDCACHE_LITTLE);
}

/* The extension area: a directory of sections, whose offsets are those of the file. Section 1 has the names of variants.
 * A cache with one that makes no sense is not used. */
static bool take_extensions(struct msk_ldcache *c, size_t header)
{
	uint32_t at = u32(c, c->bytes.buf + header + 32), n;

	if (at == 0)
		return true;
	if (at % 4 || c->bytes.len < 8 || at > c->bytes.len - 8 || u32(c, c->bytes.buf + at) != EXTENSION_MAGIC)
		return false;
	n = u32(c, c->bytes.buf + at + 4);
	if (n > (c->bytes.len - at - 8) / EXTENSION_ENTRY)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		const char *e = c->bytes.buf + at + 8 + (size_t)i * EXTENSION_ENTRY;
		uint32_t tag = u32(c, e), from = u32(c, e + 8), size = u32(c, e + 12);

		if (from > c->bytes.len || size > c->bytes.len - from)
			return false;
		if (tag != 1)
			continue;
		c->variants = c->bytes.buf + from;
		c->n_variants = size / 4;
	}
	return true;
}

static bool take_new(struct msk_ldcache *c, size_t at)
{
	const char *base = c->bytes.buf + at;
	size_t size = c->bytes.len - at;
	uint32_t n;

	if (size < MSK_LDCACHE_NEW_HEADER || memcmp(base, MSK_LDCACHE_NEW_MAGIC, sizeof MSK_LDCACHE_NEW_MAGIC - 1) != 0)
		return false;
	n = u32(c, base + 20);
	if (!order_fits(c, (unsigned char)base[28]) || n > (size - MSK_LDCACHE_NEW_HEADER) / MSK_LDCACHE_NEW_ENTRY)
		return false;
	c->entries = base + MSK_LDCACHE_NEW_HEADER;
	c->n = n;
	c->entry_size = MSK_LDCACHE_NEW_ENTRY;
	c->strings = base;
	c->strings_size = size;
	return take_extensions(c, at);
}

static bool take_old(struct msk_ldcache *c)
{
	const char *base = c->bytes.buf;
	size_t size = c->bytes.len, end, aligned;
	uint32_t n;

	if (size < MSK_LDCACHE_OLD_HEADER || memcmp(base, MSK_LDCACHE_OLD_MAGIC, sizeof MSK_LDCACHE_OLD_MAGIC - 1) != 0)
		return false;
	n = u32(c, base + 12);
	if (n > (size - MSK_LDCACHE_OLD_HEADER) / MSK_LDCACHE_OLD_ENTRY)
		return false;
	end = MSK_LDCACHE_OLD_HEADER + (size_t)n * MSK_LDCACHE_OLD_ENTRY;
	aligned = (end + 7) & ~(size_t)7;
	/* With a new table behind it the old one is but for loaders that do not know better. */
	if (aligned < size && size - aligned >= MSK_LDCACHE_NEW_HEADER &&
	    memcmp(base + aligned, MSK_LDCACHE_NEW_MAGIC, sizeof MSK_LDCACHE_NEW_MAGIC - 1) == 0)
		return take_new(c, aligned);
	c->entries = base + MSK_LDCACHE_OLD_HEADER;
	c->n = n;
	c->entry_size = MSK_LDCACHE_OLD_ENTRY;
	c->strings = base + end;
	c->strings_size = size - end;
	return true;
}

struct msk_ldcache *msk_ldcache_new(struct msk_str *own_bytes, const struct msk_elf *e)
{
	struct msk_ldcache *c = msk_xcalloc(1, sizeof *c);

	c->bytes = *own_bytes;
	*own_bytes = (struct msk_str)MSK_STR_INIT;
	c->big_endian = e->big_endian;
	c->flags = msk_ldcache_flags(e);
	c->other_flags = other_flags_of(e);
	if (c->bytes.len && (take_new(c, 0) || take_old(c)))
		return c;
	msk_ldcache_free(c);
	return NULL;
}

void msk_ldcache_free(struct msk_ldcache *c)
{
	if (!c)
		return;
	msk_str_release(&c->bytes);
	free(c);
}

static bool is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

/* Compare two runs of digits by value, however long, and step over them. */
static int compare_numbers(const char **a, const char **b)
{
	size_t n, m;
	int order;

	while (**a == '0')
		++*a;
	while (**b == '0')
		++*b;
	for (n = 0; is_digit((*a)[n]); n++)
		;
	for (m = 0; is_digit((*b)[m]); m++)
		;
	order = n != m ? (n < m ? -1 : 1) : memcmp(*a, *b, n);
	*a += n;
	*b += m;
	return order;
}

int msk_ldcache_compare(const char *a, const char *b)
{
	while (*a && *b) {
		if (is_digit(*a) != is_digit(*b))
			return is_digit(*a) ? 1 : -1;
		if (is_digit(*a)) {
			int order = compare_numbers(&a, &b);

			if (order)
				return order;
		} else if (*a != *b) {
			return (signed char)*a < (signed char)*b ? -1 : 1;
		} else {
			a++;
			b++;
		}
	}
	return (*a != '\0') - (*b != '\0');
}

/* The string at an offset; NULL when it lies outside. */
static const char *text_at(const struct msk_ldcache *c, uint32_t at)
{
	return at < c->strings_size ? c->strings + at : NULL;
}

static const char *entry_at(const struct msk_ldcache *c, size_t i)
{
	return c->entries + i * c->entry_size;
}

static bool has_name(const struct msk_ldcache *c, size_t i, const char *name)
{
	const char *key = text_at(c, u32(c, entry_at(c, i) + 4));

	return key && msk_ldcache_compare(name, key) == 0;
}

/* Entries are sorted downwards. Any entry of that name, or c->n. */
static size_t find_any(const struct msk_ldcache *c, const char *name)
{
	size_t left = 0, right = c->n;

	while (left < right) {
		size_t middle = left + (right - left) / 2;
		const char *key = text_at(c, u32(c, entry_at(c, middle) + 4));
		int order;

		if (!key)
			return c->n;
		order = msk_ldcache_compare(name, key);
		if (order == 0)
			return middle;
		if (order < 0)
			left = middle + 1;
		else
			right = middle;
	}
	return c->n;
}

/* How good an entry is for us: 0 for the best variant wanted, one more than the last for a plain one; else NOT_OURS. */
#define NOT_OURS SIZE_MAX

static size_t rank_of(const struct msk_ldcache *c, size_t i, const struct msk_ldcache_want *want)
{
	const char *e = entry_at(c, i), *variant;
	uint32_t low, high, at;

	if (c->entry_size != MSK_LDCACHE_NEW_ENTRY)
		return want->subdirs->n;
	low = u32(c, e + (c->big_endian ? 20 : 16));
	high = u32(c, e + (c->big_endian ? 16 : 20));
	if (low == 0 && high == 0)
		return want->subdirs->n;
	if (high == 0x80000000u && low == 0 && want->tls)
		return want->subdirs->n;
	if (!(high & 0x40000000u) || low >= c->n_variants)
		return NOT_OURS;
	/* Unlike other strings these are found by their place in the file. */
	at = u32(c, c->variants + 4 * (size_t)low);
	variant = at < c->bytes.len ? c->bytes.buf + at : NULL;
	for (size_t k = 0; variant && k < want->subdirs->n; k++)
		if (msk_starts_with(want->subdirs->v[k], "glibc-hwcaps/") &&
		    strcmp(want->subdirs->v[k] + strlen("glibc-hwcaps/"), variant) == 0)
			return k;
	return NOT_OURS;
}

static bool is_better(const struct msk_ldcache *c, size_t rank, uint32_t flags, size_t best_rank, uint32_t best_flags)
{
	if (rank != best_rank)
		return rank < best_rank;
	/* Of a second-choice kind the first one counts, in the old table the last. */
	return best_flags != c->flags && (flags == c->flags || c->entry_size == MSK_LDCACHE_OLD_ENTRY);
}

const char *msk_ldcache_find(const struct msk_ldcache *c, const char *name, const struct msk_ldcache_want *want,
			     const char **other)
{
	size_t i = find_any(c, name), best_rank = NOT_OURS;
	uint32_t best_flags = 0;
	const char *best = NULL;

	*other = NULL;
	while (i > 0 && i < c->n && has_name(c, i - 1, name))
		i--;
	for (; i < c->n && has_name(c, i, name); i++) {
		uint32_t flags = u32(c, entry_at(c, i));
		const char *path = text_at(c, u32(c, entry_at(c, i) + 8));
		size_t rank = rank_of(c, i, want);

		if ((flags != c->flags && flags != c->other_flags) || !path)
			continue;
		if (rank == NOT_OURS) {
			*other = *other ? *other : path;
		} else if (is_better(c, rank, flags, best_rank, best_flags)) {
			best = path;
			best_rank = rank;
			best_flags = flags;
		}
	}
	if (best)
		*other = NULL;
	return best;
}
