#include <elf.h>
#include <libelf.h>
#include <string.h>

#include "parse.h"

/* libelf serves as the translator of records between byte orders and never sees the file: it trusts offsets and
 * counts more than a stranger's file deserves, so reading and checking them is done here. */

const char *msk_elf_search_path(const struct msk_elf *e)
{
	return e->runpath ? e->runpath : e->rpath;
}

struct msk_elf msk_elf_share(struct msk_elf *e)
{
	if (!e->owners) {
		e->owners = msk_xmalloc(sizeof *e->owners);
		*e->owners = 1;
	}
	++*e->owners;
	return *e;
}

static void free_facts(struct msk_elf *e)
{
	free(e->owners);
	free(e->interp);
	free(e->need_kinds);
	free(e->soname);
	free(e->rpath);
	free(e->runpath);
	free(e->audit);
	free(e->go_version);
	free(e->go_info);
	msk_strv_release(&e->needed);
	for (size_t i = 0; i < e->n_dlopens; i++)
		msk_dlopen_release(&e->dlopens[i]);
	free(e->dlopens);
	free(e->note_fault);
}

void msk_elf_release(struct msk_elf *e)
{
	if (!e->owners || --*e->owners == 0)
		free_facts(e);
	*e = (struct msk_elf){ 0 };
}

/* Bring n bytes of records from the file's byte order to ours, in place. */
static void translate(const struct msk_elf_source *s, Elf_Type type, void *buf, size_t n)
{
	Elf_Data d = { .d_buf = buf, .d_size = n, .d_type = type, .d_version = EV_CURRENT };
	unsigned order = s->big_endian ? ELFDATA2MSB : ELFDATA2LSB;

	elf_version(EV_CURRENT);
	if (s->is64)
		elf64_xlatetom(&d, &d, order);
	else
		elf32_xlatetom(&d, &d, order);
}

static unsigned long long end_of(uint64_t offset, uint64_t n)
{
	return offset + n < offset ? UINT64_MAX : offset + n;
}

static int check_ident(const unsigned char *id, const char *name, struct msk_err *err)
{
	if (id[EI_CLASS] != ELFCLASS32 && id[EI_CLASS] != ELFCLASS64)
		return msk_fail(err, MSK_E_INPUT, "%s: unknown ELF class %u", name, id[EI_CLASS]);
	if (id[EI_DATA] != ELFDATA2LSB && id[EI_DATA] != ELFDATA2MSB)
		return msk_fail(err, MSK_E_INPUT, "%s: unknown ELF byte order %u", name, id[EI_DATA]);
	if (id[EI_VERSION] != EV_CURRENT)
		return msk_fail(err, MSK_E_INPUT, "%s: unknown ELF version %u", name, id[EI_VERSION]);
	return 0;
}

#define TAKE_HEADER(s, e, h) \
	do { \
		(e)->type = (h).e_type; \
		(e)->machine = (h).e_machine; \
		(e)->flags = (h).e_flags; \
		(s)->entry = (h).e_entry; \
		(s)->phoff = (h).e_phoff; \
		(s)->shoff = (h).e_shoff; \
		(s)->phnum = (h).e_phnum; \
		(s)->phentsize = (h).e_phentsize; \
		(s)->shnum = (h).e_shnum; \
		(s)->shentsize = (h).e_shentsize; \
		(s)->ehsize = (h).e_ehsize; \
		version = (h).e_version; \
	} while (0)

static int check_order(const struct msk_elf_source *s, const struct msk_elf *e, uint32_t version,
		       struct msk_err *err)
{
	char order = msk_machine_order(e->machine);
	struct msk_elf right = { .elf_class = e->elf_class, .machine = e->machine, .big_endian = !s->big_endian };

	if (version == __builtin_bswap32(EV_CURRENT))
		return msk_fail(err, MSK_E_INPUT, "%s: marked as %s-endian, but written the other way round", s->name,
				s->big_endian ? "big" : "little");
	if (version != EV_CURRENT)
		return msk_fail(err, MSK_E_INPUT, "%s: unknown ELF version %u", s->name, version);
	if (order && (order == 'B') != s->big_endian)
		return msk_fail(err, MSK_E_INPUT, "%s: marked as %s-endian, which %s never is", s->name,
				s->big_endian ? "big" : "little", msk_elf_machine_name(&right));
	return 0;
}

/* No loader looks at section headers, and tools that drop them leave no trace of them: a file that ends before they do was
 * cut, as by a copy that was broken off. */
static void find_cut(const struct msk_elf_source *s, struct msk_elf *e)
{
	uint64_t end = end_of(s->shoff, (uint64_t)s->shnum * s->shentsize);

	if (s->shoff && s->shnum && end > s->file->size)
		e->cut_end = end;
}

static int read_header(struct msk_elf_source *s, struct msk_elf *e, struct msk_err *err)
{
	union {
		unsigned char id[EI_NIDENT];
		Elf32_Ehdr h32;
		Elf64_Ehdr h64;
	} h = { { 0 } };
	size_t size, got;
	uint32_t version;

	if (msk_elf_source_begin(s, err) < 0)
		return -1;
	got = s->n_head < sizeof h ? s->n_head : sizeof h;
	memcpy(&h, s->head, got);
	size = h.id[EI_CLASS] == ELFCLASS32 ? sizeof h.h32 : sizeof h.h64;
	if (got < SELFMAG || memcmp(h.id, ELFMAG, SELFMAG) != 0)
		return msk_fail_not_elf(s->file, s->name, err);
	if (got >= EI_NIDENT && check_ident(h.id, s->name, err) < 0)
		return -1;
	if (got < size)
		return msk_fail(err, MSK_E_INPUT, "%s: ELF header is truncated (%zu of %zu bytes)", s->name, got, size);
	s->is64 = h.id[EI_CLASS] == ELFCLASS64;
	s->big_endian = e->big_endian = h.id[EI_DATA] == ELFDATA2MSB;
	e->elf_class = s->is64 ? 64 : 32;
	e->osabi = h.id[EI_OSABI];
	e->abiversion = h.id[EI_ABIVERSION];
	for (size_t i = EI_PAD; i < EI_NIDENT; i++)
		e->padded = e->padded || h.id[i];
	translate(s, ELF_T_EHDR, &h, size);
	if (s->is64)
		TAKE_HEADER(s, e, h.h64);
	else
		TAKE_HEADER(s, e, h.h32);
	find_cut(s, e);
	return check_order(s, e, version, err);
}

static int check_type(const struct msk_elf_source *s, const struct msk_elf *e, struct msk_err *err)
{
	switch (e->type) {
	case ET_EXEC: case ET_DYN:
		break;
	case ET_REL:
		msk_fail(err, MSK_E_INPUT, "%s: relocatable object, not a program", s->name);
		return msk_hint(err, "link it into a program first");
	case ET_CORE:
		return msk_fail(err, MSK_E_INPUT, "%s: core dump, not a program", s->name);
	default:
		return msk_fail(err, MSK_E_INPUT, "%s: unknown ELF type %u", s->name, e->type);
	}
	if (s->ehsize != (s->is64 ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
		return msk_fail(err, MSK_E_INPUT, "%s: ELF header size is %u, expected %u", s->name, s->ehsize,
				s->is64 ? 64u : 52u);
	return 0;
}

#define TAKE_SEGMENT(g, p) \
	(*(g) = (struct msk_segment){ (p).p_type, (p).p_flags, (p).p_offset, (p).p_vaddr, (p).p_filesz, (p).p_memsz, \
				      (p).p_align })

static void take_segments(struct msk_elf_source *s, unsigned char *buf, size_t n)
{
	translate(s, ELF_T_PHDR, buf, n);
	s->segs = msk_xcalloc(s->phnum, sizeof *s->segs);
	for (; s->n_segs < s->phnum; s->n_segs++) {
		struct msk_segment *g = &s->segs[s->n_segs];
		Elf32_Phdr p32;
		Elf64_Phdr p64;

		if (s->is64) {
			memcpy(&p64, buf + s->n_segs * sizeof p64, sizeof p64);
			TAKE_SEGMENT(g, p64);
		} else {
			memcpy(&p32, buf + s->n_segs * sizeof p32, sizeof p32);
			TAKE_SEGMENT(g, p32);
		}
	}
}

static int read_segments(struct msk_elf_source *s, struct msk_err *err)
{
	uint32_t entry = s->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
	size_t n = (size_t)s->phnum * entry;
	MSK_AUTO_FREE unsigned char *buf = NULL;

	if (s->phnum == 0)
		return msk_fail(err, MSK_E_INPUT, "%s: has no program headers", s->name);
	if (s->phentsize != entry)
		return msk_fail(err, MSK_E_INPUT, "%s: program header entry size is %u, expected %u", s->name,
				s->phentsize, entry);
	/* PN_XNUM (0xffff) would send us to section 0 for the count; no loader takes that many. */
	if (n > MSK_ELF_MAX_PHDRS)
		return msk_fail(err, MSK_E_INPUT, "%s: too many program headers (%u vs %u)", s->name, s->phnum,
				MSK_ELF_MAX_PHDRS / entry);
	if (!msk_elf_source_holds(s, s->phoff, n))
		return msk_fail(err, MSK_E_INPUT, "%s: program headers end at %llu, file has %llu bytes", s->name,
				end_of(s->phoff, n), (unsigned long long)s->file->size);
	buf = msk_xmalloc(n);
	if (msk_elf_source_read(s, s->phoff, buf, n, err) < 0)
		return -1;
	take_segments(s, buf, n);
	return 0;
}

/* Separate debug information keeps the program headers but none of the bytes they speak of. */
static bool is_debug_file(const struct msk_elf_source *s)
{
	bool any_load = false, any_bytes = false;

	for (size_t i = 0; i < s->n_segs; i++) {
		const struct msk_segment *g = &s->segs[i];

		if ((g->type == PT_INTERP || g->type == PT_DYNAMIC) && g->filesz == 0)
			return true;
		any_load = any_load || (g->type == PT_LOAD && g->memsz);
		any_bytes = any_bytes || (g->type == PT_LOAD && g->filesz);
	}
	return any_load && !any_bytes;
}

/* The most that any Linux kernel leaves to programs (TASK_SIZE), to which it holds each segment: a half of 57 bits, where the
 * other is its own, but for a few machines. */
static uint64_t address_space(const struct msk_elf_source *s, unsigned machine)
{
	if (!s->is64)
		return (uint64_t)1 << 32;
	return machine == EM_S390 || machine == EM_SPARCV9 || machine == EM_IA_64 ? UINT64_MAX : (uint64_t)1 << 56;
}

static int check_load(const struct msk_elf_source *s, unsigned machine, const struct msk_segment *g, struct msk_err *err)
{
	if (g->filesz > g->memsz)
		return msk_fail(err, MSK_E_INPUT, "%s: segment at offset %llu is larger in the file than in memory "
				"(%llu vs %llu bytes)", s->name, (unsigned long long)g->offset,
				(unsigned long long)g->filesz, (unsigned long long)g->memsz);
	if (g->filesz && !msk_elf_source_holds(s, g->offset, g->filesz))
		return msk_fail(err, MSK_E_INPUT, "%s: truncated: segment ends at %llu, file has %llu bytes", s->name,
				end_of(g->offset, g->filesz), (unsigned long long)s->file->size);
	if (g->vaddr + g->memsz < g->vaddr)
		return msk_fail(err, MSK_E_INPUT, "%s: segment at 0x%llx wraps round the address space", s->name,
				(unsigned long long)g->vaddr);
	if (g->vaddr + g->memsz > address_space(s, machine))
		return msk_fail(err, MSK_E_INPUT, "%s: segment at 0x%llx takes %llu bytes, beyond what a kernel maps", s->name,
				(unsigned long long)g->vaddr, (unsigned long long)g->memsz);
	if (g->align > 1 && (g->align & (g->align - 1)) == 0 && ((g->vaddr - g->offset) & (g->align - 1)))
		return msk_fail(err, MSK_E_INPUT, "%s: segment at 0x%llx lies at offset 0x%llx, which its alignment "
				"0x%llx rules out", s->name, (unsigned long long)g->vaddr,
				(unsigned long long)g->offset, (unsigned long long)g->align);
	return 0;
}

static int check_segments(const struct msk_elf_source *s, unsigned machine, struct msk_err *err)
{
	size_t loads = 0;

	if (is_debug_file(s))
		return msk_fail(err, MSK_E_INPUT, "%s: separate debug information, not a program", s->name);
	for (size_t i = 0; i < s->n_segs; i++) {
		if (s->segs[i].type != PT_LOAD)
			continue;
		loads++;
		if (check_load(s, machine, &s->segs[i], err) < 0)
			return -1;
	}
	if (loads == 0)
		return msk_fail(err, MSK_E_INPUT, "%s: has no segment to load", s->name);
	return 0;
}

/* The kernel takes the first PT_INTERP, of 2 to PATH_MAX bytes with a NUL as the last. */
static int read_interp(const struct msk_elf_source *s, struct msk_elf *e, struct msk_err *err)
{
	const struct msk_segment *g = NULL;
	char path[MSK_MAX_PATH + 1];

	for (size_t i = 0; i < s->n_segs && !g; i++)
		if (s->segs[i].type == PT_INTERP)
			g = &s->segs[i];
	if (!g)
		return 0;
	if (g->filesz < 2 || g->filesz > sizeof path)
		return msk_fail(err, MSK_E_INPUT, "%s: path of its loader has %llu bytes (allowed: 2 to %zu)", s->name,
				(unsigned long long)g->filesz, sizeof path);
	if (!msk_elf_source_holds(s, g->offset, g->filesz))
		return msk_fail(err, MSK_E_INPUT, "%s: path of its loader ends at %llu, file has %llu bytes", s->name,
				end_of(g->offset, g->filesz), (unsigned long long)s->file->size);
	if (msk_elf_source_read(s, g->offset, path, g->filesz, err) < 0)
		return -1;
	if (path[g->filesz - 1] != '\0')
		return msk_fail(err, MSK_E_INPUT, "%s: path of its loader is not terminated", s->name);
	if (path[0] != '/')
		return msk_fail(err, MSK_E_INPUT, "%s: path of its loader \"%s\" is not absolute", s->name, path);
	e->interp = msk_xstrdup(path);
	return 0;
}

/* DF_1_PIE, DT_SONAME and DT_NEEDED tell libraries from programs that need no loader. */
static enum msk_linkage linkage_of(const struct msk_elf_source *s, const struct msk_elf *e)
{
	if (e->interp)
		return MSK_ELF_DYNAMIC;
	if (e->type == ET_EXEC)
		return MSK_ELF_STATIC;
	if (e->pie)
		return MSK_ELF_STATIC_PIE;
	if (e->needed.n || e->soname)
		return MSK_ELF_LIBRARY;
	for (size_t i = 0; i < s->n_segs; i++) {
		const struct msk_segment *g = &s->segs[i];

		/* Linkers older than DF_1_PIE leave no better sign than an entry point. */
		if (g->type == PT_LOAD && (g->flags & PF_X) && s->entry && s->entry >= g->vaddr &&
		    s->entry - g->vaddr < g->filesz)
			return MSK_ELF_STATIC_PIE;
	}
	return MSK_ELF_LIBRARY;
}

/* Without PT_GNU_STACK the stack of these machines is what it was before there was one. */
static bool stack_executes_by_default(uint16_t machine)
{
	return machine == EM_X86_64 || machine == EM_386 || machine == EM_ARM;
}

static void take_protection(const struct msk_elf_source *s, struct msk_elf *e)
{
	const uint32_t both = PF_W | PF_X;
	bool told = false;

	for (size_t i = 0; i < s->n_segs; i++) {
		const struct msk_segment *g = &s->segs[i];

		if (g->type == PT_GNU_STACK) {
			told = true;
			e->exec_stack = g->flags & PF_X;
		}
		e->writable_code = e->writable_code || (g->type == PT_LOAD && (g->flags & both) == both);
	}
	if (!told)
		e->exec_stack = stack_executes_by_default(e->machine);
}

static int read_platform(const struct msk_elf_source *s, bool by_language, struct msk_elf *e, struct msk_err *err)
{
	int cpu_arch = -1;

	memcpy(e->platform.os, "linux", sizeof "linux");
	if (msk_notes_read(s, e, err) < 0)
		return -1;
	if (e->machine == EM_ARM && msk_attributes_read(s, &cpu_arch, err) < 0)
		return -1;
	if (by_language && e->linkage != MSK_ELF_LIBRARY && msk_golang_read(s, e, err) < 0)
		return -1;
	msk_elf_set_platform(e, cpu_arch);
	return 0;
}

int msk_elf_read_header(const struct msk_rofile *f, const char *name, struct msk_elf *out, struct msk_err *err)
{
	struct msk_elf_source s = { .file = f, .name = name };
	struct msk_elf e = { 0 };

	if (read_header(&s, &e, err) < 0)
		return -1;
	*out = e;
	return 0;
}

int msk_elf_source_open(const struct msk_rofile *f, const char *name, struct msk_elf_source *s, struct msk_elf *e,
			struct msk_err *err)
{
	*s = (struct msk_elf_source){ .file = f, .name = name };
	if (read_header(s, e, err) < 0 || check_type(s, e, err) < 0 || read_segments(s, err) < 0)
		return -1;
	return check_segments(s, e->machine, err);
}

static int read_facts(const struct msk_rofile *f, const char *name, bool by_language, struct msk_elf *out,
		      struct msk_err *err)
{
	MSK_CLEANUP(msk_elf_source_release) struct msk_elf_source s = { .segs = NULL };
	MSK_CLEANUP(msk_elf_release) struct msk_elf e = { 0 };

	if (msk_elf_source_open(f, name, &s, &e, err) < 0 || read_interp(&s, &e, err) < 0 ||
	    msk_dynamic_read(&s, &e, err) < 0)
		return -1;
	e.linkage = linkage_of(&s, &e);
	take_protection(&s, &e);
	if (read_platform(&s, by_language, &e, err) < 0)
		return -1;
	*out = e;
	e = (struct msk_elf){ 0 };
	return 0;
}

int msk_elf_read(const struct msk_rofile *f, const char *name, struct msk_elf *out, struct msk_err *err)
{
	return read_facts(f, name, true, out, err);
}

int msk_elf_read_links(const struct msk_rofile *f, const char *name, struct msk_elf *out, struct msk_err *err)
{
	return read_facts(f, name, false, out, err);
}
