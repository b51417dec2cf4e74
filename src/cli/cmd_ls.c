#include <string.h>

#include "image_arg.h"
#include "node_json.h"
#include "mkscratch/timestamp.h"

#define FLUSH (64u << 10)

/* What is listed, and how wide its columns are. */
struct listing {
	const struct msk_options *o;
	int owner_width, size_width, time_width;
	struct msk_str out;
	bool began;                            /* an entry was printed (for the commas of JSON) */
};

/* A hard link names a path of the image, which `docker import` and tar have as ./a: it is told as the path itself is. */
static const char *link_of(const struct msk_node *n)
{
	const char *link = n->link;

	while (link && n->type == MSK_TAR_HARDLINK && (link[0] == '/' || (link[0] == '.' && link[1] == '/')))
		link += link[0] == '/' ? 1 : 2;
	return link;
}

/* Of a device its numbers, as tar(1) has them. */
static void add_size(struct msk_str *out, const struct msk_node *n)
{
	if (msk_node_is_device(n))
		msk_str_addf(out, "%u,%u", n->dev_major, n->dev_minor);
	else
		msk_str_addf(out, "%llu", (unsigned long long)n->size);
}

static void add_owner(struct msk_str *out, const struct msk_node *n)
{
	msk_str_addf(out, "%u/%u", n->uid, n->gid);
}

/* "2024-05-01 10:00" */
static void add_time(struct msk_str *out, const struct msk_node *n)
{
	msk_time_add(out, n->mtime);
	out->len -= strlen(":00");
	out->buf[out->len] = '\0';
}

static void widen(int *width, void (*add_column)(struct msk_str *out, const struct msk_node *n), const struct msk_node *n)
{
	MSK_AUTO_STR text = MSK_STR_INIT;

	add_column(&text, n);
	if ((int)text.len > *width)
		*width = (int)text.len;
}

static void measure(struct listing *l, const struct msk_node *n)
{
	widen(&l->owner_width, add_owner, n);
	widen(&l->size_width, add_size, n);
	widen(&l->time_width, add_time, n);
}

/* "drwxr-sr-t", as ls(1) and tar(1) write it. */
static void add_mode(struct msk_str *out, const struct msk_node *n)
{
	static const char types[] = { [MSK_TAR_DIR] = 'd', [MSK_TAR_FILE] = '-', [MSK_TAR_SYMLINK] = 'l',
				      [MSK_TAR_HARDLINK] = 'h', [MSK_TAR_CHARDEV] = 'c', [MSK_TAR_BLOCKDEV] = 'b',
				      [MSK_TAR_FIFO] = 'p' };
	static const char special[] = "sst";

	msk_str_addc(out, types[n->type]);
	for (int i = 0; i < 3; i++) {
		uint32_t bits = n->mode >> (6 - 3 * i);
		bool is_special = n->mode & (04000u >> i);

		msk_str_addc(out, bits & 4 ? 'r' : '-');
		msk_str_addc(out, bits & 2 ? 'w' : '-');
		if (is_special)
			msk_str_addc(out, (char)(bits & 1 ? special[i] : special[i] - 'a' + 'A'));
		else
			msk_str_addc(out, bits & 1 ? 'x' : '-');
	}
}

static void add_text(struct listing *l, const struct msk_node *n)
{
	size_t length = strlen(n->path);
	MSK_AUTO_STR owner = MSK_STR_INIT, size = MSK_STR_INIT, time = MSK_STR_INIT;

	add_owner(&owner, n);
	add_size(&size, n);
	add_time(&time, n);
	add_mode(&l->out, n);
	msk_str_addf(&l->out, " %-*s %*s %*s ", l->owner_width, owner.buf, l->size_width, size.buf, l->time_width, time.buf);
	msk_str_add_shown(&l->out, n->path, length);
	if (n->type == MSK_TAR_DIR && n->path[length - 1] != '/')
		msk_str_addc(&l->out, '/');
	if (n->link) {
		msk_str_adds(&l->out, n->type == MSK_TAR_HARDLINK ? " link to " : " -> ");
		msk_str_add_shown(&l->out, n->link, strlen(n->link));
	}
	msk_str_addc(&l->out, '\n');
}

static void add_json(struct listing *l, const struct msk_node *n)
{
	MSK_AUTO_JSON *o = msk_node_json(n, n->type);

	msk_json_set_text(o, "path", n->path);
	msk_json_set_int(o, "layer", n->layer);
	msk_str_adds(&l->out, l->began ? ",\n " : "[");
	msk_json_dump_safe(o, &l->out);
}

static int flush(struct listing *l, size_t unless_below, struct msk_err *err)
{
	if (l->out.len < unless_below)
		return 0;
	if (msk_print_result(l->o, &l->out, err) < 0)
		return -1;
	l->out.len = 0;
	return 0;
}

static int add(struct listing *l, const struct msk_node *node, struct msk_err *err)
{
	struct msk_node n = *node;

	n.link = link_of(node);
	if (l->o->json)
		add_json(l, &n);
	else
		add_text(l, &n);
	l->began = true;
	return flush(l, FLUSH, err);
}

/* JSON is one array, also of nothing. */
static int end(struct listing *l, struct msk_err *err)
{
	if (l->o->json)
		msk_str_adds(&l->out, l->began ? "]\n" : "[]\n");
	return flush(l, 0, err);
}

/* `top`: only this and what is below it; NULL: all. */
static int list_tree(struct listing *l, const struct msk_image_tree *t, const struct msk_node *top, struct msk_err *err)
{
	MSK_AUTO_TREE_WALK w;
	const struct msk_node *n;

	msk_tree_walk_init(&w, t);
	for (n = top ? msk_tree_walk_to(&w, top->path) : msk_tree_next(&w);
	     n && (!top || msk_is_at_or_below(n->path, top->path)); n = msk_tree_next(&w)) {
		if (add(l, n, err) < 0)
			return -1;
	}
	return 0;
}

static int list_paths(struct listing *l, const struct image_arg *a, struct msk_err *err)
{
	for (size_t i = 1; i < l->o->args.n; i++) {
		MSK_AUTO_FREE struct msk_node *top = NULL;

		const char *path = l->o->args.v[i];

		/* "dir/" is the directory, though dir be a link to it. */
		if (!msk_image_arg_is_root(path) && msk_image_arg_find(a, path, msk_ends_with(path, "/"), &top, err) < 0)
			return -1;
		if (list_tree(l, &a->tree, top, err) < 0)
			return -1;
	}
	return l->o->args.n > 1 ? 0 : list_tree(l, &a->tree, NULL, err);
}

static void measure_tree(struct listing *l, const struct msk_image_tree *t)
{
	MSK_AUTO_TREE_WALK w;
	const struct msk_node *n;

	for (msk_tree_walk_init(&w, t); (n = msk_tree_next(&w));)
		measure(l, n);
}

static int measure_entry(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	const struct msk_node n = msk_node_of_entry(entry, entry->e->path);

	(void)err;
	measure(ctx, &n);
	return 0;
}

static int list_entry(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	const struct msk_node n = msk_node_of_entry(entry, entry->e->path);

	return add(ctx, &n, err);
}

static void add_heading(struct listing *l, const struct image_arg *a, size_t i)
{
	const struct msk_layer_sums *s = &a->sums[i];

	msk_str_addf(&l->out, "%slayer %zu: %s, ", i ? "\n" : "", i + 1, s->packed.text);
	msk_str_add_size(&l->out, s->packed_size);
	msk_str_adds(&l->out, ", ");
	msk_str_add_size(&l->out, s->plain_size);
	msk_str_adds(&l->out, " plain\n");
}

/* A layer may be larger than memory: it is read for its widths, then for its lines. */
static int list_layers(struct listing *l, const struct image_arg *a, struct msk_err *err)
{
	for (size_t i = 0; i < a->image->n_layers; i++) {
		l->owner_width = l->size_width = l->time_width = 0;
		if (!l->o->json)
			add_heading(l, a, i);
		if ((!l->o->json &&
		     msk_source_layer_visit(&a->images, a->image, i, measure_entry, l, NULL, err) < 0) ||
		    msk_source_layer_visit(&a->images, a->image, i, list_entry, l, NULL, err) < 0)
			return -1;
	}
	return 0;
}

int msk_cmd_ls(const struct msk_options *o, struct msk_err *err)
{
	MSK_AUTO_IMAGE_ARG a = { 0 };
	struct listing l = { .o = o };
	int rc;

	if (o->by_layer && o->args.n > 1)
		return msk_fail(err, MSK_E_USAGE, "ls: --layers lists whole layers, and takes no PATH");
	if (msk_image_arg_open(o, "ls", &a, err) < 0)
		return -1;
	if (!o->json)
		measure_tree(&l, &a.tree);
	rc = o->by_layer ? list_layers(&l, &a, err) : list_paths(&l, &a, err);
	if (rc == 0)
		rc = end(&l, err);
	msk_str_release(&l.out);
	return rc;
}
