/* The directory of a cache: where an entry lies, and going over all of them. */
#ifndef CACHE_DIR_H
#define CACHE_DIR_H

#include "mkscratch/cache.h"

#define CACHE_TEMP_MARK ".tmp-"

extern const char *const msk_cache_kind_names[MSK_CACHE_KINDS];

/* The number of the format is the name of a directory below DIR; those of older ones are left by versions before this. */
#define CACHE_FIRST_FORMAT 1
#define CACHE_FORMAT       6

/* Open DIR and check whose it is. With `make` what is missing is made; else *top is -1 when it is not there. */
int msk_cache_top_open(const struct msk_cache_args *a, bool make, int *top, struct msk_err *err);
/* Make and open the directory of this format below it. */
int msk_cache_dir_open(const struct msk_cache_args *a, int top, int *out, struct msk_err *err);
/* Open that of any format; -1 when it is not there. */
int msk_cache_format_open(int top, unsigned format);
/* Open kind/ab below it; -1 with errno. */
int msk_cache_bucket_open(int dir, enum msk_cache_kind kind, const char *two_digits, bool make);

/* When there are more than `most` bytes of all formats, those of older formats go and then those used longest ago until `keep`
 * are left. What lies where an entry would but has no name of one stays, and so do the directories above it. */
void msk_cache_dir_trim(int top, uint64_t most, uint64_t keep, int64_t now, struct msk_cache_stat *removed);

/* This run added so much; *total is what there may be now. False: all must be looked at to tell. */
bool msk_cache_dir_grew(int dir, uint64_t bytes, uint64_t *total);
/* Nothing is known of it any more. */
void msk_cache_dir_forget(int dir);
/* All was looked at. */
void msk_cache_dir_counted(int dir, uint64_t total);

#endif
