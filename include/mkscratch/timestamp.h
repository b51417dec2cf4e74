/* Points in time as images write them: whole seconds from 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z, always UTC; what
 * others wrote may be any. The calendar (Gregorian, also before there was one) is computed here, so neither TZ nor the C
 * library's zone tables take part. */
#ifndef MKSCRATCH_TIMESTAMP_H
#define MKSCRATCH_TIMESTAMP_H

#include <stdbool.h>
#include <stdint.h>
#include "mkscratch/str.h"

#define MSK_TIME_MAX    253402300799LL
#define MSK_TIME_YEAR_0 (-62167219200LL)

/* RFC 3339 "2024-05-01T12:00:00+02:00"; a fraction of a second is dropped. *out may lie outside the bounds above.
 * False when it is no such text. */
bool msk_rfc3339_parse(const char *text, int64_t *out);
/* "2024-05-01T10:00:00Z". t is within the years 0 to 9999, which are all that RFC 3339 can write. */
void msk_rfc3339_add(struct msk_str *s, int64_t t);
bool msk_rfc3339_can(int64_t t);
/* "2024-05-01 10:00:00", for people: of any t. Years after 9999 have more digits, those before 0 a minus. */
void msk_time_add(struct msk_str *s, int64_t t);

/* A span in nanoseconds as Docker's durations are written, exactly and as short as can be: "1ns", "1.5s", "1m30s", "2h". What
 * --health-interval takes again. Below 0 with a minus. */
void msk_duration_add(struct msk_str *s, int64_t ns);

#endif
