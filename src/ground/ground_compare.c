/* Which files of an image its ground has already. */
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "ground.h"
#include "mkscratch/fs.h"

#define CHUNK (256u << 10)

struct comparison {
	struct msk_rootfs *fs;
	const struct msk_log *log;
	msk_layer_visitor *left;       /* may be NULL */
	void *ctx;
};

/* The entry that may be the same file; NULL when there is none. */
static const struct msk_entry *counterpart(const struct comparison *c, const char *plain)
{
	MSK_AUTO_FREE char *path = msk_xasprintf("/%s", plain);
	const struct msk_entry *e = msk_rootfs_find(c->fs, path);

	return e && e->type == MSK_FILE ? e : NULL;
}

static int hash_theirs(struct msk_layer_reader *r, struct msk_digest *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *h = msk_sha256_new();
	MSK_AUTO_FREE char *buf = msk_xmalloc(CHUNK);
	ssize_t n;

	while ((n = msk_layer_reader_data(r, buf, CHUNK, err)) > 0)
		msk_sha256_add(h, buf, (size_t)n);
	msk_sha256_end(h, out);
	return n < 0 ? -1 : 0;
}

static int hash_ours(const struct msk_content *c, struct msk_digest *out, struct msk_err *err)
{
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *h = msk_sha256_new();
	MSK_AUTO_FREE char *buf = NULL;
	MSK_AUTO_FD int fd = -1;
	ssize_t n = 0;

	if (c->data) {
		msk_digest_of(c->data, (size_t)c->size, out);
		return 0;
	}
	buf = msk_xmalloc(CHUNK);
	if (msk_content_open(c, &fd, err) < 0)
		return -1;
	while ((n = msk_read_full(fd, buf, CHUNK, c->host_path, err)) > 0)
		msk_sha256_add(h, buf, (size_t)n);
	msk_sha256_end(h, out);
	return n < 0 ? -1 : 0;
}

/* No entry of ours is there. */
static int show_left(const struct comparison *c, const struct msk_layer_entry *entry, struct msk_err *err)
{
	MSK_AUTO_FREE char *path = msk_xasprintf("/%s", entry->path);

	return c->left && !msk_rootfs_covers(c->fs, path) ? c->left(c->ctx, entry, err) : 0;
}

static int compare(void *ctx, const struct msk_layer_entry *entry, struct msk_err *err)
{
	const struct comparison *c = ctx;
	const struct msk_tar_entry *te = entry->e;
	const struct msk_entry *e = te->type == MSK_TAR_FILE ? counterpart(c, entry->path) : NULL;
	struct msk_digest ours, theirs;
	bool same = false;

	if (!e)
		return show_left(c, entry, err);
	if (te->size == e->body.size) {
		if (hash_theirs(entry->r, &theirs, err) < 0 || hash_ours(&e->body, &ours, err) < 0)
			return -1;
		same = strcmp(ours.text, theirs.text) == 0;
	}
	if (same && (te->mode & 07777) == e->mode && te->uid == e->uid && te->gid == e->gid && te->caps == e->caps)
		msk_rootfs_keep_below(c->fs, e->path);
	else if (!same && e->yields)
		msk_warn(c->log, "%s: takes the place of another file of the base", e->path);
	return 0;
}

int msk_ground_compare(const struct msk_ground *g, struct msk_rootfs *fs, const struct msk_log *log,
		       msk_layer_visitor *left, void *ctx, struct msk_err *err)
{
	struct comparison c = { .fs = fs, .log = log, .left = left, .ctx = ctx };

	return msk_source_image_visit(g->images, g->image, &g->tree, compare, &c, err);
}
