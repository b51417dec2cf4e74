#include "mkscratch/elf.h"

#include <errno.h>
#include <gelf.h>
#include <string.h>

#include "kind.h"
#include "image_file.h"
#include "mkscratch/fs.h"

#define MAX_PHDRS   4096u
#define MAX_DYNAMIC (1u << 20)      /* entries */
#define MAX_STRING  4096u

/* An ELF file being read by libelf. */
struct reader {
	struct msk_image_file i;     /* what the other readers may see of it */
	Elf *elf;
	GElf_Ehdr ehdr;
	uint64_t strtab, strsz;      /* string table: offset in the file and size */
};

void msk_elf_release(struct msk_elf *e)
{
	free(e->interp);
	free(e->soname);
	free(e->rpath);
	free(e->runpath);
	msk_strv_release(&e->needed);
	*e = (struct msk_elf){ 0 };
}

static void reader_release(struct reader *r)
{
	elf_end(r->elf);
	free(r->i.segments);
}

static bool inside(const struct reader *r, uint64_t offset, uint64_t size)
{
	return offset <= r->i.f->size && size <= r->i.f->size - offset;
}

/* The identification and sizes that libelf takes on trust. */
static int check_ident(struct reader *r, struct msk_elf *out, struct msk_err *err)
{
	unsigned char head[64] = { 0 };
	ssize_t n = msk_pread_full(r->i.f->fd, head, sizeof head, 0, r->i.name, err);
	size_t want;

	if (n < 0)
		return -1;
	if (n < 4 || memcmp(head, ELFMAG, SELFMAG) != 0)
		return msk_refuse_no_elf(r->i.name, head, (size_t)n, r->i.f->size, err);
	want = n > EI_CLASS && head[EI_CLASS] == ELFCLASS32 ? sizeof(Elf32_Ehdr) : sizeof(Elf64_Ehdr);
	if ((size_t)n < want)
		return msk_fail(err, MSK_E_INPUT, "%s: ELF header is truncated (%zd of %zu bytes)", r->i.name, n, want);
	if (head[EI_CLASS] != ELFCLASS32 && head[EI_CLASS] != ELFCLASS64)
		return msk_fail(err, MSK_E_INPUT, "%s: ELF class is %u, expected 1 or 2", r->i.name, head[EI_CLASS]);
	if (head[EI_DATA] != ELFDATA2LSB && head[EI_DATA] != ELFDATA2MSB)
		return msk_fail(err, MSK_E_INPUT, "%s: ELF byte order is %u, expected 1 or 2", r->i.name, head[EI_DATA]);
	if (head[EI_VERSION] != EV_CURRENT)
		return msk_fail(err, MSK_E_INPUT, "%s: ELF version is %u, expected 1", r->i.name, head[EI_VERSION]);
	out->elf_class = head[EI_CLASS] == ELFCLASS64 ? 64 : 32;
	out->big_endian = head[EI_DATA] == ELFDATA2MSB;
	out->osabi = head[EI_OSABI];
	return 0;
}

static int open_elf(struct reader *r, struct msk_elf *out, struct msk_err *err)
{
	elf_version(EV_CURRENT);
	/* ELF_C_READ: pieces are read when asked for; nothing is mapped. */
	r->elf = elf_begin(r->i.f->fd, ELF_C_READ, NULL);
	if (!r->elf || elf_kind(r->elf) != ELF_K_ELF || !gelf_getehdr(r->elf, &r->ehdr))
		return msk_fail(err, MSK_E_INPUT, "%s: ELF header cannot be read (%s)", r->i.name, elf_errmsg(-1));
	out->machine = r->ehdr.e_machine;
	out->type = r->ehdr.e_type;
	out->flags = r->ehdr.e_flags;
	return 0;
}

static int check_type(const struct reader *r, struct msk_err *err)
{
	switch (r->ehdr.e_type) {
	case ET_EXEC: case ET_DYN:
		return 0;
	case ET_REL:
		msk_fail(err, MSK_E_INPUT, "%s: relocatable object, not a program", r->i.name);
		return msk_hint(err, "link it first: cc -o app %s", r->i.name);
	case ET_CORE:
		return msk_fail(err, MSK_E_INPUT, "%s: core dump, not a program", r->i.name);
	default:
		return msk_fail(err, MSK_E_INPUT, "%s: ELF type is %u, expected 2 or 3", r->i.name, r->ehdr.e_type);
	}
}

static int read_phdrs(struct reader *r, const struct msk_elf *e, struct msk_err *err)
{
	size_t entry = gelf_fsize(r->elf, ELF_T_PHDR, 1, EV_CURRENT);
	uint64_t n = r->ehdr.e_phnum;
	Elf_Data *data;

	if (n == 0)
		return msk_fail(err, MSK_E_INPUT, "%s: no program headers, nothing to load", r->i.name);
	if (r->ehdr.e_phentsize != entry)
		return msk_fail(err, MSK_E_INPUT, "%s: program header entry size is %u, expected %zu", r->i.name,
				r->ehdr.e_phentsize, entry);
	if (n > MAX_PHDRS)
		return msk_fail(err, MSK_E_INPUT, "%s: too many program headers (%llu vs %u)", r->i.name,
				(unsigned long long)n, MAX_PHDRS);
	if (!inside(r, r->ehdr.e_phoff, n * entry))
		return msk_fail(err, MSK_E_INPUT, "%s: program headers end at %llu, file has %llu bytes", r->i.name,
				(unsigned long long)(r->ehdr.e_phoff + n * entry), (unsigned long long)r->i.f->size);
	data = elf_getdata_rawchunk(r->elf, (int64_t)r->ehdr.e_phoff, n * entry, ELF_T_PHDR);
	if (!data)
		return msk_fail(err, MSK_E_INPUT, "%s: program headers cannot be read (%s)", r->i.name, elf_errmsg(-1));
	r->i.segments = msk_xcalloc((size_t)n, sizeof *r->i.segments);
	r->i.n_segments = n;
	for (size_t i = 0; i < n; i++) {
		const Elf32_Phdr *p32 = (const Elf32_Phdr *)data->d_buf + i;
		const Elf64_Phdr *p64 = (const Elf64_Phdr *)data->d_buf + i;

		if (e->elf_class == 64)
			r->i.segments[i] = (struct msk_segment){ p64->p_type, p64->p_flags, p64->p_offset, p64->p_vaddr,
								 p64->p_filesz, p64->p_memsz };
		else
			r->i.segments[i] = (struct msk_segment){ p32->p_type, p32->p_flags, p32->p_offset, p32->p_vaddr,
								 p32->p_filesz, p32->p_memsz };
	}
	return 0;
}

static const struct msk_segment *find_phdr(const struct reader *r, uint32_t type)
{
	for (size_t i = 0; i < r->i.n_segments; i++)
		if (r->i.segments[i].type == type)
			return &r->i.segments[i];
	return NULL;
}

static int check_loads(const struct reader *r, struct msk_err *err)
{
	bool any = false;

	for (size_t i = 0; i < r->i.n_segments; i++) {
		const struct msk_segment *p = &r->i.segments[i];

		if (p->type != PT_LOAD)
			continue;
		any = true;
		if (!inside(r, p->offset, p->filesz))
			return msk_fail(err, MSK_E_INPUT, "%s: segment %zu ends at %llu, file has %llu bytes", r->i.name, i,
					(unsigned long long)(p->offset + p->filesz), (unsigned long long)r->i.f->size);
	}
	return any ? 0 : msk_fail(err, MSK_E_INPUT, "%s: no loadable segment", r->i.name);
}

static int read_interp(const struct reader *r, struct msk_elf *out, struct msk_err *err)
{
	const struct msk_segment *p = find_phdr(r, PT_INTERP);
	char text[MAX_STRING];
	ssize_t n;

	if (!p)
		return 0;
	if (p->filesz == 0)
		return msk_fail(err, MSK_E_INPUT, "%s: holds debug information only, not a program", r->i.name);
	if (p->filesz < 2 || p->filesz > sizeof text || !inside(r, p->offset, p->filesz))
		return msk_fail(err, MSK_E_INPUT, "%s: loader path has %llu bytes (2 to %zu are allowed)", r->i.name,
				(unsigned long long)p->filesz, sizeof text);
	n = msk_pread_full(r->i.f->fd, text, (size_t)p->filesz, p->offset, r->i.name, err);
	if (n < 0)
		return -1;
	if ((uint64_t)n != p->filesz || text[n - 1] != '\0')
		return msk_fail(err, MSK_E_INPUT, "%s: loader path is not terminated", r->i.name);
	if (text[0] != '/')
		return msk_fail(err, MSK_E_INPUT, "%s: loader path \"%s\" is not absolute", r->i.name, text);
	out->interp = msk_xstrdup(text);
	return 0;
}

/* What the dynamic section says, before strings are looked up. The last of a single-valued tag wins. */
struct dynamic {
	uint64_t strtab, strsz, soname, rpath, runpath, flags, flags_1;
	bool has_strtab, has_soname, has_rpath, has_runpath, bind_now;
	uint64_t *needed;
	size_t n_needed, cap_needed;
};

static void dynamic_release(struct dynamic *d)
{
	free(d->needed);
}

static void note_tag(struct dynamic *d, int64_t tag, uint64_t value)
{
	switch (tag) {
	case DT_NEEDED:
		if (d->n_needed <= MSK_ELF_MAX_NEEDED) {
			MSK_GROW(d->needed, d->n_needed, d->cap_needed);
			d->needed[d->n_needed++] = value;
		}
		break;
	case DT_STRTAB: d->strtab = value; d->has_strtab = true; break;
	case DT_STRSZ: d->strsz = value; break;
	case DT_SONAME: d->soname = value; d->has_soname = true; break;
	case DT_RPATH: d->rpath = value; d->has_rpath = true; break;
	case DT_RUNPATH: d->runpath = value; d->has_runpath = true; break;
	case DT_FLAGS: d->flags = value; break;
	case DT_FLAGS_1: d->flags_1 = value; break;
	case DT_BIND_NOW: d->bind_now = true; break;
	}
}

static int walk_dynamic(const struct reader *r, const struct msk_elf *e, const struct msk_segment *p, struct dynamic *d,
			struct msk_err *err)
{
	size_t entry = gelf_fsize(r->elf, ELF_T_DYN, 1, EV_CURRENT);
	uint64_t n = p->filesz / entry;
	Elf_Data *data;

	if (n > MAX_DYNAMIC)
		return msk_fail(err, MSK_E_INPUT, "%s: too many dynamic entries (%llu vs %u)", r->i.name,
				(unsigned long long)n, MAX_DYNAMIC);
	if (!inside(r, p->offset, p->filesz))
		return msk_fail(err, MSK_E_INPUT, "%s: dynamic section ends at %llu, file has %llu bytes", r->i.name,
				(unsigned long long)(p->offset + p->filesz), (unsigned long long)r->i.f->size);
	data = elf_getdata_rawchunk(r->elf, (int64_t)p->offset, n * entry, ELF_T_DYN);
	if (!data)
		return msk_fail(err, MSK_E_INPUT, "%s: dynamic section cannot be read (%s)", r->i.name, elf_errmsg(-1));
	for (size_t i = 0; i < n; i++) {
		const Elf32_Dyn *d32 = (const Elf32_Dyn *)data->d_buf + i;
		const Elf64_Dyn *d64 = (const Elf64_Dyn *)data->d_buf + i;
		int64_t tag = e->elf_class == 64 ? d64->d_tag : d32->d_tag;

		if (tag == DT_NULL)
			break;
		note_tag(d, tag, e->elf_class == 64 ? d64->d_un.d_val : d32->d_un.d_val);
	}
	return 0;
}

static int find_strings(struct reader *r, const struct dynamic *d, struct msk_err *err)
{
	uint64_t left;

	if (!d->has_strtab || !msk_image_offset(&r->i, d->strtab, &r->strtab, &left))
		return msk_fail(err, MSK_E_INPUT, "%s: string table at 0x%llx is outside the file", r->i.name,
				(unsigned long long)d->strtab);
	r->strsz = d->strsz < left ? d->strsz : left;
	return 0;
}

static int read_string(const struct reader *r, const char *what, uint64_t offset, char **out, struct msk_err *err)
{
	char text[MAX_STRING + 1];
	size_t room = sizeof text - 1;
	ssize_t n;

	if (offset >= r->strsz)
		return msk_fail(err, MSK_E_INPUT, "%s: %s at offset %llu runs past the string table", r->i.name, what,
				(unsigned long long)offset);
	if (r->strsz - offset < room)
		room = (size_t)(r->strsz - offset);
	n = msk_pread_full(r->i.f->fd, text, room, r->strtab + offset, r->i.name, err);
	if (n < 0)
		return -1;
	if (!memchr(text, '\0', (size_t)n)) {
		if (room == sizeof text - 1)
			return msk_fail(err, MSK_E_INPUT, "%s: %s at offset %llu is longer than %u bytes", r->i.name, what,
					(unsigned long long)offset, MAX_STRING);
		return msk_fail(err, MSK_E_INPUT, "%s: %s at offset %llu runs past the string table", r->i.name, what,
				(unsigned long long)offset);
	}
	*out = msk_xstrdup(text);
	return 0;
}

static int read_strings(const struct reader *r, const struct dynamic *d, struct msk_elf *out, struct msk_err *err)
{
	if (d->n_needed > MSK_ELF_MAX_NEEDED)
		return msk_fail(err, MSK_E_INPUT, "%s: needs more than %u libraries", r->i.name, MSK_ELF_MAX_NEEDED);
	for (size_t i = 0; i < d->n_needed; i++) {
		char *name;

		if (read_string(r, "library name", d->needed[i], &name, err) < 0)
			return -1;
		msk_strv_push_own(&out->needed, name);
	}
	if (d->has_soname && read_string(r, "soname", d->soname, &out->soname, err) < 0)
		return -1;
	if (d->has_runpath && read_string(r, "runpath", d->runpath, &out->runpath, err) < 0)
		return -1;
	if (d->has_rpath && !d->has_runpath && read_string(r, "rpath", d->rpath, &out->rpath, err) < 0)
		return -1;
	return 0;
}

static int read_dynamic(struct reader *r, struct msk_elf *out, struct msk_err *err)
{
	const struct msk_segment *p = find_phdr(r, PT_DYNAMIC);
	MSK_CLEANUP(dynamic_release) struct dynamic d = { 0 };
	bool wants_strings;

	if (!p)
		return 0;
	if (p->filesz == 0)
		return msk_fail(err, MSK_E_INPUT, "%s: holds debug information only, not a program", r->i.name);
	if (walk_dynamic(r, out, p, &d, err) < 0)
		return -1;
	out->has_dynamic = true;
	out->nodeflib = d.flags_1 & DF_1_NODEFLIB;
	out->pie = d.flags_1 & DF_1_PIE;
	out->bind_now = d.bind_now || (d.flags & DF_BIND_NOW) || (d.flags_1 & DF_1_NOW);
	wants_strings = d.n_needed || d.has_soname || d.has_rpath || d.has_runpath;
	if (!wants_strings)
		return 0;
	return find_strings(r, &d, err) < 0 ? -1 : read_strings(r, &d, out, err);
}

static bool entry_is_executable(const struct reader *r)
{
	for (size_t i = 0; i < r->i.n_segments; i++) {
		const struct msk_segment *p = &r->i.segments[i];

		if (p->type == PT_LOAD && (p->flags & PF_X) && r->ehdr.e_entry >= p->vaddr &&
		    r->ehdr.e_entry - p->vaddr < p->memsz)
			return r->ehdr.e_entry != 0;
	}
	return false;
}

/* elf.md's decision list: a program has a loader, or is ET_EXEC, or says DF_1_PIE; a soname makes a library. */
static enum msk_linkage classify(const struct reader *r, const struct msk_elf *e)
{
	if (e->interp)
		return MSK_ELF_DYNAMIC;
	if (e->type == ET_EXEC)
		return MSK_ELF_STATIC;
	if (e->pie)
		return MSK_ELF_STATIC_PIE;
	if (e->needed.n || e->soname || !entry_is_executable(r))
		return MSK_ELF_LIBRARY;
	return MSK_ELF_STATIC_PIE;
}

/* The one thing without a segment: .ARM.attributes, for the version of the architecture. Absent or odd: 0. */
static unsigned arm_arch(const struct reader *r)
{
	Elf_Scn *scn = NULL;
	GElf_Shdr sh;

	if (r->ehdr.e_machine != EM_ARM)
		return 0;
	while ((scn = elf_nextscn(r->elf, scn))) {
		unsigned char data[4096];
		struct msk_err ignored = MSK_ERR_INIT;
		ssize_t n;

		if (!gelf_getshdr(scn, &sh) || sh.sh_type != SHT_ARM_ATTRIBUTES || sh.sh_size > sizeof data)
			continue;
		n = msk_pread_full(r->i.f->fd, data, (size_t)sh.sh_size, sh.sh_offset, r->i.name, &ignored);
		return n > 0 ? msk_arm_cpu_arch(data, (size_t)n) : 0;
	}
	return 0;
}

int msk_elf_read(const struct msk_rofile *f, const char *name, struct msk_elf *out, struct msk_err *err)
{
	MSK_CLEANUP(reader_release) struct reader r = { .i = { .f = f, .name = name } };
	MSK_CLEANUP(msk_elf_release) struct msk_elf e = { 0 };

	if (check_ident(&r, &e, err) < 0 || open_elf(&r, &e, err) < 0 || check_type(&r, err) < 0 ||
	    read_phdrs(&r, &e, err) < 0 || check_loads(&r, err) < 0 || read_interp(&r, &e, err) < 0 ||
	    read_dynamic(&r, &e, err) < 0)
		return -1;
	e.linkage = classify(&r, &e);
	r.i.arm_arch = arm_arch(&r);
	msk_platform_of(&r.i, &e);
	*out = e;
	e = (struct msk_elf){ 0 };
	return 0;
}
