#include <string.h>

#include "entry.h"
#include "mkscratch/path.h"
#include "mkscratch/rotree.h"

/* The symlinks of the set, sorted by path; borrowed pointers. */
struct links {
	const struct msk_entry **v;
	size_t n, cap;
};

static int link_vs_key(const void *pkey, const void *plink)
{
	const struct msk_str *key = pkey;
	const struct msk_entry *const *e = plink;
	int c = strncmp(key->buf, (*e)->path, key->len);

	return c ? c : (*e)->path[key->len] ? -1 : 0;
}

/* The text of the symlink below that is the first `len` bytes of `path`; NULL when there is none. */
static const char *link_below(const struct msk_rootfs *fs, const char *path, size_t len)
{
	MSK_AUTO_FREE char *prefix = fs->below ? msk_xstrndup(path, len) : NULL;
	struct msk_below_node n;

	return prefix && fs->below->look(fs->below, prefix, &n) && n.type == MSK_SYMLINK ? n.link : NULL;
}

/* The text of the symlink among the parents of `path` that stands highest, ours or below; *len is the length of its path.
 * Of a directory that stands below as a link, the link itself counts too. */
static const char *first_link(const struct msk_rootfs *fs, const struct links *l, const struct msk_entry *e, size_t *len)
{
	const char *path = e->path;

	for (*len = 1; path[*len] || e->type == MSK_DIR; ++*len) {
		struct msk_str key = { (char *)path, *len, 0 };
		const struct msk_entry **hit;
		const char *text;

		if (path[*len] && path[*len] != '/')
			continue;
		hit = l->n && path[*len] ? bsearch(&key, l->v, l->n, sizeof *l->v, link_vs_key) : NULL;
		text = hit ? (*hit)->link : link_below(fs, path, *len);
		if (text || !path[*len])
			return text;
	}
	return NULL;
}

/* Where `path` leads when the symlink that is its first `len` bytes is followed. */
static char *through(const char *path, size_t len, const char *text)
{
	MSK_AUTO_STR to = MSK_STR_INIT;

	if (text[0] != '/') {
		while (path[len - 1] != '/')
			len--;
		msk_str_add(&to, path, len - 1);
		len += strcspn(path + len, "/");
	}
	msk_path_append(&to, text);
	msk_path_append(&to, path + len);
	return to.len ? msk_str_take(&to) : msk_xstrdup("/");
}

static int follow(struct msk_rootfs *fs, const struct links *l, struct msk_entry *e, bool *moved, struct msk_err *err)
{
	const char *text;
	size_t len;

	for (int hops = 0; (text = first_link(fs, l, e, &len)); hops++) {
		MSK_AUTO_FREE char *to = NULL;

		if (hops == MSK_MAX_LINKS)
			return msk_fail(err, MSK_E_USAGE, "%s: too many symbolic links (%d)", e->path, MSK_MAX_LINKS);
		to = through(e->path, len, text);
		if (!to[1])
			return msk_fail(err, MSK_E_USAGE, "%s: leads to the root of the image", e->path);
		e->asked = e->asked ? e->asked : e->path;
		e->path = msk_rootfs_text(fs, to);
		*moved = true;
	}
	return 0;
}

char *msk_rootfs_leads_below(const struct msk_rootfs *fs, const char *path)
{
	const struct links none = { NULL, 0, 0 };
	char *at = msk_xstrdup(path), *next;
	size_t len;

	for (int hops = 0; at && at[1]; hops++) {
		const struct msk_entry e = { .path = at, .type = MSK_DIR };
		const char *text = first_link(fs, &none, &e, &len);

		if (!text)
			break;
		next = hops < MSK_MAX_LINKS ? through(at, len, text) : NULL;
		free(at);
		at = next;
	}
	return at;
}

static struct links links_of(const struct msk_rootfs *fs)
{
	struct links l = { NULL, 0, 0 };

	for (size_t i = 0; i < fs->n; i++) {
		if (fs->v[i].type != MSK_SYMLINK)
			continue;
		MSK_GROW(l.v, l.n, l.cap);
		l.v[l.n++] = &fs->v[i];
	}
	return l;
}

/* Links of ours lie where the links below lead. */
static int follow_below(struct msk_rootfs *fs, struct msk_err *err)
{
	const struct links none = { NULL, 0, 0 };
	bool moved = false;

	for (size_t i = 0; i < fs->n && fs->below; i++)
		if (fs->v[i].type == MSK_SYMLINK && follow(fs, &none, &fs->v[i], &moved, err) < 0)
			return -1;
	if (moved)
		msk_entries_sort(fs);
	return 0;
}

int msk_rootfs_follow_links(struct msk_rootfs *fs, struct msk_err *err)
{
	struct links l;
	bool moved = false;
	int rc = 0;

	if (follow_below(fs, err) < 0)
		return -1;
	l = links_of(fs);
	/* Links themselves stay: moving the key of the search would move the ground under it, and a link below a
	 * link is settled by whoever reads it. The parent check below refuses what cannot be laid down. */
	for (size_t i = 0; i < fs->n && rc == 0; i++)
		if (fs->v[i].type != MSK_SYMLINK)
			rc = follow(fs, &l, &fs->v[i], &moved, err);
	free(l.v);
	if (moved)
		msk_entries_sort(fs);
	return rc;
}

static bool same_content(const struct msk_content *a, const struct msk_content *b)
{
	if (a->size != b->size)
		return false;
	if (a->data && b->data)
		return memcmp(a->data, b->data, a->size) == 0;
	return !a->data && !b->data && a->dev == b->dev && a->ino == b->ino;
}

static bool same_entry(const struct msk_entry *a, const struct msk_entry *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == MSK_SYMLINK)
		return strcmp(a->link, b->link) == 0;
	if (a->type == MSK_FILE && a->yields != b->yields)
		return same_content(&a->body, &b->body);
	if (a->mode != b->mode || a->uid != b->uid || a->gid != b->gid)
		return false;
	return a->type == MSK_DIR || same_content(&a->body, &b->body);
}

/* The first link that led there, which may be all that the two have to do with each other. */
static int tell_link(const struct msk_rootfs *fs, const struct msk_entry *e, struct msk_err *err)
{
	const struct msk_entry asked = { .path = e->asked, .type = e->type };
	const struct links none = { NULL, 0, 0 };
	struct links l = links_of(fs);
	size_t len = 0, below = 0;
	/* The text of one below lasts until the next look. */
	bool is_below = e->asked && first_link(fs, &none, &asked, &below);
	const char *text = e->asked ? first_link(fs, &l, &asked, &len) : NULL;

	free(l.v);
	if (!text)
		return -1;
	return msk_more(err, ", as %s leads there by the link %.*s -> %s%s", e->asked, (int)len, e->asked, text,
			is_below && below == len ? " of the base image" : "");
}

static int conflict(const struct msk_rootfs *fs, const struct msk_entry *a, const struct msk_entry *b, struct msk_err *err)
{
	msk_fail(err, MSK_E_USAGE, "%s: given by %s and by %s", a->path, msk_what_told(a->origin.what),
		 msk_what_told(b->origin.what));
	tell_link(fs, a->asked ? a : b, err);
	if (a->type == b->type && a->type == MSK_DIR)
		msk_hint(err, "they differ in mode or owner: %04o %u:%u and %04o %u:%u", a->mode, a->uid, a->gid,
			 b->mode, b->uid, b->gid);
	else if (msk_starts_with(a->origin.what, "--bin ") && msk_starts_with(b->origin.what, "--bin "))
		msk_hint(err, "programs for one platform have a DEST each: --bin SRC:DEST");
	return -1;
}

/* Two that are the same: one stays, in the lower stratum, which is that of `a`. */
static void merge_into(struct msk_entry *a, struct msk_entry *b)
{
	if (a->yields && !b->yields) {
		struct msk_entry gone = *a;

		*a = *b;
		a->stratum = gone.stratum;
		*b = gone;
	}
	msk_content_release(&b->body);
}

/* Is there another at its path, on this side in the sorted set, which an option has given? */
static bool is_replaced(const struct msk_rootfs *fs, size_t i, ptrdiff_t side)
{
	const struct msk_entry *e = &fs->v[i];

	for (size_t k = i + (size_t)side; k < fs->n && strcmp(fs->v[k].path, e->path) == 0; k += (size_t)side)
		if (!fs->v[k].stands_in && !same_entry(e, &fs->v[k]))
			return true;
	return false;
}

static void drop_stand_ins(struct msk_rootfs *fs)
{
	MSK_AUTO_FREE bool *gone = msk_xcalloc(fs->n + 1, sizeof *gone);
	size_t kept = 0;

	for (size_t i = 0; i < fs->n; i++)
		gone[i] = fs->v[i].stands_in && (is_replaced(fs, i, -1) || is_replaced(fs, i, 1));
	for (size_t i = 0; i < fs->n; i++)
		if (gone[i])
			msk_content_release(&fs->v[i].body);
		else
			fs->v[kept++] = fs->v[i];
	fs->n = kept;
}

int msk_rootfs_merge(struct msk_rootfs *fs, struct msk_err *err)
{
	size_t kept = 0;

	drop_stand_ins(fs);
	for (size_t i = 1; i < fs->n; i++)
		if (strcmp(fs->v[i - 1].path, fs->v[i].path) == 0 && !same_entry(&fs->v[i - 1], &fs->v[i]))
			return conflict(fs, &fs->v[i - 1], &fs->v[i], err);
	for (size_t i = 0; i < fs->n; i++) {
		if (kept && strcmp(fs->v[kept - 1].path, fs->v[i].path) == 0)
			merge_into(&fs->v[kept - 1], &fs->v[i]);
		else
			fs->v[kept++] = fs->v[i];
	}
	fs->n = kept;
	return 0;
}

/* Index of the entry with this path among the first `n`, or n. */
static size_t find_among(const struct msk_rootfs *fs, size_t n, const char *path, size_t len)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const char *other = fs->v[mid].path;
		int c = strncmp(path, other, len);

		if (c == 0 && other[len])
			c = -1;
		if (c == 0)
			return mid;
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return n;
}

static int append_parent(struct msk_rootfs *fs, const char *path, size_t len, enum msk_strata stratum, struct msk_err *err)
{
	MSK_AUTO_FREE char *dir = msk_xstrndup(path, len), *why = msk_xasprintf("parent of %s", path);
	const struct msk_origin origin = { .what = "parent", .why = why };
	struct msk_below_node n = { .type = MSK_DIR, .mode = 0755 };

	if (fs->below && fs->below->look(fs->below, dir, &n) && n.type != MSK_DIR)
		return msk_fail(err, MSK_E_USAGE, "%s: a file of the base image, but %s lies below it", dir, path);
	MSK_GROW(fs->v, fs->n, fs->cap);
	fs->v[fs->n++] = (struct msk_entry){
		.path = msk_rootfs_text(fs, dir),
		.type = MSK_DIR,
		.mode = n.mode,
		.uid = n.uid,
		.gid = n.gid,
		.stratum = stratum,
		.implied = true,
		.body.fd = -1,
		.origin = msk_rootfs_origin(fs, &origin),
	};
	return 0;
}

/* Sorted neighbours share parents, and what the one before asked for need not be asked for again, unless this
 * one lies in a lower stratum: the merge keeps the lowest. */
static bool asked_by_previous(const struct msk_rootfs *fs, size_t i, size_t len)
{
	return i > 0 && fs->v[i - 1].stratum <= fs->v[i].stratum &&
	       strncmp(fs->v[i - 1].path, fs->v[i].path, len + 1) == 0;
}

static int add_parents_of(struct msk_rootfs *fs, size_t known, size_t i, struct msk_err *err)
{
	for (size_t len = 1; fs->v[i].path[len]; len++) {
		const char *path = fs->v[i].path;
		size_t at;

		if (path[len] != '/' || asked_by_previous(fs, i, len))
			continue;
		at = find_among(fs, known, path, len);
		if (at == known && append_parent(fs, path, len, fs->v[i].stratum, err) < 0)
			return -1;
		if (at < known && fs->v[at].type != MSK_DIR)
			return msk_fail(err, MSK_E_USAGE, "%s: given by %s, but %s lies below it",
					fs->v[at].path, msk_what_told(fs->v[at].origin.what), path);
	}
	return 0;
}

int msk_rootfs_add_parents(struct msk_rootfs *fs, struct msk_err *err)
{
	size_t known = fs->n;

	for (size_t i = 0; i < known; i++)
		if (add_parents_of(fs, known, i, err) < 0)
			return -1;
	msk_entries_sort(fs);
	return msk_rootfs_merge(fs, err);
}

static int fail_cap_link(const struct msk_caps_wish *w, const char *text, struct msk_err *err)
{
	msk_fail(err, MSK_E_USAGE, "%s: is a symbolic link", w->what);
	return msk_hint(err, "capabilities belong to the file that it leads to (%s)", text);
}

static int fail_cap_dir(const struct msk_caps_wish *w, struct msk_err *err)
{
	return msk_fail(err, MSK_E_USAGE, "%s: is a directory, expected a regular file", w->what);
}

/* It is not among ours, and what lies below stays as it is. */
static int fail_cap_absent(const struct msk_rootfs *fs, const struct msk_caps_wish *w, const char *path, struct msk_err *err)
{
	struct msk_below_node n;

	if (!fs->below || !fs->below->look(fs->below, path, &n)) {
		msk_fail(err, MSK_E_USAGE, "%s: no such file in the image", w->what);
		return msk_hint(err, "--print rootfs lists what there is");
	}
	if (n.type == MSK_SYMLINK)
		return fail_cap_link(w, n.link, err);
	if (n.type == MSK_DIR)
		return fail_cap_dir(w, err);
	msk_fail(err, MSK_E_USAGE, "%s: is a file of the base image", w->what);
	return msk_hint(err, "give the file anew: --file SRC:%s", path);
}

static int grant(struct msk_rootfs *fs, const struct msk_caps_wish *w, const char *path, struct msk_err *err)
{
	struct msk_entry *e = msk_entries_find(fs, path);

	if (!e)
		return fail_cap_absent(fs, w, path, err);
	if (e->type == MSK_SYMLINK)
		return fail_cap_link(w, e->link, err);
	if (e->type != MSK_FILE)
		return fail_cap_dir(w, err);
	e->caps |= w->caps;
	return 0;
}

/* How many of the wishes lead somewhere, from the first on, and where; the next is what fails. */
static size_t follow_wishes(struct msk_rootfs *fs, const char **paths, struct msk_err *err)
{
	struct links l = links_of(fs);
	size_t n = 0;
	bool moved;

	for (; n < fs->n_wishes; n++) {
		struct msk_entry e = { .path = fs->wishes[n].path, .type = MSK_FILE };

		if (follow(fs, &l, &e, &moved, err) < 0)
			break;
		paths[n] = e.path;
	}
	free(l.v);
	return n;
}

int msk_rootfs_grant_caps(struct msk_rootfs *fs, struct msk_err *err)
{
	MSK_AUTO_FREE const char **paths = msk_xcalloc(fs->n_wishes + 1, sizeof *paths);
	struct msk_err of_next = MSK_ERR_INIT;
	size_t n = follow_wishes(fs, paths, &of_next);

	if (msk_packed_take(fs, paths, n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		if (grant(fs, &fs->wishes[i], paths[i], err) < 0)
			return -1;
	if (n == fs->n_wishes)
		return 0;
	*err = of_next;
	return -1;
}
