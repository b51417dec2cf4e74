/* The cache: what earlier runs compressed, in a directory of the user's. It saves time and never changes a byte.
 *
 * Entries are found by key, the digest of all they follow from: the plain bytes and the codec with its level and its
 * library's build. What an entry holds is hashed when it is read; one that is cut short, damaged or in the wrong
 * place is removed and counts as not there. Any fault (a full disk, a directory that cannot be written) means "not
 * cached" and is told once at most. Many processes may use one directory: an entry appears whole or not at all.
 *
 *   DIR/CACHEDIR.TAG           so that backups leave it out (bford.info/cachedir)
 *   DIR/6/block/ab/<key>       compressed blocks
 *   DIR/6/layer/ab/<key>       what is known of layers, and of which blocks they are
 *   DIR/6/sketch/ab/<key>      which layer one is likely to be, by little of its bytes
 *   DIR/6/grown                how large it is, about: when to look at all of it
 *
 * Directories are made 0700 and files 0600. A directory that belongs to another user, or that others may write to, is
 * not used: who can write to a cache decides what comes out of it. */
#ifndef MKSCRATCH_CACHE_H
#define MKSCRATCH_CACHE_H

#include "mkscratch/digest.h"
#include "mkscratch/log.h"
#include "mkscratch/str.h"

#define MSK_CACHE_MAX_ENTRY (16u << 20)
#define MSK_CACHE_DEFAULT_SIZE 1000000000ull

struct msk_cache;

struct msk_cache_args {
	const char *dir;
	bool asked;                    /* by --cache: that it cannot be used is a warning, else known to -v only */
	uint64_t max_size;
	bool resized;                  /* by --cache-size: what is there already may be too much */
	unsigned uid;                  /* whose it must be */
	int64_t now;                   /* seconds; for the age of what broken runs left */
	const struct msk_log *log;
};

enum msk_cache_kind { MSK_CACHE_BLOCK, MSK_CACHE_LAYER, MSK_CACHE_SKETCH, MSK_CACHE_KINDS };

/* NULL: there is no cache for this run. The directory is made when it is not there. */
struct msk_cache *msk_cache_open(const struct msk_cache_args *a);
/* Closes; trims to max_size when there may be more. NULL is fine. */
void msk_cache_free(struct msk_cache *c);
void msk_cache_cleanup(struct msk_cache **c);

/* All may be called on any thread. */
/* The bytes of an entry into out[0..room), and their number; 0: not there. */
size_t msk_cache_get(struct msk_cache *c, enum msk_cache_kind kind, const struct msk_digest *key, void *out, size_t room);
/* n > 0. More than MSK_CACHE_MAX_ENTRY bytes are not kept. */
void msk_cache_put(struct msk_cache *c, enum msk_cache_kind kind, const struct msk_digest *key, const void *p, size_t n);
/* As though it had been read, for trimming. */
void msk_cache_touch(struct msk_cache *c, enum msk_cache_kind kind, const struct msk_digest *key);
/* What it led to was not it. */
void msk_cache_drop(struct msk_cache *c, enum msk_cache_kind kind, const struct msk_digest *key);

/* Looking at a cache and keeping it small, without using it. A directory that is not there is an empty cache.
 * Fails: MSK_E_IO; MSK_E_INPUT `x: belongs to another user`, `x: others may write to it (mode 0777)`. */
struct msk_cache_stat {
	uint64_t entries[MSK_CACHE_KINDS], bytes;
	uint64_t older_bytes;          /* of the bytes, those of formats before this one, which nothing reads */
};
int msk_cache_stat(const struct msk_cache_args *a, struct msk_cache_stat *out, struct msk_err *err);
/* Remove what is of older formats, then what was used longest ago, until at most `keep` bytes are left, and what broken runs
 * left behind. */
int msk_cache_trim(const struct msk_cache_args *a, uint64_t keep, struct msk_cache_stat *removed, struct msk_err *err);

#endif
