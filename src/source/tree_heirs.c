/* Hard links that have outlived the file they name: its path is gone, or is something else by now, and its bytes are still
 * there. Of those that are one such file the first in the order of the tree becomes the file, and the others name that. */
#include <string.h>

#include "tree_record.h"

int msk_tree_note_original(struct msk_table *originals, const struct msk_str *key, const struct msk_node *file,
			   struct msk_err *err)
{
	unsigned char place[MSK_PLACE_KEY];
	MSK_AUTO_STR value = MSK_STR_INIT;

	msk_place_key(place, file->layer, file->nth);
	msk_str_add(&value, place, sizeof place);
	msk_table_put(&value, file->size);
	return msk_table_add(originals, msk_str_c(key), key->len, value.buf, value.len, err);
}

/* Is the file still at the path it came to? */
static bool is_there(struct msk_table_walk *tree, struct msk_str *link, const struct msk_table_walk *original)
{
	unsigned char place[MSK_PLACE_KEY];
	struct msk_node n;

	if (!msk_table_find(tree, original->key, original->n_key))
		return false;
	msk_record_node(tree->value, link, &n);
	msk_place_key(place, n.layer, n.nth);
	return n.type == MSK_TAR_FILE && memcmp(place, original->value, sizeof place) == 0;
}

/* By its place, the size of each file that is gone. */
static int find_gone(const struct msk_image_tree *t, struct msk_table *originals, struct msk_table *gone, struct msk_err *err)
{
	MSK_AUTO_TABLE_WALK w = { 0 };
	MSK_AUTO_TABLE_WALK tree = { 0 };
	MSK_AUTO_STR link = MSK_STR_INIT;

	if (msk_table_sort(originals, err) < 0)        /* many links may be one file */
		return -1;
	msk_table_walk_init(&tree, &t->table);
	for (msk_table_walk_init(&w, originals); msk_table_next(&w);)
		if (!is_there(&tree, &link, &w) && msk_table_add(gone, w.value, MSK_PLACE_KEY, w.value + MSK_PLACE_KEY,
								 w.n_value - MSK_PLACE_KEY, err) < 0)
			return -1;
	return msk_table_sort(gone, err);
}

static bool find_data(struct msk_table_walk *w, const struct msk_node *n)
{
	unsigned char place[MSK_PLACE_KEY];

	if (n->type != MSK_TAR_HARDLINK || !n->data_layer)
		return false;
	msk_place_key(place, n->data_layer, n->data_nth);
	return msk_table_find(w, place, sizeof place);
}

/* By the same places, the paths of the links, the first of them first. */
static int find_heirs(const struct msk_image_tree *t, const struct msk_table *gone, struct msk_table *heirs,
		      struct msk_err *err)
{
	MSK_AUTO_TABLE_WALK at_gone = { 0 };
	MSK_AUTO_TREE_WALK w = { .path = MSK_STR_INIT };
	const struct msk_node *n;

	msk_table_walk_init(&at_gone, gone);
	for (msk_tree_walk_init(&w, t); (n = msk_tree_next(&w));)
		if (find_data(&at_gone, n) &&
		    msk_table_add(heirs, at_gone.key, at_gone.n_key, n->path, strlen(n->path) + 1, err) < 0)
			return -1;
	return msk_table_sort(heirs, err);
}

/* The node as it is now; `heirs` and `gone` stand at its file. */
static void take_over(struct msk_node *n, const struct msk_table_walk *heirs, const struct msk_table_walk *gone)
{
	const char *heir = (const char *)heirs->value;
	const unsigned char *size = gone->value;

	n->link = heir;
	if (strcmp(heir, n->path) != 0)
		return;
	n->link = NULL;
	n->type = MSK_TAR_FILE;
	n->size = msk_table_number(&size);
}

static int rewrite(struct msk_image_tree *t, const struct msk_table *gone, const struct msk_table *heirs, struct msk_err *err)
{
	MSK_CLEANUP(msk_table_release) struct msk_table out = { 0 };
	MSK_AUTO_TABLE_WALK at_gone = { 0 };
	MSK_AUTO_TABLE_WALK at_heirs = { 0 };
	MSK_AUTO_TREE_WALK w = { .path = MSK_STR_INIT };
	MSK_AUTO_STR value = MSK_STR_INIT;
	const struct msk_node *n;

	msk_table_walk_init(&at_gone, gone);
	msk_table_walk_init(&at_heirs, heirs);
	for (msk_tree_walk_init(&w, t); (n = msk_tree_next(&w));) {
		struct msk_node now = *n;

		if (find_data(&at_gone, n) && find_data(&at_heirs, n))
			take_over(&now, &at_heirs, &at_gone);
		msk_record_put_node(&value, MSK_RECORD_NODE, &now);
		if (msk_table_add(&out, w.records.key, w.records.n_key, value.buf, value.len, err) < 0)
			return -1;
	}
	if (msk_table_seal(&out, err) < 0)
		return -1;
	msk_table_release(&t->table);
	t->table = out;
	out = (struct msk_table){ 0 };
	return 0;
}

int msk_tree_find_heirs(struct msk_image_tree *t, struct msk_table *originals, struct msk_err *err)
{
	MSK_CLEANUP(msk_table_release) struct msk_table gone = { 0 };
	MSK_CLEANUP(msk_table_release) struct msk_table heirs = { 0 };

	if (originals->n == 0)
		return 0;
	if (find_gone(t, originals, &gone, err) < 0)
		return -1;
	if (gone.n == 0)
		return 0;
	return find_heirs(t, &gone, &heirs, err) < 0 ? -1 : rewrite(t, &gone, &heirs, err);
}
