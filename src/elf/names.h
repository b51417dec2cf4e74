/* A map from names to objects that stays fast whatever the names are. */
#ifndef ELF_NAMES_H
#define ELF_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MSK_NAMES_TREES 64

struct msk_names {
	void *trees[MSK_NAMES_TREES];  /* by hash, so that each is small; and names made to collide still have a tree */
	bool any;
};

/* The name is copied. The first object to take a name keeps it. */
void msk_names_add(struct msk_names *n, const char *name, size_t object);
/* The same with a name that is borrowed for as long as it may be looked for. */
void msk_names_lend(struct msk_names *n, const char *name, size_t object);
/* Give the name to another object. */
void msk_names_move(struct msk_names *n, const char *name, size_t object);
bool msk_names_find(const struct msk_names *n, const char *name, size_t *object);
/* Up to four numbers as a name, in `buf`. */
#define MSK_NAMES_ID 72
const char *msk_names_id(char buf[MSK_NAMES_ID], const uint64_t *numbers, size_t n);
void msk_names_release(struct msk_names *n);

#endif
