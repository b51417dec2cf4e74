/* ld.so's search for a name without '/': the steps are numbered as they are tried. */
#include <string.h>

#include "loader.h"
#include "mkscratch/fs.h"

#define LOADER_LIMIT (8 << 20)
#define CACHE_LIMIT  (16 << 20)
#define DIRS_LIMIT   4096       /* of one search path */

const struct msk_loader_rules msk_glibc_rules = {
	.libc = MSK_LIBC_GLIBC,
	.skips_misfits = true,
	.knows_sonames = true,
	.has_filters = true,
	.expands_needed = true,
};

const struct msk_loader_rules msk_other_rules = {
	.libc = MSK_LIBC_OTHER,
	.skips_misfits = true,
	.knows_sonames = true,
	.expands_needed = true,
};

/* One element of a search path; relative ones depend on where the program is started, so nothing is found there. */
static void add_dir(struct msk_loader *l, size_t object, const char *element, struct msk_strv *dirs)
{
	MSK_AUTO_FREE char *dir = *element ? msk_token_expand(l, object, element) : msk_xstrdup(".");
	size_t n = dir ? strlen(dir) : 0;

	if (n == 0)
		return;
	while (n > 1 && dir[n - 1] == '/')
		dir[--n] = '\0';
	if (dir[0] != '/')
		msk_loader_note(l, "%s: its search path names the relative directory \"%s\", which was not searched",
				l->c->objects[object].name, element);
	else if (dirs->n == DIRS_LIMIT)
		msk_loader_note(l, "%s: its search path has more than %d directories", l->c->objects[object].name,
				DIRS_LIMIT);
	else if (!msk_strv_has(dirs, dir))
		msk_strv_push_own(dirs, msk_take(&dir));
}

static void add_dirs(struct msk_loader *l, size_t object, const char *list, struct msk_strv *dirs)
{
	MSK_AUTO_STRV elements = MSK_STRV_INIT;

	if (!*list)
		return;
	msk_strv_split(&elements, list, ":");
	for (size_t i = 0; i < elements.n; i++)
		add_dir(l, object, elements.v[i], dirs);
}

/* RUNPATH or RPATH of an object, whichever it has. */
static const struct msk_strv *path_of(struct msk_loader *l, size_t object)
{
	const struct msk_elf *e = &l->c->objects[object].elf;
	struct msk_search_path *p = &l->paths[object];
	const char *list = e->runpath ? e->runpath : e->rpath;

	if (!p->ready && list)
		add_dirs(l, object, list, &p->dirs);
	p->ready = true;
	return &p->dirs;
}

static int search_rpath_of(struct msk_search *s, size_t object, struct msk_err *err)
{
	if (!s->l->c->objects[object].elf.rpath)
		return 0;
	return msk_search_dirs(s, path_of(s->l, object), MSK_BY_RPATH, err);
}

/* 1. RPATH of the requester, of who asked for that, and so on to the program. A requester with RUNPATH makes no use
 * of anybody's RPATH; an ancestor with RUNPATH merely has none to give. */
static int search_rpath_chain(struct msk_search *s, struct msk_err *err)
{
	const struct msk_object *o = s->l->c->objects;

	if (o[s->by].elf.runpath)
		return 0;
	for (size_t at = s->by;; at = o[at].parent) {
		int rc = search_rpath_of(s, at, err);

		if (rc || at == 0)
			return rc;
		if (msk_loader_charge(s->l, 1, err) < 0)
			return -1;
	}
}

/* 3. RUNPATH of the requester alone. */
static int search_runpath(struct msk_search *s, struct msk_err *err)
{
	if (!s->l->c->objects[s->by].elf.runpath)
		return 0;
	return msk_search_dirs(s, path_of(s->l, s->by), MSK_BY_RUNPATH, err);
}

static bool in_system_dir(const struct msk_loader *l, const char *path)
{
	for (size_t i = 0; i < l->c->system_dirs.n; i++) {
		const char *dir = l->c->system_dirs.v[i];

		if (msk_starts_with(path, dir) && path[strlen(dir)] == '/')
			return true;
	}
	return false;
}

/* 4. One candidate from ld.so.cache; when it does not do, the search goes on behind the cache. */
static int search_cache(struct msk_search *s, struct msk_err *err)
{
	struct msk_loader *l = s->l;
	const char *variant, *path = msk_ldcache_find(l->cache, s->name, &variant);
	MSK_AUTO_FREE char *dir = path ? msk_path_dir(path) : NULL;

	msk_strv_push(&s->trail.searched, l->cache_path);
	if (variant)
		msk_strv_push_own(&s->trail.skipped, msk_xasprintf("%s: for better CPUs only", variant));
	if (!path || path[0] != '/' || (l->c->objects[s->by].elf.nodeflib && in_system_dir(l, path)))
		return 0;
	return msk_search_file(s, path, MSK_BY_CACHE, dir, err);
}

/* 4. Without a cache: the directories from which ldconfig would have made it. It takes only fitting libraries. */
static int search_conf(struct msk_search *s, struct msk_err *err)
{
	int rc;

	s->lenient = true;
	rc = msk_search_dirs(s, &s->l->conf_dirs, MSK_BY_CONF, err);
	s->lenient = false;
	return rc;
}

int msk_glibc_search(struct msk_search *s, struct msk_err *err)
{
	struct msk_loader *l = s->l;
	int rc = search_rpath_chain(s, err);

	if (!rc)
		rc = msk_search_dirs(s, &l->library_path, MSK_BY_LIBRARY_PATH, err);      /* 2. LD_LIBRARY_PATH */
	if (!rc)
		rc = search_runpath(s, err);
	if (!rc)
		rc = l->cache ? search_cache(s, err) : search_conf(s, err);
	if (!rc && !l->c->objects[s->by].elf.nodeflib)
		rc = msk_search_dirs(s, &l->c->system_dirs, MSK_BY_SYSTEM_DIR, err);      /* 5. */
	return rc;
}

/* $LIB is the last part of the first system directory; with Debian's multiarch it is lib/<triplet>. */
static char *lib_token(const struct msk_strv *system_dirs)
{
	const char *first = system_dirs->n ? system_dirs->v[0] : NULL;

	if (!first)
		return NULL;
	if (msk_starts_with(first, "/lib/") && strstr(first, "-linux-"))
		return msk_xstrdup(first + 1);
	return msk_path_base(first);
}

/* The loader's own bytes tell where it looks, whatever the distribution. */
static int read_loader(struct msk_loader *l, struct msk_err *err)
{
	MSK_AUTO_STR bytes = MSK_STR_INIT;
	bool found = false;

	if (l->rules->libc == MSK_LIBC_GLIBC && l->interp != MSK_NO_OBJECT) {
		if (msk_tree_slurp(l->args->tree, l->c->objects[l->interp].path, LOADER_LIMIT, &found, &bytes, err) < 0)
			return -1;
		msk_sysdirs_scan(msk_str_c(&bytes), bytes.len, &l->c->system_dirs, &l->cache_path);
	}
	if (l->c->system_dirs.n == 0)
		return msk_sysdirs_guess(l->args->tree, &l->c->objects[0].elf, &l->c->system_dirs, err);
	return 0;
}

/* A cache at /etc/ld.so.cache is made from /etc/ld.so.conf; those of other prefixes likewise. */
static int read_cache(struct msk_loader *l, struct msk_err *err)
{
	MSK_AUTO_STR bytes = MSK_STR_INIT;
	MSK_AUTO_FREE char *dir = NULL;
	bool found;

	if (l->rules->libc != MSK_LIBC_GLIBC)
		return 0;
	if (!l->cache_path)
		l->cache_path = msk_xstrdup("/etc/ld.so.cache");
	dir = msk_path_dir(l->cache_path);
	l->conf_path = msk_xasprintf("%s/ld.so.conf", dir);
	if (msk_tree_slurp(l->args->tree, l->cache_path, CACHE_LIMIT, &found, &bytes, err) < 0)
		return -1;
	l->cache = found ? msk_ldcache_new(&bytes, &l->c->objects[0].elf) : NULL;
	if (l->cache)
		return 0;
	if (found)
		msk_loader_note(l, "%s: not a cache that the loader of %s can use; went by %s", l->cache_path, l->program,
				l->conf_path);
	return msk_ldconf_read(l->args->tree, l->conf_path, &l->conf_dirs, err);
}

int msk_glibc_prepare(struct msk_loader *l, struct msk_err *err)
{
	if (read_loader(l, err) < 0 || read_cache(l, err) < 0)
		return -1;
	l->lib_token = lib_token(&l->c->system_dirs);
	for (size_t i = 0; l->args->library_path && i < l->args->library_path->n; i++)
		add_dir(l, 0, l->args->library_path->v[i], &l->library_path);
	return 0;
}
