#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "loader.h"
#include "mkscratch/fs.h"

/* The loader's list of objects while it grows: breadth first, with insertions in front of the object at hand. */
struct node {
	size_t object, next;
	bool done;
};

struct list {
	struct node *v;
	size_t n, cap, tail;
	bool *listed;               /* by object; those beyond n_listed are not */
	size_t n_listed, cap_listed;
};

#define END SIZE_MAX

/* What an edge takes in memory besides its name: allocation, pointer, kind, index. */
#define NEED_BYTES 49
#define MAX_NODES (8 * MSK_CLOSURE_MAX_OBJECTS)

static void object_release(struct msk_object *o)
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
		object_release(&c->objects[i]);
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
	msk_strv_release(&l->subdirs);
	msk_strv_release(&l->library_path);
	free(l->cache_path);
	free(l->conf_path);
	free(l->lib_token);
}

static void list_release(struct list *t)
{
	free(t->v);
	free(t->listed);
}

/* Take an object over: it gets an index and is known by its file. */
static int add_object(struct msk_loader *l, struct msk_object *own_o, size_t *index, struct msk_err *err)
{
	struct msk_closure *c = l->c;
	char id[MSK_NAMES_ID];

	if (c->n_objects == MSK_CLOSURE_MAX_OBJECTS)
		return msk_fail(err, MSK_E_INPUT, "%s: needs more than %d libraries", l->program,
				MSK_CLOSURE_MAX_OBJECTS);
	for (size_t i = 0; i < own_o->elf.needed.n; i++)
		l->need_bytes += strlen(own_o->elf.needed.v[i]) + NEED_BYTES;
	if (l->need_bytes > MSK_CLOSURE_MAX_NEEDS)
		return msk_fail(err, MSK_E_INPUT, "%s: what its libraries need takes more than %d bytes to name", l->program,
				MSK_CLOSURE_MAX_NEEDS);
	MSK_GROW(c->objects, c->n_objects, c->cap_objects);
	*index = c->n_objects;
	own_o->wish = MSK_NO_OBJECT;
	c->objects[c->n_objects++] = *own_o;
	*own_o = (struct msk_object){ 0 };
	/* Loaders do not look for the program's own file among what is loaded: the kernel mapped that, and them. */
	if (*index > 0 && (*index != l->interp || l->rules->knows_the_loader_by_file))
		msk_names_add(&l->ids, msk_loader_id(c->objects[*index].dev, c->objects[*index].ino, id), *index);
	return 0;
}

/* The names by which a later request finds an object without a search. */
static void learn_names(struct msk_loader *l, size_t i, const char *asked)
{
	const struct msk_object *o = &l->c->objects[i];
	const char *slash = strrchr(o->path, '/');

	if (!l->rules->knows_sonames) {
		if (!strchr(asked, '/'))
			msk_names_lend(&l->names, slash ? slash + 1 : o->path, i);
		return;
	}
	msk_names_lend(&l->names, o->path, i);
	if (o->elf.soname)
		msk_names_lend(&l->names, o->elf.soname, i);
	msk_names_add(&l->names, asked, i);
}

/* The same file under another name. */
static void learn_alias(struct msk_loader *l, size_t i, const char *asked)
{
	if (l->rules->knows_sonames)
		msk_names_add(&l->names, asked, i);
	else if (i != l->interp && !strchr(asked, '/'))
		learn_names(l, i, asked);
}

static bool is_known(const struct msk_loader *l, const char *name, size_t *index)
{
	/* The kernel hands the program over without a name, which is its name for ld.so. */
	if (!*name && l->rules->knows_sonames) {
		*index = 0;
		return true;
	}
	if (l->rules->libc == MSK_LIBC_MUSL && l->interp != MSK_NO_OBJECT &&
	    (msk_musl_is_libc(name) || strcmp(name, l->c->objects[l->interp].path) == 0)) {
		*index = l->interp;
		return true;
	}
	return msk_names_find(&l->names, name, index);
}

static int search(struct msk_search *s, struct msk_err *err)
{
	enum msk_found_by rule = s->by_option ? MSK_BY_OPTION : MSK_BY_PATH;
	MSK_AUTO_FREE char *path = NULL;

	if (!strchr(s->name, '/'))
		return s->l->rules->libc == MSK_LIBC_MUSL ? msk_musl_search(s, err) : msk_glibc_search(s, err);
	path = s->name[0] == '/' ? msk_xstrdup(s->name) : msk_loader_absolute(s->l, s->name);
	if (s->name[0] != '/')
		msk_loader_note(s->l, "%s: needs the relative path \"%s\"; took it to be %s",
				s->l->c->objects[s->by].name, s->name, path);
	msk_search_note(s, path);
	return msk_search_file(s, path, rule, NULL, err);
}

static int add_missing(struct msk_loader *l, struct msk_search *s, const char *name, struct msk_err *err)
{
	struct msk_closure *c = l->c;
	size_t seen;

	if (msk_names_find(&l->missing, name, &seen))
		return 0;
	if (c->n_missing == MSK_CLOSURE_MAX_OBJECTS)
		return msk_fail(err, MSK_E_MISSING, "%s: more than %d libraries are missing", l->program,
				MSK_CLOSURE_MAX_OBJECTS);
	msk_names_add(&l->missing, name, c->n_missing);
	MSK_GROW(c->missing, c->n_missing, c->cap_missing);
	s->trail.name = msk_xstrdup(name);
	s->trail.needed_by = s->by;
	s->trail.by_option = s->by_option;
	c->missing[c->n_missing++] = s->trail;
	s->trail = (struct msk_missing){ 0 };
	return 0;
}

static int keep_hit(struct msk_loader *l, struct msk_search *s, const struct msk_request *r, size_t *index,
		    struct msk_err *err)
{
	if (s->known != MSK_NO_OBJECT) {
		*index = s->known;
		learn_alias(l, s->known, s->name);
		return 0;
	}
	s->hit.name = msk_xstrdup(r->name);
	s->hit.parent = r->by;
	s->hit.searched = s->trail.searched;
	s->hit.skipped = s->trail.skipped;
	s->trail.searched = s->trail.skipped = (struct msk_strv)MSK_STRV_INIT;
	if (add_object(l, &s->hit, index, err) < 0)
		return -1;
	learn_names(l, *index, s->name);
	return 0;
}

int msk_loader_answer(struct msk_loader *l, const struct msk_request *r, size_t *index, struct msk_err *err)
{
	MSK_CLEANUP(msk_search_release) struct msk_search s = {
		.l = l, .by = r->by, .by_option = r->by_option, .optional = r->kind == MSK_NEED_AUXILIARY,
		.known = MSK_NO_OBJECT,
	};
	MSK_AUTO_FREE char *expanded = NULL;
	int rc = MSK_GO_ON;

	*index = MSK_NO_OBJECT;
	s.name = r->name;
	if (l->rules->expands_needed && strchr(r->name, '$')) {
		s.name = expanded = msk_token_expand(l, r->by, r->name);
		if (!expanded)
			s.trail.why = msk_xstrdup("names a $ token that has no value here");
	}
	if (s.name && is_known(l, s.name, index))
		return 0;
	if (msk_loader_charge(l, 1, err) < 0)
		return -1;
	if (s.name && *s.name)
		rc = search(&s, err);
	if (rc < 0)
		return -1;
	if (rc == MSK_TAKEN)
		return keep_hit(l, &s, r, index, err);
	if (r->optional && r->trail) {
		*r->trail = s.trail;
		s.trail = (struct msk_missing){ 0 };
	} else if (!r->optional && r->kind != MSK_NEED_AUXILIARY) {
		return add_missing(l, &s, r->name, err);
	}
	return 0;
}

static size_t add_node(struct list *t, struct node n)
{
	MSK_GROW(t->v, t->n, t->cap);
	t->v[t->n] = n;
	return t->n++;
}

static bool is_listed(const struct list *t, size_t object)
{
	return object < t->n_listed && t->listed[object];
}

static void mark_listed(struct list *t, size_t object)
{
	while (t->n_listed <= object) {
		MSK_GROW(t->listed, t->n_listed, t->cap_listed);
		t->listed[t->n_listed++] = false;
	}
	t->listed[object] = true;
}

static void append(struct list *t, size_t object)
{
	size_t i;

	if (is_listed(t, object))
		return;
	mark_listed(t, object);
	i = add_node(t, (struct node){ object, END, false });
	if (i > 0)
		t->v[t->tail].next = i;
	t->tail = i;
}

/* ld.so asks the objects for their names in the order of its list. An object that has come before the one that answered
 * to its soname so far answers from now on. `behind` is the node behind it. */
static int claim_soname(struct msk_loader *l, const struct list *t, size_t behind, size_t object, struct msk_err *err)
{
	const char *soname = l->c->objects[object].elf.soname;
	size_t owner;

	if (!soname || !msk_names_find(&l->names, soname, &owner) || owner == object)
		return 0;
	for (; behind != END; behind = t->v[behind].next) {
		if (msk_loader_charge(l, 1, err) < 0)
			return -1;
		if (t->v[behind].object == owner)
			msk_names_move(&l->names, soname, object);
	}
	return 0;
}

/* Put an object in front of the one in node *at, which moves to a node of its own behind it. An object that is listed
 * further down moves up; one further up stays. The node keeps its place in the list, so that the walk that stands on it
 * comes to the new object next. */
static int insert_before(struct msk_loader *l, struct list *t, size_t *at, size_t object, struct msk_err *err)
{
	size_t before = *at, moved;

	/* Two that filter for each other would be put in front of one another for ever, and ld.so does so. */
	if (t->n == MAX_NODES)
		return msk_fail(err, MSK_E_INPUT, "%s: its filters (DT_FILTER, DT_AUXILIARY) go round in a circle",
				l->c->objects[t->v[*at].object].name);

	if (is_listed(t, object)) {
		while (t->v[before].next != END && t->v[t->v[before].next].object != object) {
			before = t->v[before].next;
			if (msk_loader_charge(l, 1, err) < 0)
				return -1;
		}
		if (t->v[before].next == END)
			return 0;
		if (t->v[before].next == t->tail)
			t->tail = before;
		t->v[before].next = t->v[t->v[before].next].next;
	}
	mark_listed(t, object);
	moved = add_node(t, t->v[*at]);
	t->v[*at] = (struct node){ object, moved, false };
	if (t->tail == *at)
		t->tail = moved;
	*at = moved;
	return claim_soname(l, t, moved, object, err);
}

/* Ask for everything the object in node *at needs, in the order of its dynamic section. */
static int walk_needs(struct msk_loader *l, struct list *t, size_t *at, struct msk_err *err)
{
	size_t by = t->v[*at].object, n = l->c->objects[by].elf.needed.n;
	size_t extra = by == 0 && l->args->libs ? l->args->libs->n : 0;

	free(l->c->objects[by].needed);         /* an object that a filter moved is walked once more */
	l->c->objects[by].needed = msk_xcalloc(n + extra + 1, sizeof(size_t));
	l->c->objects[by].n_needed = n + extra;
	t->v[*at].done = true;
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
			append(t, found);
		else if (insert_before(l, t, at, found, err) < 0)
			return -1;
	}
	return 0;
}

/* From node `at` to the end of the list, which grows meanwhile. */
static int walk_from(struct msk_loader *l, struct list *t, size_t at, struct msk_err *err)
{
	while (at != END) {
		size_t here = at;

		if (walk_needs(l, t, &here, err) < 0)
			return -1;
		/* Insertions leave a node that is not done where we stand. */
		while (at != END && t->v[at].done)
			at = t->v[at].next;
	}
	return 0;
}

static int walk_start(struct msk_loader *l, struct list *t, struct msk_err *err)
{
	append(t, 0);
	if (walk_from(l, t, 0, err) < 0)
		return -1;
	if (l->interp != MSK_NO_OBJECT && l->c->objects[0].elf.interp)
		append(t, l->interp);
	for (size_t i = 1; i < l->c->n_objects; i++)
		l->c->n_start += is_listed(t, i);
	return 0;
}

/* What is loaded later comes to the end of the list like anything else, so it may have wishes of its own. */
static int walk_wishes(struct msk_loader *l, struct list *t, struct msk_err *err)
{
	for (size_t at = 0; at != END; at = t->v[at].next) {
		size_t i = l->c->n_wishes;

		if (msk_wishes_collect(l, t->v[at].object, err) < 0)
			return -1;
		for (; i < l->c->n_wishes; i++) {
			size_t tail = t->tail, found;

			if (msk_wish_grant(l, i, err) < 0)
				return -1;
			found = l->c->wishes[i].object;
			if (found == MSK_NO_OBJECT)
				continue;
			append(t, found);
			if (walk_from(l, t, t->v[tail].next, err) < 0)
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

/* Bring the objects into the order of the list. The program stays in front of its own filters. An object outside the
 * list can only be a library's would-be interpreter, which nothing refers to: it goes. */
static void sort_objects(struct msk_closure *c, const struct list *t)
{
	size_t *place = msk_xcalloc(c->n_objects, sizeof *place), n = 1;
	struct msk_object *sorted = msk_xcalloc(c->n_objects, sizeof *sorted);

	for (size_t at = 0; at != END; at = t->v[at].next)
		if (t->v[at].object != 0)
			place[t->v[at].object] = n++;
	for (size_t i = 0; i < c->n_objects; i++) {
		if (is_listed(t, i)) {
			sorted[place[i]] = c->objects[i];
			renumber(&sorted[place[i]], place);
		} else {
			object_release(&c->objects[i]);
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
	MSK_CLEANUP(object_release) struct msk_object o = { .found_by = MSK_BY_PROGRAM, .dev = f->dev, .ino = f->ino };
	struct msk_rofile open = *f;
	size_t index;
	int rc;

	rc = l->args->start_only ? msk_memo_read(l->memo, name, &open, name, &o.elf, err) :
				   msk_elf_read(f, name, &o.elf, err);
	if (rc < 0)
		return -1;
	o.name = msk_xstrdup(name);
	o.path = msk_xstrdup(name);
	return add_object(l, &o, &index, err);
}

static int fail_no_interp(const struct msk_loader *l, const char *path, struct msk_err *err)
{
	msk_fail(err, MSK_E_MISSING, "%s: its loader %s is not in the root", l->program, path);
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
	if (msk_memo_read(l->memo, path, &f, path, &o->elf, err) < 0 || check_interp(l, &o->elf, path, err) < 0)
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
	MSK_CLEANUP(object_release) struct msk_object o = { .found_by = MSK_BY_INTERP };

	if (!path)
		return 0;
	if (open_interp(l, path, program->interp != NULL, &o, err) < 0)
		return -1;
	if (!o.path)
		return 0;
	o.name = msk_xstrdup(path);
	if (l->rules == &msk_other_rules && o.elf.soname)
		l->rules = msk_loader_rules(o.elf.soname);
	return add_object(l, &o, &l->interp, err);
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
		learn_names(l, l->interp, o[l->interp].name);
}

static int resolve(struct msk_loader *l, struct msk_err *err)
{
	MSK_CLEANUP(list_release) struct list t = { 0 };
	int rc;

	if (add_interp(l, err) < 0)
		return -1;
	learn_first_names(l);
	l->c->libc = l->rules->libc;
	if (l->c->libc == MSK_LIBC_OTHER)
		msk_loader_note(l, "%s: its loader %s is not one whose rules are known; took the usual ones", l->program,
				l->c->objects[0].elf.interp ? l->c->objects[0].elf.interp : "");
	rc = l->c->libc == MSK_LIBC_MUSL ? msk_musl_prepare(l, err) : msk_glibc_prepare(l, err);
	if (rc < 0 || walk_start(l, &t, err) < 0)
		return -1;
	if (!l->args->start_only && walk_wishes(l, &t, err) < 0)
		return -1;
	msk_missing_settle(l->c);
	if (l->args->advise && !l->args->start_only && msk_advise(l, err) < 0)
		return -1;
	sort_objects(l->c, &t);
	l->c->cache_path = msk_take(&l->cache_path);
	return 0;
}

int msk_closure_resolve(const struct msk_closure_args *args, const struct msk_rofile *f, const char *name,
			struct msk_closure *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_memo_cleanup) struct msk_memo *own_memo = args->memo ? NULL : msk_memo_new(args->tree);
	MSK_CLEANUP(msk_closure_release) struct msk_closure c = { 0 };
	MSK_CLEANUP(loader_release) struct msk_loader l = {
		.args = args, .memo = args->memo ? args->memo : own_memo, .c = &c, .program = name, .file = f,
		.rules = &msk_other_rules, .interp = MSK_NO_OBJECT,
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
	*out = c;
	c = (struct msk_closure){ 0 };
	return 0;
}
