#include "examine.h"

/* Go's table of functions (debug/gosym): a magic that tells the version, two zero bytes, the unit of instructions, the
 * size of a pointer; then words. Since 1.16 the names of all functions stand in a part of their own. The magic alone
 * is also the number -15, so every word is held to the file. */
#define GO_MAX_FUNCTIONS (1u << 26)
#define HEAD 8

enum { GO_1_2 = 0xfffffffb, GO_1_16 = 0xfffffffa, GO_1_18 = 0xfffffff0, GO_1_20 = 0xfffffff1 };

static uint64_t number(const struct msk_elf_layout *l, const unsigned char *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[l->big_endian ? i : n - 1 - i];
	return v;
}

static uint64_t word(const struct msk_elf_layout *l, const unsigned char *head, size_t i)
{
	const size_t w = l->is64 ? 8 : 4;

	return number(l, head + HEAD + i * w, w);
}

/* Bytes from the hit to the end of its segment; 0 when no segment loads it. */
static uint64_t room_of(const struct msk_elf_layout *l, uint64_t offset)
{
	for (size_t i = 0; i < l->n_segments; i++) {
		const struct msk_layout_segment *g = &l->segments[i];

		if (g->kind == MSK_SEGMENT_LOAD && offset >= g->offset && offset - g->offset < g->filesz)
			return g->filesz - (offset - g->offset);
	}
	return 0;
}

/* `parts` offsets begin at word `first`: names, compilation units, files, counters, functions, in this order. */
static bool in_parts(const struct scan_hit *h, const struct msk_elf_layout *l, size_t first, uint64_t room,
		     struct go_table *out)
{
	uint64_t last = 0;

	for (size_t i = 0; i < 5; i++) {
		uint64_t at = word(l, h->p, first + i);

		if (at < last || at >= room)
			return false;
		last = at;
	}
	out->names = (struct range){ h->offset + word(l, h->p, first), h->offset + word(l, h->p, first + 1) };
	return out->names.from > h->offset;
}

bool doctor_go_table(const struct scan_hit *h, const struct msk_elf_layout *l, struct go_table *out)
{
	const size_t w = l->is64 ? 8 : 4;
	const unsigned char *p = h->p;
	uint64_t room = room_of(l, h->offset), functions;

	if (h->after < HEAD + 8 * w || room < HEAD + 8 * w || p[4] || p[5] || p[7] != w ||
	    (p[6] != 1 && p[6] != 2 && p[6] != 4))
		return false;
	functions = word(l, p, 0);
	if (functions == 0 || functions > GO_MAX_FUNCTIONS || functions * 2 > room)
		return false;
	switch (number(l, p, 4)) {
	case GO_1_20: case GO_1_18:
		*out = (struct go_table){ .list = h->offset + word(l, p, 7), .functions = functions };
		return in_parts(h, l, 3, room, out);
	case GO_1_16:
		*out = (struct go_table){ 0 };
		return in_parts(h, l, 2, room, out);
	case GO_1_2:
		*out = (struct go_table){ .names = { h->offset, h->offset + room } };
		return word(l, p, 2) < room;     /* where the first function is described */
	default:
		return false;
	}
}
