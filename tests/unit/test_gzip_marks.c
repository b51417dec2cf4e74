/* Streams made by zlib, read on from anywhere: levels, stored blocks, several members, and what is no sound gzip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include <zlib.h>

#include "../fuzz/memory_reader.h"
#include "mkscratch/gzip_marks.h"
#include "noise.h"

#define PLAIN  (9u << 20)
#define PIECE  70001

/* In pieces that fit nothing else. */
static struct memory memory(const unsigned char *p, size_t n)
{
	struct memory m = memory_of(p, n);

	m.most = PIECE;
	return m;
}

static size_t pack(const unsigned char *p, size_t n, int level, unsigned char *out, size_t room)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)p, .avail_in = (uInt)n, .next_out = out,
		       .avail_out = (uInt)room };

	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static void check_from(const struct msk_gzip_marks *m, const unsigned char *packed, size_t n, const unsigned char *plain,
		       size_t position)
{
	uint64_t offset = msk_gzip_marks_offset(m, position);
	struct memory from = memory(packed + offset, n - (size_t)offset);
	MSK_AUTO_FREE unsigned char *got = msk_xmalloc(PLAIN);
	struct msk_err err = MSK_ERR_INIT;
	struct msk_reader *r;
	size_t at = position;
	ssize_t k;

	assert_true(msk_gzip_marks_lost(m, position) <= 2u << 20);
	assert_int_equal(msk_gzip_resume(m, position, &from.r, "x", &r, &err), 0);
	while ((k = r->read(r, got, PIECE, &err)) > 0) {
		assert_memory_equal(got, plain + at, (size_t)k);
		at += (size_t)k;
	}
	assert_int_equal(k, 0);
	assert_int_equal(at, PLAIN);
	msk_gzip_resumed_free(r);
}

static void check(const unsigned char *packed, size_t n, const unsigned char *plain)
{
	static const size_t positions[] = { 0, 1, 512, 1u << 20, (1u << 20) + 1, 3000000, 5u << 20, PLAIN - 70000, PLAIN };
	struct memory from = memory(packed, n);
	struct msk_gzip_marks *m = msk_gzip_marks_new(&from.r);

	assert_non_null(m);
	for (size_t i = 0; i < sizeof positions / sizeof *positions; i++)
		check_from(m, packed, n, plain, positions[i]);
	msk_gzip_marks_free(m);
}

/* One member, or several; zeros behind the end. */
static void a_stream_is_read_on_from_anywhere(void **state)
{
	static const int levels[] = { 0, 1, 6 };
	MSK_AUTO_FREE unsigned char *plain = make_noise(PLAIN, 4), *packed = msk_xmalloc(PLAIN + (1u << 20));

	(void)state;
	for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
		for (size_t members = 1; members <= 4; members += 3) {
			size_t n = 0, part = PLAIN / members;

			for (size_t k = 0; k < members; k++)
				n += pack(plain + k * part, part, levels[i], packed + n, PLAIN + (1u << 20) - n);
			memset(packed + n, 0, 100);
			check(packed, n, plain);
			check(packed, n + 100, plain);
		}
}

static void there_are_never_more_marks_than_there_may_be(void **state)
{
	MSK_AUTO_FREE unsigned char *packed = msk_xmalloc(4u << 20), *zeros = msk_xcalloc(1u << 20, 1);
	size_t n = 0;
	struct msk_gzip_marks *m;
	struct memory from;

	(void)state;
	for (int i = 0; i < 500; i++)
		n += pack(zeros, 1u << 20, 1, packed + n, (4u << 20) - n);
	from = memory(packed, n);
	m = msk_gzip_marks_new(&from.r);
	assert_non_null(m);
	for (uint64_t position = 0; position < 500u << 20; position += 7777777)
		assert_true(msk_gzip_marks_lost(m, position) <= 8u << 20);
	msk_gzip_marks_free(m);
}

static void what_is_not_sound_has_no_marks(void **state)
{
	unsigned char packed[4096], plain[2000] = { 1, 2, 3 };
	size_t n = pack(plain, sizeof plain, 6, packed, sizeof packed);

	(void)state;
	for (size_t cut = 0; cut < n; cut++) {
		struct memory from = memory(packed, cut);

		assert_null(msk_gzip_marks_new(&from.r));
	}
	for (size_t i = n - 8; i < n; i++) {
		struct memory from = memory(packed, n);

		packed[i] ^= 0x10;
		assert_null(msk_gzip_marks_new(&from.r));
		packed[i] ^= 0x10;
	}
}

/* As where the file has changed meanwhile. */
static void what_ends_too_early_is_told(void **state)
{
	MSK_AUTO_FREE unsigned char *plain = make_noise(PLAIN, 4), *packed = msk_xmalloc(PLAIN);
	size_t n = pack(plain, PLAIN, 1, packed, PLAIN);
	struct memory from = memory(packed, n);
	struct msk_gzip_marks *m = msk_gzip_marks_new(&from.r);
	size_t offset = (size_t)msk_gzip_marks_offset(m, 3000000);
	struct msk_err err = MSK_ERR_INIT;
	struct msk_reader *r;

	(void)state;
	from = memory(packed + offset, 100);
	assert_int_equal(msk_gzip_resume(m, 3000000, &from.r, "x.tar.gz", &r, &err), -1);
	assert_string_equal(err.msg, "x.tar.gz: cannot be decompressed (truncated gzip input)");
	msk_gzip_marks_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stream_is_read_on_from_anywhere),
		cmocka_unit_test(there_are_never_more_marks_than_there_may_be),
		cmocka_unit_test(what_is_not_sound_has_no_marks),
		cmocka_unit_test(what_ends_too_early_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
