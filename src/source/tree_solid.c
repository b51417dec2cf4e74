#include "tree_solid.h"

void msk_solid_release(struct msk_solid *s)
{
	msk_layer_sets_release(&s->emptied);
	msk_layer_sets_release(&s->solid);
	free(s->v);
}

static void cut(struct msk_solid *s, uint32_t layer)
{
	struct msk_solid_span *last = s->n ? &s->v[s->n - 1] : NULL;

	if (!last || last->until <= layer)
		return;
	last->until = layer;
	if (last->from == layer)
		s->n--;
}

/* It has something below it: what was known of it so far is told to that. */
static void tell(struct msk_solid *s, size_t n_key)
{
	const struct msk_layer_set *emptied = msk_layer_sets_above(&s->emptied, n_key);

	for (size_t i = 0; i < s->n; i++) {
		uint32_t gone = msk_layer_set_next(emptied, s->v[i].from);

		for (uint32_t layer = s->v[i].from; layer <= MSK_MAX_LAYERS && layer < s->v[i].until && layer < gone; layer++)
			msk_layer_sets_add(&s->solid, n_key, layer);
	}
}

void msk_solid_go(struct msk_solid *s, const struct msk_str *before, const struct msk_str *key, size_t common)
{
	if (s->n && common == before->len && key->len > common && key->buf[common] == '\0')
		tell(s, before->len);
	msk_layer_sets_leave(&s->emptied, key, common);
	msk_layer_sets_leave(&s->solid, key, common);
	s->n = 0;
}

bool msk_solid_node(struct msk_solid *s, const struct msk_str *key, const struct msk_node *n)
{
	/* One that goes on is another span: what it lies in may be taken away between. */
	cut(s, n->layer);
	if (n->type != MSK_TAR_DIR && n->type != MSK_TAR_SYMLINK) {
		MSK_GROW(s->v, s->n, s->cap);
		s->v[s->n++] = (struct msk_solid_span){ n->layer, UINT32_MAX };
	}
	return msk_layer_set_has(msk_layer_sets_above(&s->solid, key->len), n->layer);
}

void msk_solid_removal(struct msk_solid *s, const struct msk_str *key, uint32_t at, uint32_t below)
{
	/* What the layer itself has stays. */
	if (s->n && s->v[s->n - 1].from < at)
		cut(s, at);
	if (below)
		msk_layer_sets_add(&s->emptied, key->len, below);
}
