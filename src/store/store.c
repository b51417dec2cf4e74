#include "mkscratch/store.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "mkscratch/fs.h"
#include "mkscratch/tempfile.h"

#define STAGING "staging file"
#define COPY_CHUNK (256u << 10)

/* A blob lies in memory as a whole or in the staging file as a whole. */
struct blob {
	struct msk_digest digest;
	uint64_t size, offset;         /* offset: in the staging file */
	struct msk_str bytes;
	bool staged;
};

struct msk_store {
	struct msk_hash_writer hash;   /* first: what msk_store_begin gives out */
	struct msk_writer keep;        /* behind it: into memory or the file */
	const char *const *dirs;
	struct blob *v;                /* sorted by digest */
	size_t n, cap;
	struct blob current;
	uint64_t in_memory, file_end;
	int fd;
};

static struct msk_store *of_keeper(struct msk_writer *w)
{
	return (struct msk_store *)((char *)w - offsetof(struct msk_store, keep));
}

static int write_at(struct msk_store *s, const void *p, size_t n, uint64_t offset, struct msk_err *err)
{
	const char *from = p;

	while (n) {
		ssize_t put = pwrite(s->fd, from, n, (off_t)offset);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return msk_fail_sys(err, put < 0 ? errno : EIO, STAGING ": write failed");
		from += put;
		offset += (uint64_t)put;
		n -= (size_t)put;
	}
	return 0;
}

/* The blob under way outgrows what may stay in memory: move what there is of it to the file. */
static int spill(struct msk_store *s, struct msk_err *err)
{
	struct blob *b = &s->current;

	if (s->fd < 0 && msk_tempfile_anonymous(s->dirs, &s->fd, err) < 0)
		return -1;
	b->staged = true;
	b->offset = s->file_end;
	if (write_at(s, b->bytes.buf, b->bytes.len, b->offset, err) < 0)
		return -1;
	s->in_memory -= b->bytes.len;
	b->size = b->bytes.len;
	msk_str_release(&b->bytes);
	return 0;
}

static int keep_bytes(struct msk_writer *w, const void *p, size_t n, struct msk_err *err)
{
	struct msk_store *s = of_keeper(w);
	struct blob *b = &s->current;

	if (!b->staged && s->in_memory + n > MSK_STORE_MEMORY && spill(s, err) < 0)
		return -1;
	if (!b->staged) {
		msk_str_add(&b->bytes, p, n);
		s->in_memory += n;
		return 0;
	}
	if (write_at(s, p, n, b->offset + b->size, err) < 0)
		return -1;
	b->size += n;
	return 0;
}

static int keep_finish(struct msk_writer *w, struct msk_err *err)
{
	(void)w;
	(void)err;
	return 0;
}

struct msk_store *msk_store_new(const char *const *dirs)
{
	struct msk_store *s = msk_xcalloc(1, sizeof *s);

	s->dirs = dirs;
	s->fd = -1;
	s->keep = (struct msk_writer){ keep_bytes, keep_finish };
	msk_hash_writer_init(&s->hash, &s->keep);
	return s;
}

void msk_store_free(struct msk_store *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->n; i++)
		msk_str_release(&s->v[i].bytes);
	free(s->v);
	msk_str_release(&s->current.bytes);
	msk_hash_writer_release(&s->hash);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

void msk_store_cleanup(struct msk_store **s)
{
	msk_store_free(*s);
}

struct msk_writer *msk_store_begin(struct msk_store *s)
{
	assert(!s->current.bytes.len && !s->current.staged);
	s->hash.size = 0;
	return &s->hash.w;
}

/* Where a digest stands or would stand. */
static size_t place(const struct msk_store *s, const struct msk_digest *d, bool *found)
{
	size_t lo = 0, hi = s->n;

	*found = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(d->text, s->v[mid].digest.text);

		if (c == 0) {
			*found = true;
			return mid;
		}
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

static void insert(struct msk_store *s, size_t at, const struct blob *b)
{
	MSK_GROW(s->v, s->n, s->cap);
	memmove(s->v + at + 1, s->v + at, (s->n - at) * sizeof *s->v);
	s->v[at] = *b;
	s->n++;
}

int msk_store_end(struct msk_store *s, struct msk_digest *digest, uint64_t *size, struct msk_err *err)
{
	struct blob *b = &s->current;
	bool found;
	size_t at;

	(void)err;
	b->digest = s->hash.digest;
	b->size = s->hash.size;
	at = place(s, &b->digest, &found);
	if (found) {
		/* In the file the bytes of a double are simply written over by the next blob. */
		s->in_memory -= b->bytes.len;
		msk_str_release(&b->bytes);
	} else {
		if (b->staged)
			s->file_end = b->offset + b->size;
		insert(s, at, b);
	}
	*digest = b->digest;
	*size = b->size;
	*b = (struct blob){ .bytes = MSK_STR_INIT };
	return 0;
}

int msk_store_put(struct msk_store *s, const void *p, size_t n, struct msk_digest *digest, struct msk_err *err)
{
	struct msk_writer *w = msk_store_begin(s);
	uint64_t size;

	if (msk_writer_write(w, p, n, err) < 0 || msk_writer_finish(w, err) < 0)
		return -1;
	return msk_store_end(s, digest, &size, err);
}

static int send_staged(struct msk_store *s, const struct blob *b, struct msk_writer *w, struct msk_err *err)
{
	MSK_AUTO_FREE char *buf = msk_xmalloc(COPY_CHUNK);

	for (uint64_t done = 0; done < b->size;) {
		size_t want = b->size - done < COPY_CHUNK ? (size_t)(b->size - done) : COPY_CHUNK;
		ssize_t got = msk_pread_full(s->fd, buf, want, b->offset + done, STAGING, err);

		if (got < 0)
			return -1;
		if ((size_t)got != want)
			return msk_fail(err, MSK_E_IO, STAGING ": ends early (%llu of %llu bytes)",
					(unsigned long long)(done + (size_t)got), (unsigned long long)b->size);
		if (msk_writer_write(w, buf, want, err) < 0)
			return -1;
		done += want;
	}
	return 0;
}

int msk_store_send(struct msk_store *s, const struct msk_digest *digest, struct msk_writer *w, struct msk_err *err)
{
	bool found;
	size_t at = place(s, digest, &found);

	assert(found);
	if (s->v[at].staged)
		return send_staged(s, &s->v[at], w, err);
	return msk_writer_write(w, s->v[at].bytes.buf, s->v[at].bytes.len, err);
}

size_t msk_store_count(const struct msk_store *s)
{
	return s->n;
}

void msk_store_at(const struct msk_store *s, size_t i, struct msk_digest *digest, uint64_t *size)
{
	assert(i < s->n);
	*digest = s->v[i].digest;
	*size = s->v[i].size;
}
