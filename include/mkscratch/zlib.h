/* Inflation of a zlib stream (RFC 1950) that is wholly in memory. */
#ifndef MKSCRATCH_ZLIB_H
#define MKSCRATCH_ZLIB_H

#include <stdbool.h>
#include "mkscratch/str.h"

/* Append what the stream holds; false when it is damaged, is cut, or holds more than `limit` bytes. */
bool msk_zlib_inflate(const void *p, size_t n, size_t limit, struct msk_str *out);

#endif
