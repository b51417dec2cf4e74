/* glibc's search for a name (dl-load.c, _dl_map_object), without what depends on the CPU: hwcaps variants are never
 * taken, as every machine of the platform can run the baseline. */
#include <string.h>

#include "loader.h"

/* RPATHs of the object, of who asked for it first, and so on up; then the program's. An ancestor with a RUNPATH
 * contributes nothing but does not end the walk. */
static int try_rpaths(struct msk_resolver *r, struct msk_request *rq, struct msk_err *err)
{
	const struct msk_object *o = r->c->objects;
	bool program_tried = false;

	if (o[rq->by].elf.runpath)
		return 0;
	for (size_t i = rq->by;; i = o[i].parent) {
		program_tried = program_tried || i == 0;
		if (o[i].elf.rpath && msk_try_search_path(r, rq, o[i].elf.rpath, ":", i, MSK_BY_RPATH, err) < 0)
			return -1;
		if (rq->found || o[i].parent == i)
			break;
	}
	if (!rq->found && !program_tried && o[0].elf.rpath)
		return msk_try_search_path(r, rq, o[0].elf.rpath, ":", 0, MSK_BY_RPATH, err);
	return 0;
}

static bool in_system_dir(const struct msk_resolver *r, const char *path)
{
	for (size_t i = 0; i < r->system_dirs.n; i++) {
		size_t n = strlen(r->system_dirs.v[i]);

		if (strncmp(path, r->system_dirs.v[i], n) == 0 && path[n] == '/')
			return true;
	}
	return false;
}

/* One candidate: when it cannot be opened the search goes on behind the cache, not with its next line. */
static int try_cache(struct msk_resolver *r, struct msk_request *rq, struct msk_err *err)
{
	const char *path = msk_ldcache_find(&r->cache, rq->name, &r->c->objects[0].elf);

	if (!path || path[0] != '/' || (r->c->objects[rq->by].elf.nodeflib && in_system_dir(r, path)))
		return 0;
	return msk_try_path(r, rq, path, MSK_BY_CACHE, NULL, err);
}

static int try_defaults(struct msk_resolver *r, struct msk_request *rq, struct msk_err *err)
{
	if (r->cache.n_entries && try_cache(r, rq, err) < 0)
		return -1;
	if (!rq->found && msk_try_dirs(r, rq, &r->conf_dirs, MSK_BY_CONF, err) < 0)
		return -1;
	if (rq->found || r->c->objects[rq->by].elf.nodeflib)
		return 0;
	return msk_try_dirs(r, rq, &r->system_dirs, MSK_BY_SYSTEM_DIR, err);
}

static int open_named_path(struct msk_resolver *r, struct msk_request *rq, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = msk_expand_tokens(r, rq->name, rq->by);

	if (!path || path[0] != '/') {
		msk_strv_push(&rq->tried.skipped, "the name is relative to the working directory");
		return 0;
	}
	msk_strv_push(&rq->tried.searched, path);
	return msk_try_path(r, rq, path, MSK_BY_PATH, NULL, err);
}

int msk_glibc_search(struct msk_resolver *r, struct msk_request *rq, struct msk_err *err)
{
	const char *runpath = r->c->objects[rq->by].elf.runpath;

	if (strchr(rq->name, '/'))
		return open_named_path(r, rq, err);
	if (try_rpaths(r, rq, err) < 0)
		return -1;
	if (!rq->found && msk_try_dirs(r, rq, r->args->library_path, MSK_BY_LIBRARY_PATH, err) < 0)
		return -1;
	if (!rq->found && runpath && msk_try_search_path(r, rq, runpath, ":", rq->by, MSK_BY_RUNPATH, err) < 0)
		return -1;
	return rq->found ? 0 : try_defaults(r, rq, err);
}
