#include "mkscratch/ahead.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "ahead_archive.h"
#include "mkscratch/fs.h"
#include "mkscratch/task.h"

#define CHUNK (256u << 10)

/* A file as it was when its digest was taken; size 0: none was. By what the gathering knows it by (struct msk_content), which
 * it is compared with. */
struct known {
	uint64_t dev, ino, size;
	int64_t mtime_ns;
	struct msk_digest digest;
};

struct msk_ahead {
	struct msk_task task;          /* first: the task is this */
	struct msk_strv paths;
	struct known *v;
	char *archive;                 /* NULL: none */
	struct msk_held_blobs held;
	atomic_bool stop;
};

static bool wanted(const struct stat *st)
{
	return S_ISREG(st->st_mode) && st->st_size >= MSK_AHEAD_LEAST && st->st_size <= MSK_AHEAD_MOST;
}

bool msk_ahead_wants(const char *path)
{
	struct stat st;

	return path && stat(path, &st) == 0 && wanted(&st);
}

static struct known identify(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !wanted(&st))
		return (struct known){ 0 };
	return (struct known){
		.dev = st.st_dev, .ino = st.st_ino, .size = (uint64_t)st.st_size,
		.mtime_ns = (int64_t)((uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec),
	};
}

static bool same(const struct known *a, const struct known *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size && a->mtime_ns == b->mtime_ns;
}

bool msk_hash_range(int fd, uint64_t offset, uint64_t size, const atomic_bool *stop, struct msk_digest *out)
{
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *h = msk_sha256_new();
	MSK_AUTO_FREE char *buf = msk_xmalloc(CHUNK);
	struct msk_err ignored = MSK_ERR_INIT;

	for (uint64_t done = 0; done < size;) {
		size_t want = size - done < CHUNK ? (size_t)(size - done) : CHUNK;

		if (atomic_load(stop) || msk_pread_full(fd, buf, want, offset + done, "", &ignored) != (ssize_t)want)
			return false;
		msk_sha256_add(h, buf, want);
		done += want;
	}
	msk_sha256_end(h, out);
	return true;
}

/* What cannot be read says nothing: whoever needs the file will meet the fault. Looked at before it is opened. */
static void look_at(struct msk_ahead *a, const char *path, struct known *out)
{
	MSK_AUTO_FD int fd = -1;
	struct known before, after;

	if (!msk_ahead_wants(path))
		return;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	before = fd < 0 ? (struct known){ 0 } : identify(fd);
	if (!before.size || !msk_hash_range(fd, 0, before.size, &a->stop, &before.digest))
		return;
	after = identify(fd);
	if (same(&before, &after))
		*out = before;
}

static void look_at_all(struct msk_task *t)
{
	struct msk_ahead *a = (struct msk_ahead *)t;
	MSK_AUTO_STRV digests = MSK_STRV_INIT;

	for (size_t i = 0; i < a->paths.n; i++) {
		look_at(a, a->paths.v[i], &a->v[i]);
		if (a->v[i].size)
			msk_strv_push(&digests, a->v[i].digest.text);
	}
	if (a->archive)
		msk_archive_look(a->archive, &digests, &a->stop, &a->held);
}

struct msk_ahead *msk_ahead_start(struct msk_pool *pool, const struct msk_strv *paths, const char *archive)
{
	struct msk_ahead *a = msk_xcalloc(1, sizeof *a);

	for (size_t i = 0; i < paths->n; i++)
		msk_strv_push(&a->paths, paths->v[i]);
	a->v = msk_xcalloc(paths->n ? paths->n : 1, sizeof *a->v);
	a->archive = archive ? msk_xstrdup(archive) : NULL;
	a->task.run = look_at_all;
	msk_task_start(pool, &a->task);
	return a;
}

bool msk_ahead_digest(struct msk_ahead *a, const struct msk_content *c, struct msk_digest *out)
{
	const struct known want = { .dev = c->dev, .ino = c->ino, .size = c->size, .mtime_ns = c->mtime_ns };

	if (!a || c->data || c->size < MSK_AHEAD_LEAST)
		return false;
	msk_task_join(&a->task);
	for (size_t i = 0; i < a->paths.n; i++)
		if (a->v[i].size && same(&a->v[i], &want)) {
			*out = a->v[i].digest;
			return true;
		}
	return false;
}

bool msk_ahead_holds(struct msk_ahead *a, const struct stat *st, uint64_t offset, const struct msk_digest *digest,
		     uint64_t size)
{
	if (!a || !a->archive || size < MSK_AHEAD_LEAST)
		return false;
	msk_task_join(&a->task);
	for (size_t i = 0; i < a->held.n; i++) {
		const struct msk_held *b = &a->held.v[i];

		if (b->offset == offset && b->size == size && strcmp(b->digest.text, digest->text) == 0)
			return msk_same_state(st, &a->held.st);
	}
	return false;
}

void msk_ahead_cleanup(struct msk_ahead **a)
{
	if (!*a)
		return;
	atomic_store(&(*a)->stop, true);
	msk_task_join(&(*a)->task);
	msk_strv_release(&(*a)->paths);
	free((*a)->v);
	free((*a)->archive);
	free(*a);
	*a = NULL;
}
