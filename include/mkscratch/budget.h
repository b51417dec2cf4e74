/* Budgets: how large an image may be, and by how much it may have grown. Asked when it is made and before any of it becomes
 * visible; what has outgrown its budget is told with whatever has the largest part in that. */
#ifndef MKSCRATCH_BUDGET_H
#define MKSCRATCH_BUDGET_H

#include "mkscratch/image.h"
#include "mkscratch/plan.h"
#include "mkscratch/rootfs.h"
#include "mkscratch/source_image.h"

/* An earlier image to measure growth against: what its files and layers weigh. Zero is "none". */
struct msk_baseline {
	struct msk_image_tree tree;
	uint64_t stored, plain;       /* bytes of all documents and layers, each once; and of the plain layers */
	unsigned codecs;              /* by which its layers are compressed: 1 << enum msk_codec_kind */
};

/* The image that --baseline names, for all platforms: what comes by a pipe comes but once. */
int msk_baseline_open(const char *name, uint64_t max_layer, struct msk_source_images *out, struct msk_err *err);
/* That of a platform (of levels of a CPU any does where there is no other), read to its end and verified.
 * Fails: MSK_E_INPUT, MSK_E_INTEGRITY, MSK_E_IO. */
int msk_baseline_read(const struct msk_source_images *s, const struct msk_platform *pf, struct msk_baseline *out,
		      struct msk_err *err);
void msk_baseline_release(struct msk_baseline *b);

/* `below` is what the base has, whose files count as well; NULL: there is none. Where baseline and image are not
 * compressed by the same codecs, the plain bytes are compared.
 * Fails: MSK_E_INPUT `--max-size: the image is larger (13421234 vs 12000000 bytes)`, with the largest files and what strip
 * would save as details; `--max-growth: the image has grown by 12.30% since old.tar (from … to … bytes; the limit
 * is …)`, with what grew; of several images it says which. MSK_E_IO. */
int msk_budget_check(const struct msk_plan *p, const struct msk_baseline *b, const struct msk_rootfs *fs,
		     const struct msk_image_tree *below, const struct msk_image *img, struct msk_err *err);

#endif
