/* The codecs: what comes out is one gzip member or a run of zstd frames, decodes to what went in, and depends on
 * nothing but the input, the codec and the level. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <libdeflate.h>
#include <pthread.h>
#include <zstd.h>

#include "../../src/codec/block_codec.h"
#include "../../src/codec/cut.h"
#include "../../src/codec/deflate_end.h"
#include "mkscratch/compress.h"
#include "mkscratch/str.h"

struct sink {
	struct msk_writer w;
	struct msk_str bytes;
	size_t fail_after;
};

static int sink_write(struct msk_writer *w, const void *p, size_t n, struct msk_err *err)
{
	struct sink *s = (struct sink *)w;

	if (s->fail_after && s->bytes.len + n > s->fail_after)
		return msk_fail(err, MSK_E_IO, "sink: full");
	msk_str_add(&s->bytes, p, n);
	return 0;
}

static int sink_finish(struct msk_writer *w, struct msk_err *err)
{
	(void)w;
	(void)err;
	return 0;
}

#define SINK_INIT { { sink_write, sink_finish }, MSK_STR_INIT, 0 }

enum pattern { ZEROS, NOISE, TEXT, PATTERNS };

static unsigned char *make_input(enum pattern pattern, size_t n)
{
	unsigned char *p = msk_xmalloc(n);
	uint32_t x = 12345;

	for (size_t i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		p[i] = pattern == ZEROS ? 0 : pattern == NOISE ? (unsigned char)(x >> 24) :
		       (unsigned char)("etaoin shrdlu\n"[(x >> 28) % 14] + (i % 97 == 0));
	}
	return p;
}

/* A part whose bytes go to a sink. */
struct stream {
	struct msk_part part;
	struct sink *to;
	bool closed;
};

static int stream_open(struct msk_part *p, struct msk_writer **to, struct msk_err *err)
{
	(void)err;
	*to = &((struct stream *)p)->to->w;
	return 0;
}

static int stream_close(struct msk_part *p, struct msk_err *err)
{
	(void)err;
	((struct stream *)p)->closed = true;
	return 0;
}

#define STREAM(sink) { { .open = stream_open, .close = stream_close }, sink, false }

static void feed(struct msk_compressor *c, struct stream *s, const unsigned char *p, size_t n, size_t step)
{
	struct msk_writer *w = msk_compressor_begin(c, &s->part);
	struct msk_err err = MSK_ERR_INIT;

	for (size_t at = 0; at < n; at += step)
		assert_int_equal(msk_writer_write(w, p + at, n - at < step ? n - at : step, &err), 0);
	assert_int_equal(msk_writer_finish(w, &err), 0);
}

static void compress(struct msk_codec_spec codec, unsigned jobs, const unsigned char *p, size_t n, size_t step,
		     struct sink *to)
{
	MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(jobs);
	const struct msk_compress_args args = { .codec = codec, .pool = pool, .paranoid = true };
	MSK_CLEANUP(msk_compressor_cleanup) struct msk_compressor *c = NULL;
	struct stream s = STREAM(to);
	struct msk_err err = MSK_ERR_INIT;
	struct msk_digest digest;

	assert_int_equal(msk_compressor_new(&args, &c, &err), 0);
	feed(c, &s, p, n, step);
	assert_int_equal(msk_compressor_finish(c, &err), 0);
	assert_true(s.closed);
	msk_digest_of(p, n, &digest);
	assert_string_equal(s.part.digest.text, digest.text);
	assert_int_equal(s.part.size, n);
}

static void assert_gunzips_to(const struct msk_str *gz, const unsigned char *p, size_t n)
{
	struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
	MSK_AUTO_FREE unsigned char *out = msk_xmalloc(n + 1);
	size_t used, made;

	assert_int_equal(libdeflate_gzip_decompress_ex(d, gz->buf, gz->len, out, n + 1, &used, &made), LIBDEFLATE_SUCCESS);
	assert_int_equal(used, gz->len);   /* one member, nothing behind it */
	assert_int_equal(made, n);
	assert_memory_equal(out, p, n);
	libdeflate_free_decompressor(d);
}

static void gzip_is_one_member_that_decodes_to_the_input(void **state)
{
	static const size_t sizes[] = { 0, 1, 511, MSK_BLOCK_SIZE - 1, MSK_BLOCK_SIZE, MSK_BLOCK_SIZE + 1,
					3 * MSK_BLOCK_SIZE + 17 };

	(void)state;
	for (int pattern = 0; pattern < PATTERNS; pattern++)
		for (int level = 1; level <= 12; level += pattern == TEXT ? 1 : 5)
			for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
				MSK_AUTO_FREE unsigned char *p = make_input(pattern, sizes[i]);
				struct sink to = SINK_INIT;

				if (level > 9 && sizes[i] > MSK_BLOCK_SIZE + 1)
					continue;   /* slow, and nothing new */
				compress((struct msk_codec_spec){ MSK_CODEC_GZIP, level }, 2, p, sizes[i], 65536, &to);
				assert_gunzips_to(&to.bytes, p, sizes[i]);
				msk_str_release(&to.bytes);
			}
}

static void gzip_header_says_nothing_of_the_host(void **state)
{
	static const unsigned char header[10] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255 };
	struct sink to = SINK_INIT;

	(void)state;
	compress((struct msk_codec_spec){ MSK_CODEC_GZIP, 9 }, 1, header, sizeof header, 1, &to);
	assert_memory_equal(to.bytes.buf, header, sizeof header);
	msk_str_release(&to.bytes);
}

static void bytes_depend_on_neither_threads_nor_writes(void **state)
{
	static const struct msk_codec_spec codecs[] = { { MSK_CODEC_GZIP, 3 }, { MSK_CODEC_GZIP, 5 }, { MSK_CODEC_ZSTD, 3 } };
	size_t n = 5 * MSK_BLOCK_SIZE + 4321;
	MSK_AUTO_FREE unsigned char *p = make_input(TEXT, n);

	(void)state;
	for (size_t i = 0; i < sizeof codecs / sizeof *codecs; i++) {
		const struct msk_codec_spec codec = codecs[i];
		struct sink one = SINK_INIT;

		compress(codec, 1, p, n, n, &one);
		for (unsigned jobs = 2; jobs <= 64; jobs *= 2) {
			struct sink other = SINK_INIT;

			compress(codec, jobs, p, n, 1000 * jobs + 1, &other);
			assert_int_equal(one.bytes.len, other.bytes.len);
			assert_memory_equal(one.bytes.buf, other.bytes.buf, one.bytes.len);
			msk_str_release(&other.bytes);
		}
		msk_str_release(&one.bytes);
	}
}

/* What a cache may be asked for: the compressor of our own by its name, a library by its build. */
static void each_level_has_a_maker_and_an_identity(void **state)
{
	struct msk_str seen[13] = { MSK_STR_INIT };
	const struct msk_codec_spec zstd = { MSK_CODEC_ZSTD, 3 }, none = { MSK_CODEC_NONE, 0 };

	(void)state;
	for (int level = 1; level <= 12; level++) {
		const struct msk_codec_spec codec = { MSK_CODEC_GZIP, level };
		const bool own = level <= 7;
		const char *maker = own ? "mkscratch deflate 1" : "libdeflate " LIBDEFLATE_VERSION_STRING;

		assert_int_equal(msk_codec_is_own(&codec), own);
		assert_string_equal(msk_codec_maker(&codec), maker);
		assert_true(msk_codec_identity(&codec, &seen[level]));
		assert_int_equal(strstr(msk_str_c(&seen[level]), ", mkscratch deflate 1 ") != NULL, own);
		assert_int_equal(strstr(msk_str_c(&seen[level]), ", library ") != NULL, !own);
		for (int other = 1; other < level; other++)
			assert_string_not_equal(msk_str_c(&seen[level]), msk_str_c(&seen[other]));
	}
	for (int level = 1; level <= 12; level++)
		msk_str_release(&seen[level]);
	assert_false(msk_codec_is_own(&zstd));
	assert_string_equal(msk_codec_maker(&zstd), "libzstd " ZSTD_VERSION_STRING);
	assert_false(msk_codec_is_own(&none));
	assert_null(msk_codec_maker(&none));
	assert_false(msk_codec_identity(&none, &seen[0]));
}

static void zstd_frames_carry_size_and_checksum(void **state)
{
	size_t n = 2 * MSK_BLOCK_SIZE + 5, at = 0, frames = 0, sum = 0;
	MSK_AUTO_FREE unsigned char *p = make_input(TEXT, n);
	MSK_AUTO_FREE unsigned char *out = msk_xmalloc(n);
	struct sink to = SINK_INIT;

	(void)state;
	compress((struct msk_codec_spec){ MSK_CODEC_ZSTD, 3 }, 2, p, n, 100000, &to);
	assert_int_equal(ZSTD_decompress(out, n, to.bytes.buf, to.bytes.len), n);
	assert_memory_equal(out, p, n);
	for (; at < to.bytes.len; frames++) {
		const char *frame = to.bytes.buf + at;

		sum += ZSTD_getFrameContentSize(frame, to.bytes.len - at);
		assert_in_range(ZSTD_getFrameContentSize(frame, to.bytes.len - at), sum == n ? 1 : MSK_CUT_MIN, MSK_BLOCK_SIZE);
		assert_true(frame[4] & 4);   /* RFC 8878, 3.1.1.1.1: Content_Checksum_flag */
		at += ZSTD_findFrameCompressedSize(frame, to.bytes.len - at);
	}
	assert_int_equal(sum, n);
	assert_true(frames >= 3);
	msk_str_release(&to.bytes);
}

static void none_passes_the_bytes(void **state)
{
	struct sink to = SINK_INIT;

	(void)state;
	compress((struct msk_codec_spec){ MSK_CODEC_NONE, 0 }, 0, (const unsigned char *)"hello", 5, 2, &to);
	assert_int_equal(to.bytes.len, 5);
	assert_memory_equal(to.bytes.buf, "hello", 5);
	msk_str_release(&to.bytes);
}

static void parts_share_the_threads_and_come_in_order(void **state)
{
	static const size_t sizes[] = { 3 * MSK_BLOCK_SIZE, 0, 17, MSK_BLOCK_SIZE + 1 };
	MSK_AUTO_FREE unsigned char *p = make_input(TEXT, sizes[0]);

	(void)state;
	for (int kind = MSK_CODEC_GZIP; kind <= MSK_CODEC_NONE; kind++)
		for (unsigned jobs = 1; jobs <= 4; jobs++) {
			MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(jobs);
			const struct msk_compress_args args = { .codec = { kind, 2 }, .pool = pool };
			MSK_CLEANUP(msk_compressor_cleanup) struct msk_compressor *c = NULL;
			struct sink together = SINK_INIT, alone = SINK_INIT;
			struct stream s[] = { STREAM(&together), STREAM(&together), STREAM(&together),
					      STREAM(&together) };
			struct msk_err err = MSK_ERR_INIT;

			assert_int_equal(msk_compressor_new(&args, &c, &err), 0);
			for (int i = 0; i < 4; i++) {
				feed(c, &s[i], p + i, sizes[i] - (i == 0), 7777);
				compress(args.codec, 1, p + i, sizes[i] - (i == 0), 12345, &alone);
			}
			assert_int_equal(msk_compressor_finish(c, &err), 0);
			assert_int_equal(together.bytes.len, alone.bytes.len);
			assert_memory_equal(together.bytes.buf, alone.bytes.buf, alone.bytes.len);
			msk_str_release(&together.bytes);
			msk_str_release(&alone.bytes);
		}
}

static void what_is_given_up_half_way_leaves_nothing(void **state)
{
	static const size_t sizes[] = { 0, 5, MSK_BLOCK_SIZE, 3 * MSK_BLOCK_SIZE };
	MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(3);
	const struct msk_compress_args args = { .codec = { MSK_CODEC_GZIP, 1 }, .pool = pool };
	MSK_AUTO_FREE unsigned char *p = make_input(NOISE, 3 * MSK_BLOCK_SIZE);

	(void)state;
	for (int i = 0; i < 4; i++) {
		MSK_CLEANUP(msk_compressor_cleanup) struct msk_compressor *c = NULL;
		struct sink to = SINK_INIT;
		struct stream whole = STREAM(&to), half = STREAM(&to);
		struct msk_err err = MSK_ERR_INIT;

		assert_int_equal(msk_compressor_new(&args, &c, &err), 0);
		feed(c, &whole, p, sizes[i], 1000);
		assert_int_equal(msk_writer_write(msk_compressor_begin(c, &half.part), p, sizes[i], &err), 0);
		msk_compressor_free(msk_take(&c));
		msk_str_release(&to.bytes);
	}
}

static void a_failing_consumer_ends_it(void **state)
{
	MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(3);
	const struct msk_compress_args args = { .codec = { MSK_CODEC_GZIP, 1 }, .pool = pool };
	size_t n = 9 * MSK_BLOCK_SIZE;
	MSK_AUTO_FREE unsigned char *p = make_input(NOISE, n);

	(void)state;
	for (size_t room = 1; room < n; room += n / 7) {
		MSK_CLEANUP(msk_compressor_cleanup) struct msk_compressor *c = NULL;
		struct msk_err err = MSK_ERR_INIT;
		struct sink to = SINK_INIT;
		struct stream s = STREAM(&to);
		struct msk_writer *w;

		to.fail_after = room;
		assert_int_equal(msk_compressor_new(&args, &c, &err), 0);
		w = msk_compressor_begin(c, &s.part);
		if (msk_writer_write(w, p, n, &err) == 0 && msk_writer_finish(w, &err) == 0)
			assert_int_equal(msk_compressor_finish(c, &err), -1);
		assert_string_equal(err.msg, "sink: full");
		assert_false(s.closed);
		msk_str_release(&to.bytes);
	}
}

/* A span of a part, the number of those closed before it, and the bytes it is of. */
struct span {
	struct msk_span s;
	const unsigned char *p;
	size_t *closed, number;
};

static int span_close(struct msk_span *s, struct msk_err *err)
{
	struct span *mine = (struct span *)s;
	struct msk_digest digest;

	(void)err;
	msk_digest_of(mine->p, (size_t)s->size, &digest);
	assert_string_equal(s->digest.text, digest.text);
	assert_int_equal((*mine->closed)++, mine->number);
	return 0;
}

/* Spans of these sizes one after the other, `gap` bytes between them. */
static void compress_spans(unsigned jobs, const unsigned char *p, const size_t *sizes, size_t n, size_t gap, size_t fail_after)
{
	MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(jobs);
	const struct msk_compress_args args = { .codec = { MSK_CODEC_GZIP, 1 }, .pool = pool };
	MSK_CLEANUP(msk_compressor_cleanup) struct msk_compressor *c = NULL;
	struct sink to = SINK_INIT;
	struct stream s = STREAM(&to);
	struct span spans[8] = { 0 };
	struct msk_err err = MSK_ERR_INIT;
	struct msk_writer *w;
	size_t closed = 0, at = 0;
	int rc = 0;

	to.fail_after = fail_after;
	assert_int_equal(msk_compressor_new(&args, &c, &err), 0);
	w = msk_compressor_begin(c, &s.part);
	for (size_t i = 0; i < n && rc == 0; i++) {
		spans[i] = (struct span){ { .size = sizes[i], .hash = msk_sha256_new(), .close = span_close },
					  p + at + gap, &closed, i };
		rc = msk_writer_write(w, p + at, gap, &err);
		msk_compressor_span(c, &spans[i].s);
		for (size_t done = 0; done < sizes[i] && rc == 0; done += 100000)
			rc = msk_writer_write(w, p + at + gap + done,
					      sizes[i] - done < 100000 ? sizes[i] - done : 100000, &err);
		at += gap + sizes[i];
	}
	if (rc == 0)
		rc = msk_writer_write(w, p + at, gap, &err);
	if (rc == 0)
		rc = msk_writer_finish(w, &err) < 0 ? -1 : msk_compressor_finish(c, &err);
	assert_int_equal(rc, fail_after ? -1 : 0);
	if (!fail_after) {
		struct msk_digest whole;

		assert_int_equal(closed, n);
		msk_digest_of(p, at + gap, &whole);
		assert_string_equal(s.part.digest.text, whole.text);
	}
	msk_compressor_free(msk_take(&c));
	for (size_t i = 0; i < n; i++)
		msk_sha256_free(spans[i].s.hash);
	msk_str_release(&to.bytes);
}

static void spans_have_digests_of_their_own(void **state)
{
	static const size_t sizes[] = { MSK_SPAN_LEAST, MSK_SPAN_LEAST + 1, 3 * MSK_SPAN_LEAST, MSK_SPAN_LEAST, 700001 };
	static const size_t gaps[] = { 0, 1, 64, 512, 1000000 };
	MSK_AUTO_FREE unsigned char *zeros = make_input(ZEROS, 12u << 20);
	MSK_AUTO_FREE unsigned char *noise = make_input(NOISE, 12u << 20);

	(void)state;
	for (unsigned jobs = 1; jobs < 4; jobs++)
		for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) {
			compress_spans(jobs, noise, sizes, 5, gaps[i], 0);
			compress_spans(jobs, zeros, sizes, 5, gaps[i], 0);
		}
	compress_spans(3, noise, sizes, 5, 512, 1000000);
}

/* A compressor that bends what it made: a bit of it in every block that begins with 'x'. */
static size_t bent_encode(void *state, const unsigned char *in, size_t n, unsigned char *out, size_t room)
{
	size_t made = msk_gzip_codec.encode(state, in, n, out, room);

	out[made / 2] ^= in[0] == 'x';
	return made;
}

static int run_bent(bool paranoid, unsigned char first, struct msk_err *err)
{
	MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(2);
	const struct msk_compress_args args = { .codec = { MSK_CODEC_GZIP, 6 }, .pool = pool, .paranoid = paranoid };
	struct msk_block_codec bent = msk_gzip_codec;
	MSK_CLEANUP(msk_compressor_cleanup) struct msk_compressor *c = NULL;
	MSK_AUTO_FREE unsigned char *p = make_input(ZEROS, MSK_BLOCK_SIZE + 7000);
	struct sink to = SINK_INIT;
	struct stream s = STREAM(&to);
	int rc;

	bent.encode = bent_encode;
	p[0] = 'a';
	p[MSK_BLOCK_SIZE] = first;
	c = msk_compressor_with(&bent, &args);
	feed(c, &s, p, MSK_BLOCK_SIZE + 7000, 50000);
	rc = msk_compressor_finish(c, err);
	msk_str_release(&to.bytes);
	return rc;
}

struct caller {
	struct msk_task task;
	pthread_mutex_t lock;
	pthread_cond_t change;
	bool called;
};

static void call(struct msk_task *t)
{
	struct caller *c = (struct caller *)t;

	pthread_mutex_lock(&c->lock);
	c->called = true;
	pthread_cond_signal(&c->change);
	pthread_mutex_unlock(&c->lock);
}

/* Nobody waits for the task, so it is a thread of the pool that does it, although there still is a compressor. */
static void threads_go_when_the_last_part_is_made(void **state)
{
	enum { SIZE = 8 * MSK_BLOCK_SIZE };
	MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(2);
	const struct msk_compress_args args = { .codec = { MSK_CODEC_GZIP, 1 }, .pool = pool };
	MSK_CLEANUP(msk_compressor_cleanup) struct msk_compressor *c = NULL;
	MSK_AUTO_FREE unsigned char *p = make_input(TEXT, SIZE);
	struct caller caller = { { .run = call }, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };
	struct sink to = SINK_INIT;
	struct stream first = STREAM(&to), second = STREAM(&to);
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	assert_int_equal(msk_compressor_new(&args, &c, &err), 0);
	feed(c, &first, p, SIZE, MSK_BLOCK_SIZE);
	assert_int_equal(msk_compressor_wait(c, &err), 0);
	assert_true(first.closed);
	feed(c, &second, p, SIZE, MSK_BLOCK_SIZE);
	assert_int_equal(msk_compressor_finish(c, &err), 0);
	assert_true(second.closed);
	msk_task_start(pool, &caller.task);
	pthread_mutex_lock(&caller.lock);
	while (!caller.called)
		pthread_cond_wait(&caller.change, &caller.lock);
	pthread_mutex_unlock(&caller.lock);
	msk_task_join(&caller.task);
	msk_str_release(&to.bytes);
}

static void paranoid_finds_a_block_that_does_not_decode(void **state)
{
	struct msk_err err = MSK_ERR_INIT;

	(void)state;
	assert_int_equal(run_bent(false, 'x', &err), 0);
	assert_int_equal(run_bent(true, 'a', &err), 0);
	assert_int_equal(run_bent(true, 'x', &err), -1);
	assert_int_equal(err.code, MSK_E_BUG);
	assert_string_equal(err.msg, "compression: a block of 7000 bytes does not decode to what it was made from");
}

/* A cache that knows one block by heart, and counts. */
struct memory {
	struct msk_block_cache c;
	pthread_mutex_t lock;
	int asked, told;
	struct msk_digest key;
	size_t n_packed;
	unsigned char packed[200];
};

static size_t memory_get(struct msk_block_cache *c, const void *plain, size_t n, struct msk_digest *key, void *out,
			 size_t room)
{
	struct memory *m = (struct memory *)c;
	bool known;

	msk_digest_of(plain, n, key);

	pthread_mutex_lock(&m->lock);
	m->asked++;
	known = strcmp(key->text, m->key.text) == 0 && room >= m->n_packed;
	if (known)
		memcpy(out, m->packed, m->n_packed);
	pthread_mutex_unlock(&m->lock);
	return known ? m->n_packed : 0;
}

static void memory_put(struct msk_block_cache *c, const struct msk_digest *key, const void *packed, size_t n_packed)
{
	struct memory *m = (struct memory *)c;

	pthread_mutex_lock(&m->lock);
	m->told++;
	if (n_packed <= sizeof m->packed) {
		m->key = *key;
		m->n_packed = n_packed;
		memcpy(m->packed, packed, n_packed);
	}
	pthread_mutex_unlock(&m->lock);
}

static void a_cache_is_asked_for_each_block_and_told_of_new_ones(void **state)
{
	struct memory m = { .c = { memory_get, memory_put }, .lock = PTHREAD_MUTEX_INITIALIZER };
	MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(2);
	const struct msk_compress_args args = { .codec = { MSK_CODEC_GZIP, 6 }, .pool = pool, .cache = &m.c };
	MSK_AUTO_FREE unsigned char *p = make_input(ZEROS, MSK_BLOCK_SIZE + 100);
	struct sink to = SINK_INIT, plain = SINK_INIT;

	(void)state;
	compress(args.codec, 1, p, MSK_BLOCK_SIZE + 100, 4096, &plain);
	for (int round = 1; round <= 2; round++) {
		MSK_CLEANUP(msk_compressor_cleanup) struct msk_compressor *c = NULL;
		struct stream s = STREAM(&to);
		struct msk_err err = MSK_ERR_INIT;

		assert_int_equal(msk_compressor_new(&args, &c, &err), 0);
		feed(c, &s, p, MSK_BLOCK_SIZE + 100, 4096);
		assert_int_equal(msk_compressor_finish(c, &err), 0);
		assert_int_equal(m.asked, 2 * round);
		assert_int_equal(m.told, 1 + round);
		assert_int_equal(to.bytes.len, plain.bytes.len);
		assert_memory_equal(to.bytes.buf, plain.bytes.buf, plain.bytes.len);
		msk_str_release(&to.bytes);
	}
	msk_str_release(&plain.bytes);
}

/* Every proper prefix of a stream has no end, and no flipped bit makes the walk leave its bounds. */
static void walker_refuses_what_is_no_whole_stream(void **state)
{
	struct libdeflate_compressor *lc = libdeflate_alloc_compressor(6);
	MSK_AUTO_FREE unsigned char *p = make_input(TEXT, 4000);
	unsigned char out[8192];
	size_t n = libdeflate_deflate_compress(lc, p, 4000, out, sizeof out);
	struct msk_deflate_end end;

	(void)state;
	assert_true(msk_deflate_find_end(out, n, &end));
	assert_int_equal((end.bits + 7) / 8, n);
	for (size_t cut = 0; cut < n; cut++) {
		MSK_AUTO_FREE unsigned char *part = msk_xmalloc(cut);

		memcpy(part, out, cut);
		assert_false(msk_deflate_find_end(part, cut, &end));
	}
	for (size_t bit = 0; bit < n * 8; bit++) {
		MSK_AUTO_FREE unsigned char *bent = msk_xmalloc(n);

		memcpy(bent, out, n);
		bent[bit / 8] ^= (unsigned char)(1 << (bit % 8));
		if (msk_deflate_find_end(bent, n, &end))
			assert_true(end.bits <= n * 8);
	}
	libdeflate_free_compressor(lc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gzip_is_one_member_that_decodes_to_the_input),
		cmocka_unit_test(gzip_header_says_nothing_of_the_host),
		cmocka_unit_test(bytes_depend_on_neither_threads_nor_writes),
		cmocka_unit_test(each_level_has_a_maker_and_an_identity),
		cmocka_unit_test(zstd_frames_carry_size_and_checksum),
		cmocka_unit_test(none_passes_the_bytes),
		cmocka_unit_test(parts_share_the_threads_and_come_in_order),
		cmocka_unit_test(what_is_given_up_half_way_leaves_nothing),
		cmocka_unit_test(a_failing_consumer_ends_it),
		cmocka_unit_test(spans_have_digests_of_their_own),
		cmocka_unit_test(threads_go_when_the_last_part_is_made),
		cmocka_unit_test(paranoid_finds_a_block_that_does_not_decode),
		cmocka_unit_test(a_cache_is_asked_for_each_block_and_told_of_new_ones),
		cmocka_unit_test(walker_refuses_what_is_no_whole_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
