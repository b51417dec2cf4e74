#include "library_id.h"

#include <link.h>
#include <string.h>

struct search {
	uintptr_t address;
	struct msk_str *out;
	bool found;
};

static size_t aligned(size_t n)
{
	return (n + 3) & ~(size_t)3;
}

/* Notes are a name and a description, each filled up to a multiple of four (gabi, "Note Section"). */
static bool add_build_id(const char *p, size_t n, struct msk_str *out)
{
	while (n >= sizeof(ElfW(Nhdr))) {
		const ElfW(Nhdr) *note = (const void *)p;
		size_t name = sizeof *note, text = name + aligned(note->n_namesz), end = text + aligned(note->n_descsz);

		if (end > n)
			return false;
		if (note->n_type == NT_GNU_BUILD_ID && note->n_namesz == 4 && memcmp(p + name, "GNU", 4) == 0) {
			for (size_t i = 0; i < note->n_descsz; i++)
				msk_str_addf(out, "%02x", (unsigned char)p[text + i]);
			return note->n_descsz > 0;
		}
		p += end;
		n -= end;
	}
	return false;
}

static bool holds(const struct dl_phdr_info *o, uintptr_t address)
{
	for (size_t i = 0; i < o->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &o->dlpi_phdr[i];

		if (ph->p_type == PT_LOAD && address - (o->dlpi_addr + ph->p_vaddr) < ph->p_memsz)
			return true;
	}
	return false;
}

static int look_at(struct dl_phdr_info *o, size_t size, void *arg)
{
	struct search *s = arg;

	(void)size;
	if (!holds(o, s->address))
		return 0;
	for (size_t i = 0; i < o->dlpi_phnum && !s->found; i++) {
		const ElfW(Phdr) *ph = &o->dlpi_phdr[i];

		if (ph->p_type == PT_NOTE)
			s->found = add_build_id((const char *)(o->dlpi_addr + ph->p_vaddr), ph->p_memsz, s->out);
	}
	return 1;
}

bool msk_library_id(const void *function, struct msk_str *out)
{
	struct search s = { .address = (uintptr_t)function, .out = out };

	dl_iterate_phdr(look_at, &s);
	return s.found;
}
