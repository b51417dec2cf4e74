/* A map from names to numbers that stays fast whatever the names are.
 *
 * All zero is an empty one, which has nothing to be released. The places in it depend on a secret of the process, so that
 * no file can hold names that collide; nothing but a look-up sees them, and so no result depends on it. */
#ifndef MKSCRATCH_NAMES_H
#define MKSCRATCH_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "mkscratch/arena.h"

struct msk_names_slot;

struct msk_names {
	struct msk_names_slot *slots;
	size_t n, cap;                    /* cap: a power of two */
	uint64_t key[2];
	struct msk_arena copies;
};

/* The name is copied. The first number that a name has stays; false: it had one. */
bool msk_names_add(struct msk_names *n, const char *name, size_t number);
/* The same with a name that is borrowed for as long as it may be looked for. */
void msk_names_lend(struct msk_names *n, const char *name, size_t number);
/* Give a name that is there another number. */
void msk_names_move(struct msk_names *n, const char *name, size_t number);
bool msk_names_find(const struct msk_names *n, const char *name, size_t *number);
void msk_names_release(struct msk_names *n);

/* A row of numbers as a name. A map has such names or texts, not both. */
void msk_names_add_id(struct msk_names *n, const uint64_t *id, size_t numbers, size_t number);
bool msk_names_find_id(const struct msk_names *n, const uint64_t *id, size_t numbers, size_t *number);

#endif
