#include <elf.h>
#include <string.h>

#include "symtab.h"

#define FORMAT     1            /* of both kinds of records */
#define INDEX_MASK 0x7fffu

/* Records of one kind: their offsets in the table only ever grow, so chains end. */

struct chain {
	struct msk_table table;
	const struct msk_symtab *t;
	struct msk_symbols *out;
	struct msk_version_names *names;
	size_t budget;                 /* records still to be read */
	size_t cap;
};

static int take_record(struct chain *c, uint64_t at, size_t n, const unsigned char **p, struct msk_err *err)
{
	if (c->budget == 0)
		return msk_fail(err, MSK_E_INPUT, "%s: %s has more than %u records", c->t->s->name, c->table.what,
				MSK_VERSIONS_MAX);
	c->budget--;
	return msk_table_at(&c->table, at, n, p, err);
}

static int check_format(const struct chain *c, const unsigned char *p, struct msk_err *err)
{
	unsigned format = msk_elf_source_u16(c->t->s, p);

	return format == FORMAT ? 0 : msk_fail(err, MSK_E_INPUT, "%s: %s has an unknown format (%u vs %d)",
					       c->t->s->name, c->table.what, format, FORMAT);
}

static void learn_name(struct msk_version_names *names, uint16_t index, const char *name)
{
	if (index < 2)
		return;
	if (index >= names->n) {
		names->names = msk_xrealloc(names->names, (size_t)index + 1, sizeof *names->names);
		while (names->n <= index)
			names->names[names->n++] = NULL;
	}
	names->names[index] = name;
}

/* Vernaux: hash, flags, index, name, next. */
static int read_aux(struct chain *c, const char *file, const unsigned char *p, struct msk_err *err)
{
	const struct msk_elf_source *s = c->t->s;
	uint16_t flags = msk_elf_source_u16(s, p + 4), other = msk_elf_source_u16(s, p + 6);
	struct msk_version_need need = {
		.file = file, .hash = msk_elf_source_u32(s, p), .index = other & INDEX_MASK,
		.weak = flags & VER_FLG_WEAK, .hidden = other & ~INDEX_MASK,
	};

	need.name = msk_symtab_text(c->t, c->out, msk_elf_source_u32(s, p + 8), "version name", err);
	if (!need.name)
		return -1;
	MSK_GROW(c->out->needs, c->out->n_needs, c->cap);
	c->out->needs[c->out->n_needs++] = need;
	learn_name(c->names, need.index, need.name);
	return 0;
}

/* Verneed: format, count, file, first aux, next. */
static int read_need(struct chain *c, uint64_t at, uint32_t *next, struct msk_err *err)
{
	const struct msk_elf_source *s = c->t->s;
	const unsigned char *p = NULL;
	const char *file;
	uint32_t step;

	if (take_record(c, at, 16, &p, err) < 0 || check_format(c, p, err) < 0)
		return -1;
	file = msk_symtab_text(c->t, c->out, msk_elf_source_u32(s, p + 4), "name of a versioned library", err);
	step = msk_elf_source_u32(s, p + 8);
	*next = msk_elf_source_u32(s, p + 12);
	while (file) {
		at += step;
		if (take_record(c, at, 16, &p, err) < 0 || read_aux(c, file, p, err) < 0)
			return -1;
		/* read_aux leaves the window where it is. */
		step = msk_elf_source_u32(s, p + 12);
		if (step == 0)
			return 0;
	}
	return -1;
}

/* Verdef: format, flags, index, count, hash, first aux, next; the first aux names it, others its parents. */
static int read_def(struct chain *c, uint64_t at, uint32_t *next, struct msk_err *err)
{
	const struct msk_elf_source *s = c->t->s;
	struct msk_version_def def;
	const unsigned char *p = NULL;
	uint32_t aux;

	if (take_record(c, at, 20, &p, err) < 0 || check_format(c, p, err) < 0)
		return -1;
	def = (struct msk_version_def){
		.base = msk_elf_source_u16(s, p + 2) & VER_FLG_BASE, .index = msk_elf_source_u16(s, p + 4) & INDEX_MASK,
		.hash = msk_elf_source_u32(s, p + 8),
	};
	aux = msk_elf_source_u32(s, p + 12);
	*next = msk_elf_source_u32(s, p + 16);
	if (msk_table_at(&c->table, at + aux, 8, &p, err) < 0)
		return -1;
	def.name = msk_symtab_text(c->t, c->out, msk_elf_source_u32(s, p), "version name", err);
	if (!def.name)
		return -1;
	MSK_GROW(c->out->defs, c->out->n_defs, c->cap);
	c->out->defs[c->out->n_defs++] = def;
	if (!def.base)
		learn_name(c->names, def.index, def.name);
	return 0;
}

typedef int reader(struct chain *c, uint64_t at, uint32_t *next, struct msk_err *err);

static int walk(const struct msk_symtab *t, uint64_t vaddr, const char *what, reader *read, struct msk_symbols *out,
		struct msk_version_names *names, struct msk_err *err)
{
	struct chain c = { .t = t, .out = out, .names = names, .budget = MSK_VERSIONS_MAX };
	uint32_t next = 1;

	if (msk_table_open(t->s, what, vaddr, &c.table, err) < 0)
		return -1;
	for (uint64_t at = 0; next; at += next)
		if (read(&c, at, &next, err) < 0)
			return -1;
	return 0;
}

int msk_symtab_versions(const struct msk_symtab *t, struct msk_symbols *out, struct msk_version_names *names,
			struct msk_err *err)
{
	if (t->verneed && walk(t, t->verneed, "table of version needs", read_need, out, names, err) < 0)
		return -1;
	if (t->verdef && walk(t, t->verdef, "table of version definitions", read_def, out, names, err) < 0)
		return -1;
	return 0;
}
