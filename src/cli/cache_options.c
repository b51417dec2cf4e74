#include "cache_options.h"

#include <sys/stat.h>
#include <unistd.h>

static bool is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* The base directory specification of freedesktop.org: a relative path there counts as none. A home that is not there,
 * as accounts of services have it, is not made for the sake of a cache. */
static void default_dir(const struct msk_options *o, struct msk_str *dir)
{
	if (o->xdg_cache_home && o->xdg_cache_home[0] == '/')
		msk_str_addf(dir, "%s/mkscratch", o->xdg_cache_home);
	else if (o->home && o->home[0] == '/' && is_directory(o->home))
		msk_str_addf(dir, "%s/.cache/mkscratch", o->home);
}

static int size_of(const char *typed, uint64_t *out, struct msk_err *err)
{
	unsigned long long size;

	if (!msk_parse_size(typed, &size)) {
		msk_fail(err, MSK_E_USAGE, "--cache-size %s: not a size", typed);
		return msk_hint(err, "--cache-size 500M, 2G or 4Gi");
	}
	*out = size;
	return 0;
}

int msk_cache_options(const struct msk_options *o, const struct msk_log *log, struct msk_str *dir,
		      struct msk_cache_args *out, struct msk_err *err)
{
	*out = (struct msk_cache_args){ .asked = o->cache != NULL, .max_size = MSK_CACHE_DEFAULT_SIZE,
					.resized = o->cache_size != NULL, .uid = geteuid(), .now = o->now, .log = log };
	if (o->cache_size && size_of(o->cache_size, &out->max_size, err) < 0)
		return -1;
	if (o->cache && !*o->cache)
		return msk_fail(err, MSK_E_USAGE, "--cache: the value is empty");
	if (o->cache)
		msk_str_adds(dir, o->cache);
	else
		default_dir(o, dir);
	out->dir = dir->len && !o->no_cache ? dir->buf : NULL;
	return 0;
}
