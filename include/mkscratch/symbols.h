/* The dynamic symbols of an ELF file with their versions, as its loader sees them: by way of PT_DYNAMIC, never by
 * section headers. What is read is bounded by the limits below and checked against the file before it is used.
 *
 * Sources: System V ABI chapter 5, LSB "Symbol Versioning", glibc's and musl's hash tables and relocation. */
#ifndef MKSCRATCH_SYMBOLS_H
#define MKSCRATCH_SYMBOLS_H

#include "mkscratch/elf.h"

#define MSK_SYMBOLS_MAX      (1u << 20)     /* of one object */
#define MSK_SYMBOLS_STRINGS  (64u << 20)    /* bytes of its string table */
#define MSK_VERSIONS_MAX     (1u << 15)     /* as many as an index can name */
#define MSK_RELOCATIONS_MAX  (1u << 24)     /* of one table, besides those that concern no symbol */

struct msk_symbol {
	const char *name;              /* in the owner's strings */
	const char *version_name;      /* "GLIBC_2.34"; NULL for 0, 1 and an index without a name */
	uint16_t version;              /* index without the hidden bit: 0 local, 1 global, else one of the tables' */
	unsigned char bind, type;      /* STB_*, STT_* */
	bool imported;                 /* undefined here: others are to define it */
	bool defined;                  /* can answer a reference: not local, with a value, in the hash table */
	bool stand_in;                 /* imported, but its stub answers references from data: a program's own PLT */
	bool hidden;                   /* answers only references that ask for its version */
	bool binds_here;               /* references to it from here are not looked up: visibility */
	bool by_data;                  /* a data relocation refers to it: looked up when the program starts, lazy or not */
	bool by_call;                  /* a jump slot refers to it: looked up at the first call, unless bound at once */
	bool by_copy;                  /* a copy relocation: looked up at start in everything but the program */
};

/* A version that has to be among those defined by the library `file`. */
struct msk_version_need {
	const char *file, *name;
	uint32_t hash;
	uint16_t index;
	bool weak;
	bool hidden;                   /* a symbol of that version is matched by nothing but that version */
};

struct msk_version_def {
	const char *name;
	uint32_t hash;
	uint16_t index;
	bool base;                     /* names the file itself */
};

struct msk_symbols {
	struct msk_symbol *v;          /* without the null symbol */
	size_t n;
	bool versioned;                /* has DT_VERSYM */
	struct msk_version_need *needs;
	size_t n_needs;
	struct msk_version_def *defs;
	size_t n_defs;
	char *strings;
	size_t strings_size;
};

/* Fails: MSK_E_INPUT for tables that lie outside the file, do not end or exceed the limits; MSK_E_IO. A file without
 * PT_DYNAMIC has no symbols, which is no error. */
int msk_symbols_read(const struct msk_rofile *f, const char *name, struct msk_symbols *out, struct msk_err *err);
void msk_symbols_release(struct msk_symbols *s);

/* Is there an undefined symbol of that name? */
bool msk_symbols_import(const struct msk_symbols *s, const char *name);

#endif
