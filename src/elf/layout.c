#include "mkscratch/elf_layout.h"

#include <elf.h>
#include <string.h>

#include "parse.h"

void msk_elf_layout_release(struct msk_elf_layout *l)
{
	free(l->segments);
	free(l->sections);
	free(l->names);
	*l = (struct msk_elf_layout){ 0 };
}

static void reach(struct msk_elf_layout *l, uint64_t offset, uint64_t n)
{
	if (offset + n >= offset && offset + n > l->end)
		l->end = offset + n;
}

static enum msk_segment_kind kind_of(uint32_t type)
{
	switch (type) {
	case PT_LOAD:
		return MSK_SEGMENT_LOAD;
	case PT_GNU_RELRO:
		return MSK_SEGMENT_RELRO;
	case PT_GNU_STACK:
		return MSK_SEGMENT_STACK;
	default:
		return MSK_SEGMENT_OTHER;
	}
}

static void take_segments(const struct msk_elf_source *s, struct msk_elf_layout *l)
{
	l->segments = msk_xcalloc(s->n_segs, sizeof *l->segments);
	reach(l, s->phoff, (uint64_t)s->phnum * s->phentsize);
	for (size_t i = 0; i < s->n_segs; i++) {
		const struct msk_segment *g = &s->segs[i];

		l->segments[l->n_segments++] = (struct msk_layout_segment){
			kind_of(g->type), g->flags & PF_R, g->flags & PF_W, g->flags & PF_X,
			g->offset, g->vaddr, g->filesz, g->memsz,
		};
		reach(l, g->offset, g->filesz);
	}
}

/* Fields of a section header, which both classes have at other places. */
struct raw {
	uint32_t name, type;
	uint64_t flags, addr, offset, size;
};

static struct raw parse_header(const struct msk_elf_source *s, const unsigned char *h)
{
	const size_t w = s->is64 ? 8 : 4;
	const unsigned char *p = h + 8;

	return (struct raw){
		msk_elf_source_u32(s, h), msk_elf_source_u32(s, h + 4), msk_elf_source_word(s, p),
		msk_elf_source_word(s, p + w), msk_elf_source_word(s, p + 2 * w), msk_elf_source_word(s, p + 3 * w),
	};
}

static bool in_file(const struct msk_elf_source *s, const struct raw *r)
{
	return r->type != SHT_NULL && r->type != SHT_NOBITS && msk_elf_source_holds(s, r->offset, r->size);
}

/* The string table of the names: NUL-terminated by us, so that every offset within is a string. */
static int read_names(const struct msk_elf_source *s, const struct raw *r, struct msk_elf_layout *l, size_t *n,
		      struct msk_err *err)
{
	*n = 0;
	if (r->type != SHT_STRTAB || r->size == 0 || r->size > MSK_LAYOUT_MAX_NAMES || !in_file(s, r))
		return 0;
	l->names = msk_xcalloc(1, (size_t)r->size + 1);
	*n = (size_t)r->size;
	return msk_elf_source_read(s, r->offset, l->names, *n, err);
}

static void take_section(const struct msk_elf_source *s, const struct raw *r, size_t n_names, struct msk_elf_layout *l)
{
	bool there = in_file(s, r);

	l->sections[l->n_sections++] = (struct msk_layout_section){
		r->name < n_names ? l->names + r->name : "", r->flags & SHF_ALLOC, there, r->addr, r->offset, r->size,
	};
	if (there)
		reach(l, r->offset, r->size);
}

/* e_shstrndx is the last field of the header. */
static int names_index(const struct msk_elf_source *s, uint16_t *out, struct msk_err *err)
{
	unsigned char b[2];

	if (msk_elf_source_read(s, s->is64 ? 62 : 50, b, sizeof b, err) < 0)
		return -1;
	*out = msk_elf_source_u16(s, b);
	return 0;
}

int msk_layout_sections(const struct msk_elf_source *s, struct msk_elf_layout *l, struct msk_err *err)
{
	const size_t entry = s->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr), n = s->shnum * entry;
	MSK_AUTO_FREE unsigned char *table = NULL;
	uint16_t names;
	size_t n_names = 0;

	if (s->shnum == 0 || s->shnum > MSK_LAYOUT_MAX_SECTIONS || s->shentsize != entry ||
	    !msk_elf_source_holds(s, s->shoff, n))
		return 0;
	reach(l, s->shoff, n);
	table = msk_xmalloc(n);
	if (msk_elf_source_read(s, s->shoff, table, n, err) < 0 || names_index(s, &names, err) < 0)
		return -1;
	if (names < s->shnum) {
		struct raw r = parse_header(s, table + names * entry);

		if (read_names(s, &r, l, &n_names, err) < 0)
			return -1;
	}
	l->sections = msk_xcalloc(s->shnum, sizeof *l->sections);
	for (size_t i = 0; i < s->shnum; i++) {
		struct raw r = parse_header(s, table + i * entry);

		take_section(s, &r, n_names, l);
	}
	return 0;
}

int msk_elf_layout_read(const struct msk_rofile *f, const char *name, struct msk_elf_layout *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_elf_source_release) struct msk_elf_source s = { 0 };
	MSK_CLEANUP(msk_elf_layout_release) struct msk_elf_layout l = { 0 };
	struct msk_elf e = { 0 };

	if (msk_elf_source_open(f, name, &s, &e, err) < 0)
		return -1;
	l.is64 = s.is64;
	l.big_endian = s.big_endian;
	l.entry = s.entry;
	take_segments(&s, &l);
	if (msk_layout_sections(&s, &l, err) < 0)
		return -1;
	*out = l;
	l = (struct msk_elf_layout){ 0 };
	return 0;
}

const struct msk_layout_section *msk_elf_layout_at(const struct msk_elf_layout *l, uint64_t offset)
{
	for (size_t i = 0; i < l->n_sections; i++) {
		const struct msk_layout_section *s = &l->sections[i];

		if (s->in_file && offset >= s->offset && offset - s->offset < s->size)
			return s;
	}
	return NULL;
}

const struct msk_layout_section *msk_elf_layout_find(const struct msk_elf_layout *l, const char *section)
{
	for (size_t i = 0; i < l->n_sections; i++)
		if (strcmp(l->sections[i].name, section) == 0)
			return &l->sections[i];
	return NULL;
}

bool msk_elf_layout_loaded(const struct msk_elf_layout *l, uint64_t offset)
{
	for (size_t i = 0; i < l->n_segments; i++) {
		const struct msk_layout_segment *g = &l->segments[i];

		if (g->kind == MSK_SEGMENT_LOAD && offset >= g->offset && offset - g->offset < g->filesz)
			return true;
	}
	return false;
}
