#include "largest.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mkscratch/doctor.h"
#include "mkscratch/rootfs_walk.h"

/* A weighing under way. */
struct weighing {
	struct msk_weights *out;
	const struct msk_image_tree *earlier;  /* NULL: there is none */
	struct msk_tree_walk then;             /* of that */
};

static int compare(const struct msk_weight *a, const struct msk_weight *b)
{
	int c = (a->by < b->by) - (a->by > b->by);

	return c ? c : strcmp(a->path, b->path);
}

/* Those that are too many fall off the end. */
static void insert(struct msk_weights *w, struct msk_weight own)
{
	size_t at = w->n;

	while (at > 0 && compare(&w->v[at - 1], &own) > 0)
		at--;
	if (at == MSK_WEIGHTS) {
		free(own.path);
		return;
	}
	if (w->n == MSK_WEIGHTS)
		free(w->v[--w->n].path);
	memmove(w->v + at + 1, w->v + at, (w->n - at) * sizeof *w->v);
	w->v[at] = own;
	w->n++;
}

static void add(struct weighing *g, const char *path, uint64_t size, const struct msk_rootfs *fs)
{
	const struct msk_node *node = g->earlier ? msk_tree_walk_to(&g->then, path) : NULL;
	uint64_t was = node && node->type == MSK_TAR_FILE ? node->size : 0;

	if (size > was)
		insert(g->out, (struct msk_weight){ msk_xstrdup(path), size, was, size - was, !node, fs });
}

/* What an entry of the image has replaced is no part of it any more; what it leaves in its place is the base's. */
static void add_below(struct weighing *g, const struct msk_rootfs *fs, const struct msk_image_tree *below)
{
	MSK_AUTO_TREE_WALK walk;
	const struct msk_node *node;

	for (msk_tree_walk_init(&walk, below); (node = msk_tree_next(&walk));) {
		MSK_AUTO_FREE char *path = msk_xasprintf("/%s", node->path);

		if (node->type == MSK_TAR_FILE && node->size && !msk_rootfs_covers(fs, path))
			add(g, path, node->size, NULL);
	}
}

void msk_weigh(const struct msk_rootfs *fs, const struct msk_image_tree *below, const struct msk_image_tree *then,
	       struct msk_weights *out)
{
	struct weighing g = { .out = out, .earlier = then };
	MSK_AUTO_ROOTFS_WALK w;

	if (then)
		msk_tree_walk_init(&g.then, then);
	msk_rootfs_walk_init(&w, fs);
	for (const struct msk_entry *e; (e = msk_rootfs_next(&w));)
		if (e->type == MSK_FILE && e->body.size && !e->kept_below)
			add(&g, e->path, e->body.size, fs);
	if (below)
		add_below(&g, fs, below);
	msk_tree_walk_release(&g.then);
}

void msk_weights_release(struct msk_weights *w)
{
	for (size_t i = 0; i < w->n; i++)
		free(w->v[i].path);
	w->n = 0;
}

static void tell_strip(const struct msk_entry *e, struct msk_err *err)
{
	MSK_CLEANUP(msk_diagnosis_release) struct msk_diagnosis d = { 0 };
	struct msk_rofile f = { .fd = -1, .mode = S_IFREG | e->mode, .size = e->body.size };
	struct msk_doctor_args args = { .file = &f, .name = e->path };
	struct msk_err ignored = MSK_ERR_INIT;
	MSK_AUTO_STR saved = MSK_STR_INIT;

	if (!e->body.host_path || msk_content_open(&e->body, &f.fd, &ignored) < 0)
		return;
	if (msk_doctor_examine(&args, &d, &ignored) == 0 && msk_strip_advice(&d)) {
		msk_str_add_size(&saved, d.debug_bytes + d.symbol_bytes);
		msk_detail(err, "  %s would be %s less when stripped: %s", e->path, saved.buf, msk_strip_advice(&d));
	}
	close(f.fd);
}

void msk_tell_strip(const struct msk_weight *w, struct msk_err *err)
{
	if (w->fs)
		tell_strip(msk_rootfs_find(w->fs, w->path), err);
}
