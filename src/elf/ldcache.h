/* ld.so.cache, read the way ld.so reads it. */
#ifndef ELF_LDCACHE_H
#define ELF_LDCACHE_H

#include "mkscratch/elf.h"

struct msk_ldcache;

/* Take the bytes of a cache over, for programs like `e`. NULL when their loader would not use it: of another byte order,
 * or not sound. */
struct msk_ldcache *msk_ldcache_new(struct msk_str *own_bytes, const struct msk_elf *e);
void msk_ldcache_free(struct msk_ldcache *c);

/* The one path the cache has for a name, borrowed; NULL: none. Entries for CPU variants are passed over; *variant is
 * such an entry's path when there is nothing else, NULL otherwise. */
const char *msk_ldcache_find(const struct msk_ldcache *c, const char *name, const char **variant);

#endif
