#include <elf.h>
#include <string.h>

#include "parse.h"

#define DT_RELR_TAG 36          /* DT_RELR; older <elf.h> have none */

/* What the walk over PT_DYNAMIC gathers: the last of single tags wins, as in the loaders. */
struct dynamic {
	const struct msk_elf_source *s;
	bool has_strtab, has_strsz, has_soname, has_rpath, has_runpath, has_audit;
	uint64_t strtab, strsz, soname, rpath, runpath, audit;
	uint64_t flags, flags_1;
	bool bind_now, relr, textrel;
	uint64_t *needs;
	unsigned char *kinds;
	size_t n_needs, cap_needs, cap_kinds;
	uint64_t strings_at;        /* offset of the string table, and its bytes that are there */
	uint64_t strings_size;
	/* As a rule the names lie side by side: all that is between the first and the last is read at once. */
	uint64_t first, last;
	uint64_t held_at;
	size_t held;                /* bytes of the table in `buf`, from held_at on */
	char buf[2048];
};

static void dynamic_release(struct dynamic *d)
{
	free(d->needs);
	free(d->kinds);
}

static int add_need(struct dynamic *d, enum msk_need kind, uint64_t at, struct msk_err *err)
{
	size_t n = d->n_needs;

	if (n == MSK_ELF_MAX_NEEDED)
		return msk_fail(err, MSK_E_INPUT, "%s: needs more than %d libraries", d->s->name, MSK_ELF_MAX_NEEDED);
	MSK_GROW(d->needs, n, d->cap_needs);
	MSK_GROW(d->kinds, n, d->cap_kinds);
	d->needs[n] = at;
	d->kinds[n] = (unsigned char)kind;
	d->n_needs++;
	return 0;
}

static int take_entry(void *ctx, uint64_t tag, uint64_t value, struct msk_err *err)
{
	struct dynamic *d = ctx;

	switch (tag) {
	case DT_NEEDED:    return add_need(d, MSK_NEED, value, err);
	case DT_FILTER:    return add_need(d, MSK_NEED_FILTER, value, err);
	case DT_AUXILIARY: return add_need(d, MSK_NEED_AUXILIARY, value, err);
	case DT_STRTAB:    d->has_strtab = true;  d->strtab = value;  break;
	case DT_STRSZ:     d->has_strsz = true;   d->strsz = value;   break;
	case DT_SONAME:    d->has_soname = true;  d->soname = value;  break;
	case DT_RPATH:     d->has_rpath = true;   d->rpath = value;   break;
	case DT_RUNPATH:   d->has_runpath = true; d->runpath = value; break;
	case DT_AUDIT:
	case DT_DEPAUDIT:  d->has_audit = true;   d->audit = value;   break;
	case DT_FLAGS:     d->flags = value;      break;
	case DT_FLAGS_1:   d->flags_1 = value;    break;
	case DT_BIND_NOW:  d->bind_now = true;    break;
	case DT_RELR_TAG:  d->relr = true;        break;
	case DT_TEXTREL:   d->textrel = true;     break;
	default:           break;
	}
	return 0;
}

/* Entries until DT_NULL or the end of the segment, whichever comes first. */
static int walk_segment(const struct msk_elf_source *s, const struct msk_segment *g, msk_dynamic_taker *take, void *ctx,
			struct msk_err *err)
{
	const size_t word = s->is64 ? 8 : 4, entry = 2 * word;
	uint64_t left = g->filesz / entry, at = g->offset;
	unsigned char buf[4096];

	if (left > MSK_ELF_MAX_DYNAMIC)
		return msk_fail(err, MSK_E_INPUT, "%s: dynamic section is too large (%llu vs %d entries)", s->name,
				(unsigned long long)left, MSK_ELF_MAX_DYNAMIC);
	while (left) {
		size_t n = left < sizeof buf / entry ? (size_t)left : sizeof buf / entry;

		if (msk_elf_source_read(s, at, buf, n * entry, err) < 0)
			return -1;
		for (size_t i = 0; i < n; i++) {
			uint64_t tag = msk_elf_source_word(s, buf + i * entry);

			if (tag == DT_NULL)
				return 0;
			if (take(ctx, tag, msk_elf_source_word(s, buf + i * entry + word), err) < 0)
				return -1;
		}
		at += n * entry;
		left -= n;
	}
	return 0;
}

/* The last one counts. */
static const struct msk_segment *find_segment(const struct msk_elf_source *s)
{
	const struct msk_segment *g = NULL;

	for (size_t i = 0; i < s->n_segs; i++)
		if (s->segs[i].type == PT_DYNAMIC)
			g = &s->segs[i];
	return g;
}

int msk_dynamic_walk(const struct msk_elf_source *s, msk_dynamic_taker *take, void *ctx, struct msk_err *err)
{
	const struct msk_segment *g = find_segment(s);

	if (!g)
		return 0;
	if (!msk_elf_source_holds(s, g->offset, g->filesz))
		return msk_fail(err, MSK_E_INPUT, "%s: dynamic section ends at %llu, file has %llu bytes", s->name,
				(unsigned long long)(g->offset + g->filesz), (unsigned long long)s->file->size);
	return walk_segment(s, g, take, ctx, err);
}

static int find_strings(const struct msk_elf_source *s, struct dynamic *d, struct msk_err *err)
{
	uint64_t room;

	if (!d->n_needs && !d->has_soname && !d->has_rpath && !d->has_runpath && !d->has_audit)
		return 0;
	if (!d->has_strtab)
		return msk_fail(err, MSK_E_INPUT, "%s: names libraries, but has no string table", s->name);
	if (!msk_elf_source_locate(s, d->strtab, &d->strings_at, &room))
		return msk_fail(err, MSK_E_INPUT, "%s: string table at 0x%llx is outside the file", s->name,
				(unsigned long long)d->strtab);
	d->strings_size = d->has_strsz && d->strsz < room ? d->strsz : room;
	return 0;
}

static void reach(struct dynamic *d, bool used, uint64_t at)
{
	if (used && at < d->first)
		d->first = at;
	if (used && at > d->last)
		d->last = at;
}

static void span(struct dynamic *d)
{
	d->first = UINT64_MAX;
	for (size_t i = 0; i < d->n_needs; i++)
		reach(d, true, d->needs[i]);
	reach(d, d->has_soname, d->soname);
	reach(d, d->has_audit, d->audit);
	reach(d, d->has_runpath, d->runpath);
	reach(d, d->has_rpath && !d->has_runpath, d->rpath);
}

#define TAIL 64                     /* a name behind `last` */
#define LEAST 512                   /* else to be read at once */

/* Have the table from `pos` on; some of it at least. */
static int hold(const struct msk_elf_source *s, struct dynamic *d, uint64_t pos, struct msk_err *err)
{
	uint64_t n = d->strings_size - pos;

	if (pos >= d->held_at && pos - d->held_at < d->held)
		return 0;
	if (pos - d->first < sizeof d->buf && d->last < d->strings_size && d->last - d->first < sizeof d->buf - TAIL &&
	    !d->held) {
		pos = d->first;
		n = d->strings_size - pos;
		n = n < d->last - pos + TAIL ? n : d->last - pos + TAIL;
	} else if (n > LEAST) {
		n = LEAST;
	}
	if (msk_elf_source_read(s, d->strings_at + pos, d->buf, (size_t)n, err) < 0)
		return -1;
	d->held_at = pos;
	d->held = (size_t)n;
	return 0;
}

/* One string of the table; `what` is for messages. */
static int read_string(const struct msk_elf_source *s, struct dynamic *d, uint64_t at, size_t limit, const char *what,
		       char **out, struct msk_err *err)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	for (uint64_t pos = at; pos < d->strings_size;) {
		const char *from, *end;
		size_t n;

		if (hold(s, d, pos, err) < 0)
			return -1;
		from = d->buf + (pos - d->held_at);
		n = d->held - (size_t)(pos - d->held_at);
		end = memchr(from, '\0', n);
		msk_str_add(&text, from, end ? (size_t)(end - from) : n);
		if (text.len > limit)
			return msk_fail(err, MSK_E_INPUT, "%s: %s at offset %llu is longer than %zu bytes", s->name, what,
					(unsigned long long)at, limit);
		if (end) {
			*out = msk_str_take(&text);
			return 0;
		}
		pos += n;
	}
	return msk_fail(err, MSK_E_INPUT, "%s: %s at offset %llu runs past the string table", s->name, what,
			(unsigned long long)at);
}

static int read_needed(const struct msk_elf_source *s, struct dynamic *d, struct msk_elf *e,
		       struct msk_err *err)
{
	size_t bytes = 0;

	for (size_t i = 0; i < d->n_needs; i++) {
		char *name = NULL;

		if (read_string(s, d, d->needs[i], MSK_MAX_PATH, "library name", &name, err) < 0)
			return -1;
		msk_strv_push_own(&e->needed, name);
		bytes += strlen(e->needed.v[e->needed.n - 1]);
		if (bytes > MSK_ELF_MAX_NAMES)
			return msk_fail(err, MSK_E_INPUT, "%s: names of its libraries are longer than %d bytes together",
					s->name, MSK_ELF_MAX_NAMES);
	}
	e->need_kinds = msk_take(&d->kinds);
	return 0;
}

static int read_strings(const struct msk_elf_source *s, struct dynamic *d, struct msk_elf *e,
			struct msk_err *err)
{
	span(d);
	if (read_needed(s, d, e, err) < 0)
		return -1;
	if (d->has_soname && read_string(s, d, d->soname, MSK_MAX_PATH, "soname", &e->soname, err) < 0)
		return -1;
	if (d->has_audit && read_string(s, d, d->audit, MSK_ELF_MAX_STRING, "list of auditors", &e->audit, err) < 0)
		return -1;
	if (d->has_runpath)
		return read_string(s, d, d->runpath, MSK_ELF_MAX_STRING, "search path", &e->runpath, err);
	if (d->has_rpath)
		return read_string(s, d, d->rpath, MSK_ELF_MAX_STRING, "search path", &e->rpath, err);
	return 0;
}

int msk_dynamic_read(const struct msk_elf_source *s, struct msk_elf *e, struct msk_err *err)
{
	MSK_CLEANUP(dynamic_release) struct dynamic d = { .s = s };

	if (!find_segment(s))
		return 0;
	e->has_dynamic = true;
	if (msk_dynamic_walk(s, take_entry, &d, err) < 0 || find_strings(s, &d, err) < 0 || read_strings(s, &d, e, err) < 0)
		return -1;
	e->nodeflib = d.flags_1 & DF_1_NODEFLIB;
	e->pie = d.flags_1 & DF_1_PIE;
	e->bind_now = d.bind_now || (d.flags & DF_BIND_NOW) || (d.flags_1 & DF_1_NOW);
	e->relr = d.relr;
	e->textrel = d.textrel || (d.flags & DF_TEXTREL);
	return 0;
}
