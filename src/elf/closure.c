#include <sys/stat.h>

#include "load_list.h"

void msk_object_release(struct msk_object *o)
{
	free(o->name);
	free(o->path);
	free(o->rule_dir);
	free(o->needed);
	msk_strv_release(&o->searched);
	msk_strv_release(&o->skipped);
	for (size_t i = 0; i < MSK_USES; i++)
		free(o->uses[i]);
	msk_elf_release(&o->elf);
}

void msk_missing_release(struct msk_missing *m)
{
	free(m->name);
	free(m->why);
	free(m->found);
	free(m->level);
	msk_strv_release(&m->searched);
	msk_strv_release(&m->skipped);
}

void msk_closure_release(struct msk_closure *c)
{
	for (size_t i = 0; i < c->n_objects; i++)
		msk_object_release(&c->objects[i]);
	free(c->objects);
	for (size_t i = 0; i < c->n_missing + c->n_lacking; i++)
		msk_missing_release(&c->missing[i]);
	free(c->missing);
	for (size_t i = 0; i < c->n_wishes; i++)
		msk_wish_release(&c->wishes[i]);
	free(c->wishes);
	for (size_t i = 0; i < c->n_advice; i++) {
		free(c->advice[i].what);
		free(c->advice[i].evidence);
		free(c->advice[i].fix);
	}
	free(c->advice);
	msk_strv_release(&c->system_dirs);
	free(c->lib_token);
	free(c->cache_path);
	msk_strv_release(&c->notes);
	*c = (struct msk_closure){ 0 };
}

static void loader_release(struct msk_loader *l)
{
	for (size_t i = 0; i < l->n_paths; i++)
		msk_strv_release(&l->paths[i].dirs);
	free(l->paths);
	msk_names_release(&l->names);
	msk_names_release(&l->ids);
	msk_names_release(&l->missing);
	msk_names_release(&l->subdirs_seen);
	msk_strv_release(&l->library_path);
	msk_strv_release(&l->unsound);
}

/* Ask for everything the object in node *at needs, in the order of its dynamic section. */
static int walk_needs(struct msk_loader *l, struct msk_load_list *list, size_t *at, struct msk_err *err)
{
	size_t by = list->v[*at].object, n = l->c->objects[by].elf.needed.n;
	size_t extra = by == 0 && l->args->libs ? l->args->libs->n : 0;

	free(l->c->objects[by].needed);         /* an object that a filter moved is walked once more */
	l->c->objects[by].needed = msk_xcalloc(n + extra + 1, sizeof(size_t));
	l->c->objects[by].n_needed = n + extra;
	list->v[*at].done = true;
	for (size_t k = 0; k < n + extra; k++) {
		const struct msk_elf *e = &l->c->objects[by].elf;
		struct msk_request r = {
			.name = k < n ? e->needed.v[k] : l->args->libs->v[k - n],
			.by = by,
			.kind = k < n ? (enum msk_need)e->need_kinds[k] : MSK_NEED,
			.by_option = k >= n,
		};
		size_t found;

		l->c->objects[by].needed[k] = MSK_NO_OBJECT;
		if (r.kind != MSK_NEED && !l->rules->has_filters)
			continue;
		if (msk_loader_answer(l, &r, &found, err) < 0)
			return -1;
		l->c->objects[by].needed[k] = found;
		if (found == MSK_NO_OBJECT)
			continue;
		if (r.kind == MSK_NEED)
			msk_load_list_append(list, found);
		else if (msk_load_list_insert(list, l, at, found, err) < 0)
			return -1;
	}
	return 0;
}

/* From node `at` to the end of the list, which grows meanwhile. */
static int walk_from(struct msk_loader *l, struct msk_load_list *list, size_t at, struct msk_err *err)
{
	while (at != MSK_LIST_END) {
		size_t here = at;

		if (walk_needs(l, list, &here, err) < 0)
			return -1;
		/* Insertions leave a node that is not done where we stand. */
		while (at != MSK_LIST_END && list->v[at].done)
			at = list->v[at].next;
	}
	return 0;
}

static int walk_start(struct msk_loader *l, struct msk_load_list *list, struct msk_err *err)
{
	msk_load_list_append(list, 0);
	if (walk_from(l, list, 0, err) < 0)
		return -1;
	if (l->interp != MSK_NO_OBJECT && l->c->objects[0].elf.interp)
		msk_load_list_append(list, l->interp);
	for (size_t i = 1; i < l->c->n_objects; i++)
		l->c->n_start += msk_load_list_has(list, i);
	return 0;
}

/* What is loaded later comes to the end of the list like anything else, so it may have wishes of its own. */
static int walk_wishes(struct msk_loader *l, struct msk_load_list *list, struct msk_err *err)
{
	for (size_t at = 0; at != MSK_LIST_END; at = list->v[at].next) {
		size_t i = l->c->n_wishes;

		if (msk_wishes_collect(l, list->v[at].object, err) < 0)
			return -1;
		for (; i < l->c->n_wishes; i++) {
			size_t tail = list->tail, found;

			if (msk_wish_grant(l, i, err) < 0)
				return -1;
			found = l->c->wishes[i].object;
			if (found == MSK_NO_OBJECT)
				continue;
			msk_load_list_append(list, found);
			if (walk_from(l, list, list->v[tail].next, err) < 0)
				return -1;
		}
	}
	return 0;
}

static void renumber(struct msk_object *o, const size_t *place)
{
	o->parent = place[o->parent];
	for (size_t k = 0; k < o->n_needed; k++)
		if (o->needed[k] != MSK_NO_OBJECT)
			o->needed[k] = place[o->needed[k]];
}

static void renumber_wish(struct msk_wish *w, const size_t *place)
{
	w->cause = place[w->cause];
	w->by = place[w->by];
	if (w->object != MSK_NO_OBJECT)
		w->object = place[w->object];
}

/* Is every object in the list, the program first, and the others as they were added? */
static bool is_sorted(const struct msk_closure *c, const struct msk_load_list *list)
{
	size_t n = 0;

	for (size_t at = 0; at != MSK_LIST_END; at = list->v[at].next)
		if (list->v[at].object != n++)
			return false;
	return n == c->n_objects;
}

/* Bring the objects into the order of the list. The program stays in front of its own filters. An object outside the
 * list can only be a library's would-be interpreter, which nothing refers to: it goes. */
static void sort_objects(struct msk_closure *c, const struct msk_load_list *list)
{
	struct msk_object *sorted;
	size_t *place, n = 1;

	if (is_sorted(c, list))
		return;
	place = msk_xcalloc(c->n_objects, sizeof *place);
	sorted = msk_xcalloc(c->n_objects, sizeof *sorted);
	for (size_t at = 0; at != MSK_LIST_END; at = list->v[at].next)
		if (list->v[at].object != 0)
			place[list->v[at].object] = n++;
	for (size_t i = 0; i < c->n_objects; i++) {
		if (msk_load_list_has(list, i)) {
			sorted[place[i]] = c->objects[i];
			renumber(&sorted[place[i]], place);
		} else {
			msk_object_release(&c->objects[i]);
		}
	}
	for (size_t i = 0; i < c->n_missing + c->n_lacking; i++)
		c->missing[i].needed_by = place[c->missing[i].needed_by];
	for (size_t i = 0; i < c->n_wishes; i++)
		renumber_wish(&c->wishes[i], place);
	free(c->objects);
	c->objects = sorted;
	c->cap_objects = c->n_objects;
	c->n_objects = n;
	free(place);
}

static int add_program(struct msk_loader *l, const struct msk_rofile *f, const char *name, struct msk_err *err)
{
	MSK_CLEANUP(msk_object_release) struct msk_object o = { .found_by = MSK_BY_PROGRAM, .dev = f->dev, .ino = f->ino };
	struct msk_rofile open = *f;
	size_t index;
	int rc;

	rc = l->args->start_only ? msk_memo_read(l->memo, name, &open, name, &o.elf, err) :
				   msk_elf_read(f, name, &o.elf, err);
	if (rc < 0)
		return -1;
	o.name = msk_xstrdup(name);
	o.path = msk_xstrdup(name);
	return msk_loader_add(l, &o, &index, err);
}

static int fail_no_interp(const struct msk_loader *l, const char *path, struct msk_err *err)
{
	msk_fail(err, MSK_E_MISSING, "%s: its loader %.150s is not in the root", l->program, path);
	return msk_hint(err, "give the system it was built for by --root DIR, or link it statically");
}

static int check_interp(const struct msk_loader *l, const struct msk_elf *e, const char *path, struct msk_err *err)
{
	MSK_AUTO_STR why = MSK_STR_INIT;

	if (!msk_elf_misfit(&l->c->objects[0].elf, e, &why))
		return 0;
	msk_fail(err, MSK_E_MISSING, "%s: its loader %s is %s", l->program, path, msk_str_c(&why));
	return msk_hint(err, "give the system it was built for by --root DIR, or link it statically");
}

static int open_interp(const struct msk_loader *l, const char *path, bool required, struct msk_object *o,
		       struct msk_err *err)
{
	MSK_AUTO_ROFILE f = MSK_ROFILE_INIT;
	enum msk_lookup how;

	if (msk_memo_open(l->memo, path, &how, &f, err) < 0)
		return -1;
	if (how == MSK_ABSENT)
		return required ? fail_no_interp(l, path, err) : 0;
	if (how != MSK_FOUND || !S_ISREG(f.mode))
		return msk_fail(err, MSK_E_INPUT, "%s: its loader %s %s", l->program, path,
				how == MSK_LOOP ? "goes through too many symbolic links" :
				how == MSK_DENIED ? "cannot be read" : "is no regular file");
	if (msk_memo_read(l->memo, path, &f, path, &o->elf, err) < 0)
		return err->code != MSK_E_INPUT ? -1 : msk_hint(err, "it is the loader that %s asks for", l->program);
	if (check_interp(l, &o->elf, path, err) < 0)
		return -1;
	o->dev = f.dev;
	o->ino = f.ino;
	o->path = msk_xstrdup(path);
	return 0;
}

/* Programs name their loader. For a library we take the usual one, and do without when it is not there. A loader of no
 * usual name, which a link may have, is known by its soname. */
static int add_interp(struct msk_loader *l, struct msk_err *err)
{
	const struct msk_elf *program = &l->c->objects[0].elf;
	const char *path = program->interp ? program->interp : msk_loader_usual(program);
	MSK_CLEANUP(msk_object_release) struct msk_object o = { .found_by = MSK_BY_INTERP };

	if (!path)
		return 0;
	if (open_interp(l, path, program->interp != NULL, &o, err) < 0)
		return -1;
	if (!o.path)
		return 0;
	o.name = msk_xstrdup(path);
	if (l->rules == &msk_other_rules && o.elf.soname)
		l->rules = msk_loader_rules(o.elf.soname);
	return msk_loader_add(l, &o, &l->interp, err);
}

/* What is known by name before anything is asked for. */
static void learn_first_names(struct msk_loader *l)
{
	const struct msk_object *o = l->c->objects;

	if (!l->rules->knows_sonames)
		return;
	if (o[0].elf.soname)
		msk_names_add(&l->names, o[0].elf.soname, 0);
	if (l->interp != MSK_NO_OBJECT)
		msk_loader_learn_names(l, l->interp, o[l->interp].name);
}

static int resolve(struct msk_loader *l, struct msk_err *err)
{
	MSK_CLEANUP(msk_load_list_release) struct msk_load_list list = { 0 };
	int rc;

	if (add_interp(l, err) < 0)
		return -1;
	learn_first_names(l);
	l->c->libc = l->rules->libc;
	if (l->c->libc == MSK_LIBC_OTHER)
		msk_loader_note(l, "%s: its loader %s is not one whose rules are known; took the usual ones", l->program,
				l->c->objects[0].elf.interp ? l->c->objects[0].elf.interp : "");
	rc = l->c->libc == MSK_LIBC_MUSL ? msk_musl_prepare(l, err) : msk_glibc_prepare(l, err);
	if (rc < 0)
		return -1;
	msk_secure_note(l);
	if (walk_start(l, &list, err) < 0)
		return -1;
	if (!l->args->start_only && walk_wishes(l, &list, err) < 0)
		return -1;
	msk_missing_settle(l->c);
	if (l->args->advise && !l->args->start_only && msk_advise(l, err) < 0)
		return -1;
	sort_objects(l->c, &list);
	return 0;
}

/* Of a closure that is whole msk_closure_verify() makes it an error. */
static void note_unsound(const struct msk_loader *l)
{
	bool verified = l->c->libc != MSK_LIBC_NONE && !l->c->n_missing;

	for (size_t i = 0; !verified && i < l->unsound.n; i++)
		msk_loader_note(l, "%s; what it may load while it runs is not known", l->unsound.v[i]);
}

int msk_closure_resolve(const struct msk_closure_args *args, const struct msk_rofile *f, const char *name,
			struct msk_closure *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_memo_cleanup) struct msk_memo *own_memo = args->memo ? NULL : msk_memo_new(args->tree);
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	struct msk_terrain empty = { .version = 0 };
	MSK_CLEANUP(loader_release) struct msk_loader l = {
		.args = args, .memo = args->memo ? args->memo : own_memo, .c = &c, .program = name, .file = f,
		.rules = &msk_other_rules, .interp = MSK_NO_OBJECT, .terrain = &empty,
	};
	MSK_AUTO_STRV levels = MSK_STRV_INIT;
	const struct msk_elf *e;

	if (add_program(&l, f, name, err) < 0)
		return -1;
	e = &c.objects[0].elf;
	if (args->hwcaps && msk_hwcaps_levels(e, args->hwcaps, &levels, err) < 0)
		return -1;
	c.n_start = 1;
	if (e->linkage == MSK_ELF_DYNAMIC || e->linkage == MSK_ELF_LIBRARY) {
		l.rules = msk_loader_rules(e->interp ? e->interp : msk_loader_usual(e));
		if (resolve(&l, err) < 0)
			return -1;
	}
	note_unsound(&l);
	*out = c;
	c = (struct msk_closure){ 0 };
	return 0;
}
