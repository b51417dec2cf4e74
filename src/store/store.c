#include "mkscratch/store.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

#include "mkscratch/fs.h"
#include "mkscratch/staging.h"

#define COPY_CHUNK (256u << 10)
/* How much is written before the disk is asked to begin with it: by the end little is left to wait for, while to ask takes
 * as long as to write 100 KiB. Of whole pages, as what it has begun with and is written to again it gets twice. */
#define PUSH_CHUNK (256u << 10)
#define PAGE       4096u

/* A blob lies in memory as a whole or in the stage as a whole. */
struct blob {
	struct msk_digest digest;
	uint64_t size, offset;         /* offset: in the stage */
	struct msk_str bytes;
	bool staged;
};

struct msk_store {
	struct msk_hash_writer hash;   /* first: what msk_store_begin gives out */
	struct msk_writer keep;        /* behind it: into memory or the stage */
	struct blob *v;                /* in the order in which they came */
	size_t n, cap;
	struct blob current;
	uint64_t in_memory, pushed;
	struct msk_stage own, *stage;
	int own_fd;                    /* of the own stage: an unnamed file, once there is need of one */
};

static struct msk_store *of_keeper(struct msk_writer *w)
{
	return (struct msk_store *)((char *)w - offsetof(struct msk_store, keep));
}

static int open_own(struct msk_store *s, struct msk_err *err)
{
	if (s->stage->file || s->own_fd >= 0)
		return 0;
	return msk_staging_file(&s->own_fd, err);
}

static int write_at(const struct msk_store *s, const void *p, size_t n, uint64_t offset, struct msk_err *err)
{
	if (s->stage->file)
		return msk_outfile_write(s->stage->file, p, n, offset, err);
	return msk_pwrite_full(s->own_fd, p, n, offset, s->stage->name, err);
}

static ssize_t read_at(const struct msk_store *s, void *p, size_t n, uint64_t offset, struct msk_err *err)
{
	if (s->stage->file)
		return msk_outfile_read(s->stage->file, p, n, offset, err);
	return msk_pread_full(s->own_fd, p, n, offset, s->stage->name, err);
}

static int write_staged(struct msk_store *s, const void *p, size_t n, struct msk_err *err)
{
	struct blob *b = &s->current;
	uint64_t end = b->offset + b->size + n;

	if (write_at(s, p, n, b->offset + b->size, err) < 0)
		return s->stage->kept ? msk_more(err, "%s", s->stage->kept) : -1;
	b->size += n;
	if (s->stage->file && end - s->pushed >= PUSH_CHUNK) {
		end -= end % PAGE;
		msk_outfile_push(s->stage->file, s->pushed, end - s->pushed);
		s->pushed = end;
	}
	return 0;
}

/* Let the blob under way lie in the stage, with what there is of it. */
static int move_to_stage(struct msk_store *s, struct msk_err *err)
{
	struct blob *b = &s->current;
	MSK_AUTO_STR bytes = b->bytes;

	if (open_own(s, err) < 0)
		return -1;
	b->bytes = (struct msk_str)MSK_STR_INIT;
	b->staged = true;
	b->offset = s->stage->next + s->stage->head;
	s->in_memory -= bytes.len;
	return write_staged(s, bytes.buf, bytes.len, err);
}

static bool has_room(const struct msk_store *s, size_t n)
{
	return s->stage == &s->own && s->in_memory + n <= MSK_STORE_MEMORY;
}

static int keep_bytes(struct msk_writer *w, const void *p, size_t n, struct msk_err *err)
{
	struct msk_store *s = of_keeper(w);
	struct blob *b = &s->current;

	if (!b->staged && !has_room(s, n) && move_to_stage(s, err) < 0)
		return -1;
	if (b->staged)
		return write_staged(s, p, n, err);
	msk_str_add(&b->bytes, p, n);
	s->in_memory += n;
	return 0;
}

static int keep_finish(struct msk_writer *w, struct msk_err *err)
{
	(void)w;
	(void)err;
	return 0;
}

struct msk_store *msk_store_new(void)
{
	struct msk_store *s = msk_xcalloc(1, sizeof *s);

	s->own_fd = -1;
	s->own = (struct msk_stage){ .align = 1, .name = "staging file" };
	s->stage = &s->own;
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
	msk_cleanup_fd(&s->own_fd);
	free(s);
}

void msk_store_cleanup(struct msk_store **s)
{
	msk_store_free(*s);
}

void msk_store_stage_in(struct msk_store *s, struct msk_stage *stage)
{
	assert(!s->n);
	s->stage = stage;
	s->pushed = stage->next;
}

struct msk_writer *msk_store_begin_known(struct msk_store *s)
{
	assert(!s->current.bytes.len && !s->current.staged);
	return &s->keep;
}

struct msk_writer *msk_store_begin(struct msk_store *s)
{
	msk_store_begin_known(s);
	s->hash.size = 0;
	return &s->hash.w;
}

/* There are few. */
static const struct blob *find(const struct msk_store *s, const struct msk_digest *d)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i].digest.text, d->text) == 0)
			return &s->v[i];
	return NULL;
}

static void add(struct msk_store *s, const struct blob *b)
{
	MSK_GROW(s->v, s->n, s->cap);
	s->v[s->n++] = *b;
	if (b->staged)
		s->stage->next = (b->offset + b->size + s->stage->align - 1) / s->stage->align * s->stage->align;
}

/* What is in front tells soon that it is another blob. */
static bool is_named_at(const struct msk_store *s, uint64_t offset, const struct msk_digest *digest)
{
	MSK_AUTO_FREE char *head = msk_xmalloc(s->stage->head + 1);
	const char *hex = digest->text + strlen("sha256:");
	struct msk_err ignored = MSK_ERR_INIT;
	ssize_t n = read_at(s, head, s->stage->head, offset - s->stage->head, &ignored);

	return n > 0 && memmem(head, (size_t)n, hex, strlen(hex));
}

/* Read it in pieces: `hash` is of all, `w` gets all; either may be NULL. Fails: MSK_E_IO, also where the stage ends early. */
static int read_staged(const struct msk_store *s, const struct blob *b, struct msk_sha256 *hash, struct msk_writer *w,
		       struct msk_err *err)
{
	MSK_AUTO_FREE char *buf = msk_xmalloc(COPY_CHUNK);

	for (uint64_t done = 0; done < b->size;) {
		size_t want = b->size - done < COPY_CHUNK ? (size_t)(b->size - done) : COPY_CHUNK;
		ssize_t got = read_at(s, buf, want, b->offset + done, err);

		if (got < 0)
			return -1;
		if ((size_t)got != want)
			return msk_fail(err, MSK_E_IO, "%s: ends early (%llu of %llu bytes)", s->stage->name,
					(unsigned long long)(done + (size_t)got), (unsigned long long)b->size);
		if (hash)
			msk_sha256_add(hash, buf, want);
		if (w && msk_writer_write(w, buf, want, err) < 0)
			return -1;
		done += want;
	}
	return 0;
}

/* `w` may be NULL. *same: do the bytes hash to its digest? */
static int read_hashed(const struct msk_store *s, const struct blob *b, struct msk_writer *w, bool *same, struct msk_err *err)
{
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *hash = msk_sha256_new();
	struct msk_digest got;

	if (read_staged(s, b, hash, w, err) < 0)
		return -1;
	msk_sha256_end(hash, &got);
	*same = strcmp(got.text, b->digest.text) == 0;
	return 0;
}

static bool is_at(const struct msk_store *s, uint64_t offset, uint64_t size, const struct msk_digest *want)
{
	const struct blob b = { .digest = *want, .size = size, .offset = offset };
	struct msk_err ignored = MSK_ERR_INIT;
	bool same;

	return read_hashed(s, &b, NULL, &same, &ignored) == 0 && same;
}

const struct stat *msk_store_older(const struct msk_store *s, uint64_t *offset)
{
	*offset = s->stage->next + s->stage->head;
	return s->stage->file && msk_outfile_stays(s->stage->file) ? &s->stage->file->was : NULL;
}

bool msk_store_adopt(struct msk_store *s, const struct msk_digest *digest, uint64_t size, bool hashed)
{
	uint64_t offset;

	assert(!s->current.bytes.len && !s->current.staged);
	if (!msk_store_older(s, &offset) ||
	    (!hashed && (!is_named_at(s, offset, digest) || !is_at(s, offset, size, digest))))
		return false;
	msk_outfile_claim(s->stage->file, size, offset);
	s->current.staged = true;
	s->current.offset = offset;
	s->current.size = size;
	return true;
}

/* In the stage the bytes are simply written over by the next blob. */
static void forget(struct msk_store *s)
{
	if (s->current.staged && s->pushed > s->current.offset)
		s->pushed = s->current.offset;
	s->in_memory -= s->current.bytes.len;
	msk_str_release(&s->current.bytes);
}

void msk_store_abandon(struct msk_store *s)
{
	forget(s);
	s->current = (struct blob){ .bytes = MSK_STR_INIT };
}

int msk_store_end_known(struct msk_store *s, const struct msk_digest *digest, uint64_t size, struct msk_err *err)
{
	struct blob *b = &s->current;

	/* A stage holds also what is empty. */
	if (s->stage != &s->own && !b->staged && move_to_stage(s, err) < 0)
		return -1;
	assert(size == (b->staged ? b->size : b->bytes.len));
	b->digest = *digest;
	b->size = size;
	if (!find(s, &b->digest))
		add(s, b);
	else
		forget(s);
	*b = (struct blob){ .bytes = MSK_STR_INIT };
	return 0;
}

int msk_store_end(struct msk_store *s, struct msk_digest *digest, uint64_t *size, struct msk_err *err)
{
	*digest = s->hash.digest;
	*size = s->hash.size;
	return msk_store_end_known(s, digest, *size, err);
}

int msk_store_put(struct msk_store *s, const void *p, size_t n, struct msk_digest *digest, struct msk_err *err)
{
	struct msk_writer *w = msk_store_begin(s);
	uint64_t size;

	if (msk_writer_write(w, p, n, err) < 0 || msk_writer_finish(w, err) < 0)
		return -1;
	return msk_store_end(s, digest, &size, err);
}

static int send_checked(struct msk_store *s, const struct blob *b, struct msk_writer *w, struct msk_err *err)
{
	bool same;

	if (read_hashed(s, b, w, &same, err) < 0)
		return -1;
	if (same)
		return 0;
	msk_fail(err, MSK_E_IO, "%s: changed while it was being written", s->stage->name);
	return msk_hint(err, "another program writes to it: run again when that is done");
}

int msk_store_send(struct msk_store *s, const struct msk_digest *digest, struct msk_writer *w, struct msk_err *err)
{
	const struct blob *b = find(s, digest);

	assert(b);
	if (b->staged && s->stage->file && msk_outfile_shared(s->stage->file))
		return send_checked(s, b, w, err);
	if (b->staged)
		return read_staged(s, b, NULL, w, err);
	return msk_writer_write(w, b->bytes.buf, b->bytes.len, err);
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

uint64_t msk_store_offset(const struct msk_store *s, size_t i)
{
	assert(i < s->n && s->v[i].staged);
	return s->v[i].offset;
}
