/* What a file is, by how it begins; for messages about files that are not what they should be. */
#ifndef MKSCRATCH_MAGIC_H
#define MKSCRATCH_MAGIC_H

#include <stdbool.h>
#include "mkscratch/str.h"

#define MSK_MAGIC_BYTES 512     /* of the file that are looked at, where it has so many */

struct msk_magic {
	const char *bytes;
	size_t n;
	const char *what;       /* "a Windows program" */
	const char *mend;       /* what makes a Linux program of it: "build it for Linux"; may be NULL */
	bool packed;            /* something lies in it that may be what is wanted */
};

/* NULL: of none of the kinds that are known. ELF is none of them. */
const struct msk_magic *msk_magic_find(const void *head, size_t n);
/* Are these bytes text of a kind that people write? Of none at all they are not. */
bool msk_magic_is_text(const void *head, size_t n);
/* The first bytes, as text when they are text, else as numbers: `"hello wo"`, `c4 8b fe 36`. */
void msk_magic_add_head(struct msk_str *out, const void *head, size_t n);

#endif
