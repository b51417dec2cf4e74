#include <string.h>

#include "checks.h"
#include "mkscratch/filecap.h"

#define MAX_ENTRIES 1000000
#define MAX_PATH_BYTES 4095
#define CHUNK (256u << 10)

/* Hash and count what is pulled through. */
struct hash_reader {
	struct msk_reader r;
	struct msk_reader *from;
	struct msk_sha256 *hash;
	uint64_t size, limit;
	const char *name;
};

static ssize_t hash_read(struct msk_reader *pr, void *p, size_t n, struct msk_err *err)
{
	struct hash_reader *r = (struct hash_reader *)pr;
	ssize_t got = r->from->read(r->from, p, n, err);

	if (got <= 0)
		return got;
	r->size += (uint64_t)got;
	if (r->size > r->limit)
		return msk_fail(err, MSK_E_INPUT, "%s: expands beyond %llu bytes", r->name, (unsigned long long)r->limit);
	msk_sha256_add(r->hash, p, (size_t)got);
	return got;
}

static void hash_reader_init(struct hash_reader *r, struct msk_reader *from, uint64_t limit, const char *name)
{
	*r = (struct hash_reader){ { hash_read }, from, msk_sha256_new(), 0, limit, name };
}

static void hash_reader_release(struct hash_reader *r)
{
	msk_sha256_free(r->hash);
}

/* A layer under way: blob -> hash -> inflate -> hash -> tar. */
struct pass {
	struct msk_layer_check *l;
	char *what;                    /* "layer 1" */
	struct msk_reader *blob;
	struct hash_reader packed, plain;
	struct msk_inflate *inflate;
	struct msk_tar_in *tar;
	size_t first;                  /* of this layer's nodes in the tree */
	size_t faults;
};

static void pass_release(struct pass *p)
{
	msk_tar_in_free(p->tar);
	msk_inflate_free(p->inflate);
	hash_reader_release(&p->packed);
	hash_reader_release(&p->plain);
	msk_source_stream_free(p->blob);
	free(p->what);
}

static void fault(struct pass *p, const char *fmt, const char *path)
{
	MSK_AUTO_STR s = MSK_STR_INIT;
	MSK_AUTO_STR name = MSK_STR_INIT;

	/* A layer that is wrong throughout need not say so a million times. */
	if (p->faults++ >= 20)
		return;
	msk_str_add_escaped(&name, path, strlen(path));
	msk_str_addf(&s, "entry \"%s\" %s", msk_str_c(&name), fmt);
	msk_checks_fail(p->l->checks, MSK_E_INPUT, p->what, "%s", s.buf);
}

/* Relative, no empty, "." or ".." part; a directory may end in a slash. */
static bool path_stays_inside(const char *path)
{
	size_t len = strlen(path);

	if (len == 0 || path[0] == '/' || len > MAX_PATH_BYTES)
		return false;
	for (const char *part = path; *part;) {
		size_t n = strcspn(part, "/");

		if (n == 0 || (n == 1 && part[0] == '.') || (n == 2 && part[0] == '.' && part[1] == '.'))
			return false;
		part += n + (part[n] == '/');
	}
	return true;
}

static char *without_slash(const char *path)
{
	size_t n = strlen(path);

	return msk_xstrndup(path, n && path[n - 1] == '/' ? n - 1 : n);
}

static int take_entry(struct pass *p, const struct msk_tar_entry *e, struct msk_err *err)
{
	struct msk_image_tree *t = p->l->tree;

	if (!path_stays_inside(e->path)) {
		fault(p, "leaves the image or is not plain", e->path);
		return 0;
	}
	if (t->n == MAX_ENTRIES)
		return msk_fail(err, MSK_E_INPUT, "%s: more than %d entries", p->what, MAX_ENTRIES);
	if (e->type == MSK_TAR_HARDLINK && !path_stays_inside(e->link))
		fault(p, "links to a target outside the image", e->path);
	if (e->bad_caps)
		fault(p, "has capabilities that no kernel takes (" MSK_FILECAP_XATTR ")", e->path);
	MSK_GROW(t->v, t->n, t->cap);
	t->v[t->n++] = (struct msk_node){ without_slash(e->path), e->link ? msk_xstrdup(e->link) : NULL, e->type, e->mode,
					  p->l->number, false };
	return 0;
}

static int walk_entries(struct pass *p, struct msk_err *err)
{
	MSK_AUTO_FREE char *rest = msk_xmalloc(CHUNK);
	struct msk_tar_entry e;
	ssize_t n;

	for (bool more = true; more;) {
		if (msk_tar_in_next(p->tar, &e, &more, err) < 0)
			return -1;
		if (more && take_entry(p, &e, err) < 0)
			return -1;
	}
	/* What follows the end of the archive belongs to the DiffID too, and behind the stream to the digest. */
	while ((n = p->plain.r.read(&p->plain.r, rest, CHUNK, err)) > 0)
		;
	while (n == 0 && (n = p->packed.r.read(&p->packed.r, rest, CHUNK, err)) > 0)
		;
	return n < 0 ? -1 : 0;
}

static int compare_paths(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Every entry once, and every parent there, here or in a layer below. */
static void check_paths(struct pass *p)
{
	struct msk_image_tree *t = p->l->tree;
	MSK_AUTO_FREE const char **all = msk_xcalloc(t->n, sizeof *all);
	MSK_AUTO_FREE const char **mine = msk_xcalloc(t->n - p->first, sizeof *mine);

	for (size_t i = 0; i < t->n; i++)
		all[i] = t->v[i].path;
	memcpy(mine, all + p->first, (t->n - p->first) * sizeof *mine);
	qsort(all, t->n, sizeof *all, compare_paths);
	qsort(mine, t->n - p->first, sizeof *mine, compare_paths);
	for (size_t i = 0; i < t->n - p->first; i++) {
		MSK_AUTO_FREE char *parent = msk_xstrdup(mine[i]);
		char *slash = strrchr(parent, '/');

		if (i && strcmp(mine[i - 1], mine[i]) == 0)
			fault(p, "is there twice", mine[i]);
		if (!slash)
			continue;
		*slash = '\0';
		if (!bsearch(&parent, all, t->n, sizeof *all, compare_paths))
			fault(p, "has no entry for its parent directory", mine[i]);
	}
}

static void check_digests(struct pass *p)
{
	struct msk_checks *c = p->l->checks;
	struct msk_digest packed, plain;

	msk_sha256_end(p->packed.hash, &packed);
	msk_sha256_end(p->plain.hash, &plain);
	if (p->packed.size != p->l->size)
		msk_checks_fail(c, MSK_E_INTEGRITY, p->what, "%s: %llu bytes, descriptor says %llu", p->l->digest,
				(unsigned long long)p->packed.size, (unsigned long long)p->l->size);
	else if (strcmp(packed.text, p->l->digest) != 0)
		msk_checks_fail(c, MSK_E_INTEGRITY, p->what, "%s: content hashes to %s", p->l->digest, packed.text);
	else if (strcmp(plain.text, p->l->diff_id) != 0)
		msk_checks_fail(c, MSK_E_INTEGRITY, p->what, "DiffID %s: content hashes to %s", p->l->diff_id, plain.text);
	else if (!p->faults)
		msk_checks_pass(c, p->what, "%s, %llu bytes plain, %zu entries", p->l->digest,
				(unsigned long long)p->plain.size, p->l->tree->n - p->first);
}

/* A blob that cannot be unpacked is first of all one whose digest is wrong, if it is. */
static int judge_failure(struct pass *p, struct msk_err *err)
{
	MSK_AUTO_FREE char *rest = msk_xmalloc(CHUNK);
	struct msk_err ignored = MSK_ERR_INIT;
	struct msk_digest packed;

	while (p->packed.r.read(&p->packed.r, rest, CHUNK, &ignored) > 0)
		;
	msk_sha256_end(p->packed.hash, &packed);
	if (ignored.code == MSK_OK && strcmp(packed.text, p->l->digest) != 0 && err->code == MSK_E_INPUT) {
		*err = (struct msk_err)MSK_ERR_INIT;
		if (p->packed.size != p->l->size)
			msk_fail(err, MSK_E_INTEGRITY, "%s: %llu bytes, descriptor says %llu", p->l->digest,
				 (unsigned long long)p->packed.size, (unsigned long long)p->l->size);
		else
			msk_fail(err, MSK_E_INTEGRITY, "%s: content hashes to %s", p->l->digest, packed.text);
	}
	return msk_checks_absorb(p->l->checks, p->what, err);
}

static int open_pass(struct pass *p, bool *found, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = msk_xasprintf("blobs/sha256/%s", p->l->digest + strlen("sha256:"));

	if (msk_source_stream(p->l->source, path, found, &p->blob, err) < 0 || !*found)
		return err->code == MSK_OK ? 0 : -1;
	hash_reader_init(&p->packed, p->blob, UINT64_MAX, p->what);
	if (msk_inflate_new(&p->packed.r, p->what, &p->inflate, err) < 0)
		return -1;
	hash_reader_init(&p->plain, msk_inflate_reader(p->inflate), MSK_MAX_LAYER, p->what);
	return msk_tar_in_new(&p->plain.r, p->what, &p->tar, err);
}

int msk_check_layer(struct msk_layer_check *l, struct msk_err *err)
{
	MSK_CLEANUP(pass_release) struct pass p = { .l = l, .first = l->tree->n };
	bool found = false;
	int rc;

	p.what = msk_xasprintf("layer %zu", l->number);
	rc = open_pass(&p, &found, err);
	if (rc == 0 && !found) {
		msk_checks_fail(l->checks, MSK_E_INTEGRITY, p.what, "%s: blob is missing", l->digest);
		return 0;
	}
	if (rc < 0 || walk_entries(&p, err) < 0)
		return p.packed.hash ? judge_failure(&p, err) : msk_checks_absorb(l->checks, p.what, err);
	check_paths(&p);
	check_digests(&p);
	return 0;
}
