/* ELF files made byte by byte, of any class and byte order: what no compiler at hand would write. */
#ifndef TEST_FAKE_ELF_H
#define TEST_FAKE_ELF_H

#include <assert.h>
#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/elf.h"

#define FAKE_ROOM   65536
#define FAKE_NEEDED 8

struct fake_file;

struct fake {
	unsigned elf_class;             /* 64 unless given */
	bool big;
	uint16_t machine, type;         /* EM_X86_64, ET_DYN unless given */
	uint32_t flags;
	uint8_t osabi, abiversion;
	const char *interp, *soname, *rpath, *runpath, *filter, *auxiliary;
	const char *needed[FAKE_NEEDED];
	uint64_t flags_1, entry;
	const void *note;               /* contents of a PT_NOTE; numbers in the file's order are the caller's */
	size_t note_size;
	unsigned note_align;            /* 8, for 32 bits 4, unless given */
	const void *tail;               /* in a writable segment of its own, 16-aligned */
	size_t tail_size;
	bool no_dynamic;
	void (*tables)(struct fake_file *f);    /* adds what it likes: fake_bytes, fake_name, fake_extra */
};

#define FAKE_EXTRA 32

struct fake_file {
	unsigned char b[FAKE_ROOM];
	size_t n, size_at_phdrs, dynamic, strings, tail;
	unsigned n_phdrs, n_dynamic;
	bool is64, big;
	/* while it is made */
	unsigned char names[4096];
	size_t n_names;
	struct { uint64_t tag, value; } extra[FAKE_EXTRA];
	unsigned n_extra;
};

static inline void fake_put(struct fake_file *f, size_t at, uint64_t v, unsigned width)
{
	assert(at + width <= sizeof f->b);
	for (unsigned i = 0; i < width; i++)
		f->b[at + (f->big ? width - 1 - i : i)] = (unsigned char)(v >> (8 * i));
}

static inline void fake_word(struct fake_file *f, size_t at, uint64_t v)
{
	fake_put(f, at, v, f->is64 ? 8 : 4);
}

static inline uint64_t fake_name(struct fake_file *f, const char *s)
{
	size_t n = strlen(s) + 1, at = f->n_names;

	assert(at + n <= sizeof f->names);
	memcpy(f->names + at, s, n);
	f->n_names += n;
	return at;
}

static inline void fake_tag(struct fake_file *f, uint64_t tag, uint64_t value)
{
	size_t word = f->is64 ? 8 : 4, at = f->dynamic + 2 * word * f->n_dynamic++;

	fake_word(f, at, tag);
	fake_word(f, at + word, value);
}

/* A tag for the dynamic section that is yet to be written. */
static inline void fake_extra(struct fake_file *f, uint64_t tag, uint64_t value)
{
	assert(f->n_extra < FAKE_EXTRA);
	f->extra[f->n_extra].tag = tag;
	f->extra[f->n_extra++].value = value;
}

/* A program header; the file is mapped at address 0, so offsets are addresses. */
static inline void fake_segment(struct fake_file *f, uint32_t type, uint32_t flags, uint64_t at, uint64_t n, uint64_t align)
{
	size_t p = f->size_at_phdrs + (f->is64 ? 56u : 32u) * f->n_phdrs++;
	const uint64_t v64[] = { at, at, at, n, n, align }, v32[] = { at, at, at, n, n, flags, align };

	fake_put(f, p, type, 4);
	if (f->is64) {
		fake_put(f, p + 4, flags, 4);
		for (unsigned i = 0; i < 6; i++)
			fake_put(f, p + 8 + 8 * i, v64[i], 8);
	} else {
		for (unsigned i = 0; i < 7; i++)
			fake_put(f, p + 4 + 4 * i, v32[i], 4);
	}
}

static inline size_t fake_bytes(struct fake_file *f, const void *p, size_t n, size_t align)
{
	size_t at = (f->n + align - 1) / align * align;

	assert(at + n <= sizeof f->b);
	memcpy(f->b + at, p, n);
	f->n = at + n;
	return at;
}

static inline void fake_header(struct fake_file *f, const struct fake *s)
{
	size_t word = f->is64 ? 8 : 4, at = 24 + 3 * word;

	memcpy(f->b, ELFMAG, SELFMAG);
	f->b[EI_CLASS] = f->is64 ? ELFCLASS64 : ELFCLASS32;
	f->b[EI_DATA] = f->big ? ELFDATA2MSB : ELFDATA2LSB;
	f->b[EI_VERSION] = EV_CURRENT;
	f->b[EI_OSABI] = s->osabi;
	f->b[EI_ABIVERSION] = s->abiversion;
	fake_put(f, 16, s->type ? s->type : ET_DYN, 2);
	fake_put(f, 18, s->machine ? s->machine : EM_X86_64, 2);
	fake_put(f, 20, EV_CURRENT, 4);
	fake_word(f, 24, s->entry);
	fake_word(f, 24 + word, f->size_at_phdrs);
	fake_put(f, at, s->flags, 4);
	fake_put(f, at + 4, f->is64 ? 64 : 52, 2);
	fake_put(f, at + 6, f->is64 ? 56 : 32, 2);
	fake_put(f, at + 8, f->n_phdrs, 2);
	fake_put(f, at + 10, f->is64 ? 64 : 40, 2);
}

static inline void fake_dynamic(struct fake_file *f, const struct fake *s)
{
	f->dynamic = (f->n + 15) / 16 * 16;
	for (unsigned i = 0; i < FAKE_NEEDED && s->needed[i]; i++)
		fake_tag(f, DT_NEEDED, fake_name(f, s->needed[i]));
	if (s->filter)
		fake_tag(f, DT_FILTER, fake_name(f, s->filter));
	if (s->auxiliary)
		fake_tag(f, DT_AUXILIARY, fake_name(f, s->auxiliary));
	if (s->soname)
		fake_tag(f, DT_SONAME, fake_name(f, s->soname));
	if (s->rpath)
		fake_tag(f, DT_RPATH, fake_name(f, s->rpath));
	if (s->runpath)
		fake_tag(f, DT_RUNPATH, fake_name(f, s->runpath));
	if (s->flags_1)
		fake_tag(f, DT_FLAGS_1, s->flags_1);
	for (unsigned i = 0; i < f->n_extra; i++)
		fake_tag(f, f->extra[i].tag, f->extra[i].value);
	f->strings = f->dynamic + (f->n_dynamic + 3) * (f->is64 ? 16u : 8u);
	fake_tag(f, DT_STRTAB, f->strings);
	fake_tag(f, DT_STRSZ, f->n_names);
	fake_tag(f, DT_NULL, 0);
	fake_segment(f, PT_DYNAMIC, PF_R, f->dynamic, f->strings - f->dynamic, 8);
	f->n = f->strings;
	fake_bytes(f, f->names, f->n_names, 1);
}

static inline void fake_make(struct fake_file *f, const struct fake *s)
{
	memset(f, 0, sizeof *f);
	f->is64 = s->elf_class != 32;
	f->big = s->big;
	f->size_at_phdrs = f->is64 ? 64 : 52;
	f->n = f->size_at_phdrs + 6 * 56;
	fake_segment(f, PT_LOAD, PF_R | PF_X, 0, 0, 16);
	if (s->interp)
		fake_segment(f, PT_INTERP, PF_R, fake_bytes(f, s->interp, strlen(s->interp) + 1, 1), strlen(s->interp) + 1,
			     1);
	if (s->note)
		fake_segment(f, PT_NOTE, PF_R, fake_bytes(f, s->note, s->note_size, 8), s->note_size,
			     s->note_align ? s->note_align : f->is64 ? 8 : 4);
	fake_name(f, "");
	if (s->tables)
		s->tables(f);
	if (!s->no_dynamic)
		fake_dynamic(f, s);
	if (s->tail) {
		f->tail = fake_bytes(f, s->tail, s->tail_size, 16);
		fake_segment(f, PT_LOAD, PF_R | PF_W, f->tail, s->tail_size, 16);
	}
	fake_header(f, s);
	/* The first segment covers the whole file: fill in its sizes. */
	fake_word(f, f->size_at_phdrs + (f->is64 ? 32 : 16), f->n);
	fake_word(f, f->size_at_phdrs + (f->is64 ? 40 : 20), f->n);
}

/* The bytes as an open file in memory. */
static inline struct msk_rofile fake_open(const void *bytes, size_t n)
{
	int fd = memfd_create("fake", MFD_CLOEXEC);
	ssize_t put = write(fd, bytes, n);

	assert(fd >= 0 && put == (ssize_t)n);
	(void)put;
	return (struct msk_rofile){ .fd = fd, .mode = S_IFREG | 0755, .size = n, .dev = 1, .ino = 1 };
}

#endif
