#include <elf.h>
#include <string.h>

#include "mkscratch/fs.h"
#include "parse.h"

void msk_elf_source_release(struct msk_elf_source *s)
{
	free(s->segs);
	s->segs = NULL;
}

bool msk_elf_source_holds(const struct msk_elf_source *s, uint64_t offset, uint64_t n)
{
	return offset <= s->file->size && n <= s->file->size - offset;
}

int msk_elf_source_begin(struct msk_elf_source *s, struct msk_err *err)
{
	size_t n = s->file->size < MSK_ELF_HEAD ? (size_t)s->file->size : MSK_ELF_HEAD;
	ssize_t got = msk_pread_full(s->file->fd, s->head, n, 0, s->name, err);

	if (got < 0)
		return -1;
	s->n_head = (size_t)got;
	return 0;
}

int msk_elf_source_read(const struct msk_elf_source *s, uint64_t offset, void *buf, size_t n,
			struct msk_err *err)
{
	ssize_t got;

	if (offset <= s->n_head && n <= s->n_head - (size_t)offset) {
		memcpy(buf, s->head + offset, n);
		return 0;
	}
	got = msk_pread_full(s->file->fd, buf, n, offset, s->name, err);
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

static bool is_foreign(const struct msk_elf_source *s)
{
	return s->big_endian != (__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__);
}

uint16_t msk_elf_source_u16(const struct msk_elf_source *s, const unsigned char *p)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return is_foreign(s) ? __builtin_bswap16(v) : v;
}

uint32_t msk_elf_source_u32(const struct msk_elf_source *s, const unsigned char *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return is_foreign(s) ? __builtin_bswap32(v) : v;
}

uint64_t msk_elf_source_u64(const struct msk_elf_source *s, const unsigned char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return is_foreign(s) ? __builtin_bswap64(v) : v;
}

uint64_t msk_elf_source_word(const struct msk_elf_source *s, const unsigned char *p)
{
	return s->is64 ? msk_elf_source_u64(s, p) : msk_elf_source_u32(s, p);
}
