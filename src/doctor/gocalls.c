/* Who calls what, and with what: the standard library fills a pool of certificates with the roots of the system, a
 * program with roots of its own; a temporary file goes where the system wants it when its directory is "". Read off the
 * machine code of amd64 and arm64, where a call holds the distance to its target. */
#include "examine.h"

#include <string.h>

#include "mkscratch/fs.h"
#include "mkscratch/le.h"

#define CHUNK     (256u << 10)
#define BEFORE    32                   /* bytes in front of a call that set its arguments */
#define MAX_SITES 256
#define MAX_MOVES 2048                 /* of a window: more than any list in order needs */
#define LIST_STEP 8                    /* {entry, place of its description}, 32 bits each */

static const struct {
	const char *name;
	unsigned mark;                 /* told by a call that counts */
	bool of_nothing;               /* one with "" counts; else one from outside of crypto/ */
} callees[] = {
	{ GO_FILL_PEM, MARK_OWN_ROOTS, false },
	{ GO_FILL_CERT, MARK_OWN_ROOTS, false },
	{ GO_TEMP_FILE, MARK_GO_TEMP, true },
	{ GO_TEMP_DIR, MARK_GO_TEMP, true },
};

#define N_CALLEES (sizeof callees / sizeof *callees)

struct site {
	uint64_t at;                   /* offset in the text */
	size_t callee;
	bool of_nothing;               /* the first argument is "" */
};

struct calls {
	struct examination *x;
	const struct go_table *table;
	const struct msk_layout_section *text;
	unsigned char *buf;            /* CHUNK bytes */
	struct target {
		bool named, found;
		uint32_t name, entry;  /* offsets in the names and in the text */
	} targets[N_CALLEES];
	struct site sites[MAX_SITES];
	size_t n_sites;
};

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
	    read_at(c, c->table->list + msk_four_bytes(row + 4), f, sizeof f, err) < 0)
		return -1;
	*entry = msk_four_bytes(row);
	*name = msk_four_bytes(f + 4);
	return 0;
}

static void take_function(struct calls *c, uint32_t name, uint32_t entry)
{
	for (size_t i = 0; i < N_CALLEES; i++)
		if (c->targets[i].named && c->targets[i].name == name) {
			c->targets[i].found = true;
			c->targets[i].entry = entry;
		}
}

/* The entries of the functions that are named. Descriptions follow one another as the functions do, so a window on
 * them moves forward with the list. */
static int find_entries(struct calls *c, struct msk_err *err)
{
	MSK_AUTO_FREE unsigned char *list = msk_xmalloc(CHUNK);
	uint64_t from = 0, at = UINT64_MAX;
	size_t moves = 0;

	for (uint64_t i = 0; i < c->table->functions; i++) {
		const unsigned char *row = list + (i - from) * LIST_STEP;
		uint64_t place;

		if (i % (CHUNK / LIST_STEP) == 0) {
			from = i;
			row = list;
			if (read_at(c, c->table->list + i * LIST_STEP, list, CHUNK, err) < 0)
				return -1;
		}
		place = msk_four_bytes(row + 4);
		if (at == UINT64_MAX || place < at || place + 8 > at + CHUNK) {
			if (++moves > MAX_MOVES)
				return 0;
			at = place;
			if (read_at(c, c->table->list + at, c->buf, CHUNK, err) < 0)
				return -1;
		}
		take_function(c, msk_four_bytes(c->buf + (place - at) + 4), msk_four_bytes(row));
	}
	return 0;
}

/* XORL AX, AX and XORL BX, BX; MOVD ZR, R0 and MOVD ZR, R1. */
static bool is_of_nothing(const struct calls *c, const unsigned char *call, bool arm)
{
	const size_t before = (size_t)(call - c->buf) < BEFORE ? (size_t)(call - c->buf) : BEFORE;
	const unsigned char *p = call - before;

	if (arm)
		return memmem(p, before, "\xe0\x03\x1f\xaa", 4) && memmem(p, before, "\xe1\x03\x1f\xaa", 4);
	return memmem(p, before, "\x31\xc0", 2) && memmem(p, before, "\x31\xdb", 2);
}

static void take_call(struct calls *c, const unsigned char *call, uint64_t at, uint64_t target, bool arm)
{
	for (size_t i = 0; i < N_CALLEES; i++)
		if (c->targets[i].found && c->targets[i].entry == target && c->n_sites < MAX_SITES)
			c->sites[c->n_sites++] = (struct site){ at, i, is_of_nothing(c, call, arm) };
}

/* CALL rel32: E8, and the distance from the next instruction. */
static void sites_amd64(struct calls *c, uint64_t at, size_t n)
{
	const unsigned char *end = c->buf + n;

	for (const unsigned char *p = c->buf; n >= 5 && (p = memchr(p, 0xe8, (size_t)(end - p))) && end - p >= 5; p++) {
		uint64_t here = at + (uint64_t)(p - c->buf);

		take_call(c, p, here, here + 5 + (uint64_t)(int64_t)(int32_t)msk_four_bytes(p + 1), false);
	}
}

/* BL imm26: the distance in words from the instruction itself. */
static void sites_arm64(struct calls *c, uint64_t at, size_t n)
{
	for (size_t i = 0; i + 4 <= n; i += 4) {
		uint32_t w = msk_four_bytes(c->buf + i);
		int64_t distance = (int64_t)((uint64_t)w << 38) >> 36;

		if (w >> 26 == 0x25)
			take_call(c, c->buf + i, at + i, at + i + (uint64_t)distance, true);
	}
}

/* Chunks overlap, so that each call is whole in one of them with what stands in front of it. */
static int find_sites(struct calls *c, struct msk_err *err)
{
	const bool arm = strcmp(c->x->d->elf.platform.arch, "arm64") == 0;

	for (uint64_t at = 0; at < c->text->size; at += CHUNK - BEFORE - 8) {
		uint64_t left = c->text->size - at;
		size_t n = left < CHUNK ? (size_t)left : CHUNK;

		if (read_at(c, c->text->offset + at, c->buf, n, err) < 0)
			return -1;
		(arm ? sites_arm64 : sites_amd64)(c, at, n);
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

/* Those of the callees that this table names. */
static bool name_targets(struct calls *c)
{
	const struct range *names = &c->table->names;
	bool any = false;

	for (size_t i = 0; i < N_CALLEES; i++) {
		const struct seen *s = seen_name(c->x, callees[i].name);

		c->targets[i] = (struct target){ 0 };
		if (!s || s->how != SEEN_AT || s->offset < names->from || s->offset >= names->to)
			continue;
		c->targets[i].named = any = true;
		c->targets[i].name = (uint32_t)(s->offset - names->from);
	}
	return any;
}

static int weigh_sites(struct calls *c, struct msk_err *err)
{
	for (size_t i = 0; i < c->n_sites; i++) {
		const struct site *s = &c->sites[i];
		bool inside = false;

		if (callees[s->callee].of_nothing)
			c->x->marks |= MARK_GO_TEMP_CALLS;
		else if (is_inside(c, s->at, &inside, err) < 0)
			return -1;
		if (callees[s->callee].of_nothing ? s->of_nothing : !inside)
			c->x->marks |= callees[s->callee].mark;
	}
	return 0;
}

int doctor_go_calls(struct examination *x, struct msk_err *err)
{
	const char *arch = x->d->elf.platform.arch;
	MSK_AUTO_FREE unsigned char *buf = NULL;
	struct calls c = { .x = x, .text = msk_elf_layout_find(&x->layout, ".text") };

	if (!c.text || !c.text->in_file || (strcmp(arch, "amd64") && strcmp(arch, "arm64")))
		return 0;
	c.buf = buf = msk_xmalloc(CHUNK);
	for (size_t i = 0; i < x->n_go_tables; i++) {
		c.table = &x->go_tables[i];
		c.n_sites = 0;
		if (!c.table->functions || !name_targets(&c))
			continue;
		if (find_entries(&c, err) < 0 || find_sites(&c, err) < 0 || weigh_sites(&c, err) < 0)
			return -1;
	}
	return 0;
}
