#include "names.h"

#include <search.h>
#include <string.h>

#include "mkscratch/mem.h"

struct name {
	const char *name;
	size_t object;
	char copy[];
};

static int by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void msk_names_add(struct msk_names *n, const char *name, size_t object)
{
	size_t len = strlen(name) + 1;
	struct name *e = msk_xmalloc(sizeof *e + len);
	struct name **slot;

	memcpy(e->copy, name, len);
	e->name = e->copy;
	e->object = object;
	slot = tsearch(e, &n->tree, by_name);
	if (!slot)
		msk_oom();
	if (*slot != e)
		free(e);
}

void msk_names_move(struct msk_names *n, const char *name, size_t object)
{
	struct name key = { .name = name };
	struct name **slot = tfind(&key, &n->tree, by_name);

	if (slot)
		(*slot)->object = object;
}

bool msk_names_find(const struct msk_names *n, const char *name, size_t *object)
{
	struct name key = { .name = name };
	struct name **slot = tfind(&key, &n->tree, by_name);

	if (!slot)
		return false;
	*object = (*slot)->object;
	return true;
}

void msk_names_release(struct msk_names *n)
{
	tdestroy(n->tree, free);
	n->tree = NULL;
}
