/* Inside of the resolver: what a loader finds of a system, whatever the program of that platform. */
#ifndef ELF_TERRAIN_H
#define ELF_TERRAIN_H

#include "mkscratch/closure.h"
#include "mkscratch/ldcache.h"
#include "mkscratch/names.h"

struct msk_terrain {
	struct msk_strv system_dirs;
	struct msk_strv subdirs;       /* tried below each directory before itself: variants for better CPUs, ... */
	unsigned version;              /* glibc 2.36 is 236; 0: unknown */
	char *lib_token;               /* $LIB; NULL: no value */
	char *cache_path, *conf_path;  /* of ld.so.cache and ld.so.conf; NULL: this loader has none */
	bool has_cache_file;           /* of use or not */
	const struct msk_ldcache *cache; /* NULL: none that the loader would use; the memo's */
	struct msk_names line_names;   /* what was looked up in it: places in `lines` */
	struct msk_line *lines;
	size_t n_lines, cap_lines;
};

/* What a cache has for a name, both borrowed from it; NULL: nothing. */
struct msk_line {
	const char *path, *other;      /* as from msk_ldcache_find */
};

/* All that a terrain depends on, besides the tree. */
struct msk_terrain_of {
	const struct msk_elf *program;
	const char *interp;            /* path of its loader; NULL: it is not there */
	enum msk_libc libc;            /* whose rules it follows: glibc's or, as far as they are known, another's */
	const char *hwcaps;            /* as in struct msk_closure_args */
};

/* Fails: MSK_E_USAGE for a level that the machine does not have, MSK_E_IO. */
int msk_terrain_read(struct msk_memo *m, const struct msk_terrain_of *of, struct msk_terrain *out, struct msk_err *err);
void msk_terrain_release(struct msk_terrain *t);
/* Each name is looked up once. */
struct msk_line msk_terrain_line(struct msk_terrain *t, const char *name);
/* Is this a loader of before 2.37, with a liking for directories of old names? */
bool msk_terrain_is_old(const struct msk_terrain *t);

#endif
