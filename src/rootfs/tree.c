#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "entry.h"
#include "mkscratch/rootfs_walk.h"
#include "mkscratch/rotree.h"
#include "mkscratch/sorted.h"

void msk_content_release(struct msk_content *c)
{
	free(c->data);
	if (!c->lent)
		free(c->host_path);
	if (c->fd >= 0)
		close(c->fd);
	*c = (struct msk_content){ .fd = -1 };
}

struct msk_rootfs *msk_rootfs_new(void)
{
	return msk_xcalloc(1, sizeof(struct msk_rootfs));
}

void msk_rootfs_free(struct msk_rootfs *fs)
{
	if (!fs)
		return;
	for (size_t i = 0; i < fs->n; i++)
		msk_content_release(&fs->v[i].body);
	for (size_t i = 0; i < fs->n_wishes; i++) {
		free(fs->wishes[i].path);
		free(fs->wishes[i].what);
	}
	free(fs->wishes);
	free(fs->v);
	msk_packed_free(fs->packed);
	msk_arena_release(&fs->texts);
	free(fs);
}

void msk_rootfs_cleanup(struct msk_rootfs **fs)
{
	msk_rootfs_free(*fs);
}

/* Absolute, no empty, "." or ".." part, no trailing slash. */
static bool is_normalised(const char *path)
{
	if (path[0] != '/' || !path[1])
		return false;
	for (const char *part = path + 1;;) {
		size_t n = strcspn(part, "/");

		if (n == 0 || (n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		if (!part[n])
			return true;
		part += n + 1;
	}
}

/* A name that begins so means "delete" to whoever applies the layer (image-spec "whiteouts"). */
static bool has_whiteout(const char *path)
{
	return strstr(path, "/.wh.") != NULL;
}

static int check_path(const char *path, struct msk_err *err)
{
	size_t n = strlen(path);

	if (n > MSK_MAX_PATH)
		return msk_fail(err, MSK_E_INPUT, "%s: path is too long (%zu vs %d bytes)", path, n, MSK_MAX_PATH);
	if (!is_normalised(path))
		return msk_fail(err, MSK_E_INPUT, "%s: not an absolute, normalised path", path);
	if (has_whiteout(path))
		return msk_fail(err, MSK_E_INPUT, "%s: names beginning with .wh. are reserved for deletions", path);
	return 0;
}

const char *msk_rootfs_text(struct msk_rootfs *fs, const char *text)
{
	return text ? msk_arena_text(&fs->texts, text, strlen(text)) : NULL;
}

/* The same text as last time is not kept twice. */
static const char *share(struct msk_rootfs *fs, const char *text, const char **last)
{
	if (!text || !*last || strcmp(text, *last) != 0)
		*last = msk_rootfs_text(fs, text);
	return *last;
}

struct msk_origin msk_rootfs_origin(struct msk_rootfs *fs, const struct msk_origin *o)
{
	share(fs, o->what, &fs->last.what);
	share(fs, o->why, &fs->last.why);
	share(fs, o->lasting, &fs->last.lasting);
	share(fs, o->from, &fs->last.from);
	return fs->last;
}

static const char *text_of(struct msk_rootfs *fs, const struct msk_entry_spec *s, const char *text)
{
	return s->lent ? text : msk_rootfs_text(fs, text);
}

static struct msk_origin origin_of(struct msk_rootfs *fs, const struct msk_entry_spec *s)
{
	const struct msk_origin o = { s->what, s->why, s->lasting, s->from };

	return s->lent ? o : msk_rootfs_origin(fs, &o);
}

static int append(struct msk_rootfs *fs, const struct msk_entry_spec *s, enum msk_entry_type type,
		  struct msk_entry **out, struct msk_err *err)
{
	assert(!fs->sealed);
	if (check_path(s->path, err) < 0)
		return -1;
	MSK_GROW(fs->v, fs->n, fs->cap);
	*out = &fs->v[fs->n++];
	**out = (struct msk_entry){
		.path = text_of(fs, s, s->path),
		.type = type,
		.mode = s->mode,
		.uid = s->uid,
		.gid = s->gid,
		.stratum = s->stratum,
		.yields = s->yields,
		.gives_way = s->gives_way,
		.stands_in = s->stands_in,
		.body.fd = -1,
		.origin = origin_of(fs, s),
	};
	return 0;
}

int msk_rootfs_add_dir(struct msk_rootfs *fs, const struct msk_entry_spec *s, struct msk_err *err)
{
	struct msk_entry *e;

	return append(fs, s, MSK_DIR, &e, err);
}

int msk_rootfs_add_symlink(struct msk_rootfs *fs, const struct msk_entry_spec *s, const char *text, struct msk_err *err)
{
	struct msk_entry *e;

	if (append(fs, s, MSK_SYMLINK, &e, err) < 0)
		return -1;
	e->mode = 0777;
	e->link = text_of(fs, s, text);
	return 0;
}

int msk_rootfs_add_data(struct msk_rootfs *fs, const struct msk_entry_spec *s, const void *data, size_t n,
			struct msk_err *err)
{
	struct msk_entry *e;

	if (append(fs, s, MSK_FILE, &e, err) < 0)
		return -1;
	e->body.data = msk_xmalloc(n);
	if (n)
		memcpy(e->body.data, data, n);
	e->body.size = n;
	return 0;
}

int msk_rootfs_add_text(struct msk_rootfs *fs, const struct msk_entry_spec *s, struct msk_str *own_data, struct msk_err *err)
{
	const size_t n = own_data->len;
	struct msk_content body = { .data = msk_str_take(own_data), .size = n, .fd = -1 };

	return msk_rootfs_add_file(fs, s, &body, err);
}

int msk_rootfs_add_file(struct msk_rootfs *fs, const struct msk_entry_spec *s, struct msk_content *own_body,
			struct msk_err *err)
{
	struct msk_entry *e;

	if (append(fs, s, MSK_FILE, &e, err) < 0) {
		msk_content_release(own_body);
		return -1;
	}
	e->body = *own_body;
	*own_body = (struct msk_content){ .fd = -1 };
	return 0;
}

size_t msk_rootfs_add_tree(struct msk_rootfs *fs, const struct msk_entry_spec *s, const char *host_dir)
{
	const struct msk_origin o = { s->what, s->why, s->lasting, s->from };
	const char *dest = strcmp(s->path, "/") == 0 ? "" : s->path;
	struct msk_packed *p = fs->packed = fs->packed ? fs->packed : msk_xcalloc(1, sizeof *p);

	assert(!fs->sealed);
	MSK_GROW(p->trees, p->n_trees, p->cap_trees);
	p->trees[p->n_trees] = (struct msk_packed_tree){
		.dest = msk_rootfs_text(fs, dest),
		.host_dir = msk_rootfs_text(fs, host_dir),
		.n_dest = strlen(dest),
		.n_host_dir = strlen(host_dir),
		.origin = msk_rootfs_origin(fs, &o),
		.uid = s->uid,
		.gid = s->gid,
		.stratum = s->stratum,
	};
	return p->n_trees++;
}

/* Over another file system each is compared with what is there: an entry like any other. */
static int add_unpacked(struct msk_rootfs *fs, const struct msk_packed_tree *t, const char *rel, const char *path,
			uint32_t mode, const struct msk_content *facts, struct msk_err *err)
{
	const struct msk_origin *o = &t->origin;
	const struct msk_entry_spec s = { .path = path, .what = o->what, .why = o->why, .lasting = o->lasting, .from = o->from,
					  .mode = mode, .uid = t->uid, .gid = t->gid, .stratum = t->stratum };
	struct msk_content body = *facts;

	body.host_path = msk_xasprintf("%s/%s", t->host_dir, rel);
	return msk_rootfs_add_file(fs, &s, &body, err);
}

int msk_rootfs_add_tree_file(struct msk_rootfs *fs, size_t tree, const char *rel, uint32_t mode,
			     const struct msk_content *facts, struct msk_err *err)
{
	const struct msk_packed_tree *t = &fs->packed->trees[tree];
	MSK_AUTO_FREE char *path = msk_xasprintf("%s/%s", t->dest, rel);

	assert(!fs->sealed);
	if (fs->below)
		return add_unpacked(fs, t, rel, path, mode, facts, err);
	return check_path(path, err) < 0 ? -1 : msk_packed_add(fs->packed, tree, path, mode, facts, err);
}

void msk_rootfs_absorb(struct msk_rootfs *fs, struct msk_rootfs *other)
{
	assert(!fs->sealed && !other->sealed && !other->n_wishes && !other->packed);
	for (size_t i = 0; i < other->n; i++) {
		MSK_GROW(fs->v, fs->n, fs->cap);
		fs->v[fs->n++] = other->v[i];
	}
	other->n = 0;
	msk_arena_absorb(&fs->texts, &other->texts);
	other->last = (struct msk_origin){ NULL, NULL, NULL, NULL };
}

static struct msk_entry copy_entry(struct msk_rootfs *fs, const struct msk_entry *e)
{
	struct msk_entry to = *e;

	to.path = msk_rootfs_text(fs, e->path);
	to.link = msk_rootfs_text(fs, e->link);
	to.asked = NULL;
	to.origin = msk_rootfs_origin(fs, &e->origin);
	to.body.host_path = e->body.host_path ? msk_xstrdup(e->body.host_path) : NULL;
	to.body.lent = false;
	if (e->body.data)
		to.body.data = memcpy(msk_xmalloc((size_t)e->body.size), e->body.data, (size_t)e->body.size);
	assert(e->body.fd < 0);
	return to;
}

void msk_rootfs_copy(struct msk_rootfs *fs, const struct msk_rootfs *other)
{
	assert(!fs->sealed && !other->sealed && !other->n_wishes && !other->packed);
	for (size_t i = 0; i < other->n; i++) {
		MSK_GROW(fs->v, fs->n, fs->cap);
		fs->v[fs->n++] = copy_entry(fs, &other->v[i]);
	}
}

void msk_rootfs_add_caps(struct msk_rootfs *fs, const char *path, uint64_t caps, const char *what)
{
	assert(!fs->sealed);
	MSK_GROW(fs->wishes, fs->n_wishes, fs->cap_wishes);
	fs->wishes[fs->n_wishes++] = (struct msk_caps_wish){ msk_xstrdup(path), msk_xstrdup(what), caps };
}

/* By path, then so that which of two equal entries comes first does not depend on who was called first. */
static int compare(const void *pa, const void *pb)
{
	const struct msk_entry *a = pa, *b = pb;
	int c = strcmp(a->path, b->path);

	if (c == 0)
		c = (a->stratum > b->stratum) - (a->stratum < b->stratum);
	if (c == 0)
		c = strcmp(a->origin.what, b->origin.what);
	if (c == 0)
		c = strcmp(a->origin.why, b->origin.why);
	return c ? c : strcmp(a->origin.from ? a->origin.from : "", b->origin.from ? b->origin.from : "");
}

void msk_entries_sort(struct msk_rootfs *fs)
{
	if (fs->n > 1)
		qsort(fs->v, fs->n, sizeof *fs->v, compare);
}

void msk_rootfs_lay_over(struct msk_rootfs *fs, struct msk_below *below)
{
	assert(!fs->packed);
	fs->below = below;
}

struct msk_below *msk_rootfs_below(const struct msk_rootfs *fs)
{
	return fs->below;
}

int msk_rootfs_seal(struct msk_rootfs *fs, struct msk_err *err)
{
	assert(!fs->sealed);
	msk_entries_sort(fs);
	if (msk_packed_settle(fs, err) < 0 || msk_rootfs_follow_links(fs, err) < 0 || msk_packed_make_way(fs, err) < 0 ||
	    msk_rootfs_merge(fs, err) < 0 || msk_rootfs_settle_below(fs, err) < 0 ||
	    msk_rootfs_add_parents(fs, err) < 0 || msk_rootfs_grant_caps(fs, err) < 0)
		return -1;
	for (size_t i = 0; i < fs->n; i++)
		fs->v[i].number = i;
	fs->sealed = true;
	return 0;
}

void msk_rootfs_reopen(struct msk_rootfs *fs)
{
	assert(fs->sealed);
	if (fs->packed)
		msk_packed_forget(fs->packed);
	fs->sealed = false;
}

void msk_rootfs_remove(struct msk_rootfs *fs, const char *path, const char *what)
{
	size_t kept = 0;

	assert(!fs->sealed);
	for (size_t i = 0; i < fs->n; i++) {
		if (strcmp(fs->v[i].path, path) == 0 && strcmp(fs->v[i].origin.what, what) == 0)
			msk_content_release(&fs->v[i].body);
		else
			fs->v[kept++] = fs->v[i];
	}
	fs->n = kept;
}

size_t msk_rootfs_count(const struct msk_rootfs *fs)
{
	return fs->n + (fs->packed ? (size_t)fs->packed->files.n : 0);
}

uint64_t msk_rootfs_content_size(const struct msk_rootfs *fs)
{
	uint64_t sum = 0;

	MSK_AUTO_ROOTFS_WALK w;

	msk_rootfs_walk_init(&w, fs);
	for (const struct msk_entry *e; (e = msk_rootfs_next(&w));)
		sum += e->type == MSK_FILE ? e->body.size : 0;
	return sum;
}

static int path_vs_entry(const void *path, const void *entry)
{
	return strcmp(path, ((const struct msk_entry *)entry)->path);
}

size_t msk_entries_from(const struct msk_rootfs *fs, const char *path)
{
	return msk_lower_bound(path, fs->v, fs->n, sizeof *fs->v, path_vs_entry);
}

struct msk_entry *msk_entries_find(const struct msk_rootfs *fs, const char *path)
{
	size_t i = msk_entries_from(fs, path);

	return i < fs->n && strcmp(fs->v[i].path, path) == 0 ? &fs->v[i] : NULL;
}

const struct msk_entry *msk_rootfs_find(const struct msk_rootfs *fs, const char *path)
{
	const struct msk_entry *e = msk_entries_find(fs, path);

	assert(fs->sealed);
	return e || !fs->packed ? e : msk_packed_find(fs->packed, path, fs->n);
}

void msk_rootfs_keep_below(struct msk_rootfs *fs, const char *path)
{
	struct msk_entry *e = msk_entries_find(fs, path);

	assert(e);
	e->kept_below = true;
}
