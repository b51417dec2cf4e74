/* ld.so.cache: the table by which ld.so finds libraries that lie where it does not look by itself. Read the way ld.so
 * reads it, in the byte order of the program it is for, and written so that ld.so can search it. */
#ifndef MKSCRATCH_LDCACHE_H
#define MKSCRATCH_LDCACHE_H

#include "mkscratch/elf.h"

struct msk_ldcache;

/* Take the bytes of a cache over, for programs like `e`. NULL when their loader would not use it: of another byte order,
 * or not sound. */
struct msk_ldcache *msk_ldcache_new(struct msk_str *own_bytes, const struct msk_elf *e);
void msk_ldcache_free(struct msk_ldcache *c);

/* What a CPU and loader make use of: variants by the names of their subdirectories, best first; and the entries of
 * "tls" directories, which loaders before 2.37 prefer. */
struct msk_ldcache_want {
	const struct msk_strv *subdirs;    /* "glibc-hwcaps/x86-64-v3" */
	bool tls;
};

/* The one path the cache has for a name, borrowed; NULL: none. *other is the path of a variant for better CPUs than
 * wanted, when there is nothing else; NULL otherwise. */
const char *msk_ldcache_find(const struct msk_ldcache *c, const char *name, const struct msk_ldcache_want *want,
			     const char **other);

/* The order of names in a cache: numbers within names count by value, and digits come behind all else. */
int msk_ldcache_compare(const char *a, const char *b);

struct msk_ldcache_entry {
	const char *name, *path;       /* "libx.so.1", "/opt/x/libx.so.1" */
};

/* Append a cache of these entries, each name once, for programs like `e`. The bytes depend on the arguments alone, not
 * on the order of the entries, which are sorted here. */
void msk_ldcache_write(const struct msk_elf *e, struct msk_ldcache_entry *entries, size_t n, struct msk_str *out);

#endif
