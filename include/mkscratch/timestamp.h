/* Points in time as images write them: whole seconds from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z, always UTC.
 * The calendar is computed here, so neither TZ nor the C library's zone tables take part. */
#ifndef MKSCRATCH_TIMESTAMP_H
#define MKSCRATCH_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>
#include "mkscratch/str.h"

#define MSK_TIME_MAX 253402300799LL

/* RFC 3339 "2024-05-01T12:00:00+02:00"; a fraction of a second is dropped. *out may lie outside the bounds above.
 * False when it is no such text. */
bool msk_rfc3339_parse(const char *text, int64_t *out);
/* "2024-05-01T10:00:00Z". t is within the bounds. */
void msk_rfc3339_add(struct msk_str *s, int64_t t);

#endif
