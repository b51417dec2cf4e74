#include <elf.h>
#include <string.h>

#include "symtab.h"

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

static uint32_t copy_type(uint16_t machine)
{
	switch (machine) {
	case EM_X86_64: case EM_386: return 5;
	case EM_RISCV: case EM_LOONGARCH: return 4;
	case EM_S390:    return 9;
	case EM_PPC: case EM_PPC64: case EM_SPARC: case EM_SPARCV9: return 19;
	case EM_ARM:     return 20;
	case EM_MIPS:    return 126;
	case EM_AARCH64: return 1024;
	default:         return UINT32_MAX;
	}
}

/* Symbol and type of a relocation. 32 bits: 24 and 8. 64 bits: two words, the symbol in the upper one; MIPS writes the
 * symbol first in both byte orders, and three types of a byte each behind it. */
static void split_info(const struct msk_symtab *t, const unsigned char *info, uint32_t *symbol, uint32_t *type)
{
	if (!t->s->is64) {
		uint32_t v = msk_elf_source_u32(t->s, info);

		*symbol = v >> 8;
		*type = v & 0xff;
	} else if (t->machine == EM_MIPS) {
		*symbol = msk_elf_source_u32(t->s, info);
		*type = info[7];
	} else {
		uint64_t v = msk_elf_source_u64(t->s, info);

		*symbol = (uint32_t)(v >> 32);
		*type = (uint32_t)v;
	}
}

static int add_ref(const struct msk_symtab *t, struct msk_refs *r, uint32_t symbol, unsigned char how, struct msk_err *err)
{
	if (symbol >= MSK_SYMBOLS_MAX)
		return msk_fail(err, MSK_E_INPUT, "%s: a relocation names symbol %u (allowed: below %u)", t->s->name, symbol,
				MSK_SYMBOLS_MAX);
	if (symbol >= r->n) {
		size_t had = r->cap;

		while (r->cap <= symbol)
			r->cap = r->cap ? 2 * r->cap : 64;
		if (r->cap > had) {
			r->v = msk_xrealloc(r->v, r->cap, 1);
			memset(r->v + had, 0, r->cap - had);
		}
		r->n = (size_t)symbol + 1;
	}
	r->v[symbol] |= how;
	return 0;
}

struct relocations {
	uint64_t at, size, entry, skip;
	bool addend, calls;
};

static bool is_call(const struct msk_symtab *t, const struct relocations *r, uint64_t at)
{
	return r->calls || (t->jmprel && r->at + at >= t->jmprel && r->at + at - t->jmprel < t->pltrelsz);
}

static int walk(const struct msk_symtab *t, const struct relocations *r, struct msk_refs *refs, struct msk_err *err)
{
	const size_t word = t->s->is64 ? 8 : 4, entry = (r->addend ? 3 : 2) * word;
	const uint64_t n = r->size / entry;
	const uint32_t copy = copy_type(t->machine);
	struct msk_table table;
	const unsigned char *p;
	uint32_t symbol, type;

	if (r->skip >= n)
		return 0;
	if (r->entry && r->entry != entry)
		return msk_fail(err, MSK_E_INPUT, "%s: relocation entry size is %llu, expected %zu", t->s->name,
				(unsigned long long)r->entry, entry);
	if (n - r->skip > MSK_RELOCATIONS_MAX)
		return msk_fail(err, MSK_E_INPUT, "%s: has too many relocations (%llu vs %u)", t->s->name,
				(unsigned long long)(n - r->skip), MSK_RELOCATIONS_MAX);
	if (msk_table_open(t->s, "relocation table", r->at, &table, err) < 0)
		return -1;
	for (uint64_t i = r->skip; i < n; i++) {
		unsigned char how;

		if (msk_table_at(&table, i * entry, entry, &p, err) < 0)
			return -1;
		split_info(t, p + word, &symbol, &type);
		if (symbol == 0 || type == 0)
			continue;
		how = type == copy ? MSK_REF_COPY : is_call(t, r, i * entry) ? MSK_REF_CALL : MSK_REF_DATA;
		if (add_ref(t, refs, symbol, how, err) < 0)
			return -1;
	}
	return 0;
}

/* A counted start of a table holds what concerns no symbol, and loaders do not look at symbols there. */
int msk_symtab_refs(const struct msk_symtab *t, struct msk_refs *refs, struct msk_err *err)
{
	const bool plt_addend = t->pltrel == DT_RELA;
	const struct relocations tables[] = {
		{ t->rel, t->relsz, t->relent, t->relcount, false, false },
		{ t->rela, t->relasz, t->relaent, t->relacount, true, false },
		{ t->jmprel, t->pltrelsz, 0, 0, plt_addend, true },
	};

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		if (tables[i].at && walk(t, &tables[i], refs, err) < 0)
			return -1;
	return 0;
}
