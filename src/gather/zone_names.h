/* Names of zones below zoneinfo: which match a pattern, which are near to what was typed. */
#ifndef GATHER_ZONE_NAMES_H
#define GATHER_ZONE_NAMES_H

#include "mkscratch/host.h"

#define MSK_ZONEINFO "/usr/share/zoneinfo"

/* right/ and posix/ at the top: other encodings of the same zones. */
bool msk_zone_left_out(const char *rel);
/* May the file at `rel` be a table of tzdata? These lie at the top; below the top there are zones alone. */
bool msk_zone_may_be_table(const char *rel);
bool msk_zone_is_pattern(const char *name);

/* Append the zones that match, sorted; '*' and '?' stop at '/'. */
int msk_zone_match(struct msk_host *h, const char *pattern, struct msk_strv *out, struct msk_err *err);
/* "Europe/Moscow or Asia/Moscow": up to three names near to `typed`, nothing when none is. */
int msk_zone_nearest(struct msk_host *h, const char *typed, struct msk_str *out, struct msk_err *err);

#endif
