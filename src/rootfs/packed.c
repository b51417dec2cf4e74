#include "packed.h"

#include <string.h>

#include "entry.h"

struct value {
	uint64_t size, dev, ino;
	int64_t mtime_ns;
	uint32_t mode, tree;
};

void msk_packed_forget(struct msk_packed *p)
{
	for (size_t i = 0; i < p->n_shown; i++) {
		free((char *)p->shown[i]->path);
		msk_content_release(&p->shown[i]->body);
		free(p->shown[i]);
	}
	p->n_shown = 0;
	msk_names_release(&p->found);
	p->found = (struct msk_names){ 0 };
	msk_table_walk_release(&p->looking);
}

void msk_packed_free(struct msk_packed *p)
{
	if (!p)
		return;
	msk_packed_forget(p);
	free(p->shown);
	free(p->trees);
	msk_table_release(&p->files);
	free(p);
}

int msk_packed_add(struct msk_packed *p, size_t tree, const char *path, uint32_t mode, const struct msk_content *facts,
		   struct msk_err *err)
{
	const struct value value = { facts->size, facts->dev, facts->ino, facts->mtime_ns, mode, (uint32_t)tree };

	return msk_table_add(&p->files, path, strlen(path), &value, sizeof value, err);
}

static void set(struct msk_str *s, const char *p, size_t n)
{
	s->len = 0;
	msk_str_add(s, p, n);
}

void msk_packed_show(const struct msk_packed *p, const struct msk_table_walk *at, struct msk_entry *e, struct msk_str *path,
		     struct msk_str *host_path)
{
	const struct msk_packed_tree *t;
	struct value value;

	memcpy(&value, at->value, sizeof value);
	t = &p->trees[value.tree];
	set(path, at->key, at->n_key);
	set(host_path, t->host_dir, t->n_host_dir);
	msk_str_add(host_path, path->buf + t->n_dest, path->len - t->n_dest);
	*e = (struct msk_entry){
		.path = path->buf,
		.type = MSK_FILE,
		.mode = value.mode,
		.uid = t->uid,
		.gid = t->gid,
		.stratum = t->stratum,
		.origin = t->origin,
		.body = { .host_path = host_path->buf, .fd = -1, .size = value.size, .dev = value.dev, .ino = value.ino,
			  .mtime_ns = value.mtime_ns },
	};
}

/* The same with texts of its own, on the heap. */
static void copy_out(const struct msk_packed *p, const struct msk_table_walk *at, struct msk_entry *e)
{
	struct msk_str path = MSK_STR_INIT, host_path = MSK_STR_INIT;

	msk_packed_show(p, at, e, &path, &host_path);
	e->path = msk_str_take(&path);
	e->body.host_path = msk_str_take(&host_path);
}

static const struct msk_entry *remember(struct msk_packed *p, size_t first_number)
{
	struct msk_entry *e = msk_xcalloc(1, sizeof *e);

	copy_out(p, &p->looking, e);
	e->number = first_number + p->looking.number;
	msk_names_lend(&p->found, e->path, p->n_shown);
	MSK_GROW(p->shown, p->n_shown, p->cap_shown);
	p->shown[p->n_shown++] = e;
	return e;
}

const struct msk_entry *msk_packed_find(struct msk_packed *p, const char *path, size_t first_number)
{
	size_t i;

	if (msk_names_find(&p->found, path, &i))
		return p->shown[i];
	if (!p->looking.t)
		msk_table_walk_init(&p->looking, &p->files);
	return msk_table_find(&p->looking, path, strlen(path)) ? remember(p, first_number) : NULL;
}

/* Files on their way out. */
struct leaving {
	struct msk_rootfs *fs;
	struct msk_table_walk w;
	bool *gone;                /* by the numbers of their records */
	size_t n;
};

static void leaving_init(struct leaving *l, struct msk_rootfs *fs)
{
	*l = (struct leaving){ .fs = fs, .gone = msk_xcalloc(fs->packed->files.n + 1, sizeof *l->gone) };
	msk_table_walk_init(&l->w, &fs->packed->files);
}

static void leaving_release(struct leaving *l)
{
	msk_table_walk_release(&l->w);
	free(l->gone);
}

/* The one that the walk is at. */
static void take(struct leaving *l)
{
	struct msk_rootfs *fs = l->fs;
	struct msk_entry *e;
	const char *path;

	if (l->gone[l->w.number])
		return;
	l->gone[l->w.number] = true;
	l->n++;
	MSK_GROW(fs->v, fs->n, fs->cap);
	e = &fs->v[fs->n++];
	copy_out(fs->packed, &l->w, e);
	path = e->path;
	e->path = msk_rootfs_text(fs, path);
	free((char *)path);
}

/* The others stay. */
static int leave(struct leaving *l, struct msk_err *err)
{
	MSK_CLEANUP(msk_table_release) struct msk_table rest = { 0 };
	struct msk_table *files = &l->fs->packed->files;
	MSK_AUTO_TABLE_WALK w = { 0 };

	if (!l->n)
		return 0;
	msk_entries_sort(l->fs);
	for (msk_table_walk_consume(&w, files); msk_table_next(&w);)
		if (!l->gone[w.number] && msk_table_add(&rest, w.key, w.n_key, w.value, w.n_value, err) < 0)
			return -1;
	if (msk_table_seal(&rest, err) < 0)
		return -1;
	msk_table_walk_release(&w);
	msk_table_walk_release(&l->w);
	msk_table_release(files);
	*files = rest;
	rest = (struct msk_table){ 0 };
	return 0;
}

/* Of two trees; one has each of its files once. */
static void take_twins(struct leaving *l)
{
	MSK_AUTO_STR last = MSK_STR_INIT, twin = MSK_STR_INIT;
	MSK_AUTO_TABLE_WALK w;

	for (msk_table_walk_init(&w, &l->fs->packed->files); msk_table_next(&w); set(&last, w.key, w.n_key)) {
		if (!last.buf || msk_table_compare(last.buf, last.len, w.key, w.n_key) != 0)
			continue;
		set(&twin, w.key, w.n_key);
		for (bool more = msk_table_find(&l->w, twin.buf, twin.len);
		     more && msk_table_compare(l->w.key, l->w.n_key, twin.buf, twin.len) == 0; more = msk_table_next(&l->w))
			take(l);
	}
}

static void take_below(struct leaving *l, const char *link)
{
	MSK_AUTO_FREE char *prefix = msk_xasprintf("%s/", link);
	size_t n = strlen(prefix);

	for (bool more = msk_table_seek(&l->w, prefix, n);
	     more && l->w.n_key > n && memcmp(l->w.key, prefix, n) == 0; more = msk_table_next(&l->w))
		take(l);
}

int msk_packed_settle(struct msk_rootfs *fs, struct msk_err *err)
{
	struct msk_packed *p = fs->packed;
	MSK_CLEANUP(leaving_release) struct leaving l = { .fs = NULL };
	size_t known = fs->n;

	if (!p)
		return 0;
	if (msk_table_seal(&p->files, err) < 0 || (p->files.n_runs > 1 && msk_table_sort(&p->files, err) < 0))
		return -1;
	leaving_init(&l, fs);
	if (p->n_trees > 1)
		take_twins(&l);
	for (size_t i = 0; i < known; i++)
		if (fs->v[i].type == MSK_SYMLINK)
			take_below(&l, fs->v[i].path);
	return leave(&l, err);
}

static void take_at(struct leaving *l, const char *path, size_t n)
{
	if (msk_table_find(&l->w, path, n))
		take(l);
}

int msk_packed_make_way(struct msk_rootfs *fs, struct msk_err *err)
{
	MSK_CLEANUP(leaving_release) struct leaving l = { .fs = NULL };
	size_t known = fs->n;

	if (!fs->packed)
		return 0;
	leaving_init(&l, fs);
	for (size_t i = 0; i < known; i++) {
		const char *path = fs->v[i].path, *before = i ? fs->v[i - 1].path : "";

		/* What the one before lies below was looked at with it. */
		for (size_t n = 1; n <= strlen(path); n++)
			if ((path[n] == '/' && strncmp(before, path, n + 1) != 0) || !path[n])
				take_at(&l, path, n);
	}
	return leave(&l, err);
}

int msk_packed_take(struct msk_rootfs *fs, const char *const *paths, size_t n, struct msk_err *err)
{
	MSK_CLEANUP(leaving_release) struct leaving l = { .fs = NULL };

	if (!fs->packed)
		return 0;
	leaving_init(&l, fs);
	for (size_t i = 0; i < n; i++)
		take_at(&l, paths[i], strlen(paths[i]));
	return leave(&l, err);
}
