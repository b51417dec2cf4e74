#include "mkscratch/names.h"

#include <string.h>
#include <sys/auxv.h>

#include "mkscratch/mem.h"

#define FIRST_SLOTS 16

struct msk_names_slot {
	const char *name;              /* NULL: free */
	size_t len, number;
	uint64_t hash;
};

static uint64_t turned(uint64_t v)
{
	return v << 32 | v >> 32;
}

/* The four products of their halves, folded into one another. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	uint64_t a_low = (uint32_t)a, a_high = a >> 32, b_low = (uint32_t)b, b_high = b >> 32;

	return (a_low * b_low) ^ (a_high * b_high) ^ turned(a_low * b_high) ^ turned(a_high * b_low);
}

/* What the kernel gave this process and no file can know; without it, names made to collide cost time. */
static void take_key(struct msk_names *n)
{
	const void *given = (const void *)(uintptr_t)getauxval(AT_RANDOM);

	n->key[0] = 0x9e3779b97f4a7c15u;
	n->key[1] = 0xd1b54a32d192ed03u;
	if (given)
		memcpy(n->key, given, sizeof n->key);
}

static uint64_t hash_of(const struct msk_names *n, const char *name, size_t len)
{
	uint64_t h = n->key[0] ^ len, part = 0;

	for (; len > sizeof part; name += sizeof part, len -= sizeof part) {
		memcpy(&part, name, sizeof part);
		h = mix(h ^ part, n->key[1]);
	}
	part = 0;
	memcpy(&part, name, len);
	return mix(h ^ part, n->key[1]);
}

/* The slot of a name, or the free one that it would have. */
static struct msk_names_slot *slot_of(const struct msk_names *n, const char *name, size_t len, uint64_t hash)
{
	for (size_t i = (size_t)hash;; i++) {
		struct msk_names_slot *s = &n->slots[i & (n->cap - 1)];

		if (!s->name || (s->hash == hash && s->len == len && memcmp(s->name, name, len) == 0))
			return s;
	}
}

/* At most half of the slots are in use. */
static void make_room(struct msk_names *n)
{
	struct msk_names old = *n;

	if (2 * n->n < n->cap)
		return;
	if (!n->cap)
		take_key(n);
	n->cap = n->cap ? 2 * n->cap : FIRST_SLOTS;
	n->slots = msk_xcalloc(n->cap, sizeof *n->slots);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].name)
			*slot_of(n, old.slots[i].name, old.slots[i].len, old.slots[i].hash) = old.slots[i];
	free(old.slots);
}

static bool add(struct msk_names *n, const char *name, size_t len, bool copied, size_t number)
{
	struct msk_names_slot *s;
	uint64_t hash;

	make_room(n);
	hash = hash_of(n, name, len);
	s = slot_of(n, name, len, hash);
	if (s->name)
		return false;
	*s = (struct msk_names_slot){ copied ? msk_arena_copy(&n->copies, name, len) : name, len, number, hash };
	n->n++;
	return true;
}

static struct msk_names_slot *find(const struct msk_names *n, const char *name, size_t len)
{
	struct msk_names_slot *s = n->n ? slot_of(n, name, len, hash_of(n, name, len)) : NULL;

	return s && s->name ? s : NULL;
}

static bool tell(const struct msk_names_slot *s, size_t *number)
{
	if (s)
		*number = s->number;
	return s != NULL;
}

bool msk_names_add(struct msk_names *n, const char *name, size_t number)
{
	return add(n, name, strlen(name), true, number);
}

void msk_names_lend(struct msk_names *n, const char *name, size_t number)
{
	add(n, name, strlen(name), false, number);
}

void msk_names_move(struct msk_names *n, const char *name, size_t number)
{
	struct msk_names_slot *s = find(n, name, strlen(name));

	if (s)
		s->number = number;
}

bool msk_names_find(const struct msk_names *n, const char *name, size_t *number)
{
	return tell(find(n, name, strlen(name)), number);
}

void msk_names_add_id(struct msk_names *n, const uint64_t *id, size_t numbers, size_t number)
{
	add(n, (const char *)id, numbers * sizeof *id, true, number);
}

bool msk_names_find_id(const struct msk_names *n, const uint64_t *id, size_t numbers, size_t *number)
{
	return tell(find(n, (const char *)id, numbers * sizeof *id), number);
}

void msk_names_release(struct msk_names *n)
{
	msk_arena_release(&n->copies);
	free(n->slots);
	*n = (struct msk_names){ 0 };
}
