/* What NEEDED does not tell: libraries that the objects of a closure may load while the program runs. */
#include <string.h>

#include "loader.h"

void msk_wish_release(struct msk_wish *w)
{
	msk_strv_release(&w->names);
	free(w->feature);
	free(w->description);
	free(w->import);
	free(w->fault);
	free(w->lacks);
}

const char *msk_priority_name(enum msk_priority p)
{
	static const char *const names[] = {
		[MSK_REQUIRED] = "required", [MSK_RECOMMENDED] = "recommended", [MSK_SUGGESTED] = "suggested",
	};

	return names[p];
}

void msk_wish_add_names(const struct msk_wish *w, struct msk_str *out)
{
	for (size_t i = 0; i < w->names.n; i++)
		msk_str_addf(out, "%s%s", i ? " or " : "", w->names.v[i]);
}

void msk_wish_add_reason(const struct msk_wish *w, const char *who, struct msk_str *out)
{
	if (w->import) {
		msk_str_addf(out, "%s imports %s, which may load it", who, w->import);
		return;
	}
	msk_str_addf(out, "loaded by %s while it runs (", who);
	if (w->feature)
		msk_str_addf(out, "feature %s, ", w->feature);
	msk_str_addf(out, "%s)", msk_priority_name(w->priority));
}

/* The last word of --dlopen that speaks of the wish decides. */
static void decide(struct msk_wish *w, const struct msk_strv *words)
{
	w->wanted = w->priority != MSK_SUGGESTED;
	for (size_t i = 0; words && i < words->n; i++) {
		const char *word = words->v[i];
		bool off = word[0] == '-';

		if (strcmp(word, "all") == 0 || strcmp(word, "none") == 0) {
			w->wanted = strcmp(word, "all") == 0;
			w->named = false;
		} else if (w->feature && strcmp(word + off, w->feature) == 0) {
			w->wanted = w->named = !off;
		}
	}
}

static void add_wish(struct msk_loader *l, struct msk_wish *own_w)
{
	struct msk_closure *c = l->c;

	own_w->object = MSK_NO_OBJECT;
	decide(own_w, l->args->dlopen);
	MSK_GROW(c->wishes, c->n_wishes, c->cap_wishes);
	c->wishes[c->n_wishes++] = *own_w;
	*own_w = (struct msk_wish){ 0 };
}

static void add_noted(struct msk_loader *l, size_t object, const struct msk_dlopen *d)
{
	struct msk_wish w = {
		.priority = d->priority, .cause = object, .by = object,
		.feature = d->feature ? msk_xstrdup(d->feature) : NULL,
		.description = d->description ? msk_xstrdup(d->description) : NULL,
	};

	for (size_t i = 0; i < d->sonames.n; i++)
		msk_strv_push(&w.names, d->sonames.v[i]);
	add_wish(l, &w);
}

/* What libc loads when `object` calls it: unless it is there already, or was thought of. */
static void add_imported(struct msk_loader *l, size_t object, enum msk_use use, const char *name, const char *feature,
			 bool *seen)
{
	const char *import = l->c->objects[object].uses[use];
	struct msk_wish w = { .priority = MSK_RECOMMENDED, .cause = object, .by = object };
	size_t known;

	if (!import || *seen)
		return;
	*seen = true;
	if (msk_names_find(&l->names, name, &known))
		return;
	msk_names_find(&l->names, "libc.so.6", &w.by);
	msk_strv_push(&w.names, name);
	w.feature = msk_xstrdup(feature);
	w.import = msk_xstrdup(import);
	add_wish(l, &w);
}

/* getpwnam and its kin: modules that nsswitch.conf of the image names, files and for hosts dns. */
static int add_nss(struct msk_loader *l, size_t object, struct msk_err *err)
{
	char *const *uses = l->c->objects[object].uses;
	bool inside = true;

	if (!uses[MSK_USE_NSS] && !uses[MSK_USE_HOSTS])
		return 0;
	if (msk_uses_libc_has_nss(l, &inside, err) < 0)
		return -1;
	if (inside)
		return 0;
	add_imported(l, object, MSK_USE_NSS, "libnss_files.so.2", "nss", &l->has_files);
	add_imported(l, object, MSK_USE_HOSTS, "libnss_files.so.2", "nss", &l->has_files);
	add_imported(l, object, MSK_USE_HOSTS, "libnss_dns.so.2", "nss", &l->has_dns);
	return 0;
}

/* glibc opens these by name; musl has all of it inside. */
static int collect_imported(struct msk_loader *l, size_t object, struct msk_err *err)
{
	if (msk_uses_read(l, object, err) < 0)
		return -1;
	if (l->rules->libc != MSK_LIBC_GLIBC)
		return 0;
	add_imported(l, object, MSK_USE_UNWIND, "libgcc_s.so.1", "unwind", &l->has_unwinder);
	return add_nss(l, object, err);
}

int msk_wishes_collect(struct msk_loader *l, size_t object, struct msk_err *err)
{
	const struct msk_elf *e = &l->c->objects[object].elf;

	if (e->note_fault)
		msk_loader_note(l, "%s: %s; a library it loads while it runs may be absent", l->c->objects[object].name,
				e->note_fault);
	if (l->c->n_wishes + e->n_dlopens > MSK_CLOSURE_MAX_WISHES)
		return msk_fail(err, MSK_E_INPUT, "%s: may load more than %d libraries while it runs", l->program,
				MSK_CLOSURE_MAX_WISHES);
	for (size_t i = 0; i < e->n_dlopens; i++)
		add_noted(l, object, &e->dlopens[i]);
	return collect_imported(l, object, err);
}

bool msk_wish_is_needed(const struct msk_wish *w)
{
	return w->priority == MSK_REQUIRED || w->named;
}

/* Nothing answers: the search for the first name stands for all. */
static void give_up(struct msk_loader *l, size_t i, struct msk_missing *own_trail)
{
	struct msk_closure *c = l->c;
	struct msk_wish *w = &c->wishes[i];

	w->n_dirs = own_trail->n_dirs;
	if (!msk_wish_is_needed(w))
		return;
	own_trail->name = msk_xstrdup(w->names.v[0]);
	own_trail->needed_by = w->cause;
	own_trail->by_wish = true;
	own_trail->wish = i;
	MSK_GROW(c->missing, c->n_missing, c->cap_missing);
	c->missing[c->n_missing++] = *own_trail;
	*own_trail = (struct msk_missing){ 0 };
}

/* One of the names. A file that makes dlopen fail does not end the program, which may go on without. */
static int try_name(struct msk_loader *l, size_t i, size_t k, struct msk_missing *trail, struct msk_err *err)
{
	struct msk_wish *w = &l->c->wishes[i];
	const struct msk_request r = { .name = w->names.v[k], .by = w->by, .optional = true, .trail = trail };

	if (msk_loader_answer(l, &r, &w->object, err) == 0)
		return 0;
	if (err->code == MSK_E_IO || msk_wish_is_needed(w) || l->spent)
		return -1;
	if (!w->fault)
		w->fault = msk_xstrdup(err->msg);
	*err = (struct msk_err)MSK_ERR_INIT;
	return 0;
}

int msk_wish_grant(struct msk_loader *l, size_t i, struct msk_err *err)
{
	struct msk_wish *w = &l->c->wishes[i];
	MSK_CLEANUP(msk_missing_release) struct msk_missing first = { 0 };
	size_t before = l->c->n_objects;

	for (size_t k = 0; w->wanted && k < w->names.n; k++) {
		MSK_CLEANUP(msk_missing_release) struct msk_missing trail = { 0 };

		if (try_name(l, i, k, k == 0 ? &first : &trail, err) < 0)
			return -1;
		if (w->object == MSK_NO_OBJECT)
			continue;
		w->taken = k;
		if (l->c->n_objects > before)
			l->c->objects[w->object].wish = i;
		return 0;
	}
	if (w->wanted)
		give_up(l, i, &first);
	return 0;
}
