/* Inside of the symbol reader: the tables PT_DYNAMIC leads to, each read through a window. */
#ifndef ELF_SYMTAB_H
#define ELF_SYMTAB_H

#include "mkscratch/symbols.h"
#include "parse.h"

#define MSK_TABLE_WINDOW 16384

/* Part of a file by its address, read piece by piece. */
struct msk_table {
	const struct msk_elf_source *s;
	const char *what;              /* "symbol table", for messages */
	uint64_t offset, size;
	uint64_t held_at;
	size_t held;
	unsigned char buf[MSK_TABLE_WINDOW];
};

/* A table at `vaddr`; size: what its segment holds from there. Fails: MSK_E_INPUT when it lies outside the file. */
int msk_table_open(const struct msk_elf_source *s, const char *what, uint64_t vaddr, struct msk_table *out,
		   struct msk_err *err);
/* *p: the n bytes (a window at most) at offset `at` of the table, until the next call. Fails: MSK_E_INPUT when they are
 * not all in it, MSK_E_IO. */
int msk_table_at(struct msk_table *t, uint64_t at, size_t n, const unsigned char **p, struct msk_err *err);

/* Entries of PT_DYNAMIC that concern symbols; 0 where absent. */
struct msk_symtab {
	const struct msk_elf_source *s;
	uint16_t machine;
	/* Addresses; sizes in bytes; counts of entries. */
	uint64_t strtab, strsz, symtab, syment;
	uint64_t hash, gnu_hash, mips_count, mips_got;
	uint64_t versym, verneed, verdef;
	uint64_t rel, relsz, relent, relcount;
	uint64_t rela, relasz, relaent, relacount;
	uint64_t jmprel, pltrelsz, pltrel;
	bool has_mips_got;
};

/* What refers to a symbol, by its index. */
enum { MSK_REF_DATA = 1, MSK_REF_CALL = 2, MSK_REF_COPY = 4 };
struct msk_refs {
	unsigned char *v;              /* heap */
	size_t n, cap;                 /* n: the largest index met and one */
};

/* All below fail with MSK_E_INPUT for a table that is damaged, lies outside the file or is too large, and with MSK_E_IO. */

/* How many symbols the hash table tells of, and the first that is found by it; SIZE_MAX: none is. */
int msk_symtab_count(const struct msk_symtab *t, size_t *count, size_t *first_found, struct msk_err *err);
/* What the relocations say; refs->v is heap, the caller's also after a failure. */
int msk_symtab_refs(const struct msk_symtab *t, struct msk_refs *refs, struct msk_err *err);
/* The version tables, names in out->strings; by index: the name and whether it is hidden. */
struct msk_version_names {
	const char **names;
	size_t n;
};
int msk_symtab_versions(const struct msk_symtab *t, struct msk_symbols *out, struct msk_version_names *names,
			struct msk_err *err);
/* The text at an offset of the string table; NULL and an error when it lies outside. */
const char *msk_symtab_text(const struct msk_symtab *t, const struct msk_symbols *out, uint64_t at, const char *what,
			    struct msk_err *err);

#endif
