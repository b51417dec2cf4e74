#include <string.h>

#include "mkscratch/image_tree.h"
#include "mkscratch/path.h"
#include "mkscratch/rotree.h"
#include "tree_record.h"

void msk_image_tree_release(struct msk_image_tree *t)
{
	msk_table_release(&t->table);
	free(t->first_moved);
	free(t->first_bent);
	free(t->first_lost);
	*t = (struct msk_image_tree){ 0 };
}

static bool is_above(const char *part, size_t n)
{
	return n == 2 && memcmp(part, "..", 2) == 0;
}

char *msk_layer_path(const char *path)
{
	MSK_AUTO_STR out = MSK_STR_INIT;

	for (const char *part = path; *part;) {
		size_t n = strcspn(part, "/");

		if (is_above(part, n))
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

const char *msk_layer_path_fault(const char *path)
{
	for (const char *part = path; *part;) {
		size_t n = strcspn(part, "/");

		if (is_above(part, n))
			return "goes through \"..\"";
		part += n + (part[n] == '/');
	}
	return "is a path of more than the 4095 bytes that Linux takes";
}

bool msk_is_at_or_below(const char *path, const char *dir)
{
	size_t n = strlen(dir);

	return n == 0 || (strncmp(path, dir, n) == 0 && (path[n] == '/' || path[n] == '\0'));
}

struct msk_node msk_node_of_entry(const struct msk_layer_entry *entry, const char *path)
{
	const struct msk_tar_entry *e = entry->e;

	return (struct msk_node){
		.path = path,
		.link = e->link,
		.xattrs = e->xattrs,
		.type = (uint8_t)e->type,
		.caps = e->caps && !e->bad_caps,
		.mode = (uint16_t)(e->mode & 07777),
		.uid = e->uid,
		.gid = e->gid,
		.size = e->size,
		.mtime = e->mtime,
		.dev_major = e->dev_major,
		.dev_minor = e->dev_minor,
		.layer = (uint16_t)entry->layer,
		.nth = entry->nth,
		.data_layer = e->type == MSK_TAR_FILE ? (uint16_t)entry->layer : 0,
		.data_nth = e->type == MSK_TAR_FILE ? entry->nth : 0,
	};
}

/* A record under way. */
struct adding {
	struct msk_image_tree *t;
	struct msk_str key, value;
};

static void adding_release(struct adding *a)
{
	msk_str_release(&a->key);
	msk_str_release(&a->value);
}

static int add_record(struct adding *a, const char *path, struct msk_err *err)
{
	msk_tree_key(&a->key, path);
	return msk_table_add(&a->t->table, msk_str_c(&a->key), a->key.len, a->value.buf, a->value.len, err);
}

bool msk_is_aufs_own(const char *path)
{
	return msk_starts_with(path, ".wh..wh.") && strcmp(path, ".wh..wh..opq") != 0;
}

/* image-spec "whiteouts": .wh.NAME deletes NAME of the layers below, .wh..wh..opq everything in its directory. */
char *msk_whiteout_path(const char *path, bool *is_opaque)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	int dir = (int)(base - path);

	if (!msk_starts_with(base, ".wh.") || msk_is_aufs_own(path))
		return NULL;
	*is_opaque = strcmp(base, ".wh..wh..opq") == 0;
	return *is_opaque ? msk_xstrndup(path, dir ? (size_t)dir - 1 : 0) :
			    msk_xasprintf("%.*s%s", dir, path, base + strlen(".wh."));
}

static int add_removal(struct adding *a, const struct msk_node *n, struct msk_err *err)
{
	bool is_opaque = false;
	MSK_AUTO_FREE char *path = msk_whiteout_path(n->path, &is_opaque);

	if (!path)
		return 0;
	msk_record_put_removal(&a->value, &(struct msk_removal){ is_opaque ? 0 : n->layer, n->layer });
	return add_record(a, path, err);
}

/* No file of the image, but a name for hard links. */
static bool is_whiteout(const struct msk_node *n)
{
	const char *slash = strrchr(n->path, '/');

	return msk_starts_with(slash ? slash + 1 : n->path, ".wh.") || msk_is_aufs_own(n->path);
}

/* Before the link itself, which does not name itself. */
static int ask(struct adding *a, const struct msk_node *link, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = msk_layer_path(link->link);

	a->t->links = true;
	msk_record_put_asked(&a->value, &(struct msk_place){ link->layer, link->nth });
	return path ? add_record(a, path, err) : 0;
}

static int add_all(struct adding *a, const struct msk_node *n, struct msk_err *err)
{
	bool whiteout = is_whiteout(n);

	if (n->type == MSK_TAR_HARDLINK && ask(a, n, err) < 0)
		return -1;
	msk_record_put_node(&a->value, whiteout ? MSK_RECORD_WHITEOUT : MSK_RECORD_NODE, n);
	if (add_record(a, n->path, err) < 0)
		return -1;
	return whiteout ? add_removal(a, n, err) : 0;
}

int msk_image_tree_add_node(struct msk_image_tree *t, const struct msk_node *n, struct msk_err *err)
{
	MSK_CLEANUP(adding_release) struct adding a = { .t = t };

	t->name_bytes += strlen(n->path) + (n->link ? strlen(n->link) : 0) + (n->xattrs ? strlen(n->xattrs) : 0);
	if (t->n == MSK_MAX_IMAGE_ENTRIES || t->name_bytes > MSK_MAX_NAME_BYTES)
		return msk_fail(err, MSK_E_INPUT, "layer %u: more than %d entries, or their names and extended attributes are "
				"longer than %u bytes", n->layer, MSK_MAX_IMAGE_ENTRIES, MSK_MAX_NAME_BYTES);
	t->n++;
	t->symlinks |= n->type == MSK_TAR_SYMLINK;
	return add_all(&a, n, err);
}

int msk_image_tree_add(struct msk_image_tree *t, const struct msk_layer_entry *entry, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = msk_layer_path(entry->e->path);
	struct msk_node n;

	if (!path)
		return msk_fail(err, MSK_E_INPUT, "layer %u: entry \"%.200s\" %s", entry->layer, entry->e->path,
				msk_layer_path_fault(entry->e->path));
	n = msk_node_of_entry(entry, path);
	if (!*path) {
		if (n.type == MSK_TAR_DIR)
			t->root = (struct msk_tree_root){ true, n.mode, n.uid, n.gid };
		return 0;
	}
	return msk_image_tree_add_node(t, &n, err);
}

int msk_image_tree_seal(struct msk_image_tree *t, struct msk_err *err)
{
	return msk_table_seal(&t->table, err);
}

void msk_tree_walk_init(struct msk_tree_walk *w, const struct msk_image_tree *t)
{
	*w = (struct msk_tree_walk){ .path = MSK_STR_INIT };
	msk_table_walk_init(&w->records, &t->table);
}

void msk_tree_walk_release(struct msk_tree_walk *w)
{
	msk_table_walk_release(&w->records);
	msk_str_release(&w->path);
	msk_str_release(&w->texts);
	msk_str_release(&w->key);
}

static const struct msk_node *show(struct msk_tree_walk *w)
{
	msk_record_node(w->records.value, &w->texts, &w->node);
	msk_tree_path(&w->path, w->records.key, w->records.n_key);
	w->node.path = msk_str_c(&w->path);
	w->node.at = w->records.number;
	return &w->node;
}

const struct msk_node *msk_tree_next(struct msk_tree_walk *w)
{
	while (msk_table_next(&w->records)) {
		enum msk_record_kind kind = msk_record_kind(w->records.value);

		if (kind == MSK_RECORD_NODE || kind == MSK_RECORD_WHITEOUT)
			return show(w);
	}
	return NULL;
}

const struct msk_node *msk_tree_walk_to(struct msk_tree_walk *w, const char *path)
{
	while (*path == '/')
		path++;
	msk_tree_key(&w->key, path);
	return msk_table_find(&w->records, msk_str_c(&w->key), w->key.len) ? show(w) : NULL;
}

static size_t room(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

/* NULL stays NULL. */
static const char *put(char **at, const char *text)
{
	size_t n = room(text);
	char *copy = *at;

	if (!text)
		return NULL;
	memcpy(copy, text, n);
	*at += n;
	return copy;
}

struct msk_node *msk_node_copy(const struct msk_node *n)
{
	struct msk_node *copy = msk_xmalloc(sizeof *copy + room(n->path) + room(n->link) + room(n->xattrs));
	char *at = (char *)(copy + 1);

	*copy = *n;
	copy->path = put(&at, n->path);
	copy->link = put(&at, n->link);
	copy->xattrs = put(&at, n->xattrs);
	return copy;
}

struct msk_node *msk_image_tree_find(const struct msk_image_tree *t, const char *path)
{
	MSK_AUTO_TREE_WALK w;
	const struct msk_node *n;

	msk_tree_walk_init(&w, t);
	n = msk_tree_walk_to(&w, path);
	return n ? msk_node_copy(n) : NULL;
}

/* A way through the tree: what the last look has found lives until the next. */
struct look_up {
	const struct msk_image_tree *t;
	struct msk_node *found;
};

static enum msk_node_kind look(void *ctx, const char *path, const char **text)
{
	struct look_up *l = ctx;

	free(l->found);
	l->found = msk_image_tree_find(l->t, path);
	if (!l->found)
		return MSK_NODE_NONE;
	if (l->found->type == MSK_TAR_SYMLINK)
		*text = l->found->link;
	return l->found->type == MSK_TAR_SYMLINK ? MSK_NODE_LINK :
	       l->found->type == MSK_TAR_DIR     ? MSK_NODE_DIR :
						   MSK_NODE_OTHER;
}

static char *follow(const struct msk_image_tree *t, const char *path)
{
	struct look_up l = { t, NULL };
	const struct msk_path_tree tree = { .look = look, .ctx = &l };
	char *final = NULL;
	bool resolved = msk_path_resolve(&tree, path, MSK_MAX_LINKS, &final) == MSK_RESOLVED;

	free(l.found);
	return resolved ? final : NULL;
}

struct msk_node *msk_image_tree_resolve(const struct msk_image_tree *t, const char *path)
{
	MSK_AUTO_FREE char *final = follow(t, path);

	return final ? msk_image_tree_find(t, final) : NULL;
}

char *msk_image_tree_locate(const struct msk_image_tree *t, const char *path)
{
	MSK_AUTO_FREE char *plain = msk_path_normalise(path), *dir = msk_path_dir(plain), *base = msk_path_base(plain);
	MSK_AUTO_FREE char *final = follow(t, dir), *at = NULL;
	MSK_AUTO_FREE struct msk_node *there = NULL;

	if (!final || strcmp(plain, "/") == 0)
		return NULL;
	at = msk_xasprintf("%s/%s", strcmp(final, "/") == 0 ? "" : final, base);
	there = msk_image_tree_find(t, at);
	return there ? msk_take(&at) : NULL;
}

void msk_image_tree_list(const struct msk_image_tree *t, const char *dir, struct msk_strv *names)
{
	MSK_AUTO_TREE_WALK w;
	size_t n = strlen(dir);
	const struct msk_node *node;

	msk_tree_walk_init(&w, t);
	node = n ? msk_tree_walk_to(&w, dir) : NULL;
	if (n && !node)
		return;
	while ((node = msk_tree_next(&w)) && msk_is_at_or_below(node->path, dir)) {
		const char *name = node->path + n + (n ? 1 : 0);

		if (!strchr(name, '/'))
			msk_strv_push(names, name);
	}
}
