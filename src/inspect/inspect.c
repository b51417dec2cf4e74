#include "inspect.h"

#include <stdint.h>
#include <string.h>

void msk_inspection_release(struct msk_inspection *i)
{
	for (size_t k = 0; k < i->n_objects; k++) {
		free(i->objects[k].node);
		free(i->objects[k].soname);
		free(i->objects[k].found);
		msk_strv_release(&i->objects[k].needed);
	}
	for (size_t k = 0; k < i->n_largest; k++)
		free(i->largest[k]);
	free(i->objects);
	free(i->entrypoint);
	free(i->origins);
	free(i->by_layer);
	msk_cert_list_release(&i->certs);
	msk_record_release(&i->record);
}

static void count(struct msk_tally *t, const struct msk_node *n)
{
	t->files++;
	t->bytes += n->size;
}

/* The largest first; of the same size those that come first. */
static void note_largest(struct msk_inspection *i, const struct msk_node *n)
{
	size_t at = i->n_largest;

	while (at > 0 && i->largest[at - 1]->size < n->size)
		at--;
	if (at == MSK_LARGEST)
		return;
	if (i->n_largest == MSK_LARGEST)
		free(i->largest[--i->n_largest]);
	memmove(i->largest + at + 1, i->largest + at, (i->n_largest - at) * sizeof *i->largest);
	i->largest[at] = msk_node_copy(n);
	i->n_largest++;
}

static struct msk_node *find_entrypoint(const struct msk_inspection *i)
{
	const struct msk_json *c = msk_json_get(i->image->config.json, "config");
	const char *path = msk_json_string_value(msk_json_at(msk_json_get(c, "Entrypoint"), 0));

	if (!path)
		path = msk_json_string_value(msk_json_at(msk_json_get(c, "Cmd"), 0));
	return path && path[0] == '/' ? msk_image_tree_resolve(i->tree, path) : NULL;
}

static void count_files(struct msk_inspection *i)
{
	MSK_AUTO_TREE_WALK w;
	const struct msk_node *n;

	for (msk_tree_walk_init(&w, i->tree); (n = msk_tree_next(&w));) {
		enum msk_origin_kind o = msk_origin_of(i, n);

		i->origins[n->at] = (unsigned char)o;
		if (n->type != MSK_TAR_FILE)
			continue;
		count(&i->total, n);
		count(&i->by_origin[o], n);
		count(&i->by_layer[n->layer - 1][o], n);
		note_largest(i, n);
	}
}

int msk_inspect(const struct msk_source_images *s, const struct msk_source_image *image, const struct msk_image_tree *tree,
		struct msk_inspection *out, struct msk_err *err)
{
	MSK_AUTO_INSPECTION i = { .image = image, .tree = tree };

	if (msk_record_read(image, &i.record, err) < 0)
		return msk_ctx(err, "%s", msk_source_name(s->source));
	i.origins = msk_xcalloc(tree->n + 1, sizeof *i.origins);
	i.by_layer = msk_xcalloc(image->n_layers, sizeof *i.by_layer);
	i.entrypoint = find_entrypoint(&i);
	count_files(&i);
	if (msk_inspect_contents(&i, s, err) < 0)
		return -1;
	*out = i;
	i = (struct msk_inspection){ 0 };
	return 0;
}
