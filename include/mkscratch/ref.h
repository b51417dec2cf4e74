/* Image references: [domain/]path[:tag], as the distribution spec and docker write them. */
#ifndef MKSCRATCH_REF_H
#define MKSCRATCH_REF_H

#include "mkscratch/err.h"

/* So many an index may name: of a longer one readers take nothing. */
#define MSK_MAX_TAGS 4096

struct msk_ref {
	char *familiar;     /* "app:v1": as people write it, with its tag */
	char *full;         /* "docker.io/library/app:v1": the same name in every engine */
	char *tag;          /* "v1" */
};

/* [domain/]path[:tag]: domain as docker tells it from a path (it holds a '.', a ':' or an upper-case letter, or is
 * localhost), path parts [a-z0-9] joined by '.', '_', '__' or dashes, tag [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}, the
 * name 255 bytes at most. A missing domain is docker.io, where a single path part lies below library/; a missing
 * tag is "latest". A digest is refused: the digest of what we build is not ours to choose.
 * Fails: MSK_E_USAGE, naming the part that breaks the grammar. */
int msk_ref_parse(const char *text, struct msk_ref *out, struct msk_err *err);
/* A path part made of any file name: lower case, what the grammar forbids becomes a dash, at most 128 bytes. NULL when
 * nothing is left. Heap. */
char *msk_ref_name_from(const char *file_name);
void msk_ref_release(struct msk_ref *r);

#endif
