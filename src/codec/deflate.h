/* Deflate (RFC 1951) for blocks that are joined to one stream: at each level about as small as libdeflate's, in less time, and
 * the same bytes with every library, compiler and processor. (oci-layout-spec/README.md, section 7.1, says which.)
 *
 *   find   copies of what came before (deflate_match.h), byte after byte: the bytes become steps,
 *          each some literals and a copy (deflate_parse.c; at the lowest levels deflate_quick.c)
 *   split  the steps in deflate's blocks, each with codes of its own (deflate_split.c)
 *   write  the blocks (deflate_write.c)
 *
 * No step refers to anything before the bytes that it is given. */
#ifndef CODEC_DEFLATE_H
#define CODEC_DEFLATE_H

#include <stddef.h>

/* The number is raised when the same bytes at the same level become others, whether here, in dense.h or in cut.h. */
#define MSK_DEFLATE_NAME "mkscratch deflate 1"

#define MSK_DEFLATE_MOST (512u * 1024)       /* bytes at a time */

/* How hard to look for copies. */
struct msk_deflate_effort {
	unsigned quick;              /* 1 to 3: hardly, as deflate_quick.c says, and what follows is not asked for */
	unsigned rounds;             /* of four older places each, behind the four newest */
	unsigned enough;             /* bytes of a copy with which no longer one is looked for */
};

/* Of the levels from the first to the last. */
#define MSK_DEFLATE_FIRST 1
#define MSK_DEFLATE_LAST  7
extern const struct msk_deflate_effort msk_deflate_efforts[MSK_DEFLATE_LAST - MSK_DEFLATE_FIRST + 1];

/* Scratch space for one thread and any number of parts, one after the other. The effort is copied. NULL: out of memory. */
struct msk_deflate;

struct msk_deflate *msk_deflate_new(const struct msk_deflate_effort *effort);
void msk_deflate_free(struct msk_deflate *d);           /* d may be NULL */
size_t msk_deflate_size(void);                          /* bytes of it */

/* The room that n bytes need, written or to be written over. */
size_t msk_deflate_bound(size_t n);

/* Write in[0..n), n <= MSK_DEFLATE_MOST, to out[0..msk_deflate_bound(n)) as blocks that are not final, with an empty stored
 * block behind them that ends on a byte (a sync flush). Returns their size. The result depends on the bytes and the
 * effort. Nothing outside of in[0..n) is read. */
size_t msk_deflate_part(struct msk_deflate *d, const unsigned char *in, size_t n, unsigned char *out);

#endif
