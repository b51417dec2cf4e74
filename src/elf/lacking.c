/* What is missing, and whether the program can do without: a library that is recommended may be opened or not, so what it
 * needs in turn stops that library alone. */
#include <string.h>

#include "loader.h"

/* Objects the program cannot do without, while they are found. */
struct firm {
	struct msk_closure *c;
	bool *is;                      /* by object */
	size_t *first_wish, *n_wishes; /* by object: its own, which stand together */
	size_t *queue, n;
};

static void firm_release(struct firm *f)
{
	free(f->is);
	free(f->first_wish);
	free(f->n_wishes);
	free(f->queue);
}

static void add(struct firm *f, size_t object)
{
	if (object == MSK_NO_OBJECT || f->is[object])
		return;
	f->is[object] = true;
	f->queue[f->n++] = object;
}

static void index_wishes(struct firm *f)
{
	for (size_t i = f->c->n_wishes; i-- > 0;) {
		size_t cause = f->c->wishes[i].cause;

		f->first_wish[cause] = i;
		f->n_wishes[cause]++;
	}
}

static void find_firm(struct firm *f)
{
	add(f, 0);
	for (size_t i = 0; i < f->n; i++) {
		size_t at = f->queue[i];
		const struct msk_object *o = &f->c->objects[at];
		const struct msk_wish *w = &f->c->wishes[f->first_wish[at]];

		for (size_t k = 0; k < o->n_needed; k++)
			add(f, o->needed[k]);
		for (size_t k = 0; k < f->n_wishes[at]; k++)
			if (msk_wish_is_needed(&w[k]))
				add(f, w[k].object);
	}
}

/* The names that firm objects lack, each with the first of them. */
static void find_lacked(const struct firm *f, struct msk_names *lacked)
{
	for (size_t i = 0; i < f->c->n_objects; i++) {
		const struct msk_object *o = &f->c->objects[i];

		for (size_t k = 0; f->is[i] && k < o->n_needed; k++)
			if (o->needed[k] == MSK_NO_OBJECT && k < o->elf.needed.n)
				msk_names_add(lacked, o->elf.needed.v[k], i);
	}
}

static bool stays(const struct firm *f, const struct msk_names *lacked, struct msk_missing *m)
{
	size_t by;

	if (m->by_option)
		return true;
	if (m->by_wish)
		return f->is[f->c->wishes[m->wish].cause];
	if (!msk_names_find(lacked, m->name, &by))
		return false;
	m->needed_by = by;
	return true;
}

/* The wish that brought who lacks it. */
static void blame(struct msk_closure *c, const struct msk_missing *m)
{
	const struct msk_object *o = &c->objects[m->needed_by];
	size_t at = m->needed_by;
	struct msk_wish *w;

	while (at && c->objects[at].wish == MSK_NO_OBJECT)
		at = c->objects[at].parent;
	if (!at)
		return;
	w = &c->wishes[c->objects[at].wish];
	if (!w->lacks)
		w->lacks = msk_xasprintf("%s needs %s, not found", o->name, m->name);
}

void msk_missing_settle(struct msk_closure *c)
{
	MSK_CLEANUP(firm_release) struct firm f = { .c = c };
	MSK_CLEANUP(msk_names_release) struct msk_names lacked = { 0 };
	struct msk_missing *sorted;
	size_t n = 0, end = c->n_missing;

	if (!c->n_missing || !c->n_wishes)
		return;
	f.is = msk_xcalloc(c->n_objects, sizeof *f.is);
	f.first_wish = msk_xcalloc(c->n_objects, sizeof *f.first_wish);
	f.n_wishes = msk_xcalloc(c->n_objects, sizeof *f.n_wishes);
	f.queue = msk_xcalloc(c->n_objects, sizeof *f.queue);
	index_wishes(&f);
	find_firm(&f);
	find_lacked(&f, &lacked);
	sorted = msk_xcalloc(c->n_missing, sizeof *sorted);
	for (size_t i = 0; i < c->n_missing; i++) {
		if (stays(&f, &lacked, &c->missing[i])) {
			sorted[n++] = c->missing[i];
		} else {
			blame(c, &c->missing[i]);
			sorted[--end] = c->missing[i];
		}
	}
	free(c->missing);
	c->missing = sorted;
	c->n_lacking = c->n_missing - n;
	c->cap_missing = c->n_missing;
	c->n_missing = n;
}
