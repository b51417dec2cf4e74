#include <elf.h>

#include "mkscratch/fs.h"
#include "parse.h"

bool msk_elf_source_holds(const struct msk_elf_source *s, uint64_t offset, uint64_t n)
{
	return offset <= s->file->size && n <= s->file->size - offset;
}

int msk_elf_source_read(const struct msk_elf_source *s, uint64_t offset, void *buf, size_t n,
			struct msk_err *err)
{
	ssize_t got = msk_pread_full(s->file->fd, buf, n, offset, s->name, err);

	if (got < 0)
		return -1;
	if ((size_t)got < n)
		return msk_fail(err, MSK_E_IO, "%s: changed while it was being read", s->name);
	return 0;
}

bool msk_elf_source_locate(const struct msk_elf_source *s, uint64_t vaddr, uint64_t *offset, uint64_t *room)
{
	for (size_t i = 0; i < s->n_segs; i++) {
		const struct msk_segment *g = &s->segs[i];

		if (g->type != PT_LOAD || vaddr < g->vaddr || vaddr - g->vaddr >= g->filesz)
			continue;
		*offset = g->offset + (vaddr - g->vaddr);
		*room = g->filesz - (vaddr - g->vaddr);
		return true;
	}
	return false;
}

static uint64_t number(const struct msk_elf_source *s, const unsigned char *p, unsigned n)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < n; i++)
		v = v << 8 | p[s->big_endian ? i : n - 1 - i];
	return v;
}

uint16_t msk_elf_source_u16(const struct msk_elf_source *s, const unsigned char *p)
{
	return (uint16_t)number(s, p, 2);
}

uint32_t msk_elf_source_u32(const struct msk_elf_source *s, const unsigned char *p)
{
	return (uint32_t)number(s, p, 4);
}

uint64_t msk_elf_source_u64(const struct msk_elf_source *s, const unsigned char *p)
{
	return number(s, p, 8);
}

uint64_t msk_elf_source_word(const struct msk_elf_source *s, const unsigned char *p)
{
	return number(s, p, s->is64 ? 8 : 4);
}
