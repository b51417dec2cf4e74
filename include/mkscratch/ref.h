/* Image references: [domain/]path[:tag], as the distribution spec and docker write them. */
#ifndef MKSCRATCH_REF_H
#define MKSCRATCH_REF_H

#include "mkscratch/err.h"

struct msk_ref {
	char *familiar;     /* "app:v1": as people write it, with its tag */
	char *full;         /* "docker.io/library/app:v1": the same name in every engine */
	char *tag;          /* "v1" */
};

/* A missing tag is "latest". A digest is refused: the digest of what we build is not ours to choose.
 * Fails: MSK_E_USAGE, naming the part that breaks the grammar. */
int msk_ref_parse(const char *text, struct msk_ref *out, struct msk_err *err);
void msk_ref_release(struct msk_ref *r);

#endif
