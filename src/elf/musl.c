/* musl's search for a name (ldso/dynlink.c, load_library). RPATH and RUNPATH are one field, and inherited. */
#include <string.h>

#include "loader.h"

static int try_inherited_paths(struct msk_resolver *r, struct msk_request *rq, struct msk_err *err)
{
	const struct msk_object *o = r->c->objects;

	for (size_t i = rq->by;; i = o[i].parent) {
		const char *path = o[i].elf.runpath ? o[i].elf.runpath : o[i].elf.rpath;
		/* One bad token spoils the whole path of that object. */
		MSK_AUTO_FREE char *whole = path ? msk_expand_tokens(r, path, i) : NULL;

		if (whole && msk_try_search_path(r, rq, whole, ":\n", i,
						 o[i].elf.runpath ? MSK_BY_RUNPATH : MSK_BY_RPATH, err) < 0)
			return -1;
		if (rq->found || o[i].parent == i)
			return 0;
	}
}

int msk_musl_search(struct msk_resolver *r, struct msk_request *rq, struct msk_err *err)
{
	if (strchr(rq->name, '/')) {
		msk_strv_push(&rq->tried.searched, rq->name);
		return rq->name[0] == '/' ? msk_try_path(r, rq, rq->name, MSK_BY_PATH, NULL, err) : 0;
	}
	if (msk_try_dirs(r, rq, r->args->library_path, MSK_BY_LIBRARY_PATH, err) < 0)
		return -1;
	if (!rq->found && try_inherited_paths(r, rq, err) < 0)
		return -1;
	return rq->found ? 0 : msk_try_dirs(r, rq, &r->system_dirs, MSK_BY_SYSTEM_DIR, err);
}
