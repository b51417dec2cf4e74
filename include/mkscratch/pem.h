/* PEM framing (RFC 7468), strict where it matters: what stands between blocks is free text, what stands inside is
 * base64 and nothing else. No cryptography here. */
#ifndef MKSCRATCH_PEM_H
#define MKSCRATCH_PEM_H

#include <stdbool.h>
#include "mkscratch/err.h"
#include "mkscratch/str.h"

struct msk_pem {
	const char *p, *end;        /* the text; borrowed */
	unsigned line;              /* of p, from 1 */
	unsigned blocks;            /* seen so far */
};

struct msk_pem_block {
	const char *label;          /* borrowed, not terminated */
	size_t label_len;
	const char *body, *body_end;/* between the BEGIN and the END line */
	unsigned line;              /* of the BEGIN line */
};

void msk_pem_init(struct msk_pem *r, const char *text, size_t n);
/* The next block; *found is false at the end. Fails: MSK_E_INPUT `<name>: line 7: malformed BEGIN line`,
 * `<name>: block 2 (line 31): no END line`, ... */
int msk_pem_next(struct msk_pem *r, struct msk_pem_block *out, bool *found, const char *name, struct msk_err *err);
bool msk_pem_label_has(const struct msk_pem_block *b, const char *word);
bool msk_pem_label_is(const struct msk_pem_block *b, const char *label);

/* Decode the body. False: *bad_line is the line of the first byte that is no base64. */
bool msk_pem_decode(const struct msk_pem_block *b, struct msk_str *out, unsigned *bad_line);
/* At most so many bytes a block has. */
size_t msk_pem_room(const char *label, size_t n);
/* Append a block: lines of 64 characters. */
void msk_pem_add(struct msk_str *out, const char *label, const unsigned char *der, size_t n);

#endif
