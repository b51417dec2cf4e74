/* Who calls what fills a pool of certificates: the standard library does so with the roots of the system, a program
 * with roots of its own. Read off the machine code of amd64 and arm64, where a call holds the distance to its target. */
#include "examine.h"

#include <string.h>

#include "mkscratch/fs.h"

#define CHUNK     (256u << 10)
#define MAX_SITES 64
#define MAX_MOVES 2048                 /* of a window: more than any list in order needs */
#define LIST_STEP 8                    /* {entry, place of its description}, 32 bits each */

struct calls {
	struct examination *x;
	const struct go_table *table;
	const struct msk_layout_section *text;
	unsigned char *buf;            /* CHUNK bytes */
	uint64_t sites[MAX_SITES];     /* offsets in the text */
	size_t n_sites;
};

static uint32_t u32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Fewer than n bytes are there in a file that lies: zeros stand for them. */
static int read_at(struct calls *c, uint64_t at, unsigned char *buf, size_t n, struct msk_err *err)
{
	ssize_t got = msk_pread_full(c->x->args->file->fd, buf, n, at, c->x->args->name, err);

	if (got < 0)
		return -1;
	memset(buf + got, 0, n - (size_t)got);
	return 0;
}

/* Entry and name of the i-th function, as offsets in the text and in the names. */
static int function_at(struct calls *c, uint64_t i, uint32_t *entry, uint32_t *name, struct msk_err *err)
{
	unsigned char row[8], f[8];

	if (read_at(c, c->table->list + i * LIST_STEP, row, sizeof row, err) < 0 ||
	    read_at(c, c->table->list + u32(row + 4), f, sizeof f, err) < 0)
		return -1;
	*entry = u32(row);
	*name = u32(f + 4);
	return 0;
}

/* The entry of the function whose name stands at `name`. Descriptions follow one another as the functions do, so a
 * window on them moves forward with the list. */
static int find_entry(struct calls *c, uint32_t name, uint32_t *entry, bool *found, struct msk_err *err)
{
	MSK_AUTO_FREE unsigned char *list = msk_xmalloc(CHUNK);
	uint64_t from = 0, at = UINT64_MAX;
	size_t moves = 0;

	*found = false;
	for (uint64_t i = 0; i < c->table->functions; i++) {
		const unsigned char *row = list + (i - from) * LIST_STEP;
		uint64_t place;

		if (i % (CHUNK / LIST_STEP) == 0) {
			from = i;
			row = list;
			if (read_at(c, c->table->list + i * LIST_STEP, list, CHUNK, err) < 0)
				return -1;
		}
		place = u32(row + 4);
		if (at == UINT64_MAX || place < at || place + 8 > at + CHUNK) {
			if (++moves > MAX_MOVES)
				return 0;
			at = place;
			if (read_at(c, c->table->list + at, c->buf, CHUNK, err) < 0)
				return -1;
		}
		if (u32(c->buf + (place - at) + 4) == name) {
			*entry = u32(row);
			*found = true;
			return 0;
		}
	}
	return 0;
}

static void add_site(struct calls *c, uint64_t at)
{
	if (c->n_sites < MAX_SITES)
		c->sites[c->n_sites++] = at;
}

/* CALL rel32: E8, and the distance from the next instruction. */
static void sites_amd64(struct calls *c, uint64_t at, size_t n, uint64_t target)
{
	const unsigned char *end = c->buf + n;

	for (const unsigned char *p = c->buf; n >= 5 && (p = memchr(p, 0xe8, (size_t)(end - p))) && end - p >= 5; p++) {
		uint64_t here = at + (uint64_t)(p - c->buf);

		if (here + 5 + (uint64_t)(int64_t)(int32_t)u32(p + 1) == target)
			add_site(c, here);
	}
}

/* BL imm26: the distance in words from the instruction itself. */
static void sites_arm64(struct calls *c, uint64_t at, size_t n, uint64_t target)
{
	for (size_t i = 0; i + 4 <= n; i += 4) {
		uint32_t w = u32(c->buf + i);
		int64_t distance = (int64_t)((uint64_t)w << 38) >> 36;

		if (w >> 26 == 0x25 && at + i + (uint64_t)distance == target)
			add_site(c, at + i);
	}
}

static int find_sites(struct calls *c, uint64_t target, struct msk_err *err)
{
	const bool arm = strcmp(c->x->d->elf.platform.arch, "arm64") == 0;

	c->n_sites = 0;
	for (uint64_t at = 0; at < c->text->size; at += CHUNK - 4) {
		uint64_t left = c->text->size - at;
		size_t n = left < CHUNK ? (size_t)left : CHUNK;

		if (read_at(c, c->text->offset + at, c->buf, n, err) < 0)
			return -1;
		(arm ? sites_arm64 : sites_amd64)(c, at, n, target);
	}
	return 0;
}

/* Does the function around the site belong to the standard library's own cryptography? */
static int is_inside(struct calls *c, uint64_t site, bool *inside, struct msk_err *err)
{
	static const char package[] = "crypto/";
	uint64_t lo = 0, hi = c->table->functions;
	unsigned char name[sizeof package - 1];
	uint32_t entry, at = 0;

	while (lo < hi) {
		uint64_t mid = lo + (hi - lo) / 2;

		if (function_at(c, mid, &entry, &at, err) < 0)
			return -1;
		if (entry <= site)
			lo = mid + 1;
		else
			hi = mid;
	}
	*inside = true;
	if (lo == 0)
		return 0;
	if (function_at(c, lo - 1, &entry, &at, err) < 0 ||
	    read_at(c, c->table->names.from + at, name, sizeof name, err) < 0)
		return -1;
	*inside = memcmp(name, package, sizeof name) == 0;
	return 0;
}

static const struct seen *seen_name(const struct examination *x, const char *text)
{
	for (size_t i = 0; i < doctor_n_signs; i++)
		if (doctor_signs[i].kind == SIGN_GO && strcmp(doctor_signs[i].text, text) == 0)
			return &x->seen[i];
	return NULL;
}

static int look_for(struct calls *c, const char *callee, struct msk_err *err)
{
	const struct seen *s = seen_name(c->x, callee);
	const struct range *names = &c->table->names;
	uint32_t entry;
	bool found, inside;

	if (!s || s->how != SEEN_AT || s->offset < names->from || s->offset >= names->to)
		return 0;
	if (find_entry(c, (uint32_t)(s->offset - names->from), &entry, &found, err) < 0)
		return -1;
	if (!found || find_sites(c, entry, err) < 0)
		return found ? -1 : 0;
	for (size_t i = 0; i < c->n_sites; i++) {
		if (is_inside(c, c->sites[i], &inside, err) < 0)
			return -1;
		if (!inside)
			c->x->marks |= MARK_OWN_ROOTS;
	}
	return 0;
}

int doctor_go_calls(struct examination *x, struct msk_err *err)
{
	const char *arch = x->d->elf.platform.arch;
	MSK_AUTO_FREE unsigned char *buf = NULL;
	struct calls c = { .x = x, .text = msk_elf_layout_find(&x->layout, ".text") };

	if (!(x->marks & MARK_GO_ROOTS) || !c.text || !c.text->in_file || (strcmp(arch, "amd64") && strcmp(arch, "arm64")))
		return 0;
	c.buf = buf = msk_xmalloc(CHUNK);
	for (size_t i = 0; i < x->n_go_tables; i++) {
		c.table = &x->go_tables[i];
		if (!c.table->functions)
			continue;
		if (look_for(&c, GO_FILL_PEM, err) < 0 || look_for(&c, GO_FILL_CERT, err) < 0)
			return -1;
	}
	return 0;
}
