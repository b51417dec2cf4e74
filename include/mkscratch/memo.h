/* What is learnt of a tree while programs are resolved over it, so that the next one need not ask again: where paths
 * lead, what the ELF files there say, the directories a loader has built in, its cache and its configuration.
 *
 * It holds nothing but answers that the tree gave, each under all that the answer depends on: a path, or a file's
 * identity with size and time. So a resolution with a memo that others have filled gives what it would give alone, as long
 * as the tree stays as it is. When the tree changes meanwhile, some programs may be seen as before the change; build
 * checks each file once more when it is packed. Memory is bounded: what is beyond the bounds is asked anew. */
#ifndef MKSCRATCH_MEMO_H
#define MKSCRATCH_MEMO_H

#include "mkscratch/rotree.h"

struct msk_memo;

/* The tree is borrowed and must outlive the memo. */
struct msk_memo *msk_memo_new(struct msk_rotree *t);
void msk_memo_free(struct msk_memo *m);
void msk_memo_cleanup(struct msk_memo **m);

#endif
