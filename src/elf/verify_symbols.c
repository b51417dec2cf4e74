#include <elf.h>
#include <string.h>

#include "verify.h"

/* A reference, as one kind of relocation makes it. */
struct reference {
	const struct msk_symbol *symbol;
	const char *name;
	uint32_t hash;
	bool exact;                    /* by need of a hidden version: nothing but that version will do */
	bool takes_stand_in;           /* data may point to a program's stub for a function */
	bool skips_program;            /* a copy relocation wants the original */
};

bool msk_library_versioned(const struct msk_library *l)
{
	return l->symbols.versioned && (l->symbols.n_needs || l->symbols.n_defs);
}

/* glibc, do_lookup_x and check_match: does a definition of the right name answer? Unversioned references take an old
 * or the base version at once, else what is the only one not hidden: those are counted in *visible. */
static bool answers_glibc(const struct msk_library *l, const struct msk_symbol *d, const struct reference *r,
			  unsigned *visible)
{
	const char *version = r->symbol->version_name;

	if (!msk_library_versioned(l))
		return true;
	if (version)
		return (d->version_name && strcmp(d->version_name, version) == 0) ||
		       (!r->exact && !d->version_name && !d->hidden);
	if (d->version < 3)
		return true;
	*visible += !d->hidden;
	return false;
}

static bool defines(const struct msk_library *l, enum msk_libc libc, const struct reference *r)
{
	unsigned visible = 0;

	for (size_t at = r->hash & l->mask; l->slots[at].symbol; at = (at + 1) & l->mask) {
		const struct msk_symbol *d = &l->symbols.v[l->slots[at].symbol - 1];

		if (l->slots[at].hash != r->hash || (d->stand_in && !r->takes_stand_in) || strcmp(d->name, r->name) != 0)
			continue;
		if (libc == MSK_LIBC_MUSL ? !d->hidden : answers_glibc(l, d, r, &visible))
			return true;
	}
	return visible == 1;
}

/* The object whose definition is taken, or MSK_VERIFY_NONE. */
static size_t find_definition(struct msk_verify *v, size_t by, const struct reference *r)
{
	const bool *scope = v->starts[by] ? v->in_scope : NULL;

	for (size_t i = r->skips_program ? 1 : 0; i < v->c->n_objects; i++) {
		v->steps++;
		if ((!scope || scope[i]) && defines(v->libraries[i], v->c->libc, r))
			return i;
	}
	return MSK_VERIFY_NONE;
}

static const struct msk_version_need *need_of(const struct msk_symbols *s, const struct msk_symbol *y)
{
	for (size_t i = 0; y->version_name && i < s->n_needs; i++)
		if (s->needs[i].index == y->version)
			return &s->needs[i];
	return NULL;
}

/* ld.so takes any definition of an object without versions, but asserts that it is not the very one whose version is
 * asked for. */
static bool stumbles(struct msk_verify *v, size_t by, const struct reference *r, size_t found)
{
	const struct msk_version_need *need;

	if (v->c->libc != MSK_LIBC_GLIBC || msk_library_versioned(v->libraries[found]))
		return false;
	need = need_of(&v->libraries[by]->symbols, r->symbol);
	return need && msk_verify_named(v, by, need->file) == found;
}

/* musl has no functions of large files beside the usual ones, but lets programs made for others find them. */
static bool is_large_file_name(struct msk_verify *v, size_t by, const struct reference *r)
{
	size_t n = strlen(r->name);
	char stem[16];
	struct reference plain = *r;

	if (v->c->libc != MSK_LIBC_MUSL || n < 4 || n >= sizeof stem)
		return false;
	memcpy(stem, r->name, n + 1);
	if (strcmp(stem, "readdir64_r") == 0)
		memcpy(stem, "readdir_r", sizeof "readdir_r");
	else if (strcmp(stem + n - 2, "64") == 0)
		stem[n - 2] = '\0';
	else
		return false;
	plain.name = stem;
	plain.hash = msk_symbol_hash(stem);
	return find_definition(v, by, &plain) != MSK_VERIFY_NONE;
}

/* What one object lacks: that which stops it, and that which waits for a call. */
struct lacking {
	struct msk_strv at_start, at_call;
	size_t n_start, n_call;
	size_t stumble_start, stumble_call;   /* over an object without versions */
};

static void lacking_release(struct lacking *l)
{
	msk_strv_release(&l->at_start);
	msk_strv_release(&l->at_call);
}

static void note(struct msk_strv *names, size_t *count, const struct msk_symbol *y)
{
	++*count;
	if (names->n == MSK_REMARK_SYMBOLS_MAX)
		return;
	if (y->version_name)
		msk_strv_push_own(names, msk_xasprintf("%s@%s", y->name, y->version_name));
	else
		msk_strv_push(names, y->name);
}

static bool binds_now(const struct msk_verify *v, size_t object)
{
	return v->c->libc == MSK_LIBC_MUSL || v->c->objects[object].elf.bind_now;
}

static void verify_symbol(struct msk_verify *v, size_t by, const struct msk_symbol *y, struct lacking *out)
{
	const struct msk_version_need *need = need_of(&v->libraries[by]->symbols, y);
	struct reference r = { .symbol = y, .name = y->name, .hash = msk_symbol_hash(y->name), .exact = need && need->hidden,
			       .skips_program = y->by_copy };
	bool at_start = y->by_data || y->by_copy, now = binds_now(v, by);
	size_t found = find_definition(v, by, &r);

	/* A call needs the function itself; when there is one, data is content with it as well. */
	if (found == MSK_VERIFY_NONE && is_large_file_name(v, by, &r))
		return;
	if (found == MSK_VERIFY_NONE && at_start) {
		r.takes_stand_in = true;
		if (find_definition(v, by, &r) != MSK_VERIFY_NONE)
			at_start = false;
	}
	if (!at_start && !y->by_call)
		return;
	if (found == MSK_VERIFY_NONE)
		note(at_start || now ? &out->at_start : &out->at_call, at_start || now ? &out->n_start : &out->n_call, y);
	else if (stumbles(v, by, &r, found))
		*(at_start || now ? &out->stumble_start : &out->stumble_call) = found;
}

/* What an object defines itself is found there at the latest. */
static bool is_looked_up(const struct msk_symbol *y)
{
	return y->bind != STB_WEAK && !y->binds_here && (y->by_copy || (!y->defined && (y->by_data || y->by_call)));
}

static void add_names(struct msk_str *text, const struct msk_strv *names, size_t count)
{
	size_t shown = 0;

	for (; shown < names->n && shown < 3 && (shown == 0 || text->len < 200); shown++)
		msk_str_addf(text, "%s%.120s", shown ? ", " : "", names->v[shown]);
	if (shown < count)
		msk_str_addf(text, " and %zu more", count - shown);
}

static void say(struct msk_verify *v, size_t by, enum msk_remark_level level, const char *verb, struct msk_strv *names,
		size_t count)
{
	MSK_AUTO_STR text = MSK_STR_INIT;
	struct msk_remark *remark;

	if (count == 0)
		return;
	if (count == 1)
		msk_str_addf(&text, "%s ", verb);
	else
		msk_str_addf(&text, "%s %zu symbols that nothing it is loaded with defines: ", verb, count);
	add_names(&text, names, count);
	if (count == 1)
		msk_str_adds(&text, ", which nothing it is loaded with defines");
	remark = msk_remark_add(v->out, msk_about(v->c, by), level, MSK_REMARK_SYMBOL, "%s", text.buf);
	if (!remark)
		return;
	remark->symbols = *names;
	*names = (struct msk_strv)MSK_STRV_INIT;
	if (level == MSK_REMARK_ERROR)
		msk_remark_hint(remark, "its libraries are others than it was linked against: give those by --library-path DIR "
				"or --root DIR");
}

static void say_stumble(struct msk_verify *v, size_t by, enum msk_remark_level level, size_t over)
{
	struct msk_remark *remark;

	if (over == MSK_VERIFY_NONE)
		return;
	remark = msk_remark_add(v->out, msk_about(v->c, by), level, MSK_REMARK_UNVERSIONED,
				"takes symbols with versions from %s, which has no versions at all: glibc stops there",
				msk_verify_name(v->c, over));
	msk_remark_hint(remark, "give the library it was linked against by --library-path DIR or --root DIR");
}

static int verify_object(struct msk_verify *v, size_t by, struct msk_err *err)
{
	MSK_CLEANUP(lacking_release) struct lacking lacking = { .stumble_start = MSK_VERIFY_NONE,
								      .stumble_call = MSK_VERIFY_NONE };
	const struct msk_symbols *s = &v->libraries[by]->symbols;
	/* Whoever loads a plug-in may have what it lacks. */
	bool known = !v->is_library && v->starts[by];

	for (size_t i = 0; i < s->n; i++) {
		if (!is_looked_up(&s->v[i]))
			continue;
		verify_symbol(v, by, &s->v[i], &lacking);
		if (msk_verify_charge(v, 1, err) < 0)
			return -1;
	}
	say(v, by, known ? MSK_REMARK_ERROR : MSK_REMARK_INFO, "needs", &lacking.at_start, lacking.n_start);
	say(v, by, known ? MSK_REMARK_WARNING : MSK_REMARK_INFO, "calls", &lacking.at_call, lacking.n_call);
	say_stumble(v, by, known ? MSK_REMARK_ERROR : MSK_REMARK_INFO, lacking.stumble_start);
	if (lacking.stumble_start == MSK_VERIFY_NONE)
		say_stumble(v, by, known ? MSK_REMARK_WARNING : MSK_REMARK_INFO, lacking.stumble_call);
	return 0;
}

int msk_verify_symbols(struct msk_verify *v, struct msk_err *err)
{
	if (v->c->libc != MSK_LIBC_GLIBC && v->c->libc != MSK_LIBC_MUSL)
		return 0;
	for (size_t i = 0; i < v->c->n_objects; i++)
		/* The loader has relocated itself before it comes to this. */
		if (v->c->objects[i].found_by != MSK_BY_INTERP && verify_object(v, i, err) < 0)
			return -1;
	return 0;
}
