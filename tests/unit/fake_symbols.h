/* Tables of dynamic symbols for fake_elf.h: eight symbols, one of each kind, with versions and relocations, in any class
 * and byte order. Name fake_symbols as the `tables` of a file. */
#ifndef TEST_FAKE_SYMBOLS_H
#define TEST_FAKE_SYMBOLS_H

#include "fake_elf.h"

/* Where fake_symbols put what a test may spoil. */
static struct {
	size_t symbols, hash, versym, needs, defs, relocations;
} fake_at;

enum counted { BY_HASH, BY_GNU_HASH, BY_RELOCATIONS, BY_NOTHING };
static enum counted counted;

/* imports, a weak one, then definitions: plain, hidden, local, absolute 0, without a value, section */
enum { STRONG = 1, WEAK, PLAIN, OLD, LOCAL, ABS, EMPTY, SECTION, N };

static inline void put_symbol(struct fake_file *f, unsigned i, const char *name, unsigned info, unsigned other, unsigned shndx,
		       uint64_t value)
{
	size_t p = fake_at.symbols + (f->is64 ? 24 : 16) * i, tail = f->is64 ? p + 4 : p + 12;

	fake_put(f, p, fake_name(f, name), 4);
	fake_word(f, f->is64 ? p + 8 : p + 4, value);
	f->b[tail] = (unsigned char)info;
	f->b[tail + 1] = (unsigned char)other;
	fake_put(f, tail + 2, shndx, 2);
}

static inline void put_symbols(struct fake_file *f)
{
	static const unsigned char zero[24 * N] = { 0 };

	fake_at.symbols = fake_bytes(f, zero, (f->is64 ? 24 : 16) * N, 8);
	put_symbol(f, STRONG, "strong", STB_GLOBAL << 4 | STT_FUNC, 0, SHN_UNDEF, 0);
	put_symbol(f, WEAK, "weak", STB_WEAK << 4 | STT_NOTYPE, 0, SHN_UNDEF, 0x40);
	put_symbol(f, PLAIN, "plain", STB_GLOBAL << 4 | STT_FUNC, STV_PROTECTED, 1, 0x100);
	put_symbol(f, OLD, "old", STB_WEAK << 4 | STT_OBJECT, 0, 1, 0x108);
	put_symbol(f, LOCAL, "local", STB_LOCAL << 4 | STT_FUNC, 0, 1, 0x110);
	put_symbol(f, ABS, "abs", STB_GLOBAL << 4 | STT_NOTYPE, STV_HIDDEN, SHN_ABS, 0);
	put_symbol(f, EMPTY, "empty", STB_GLOBAL << 4 | STT_NOTYPE, 0, 1, 0);
	put_symbol(f, SECTION, "section", STB_GLOBAL << 4 | STT_SECTION, 0, 1, 0x118);
	fake_extra(f, DT_SYMTAB, fake_at.symbols);
	fake_extra(f, DT_SYMENT, f->is64 ? 24 : 16);
}

static inline size_t put_words(struct fake_file *f, const uint32_t *v, size_t n)
{
	unsigned char zero[256] = { 0 };
	size_t p = fake_bytes(f, zero, 4 * n, 8);

	for (size_t i = 0; i < n; i++)
		fake_put(f, p + 4 * i, v[i], 4);
	return p;
}

/* One bucket; symbols from PLAIN on are in the GNU table, as linkers sort them. */
static inline void put_hash(struct fake_file *f)
{
	static const uint32_t sysv[] = { 1, N, 1 }, gnu64[] = { 1, PLAIN, 1, 6, 0, 0, PLAIN, 2, 2, 2, 2, 2, 3 };
	static const uint32_t gnu32[] = { 1, PLAIN, 1, 6, 0, PLAIN, 2, 2, 2, 2, 2, 3 };

	if (counted == BY_HASH)
		fake_extra(f, DT_HASH, fake_at.hash = put_words(f, sysv, 3));
	else if (counted == BY_GNU_HASH && f->is64)
		fake_extra(f, DT_GNU_HASH, fake_at.hash = put_words(f, gnu64, sizeof gnu64 / 4));
	else if (counted == BY_GNU_HASH)
		fake_extra(f, DT_GNU_HASH, fake_at.hash = put_words(f, gnu32, sizeof gnu32 / 4));
}

/* Needs V1 (weak, index 2) and V2 (3) of liba.so; defines itself (1) and MINE (4). */
static inline void put_versions(struct fake_file *f)
{
	static const unsigned char zero[128] = { 0 };
	static const uint16_t versions[N] = { [STRONG] = 2, [WEAK] = 3, [PLAIN] = 4, [OLD] = 0x8004, [LOCAL] = 0, [ABS] = 1,
					      [EMPTY] = 9 };
	size_t p;

	p = fake_at.versym = fake_bytes(f, zero, 2 * N, 2);
	for (unsigned i = 0; i < N; i++)
		fake_put(f, p + 2 * i, versions[i], 2);
	p = fake_at.needs = fake_bytes(f, zero, 48, 4);
	fake_put(f, p, 1, 2), fake_put(f, p + 2, 2, 2), fake_put(f, p + 4, fake_name(f, "liba.so"), 4);
	fake_put(f, p + 8, 16, 4);
	fake_put(f, p + 16, 0x111, 4), fake_put(f, p + 20, VER_FLG_WEAK, 2), fake_put(f, p + 22, 2, 2);
	fake_put(f, p + 24, fake_name(f, "V1"), 4), fake_put(f, p + 28, 16, 4);
	fake_put(f, p + 32, 0x222, 4), fake_put(f, p + 38, 0x8003, 2), fake_put(f, p + 40, fake_name(f, "V2"), 4);
	p = fake_at.defs = fake_bytes(f, zero, 56, 4);
	fake_put(f, p, 1, 2), fake_put(f, p + 2, VER_FLG_BASE, 2), fake_put(f, p + 4, 1, 2), fake_put(f, p + 8, 0x333, 4);
	fake_put(f, p + 12, 20, 4), fake_put(f, p + 16, 28, 4), fake_put(f, p + 20, fake_name(f, "libself.so"), 4);
	fake_put(f, p + 28, 1, 2), fake_put(f, p + 32, 4, 2), fake_put(f, p + 36, 0x444, 4), fake_put(f, p + 40, 20, 4);
	fake_put(f, p + 48, fake_name(f, "MINE"), 4);
	fake_extra(f, DT_VERSYM, fake_at.versym);
	fake_extra(f, DT_VERNEED, fake_at.needs);
	fake_extra(f, DT_VERDEF, fake_at.defs);
}

static inline void put_relocation(struct fake_file *f, unsigned i, uint32_t symbol, uint32_t type)
{
	size_t word = f->is64 ? 8 : 4, p = fake_at.relocations + 3 * word * i + word;

	if (f->is64)
		fake_put(f, p, (uint64_t)symbol << 32 | type, 8);
	else
		fake_put(f, p, symbol << 8 | type, 4);
}

/* One that concerns no symbol and is counted, one by data, and, at the end of the same table, one by call. */
static inline void put_relocations(struct fake_file *f)
{
	static const unsigned char zero[24 * 5] = { 0 };
	size_t entry = f->is64 ? 24 : 12;

	fake_at.relocations = fake_bytes(f, zero, 5 * entry, 8);
	put_relocation(f, 0, STRONG, 8);
	put_relocation(f, 1, WEAK, 1);
	put_relocation(f, 2, OLD, 5);
	put_relocation(f, 3, SECTION, 0);
	put_relocation(f, 4, STRONG, 7);
	fake_extra(f, DT_RELA, fake_at.relocations);
	fake_extra(f, DT_RELASZ, 5 * entry);
	fake_extra(f, DT_RELAENT, entry);
	fake_extra(f, DT_RELACOUNT, 1);
	fake_extra(f, DT_JMPREL, fake_at.relocations + 4 * entry);
	fake_extra(f, DT_PLTRELSZ, entry);
	fake_extra(f, DT_PLTREL, DT_RELA);
}

static inline void fake_symbols(struct fake_file *f)
{
	put_symbols(f);
	put_hash(f);
	put_versions(f);
	if (counted != BY_NOTHING)
		put_relocations(f);
}

#endif
