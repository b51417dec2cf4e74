#include <elf.h>
#include <string.h>

#include "parse.h"

#define NOTES_LIMIT (1 << 20)

#ifndef PT_GNU_PROPERTY
#define PT_GNU_PROPERTY 0x6474e553
#endif
#define X86_ISA_NEEDED 0xc0008002u
#define FDO_DLOPEN     0x407c0c0au          /* https://uapi-group.org/specifications/specs/elf_dlopen_metadata/ */

struct note {
	uint32_t type;
	const char *owner;
	size_t owner_size;
	const unsigned char *desc;
	size_t size;
};

static size_t padded(size_t n, size_t align)
{
	return (n + align - 1) & ~(align - 1);
}

/* Take the note at the front of [*p, *p + *left). False at the end, or where the sizes make no sense. */
static bool next_note(const struct msk_elf_source *s, size_t align, const unsigned char **p, size_t *left,
		      struct note *out)
{
	uint32_t owner_size, size;
	size_t desc_at, end;

	if (*left < 12)
		return false;
	owner_size = msk_elf_source_u32(s, *p);
	size = msk_elf_source_u32(s, *p + 4);
	if (owner_size > *left - 12 || size > *left - 12)
		return false;
	desc_at = padded(12 + (size_t)owner_size, align);
	if (desc_at > *left || size > *left - desc_at)
		return false;
	*out = (struct note){ msk_elf_source_u32(s, *p + 8), (const char *)*p + 12, owner_size, *p + desc_at,
			      size };
	end = padded(desc_at + size, align);
	if (end > *left)
		end = *left;
	*p += end;
	*left -= end;
	return true;
}

static bool owned_by(const struct note *n, const char *owner)
{
	size_t len = strlen(owner) + 1;

	return n->owner_size == len && memcmp(n->owner, owner, len) == 0;
}

/* Properties are {type, size, data} padded to a word. */
static void take_properties(const struct msk_elf_source *s, const struct note *n, struct msk_elf *e)
{
	const size_t word = s->is64 ? 8 : 4;

	for (size_t at = 0; n->size - at >= 8;) {
		uint32_t type = msk_elf_source_u32(s, n->desc + at);
		uint32_t size = msk_elf_source_u32(s, n->desc + at + 4);
		size_t whole;

		at += 8;
		if (size > n->size - at)
			return;
		if (type == X86_ISA_NEEDED && size >= 4 && (e->machine == EM_X86_64 || e->machine == EM_386)) {
			uint32_t bits = msk_elf_source_u32(s, n->desc + at) & 0xf;

			for (unsigned v = 1; v <= 4; v++)
				if (bits & (1u << (v - 1)) && v > e->isa_level)
					e->isa_level = v;
		}
		whole = padded(size, word);
		at += whole < n->size - at ? whole : n->size - at;
	}
}

static void set_os(struct msk_elf *e, const char *os)
{
	memcpy(e->platform.os, os, strlen(os) + 1);
}

/* NT_GNU_ABI_TAG: the system, 0 for Linux, and the three numbers of its least version. */
static void take_abi_tag(const struct msk_elf_source *s, const struct note *n, struct msk_elf *e)
{
	static const char *const systems[] = { NULL, "the Hurd", "Solaris", "FreeBSD" };
	uint32_t os;

	if (n->size < 16)
		return;
	os = msk_elf_source_u32(s, n->desc);
	if (os)
		set_os(e, os < 4 ? systems[os] : "another system");
	else
		for (unsigned i = 0; i < 3; i++)
			e->kernel[i] = msk_elf_source_u32(s, n->desc + 4 + 4 * i);
}

static void take_note(const struct msk_elf_source *s, const struct note *n, struct msk_elf *e)
{
	static const char *const systems[] = { "FreeBSD", "NetBSD", "OpenBSD", "DragonFly" };

	if (owned_by(n, "GNU") && n->type == 5 /* NT_GNU_PROPERTY_TYPE_0 */)
		take_properties(s, n, e);
	else if (owned_by(n, "GNU") && n->type == 1 /* NT_GNU_ABI_TAG */)
		take_abi_tag(s, n, e);
	else if (owned_by(n, "FDO") && n->type == FDO_DLOPEN)
		msk_dlopen_note_add(e, n->desc, n->size);
	for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
		if (owned_by(n, systems[i]) && n->type == 1)
			set_os(e, systems[i]);
}

static int read_segment(const struct msk_elf_source *s, const struct msk_segment *g, struct msk_elf *e,
			struct msk_err *err)
{
	MSK_AUTO_FREE unsigned char *buf = NULL;
	const unsigned char *p;
	size_t left = (size_t)g->filesz;
	struct note n;

	if (g->filesz > NOTES_LIMIT)
		msk_note_fault(e, "notes of %llu bytes were not read (allowed: %d)", (unsigned long long)g->filesz,
			       NOTES_LIMIT);
	if (g->filesz > NOTES_LIMIT || g->filesz == 0 || !msk_elf_source_holds(s, g->offset, g->filesz))
		return 0;
	p = buf = msk_xmalloc(left);
	if (msk_elf_source_read(s, g->offset, buf, left, err) < 0)
		return -1;
	while (next_note(s, g->align == 8 ? 8 : 4, &p, &left, &n))
		take_note(s, &n, e);
	return 0;
}

int msk_notes_read(const struct msk_elf_source *s, struct msk_elf *e, struct msk_err *err)
{
	unsigned budget = 32;       /* segments; real files have three */

	for (size_t i = 0; i < s->n_segs && budget; i++) {
		uint32_t type = s->segs[i].type;

		if (type != PT_NOTE && type != PT_GNU_PROPERTY)
			continue;
		budget--;
		if (read_segment(s, &s->segs[i], e, err) < 0)
			return -1;
	}
	return 0;
}
