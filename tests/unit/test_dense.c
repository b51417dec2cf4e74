/* Blocks that are stored, not compressed: what looks like chance, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <libdeflate.h>

#include "../../src/codec/block_codec.h"
#include "../../src/codec/dense.h"
#include "noise.h"

#define SIZE (300u << 10)

static void chance_is_dense(void **state)
{
	MSK_AUTO_FREE unsigned char *p = make_noise(SIZE, 8);

	(void)state;
	assert_true(msk_dense(p, SIZE));
	assert_true(msk_dense(p + 1, SIZE - 1));
}

static void what_is_compressed_is_dense(void **state)
{
	MSK_AUTO_FREE unsigned char *p = make_noise(4 * SIZE, 4), *packed = msk_xmalloc(4 * SIZE);
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(6);
	size_t n = libdeflate_deflate_compress(c, p, 4 * SIZE, packed, 4 * SIZE);

	(void)state;
	libdeflate_free_compressor(c);
	assert_true(n > SIZE);
	assert_true(msk_dense(packed, SIZE));
}

static void little_is_not_dense(void **state)
{
	MSK_AUTO_FREE unsigned char *p = make_noise(SIZE, 8);

	(void)state;
	assert_false(msk_dense(p, 0));
	assert_false(msk_dense(p, 4095));
	/* So few values cannot be as evenly spread. */
	assert_false(msk_dense(p, 4096));
}

static void values_that_prefer_some_are_not_dense(void **state)
{
	MSK_AUTO_FREE unsigned char *seven = make_noise(SIZE, 7), *late = make_noise(SIZE, 8);

	(void)state;
	assert_false(msk_dense(seven, SIZE));
	memset(late + SIZE / 2, 'a', SIZE / 20);
	assert_false(msk_dense(late, SIZE));
}

static void what_repeats_within_the_window_is_not_dense(void **state)
{
	MSK_AUTO_FREE unsigned char *p = make_noise(SIZE, 8);

	(void)state;
	for (size_t i = SIZE / 2; i + 20000 <= SIZE; i += 20000)
		memcpy(p + i, p + SIZE / 2 - 20000, 20000);
	assert_false(msk_dense(p, SIZE));
}

static void what_repeats_further_back_is_dense(void **state)
{
	MSK_AUTO_FREE unsigned char *p = make_noise(SIZE, 8);

	(void)state;
	memcpy(p + SIZE / 2, p, SIZE / 2);
	assert_true(msk_dense(p, SIZE));
}

static size_t encode(int level, const unsigned char *p, size_t n, unsigned char *out, size_t room)
{
	void *s = msk_gzip_codec.state_new(level, true);
	size_t made = msk_gzip_codec.encode(s, p, n, out, room);

	assert_true(made > 0);
	assert_true(msk_gzip_codec.decodes(s, out, made, p, n));
	msk_gzip_codec.state_free(s);
	return made;
}

static void dense_blocks_are_stored(void **state)
{
	static const unsigned char first[] = { 0, 0xff, 0xff, 0, 0 }, last[] = { 0, 0, 0, 0xff, 0xff };
	const size_t n = 5 * 65535, room = msk_gzip_codec.bound(MSK_BLOCK_SIZE);
	MSK_AUTO_FREE unsigned char *p = make_noise(n + 1, 8), *out = msk_xmalloc(room);

	(void)state;
	assert_int_equal(encode(5, p, n, out, room), n + 6 * 5);
	assert_memory_equal(out, first, sizeof first);
	assert_memory_equal(out + sizeof first, p, 65535);
	assert_memory_equal(out + n + 25, last, sizeof last);
	/* A byte more is a block more. */
	assert_int_equal(encode(9, p, n + 1, out, room), n + 1 + 7 * 5);
}

static void the_slow_levels_compress_all(void **state)
{
	const size_t room = msk_gzip_codec.bound(MSK_BLOCK_SIZE);
	MSK_AUTO_FREE unsigned char *p = make_noise(SIZE, 8), *out = msk_xmalloc(room), *stored = msk_xmalloc(room);

	(void)state;
	/* A little that repeats: not enough to be worth the time, unless time does not count. */
	memcpy(p + 10000, p, 2000);
	assert_true(msk_dense(p, SIZE));
	assert_true(encode(9, p, SIZE, stored, room) > SIZE);
	assert_true(encode(10, p, SIZE, out, room) < SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chance_is_dense),
		cmocka_unit_test(what_is_compressed_is_dense),
		cmocka_unit_test(little_is_not_dense),
		cmocka_unit_test(values_that_prefer_some_are_not_dense),
		cmocka_unit_test(what_repeats_within_the_window_is_not_dense),
		cmocka_unit_test(what_repeats_further_back_is_dense),
		cmocka_unit_test(dense_blocks_are_stored),
		cmocka_unit_test(the_slow_levels_compress_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
