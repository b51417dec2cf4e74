#include <elf.h>
#include <string.h>

#include "mkscratch/fs.h"
#include "parse.h"

#define WINDOW sizeof(((struct msk_elf_window *)0)->buf)
#define STEP   1024        /* windows begin at multiples of it: strings are not read in their order */

void msk_elf_source_release(struct msk_elf_source *s)
{
	free(s->segs);
	s->segs = NULL;
}

bool msk_elf_source_holds(const struct msk_elf_source *s, uint64_t offset, uint64_t n)
{
	return offset <= s->file->size && n <= s->file->size - offset;
}

static bool holds(const struct msk_elf_window *w, uint64_t offset, size_t n)
{
	return offset >= w->at && offset - w->at <= w->n && n <= w->n - (size_t)(offset - w->at);
}

static int fill(const struct msk_elf_source *s, struct msk_elf_window *w, uint64_t at, struct msk_err *err)
{
	uint64_t left = at < s->file->size ? s->file->size - at : 0;
	ssize_t got;

	w->n = 0;
	got = msk_pread_full(s->file->fd, w->buf, left < WINDOW ? (size_t)left : WINDOW, at, s->name, err);
	if (got < 0)
		return -1;
	w->at = at;
	w->n = (size_t)got;
	return 0;
}

ssize_t msk_elf_source_peek(const struct msk_elf_source *s, uint64_t offset, void *buf, size_t n, struct msk_err *err)
{
	struct msk_elf_window *w;
	size_t from, there;

	if (!s->windows || n > WINDOW - STEP)
		return msk_pread_full(s->file->fd, buf, n, offset, s->name, err);
	w = offset <= WINDOW - n ? &s->windows->head : &s->windows->other;
	if (!holds(w, offset, n) && fill(s, w, w == &s->windows->head ? 0 : offset - offset % STEP, err) < 0)
		return -1;
	from = (size_t)(offset - w->at);
	there = from < w->n ? w->n - from : 0;
	if (there > n)
		there = n;
	memcpy(buf, w->buf + from, there);
	return (ssize_t)there;
}

int msk_elf_source_read(const struct msk_elf_source *s, uint64_t offset, void *buf, size_t n,
			struct msk_err *err)
{
	ssize_t got = msk_elf_source_peek(s, offset, buf, n, err);

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
