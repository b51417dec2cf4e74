#include "mkscratch/keys.h"

#include <stdint.h>
#include <string.h>

#define LEAST_SLOTS 64

void msk_keys_release(struct msk_keys *k)
{
	msk_strv_release(&k->words);
	free(k->slots);
	*k = (struct msk_keys){ 0 };
}

struct msk_strv msk_keys_take(struct msk_keys *k)
{
	const struct msk_strv words = k->words;

	k->words = (struct msk_strv)MSK_STRV_INIT;
	msk_keys_release(k);
	return words;
}

/* FNV-1a: nothing that is seen depends on it. */
static size_t hash(const char *word, size_t n)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)word[i]) * UINT64_C(1099511628211);
	return (size_t)(h ^ h >> 32);
}

/* The slot of a word, or the free one that it would have. */
static size_t *slot_of(const struct msk_keys *k, const char *word, size_t n)
{
	size_t i = hash(word, n) & (k->n_slots - 1);

	for (; k->slots[i]; i = (i + 1) & (k->n_slots - 1)) {
		const char *other = k->words.v[k->slots[i] - 1];

		if (strncmp(other, word, n) == 0 && !other[n])
			break;
	}
	return &k->slots[i];
}

static void grow(struct msk_keys *k)
{
	free(k->slots);
	k->n_slots = k->n_slots ? 2 * k->n_slots : LEAST_SLOTS;
	k->slots = msk_xcalloc(k->n_slots, sizeof *k->slots);
	for (size_t i = 0; i < k->words.n; i++)
		*slot_of(k, k->words.v[i], strlen(k->words.v[i])) = i + 1;
}

size_t msk_keys_place(struct msk_keys *k, const char *word, size_t n)
{
	size_t *slot;

	if (2 * k->words.n >= k->n_slots)
		grow(k);
	slot = slot_of(k, word, n);
	if (!*slot) {
		msk_strv_push_own(&k->words, msk_xstrndup(word, n));
		*slot = k->words.n;
	}
	return *slot - 1;
}
