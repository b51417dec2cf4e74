/* A map from names to objects that stays fast whatever the names are. */
#ifndef ELF_NAMES_H
#define ELF_NAMES_H

#include <stdbool.h>
#include <stddef.h>

struct msk_names {
	void *tree;
};

/* The name is copied. The first object to take a name keeps it. */
void msk_names_add(struct msk_names *n, const char *name, size_t object);
/* Give the name to another object. */
void msk_names_move(struct msk_names *n, const char *name, size_t object);
bool msk_names_find(const struct msk_names *n, const char *name, size_t *object);
void msk_names_release(struct msk_names *n);

#endif
