#include "names.h"

#include <search.h>
#include <stdint.h>
#include <string.h>

#include "mkscratch/mem.h"

struct name {
	const char *name;
	uint64_t hash;
	size_t object;
	char copy[];
};

/* FNV-1a. Names that were made to collide are told apart by their text, so they gain nothing. */
static uint64_t hash_of(const char *name)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (const unsigned char *p = (const unsigned char *)name; *p; p++)
		h = (h ^ *p) * 0x100000001b3u;
	return h;
}

static int by_name(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return strcmp(x->name, y->name);
}

static struct name *find(const struct msk_names *n, const char *name, uint64_t hash)
{
	struct name key = { .name = name, .hash = hash };
	struct name **slot = tfind(&key, &n->trees[hash % MSK_NAMES_TREES], by_name);

	return slot ? *slot : NULL;
}

static void add(struct msk_names *n, const char *name, bool copied, size_t object)
{
	uint64_t hash = hash_of(name);
	size_t len = copied ? strlen(name) + 1 : 0;
	struct name *e;

	if (find(n, name, hash))
		return;
	e = msk_xmalloc(sizeof *e + len);
	memcpy(e->copy, name, len);
	e->name = copied ? e->copy : name;
	e->hash = hash;
	e->object = object;
	if (!tsearch(e, &n->trees[hash % MSK_NAMES_TREES], by_name))
		msk_oom();
	n->any = true;
}

void msk_names_add(struct msk_names *n, const char *name, size_t object)
{
	add(n, name, true, object);
}

void msk_names_lend(struct msk_names *n, const char *name, size_t object)
{
	add(n, name, false, object);
}

void msk_names_move(struct msk_names *n, const char *name, size_t object)
{
	struct name *e = find(n, name, hash_of(name));

	if (e)
		e->object = object;
}

bool msk_names_find(const struct msk_names *n, const char *name, size_t *object)
{
	const struct name *e = n->any ? find(n, name, hash_of(name)) : NULL;

	if (e)
		*object = e->object;
	return e != NULL;
}

const char *msk_names_id(char buf[MSK_NAMES_ID], const uint64_t *numbers, size_t n)
{
	char *p = buf + MSK_NAMES_ID;

	*--p = '\0';
	for (size_t i = 0; i < n; i++) {
		uint64_t v = numbers[i];

		do
			*--p = "0123456789abcdef"[v & 15];
		while (v >>= 4);
		*--p = ' ';
	}
	return p;
}

void msk_names_release(struct msk_names *n)
{
	for (size_t i = 0; n->any && i < MSK_NAMES_TREES; i++)
		tdestroy(n->trees[i], free);
	*n = (struct msk_names){ 0 };
}
