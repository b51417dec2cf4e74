#include <string.h>

#include "loader.h"

/* Open addressing, at most half full. */
struct slot {
	char *name;
	size_t object;
};

struct msk_names {
	struct slot *slots;
	size_t n, size;            /* size is a power of two */
};

struct msk_names *msk_names_new(void)
{
	struct msk_names *n = msk_xcalloc(1, sizeof *n);

	n->size = 64;
	n->slots = msk_xcalloc(n->size, sizeof *n->slots);
	return n;
}

void msk_names_free(struct msk_names *n)
{
	if (!n)
		return;
	for (size_t i = 0; i < n->size; i++)
		free(n->slots[i].name);
	free(n->slots);
	free(n);
}

/* FNV-1a. */
static size_t hash(const char *s)
{
	uint64_t h = 14695981039346656037u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return (size_t)(h ^ h >> 32);
}

static struct slot *find_slot(const struct msk_names *n, const char *name)
{
	size_t i = hash(name) & (n->size - 1);

	while (n->slots[i].name && strcmp(n->slots[i].name, name) != 0)
		i = (i + 1) & (n->size - 1);
	return &n->slots[i];
}

static void grow(struct msk_names *n)
{
	struct slot *old = n->slots;
	size_t size = n->size;

	n->size = 2 * size;
	n->slots = msk_xcalloc(n->size, sizeof *n->slots);
	for (size_t i = 0; i < size; i++)
		if (old[i].name)
			*find_slot(n, old[i].name) = old[i];
	free(old);
}

void msk_names_add(struct msk_names *n, const char *name, size_t object)
{
	struct slot *s = find_slot(n, name);

	if (s->name)
		return;
	*s = (struct slot){ msk_xstrdup(name), object };
	if (2 * ++n->n > n->size)
		grow(n);
}

bool msk_names_find(const struct msk_names *n, const char *name, size_t *object)
{
	const struct slot *s = find_slot(n, name);

	if (!s->name)
		return false;
	*object = s->object;
	return true;
}
