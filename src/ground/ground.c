#include "ground.h"

#include <string.h>
#include <unistd.h>

#include "mkscratch/fs.h"

#define MAX_TABLE_BYTES (1u << 20)

static enum msk_entry_type type_of(const struct msk_node *n)
{
	return n->type == MSK_TAR_DIR ? MSK_DIR : n->type == MSK_TAR_SYMLINK ? MSK_SYMLINK : MSK_FILE;
}

uint64_t msk_ground_file_id(uint32_t layer, uint32_t nth)
{
	return (uint64_t)layer << 32 | nth;
}

static bool look(struct msk_below *b, const char *path, struct msk_below_node *out)
{
	struct msk_ground *g = (struct msk_ground *)b;
	struct msk_node *n = msk_image_tree_find(&g->tree, path);

	free(g->looked_at);
	g->looked_at = n;
	if (!n)
		return false;
	*out = (struct msk_below_node){ .type = type_of(n), .mode = n->mode & 07777, .uid = n->uid, .gid = n->gid,
					.id = msk_ground_file_id(n->data_layer, n->data_nth), .link = n->link };
	if (!n->data_layer)
		out->id = n->at + 1;
	return true;
}

static int open_path(struct msk_below *b, const char *path, int *out_fd, struct msk_err *err)
{
	struct msk_ground *g = (struct msk_ground *)b;
	MSK_AUTO_FREE struct msk_node *n = msk_image_tree_find(&g->tree, path);

	return msk_stash_open(&g->stash, n, out_fd, NULL, err);
}

static void list(struct msk_below *b, const char *path, struct msk_strv *names)
{
	const struct msk_ground *g = (const struct msk_ground *)b;

	msk_image_tree_list(&g->tree, path + 1, names);
}

/* A table of the image, links on the way followed; "" when there is none. */
static int read_table(struct msk_ground *g, const char *path, struct msk_str *out, struct msk_err *err)
{
	MSK_AUTO_FREE struct msk_node *n = msk_image_tree_resolve(&g->tree, path);
	MSK_AUTO_FD int fd = -1;

	if (!n || !n->data_layer)
		return 0;
	if (msk_source_data_file(g->images, g->image, n, &fd, NULL, err) < 0)
		return -1;
	return msk_read_all(fd, MAX_TABLE_BYTES, out, path, err);
}

static int read_ground(struct msk_ground *g, struct msk_err *err)
{
	const struct msk_source_image *image = g->image;

	g->sums = msk_xcalloc(image->n_layers, sizeof *g->sums);
	if (msk_source_image_tree(g->images, image, &g->tree, g->sums, err) < 0 ||
	    read_table(g, "/etc/passwd", &g->passwd, err) < 0 || read_table(g, "/etc/group", &g->group, err) < 0)
		return -1;
	g->facts = (struct msk_base_facts){
		.config = image->config.json,
		.passwd = msk_str_c(&g->passwd),
		.group = msk_str_c(&g->group),
		.name = image->tags.n && strchr(image->tags.v[0], '/') ? image->tags.v[0] : NULL,
		.digest = image->manifest.json ? image->manifest.digest.text : NULL,
	};
	return 0;
}

int msk_ground_new(const struct msk_source_images *s, const struct msk_platform *pf, struct msk_ground **out,
		   struct msk_err *err)
{
	MSK_CLEANUP(msk_ground_cleanup) struct msk_ground *g = msk_xcalloc(1, sizeof *g);

	g->below = (struct msk_below){ look, open_path, list };
	g->images = s;
	if (msk_source_images_pick_like(s, pf, &g->image, err) < 0 || read_ground(g, err) < 0)
		return msk_ctx_read(err, "--base");
	msk_stash_init(&g->stash, s, g->image);
	*out = msk_take(&g);
	return 0;
}

void msk_ground_free(struct msk_ground *g)
{
	if (!g)
		return;
	msk_image_tree_release(&g->tree);
	free(g->looked_at);
	msk_str_release(&g->passwd);
	msk_str_release(&g->group);
	msk_stash_release(&g->stash);
	free(g->sums);
	free(g);
}

void msk_ground_cleanup(struct msk_ground **g)
{
	msk_ground_free(*g);
}

const struct msk_base_facts *msk_ground_facts(const struct msk_ground *g)
{
	return &g->facts;
}

const struct msk_platform *msk_ground_platform(const struct msk_ground *g)
{
	return &g->image->platform;
}

const char *msk_ground_id(const struct msk_ground *g)
{
	return g->image->config.digest.text;
}

const struct msk_source_document *msk_ground_document(const struct msk_ground *g)
{
	return g->image->manifest.json ? &g->image->manifest : &g->image->config;
}

const struct msk_image_tree *msk_ground_tree(const struct msk_ground *g)
{
	return &g->tree;
}

size_t msk_ground_layers(const struct msk_ground *g)
{
	return g->image->n_layers;
}

struct msk_below *msk_ground_below(struct msk_ground *g)
{
	return &g->below;
}
