/* The directory of a cache: where an entry lies, and going over all of them. */
#ifndef CACHE_DIR_H
#define CACHE_DIR_H

#include "mkscratch/cache.h"

#define CACHE_TEMP_MARK ".tmp-"

extern const char *const msk_cache_kind_names[MSK_CACHE_KINDS];

/* Open the directory below DIR whose name is the number of the format. With `make` what is missing is made;
 * else *out is -1 when it is not there. */
int msk_cache_dir_open(const struct msk_cache_args *a, bool make, int *out, struct msk_err *err);
/* Open kind/ab below it; -1 with errno. */
int msk_cache_bucket_open(int dir, enum msk_cache_kind kind, const char *two_digits, bool make);

/* trim and stat on what msk_cache_dir_open() gave. */
void msk_cache_dir_stat(int dir, struct msk_cache_stat *out);
/* When there are more than `most` bytes, those used longest ago go until `keep` are left. */
void msk_cache_dir_trim(int dir, uint64_t most, uint64_t keep, int64_t now, struct msk_cache_stat *removed);

/* This run added so much; *total is what there may be now. False: all must be looked at to tell. */
bool msk_cache_dir_grew(int dir, uint64_t bytes, uint64_t *total);
/* All was looked at. */
void msk_cache_dir_counted(int dir, uint64_t total);

#endif
