/* The layouts of ld.so.cache that reading and writing share. Two exist, possibly one behind the other: the old header
 * (16 bytes, entries of 12), and the new one (48 bytes, entries of 24), which stands at a multiple of 8 behind the old
 * table. */
#ifndef ELF_LDCACHE_FORMAT_H
#define ELF_LDCACHE_FORMAT_H

#include "mkscratch/elf.h"

#define MSK_LDCACHE_OLD_MAGIC "ld.so-1.7.0"
#define MSK_LDCACHE_NEW_MAGIC "glibc-ld.so.cache1.1"

enum { MSK_LDCACHE_OLD_HEADER = 16, MSK_LDCACHE_OLD_ENTRY = 12, MSK_LDCACHE_NEW_HEADER = 48, MSK_LDCACHE_NEW_ENTRY = 24 };

/* The flags byte of the new header: its low two bits tell the byte order. */
enum { MSK_LDCACHE_LITTLE = 2, MSK_LDCACHE_BIG = 3 };

/* What ldconfig marks libraries of this machine and ABI with. */
uint32_t msk_ldcache_flags(const struct msk_elf *e);

#endif
