/* One request for an object: by a name that something loaded answers to, or by a search. */
#include <string.h>

#include "loader.h"

/* What an edge takes in memory besides its name: allocation, pointer, kind, index. */
#define NEED_BYTES 49

static void learn_file(struct msk_loader *l, size_t i)
{
	const uint64_t id[] = { l->c->objects[i].dev, l->c->objects[i].ino };

	msk_names_add_id(&l->ids, id, 2, i);
}

bool msk_loader_has_file(const struct msk_loader *l, const struct msk_rofile *f, size_t *object)
{
	const uint64_t id[] = { f->dev, f->ino };

	return msk_names_find_id(&l->ids, id, 2, object);
}

int msk_loader_add(struct msk_loader *l, struct msk_object *own_o, size_t *index, struct msk_err *err)
{
	struct msk_closure *c = l->c;

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
		learn_file(l, *index);
	return 0;
}

void msk_loader_learn_names(struct msk_loader *l, size_t i, const char *asked)
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
		msk_loader_learn_names(l, i, asked);
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
	if (s->name[0] != '/' && s->by_option)
		msk_loader_note(s->l, "--lib %s: a relative path; took it to be %s of the root", s->name, path);
	else if (s->name[0] != '/')
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
	if (msk_loader_add(l, &s->hit, index, err) < 0)
		return -1;
	msk_loader_learn_names(l, *index, s->name);
	return 0;
}

/* Look for what nothing loaded answers to. `name` is what the request says with its tokens expanded; NULL: one of them
 * has no value. */
static int look_for(struct msk_loader *l, const struct msk_request *r, const char *name, size_t *index, struct msk_err *err)
{
	MSK_CLEANUP(msk_search_release) struct msk_search s = {
		.l = l, .name = name, .by = r->by, .by_option = r->by_option, .optional = r->kind == MSK_NEED_AUXILIARY,
		.known = MSK_NO_OBJECT,
	};
	int rc = MSK_GO_ON;

	if (!name)
		s.trail.why = msk_xstrdup("names a $ token that has no value here");
	if (name && *name)
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

/* *index stays MSK_NO_OBJECT for what the kernel itself provides, too. */
int msk_loader_answer(struct msk_loader *l, const struct msk_request *r, size_t *index, struct msk_err *err)
{
	MSK_AUTO_FREE char *expanded = NULL;
	const char *name = r->name;

	*index = MSK_NO_OBJECT;
	if (l->rules->expands_needed && strchr(r->name, '$')) {
		if (msk_secure_check_name(l, r->by, r->name, err) < 0)
			return -1;
		name = expanded = msk_token_expand(l, r->by, r->name);
	}
	if (name && (is_known(l, name, index) || (l->rules->libc == MSK_LIBC_GLIBC && msk_glibc_is_vdso(l, name))))
		return 0;
	return msk_loader_charge(l, 1, err) < 0 ? -1 : look_for(l, r, name, index, err);
}
