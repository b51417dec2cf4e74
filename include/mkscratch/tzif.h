/* Is a file a sound TZif file (RFC 8536)? */
#ifndef MKSCRATCH_TZIF_H
#define MKSCRATCH_TZIF_H

#include <stdbool.h>
#include "mkscratch/err.h"
#include "mkscratch/str.h"

bool msk_tzif_claims(const struct msk_str *file);     /* begins with the magic */
/* Fails: MSK_E_INPUT `<name>: length from header is 17179869184, file has 2298 bytes` and kin. */
int msk_tzif_check(const struct msk_str *file, const char *name, struct msk_err *err);

/* Is the text a TZ string, or empty? "CET-1CEST,M3.5.0,M10.5.0/3" */
bool msk_tz_rule_valid(const char *text, size_t n);

#endif
