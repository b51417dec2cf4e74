#include <elf.h>

#include "symtab.h"

/* Nothing in a file says how many dynamic symbols it has; the hash tables do on the way. */

static int read_u32(struct msk_table *t, uint64_t at, uint32_t *out, struct msk_err *err)
{
	const unsigned char *p;

	if (msk_table_at(t, at, 4, &p, err) < 0)
		return -1;
	*out = msk_elf_source_u32(t->s, p);
	return 0;
}

/* System V: {buckets, chain} counts, the second being the number of symbols. Two machines write them as 64 bits. */
static int count_by_hash(const struct msk_symtab *t, size_t *count, struct msk_err *err)
{
	bool wide = t->s->is64 && (t->machine == EM_S390 || t->machine == EM_ALPHA);
	struct msk_table h;
	const unsigned char *p;
	uint64_t n;

	if (msk_table_open(t->s, "hash table", t->hash, &h, err) < 0 || msk_table_at(&h, 0, wide ? 16 : 8, &p, err) < 0)
		return -1;
	n = wide ? msk_elf_source_u64(t->s, p + 8) : msk_elf_source_u32(t->s, p + 4);
	if (n > MSK_SYMBOLS_MAX)
		return msk_fail(err, MSK_E_INPUT, "%s: has too many symbols (%llu vs %u)", t->s->name,
				(unsigned long long)n, MSK_SYMBOLS_MAX);
	*count = (size_t)n;
	return 0;
}

/* Chains run on in one array, so the one that starts last ends last; an odd word ends it. */
static int end_of_chain(const struct msk_symtab *t, struct msk_table *h, uint64_t chains, uint32_t first, uint32_t from,
			size_t *count, struct msk_err *err)
{
	uint32_t word = 0;

	for (uint64_t i = from; !(word & 1); i++) {
		if (i >= MSK_SYMBOLS_MAX)
			return msk_fail(err, MSK_E_INPUT, "%s: has too many symbols (more than %u)", t->s->name,
					MSK_SYMBOLS_MAX);
		if (read_u32(h, chains + 4 * (i - first), &word, err) < 0)
			return -1;
		*count = (size_t)i + 1;
	}
	return 0;
}

/* GNU: {buckets, first symbol, words of the Bloom filter, shift}, filter, buckets, chains. An empty one tells nothing
 * of the symbols that are not in it. */
static int count_by_gnu_hash(const struct msk_symtab *t, size_t *count, size_t *first_found, struct msk_err *err)
{
	uint32_t buckets, first, bloom, start, last = 0;
	struct msk_table h;
	uint64_t at;

	if (msk_table_open(t->s, "hash table", t->gnu_hash, &h, err) < 0 || read_u32(&h, 0, &buckets, err) < 0 ||
	    read_u32(&h, 4, &first, err) < 0 || read_u32(&h, 8, &bloom, err) < 0)
		return -1;
	at = 16 + (uint64_t)bloom * (t->s->is64 ? 8 : 4);
	for (uint64_t i = 0; i < buckets; i++) {
		if (read_u32(&h, at + 4 * i, &start, err) < 0)
			return -1;
		if (start > last)
			last = start;
	}
	*first_found = SIZE_MAX;
	if (last == 0)
		return 0;
	if (last < first)
		return msk_fail(err, MSK_E_INPUT, "%s: hash table lists symbol %u, but begins with %u", t->s->name, last,
				first);
	*first_found = first;
	return end_of_chain(t, &h, at + 4 * (uint64_t)buckets, first, last, count, err);
}

int msk_symtab_count(const struct msk_symtab *t, size_t *count, size_t *first_found, struct msk_err *err)
{
	*count = 0;
	*first_found = t->hash || t->mips_count ? 0 : SIZE_MAX;
	if (t->hash && count_by_hash(t, count, err) < 0)
		return -1;
	/* The loaders prefer it for finding, and it may list fewer. */
	if (t->gnu_hash) {
		size_t listed = 0;

		if (count_by_gnu_hash(t, &listed, first_found, err) < 0)
			return -1;
		if (listed > *count)
			*count = listed;
	}
	if (t->mips_count > MSK_SYMBOLS_MAX)
		return msk_fail(err, MSK_E_INPUT, "%s: has too many symbols (%llu vs %u)", t->s->name,
				(unsigned long long)t->mips_count, MSK_SYMBOLS_MAX);
	if (t->mips_count > *count)
		*count = (size_t)t->mips_count;
	return 0;
}
