#include "mkscratch/gzip_marks.h"

#include <string.h>
#include <zlib.h>

#define WINDOW  32768u
#define CHUNK   (64u << 10)
#define SPACING (256u << 10)            /* of plain bytes, as long as there are few marks */
#define TRAILER 8                     /* CRC and length behind a member */
#define WITH_HEADER (15 + 16)
#define RAW         (-15)

struct mark {
	uint64_t in, out;             /* offsets in the file and in the plain bytes */
	int bits;                     /* of the byte before `in` that are still to be read */
	unsigned char *window;        /* the bytes before it, heap; NULL at the start of the file */
};

struct msk_gzip_marks {
	struct mark v[MSK_GZIP_MARKS];
	size_t n;
	uint64_t spacing;
};

void msk_gzip_marks_free(struct msk_gzip_marks *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].window);
	free(m);
}

/* A file that is read with the decoder at a place of it. */
struct inflater {
	struct msk_reader r;          /* first: of what is resumed, the reader is this */
	struct msk_reader *from;
	const char *name;
	z_stream z;
	bool ended, raw;
	bool fresh;                   /* a member begins, which is not the first */
	size_t trailer;               /* bytes of it that are still to come */
	uint64_t in;                  /* bytes taken from the file */
	unsigned char buf[CHUNK];
};

static struct inflater *inflater_new(struct msk_reader *from, const char *name, int kind)
{
	struct inflater *f = msk_xcalloc(1, sizeof *f);

	f->from = from;
	f->name = name;
	f->raw = kind == RAW;
	if (inflateInit2(&f->z, kind) != Z_OK)
		msk_oom();
	return f;
}

static void inflater_free(struct inflater *f)
{
	inflateEnd(&f->z);
	free(f);
}

/* *more false: the file is at its end. */
static int refill(struct inflater *f, bool *more, struct msk_err *err)
{
	ssize_t n = f->z.avail_in ? 1 : f->from->read(f->from, f->buf, CHUNK, err);

	if (n < 0)
		return -1;
	*more = n > 0;
	if (n > 0 && !f->z.avail_in) {
		f->z.next_in = f->buf;
		f->z.avail_in = (uInt)n;
		f->in += (uint64_t)n;
	}
	return 0;
}

static int fail_damaged(const struct inflater *f, struct msk_err *err)
{
	return msk_fail(err, MSK_E_INPUT, "%s: cannot be decompressed (%s)", f->name,
			f->z.msg ? f->z.msg : "truncated gzip input");
}

/* Behind a member comes another one, or the end; what is neither is left alone, as others do. */
static int next_member(struct inflater *f, struct msk_err *err)
{
	bool more = true;

	f->trailer = f->raw ? TRAILER : 0;
	while (f->trailer) {
		if (refill(f, &more, err) < 0)
			return -1;
		if (!more)
			return fail_damaged(f, err);
		for (; f->trailer && f->z.avail_in; f->trailer--, f->z.avail_in--)
			f->z.next_in++;
	}
	if (refill(f, &more, err) < 0)
		return -1;
	f->ended = !more || *f->z.next_in != 0x1f;
	f->fresh = !f->ended;
	f->raw = false;
	return inflateReset2(&f->z, WITH_HEADER) == Z_OK ? 0 : fail_damaged(f, err);
}

/* Once: a block, or what there is room for. */
static int step(struct inflater *f, int flush, struct msk_err *err)
{
	bool more;
	int rc;

	if (refill(f, &more, err) < 0)
		return -1;
	if (!more)
		return fail_damaged(f, err);
	f->fresh = false;
	rc = inflate(&f->z, flush);
	if (rc == Z_STREAM_END)
		return next_member(f, err);
	return rc == Z_OK || rc == Z_BUF_ERROR ? 0 : fail_damaged(f, err);
}

/* Every other one goes when there is no room for more. Where blocks are large they are farther apart than was asked for. */
static void thin_out(struct msk_gzip_marks *m)
{
	uint64_t apart = m->v[m->n - 1].out / (MSK_GZIP_MARKS / 2);
	size_t kept = 0;

	for (size_t i = 0; i < m->n; i++) {
		if (i % 2)
			free(m->v[i].window);
		else
			m->v[kept++] = m->v[i];
	}
	m->n = kept;
	m->spacing = apart > 2 * m->spacing ? apart : 2 * m->spacing;
}

static struct mark *add_mark(struct msk_gzip_marks *m, const struct inflater *f, uint64_t out)
{
	if (m->n == MSK_GZIP_MARKS)
		thin_out(m);
	m->v[m->n] = (struct mark){ f->in - f->z.avail_in, out, 0, NULL };
	return &m->v[m->n++];
}

/* `ring` holds the last bytes, the newest before `at`. */
static void add_mark_within(struct msk_gzip_marks *m, const struct inflater *f, uint64_t out, const unsigned char *ring,
			    size_t at)
{
	struct mark *to = add_mark(m, f, out);

	to->bits = f->z.data_type & 7;
	to->window = msk_xmalloc(WINDOW);
	memcpy(to->window, ring + at, WINDOW - at);
	memcpy(to->window + WINDOW - at, ring, at);
}

/* zlib tells so behind a block that is not the last of its member (inflate(), Z_BLOCK). */
static bool is_between_blocks(const z_stream *z)
{
	return (z->data_type & 128) && !(z->data_type & 64);
}

static int take_marks(struct msk_gzip_marks *m, struct inflater *f, struct msk_err *err)
{
	MSK_AUTO_FREE unsigned char *ring = msk_xcalloc(WINDOW, 1);
	uint64_t out = 0;

	f->z.avail_out = 0;
	while (!f->ended) {
		uInt before;

		if (f->z.avail_out == 0) {
			f->z.next_out = ring;
			f->z.avail_out = WINDOW;
		}
		before = f->z.avail_out;
		if (step(f, Z_BLOCK, err) < 0)
			return -1;
		out += before - f->z.avail_out;
		if (out - m->v[m->n - 1].out < m->spacing)
			continue;
		if (f->fresh)
			add_mark(m, f, out);
		else if (is_between_blocks(&f->z))
			add_mark_within(m, f, out, ring, WINDOW - f->z.avail_out);
	}
	return 0;
}

struct msk_gzip_marks *msk_gzip_marks_new(struct msk_reader *from)
{
	struct msk_gzip_marks *m = msk_xcalloc(1, sizeof *m);
	struct inflater *f = inflater_new(from, "", WITH_HEADER);
	struct msk_err ignored = MSK_ERR_INIT;

	m->n = 1;
	m->spacing = SPACING;
	if (take_marks(m, f, &ignored) < 0) {
		msk_gzip_marks_free(m);
		m = NULL;
	}
	inflater_free(f);
	return m;
}

static const struct mark *before(const struct msk_gzip_marks *m, uint64_t position)
{
	size_t i = m->n - 1;

	while (m->v[i].out > position)
		i--;
	return &m->v[i];
}

uint64_t msk_gzip_marks_offset(const struct msk_gzip_marks *m, uint64_t position)
{
	const struct mark *at = before(m, position);

	return at->in - (at->bits ? 1 : 0);
}

uint64_t msk_gzip_marks_lost(const struct msk_gzip_marks *m, uint64_t position)
{
	return position - before(m, position)->out;
}

static ssize_t resumed_read(struct msk_reader *r, void *p, size_t n, struct msk_err *err)
{
	struct inflater *f = (struct inflater *)r;

	f->z.next_out = p;
	f->z.avail_out = (uInt)(n < CHUNK ? n : CHUNK);
	n = f->z.avail_out;
	while (f->z.avail_out && !f->ended)
		if (step(f, Z_NO_FLUSH, err) < 0)
			return -1;
	return (ssize_t)(n - f->z.avail_out);
}

/* The decoder as it was at the mark. */
static int restore(struct inflater *f, const struct mark *at, struct msk_err *err)
{
	bool more = true;

	if (at->bits) {
		if (refill(f, &more, err) < 0)
			return -1;
		if (!more)
			return fail_damaged(f, err);
		inflatePrime(&f->z, at->bits, *f->z.next_in >> (8 - at->bits));
		f->z.next_in++;
		f->z.avail_in--;
	}
	return !at->window || inflateSetDictionary(&f->z, at->window, WINDOW) == Z_OK ? 0 : fail_damaged(f, err);
}

static int skip(struct inflater *f, uint64_t n, struct msk_err *err)
{
	MSK_AUTO_FREE unsigned char *buf = msk_xmalloc(CHUNK);

	while (n) {
		ssize_t got = resumed_read(&f->r, buf, n < CHUNK ? (size_t)n : CHUNK, err);

		if (got < 0)
			return -1;
		if (got == 0)
			return fail_damaged(f, err);
		n -= (uint64_t)got;
	}
	return 0;
}

int msk_gzip_resume(const struct msk_gzip_marks *m, uint64_t position, struct msk_reader *from, const char *name,
		    struct msk_reader **out, struct msk_err *err)
{
	const struct mark *at = before(m, position);
	struct inflater *f = inflater_new(from, name, at->window ? RAW : WITH_HEADER);

	f->r.read = resumed_read;
	if (restore(f, at, err) < 0 || skip(f, position - at->out, err) < 0) {
		inflater_free(f);
		return -1;
	}
	*out = &f->r;
	return 0;
}

void msk_gzip_resumed_free(struct msk_reader *r)
{
	if (r)
		inflater_free((struct inflater *)r);
}
