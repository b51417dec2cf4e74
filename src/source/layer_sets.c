#include "layer_sets.h"

void msk_layer_sets_release(struct msk_layer_sets *s)
{
	free(s->v);
}

static bool is_at_or_below(const struct msk_str *key, size_t n)
{
	return n == 0 || n == key->len || key->buf[n] == '\0';
}

void msk_layer_sets_leave(struct msk_layer_sets *s, const struct msk_str *key, size_t common)
{
	while (s->n && (s->v[s->n - 1].n_key > common || !is_at_or_below(key, s->v[s->n - 1].n_key)))
		s->n--;
}

void msk_layer_sets_add(struct msk_layer_sets *s, size_t n_key, uint32_t layer)
{
	struct msk_layer_set *last = s->n ? &s->v[s->n - 1] : NULL;

	if (!last || last->n_key != n_key) {
		MSK_GROW(s->v, s->n, s->cap);
		s->v[s->n] = s->n ? s->v[s->n - 1] : (struct msk_layer_set){ 0 };
		last = &s->v[s->n++];
		last->n_key = n_key;
	}
	last->has[layer / 64] |= 1ull << layer % 64;
}

const struct msk_layer_set *msk_layer_sets_above(const struct msk_layer_sets *s, size_t n_key)
{
	size_t n = s->n;

	if (n && s->v[n - 1].n_key == n_key)
		n--;
	return n ? &s->v[n - 1] : NULL;
}

uint32_t msk_layer_set_next(const struct msk_layer_set *s, uint32_t layer)
{
	while (s && ++layer <= MSK_MAX_LAYERS)
		if (msk_layer_set_has(s, layer))
			return layer;
	return UINT32_MAX;
}
