/* Inside of the ELF reader: the file as checked reads, and the parts that fill in struct msk_elf. */
#ifndef ELF_PARSE_H
#define ELF_PARSE_H

#include "mkscratch/elf.h"
#include "mkscratch/elf_layout.h"

struct msk_segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, filesz, memsz, align;
};

/* The beginning of the file, as a rule with all headers, the path of the loader and the notes: read once. */
#define MSK_ELF_HEAD 1024

struct msk_elf_source {
	const struct msk_rofile *file;
	const char *name;              /* for messages */
	bool is64, big_endian;
	uint64_t entry, phoff, shoff;
	uint32_t phnum, phentsize, shnum, shentsize, ehsize;
	struct msk_segment *segs;
	size_t n_segs;
	size_t n_head;                 /* 0: not read so far */
	unsigned char head[MSK_ELF_HEAD];
};

/* Read identification and program headers into *s (to be released, whatever comes of it) and the same facts of *e.
 * Fails as msk_elf_read. */
int msk_elf_source_open(const struct msk_rofile *f, const char *name, struct msk_elf_source *s, struct msk_elf *e,
			struct msk_err *err);
void msk_elf_source_release(struct msk_elf_source *s);
/* Do n bytes at offset lie in the file? */
bool msk_elf_source_holds(const struct msk_elf_source *s, uint64_t offset, uint64_t n);
/* Read the head. Fails: MSK_E_IO. */
int msk_elf_source_begin(struct msk_elf_source *s, struct msk_err *err);
/* Read exactly n bytes that the file holds. Fails: MSK_E_IO, also when the file has shrunk. */
int msk_elf_source_read(const struct msk_elf_source *s, uint64_t offset, void *buf, size_t n,
			struct msk_err *err);
/* Where address `vaddr` lies in the file, and how many bytes of its segment follow; false when nowhere. */
bool msk_elf_source_locate(const struct msk_elf_source *s, uint64_t vaddr, uint64_t *offset, uint64_t *room);
/* Numbers in the file's byte order; word is 4 or 8 bytes by its class. */
uint16_t msk_elf_source_u16(const struct msk_elf_source *s, const unsigned char *p);
uint32_t msk_elf_source_u32(const struct msk_elf_source *s, const unsigned char *p);
uint64_t msk_elf_source_u64(const struct msk_elf_source *s, const unsigned char *p);
uint64_t msk_elf_source_word(const struct msk_elf_source *s, const unsigned char *p);

/* `<name>: not an ELF file (...)` by what the file starts with; always -1. */
int msk_fail_not_elf(const struct msk_rofile *f, const char *name, struct msk_err *err);

/* Entries of PT_DYNAMIC in turn; none when there is no such segment. Stops with -1 where `take` does.
 * Fails: MSK_E_INPUT, MSK_E_IO. */
typedef int msk_dynamic_taker(void *ctx, uint64_t tag, uint64_t value, struct msk_err *err);
int msk_dynamic_walk(const struct msk_elf_source *s, msk_dynamic_taker *take, void *ctx, struct msk_err *err);
/* PT_DYNAMIC: needed, soname, search paths, flags. Fails: MSK_E_INPUT, MSK_E_IO. */
int msk_dynamic_read(const struct msk_elf_source *s, struct msk_elf *e, struct msk_err *err);

/* Facts that a sound file may lack: what is malformed here counts as absent. Fail: MSK_E_IO alone. */
int msk_notes_read(const struct msk_elf_source *s, struct msk_elf *e, struct msk_err *err);
int msk_golang_read(const struct msk_elf_source *s, struct msk_elf *e, struct msk_err *err);
/* Tag_CPU_arch of .ARM.attributes; -1 when there is none. */
int msk_attributes_read(const struct msk_elf_source *s, int *cpu_arch, struct msk_err *err);

/* The section headers, when they are sound; the rest of *l is left alone. Fails: MSK_E_IO alone. */
int msk_layout_sections(const struct msk_elf_source *s, struct msk_elf_layout *l, struct msk_err *err);

/* The JSON of one .note.dlopen. What is malformed is left out, and the first fault is kept in e->note_fault. */
void msk_dlopen_note_add(struct msk_elf *e, const unsigned char *json, size_t n);
void msk_note_fault(struct msk_elf *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void msk_dlopen_release(struct msk_dlopen *d);

/* From class, machine, flags, notes, attributes and build info to the platform. */
void msk_elf_set_platform(struct msk_elf *e, int cpu_arch);
/* The byte order a machine has when it has only one: 'L', 'B', or 0. */
char msk_machine_order(uint16_t machine);

#endif
