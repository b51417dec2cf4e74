#include <string.h>

#include "deps.h"

/* Who needs each object: of those that are there when the program starts, who does so at that time. */
struct askers {
	size_t *v, n, cap;
};

static void add_asker(const struct msk_closure *c, struct askers *of, size_t what, size_t who)
{
	struct askers *a = &of[what];

	if (what == MSK_NO_OBJECT || (what < c->n_start && who >= c->n_start) || (a->n && a->v[a->n - 1] == who))
		return;
	MSK_GROW(a->v, a->n, a->cap);
	a->v[a->n++] = who;
}

static int by_index(const void *pa, const void *pb)
{
	const size_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

/* Backwards over all edges at once; asking each object anew who needs it would take the square of their number. */
static struct askers *collect_askers(const struct msk_closure *c)
{
	struct askers *of = msk_xcalloc(c->n_objects, sizeof *of);

	for (size_t i = 0; i < c->n_objects; i++) {
		if (c->objects[i].found_by == MSK_BY_INTERP)
			add_asker(c, of, i, 0);
		if (c->objects[i].wish != MSK_NO_OBJECT)
			add_asker(c, of, i, c->wishes[c->objects[i].wish].cause);
	}
	for (size_t i = 0; i < c->n_objects; i++)
		for (size_t k = 0; k < c->objects[i].n_needed; k++)
			if (c->objects[i].needed[k] != MSK_NO_OBJECT)
				add_asker(c, of, c->objects[i].needed[k], i);
	for (size_t i = 0; i < c->n_objects; i++)
		if (of[i].n > 1)
			qsort(of[i].v, of[i].n, sizeof *of[i].v, by_index);
	return of;
}

static void set_needed_by(struct msk_json *o, const struct msk_deps *d, const struct askers *a)
{
	MSK_AUTO_STRV list = MSK_STRV_INIT;

	for (size_t k = 0; k < a->n; k++)
		if (k == 0 || a->v[k] != a->v[k - 1])
			msk_strv_push(&list, a->v[k] ? d->closure.objects[a->v[k]].path : d->file);
	msk_json_set_texts(o, "needed_by", &list);
}

static struct msk_json *object_json(const struct msk_deps *d, size_t i, const struct askers *of)
{
	const struct msk_object *object = &d->closure.objects[i];
	struct msk_json *o = msk_json_object();

	msk_json_set_text(o, "name", object->name);
	msk_json_set_text(o, "path", object->path);
	msk_json_set_string(o, "found_by", msk_found_by_name(object->found_by));
	set_needed_by(o, d, &of[i]);
	msk_json_set_text(o, "glibc", i < d->remarks.n_objects ? d->remarks.glibc[i] : NULL);
	return o;
}

static struct msk_json *later_json(const struct msk_deps *d, size_t i, const struct askers *of)
{
	const struct msk_object *object = &d->closure.objects[i];
	const struct msk_wish *w = object->wish == MSK_NO_OBJECT ? NULL : &d->closure.wishes[object->wish];
	struct msk_json *o = object_json(d, i, of);
	MSK_AUTO_STR why = MSK_STR_INIT;

	if (w)
		msk_wish_add_reason(w, d->closure.objects[w->cause].name, &why);
	else
		msk_str_addf(&why, "needed by %s", d->closure.objects[object->parent].name);
	msk_json_set_text(o, "why", msk_str_c(&why));
	return o;
}

static struct msk_json *missing_json(const struct msk_deps *d, const struct msk_missing *m)
{
	struct msk_json *o = msk_json_object();

	msk_json_set_text(o, "name", m->name);
	msk_json_set_text(o, "needed_by", m->needed_by ? d->closure.objects[m->needed_by].path : d->file);
	msk_json_set_texts(o, "searched", &m->searched);
	return o;
}

static struct msk_json *wish_json(const struct msk_deps *d, const struct msk_wish *w)
{
	struct msk_json *o = msk_json_object();

	msk_json_set_texts(o, "names", &w->names);
	msk_json_set_text(o, "by", w->cause ? d->closure.objects[w->cause].path : d->file);
	msk_json_set_text(o, "import", w->import);
	msk_json_set_text(o, "feature", w->feature);
	msk_json_set_text(o, "description", w->description);
	msk_json_set_string(o, "priority", msk_priority_name(w->priority));
	msk_json_set(o, "wanted", msk_json_bool(w->wanted));
	msk_json_set_text(o, "lacks", w->lacks);
	msk_json_set_text(o, "path", w->object == MSK_NO_OBJECT ? NULL : d->closure.objects[w->object].path);
	return o;
}

static struct msk_json *advice_json(const struct msk_closure *c)
{
	struct msk_json *list = msk_json_array();

	for (size_t i = 0; i < c->n_advice; i++) {
		struct msk_json *o = msk_json_object();

		msk_json_set_text(o, "what", c->advice[i].what);
		msk_json_set_text(o, "evidence", c->advice[i].evidence);
		msk_json_set_text(o, "fix", c->advice[i].fix);
		msk_json_push(list, o);
	}
	return list;
}

struct msk_json *msk_deps_json(const struct msk_deps *d)
{
	struct msk_json *o = msk_json_object();
	struct askers *of = collect_askers(&d->closure);
	MSK_AUTO_STR platform = MSK_STR_INIT;
	struct msk_json *objects = msk_json_array(), *missing = msk_json_array();
	struct msk_json *runtime = msk_json_array(), *wishes = msk_json_array();

	for (size_t i = 1; i < d->closure.n_start; i++)
		msk_json_push(objects, object_json(d, i, of));
	for (size_t i = d->closure.n_start; i < d->closure.n_objects; i++)
		msk_json_push(runtime, later_json(d, i, of));
	for (size_t i = 0; i < d->closure.n_wishes; i++)
		msk_json_push(wishes, wish_json(d, &d->closure.wishes[i]));
	for (size_t i = 0; i < d->closure.n_missing; i++)
		msk_json_push(missing, missing_json(d, &d->closure.missing[i]));
	msk_platform_add(&platform, &d->closure.objects[0].elf.platform);
	msk_json_set_text(o, "file", d->file);
	msk_json_set_text(o, "interp", d->closure.objects[0].elf.interp);
	msk_json_set_string(o, "libc", msk_libc_name(d->closure.libc));
	msk_json_set_string(o, "platform", msk_str_c(&platform));
	msk_json_set(o, "objects", objects);
	msk_json_set(o, "missing", missing);
	msk_json_set(o, "runtime", runtime);
	msk_json_set(o, "dlopen", wishes);
	msk_json_set(o, "hints", advice_json(&d->closure));
	msk_deps_set_remarks(d, o);
	for (size_t i = 0; i < d->closure.n_objects; i++)
		free(of[i].v);
	free(of);
	return o;
}
