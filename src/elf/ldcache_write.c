#include <string.h>

#include "ldcache_format.h"
#include "mkscratch/ldcache.h"

/* The extension area behind the strings; ours holds who made the file, as ldconfig's does. */
#define EXTENSION_MAGIC 0xeaa42174u
#define TAG_GENERATOR   0
static const char generator[] = "mkscratch";

static void put32(struct msk_str *out, const struct msk_elf *e, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		msk_str_addc(out, (char)(v >> (e->big_endian ? 24 - 8 * i : 8 * i)));
}

static void put_zeros(struct msk_str *out, size_t n)
{
	while (n--)
		msk_str_addc(out, '\0');
}

/* Downwards: ld.so searches by halves. */
static int by_name_downwards(const void *pa, const void *pb)
{
	const struct msk_ldcache_entry *a = pa, *b = pb;

	return msk_ldcache_compare(b->name, a->name);
}

/* Strings lie one behind the other; a name that is the end of its path has no string of its own. Offsets count from
 * the header. */
static void put_strings(struct msk_str *strings, size_t base, const struct msk_ldcache_entry *e, uint32_t *name_at,
			uint32_t *path_at)
{
	size_t n = strlen(e->path), tail = strlen(e->name);

	*path_at = (uint32_t)(base + strings->len);
	msk_str_add(strings, e->path, n + 1);
	if (msk_ends_with(e->path, e->name)) {
		*name_at = *path_at + (uint32_t)(n - tail);
		return;
	}
	*name_at = (uint32_t)(base + strings->len);
	msk_str_add(strings, e->name, tail + 1);
}

static void put_header(struct msk_str *out, const struct msk_elf *e, size_t n, size_t strings, size_t extension)
{
	msk_str_adds(out, MSK_LDCACHE_NEW_MAGIC);
	put32(out, e, (uint32_t)n);
	put32(out, e, (uint32_t)strings);
	msk_str_addc(out, e->big_endian ? MSK_LDCACHE_BIG : MSK_LDCACHE_LITTLE);
	put_zeros(out, 3);
	put32(out, e, (uint32_t)extension);
	put_zeros(out, 12);
}

static void put_extension(struct msk_str *out, const struct msk_elf *e, size_t at)
{
	const size_t directory = 8 + 16;

	put32(out, e, EXTENSION_MAGIC);
	put32(out, e, 1);
	put32(out, e, TAG_GENERATOR);
	put32(out, e, 0);
	put32(out, e, (uint32_t)(at + directory));
	put32(out, e, sizeof generator - 1);
	msk_str_adds(out, generator);
}

void msk_ldcache_write(const struct msk_elf *e, struct msk_ldcache_entry *entries, size_t n, struct msk_str *out)
{
	MSK_AUTO_STR table = MSK_STR_INIT;
	MSK_AUTO_STR strings = MSK_STR_INIT;
	size_t base = MSK_LDCACHE_NEW_HEADER + n * MSK_LDCACHE_NEW_ENTRY, end, extension;

	if (n > 1)
		qsort(entries, n, sizeof *entries, by_name_downwards);
	for (size_t i = 0; i < n; i++) {
		uint32_t name_at, path_at;

		put_strings(&strings, base, &entries[i], &name_at, &path_at);
		put32(&table, e, msk_ldcache_flags(e));
		put32(&table, e, name_at);
		put32(&table, e, path_at);
		put_zeros(&table, MSK_LDCACHE_NEW_ENTRY - 12);
	}
	end = base + strings.len;
	extension = (end + 3) & ~(size_t)3;
	put_header(out, e, n, strings.len, extension);
	msk_str_add(out, table.buf, table.len);
	msk_str_add(out, strings.buf, strings.len);
	put_zeros(out, extension - end);
	put_extension(out, e, extension);
}
