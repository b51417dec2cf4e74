/* What the entries of a set are to those of the file system below. */
#include <string.h>

#include "entry.h"
#include "mkscratch/path.h"

/* A link that leads to a directory of libraries, where below there is a real directory: what it would have led to gets
 * links of its own there, also in the places of files: whoever brings a library that the base has means it. */
static void spread_link(struct msk_rootfs *fs, const struct msk_entry *link)
{
	MSK_AUTO_FREE char *dir = msk_xstrndup(link->path, (size_t)(strrchr(link->path, '/') - link->path));
	MSK_AUTO_STR target = MSK_STR_INIT;
	size_t known = fs->n;

	if (link->link[0] != '/')
		msk_str_adds(&target, dir);
	msk_path_append(&target, link->link);
	for (size_t i = 0; i < known; i++) {
		const struct msk_entry *e = &fs->v[i];
		MSK_AUTO_FREE char *path = NULL;
		struct msk_below_node n;

		if (e->type == MSK_DIR || strncmp(e->path, target.buf, target.len) != 0 || e->path[target.len] != '/')
			continue;
		path = msk_xasprintf("%s%s", link->path, e->path + target.len);
		if (fs->below->look(fs->below, path, &n) && n.type == MSK_DIR)
			continue;
		MSK_GROW(fs->v, fs->n, fs->cap);
		e = &fs->v[i];
		fs->v[fs->n++] = (struct msk_entry){
			.path = msk_rootfs_text(fs, path),
			.type = MSK_SYMLINK,
			.link = e->path,
			.mode = 0777,
			.stratum = e->stratum,
			.yields = true,
			.body.fd = -1,
			.origin = e->origin,
		};
	}
}

static size_t count_below(struct msk_below *b, const char *dir)
{
	MSK_AUTO_STRV names = MSK_STRV_INIT;
	size_t n;

	b->list(b, dir, &names);
	n = names.n;
	for (size_t i = 0; i < names.n; i++) {
		MSK_AUTO_FREE char *path = msk_xasprintf("%s/%s", strcmp(dir, "/") == 0 ? "" : dir, names.v[i]);
		struct msk_below_node node;

		if (b->look(b, path, &node) && node.type == MSK_DIR)
			n += count_below(b, path);
	}
	return n;
}

static int hint_into(const struct msk_entry *e, struct msk_err *err)
{
	bool has_dest = msk_starts_with(e->origin.what, "--bin ") || msk_starts_with(e->origin.what, "--file ");
	MSK_AUTO_FREE char *name = has_dest && e->body.host_path ? msk_path_base(e->body.host_path) : NULL;

	if (name)
		return msk_hint(err, "DEST %s/, with the slash, puts it into the directory, as %s/%s", e->path, e->path, name);
	return msk_hint(err, "choose another path: a directory of a base stays one");
}

/* A layer can only delete such a directory with all that is in it, and nobody has asked for that. */
static int refuse_over_dir(const struct msk_entry *e, size_t n, struct msk_err *err)
{
	msk_fail(err, MSK_E_USAGE, "%s: given by %s, but the base image has a directory there", e->path,
		 msk_what_told(e->origin.what));
	if (n)
		msk_more(err, " (%zu %s would vanish)", n, msk_plural(n, "entry", "entries"));
	else
		msk_more(err, " (an empty one)");
	return hint_into(e, err);
}

/* What is found by way of the link would be found no more. */
static int refuse_over_link(struct msk_below *b, const struct msk_entry *e, const char *dir, struct msk_err *err)
{
	size_t n = count_below(b, dir);

	msk_fail(err, MSK_E_USAGE, "%s: given by %s, but the base image has a link to the directory %s there (%zu %s)", e->path,
		 msk_what_told(e->origin.what), dir, n, msk_plural(n, "entry", "entries"));
	if (e->type == MSK_SYMLINK)
		return msk_hint(err, "a link there has to lead to a directory, too, and there is none at %s", e->link);
	return hint_into(e, err);
}

static int refuse_over_file(const struct msk_entry *e, struct msk_err *err)
{
	msk_fail(err, MSK_E_USAGE, "%s: a directory, given by %s, but the base image has a file there", e->path,
		 msk_what_told(e->origin.what));
	return msk_hint(err, "choose another path: a file of a base is replaced by a file alone");
}

/* Of what is no directory, over a directory below. Nothing is lost where a link takes the place of an empty one. */
static int settle_over_dir(struct msk_rootfs *fs, struct msk_entry *e, bool *wanted, struct msk_err *err)
{
	size_t n;

	if (e->type == MSK_SYMLINK && e->yields) {
		struct msk_entry link = { .path = e->path, .link = e->link };

		spread_link(fs, &link);
		*wanted = false;
		return 0;
	}
	n = count_below(fs->below, e->path);
	if (n || e->type == MSK_FILE)
		return refuse_over_dir(e, n, err);
	e->replaces = true;
	return 0;
}

/* Of the whole: ours, of which a parent may not have been added yet, over what lies below. */
static enum msk_node_kind look_at_whole(void *ctx, const char *path, const char **text)
{
	static const enum msk_node_kind kinds[] = {
		[MSK_DIR] = MSK_NODE_DIR, [MSK_FILE] = MSK_NODE_OTHER, [MSK_SYMLINK] = MSK_NODE_LINK,
	};
	const struct msk_rootfs *fs = ctx;
	const struct msk_entry *e = msk_entries_find(fs, path);
	MSK_AUTO_FREE char *inside = msk_xasprintf("%s/", path);
	struct msk_below_node n;
	size_t i;

	if (e) {
		*text = e->link;
		return kinds[e->type];
	}
	i = msk_entries_from(fs, inside);
	if (i < fs->n && msk_starts_with(fs->v[i].path, inside))
		return MSK_NODE_DIR;
	if (!fs->below->look(fs->below, path, &n))
		return MSK_NODE_NONE;
	*text = n.type == MSK_SYMLINK ? n.link : NULL;
	return kinds[n.type];
}

/* The first `known` entries are sorted. */
static bool leads_to_dir(const struct msk_rootfs *fs, size_t known, const char *path)
{
	struct msk_rootfs sorted = *fs;
	const struct msk_path_tree whole = { .look = look_at_whole, .ctx = &sorted };
	MSK_AUTO_FREE char *at = NULL;
	const char *text = NULL;

	sorted.n = known;
	return msk_path_resolve(&whole, path, MSK_MAX_LINKS, &at) == MSK_RESOLVED &&
	       (strcmp(at, "/") == 0 || look_at_whole(&sorted, at, &text) == MSK_NODE_DIR);
}

/* What is found by way of the link below is found by way of one that leads to another directory, if that has it: whoever gives
 * it has said where. */
static int settle_over_link(struct msk_rootfs *fs, size_t known, struct msk_entry *e, const char *text, struct msk_err *err)
{
	MSK_AUTO_FREE char *dir = NULL;
	struct msk_below_node n;

	e->kept_below = e->type == MSK_SYMLINK && strcmp(text, e->link) == 0;
	if (e->kept_below)
		return 0;
	dir = msk_rootfs_leads_below(fs, e->path);
	if (!dir || (strcmp(dir, "/") != 0 && (!fs->below->look(fs->below, dir, &n) || n.type != MSK_DIR)))
		return 0;
	if (e->type == MSK_SYMLINK && (leads_to_dir(fs, known, e->path) || !count_below(fs->below, dir)))
		return 0;
	return refuse_over_link(fs->below, e, dir, err);
}

static int settle(struct msk_rootfs *fs, size_t known, size_t i, bool *wanted, struct msk_err *err)
{
	struct msk_entry *e = &fs->v[i];
	struct msk_below_node n;

	*wanted = true;
	if (!fs->below->look(fs->below, e->path, &n))
		return 0;
	*wanted = !e->gives_way;
	if (e->gives_way)
		return 0;
	if (e->type != MSK_DIR)
		return n.type == MSK_DIR ? settle_over_dir(fs, e, wanted, err) :
		       n.type == MSK_SYMLINK ? settle_over_link(fs, known, e, n.link, err) : 0;
	if (n.type != MSK_DIR)
		return refuse_over_file(e, err);
	e->kept_below = n.mode == e->mode && n.uid == e->uid && n.gid == e->gid;
	return 0;
}

int msk_rootfs_settle_below(struct msk_rootfs *fs, struct msk_err *err)
{
	size_t before = fs->n, kept = 0;
	MSK_AUTO_FREE bool *wanted = fs->below ? msk_xcalloc(before + 1, sizeof *wanted) : NULL;

	if (!fs->below)
		return 0;
	for (size_t i = 0; i < before; i++)
		if (settle(fs, before, i, &wanted[i], err) < 0)
			return -1;
	for (size_t i = 0; i < fs->n; i++) {
		if (i < before && !wanted[i])
			msk_content_release(&fs->v[i].body);
		else
			fs->v[kept++] = fs->v[i];
	}
	fs->n = kept;
	msk_entries_sort(fs);
	return msk_rootfs_merge(fs, err);
}

bool msk_rootfs_covers(const struct msk_rootfs *fs, const char *path)
{
	const struct msk_entry *e = msk_rootfs_find(fs, path);

	return e && !e->kept_below;
}
