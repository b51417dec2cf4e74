#include "place.h"

#include <string.h>

#include "mkscratch/fs.h"

void msk_placing_release(struct msk_placing *p)
{
	if (p->placed)
		for (size_t i = 0; i < p->closure->n_objects; i++)
			free(p->placed[i]);
	free(p->placed);
	p->placed = NULL;
}

static char *join(const char *dir, const char *separator, const char *rest)
{
	MSK_AUTO_FREE char *path = msk_xasprintf("%s%s%s", dir, separator, rest);

	return msk_path_normalise(path);
}

/* The directory an object was found in, and the one it will be found in. */
static char *host_dir(const struct msk_placing *p, size_t i)
{
	return i == 0 ? msk_xstrdup(p->origin) : msk_path_dir(p->closure->objects[i].path);
}

static char *image_dir(const struct msk_placing *p, size_t i)
{
	if (i == 0)
		return msk_path_dir(p->dest);
	return msk_path_dir(p->placed[i] ? p->placed[i] : p->closure->objects[i].path);
}

/* What follows a leading $ORIGIN, or NULL. */
static const char *after_origin(const char *element)
{
	if (msk_starts_with(element, "${ORIGIN}"))
		return element + strlen("${ORIGIN}");
	if (msk_starts_with(element, "$ORIGIN") && (element[7] == '/' || element[7] == '\0'))
		return element + strlen("$ORIGIN");
	return NULL;
}

/* What of `dir` follows `top`: "" for top itself, "/..." below it; NULL when it is neither. */
static const char *after_top(const char *dir, const char *top)
{
	size_t n = strcmp(top, "/") == 0 ? 0 : strlen(top);

	if (strncmp(dir, top, n) != 0)
		return NULL;
	if (n == 0 && strcmp(dir, "/") == 0)
		return "";
	return dir[n] == '\0' || dir[n] == '/' ? dir + n : NULL;
}

/* The same, and below it hwcaps directories alone. */
static const char *found_below(const char *dir, const char *top)
{
	const char *rest = after_top(dir, top);

	return rest && (!*rest || msk_starts_with(rest, "/glibc-hwcaps/")) ? rest : NULL;
}

/* How an element of somebody's search path explains where an object was found. */
enum match { NO_MATCH, MATCH_AS_IS, MATCH_ORIGIN, MATCH_UNCLEAR };

/* `dir` is normalised. MATCH_ORIGIN: *out is the directory in the image. */
static enum match match_element(const struct msk_placing *p, size_t asker, const char *element, const char *dir,
				char **out)
{
	const char *suffix = after_origin(element), *below;
	MSK_AUTO_FREE char *from = NULL, *to = NULL, *top = NULL;

	if (!suffix) {
		top = msk_path_normalise(element);
		return element[0] == '/' && !strchr(element, '$') && found_below(dir, top) ? MATCH_AS_IS : NO_MATCH;
	}
	from = host_dir(p, asker);
	to = image_dir(p, asker);
	if (strcmp(from, to) == 0)
		return NO_MATCH;        /* what holds on the host holds in the image */
	if (strchr(suffix, '$'))
		return MATCH_UNCLEAR;
	top = join(from, "", suffix);
	below = found_below(dir, top);
	if (!below)
		return NO_MATCH;
	free(top);
	top = join(to, "", suffix);
	*out = join(top, "", below);
	return MATCH_ORIGIN;
}

static enum match match_path(const struct msk_placing *p, size_t asker, const char *search_path, const char *dir,
			     char **out)
{
	MSK_AUTO_STRV elements = MSK_STRV_INIT;
	enum match best = NO_MATCH;

	msk_strv_split(&elements, search_path, ":");
	for (size_t i = 0; i < elements.n; i++) {
		MSK_AUTO_FREE char *element = msk_closure_fill_lib(p->closure, elements.v[i]);
		enum match m = match_element(p, asker, element, dir, out);

		if (m == MATCH_AS_IS || m == MATCH_ORIGIN)
			return m;
		if (m == MATCH_UNCLEAR)
			best = m;
	}
	return best;
}

/* $ORIGIN is a directory of the host as long as we look, and one of the image when the program runs: libraries that
 * lie beside SRC have to lie beside DEST in the same way. Whose search path led to the object is told by the paths
 * themselves: that of its requester, or, for those that are inherited, of one further up. */
static int place_by_search_path(const struct msk_placing *p, size_t i, char **out, struct msk_err *err)
{
	const struct msk_object *o = &p->closure->objects[i];
	bool inherited = o->found_by == MSK_BY_RPATH || p->closure->libc == MSK_LIBC_MUSL;
	MSK_AUTO_FREE char *raw_dir = msk_path_dir(o->path);
	MSK_AUTO_FREE char *dir = msk_path_normalise(raw_dir);
	MSK_AUTO_FREE char *base = msk_path_base(o->path);
	MSK_AUTO_FREE char *to = NULL;
	enum match m = NO_MATCH;

	for (size_t asker = o->parent;; asker = p->closure->objects[asker].parent) {
		const char *path = msk_elf_search_path(&p->closure->objects[asker].elf);
		enum match here = path ? match_path(p, asker, path, dir, &to) : NO_MATCH;

		if (here != NO_MATCH)
			m = here;
		if (here == MATCH_AS_IS || here == MATCH_ORIGIN || !inherited || asker == 0)
			break;
	}
	if (m == MATCH_UNCLEAR) {
		msk_fail(err, MSK_E_MISSING, "%s: found in %s by way of $ORIGIN, which is elsewhere in the image", o->name,
			 dir);
		return msk_hint(err, "give the program the DEST it has below --root, or --library-path %s", dir);
	}
	*out = to ? join(to, "/", base) : NULL;
	return 0;
}

/* NEEDED may itself name a path with $ORIGIN. */
static int place_by_name(const struct msk_placing *p, size_t i, char **out)
{
	const struct msk_object *o = &p->closure->objects[i];
	MSK_AUTO_FREE char *name = msk_closure_fill_lib(p->closure, o->name);
	const char *suffix = after_origin(name);
	MSK_AUTO_FREE char *to = suffix ? image_dir(p, o->parent) : NULL;
	MSK_AUTO_FREE char *from = suffix ? host_dir(p, o->parent) : NULL;

	*out = suffix && strcmp(from, to) != 0 ? join(to, "", suffix) : NULL;
	return 0;
}

/* Where a loader looks without cache, configuration or environment. What musl reads on the host in place of its own
 * list is a file that the image does not have. */
static void add_own_dirs(const struct msk_closure *c, struct msk_strv *dirs)
{
	if (c->libc == MSK_LIBC_MUSL)
		msk_strv_split(dirs, "/lib:/usr/lib:/usr/local/lib", ":");
	else
		for (size_t i = 0; i < c->system_dirs.n; i++)
			msk_strv_push_own(dirs, msk_path_normalise(c->system_dirs.v[i]));
}

char *msk_place_loader_dir(const struct msk_closure *c)
{
	MSK_AUTO_STRV dirs = MSK_STRV_INIT;

	add_own_dirs(c, &dirs);
	/* The one that libc is in is there in any case. */
	for (size_t i = 1; i < c->n_objects; i++) {
		MSK_AUTO_FREE char *raw = msk_path_dir(c->objects[i].path);
		MSK_AUTO_FREE char *dir = msk_path_normalise(raw);

		if (msk_starts_with(c->objects[i].name, "libc.so.") && msk_strv_has(&dirs, dir))
			return msk_take(&dir);
	}
	return msk_xstrdup(dirs.n ? dirs.v[0] : "/lib");
}

static bool is_loader_dir(const struct msk_closure *c, const char *dir)
{
	MSK_AUTO_STRV dirs = MSK_STRV_INIT;

	add_own_dirs(c, &dirs);
	return msk_strv_has(&dirs, dir);
}

static bool env_leads_to(const struct msk_placing *p, const char *dir)
{
	MSK_AUTO_STRV lists = MSK_STRV_INIT, dirs = MSK_STRV_INIT;

	msk_loader_env_path(p->env, &lists);
	for (size_t i = 0; i < lists.n; i++)
		msk_loader_split_path(p->closure->libc, lists.v[i], &dirs);
	for (size_t i = 0; i < dirs.n; i++) {
		MSK_AUTO_FREE char *one = msk_path_normalise(dirs.v[i]);

		if (strcmp(one, dir) == 0)
			return true;
	}
	return false;
}

/* Elements with other tokens than $ORIGIN and $LIB lead nowhere here. */
static bool search_path_leads_to(const struct msk_placing *p, size_t asker, const char *dir)
{
	const char *path = msk_elf_search_path(&p->closure->objects[asker].elf);
	MSK_AUTO_FREE char *origin = image_dir(p, asker);
	MSK_AUTO_STRV elements = MSK_STRV_INIT;

	if (path)
		msk_strv_split(&elements, path, ":");
	for (size_t i = 0; i < elements.n; i++) {
		MSK_AUTO_FREE char *element = msk_closure_fill_lib(p->closure, elements.v[i]);
		const char *suffix = after_origin(element);
		MSK_AUTO_FREE char *one = suffix ? join(origin, "", suffix) : msk_path_normalise(element);

		if (strcmp(one, dir) == 0)
			return true;
	}
	return false;
}

bool msk_place_is_searched(const struct msk_placing *p, const char *path)
{
	MSK_AUTO_FREE char *raw = msk_path_dir(path);
	MSK_AUTO_FREE char *dir = msk_path_normalise(raw);
	MSK_AUTO_STRV dirs = MSK_STRV_INIT;

	add_own_dirs(p->closure, &dirs);
	for (size_t i = 0; i < dirs.n; i++)
		if (after_top(dir, dirs.v[i]))
			return true;
	for (size_t i = 0; i < p->closure->n_objects; i++)
		if (search_path_leads_to(p, i, dir))
			return true;
	return env_leads_to(p, dir);
}

/* Found by what the image does not have: it goes to the loader's own directory, under the name it is asked for. */
static int place_by_host_setting(const struct msk_placing *p, size_t i, char **out, struct msk_err *err)
{
	const struct msk_object *o = &p->closure->objects[i];
	MSK_AUTO_FREE char *loader = NULL;
	MSK_AUTO_FREE char *raw_dir = msk_path_dir(o->path);
	MSK_AUTO_FREE char *dir = msk_path_normalise(raw_dir);

	if (is_loader_dir(p->closure, dir) || env_leads_to(p, dir))
		return 0;
	if (p->closure->objects[o->parent].elf.nodeflib) {
		msk_fail(err, MSK_E_MISSING, "%s: found by %s in %s, where the loader of the image does not look", o->name,
			 msk_found_by_name(o->found_by), dir);
		return msk_hint(err, "-e LD_LIBRARY_PATH=%s lets it look there", dir);
	}
	loader = msk_place_loader_dir(p->closure);
	*out = join(loader, "/", o->name);
	return 0;
}

/* The cache leads to a variant by the name of its file, where a loader without cache asks by the name it needs. */
static int place_by_cache(const struct msk_placing *p, size_t i, char **out)
{
	const struct msk_object *o = &p->closure->objects[i];
	MSK_AUTO_FREE char *dir = msk_path_dir(o->path);
	MSK_AUTO_FREE char *base = msk_path_base(o->path);

	if (strstr(dir, "/glibc-hwcaps/") && strcmp(base, o->name) != 0)
		*out = join(dir, "/", o->name);
	return 0;
}

static int place(const struct msk_placing *p, size_t i, char **out, struct msk_err *err)
{
	enum msk_found_by by = p->closure->objects[i].found_by;

	switch (by) {
	case MSK_BY_RPATH: case MSK_BY_RUNPATH:
		return place_by_search_path(p, i, out, err);
	case MSK_BY_PATH:
		return place_by_name(p, i, out);
	case MSK_BY_LIBRARY_PATH:
		return place_by_host_setting(p, i, out, err);
	case MSK_BY_SYSTEM_DIR:
		return p->closure->libc == MSK_LIBC_MUSL ? place_by_host_setting(p, i, out, err) : 0;
	case MSK_BY_CACHE:
		return place_by_cache(p, i, out);
	case MSK_BY_PROGRAM: case MSK_BY_INTERP: case MSK_BY_OPTION: case MSK_BY_CONF:
		break;
	}
	return 0;
}

/* The place of an object hangs on that of its requester, which as a rule stands before it; not so for one that has a
 * filter, which stands behind that. */
static int place_after_parents(struct msk_placing *p, size_t i, bool *done, size_t *chain, struct msk_err *err)
{
	size_t n = 0;

	for (size_t at = i; !done[at]; at = p->closure->objects[at].parent) {
		done[at] = true;
		chain[n++] = at;
	}
	while (n--)
		if (place(p, chain[n], &p->placed[chain[n]], err) < 0)
			return -1;
	return 0;
}

int msk_place_objects(struct msk_placing *p, struct msk_err *err)
{
	size_t n = p->closure->n_objects;
	MSK_AUTO_FREE bool *done = msk_xcalloc(n, sizeof *done);
	MSK_AUTO_FREE size_t *chain = msk_xcalloc(n, sizeof *chain);

	p->placed = msk_xcalloc(n, sizeof *p->placed);
	done[0] = true;
	for (size_t i = 1; i < n; i++)
		if (place_after_parents(p, i, done, chain, err) < 0)
			return -1;
	return 0;
}
