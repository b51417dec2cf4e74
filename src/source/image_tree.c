#include <string.h>

#include "mkscratch/image_tree.h"
#include "mkscratch/path.h"
#include "mkscratch/rotree.h"

void msk_image_tree_release(struct msk_image_tree *t)
{
	msk_arena_release(&t->names);
	free(t->v);
	*t = (struct msk_image_tree){ 0 };
}

char *msk_layer_path(const char *path)
{
	MSK_AUTO_STR out = MSK_STR_INIT;

	for (const char *part = path; *part;) {
		size_t n = strcspn(part, "/");

		if (n == 2 && memcmp(part, "..", 2) == 0)
			return NULL;
		if (n && !(n == 1 && part[0] == '.')) {
			if (out.len)
				msk_str_addc(&out, '/');
			msk_str_add(&out, part, n);
		}
		part += n + (part[n] == '/');
	}
	return out.len > MSK_MAX_PATH ? NULL : msk_str_take(&out);
}

static int fail_path(const char *path, unsigned layer, struct msk_err *err)
{
	MSK_AUTO_STR name = MSK_STR_INIT;

	msk_str_add_escaped(&name, path, strnlen(path, 200));
	return msk_fail(err, MSK_E_INPUT, "layer %u: entry \"%s\" leaves the image", layer, msk_str_c(&name));
}

int msk_image_tree_add(struct msk_image_tree *t, const struct msk_layer_entry *entry, struct msk_err *err)
{
	const struct msk_tar_entry *e = entry->e;
	MSK_AUTO_FREE char *path = msk_layer_path(e->path);

	if (!path)
		return fail_path(e->path, entry->layer, err);
	if (!*path)
		return 0;
	t->name_bytes += strlen(path) + (e->link ? strlen(e->link) : 0);
	if (t->n == MSK_MAX_ENTRIES || t->name_bytes > MSK_MAX_NAME_BYTES)
		return msk_fail(err, MSK_E_INPUT, "layer %u: more than %d entries, or their names are longer than %u bytes",
				entry->layer, MSK_MAX_ENTRIES, MSK_MAX_NAME_BYTES);
	MSK_GROW(t->v, t->n, t->cap);
	t->v[t->n++] = (struct msk_node){
		.path = msk_arena_text(&t->names, path, strlen(path)),
		.link = e->link ? msk_arena_text(&t->names, e->link, strlen(e->link)) : NULL,
		.type = (uint8_t)e->type,
		.caps = e->caps && !e->bad_caps,
		.mode = (uint16_t)(e->mode & 07777),
		.uid = e->uid,
		.gid = e->gid,
		.size = e->size,
		.mtime = e->mtime,
		.layer = (uint16_t)entry->layer,
		.nth = entry->nth,
		.data_layer = e->type == MSK_TAR_FILE ? (uint16_t)entry->layer : 0,
		.data_nth = e->type == MSK_TAR_FILE ? entry->nth : 0,
	};
	return 0;
}

/* As bytes, but that '/' comes before all others: a directory, what is below it, then the next. */
static int compare_paths(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	if (*a == '/' || *b == '/')
		return *a == '/' ? *b ? -1 : 1 : *a ? 1 : -1;
	return (unsigned char)*a - (unsigned char)*b;
}

/* By path; of one path the latest first. */
static int compare_nodes(const void *pa, const void *pb)
{
	const struct msk_node *a = pa, *b = pb;
	int c = compare_paths(a->path, b->path);

	if (c)
		return c;
	if (a->layer != b->layer)
		return a->layer < b->layer ? 1 : -1;
	return a->nth < b->nth ? 1 : -1;
}

/* The first of those at `path`; t->n when there is none. */
static size_t first_at(const struct msk_image_tree *t, const char *path)
{
	size_t from = 0, to = t->n;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (compare_paths(t->v[mid].path, path) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

/* What a hard link names is the latest of that path before it, of its own layer or one below. */
static const struct msk_node *named_by(const struct msk_image_tree *t, const struct msk_node *link)
{
	MSK_AUTO_FREE char *path = msk_layer_path(link->link);

	for (size_t i = path ? first_at(t, path) : t->n; i < t->n && strcmp(t->v[i].path, path) == 0; i++) {
		const struct msk_node *n = &t->v[i];

		if (n->layer < link->layer || (n->layer == link->layer && n->nth < link->nth))
			return n;
	}
	return NULL;
}

static void find_data(const struct msk_image_tree *t, struct msk_node *link)
{
	const struct msk_node *n = link;

	for (int hops = 0; n && n->type == MSK_TAR_HARDLINK && hops < MSK_MAX_LINKS; hops++)
		n = named_by(t, n);
	if (!n || n->type != MSK_TAR_FILE)
		return;
	link->data_layer = n->layer;
	link->data_nth = n->nth;
	link->caps = n->caps;
}

/* What a layer takes away of the layers below it: a path with all below it, or only what is below it. */
struct removal {
	char *path;
	uint32_t at, below;        /* layers before this one */
};

struct removals {
	struct removal *v;
	size_t n, cap;
};

static void removals_release(struct removals *r)
{
	for (size_t i = 0; i < r->n; i++)
		free(r->v[i].path);
	free(r->v);
}

static void add_removal(struct removals *r, struct removal own)
{
	MSK_GROW(r->v, r->n, r->cap);
	r->v[r->n++] = own;
}

static int compare_removals(const void *a, const void *b)
{
	return compare_paths(((const struct removal *)a)->path, ((const struct removal *)b)->path);
}

static bool is_whiteout(const struct msk_node *n)
{
	const char *slash = strrchr(n->path, '/');

	return msk_starts_with(slash ? slash + 1 : n->path, ".wh.");
}

/* image-spec "whiteouts": .wh.NAME deletes NAME of the layers below, .wh..wh..opq everything in its directory. */
static void read_whiteout(const struct msk_node *n, struct removals *out)
{
	const char *slash = strrchr(n->path, '/'), *base = slash ? slash + 1 : n->path;
	int dir = (int)(base - n->path);

	if (strcmp(base, ".wh..wh..opq") == 0)
		add_removal(out, (struct removal){ msk_xstrndup(n->path, dir ? (size_t)dir - 1 : 0), 0, n->layer });
	else
		add_removal(out, (struct removal){ msk_xasprintf("%.*s%s", dir, n->path, base + 4), n->layer, n->layer });
}

static bool is_at_or_below(const char *path, const char *top)
{
	size_t n = strlen(top);

	return n == 0 || (strncmp(path, top, n) == 0 && (path[n] == '/' || path[n] == '\0'));
}

/* A walk over the sorted nodes: the removals of the directories it is in, outermost first; each counts for what is above it
 * too. Their paths are borrowed. */
struct sweep {
	const struct removals *all;
	size_t next;
	struct removals open;
};

static void enter(struct sweep *s, const struct removal *r)
{
	const struct removal *top = s->open.n ? &s->open.v[s->open.n - 1] : NULL;
	struct removal sum = *r;

	if (top && strcmp(top->path, r->path) == 0) {
		sum.at = sum.at > top->at ? sum.at : top->at;
		sum.below = sum.below > top->below ? sum.below : top->below;
		s->open.v[s->open.n - 1] = sum;
		return;
	}
	sum.at = top && top->below > sum.at ? top->below : sum.at;
	sum.below = top && top->below > sum.below ? top->below : sum.below;
	add_removal(&s->open, sum);
}

/* Layers before this one are gone from `path`. */
static uint32_t move_to(struct sweep *s, const char *path)
{
	const struct removal *top;

	while (s->next < s->all->n && compare_paths(s->all->v[s->next].path, path) <= 0) {
		const struct removal *r = &s->all->v[s->next++];

		while (s->open.n && !is_at_or_below(r->path, s->open.v[s->open.n - 1].path))
			s->open.n--;
		enter(s, r);
	}
	while (s->open.n && !is_at_or_below(path, s->open.v[s->open.n - 1].path))
		s->open.n--;
	top = s->open.n ? &s->open.v[s->open.n - 1] : NULL;
	return !top ? 0 : strcmp(top->path, path) == 0 ? top->at : top->below;
}

/* What is no directory has nothing below it, whatever the layers before it had. */
static void collect_removals(const struct msk_image_tree *t, struct removals *out)
{
	for (size_t i = 0; i < t->n; i++)
		if (is_whiteout(&t->v[i]))
			read_whiteout(&t->v[i], out);
		else if (t->v[i].type != MSK_TAR_DIR && t->v[i].layer > 1)
			add_removal(out, (struct removal){ msk_xstrdup(t->v[i].path), 0, t->v[i].layer });
	if (out->n > 1)
		qsort(out->v, out->n, sizeof *out->v, compare_removals);
}

static void keep_what_counts(struct msk_image_tree *t, struct sweep *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct msk_node *n = &t->v[i];
		bool replaced = kept && strcmp(t->v[kept - 1].path, n->path) == 0;

		if (!replaced && !is_whiteout(n) && n->layer >= move_to(s, n->path))
			t->v[kept++] = *n;
	}
	t->n = kept;
}

/* How much of `path` is the path of a directory that `before`, too, is or lies in. */
static size_t common_directory(const char *before, const char *path)
{
	size_t n = 0, common = 0;

	while (before[n] && before[n] == path[n])
		if (path[n++] == '/')
			common = n;
	return before[n] == '\0' && path[n] == '/' ? n + 1 : common;
}

/* How many directories between the node before `i` and `i` have no entry: a directory stands right before what is in it.
 * *from is the length of the path up to them, *bytes grows by what their names take. */
static size_t count_implied(const struct msk_image_tree *t, size_t i, size_t *from, size_t *bytes)
{
	const char *path = t->v[i].path;
	size_t n = 0;

	*from = i ? common_directory(t->v[i - 1].path, path) : 0;
	for (const char *slash = path + *from; (slash = strchr(slash, '/')); slash++) {
		*bytes += (size_t)(slash - path) + 1;
		n++;
	}
	return n;
}

static struct msk_node implied(struct msk_image_tree *t, const struct msk_node *below, size_t length)
{
	return (struct msk_node){ .path = msk_arena_text(&t->names, below->path, length), .type = MSK_TAR_DIR, .mode = 0755,
				  .layer = below->layer, .nth = MSK_IMPLIED };
}

/* In place, from the end: a second array would take as much room as the first. What no image has, directories without end
 * that have no entries, is left out beyond as many as there may be entries. */
static void add_implied(struct msk_image_tree *t)
{
	size_t sum = 0, from, to, bytes = t->name_bytes;

	for (size_t i = 0; i < t->n; i++)
		sum += count_implied(t, i, &from, &bytes);
	if (sum == 0 || sum > MSK_MAX_ENTRIES || bytes > MSK_MAX_NAME_BYTES)
		return;
	t->v = msk_xrealloc(t->v, t->n + sum, sizeof *t->v);
	t->cap = t->n + sum;
	to = t->cap;
	for (size_t i = t->n; i-- > 0 && to > i + 1;) {
		const struct msk_node below = t->v[i];
		size_t n = count_implied(t, i, &from, &bytes), at = to - 1 - n;

		t->v[to - 1] = below;
		for (const char *slash = below.path + from; (slash = strchr(slash, '/')); slash++)
			t->v[at++] = implied(t, &below, (size_t)(slash - below.path));
		to -= n + 1;
	}
	t->n = t->cap;
}

void msk_image_tree_settle(struct msk_image_tree *t)
{
	MSK_CLEANUP(removals_release) struct removals all = { 0 };
	struct sweep s = { .all = &all };

	collect_removals(t, &all);
	if (t->n > 1)
		qsort(t->v, t->n, sizeof *t->v, compare_nodes);
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].type == MSK_TAR_HARDLINK)
			find_data(t, &t->v[i]);
	keep_what_counts(t, &s);
	free(s.open.v);
	add_implied(t);
}

static int path_vs_node(const void *key, const void *n)
{
	return compare_paths(key, ((const struct msk_node *)n)->path);
}

const struct msk_node *msk_image_tree_find(const struct msk_image_tree *t, const char *path)
{
	while (*path == '/')
		path++;
	return t->n ? bsearch(path, t->v, t->n, sizeof *t->v, path_vs_node) : NULL;
}

static enum msk_node_kind look(void *ctx, const char *path, const char **text)
{
	const struct msk_node *n = msk_image_tree_find(ctx, path);

	if (!n)
		return MSK_NODE_NONE;
	if (n->type == MSK_TAR_SYMLINK)
		*text = n->link;
	return n->type == MSK_TAR_SYMLINK ? MSK_NODE_LINK : n->type == MSK_TAR_DIR ? MSK_NODE_DIR : MSK_NODE_OTHER;
}

static char *follow(const struct msk_image_tree *t, const char *path)
{
	const struct msk_path_tree tree = { .look = look, .ctx = (void *)t };
	char *final = NULL;

	return msk_path_resolve(&tree, path, MSK_MAX_LINKS, &final) == MSK_RESOLVED ? final : NULL;
}

const struct msk_node *msk_image_tree_resolve(const struct msk_image_tree *t, const char *path)
{
	MSK_AUTO_FREE char *final = follow(t, path);

	return final ? msk_image_tree_find(t, final) : NULL;
}

char *msk_image_tree_locate(const struct msk_image_tree *t, const char *path)
{
	MSK_AUTO_FREE char *plain = msk_path_normalise(path), *dir = msk_path_dir(plain), *base = msk_path_base(plain);
	MSK_AUTO_FREE char *final = follow(t, dir), *at = NULL;

	if (!final || strcmp(plain, "/") == 0)
		return NULL;
	at = msk_xasprintf("%s/%s", strcmp(final, "/") == 0 ? "" : final, base);
	return msk_image_tree_find(t, at) ? msk_take(&at) : NULL;
}
