#include <string.h>

#include "mkscratch/image.h"

static struct msk_json *blob_path(const struct msk_digest *d)
{
	MSK_AUTO_FREE char *path = msk_xasprintf("blobs/sha256/%s", d->text + strlen("sha256:"));

	return msk_json_string(path);
}

/* Names in full: short ones end up under localhost/ in one engine and docker.io/ in another. */
struct msk_json *msk_docker_manifest_json(const struct msk_product *p)
{
	const struct msk_image *img = &p->images[p->loaded];
	struct msk_json *list = msk_json_array(), *o = msk_json_object();
	struct msk_json *tags = msk_json_array(), *layers = msk_json_array();

	for (size_t i = 0; i < p->n_tags; i++)
		msk_json_push(tags, msk_json_string(p->tags[i].full));
	for (size_t i = 0; i < img->layers.n; i++)
		msk_json_push(layers, blob_path(&img->layers.v[i].blob.digest));
	msk_json_set(o, "Config", blob_path(&img->config.digest));
	msk_json_set(o, "RepoTags", tags);
	msk_json_set(o, "Layers", layers);
	msk_json_push(list, o);
	return list;
}
