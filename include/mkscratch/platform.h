/* Platforms as OCI names them (image-spec: GOOS and GOARCH words, variant). */
#ifndef MKSCRATCH_PLATFORM_H
#define MKSCRATCH_PLATFORM_H

#include <stdbool.h>
#include "mkscratch/str.h"

/* variant: "" when the default of the architecture. Words of an image that are longer than any we know are cut to fit,
 * so that they may end in the middle of a character. */
struct msk_platform {
	char os[16];
	char arch[16];
	char variant[16];
};

bool msk_platform_equal(const struct msk_platform *a, const struct msk_platform *b);
int msk_platform_compare(const struct msk_platform *a, const struct msk_platform *b);   /* by the bytes of their names */
bool msk_platform_known(const struct msk_platform *p);
void msk_platform_add(struct msk_str *s, const struct msk_platform *p);   /* "linux/arm/v7" */

/* "linux/arm64", "linux/arm/v7"; "arm64" is one of Linux. Other words for the same are taken too: x86_64, aarch64,
 * arm64/v8, amd64/v1. A variant that is left out is "". Does not know which there are. false: not of that form. */
bool msk_platform_parse(const char *text, struct msk_platform *out);
/* Is `have` one of those that `want` means? One without a variant means them all. */
bool msk_platform_covers(const struct msk_platform *want, const struct msk_platform *have);

/* Does every machine of an architecture run programs for another? amd64 does those for 386. */
bool msk_platform_runs(const char *program, const char *machine);

/* Raise the variant of an amd64 platform to a level ("v3"). */
void msk_platform_raise(struct msk_platform *p, unsigned isa_level);
/* Does a CPU of `better` run what is for `lesser`, and not the other way round? Levels of one architecture do. */
bool msk_platform_is_below(const struct msk_platform *lesser, const struct msk_platform *better);
/* One platform for programs of both, when they differ by CPU level alone: the higher one. false: they do not fit. */
bool msk_platform_join(struct msk_platform *p, const struct msk_platform *other);

#endif
