/* Streams made by zlib, handed over in pieces of every size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <zlib.h>

#include "mkscratch/gzip_sum.h"

static const char text[] = "some text, some text, and some more of the same text";

static size_t pack(unsigned char *out, size_t room)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)text, .avail_in = sizeof text, .next_out = out,
		       .avail_out = (uInt)room };

	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

/* Plain bytes are known behind the packed ones that they come from. */
static bool is_right(const unsigned char *packed, size_t n, size_t piece)
{
	struct msk_gzip_sum s = MSK_GZIP_SUM_INIT;

	for (size_t at = 0; at < n; at += piece)
		msk_gzip_sum_packed(&s, packed + at, n - at < piece ? n - at : piece);
	msk_gzip_sum_plain(&s, text, sizeof text);
	return msk_gzip_sum_is_right(&s);
}

static void the_end_of_a_stream_is_compared(void **state)
{
	unsigned char packed[256] = { 0 };
	size_t n = pack(packed, sizeof packed);

	(void)state;
	for (size_t piece = 1; piece <= n + 1; piece++) {
		assert_true(is_right(packed, n, piece));
		assert_false(is_right(packed, n + 1, piece));
		for (size_t i = 1; i <= 8; i++) {
			packed[n - i] ^= 1;
			assert_false(is_right(packed, n, piece));
			packed[n - i] ^= 1;
		}
	}
}

static void nothing_is_said_of_other_streams(void **state)
{
	unsigned char packed[256], two[512];
	size_t n = pack(packed, sizeof packed);

	(void)state;
	memcpy(two, packed, n);
	memcpy(two + n, packed, n);
	for (size_t piece = 1; piece <= 2 * n; piece++)
		assert_true(is_right(two, 2 * n, piece));
	assert_true(is_right((const unsigned char *)text, sizeof text, 7));
	assert_true(is_right(packed, 0, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_end_of_a_stream_is_compared),
		cmocka_unit_test(nothing_is_said_of_other_streams),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
