#include "body.h"

#include "mkscratch/fs.h"

#define READ_CHUNK (64u << 10)          /* what stays in the cache of a core until it is copied on */

/* A file of /sys may say that it has a page, and has less: it has not changed and will not. */
static int fail_short(const struct msk_content *c, int fd, uint64_t have, struct msk_err *err)
{
	if (msk_content_unchanged(c, fd, err) < 0)
		return -1;
	msk_fail(err, MSK_E_INPUT, "%s: says that it has %llu bytes, and has %llu", c->host_path,
		 (unsigned long long)c->size, (unsigned long long)have);
	return msk_hint(err, "cat %s >copy, and take that", c->host_path);
}

static int read_file(const struct msk_content *c, int fd, struct msk_body_taker *t, struct msk_err *err)
{
	MSK_AUTO_FREE char *buf = msk_xmalloc(c->size < READ_CHUNK ? (size_t)c->size : READ_CHUNK);

	for (uint64_t done = 0; done < c->size;) {
		size_t want = c->size - done < READ_CHUNK ? (size_t)(c->size - done) : READ_CHUNK;
		ssize_t got = msk_pread_full(fd, buf, want, done, c->host_path, err);

		if (got < 0)
			return -1;
		if ((size_t)got != want)
			return fail_short(c, fd, done + (uint64_t)got, err);
		if (t->take(t, buf, want, err) < 0)
			return -1;
		done += want;
	}
	return 0;
}

int msk_body_read(const struct msk_content *c, struct msk_body_taker *t, struct msk_err *err)
{
	MSK_AUTO_FD int fd = -1;

	if (c->data)
		return t->take(t, c->data, (size_t)c->size, err);
	if (msk_content_open(c, &fd, err) < 0 || read_file(c, fd, t, err) < 0)
		return -1;
	return msk_content_unchanged(c, fd, err);
}

struct into_hash {
	struct msk_body_taker t;
	struct msk_sha256 *hash;
};

static int take_for_hash(struct msk_body_taker *t, const void *p, size_t n, struct msk_err *err)
{
	(void)err;
	msk_sha256_add(((struct into_hash *)t)->hash, p, n);
	return 0;
}

int msk_body_hash(const struct msk_content *c, struct msk_sha256 *hash, struct msk_digest *out, struct msk_err *err)
{
	struct into_hash to = { { take_for_hash }, hash };

	if (msk_body_read(c, &to.t, err) < 0)
		return -1;
	msk_sha256_end(hash, out);
	return 0;
}
