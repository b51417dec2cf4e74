/* ELF files, of either class and byte order, altered field by field: the header, program and section headers, entries of
 * the dynamic section and of the tables that it points to, notes. Entries are also copied over one another, and a table may
 * be moved to the end of the file, where it can grow. */
#ifndef FUZZ_MUTATE_ELF_H
#define FUZZ_MUTATE_ELF_H

#include <elf.h>

#include "mutate.h"

struct elf_shape {
	bool is64, big;
	unsigned word;              /* bytes of an address */
	size_t phoff, phsize, phnum, shoff, shsize, shnum;
};

static inline uint64_t elf_get(const struct mutation *m, const struct elf_shape *s, size_t at, unsigned width)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < width && at < m->n && i < m->n - at; i++)
		v |= (uint64_t)m->p[at + i] << 8 * (s->big ? width - 1 - i : i);
	return v;
}

static inline void elf_put(struct mutation *m, const struct elf_shape *s, size_t at, unsigned width, uint64_t v)
{
	for (unsigned i = 0; i < width && at < m->n && i < m->n - at; i++)
		m->p[at + i] = (uint8_t)(v >> 8 * (s->big ? width - 1 - i : i));
}

static inline void elf_alter(struct mutation *m, const struct elf_shape *s, size_t at, unsigned width)
{
	elf_put(m, s, at, width, mutation_number(m, elf_get(m, s, at, width), width));
}

static inline bool elf_look(const struct mutation *m, struct elf_shape *s)
{
	size_t tail;

	if (m->n < 52 || memcmp(m->p, ELFMAG, SELFMAG) != 0)
		return false;
	s->is64 = m->p[EI_CLASS] == ELFCLASS64;
	s->big = m->p[EI_DATA] == ELFDATA2MSB;
	s->word = s->is64 ? 8 : 4;
	tail = 24 + 3 * s->word;
	s->phoff = elf_get(m, s, 24 + s->word, s->word);
	s->shoff = elf_get(m, s, 24 + 2 * s->word, s->word);
	s->phsize = s->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	s->shsize = s->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	s->phnum = elf_get(m, s, tail + 8, 2);
	s->shnum = elf_get(m, s, tail + 12, 2);
	s->phnum = s->phoff < m->n && s->phnum <= (m->n - s->phoff) / s->phsize ? s->phnum : 0;
	s->shnum = s->shoff < m->n && s->shnum <= (m->n - s->shoff) / s->shsize ? s->shnum : 0;
	return true;
}

static inline void elf_in_header(struct mutation *m, const struct elf_shape *s)
{
	static const uint16_t machines[] = { EM_386, EM_X86_64, EM_ARM, EM_AARCH64, EM_PPC, EM_PPC64, EM_S390, EM_MIPS,
					     EM_RISCV, 258, EM_SPARC, 0 };
	size_t tail = 24 + 3 * s->word;

	switch (mutation_below(m, 5)) {
	case 0:  m->p[EI_CLASS + mutation_below(m, 12)] = (uint8_t)mutation_number(m, 1, 1); break;
	case 1:  elf_put(m, s, 16, 2, mutation_below(m, 5)); break;
	case 2:  elf_put(m, s, 18, 2, machines[mutation_below(m, sizeof machines / sizeof *machines)]); break;
	case 3:  elf_alter(m, s, 24 + s->word * mutation_below(m, 3), s->word); break;
	default: elf_alter(m, s, tail + 2 * mutation_below(m, 8), 2);
	}
}

/* Of `count` entries of `size` bytes at `at`: alter a field of one, or copy one over another. */
static inline void elf_in_entries(struct mutation *m, const struct elf_shape *s, size_t at, size_t size, size_t count,
				  unsigned width)
{
	size_t a, b;

	if (!count || !size || at >= m->n || count > (m->n - at) / size)
		return;
	a = at + size * mutation_below(m, count);
	b = at + size * mutation_below(m, count);
	if (mutation_below(m, 4) == 0)
		memmove(m->p + a, m->p + b, size);
	else
		elf_alter(m, s, a + width * mutation_below(m, size / width ? size / width : 1), width);
}

static inline void elf_in_segments(struct mutation *m, const struct elf_shape *s)
{
	static const uint32_t types[] = { PT_NULL, PT_LOAD, PT_DYNAMIC, PT_INTERP, PT_NOTE, PT_TLS, PT_GNU_STACK, PT_GNU_RELRO,
					  PT_GNU_PROPERTY, PT_PHDR, 0x70000003 };
	size_t at;

	if (s->phnum && mutation_below(m, 4) == 0) {
		at = s->phoff + s->phsize * mutation_below(m, s->phnum);
		elf_put(m, s, at, 4, types[mutation_below(m, sizeof types / sizeof *types)]);
	} else {
		elf_in_entries(m, s, s->phoff, s->phsize, s->phnum, mutation_below(m, 2) ? s->word : 4);
	}
}

/* The program header of one of a type; false when there is none. */
static inline bool elf_segment(const struct mutation *m, const struct elf_shape *s, uint32_t type, size_t *at, size_t *offset,
			       size_t *size)
{
	for (size_t i = 0; i < s->phnum; i++) {
		*at = s->phoff + s->phsize * i;
		*offset = elf_get(m, s, *at + (s->is64 ? 8 : 4), s->word);
		*size = elf_get(m, s, *at + (s->is64 ? 32 : 16), s->word);
		if (elf_get(m, s, *at, 4) == type && *offset < m->n && *size <= m->n - *offset)
			return true;
	}
	return false;
}

/* Where an address lies in the file; its end for one that does not. */
static inline size_t elf_place(const struct mutation *m, const struct elf_shape *s, uint64_t address)
{
	for (size_t i = 0; i < s->phnum; i++) {
		size_t at = s->phoff + s->phsize * i;
		uint64_t offset = elf_get(m, s, at + (s->is64 ? 8 : 4), s->word);
		uint64_t start = elf_get(m, s, at + (s->is64 ? 16 : 8), s->word);
		uint64_t size = elf_get(m, s, at + (s->is64 ? 32 : 16), s->word);

		if (elf_get(m, s, at, 4) == PT_LOAD && address >= start && address - start < size &&
		    address - start + offset < m->n)
			return (size_t)(address - start + offset);
	}
	return m->n;
}

static inline void elf_in_dynamic(struct mutation *m, const struct elf_shape *s)
{
	static const uint32_t tags[] = {
		DT_NULL, DT_NEEDED, DT_STRTAB, DT_STRSZ, DT_SONAME, DT_RPATH, DT_RUNPATH, DT_FILTER, DT_AUXILIARY, DT_SYMTAB,
		DT_SYMENT, DT_HASH, DT_GNU_HASH, DT_VERSYM, DT_VERNEED, DT_VERDEF, DT_REL, DT_RELSZ, DT_RELENT, DT_RELCOUNT,
		DT_RELA, DT_RELASZ, DT_RELAENT, DT_RELACOUNT, DT_JMPREL, DT_PLTRELSZ, DT_PLTREL, DT_FLAGS, DT_FLAGS_1,
		DT_TEXTREL, DT_BIND_NOW, DT_AUDIT, DT_DEPAUDIT, 36, 0x70000011, 0x70000013,
	};
	size_t at, offset, size, entry = 2 * s->word;

	if (!elf_segment(m, s, PT_DYNAMIC, &at, &offset, &size) || size < entry)
		return;
	at = offset + entry * mutation_below(m, size / entry);
	if (mutation_below(m, 2))
		elf_in_entries(m, s, offset, entry, size / entry, s->word);
	else
		elf_put(m, s, at, s->word, tags[mutation_below(m, sizeof tags / sizeof *tags)]);
}

/* A field of one of the tables that the dynamic section points to. */
static inline void elf_in_table(struct mutation *m, const struct elf_shape *s)
{
	const unsigned widths[] = { 1, 2, 4, s->word };
	size_t at, offset, size, entry = 2 * s->word, place;
	unsigned width = widths[mutation_below(m, 4)];

	if (!elf_segment(m, s, PT_DYNAMIC, &at, &offset, &size) || size < entry)
		return;
	at = offset + entry * mutation_below(m, size / entry);
	place = elf_place(m, s, elf_get(m, s, at + s->word, s->word));
	if (place < m->n)
		elf_alter(m, s, place + width * mutation_below(m, 64 / width), width);
}

/* Lengths and type of a note, one behind the other as far as they are sound. */
static inline void elf_in_notes(struct mutation *m, const struct elf_shape *s)
{
	size_t at, offset, size, skip = mutation_below(m, 4);

	if (!elf_segment(m, s, PT_NOTE, &at, &offset, &size))
		return;
	for (; skip > 0 && size >= 12; skip--) {
		uint64_t n = 12 + ((elf_get(m, s, offset, 4) + 3) & ~3ull) + ((elf_get(m, s, offset + 4, 4) + 3) & ~3ull);

		if (n >= size)
			break;
		offset += n;
		size -= n;
	}
	elf_alter(m, s, offset + 4 * mutation_below(m, 12), 4);
}

/* A segment that is no PT_LOAD goes to the end of the file, with a part of it a second time behind it. */
static inline void elf_move(struct mutation *m, const struct elf_shape *s)
{
	static const uint32_t types[] = { PT_DYNAMIC, PT_INTERP, PT_NOTE };
	size_t at, offset, size, end = m->n, more;

	if (!elf_segment(m, s, types[mutation_below(m, 3)], &at, &offset, &size) || size == 0)
		return;
	more = mutation_below(m, size + 1);
	if (end + size + more > m->room)
		return;
	mutation_splice(m, end, 0, m->p + offset, size);
	mutation_splice(m, end, 0, m->p + offset, more);
	elf_put(m, s, at + (s->is64 ? 8 : 4), s->word, end);
	elf_put(m, s, at + (s->is64 ? 32 : 16), s->word, size + more);
}

static inline size_t mutate_elf(uint8_t *data, size_t size, size_t room, unsigned seed)
{
	struct mutation m = mutation_of(data, size, room, seed);
	struct elf_shape s;

	for (uint64_t more = 1 + mutation_below(&m, 3); more > 0; more--) {
		if (!elf_look(&m, &s) || mutation_below(&m, 3) == 0) {
			mutation_by_fuzzer(&m);
			continue;
		}
		switch (mutation_below(&m, 7)) {
		case 0:  elf_in_header(&m, &s); break;
		case 1:  elf_in_segments(&m, &s); break;
		case 2:  elf_in_entries(&m, &s, s.shoff, s.shsize, s.shnum, mutation_below(&m, 2) ? s.word : 4); break;
		case 3:  elf_in_dynamic(&m, &s); break;
		case 4:  elf_in_table(&m, &s); break;
		case 5:  elf_in_notes(&m, &s); break;
		default: elf_move(&m, &s);
		}
	}
	return m.n;
}

#endif
