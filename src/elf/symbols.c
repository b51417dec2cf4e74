#include <elf.h>
#include <string.h>

#include "symtab.h"

#define DT_MIPS_GOT_FIRST 0x70000013u     /* DT_MIPS_GOTSYM */
#define DT_MIPS_COUNT     0x70000011u     /* DT_MIPS_SYMTABNO */
#define STO_PLT_OF_MIPS   0x8

void msk_symbols_release(struct msk_symbols *s)
{
	free(s->v);
	free(s->needs);
	free(s->defs);
	free(s->strings);
	*s = (struct msk_symbols){ 0 };
}

bool msk_symbols_import(const struct msk_symbols *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i].imported && strcmp(s->v[i].name, name) == 0)
			return true;
	return false;
}

static int take_tag(void *ctx, uint64_t tag, uint64_t value, struct msk_err *err)
{
	struct msk_symtab *t = ctx;

	(void)err;
	switch (tag) {
	case DT_STRTAB:    t->strtab = value;    break;
	case DT_STRSZ:     t->strsz = value;     break;
	case DT_SYMTAB:    t->symtab = value;    break;
	case DT_SYMENT:    t->syment = value;    break;
	case DT_HASH:      t->hash = value;      break;
	case DT_GNU_HASH:  t->gnu_hash = value;  break;
	case DT_VERSYM:    t->versym = value;    break;
	case DT_VERNEED:   t->verneed = value;   break;
	case DT_VERDEF:    t->verdef = value;    break;
	case DT_REL:       t->rel = value;       break;
	case DT_RELSZ:     t->relsz = value;     break;
	case DT_RELENT:    t->relent = value;    break;
	case DT_RELCOUNT:  t->relcount = value;  break;
	case DT_RELA:      t->rela = value;      break;
	case DT_RELASZ:    t->relasz = value;    break;
	case DT_RELAENT:   t->relaent = value;   break;
	case DT_RELACOUNT: t->relacount = value; break;
	case DT_JMPREL:    t->jmprel = value;    break;
	case DT_PLTRELSZ:  t->pltrelsz = value;  break;
	case DT_PLTREL:    t->pltrel = value;    break;
	case DT_MIPS_COUNT:
		t->mips_count = t->machine == EM_MIPS ? value : 0;
		break;
	case DT_MIPS_GOT_FIRST:
		t->mips_got = value;
		t->has_mips_got = t->machine == EM_MIPS;
		break;
	default: break;
	}
	return 0;
}

static int read_strings(const struct msk_symtab *t, struct msk_symbols *out, struct msk_err *err)
{
	uint64_t at, n;

	if (!t->strtab)
		return 0;
	if (!msk_elf_source_locate(t->s, t->strtab, &at, &n))
		return msk_fail(err, MSK_E_INPUT, "%s: string table at 0x%llx is outside the file", t->s->name,
				(unsigned long long)t->strtab);
	if (t->strsz < n)
		n = t->strsz;
	if (n > MSK_SYMBOLS_STRINGS)
		return msk_fail(err, MSK_E_INPUT, "%s: string table is too large (%llu vs %u bytes)", t->s->name,
				(unsigned long long)n, MSK_SYMBOLS_STRINGS);
	out->strings = msk_xcalloc(1, (size_t)n + 1);
	out->strings_size = (size_t)n;
	return msk_elf_source_read(t->s, at, out->strings, (size_t)n, err);
}

const char *msk_symtab_text(const struct msk_symtab *t, const struct msk_symbols *out, uint64_t at, const char *what,
			    struct msk_err *err)
{
	if (at < out->strings_size)
		return out->strings + at;
	msk_fail(err, MSK_E_INPUT, "%s: %s at offset %llu is outside the string table (%zu bytes)", t->s->name, what,
		 (unsigned long long)at, out->strings_size);
	return NULL;
}

/* A symbol as the file has it. */
struct record {
	uint64_t name, value;
	unsigned char info, other;
	uint16_t section;
};

static struct record split_record(const struct msk_elf_source *s, const unsigned char *p)
{
	if (s->is64)
		return (struct record){ msk_elf_source_u32(s, p), msk_elf_source_u64(s, p + 8), p[4], p[5],
					msk_elf_source_u16(s, p + 6) };
	return (struct record){ msk_elf_source_u32(s, p), msk_elf_source_u32(s, p + 4), p[12], p[13],
				msk_elf_source_u16(s, p + 14) };
}

static bool can_answer(unsigned type)
{
	return type == STT_NOTYPE || type == STT_OBJECT || type == STT_FUNC || type == STT_COMMON || type == STT_TLS ||
	       type == STT_GNU_IFUNC;
}

static struct msk_symbol make_symbol(const struct msk_symtab *t, const struct record *r, const char *name, bool found)
{
	const unsigned visibility = r->other & 3, type = r->info & 0xf, bind = r->info >> 4;
	const bool has_value = r->value || r->section == SHN_ABS || type == STT_TLS;
	struct msk_symbol y = {
		.name = name, .bind = (unsigned char)bind, .type = (unsigned char)type,
		.imported = r->section == SHN_UNDEF,
		.binds_here = bind == STB_LOCAL || visibility == STV_HIDDEN || visibility == STV_INTERNAL,
	};

	/* Loaders match names without regard to visibility: linkers keep hidden ones out of the table. */
	if (!found || !has_value || !can_answer(type) ||
	    (bind != STB_GLOBAL && bind != STB_WEAK && bind != STB_GNU_UNIQUE))
		return y;
	y.defined = !y.imported;
	y.stand_in = y.imported && r->value && type != STT_TLS && (t->machine != EM_MIPS || (r->other & STO_PLT_OF_MIPS));
	return y;
}

static void take_refs(const struct msk_symtab *t, const struct record *r, size_t i, const struct msk_refs *refs,
		      struct msk_symbol *y)
{
	const unsigned char how = i < refs->n ? refs->v[i] : 0;

	y->by_data = how & MSK_REF_DATA;
	y->by_call = how & MSK_REF_CALL;
	y->by_copy = how & MSK_REF_COPY;
	/* MIPS looks up what has a place in its GOT without relocations; a function's stub waits for the first call. */
	if (t->has_mips_got && i >= t->mips_got) {
		if (y->imported && y->type == STT_FUNC && r->value)
			y->by_call = true;
		else
			y->by_data = true;
	}
}

static int take_version(const struct msk_symtab *t, struct msk_table *versym, size_t i,
			const struct msk_version_names *names, struct msk_symbol *y, struct msk_err *err)
{
	const unsigned char *p;
	uint16_t v;

	if (msk_table_at(versym, 2 * (uint64_t)i, 2, &p, err) < 0)
		return -1;
	v = msk_elf_source_u16(t->s, p);
	y->hidden = v & 0x8000;
	y->version = v & 0x7fff;
	y->version_name = y->version < names->n ? names->names[y->version] : NULL;
	return 0;
}

static int read_symbols(const struct msk_symtab *t, size_t count, size_t first_found, const struct msk_refs *refs,
			const struct msk_version_names *names, struct msk_symbols *out, struct msk_err *err)
{
	const size_t entry = t->s->is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
	struct msk_table table, versym;
	const unsigned char *p;

	if (t->syment && t->syment != entry)
		return msk_fail(err, MSK_E_INPUT, "%s: symbol entry size is %llu, expected %zu", t->s->name,
				(unsigned long long)t->syment, entry);
	if (msk_table_open(t->s, "symbol table", t->symtab, &table, err) < 0 ||
	    (t->versym && msk_table_open(t->s, "table of symbol versions", t->versym, &versym, err) < 0) ||
	    msk_table_at(&table, (count - 1) * (uint64_t)entry, entry, &p, err) < 0)
		return -1;
	out->v = msk_xcalloc(count, sizeof *out->v);
	for (size_t i = 1; i < count; i++) {
		struct msk_symbol *y = &out->v[out->n];
		const char *name;
		struct record r;

		if (msk_table_at(&table, i * (uint64_t)entry, entry, &p, err) < 0)
			return -1;
		r = split_record(t->s, p);
		name = msk_symtab_text(t, out, r.name, "symbol name", err);
		if (!name)
			return -1;
		*y = make_symbol(t, &r, name, i >= first_found);
		take_refs(t, &r, i, refs, y);
		if (t->versym && take_version(t, &versym, i, names, y, err) < 0)
			return -1;
		out->n++;
	}
	return 0;
}

static void refs_release(struct msk_refs *r)
{
	free(r->v);
}

static void names_release(struct msk_version_names *n)
{
	free(n->names);
}

static int read_tables(const struct msk_symtab *t, struct msk_symbols *out, struct msk_err *err)
{
	MSK_CLEANUP(refs_release) struct msk_refs refs = { 0 };
	MSK_CLEANUP(names_release) struct msk_version_names names = { 0 };
	size_t count, first_found;

	if (msk_symtab_count(t, &count, &first_found, err) < 0 || msk_symtab_refs(t, &refs, err) < 0 ||
	    read_strings(t, out, err) < 0 || msk_symtab_versions(t, out, &names, err) < 0)
		return -1;
	out->versioned = t->versym != 0;
	if (refs.n > count)
		count = refs.n;
	return t->symtab && count > 1 ? read_symbols(t, count, first_found, &refs, &names, out, err) : 0;
}

int msk_symbols_read(const struct msk_rofile *f, const char *name, struct msk_symbols *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_elf_source_release) struct msk_elf_source s = { 0 };
	MSK_CLEANUP(msk_symbols_release) struct msk_symbols symbols = { 0 };
	struct msk_symtab t = { .s = &s };
	struct msk_elf e = { 0 };

	if (msk_elf_source_open(f, name, &s, &e, err) < 0)
		return -1;
	t.machine = e.machine;
	if (msk_dynamic_walk(&s, take_tag, &t, err) < 0 || read_tables(&t, &symbols, err) < 0)
		return -1;
	*out = symbols;
	symbols = (struct msk_symbols){ 0 };
	return 0;
}
