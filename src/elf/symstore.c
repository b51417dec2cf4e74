#include "mkscratch/names.h"
#include "verify.h"

#define ID 2                       /* numbers that tell a file */

struct msk_symstore {
	struct msk_names ids;          /* device and number to the place in v */
	struct msk_library **v;
	size_t n, cap, bytes, limit;
};

struct msk_symstore *msk_symstore_new(void)
{
	return msk_symstore_of(MSK_SYMSTORE_MAX);
}

struct msk_symstore *msk_symstore_of(size_t limit)
{
	struct msk_symstore *st = msk_xcalloc(1, sizeof *st);

	st->limit = limit;
	return st;
}

static void library_free(struct msk_library *l)
{
	msk_symbols_release(&l->symbols);
	free(l->slots);
	free(l);
}

static void clear(struct msk_symstore *st)
{
	for (size_t i = 0; i < st->n; i++)
		library_free(st->v[i]);
	st->n = st->bytes = 0;
	msk_names_release(&st->ids);
}

void msk_symstore_free(struct msk_symstore *st)
{
	if (!st)
		return;
	clear(st);
	free(st->v);
	free(st);
}

void msk_symstore_cleanup(struct msk_symstore **st)
{
	msk_symstore_free(*st);
}

void msk_symstore_begin(struct msk_symstore *st)
{
	if (st->bytes > st->limit / 4)
		clear(st);
}

uint32_t msk_symbol_hash(const char *name)
{
	uint32_t h = 5381;

	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		h = h * 33 + *p;
	return h;
}

static void index_definitions(struct msk_library *l)
{
	const struct msk_symbols *s = &l->symbols;
	size_t n = 0, size = 8;

	for (size_t i = 0; i < s->n; i++)
		n += s->v[i].defined || s->v[i].stand_in;
	while (size < 2 * n)
		size *= 2;
	l->slots = msk_xcalloc(size, sizeof *l->slots);
	l->mask = size - 1;
	for (size_t i = 0; i < s->n; i++) {
		uint32_t hash;
		size_t at;

		if (!s->v[i].defined && !s->v[i].stand_in)
			continue;
		hash = msk_symbol_hash(s->v[i].name);
		for (at = hash & l->mask; l->slots[at].symbol; at = (at + 1) & l->mask)
			;
		l->slots[at] = (struct msk_slot){ hash, (uint32_t)i + 1 };
	}
}

static size_t weight(const struct msk_library *l)
{
	const struct msk_symbols *s = &l->symbols;

	return s->n * sizeof *s->v + s->strings_size + s->n_needs * sizeof *s->needs + s->n_defs * sizeof *s->defs +
	       (l->mask + 1) * sizeof *l->slots;
}

static int add_library(struct msk_symstore *st, const uint64_t id[ID], const struct msk_rofile *f, const char *name,
		       const struct msk_library **out, struct msk_err *err)
{
	struct msk_library *l = msk_xcalloc(1, sizeof *l);

	if (msk_symbols_read(f, name, &l->symbols, err) < 0) {
		free(l);
		return -1;
	}
	index_definitions(l);
	MSK_GROW(st->v, st->n, st->cap);
	st->v[st->n] = l;
	msk_names_add_id(&st->ids, id, ID, st->n++);
	st->bytes += weight(l);
	if (st->bytes > st->limit)
		return msk_fail(err, MSK_E_INPUT, "%s: symbols of all libraries take more than %zu bytes", name, st->limit);
	*out = l;
	return 0;
}

int msk_symstore_get(struct msk_symstore *st, struct msk_rotree *tree, const struct msk_object *o,
		     const struct msk_rofile *program, const struct msk_library **out, struct msk_err *err)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	enum msk_lookup how;
	const uint64_t id[ID] = { o->dev, o->ino };
	size_t held;

	if (msk_names_find_id(&st->ids, id, ID, &held)) {
		*out = st->v[held];
		return 0;
	}
	if (program)
		return add_library(st, id, program, o->name, out, err);
	if (tree->open(tree, o->path, &how, &f, NULL, err) < 0)
		return -1;
	if (how != MSK_FOUND || f.fd < 0 || f.dev != o->dev || f.ino != o->ino)
		return msk_fail(err, MSK_E_IO, "%s: changed while it was being read", o->path);
	return add_library(st, id, &f, o->path, out, err);
}
