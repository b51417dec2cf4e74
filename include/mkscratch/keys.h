/* Words, each once, in the order in which they came. Time goes by how many there are. */
#ifndef MKSCRATCH_KEYS_H
#define MKSCRATCH_KEYS_H

#include "mkscratch/str.h"

struct msk_keys {
	struct msk_strv words;
	size_t *slots;         /* where a word may be found: its place in `words` and 1; 0: free */
	size_t n_slots;        /* a power of two, more than twice as many */
};
#define MSK_AUTO_KEYS MSK_CLEANUP(msk_keys_release) struct msk_keys

void msk_keys_release(struct msk_keys *k);

/* The place of the word of n bytes, which is added where it was not there: then that is the number of those before it. The
 * bytes hold no NUL and are copied. */
size_t msk_keys_place(struct msk_keys *k, const char *word, size_t n);
/* The words themselves; k is empty afterwards. */
struct msk_strv msk_keys_take(struct msk_keys *k);

#endif
