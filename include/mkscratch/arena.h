/* Bytes that live and go together, taken one behind the other from blocks that grow.
 *
 * All zero is an empty arena, which has nothing to be released. What is taken stays where it is until the release. */
#ifndef MKSCRATCH_ARENA_H
#define MKSCRATCH_ARENA_H

#include <stddef.h>

struct msk_arena_block;

struct msk_arena {
	struct msk_arena_block *last;
};

/* `n` bytes from anywhere in memory, aligned for numbers. */
void *msk_arena_copy(struct msk_arena *a, const void *bytes, size_t n);
/* The same with a NUL behind them. */
char *msk_arena_text(struct msk_arena *a, const char *text, size_t n);
/* All that was taken from another, which is empty then; nothing moves. */
void msk_arena_absorb(struct msk_arena *a, struct msk_arena *other);
void msk_arena_release(struct msk_arena *a);

#endif
