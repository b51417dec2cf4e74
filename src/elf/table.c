#include "symtab.h"

int msk_table_open(const struct msk_elf_source *s, const char *what, uint64_t vaddr, struct msk_table *out,
		   struct msk_err *err)
{
	out->s = s;
	out->what = what;
	out->held = 0;
	if (!msk_elf_source_locate(s, vaddr, &out->offset, &out->size))
		return msk_fail(err, MSK_E_INPUT, "%s: %s at 0x%llx is outside the file", s->name, what,
				(unsigned long long)vaddr);
	return 0;
}

int msk_table_at(struct msk_table *t, uint64_t at, size_t n, const unsigned char **p, struct msk_err *err)
{
	if (at > t->size || n > t->size - at)
		return msk_fail(err, MSK_E_INPUT, "%s: %s runs past its segment (entry at %llu, %llu bytes there)",
				t->s->name, t->what, (unsigned long long)at, (unsigned long long)t->size);
	if (at < t->held_at || at - t->held_at > t->held || n > t->held - (size_t)(at - t->held_at)) {
		uint64_t left = t->size - at;

		t->held = 0;
		t->held_at = at;
		if (left > sizeof t->buf)
			left = sizeof t->buf;
		if (msk_elf_source_read(t->s, t->offset + at, t->buf, (size_t)left, err) < 0)
			return -1;
		t->held = (size_t)left;
	}
	*p = t->buf + (at - t->held_at);
	return 0;
}
