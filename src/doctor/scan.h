/* One pass over a file that looks for many byte strings at once. */
#ifndef DOCTOR_SCAN_H
#define DOCTOR_SCAN_H

#include "mkscratch/rotree.h"

#define SCAN_MIN_PATTERN 4
#define SCAN_AHEAD 8192            /* bytes behind a hit that can be looked at, unless the file ends first */
#define SCAN_BEFORE 256            /* the same in front of it */

struct scan_pattern {
	const char *bytes;
	size_t n;                      /* at least SCAN_MIN_PATTERN */
};

struct scan_hit {
	size_t which;                  /* index of the pattern */
	uint64_t offset;
	const unsigned char *p;        /* its first byte */
	size_t before, after;          /* bytes that may be looked at in front of p; from p on */
};

struct scan_set;

/* `patterns` is borrowed. */
struct scan_set *scan_set_new(const struct scan_pattern *patterns, size_t n);
void scan_set_cleanup(struct scan_set **s);

/* Call `on_hit` for every place where a pattern stands, in the order of their offsets. Fails: MSK_E_IO. */
int scan_file(const struct scan_set *s, const struct msk_rofile *f, const char *name,
	      void (*on_hit)(void *ctx, const struct scan_hit *h), void *ctx, struct msk_err *err);

#endif
