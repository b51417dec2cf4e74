/* Blocks compressed early: what the compressor would make itself, and only for the very same bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../../src/codec/block_codec.h"
#include "../../src/codec/cut.h"
#include "mkscratch/early.h"
#include "mkscratch/fs.h"
#include "noise.h"

#define HEADERS 512
#define SIZE (3u << 20)

static int file_of(const unsigned char *p, size_t n)
{
	int fd = memfd_create("early", MFD_CLOEXEC);
	struct msk_err err = MSK_ERR_INIT;

	assert_true(fd >= 0);
	assert_int_equal(msk_write_full(fd, p, n, "early", &err), 0);
	return fd;
}

/* Where the stream of headers and file is cut: the ends of its first blocks, from the file's start. */
static size_t cut_stream(const unsigned char *file, size_t n, size_t *ends, size_t most)
{
	MSK_AUTO_FREE unsigned char *stream = msk_xcalloc(1, HEADERS + n);
	struct msk_cut cut = { 0 };
	size_t found = 0, at = 0;

	memcpy(stream + HEADERS, file, n);
	while (at < HEADERS + n && found < most) {
		bool complete;

		at += msk_cut_scan(&cut, stream + at, HEADERS + n - at, &complete);
		if (complete)
			ends[found++] = at - HEADERS;
	}
	return found;
}

/* Begun by a thread at last; a minute is for ever. */
static bool is_begun(struct msk_early *e, const unsigned char *in, size_t n, size_t *i)
{
	const struct timespec nap = { 0, 1000000 };
	size_t size = 0;

	for (int k = 0; k < 60000; k++) {
		*i = 0;
		if (msk_early_find(e, in, n, i, &size))
			return size == n;
		nanosleep(&nap, NULL);
	}
	return false;
}

static size_t take_when_made(struct msk_early *e, const unsigned char *in, size_t n, unsigned char **out)
{
	struct msk_digest key;
	size_t i;

	return is_begun(e, in, n, &i) ? msk_early_take(e, i, out, &key) : 0;
}

static bool has(struct msk_early *e, const unsigned char *in, size_t n)
{
	size_t i = 0, size;

	return msk_early_find(e, in, n, &i, &size) != NULL;
}

static size_t encode(const struct msk_block_codec *codec, int level, const unsigned char *in, size_t n, unsigned char *out)
{
	void *s = codec->state_new(level, false);
	size_t made = codec->encode(s, in, n, out, codec->bound(MSK_BLOCK_SIZE));

	codec->state_free(s);
	return made;
}

static void blocks_of_the_stream_are_there_but_the_first(void **state)
{
	MSK_AUTO_FREE unsigned char *file = make_noise(SIZE, 3);
	size_t ends[4] = { 0 };

	(void)state;
	assert_int_equal(cut_stream(file, SIZE, ends, 4), 4);
	for (int kind = MSK_CODEC_GZIP; kind <= MSK_CODEC_ZSTD; kind++) {
		const struct msk_block_codec *codec = msk_codec_of(kind);
		size_t room = codec->bound(MSK_BLOCK_SIZE), n = ends[1] - ends[0];
		MSK_AUTO_FREE unsigned char *want = msk_xmalloc(room);
		unsigned char *out = NULL;
		MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(2);
		const struct msk_compress_args args = { .codec = { kind, 3 }, .pool = pool };
		MSK_CLEANUP(msk_early_cleanup) struct msk_early *e = msk_early_start(&args, file_of(file, SIZE), HEADERS);
		size_t made = take_when_made(e, file + ends[0], n, &out);

		assert_int_equal(made, encode(codec, 3, file + ends[0], n, want));
		assert_memory_equal(out, want, made);
		/* Its beginning will do; the first of them never; and nothing that differs in its last byte, or goes on. */
		assert_true(has(e, file + ends[0], 1));
		assert_false(has(e, file, ends[0]));
		assert_true(take_when_made(e, file + ends[2], ends[3] - ends[2], &out) > 0);
		assert_true(has(e, file + ends[1], ends[2] - ends[1]));
		assert_false(has(e, file + ends[1], ends[2] - ends[1] + 1));
		file[ends[2] - 1] ^= 1;
		assert_false(has(e, file + ends[1], ends[2] - ends[1]));
		file[ends[2] - 1] ^= 1;
	}
}

/* The one thread's, which encodes what comes as ever. */
static void a_state_that_is_done_with_is_left(void **state)
{
	const struct msk_block_codec *codec = msk_codec_of(MSK_CODEC_GZIP);
	const size_t room = codec->bound(MSK_BLOCK_SIZE);
	const struct timespec nap = { 0, 1000000 };
	MSK_AUTO_FREE unsigned char *file = make_noise(SIZE, 3), *want = msk_xmalloc(room), *got = msk_xmalloc(room);
	MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(2);
	const struct msk_compress_args args = { .codec = { MSK_CODEC_GZIP, 3 }, .pool = pool };
	MSK_CLEANUP(msk_early_cleanup) struct msk_early *e = msk_early_start(&args, file_of(file, SIZE), HEADERS);
	void *left = NULL;
	size_t made;

	(void)state;
	for (int i = 0; !left && i < 60000; i++) {
		left = msk_early_state(e);
		nanosleep(&nap, NULL);
	}
	assert_non_null(left);
	assert_null(msk_early_state(e));
	made = codec->encode(left, file, MSK_BLOCK_SIZE, got, room);
	codec->state_free(left);
	assert_int_equal(made, encode(codec, 3, file, MSK_BLOCK_SIZE, want));
	assert_memory_equal(got, want, made);
}

static void a_short_file_gives_none(void **state)
{
	static const size_t sizes[] = { 0, 1, 300 << 10 };
	MSK_AUTO_FREE unsigned char *file = make_noise(300 << 10, 3);
	MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(3);
	const struct msk_compress_args args = { .codec = { MSK_CODEC_GZIP, 1 }, .pool = pool };

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct msk_early *e = msk_early_start(&args, file_of(file, sizes[i]), 0);

		assert_false(has(e, file, sizes[i]));
		msk_early_free(e);
	}
}

/* A cache that has the first block it is asked for, or none. */
struct memory {
	struct msk_block_cache c;
	bool has;
	atomic_int asked, told;
};

static size_t memory_get(struct msk_block_cache *c, const void *plain, size_t n, struct msk_digest *key, void *out, size_t room)
{
	struct memory *m = (struct memory *)c;

	(void)room;
	msk_digest_of(plain, n, key);
	memcpy(out, "made before", 11);
	return atomic_fetch_add(&m->asked, 1) == 0 && m->has ? 11 : 0;
}

static void memory_put(struct msk_block_cache *c, const struct msk_digest *key, const void *packed, size_t n)
{
	(void)key;
	(void)packed;
	(void)n;
	atomic_fetch_add(&((struct memory *)c)->told, 1);
}

/* What is in the cache comes with its key, and behind it nothing is made; what is not is told to it. */
static void a_cache_is_asked_first(void **state)
{
	MSK_AUTO_FREE unsigned char *file = make_noise(SIZE, 3);
	size_t ends[3] = { 0 };

	(void)state;
	assert_int_equal(cut_stream(file, SIZE, ends, 3), 3);
	for (int has = 0; has <= 1; has++) {
		struct memory m = { .c = { memory_get, memory_put }, .has = has };
		MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(2);
		const struct msk_compress_args args = { .codec = { MSK_CODEC_GZIP, 1 }, .pool = pool, .cache = &m.c };
		MSK_CLEANUP(msk_early_cleanup) struct msk_early *e = msk_early_start(&args, file_of(file, SIZE), HEADERS);
		unsigned char *out;
		size_t n = ends[1] - ends[0], i, made = take_when_made(e, file + ends[0], n, &out);
		struct msk_digest key, want;

		assert_true(has ? made == 11 && memcmp(out, "made before", 11) == 0 : made > 11);
		if (!has)
			assert_true(take_when_made(e, file + ends[1], ends[2] - ends[1], &out) > 0);
		msk_early_free(msk_take(&e));
		assert_true(has ? m.asked == 1 && m.told == 0 : m.asked == m.told && m.told >= 2);
		e = msk_early_start(&args, file_of(file, SIZE), HEADERS);
		assert_true(is_begun(e, file + ends[0], n, &i));
		assert_true(msk_early_take(e, i, &out, &key) > 0);
		msk_digest_of(file + ends[0], n, &want);
		assert_string_equal(key.text, want.text);
	}
}

struct stream {
	struct msk_part part;
	struct msk_str bytes;
	struct msk_str_writer to;
};

static int stream_open(struct msk_part *p, struct msk_writer **to, struct msk_err *err)
{
	struct stream *s = (struct stream *)p;

	(void)err;
	s->to = msk_str_writer(&s->bytes);
	*to = &s->to.w;
	return 0;
}

static int stream_close(struct msk_part *p, struct msk_err *err)
{
	(void)p;
	(void)err;
	return 0;
}

/* What stands before the file, and that, in pieces. */
static void compress(const struct msk_compress_args *a, const unsigned char *file, size_t n, size_t piece, struct msk_str *out)
{
	static const unsigned char headers[HEADERS];
	struct stream s = { { .open = stream_open, .close = stream_close }, MSK_STR_INIT, { .to = NULL } };
	MSK_CLEANUP(msk_compressor_cleanup) struct msk_compressor *c = NULL;
	struct msk_err err = MSK_ERR_INIT;
	struct msk_writer *w;

	assert_int_equal(msk_compressor_new(a, &c, &err), 0);
	w = msk_compressor_begin(c, &s.part);
	assert_int_equal(msk_writer_write(w, headers, sizeof headers, &err), 0);
	for (size_t at = 0; at < n; at += piece)
		assert_int_equal(msk_writer_write(w, file + at, n - at < piece ? n - at : piece, &err), 0);
	assert_int_equal(msk_writer_finish(w, &err), 0);
	assert_int_equal(msk_compressor_finish(c, &err), 0);
	*out = s.bytes;
}

/* A compressor lies in the memory of what was done early, however far that has come; the next one in its own. */
static void one_compressor_has_them_and_their_memory(void **state)
{
	const size_t n = 8u << 20;
	MSK_AUTO_FREE unsigned char *file = make_noise(n, 3);
	const struct msk_compress_args alone = { .codec = { MSK_CODEC_GZIP, 1 } };
	MSK_AUTO_STR want = MSK_STR_INIT;

	(void)state;
	compress(&alone, file, n, n, &want);
	for (unsigned k = 0; k < 6; k++) {
		MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(k % 3 + 2);
		const struct msk_compress_args args = { .codec = alone.codec, .pool = pool };
		MSK_CLEANUP(msk_early_cleanup) struct msk_early *e = msk_early_start(&args, file_of(file, n), HEADERS);
		struct msk_compress_args with = args;

		with.early = e;
		nanosleep(&(struct timespec){ 0, k * 3000000L }, NULL);
		for (int i = 0; i < 2; i++) {
			MSK_AUTO_STR got = MSK_STR_INIT;

			compress(&with, file, n, n, &got);
			assert_int_equal(got.len, want.len);
			assert_memory_equal(got.buf, want.buf, want.len);
		}
	}
}

/* A stream that is no longer what was read: it is cut and compressed as ever, and what agrees with it is not made again. */
static void a_stream_parts_from_them_anywhere(void **state)
{
	MSK_AUTO_FREE unsigned char *file = make_noise(SIZE, 3);
	size_t ends[4] = { 0 };

	(void)state;
	assert_int_equal(cut_stream(file, SIZE, ends, 4), 4);
	/* made: beside each block of the stream. All there is; an end within a block; and then a byte that is another, of the
	 * first that is known, early and late. The last one moves the cut, and so the beginning of the next one. */
	const struct { size_t n, other; int made; } cases[] = {
		{ SIZE, SIZE, 0 }, { ends[1] + 1000, SIZE, 2 }, { ends[1] + 270000, SIZE, 2 },
		{ SIZE, ends[0], 1 }, { SIZE, ends[0] + 100, 1 }, { SIZE, ends[1] - 100, 1 }, { SIZE, ends[1] - 1, 2 },
	};

	for (size_t k = 0; k < 2 * sizeof cases / sizeof *cases; k++) {
		const size_t n = cases[k / 2].n, other = cases[k / 2].other, piece = k % 2 ? 700 : 300000;
		struct memory m = { .c = { memory_get, memory_put } }, again = m;
		MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(2);
		const struct msk_compress_args alone = { .codec = { MSK_CODEC_GZIP, 1 }, .cache = &again.c };
		struct msk_compress_args args = { .codec = alone.codec, .pool = pool, .cache = &m.c };
		MSK_CLEANUP(msk_early_cleanup) struct msk_early *e = msk_early_start(&args, file_of(file, ends[3]), HEADERS);
		MSK_AUTO_STR want = MSK_STR_INIT, got = MSK_STR_INIT;
		size_t i;

		assert_true(is_begun(e, file + ends[2], ends[3] - ends[2], &i));
		if (other < n)
			file[other] ^= 1;
		args.early = e;
		compress(&args, file, n, piece, &got);
		compress(&alone, file, n, n, &want);
		if (other < n)
			file[other] ^= 1;
		msk_early_free(msk_take(&e));
		assert_int_equal(got.len, want.len);
		assert_memory_equal(got.buf, want.buf, want.len);
		assert_int_equal(m.told, again.told + cases[k / 2].made);
	}
}

/* A paranoid trusts nothing that was not decoded; and what was made for another codec is nobody's. */
static void others_pass_them_over(void **state)
{
	const size_t n = 4u << 20;
	MSK_AUTO_FREE unsigned char *file = make_noise(n, 3);

	(void)state;
	for (int paranoid = 0; paranoid <= 1; paranoid++) {
		const struct msk_codec_spec codec = { paranoid ? MSK_CODEC_GZIP : MSK_CODEC_ZSTD, 1 };
		MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(2);
		const struct msk_compress_args made = { .codec = { MSK_CODEC_GZIP, 1 }, .pool = pool };
		const struct msk_compress_args alone = { .codec = codec };
		MSK_CLEANUP(msk_early_cleanup) struct msk_early *e = msk_early_start(&made, file_of(file, n), HEADERS);
		const struct msk_compress_args args = { .codec = codec, .pool = pool, .paranoid = paranoid, .early = e };
		MSK_AUTO_STR want = MSK_STR_INIT, got = MSK_STR_INIT;

		nanosleep(&(struct timespec){ 0, 30000000L }, NULL);
		compress(&args, file, n, n, &got);
		compress(&alone, file, n, n, &want);
		assert_int_equal(got.len, want.len);
		assert_memory_equal(got.buf, want.buf, want.len);
	}
}

static void it_is_not_begun_where_it_is_no_use(void **state)
{
	MSK_CLEANUP(msk_pool_cleanup) struct msk_pool *pool = msk_pool_new(2);
	const struct msk_compress_args args[] = {
		{ .codec = { MSK_CODEC_GZIP, 6 } },                     /* no threads */
		{ .codec = { MSK_CODEC_NONE, 0 }, .pool = pool },       /* nothing to do */
		{ .codec = { MSK_CODEC_ZSTD, 19 }, .pool = pool },      /* much memory */
	};
	unsigned char byte = 0;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_null(msk_early_start(&args[i], file_of(&byte, 1), 0));
	msk_early_enough(NULL);
	msk_early_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blocks_of_the_stream_are_there_but_the_first),
		cmocka_unit_test(a_state_that_is_done_with_is_left),
		cmocka_unit_test(a_short_file_gives_none),
		cmocka_unit_test(a_cache_is_asked_first),
		cmocka_unit_test(one_compressor_has_them_and_their_memory),
		cmocka_unit_test(a_stream_parts_from_them_anywhere),
		cmocka_unit_test(others_pass_them_over),
		cmocka_unit_test(it_is_not_begun_where_it_is_no_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
