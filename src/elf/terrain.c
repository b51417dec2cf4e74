#include "terrain.h"

#include <string.h>

#include "loader.h"
#include "mkscratch/path.h"

#define LINES_MAX 65536         /* that are remembered */

void msk_terrain_release(struct msk_terrain *t)
{
	msk_strv_release(&t->system_dirs);
	msk_strv_release(&t->subdirs);
	free(t->lib_token);
	free(t->cache_path);
	free(t->conf_path);
	msk_names_release(&t->line_names);
	free(t->lines);
	*t = (struct msk_terrain){ 0 };
}

bool msk_terrain_is_old(const struct msk_terrain *t)
{
	return t->version && t->version < 237;
}

struct msk_line msk_terrain_line(struct msk_terrain *t, const char *name)
{
	struct msk_ldcache_want want = { &t->subdirs, msk_terrain_is_old(t) };
	struct msk_line line;
	size_t i;

	if (msk_names_find(&t->line_names, name, &i))
		return t->lines[i];
	line.path = msk_ldcache_find(t->cache, name, &want, &line.other);
	if (t->n_lines < LINES_MAX) {
		MSK_GROW(t->lines, t->n_lines, t->cap_lines);
		t->lines[t->n_lines] = line;
		msk_names_add(&t->line_names, name, t->n_lines++);
	}
	return line;
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

/* The loader's own bytes tell where it looks, whatever the distribution, and which release it is. */
static int read_loader(struct msk_memo *m, const struct msk_terrain_of *of, struct msk_terrain *t, struct msk_err *err)
{
	const struct msk_loader_facts *f;

	if (of->libc == MSK_LIBC_GLIBC && of->interp) {
		if (msk_memo_loader(m, of->interp, &f, err) < 0)
			return -1;
		msk_strv_copy(&t->system_dirs, &f->system_dirs);
		t->cache_path = f->cache_path ? msk_xstrdup(f->cache_path) : NULL;
		t->version = f->version;
	}
	if (t->system_dirs.n == 0)
		return msk_sysdirs_guess(msk_memo_tree(m), of->program, &t->system_dirs, err);
	return 0;
}

/* A cache at /etc/ld.so.cache is made from /etc/ld.so.conf; those of other prefixes likewise. */
static int read_cache(struct msk_memo *m, const struct msk_terrain_of *of, struct msk_terrain *t, struct msk_err *err)
{
	MSK_AUTO_FREE char *dir = NULL;

	if (of->libc != MSK_LIBC_GLIBC)
		return 0;
	if (!t->cache_path)
		t->cache_path = msk_xstrdup("/etc/ld.so.cache");
	dir = msk_path_dir(t->cache_path);
	t->conf_path = msk_xasprintf("%s/ld.so.conf", dir);
	return msk_memo_ldcache(m, t->cache_path, of->program, &t->has_cache_file, &t->cache, err);
}

/* Variants first, then what old releases had instead of them. glibc-hwcaps came with 2.33. */
static int set_subdirs(const struct msk_terrain_of *of, struct msk_terrain *t, struct msk_err *err)
{
	MSK_AUTO_STRV subdirs = MSK_STRV_INIT;

	if (of->hwcaps && msk_hwcaps_subdirs(of->program, of->hwcaps, &subdirs, err) < 0)
		return -1;
	if (t->version == 0 || t->version >= 233)
		for (size_t i = 0; i < subdirs.n; i++)
			msk_strv_push(&t->subdirs, subdirs.v[i]);
	if (msk_terrain_is_old(t))
		msk_hwcaps_legacy(of->program, &t->subdirs);
	return 0;
}

int msk_terrain_read(struct msk_memo *m, const struct msk_terrain_of *of, struct msk_terrain *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_terrain_release) struct msk_terrain t = { .version = 0 };

	if (read_loader(m, of, &t, err) < 0 || read_cache(m, of, &t, err) < 0 || set_subdirs(of, &t, err) < 0)
		return -1;
	t.lib_token = lib_token(&t.system_dirs);
	*out = t;
	t = (struct msk_terrain){ 0 };
	return 0;
}
