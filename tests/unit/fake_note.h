/* .note.dlopen sections for made-up ELF files. */
#ifndef TEST_FAKE_NOTE_H
#define TEST_FAKE_NOTE_H

#include "fake_elf.h"
#include "mkscratch/str.h"

static inline void note_u32(struct msk_str *out, bool big, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		msk_str_addc(out, (char)(v >> (8 * (big ? 3 - i : i))));
}

/* One note of the owner FDO, padded to four. */
static inline void note_add_bytes(struct msk_str *out, bool big, const void *desc, size_t n)
{
	note_u32(out, big, 4);
	note_u32(out, big, (uint32_t)n);
	note_u32(out, big, 0x407c0c0a);
	msk_str_add(out, "FDO", 4);
	msk_str_add(out, desc, n);
	while (out->len % 4)
		msk_str_addc(out, '\0');
}

static inline void note_add(struct msk_str *out, bool big, const char *json)
{
	note_add_bytes(out, big, json, strlen(json) + 1);
}

#endif
