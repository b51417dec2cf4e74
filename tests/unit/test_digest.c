/* SHA-256 of two at once: what comes out is what each gives alone, wherever the bytes are cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "../../src/codec/sha256_pair.h"
#include "mkscratch/digest.h"
#include "noise.h"

#define SIZE 20000

static void assert_ends_as(struct msk_sha256 *h, const unsigned char *p, size_t n)
{
	struct msk_digest got, want;

	msk_sha256_end(h, &got);
	msk_digest_of(p, n, &want);
	assert_string_equal(got.text, want.text);
}

/* One hash has had `lead` bytes more, so that for some values both are at the same place of a block, and for others not. */
static void add_in_pieces(const unsigned char *p, size_t lead, size_t piece)
{
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *a = msk_sha256_new();
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *b = msk_sha256_new();

	msk_sha256_add(a, p, lead);
	for (size_t at = lead; at < SIZE; at += piece)
		msk_sha256_add_both(a, b, p + at, SIZE - at < piece ? SIZE - at : piece);
	assert_ends_as(a, p, SIZE);
	assert_ends_as(b, p + lead, SIZE - lead);
}

static void both_are_as_each_alone(void **state)
{
	static const size_t pieces[] = { 1, 63, 64, 65, 100, 512, 4096, 4097, SIZE };
	MSK_AUTO_FREE unsigned char *p = make_noise(SIZE, 8);

	(void)state;
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		for (size_t lead = 0; lead < 200; lead++)
			add_in_pieces(p, lead, pieces[i]);
}

/* The states before and after one block "abc", padded (FIPS 180-4, 5.1.1), beside those of another hash. */
static void the_pair_gives_the_digest_of_the_standard(void **state)
{
	static const uint32_t first[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
					   0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };
	static const uint32_t abc[8] = { 0xba7816bf, 0x8f01cfea, 0x414140de, 0x5dae2223,
					 0xb00361a3, 0x96177a9c, 0xb410ff61, 0xf20015ad };
	unsigned char block[MSK_SHA256_BLOCK] = { 'a', 'b', 'c', 0x80, [MSK_SHA256_BLOCK - 1] = 24 };
	uint32_t a[8], b[8], other[8] = { 0 };

	(void)state;
	if (!msk_sha256_pair_can())
		skip();
	memcpy(a, first, sizeof a);
	memset(b, 0, sizeof b);
	msk_sha256_pair(a, b, block, 1);
	assert_memory_equal(a, abc, sizeof abc);
	/* The other way round: neither has an influence on the other. */
	memcpy(b, first, sizeof b);
	msk_sha256_pair(other, b, block, 1);
	assert_memory_equal(b, abc, sizeof abc);
}

static void many_bytes_are_counted(void **state)
{
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *a = msk_sha256_new();
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *b = msk_sha256_new();
	MSK_CLEANUP(msk_sha256_cleanup) struct msk_sha256 *alone = msk_sha256_new();
	const size_t n = 64u << 20;
	MSK_AUTO_FREE unsigned char *p = msk_xcalloc(1, n);
	struct msk_digest got, want;

	(void)state;
	/* More than 2^32 bits, where the count goes from one word to the next. */
	for (int i = 0; i < 9; i++) {
		msk_sha256_add_both(a, b, p, n);
		msk_sha256_add(alone, p, n);
	}
	msk_sha256_end(alone, &want);
	msk_sha256_end(a, &got);
	assert_string_equal(got.text, want.text);
	msk_sha256_end(b, &got);
	assert_string_equal(got.text, want.text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_are_as_each_alone),
		cmocka_unit_test(the_pair_gives_the_digest_of_the_standard),
		cmocka_unit_test(many_bytes_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
