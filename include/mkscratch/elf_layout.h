/* Where the parts of an ELF file lie: segments, which every program has, and sections, which may be stripped or lie
 * and are therefore advice: a table that is not sound counts as absent. */
#ifndef MKSCRATCH_ELF_LAYOUT_H
#define MKSCRATCH_ELF_LAYOUT_H

#include "mkscratch/elf.h"

#define MSK_LAYOUT_MAX_SECTIONS 65535
#define MSK_LAYOUT_MAX_NAMES    (1u << 20)     /* bytes of section names */

enum msk_segment_kind { MSK_SEGMENT_LOAD, MSK_SEGMENT_RELRO, MSK_SEGMENT_STACK, MSK_SEGMENT_OTHER };

struct msk_layout_segment {
	enum msk_segment_kind kind;
	bool readable, writable, executable;
	uint64_t offset, vaddr, filesz, memsz;
};

struct msk_layout_section {
	const char *name;              /* in the owner's names */
	bool loaded, in_file;          /* part of a process; has bytes in the file */
	uint64_t addr, offset, size;
};

struct msk_elf_layout {
	bool is64, big_endian;
	uint64_t entry;
	struct msk_layout_segment *segments;
	size_t n_segments;
	struct msk_layout_section *sections;
	size_t n_sections;
	char *names;
	uint64_t end;                  /* the last byte any header speaks of; what follows was appended */
};

/* Fails: MSK_E_INPUT for what msk_elf_read refuses, MSK_E_IO. */
int msk_elf_layout_read(const struct msk_rofile *f, const char *name, struct msk_elf_layout *out, struct msk_err *err);
void msk_elf_layout_release(struct msk_elf_layout *l);

/* The section that holds the byte at `offset`, or NULL; the section of that name, or NULL. */
const struct msk_layout_section *msk_elf_layout_at(const struct msk_elf_layout *l, uint64_t offset);
const struct msk_layout_section *msk_elf_layout_find(const struct msk_elf_layout *l, const char *section);
/* Is the byte at `offset` part of a process? */
bool msk_elf_layout_loaded(const struct msk_elf_layout *l, uint64_t offset);

#endif
