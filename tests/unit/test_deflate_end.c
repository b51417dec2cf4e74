/* The walker over deflate streams, held to zlib's inflate: whatever zlib reads to its end, it finds the same end and
 * the same last block. (It may accept more: it never looks at what a distance leads to.) */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include <libdeflate.h>
#include <zlib.h>

#include "../../src/codec/deflate_end.h"
#include "mkscratch/mem.h"

#define ROOM (64u << 10)

static uint32_t seed = 1;

static uint32_t next_random(void)
{
	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

/* Stretches of different kinds, so that compressors begin new blocks: words, noise, one byte, counters, zeros. */
static void fill(unsigned char *p, size_t n)
{
	for (size_t at = 0; at < n;) {
		unsigned kind = next_random() % 5;
		size_t end = at + 1 + next_random() % 20000;

		for (; at < n && at < end; at++)
			p[at] = (unsigned char)(kind == 0 ? (unsigned)"the quick brown fox, "[next_random() % 3 + at % 19] :
						kind == 1 ? next_random() : kind == 2 ? 'x' :
						kind == 3 ? (unsigned)at / 4 : 0u);
	}
}

/* What zlib says: false when the stream is not sound or does not end. */
static bool zlib_finds_end(const unsigned char *p, size_t n, struct msk_deflate_end *out)
{
	static unsigned char plain[1u << 20];
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)p, .avail_in = (unsigned)n };
	int rc;

	assert_int_equal(inflateInit2(&z, -15), Z_OK);
	do {
		z.next_out = plain;
		z.avail_out = sizeof plain;
		rc = inflate(&z, Z_BLOCK);
		/* It stops after every block: where the next header begins, or, after the last one, the stream ends. */
		if (rc == Z_OK && (z.data_type & 128))
			*(z.data_type & 64 ? &out->bits : &out->last_header) =
				(uint64_t)(n - z.avail_in) * 8 - (unsigned)(z.data_type & 7);
	} while (rc == Z_OK);
	inflateEnd(&z);
	return rc == Z_STREAM_END;
}

static bool compare(const unsigned char *p, size_t n)
{
	/* Exactly as long as it says, for the address sanitizer to see a step too far. */
	unsigned char *exact = msk_xmalloc(n + !n);
	struct msk_deflate_end ours = { 0 }, theirs = { 0 };
	bool found, sound;

	memcpy(exact, p, n);
	found = msk_deflate_find_end(exact, n, &ours);
	sound = zlib_finds_end(exact, n, &theirs);
	if (sound) {
		assert_true(found);
		assert_int_equal(ours.bits, theirs.bits);
		assert_int_equal(ours.last_header, theirs.last_header);
	}
	if (found)
		assert_true(ours.bits <= n * 8 && ours.last_header < ours.bits);
	free(exact);
	return sound;
}

static size_t by_libdeflate(int level, const unsigned char *in, size_t n, unsigned char *out, size_t room)
{
	struct libdeflate_compressor *c = libdeflate_alloc_compressor(level);
	size_t made = libdeflate_deflate_compress(c, in, n, out, room);

	libdeflate_free_compressor(c);
	return made;
}

static size_t by_zlib(int level, int strategy, const unsigned char *in, size_t n, unsigned char *out, size_t room)
{
	z_stream z = { .next_in = (unsigned char *)(uintptr_t)in, .avail_in = (unsigned)n, .next_out = out,
		       .avail_out = (unsigned)room };

	assert_int_equal(deflateInit2(&z, level, Z_DEFLATED, -15, 1 + (int)(next_random() % 9), strategy), Z_OK);
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return room - z.avail_out;
}

static size_t make_stream(unsigned char *out, size_t room)
{
	static unsigned char in[ROOM];
	size_t n = next_random() % (next_random() % 4 ? 3000 : sizeof in);

	fill(in, n);
	if (next_random() % 2)
		return by_libdeflate((int)(next_random() % 13), in, n, out, room);
	return by_zlib((int)(next_random() % 10), (int)(next_random() % 5), in, n, out, room);
}

static void whole_streams_end_where_zlib_says(void **state)
{
	static unsigned char out[2 * ROOM];

	(void)state;
	for (int i = 0; i < 600; i++)
		assert_true(compare(out, make_stream(out, sizeof out)));
}

static void bent_and_cut_streams_end_where_zlib_says_if_anywhere(void **state)
{
	static unsigned char out[2 * ROOM];
	unsigned sound = 0, broken = 0;

	(void)state;
	for (int i = 0; i < 150; i++) {
		size_t n = make_stream(out, sizeof out);

		for (int k = 0; k < 40; k++) {
			size_t at = next_random() % 3 ? next_random() % n : next_random() % (n < 100 ? n : 100);
			unsigned char bit = (unsigned char)(1u << next_random() % 8);

			out[at] ^= bit;
			if (compare(out, next_random() % 5 ? n : next_random() % n))
				sound++;
			else
				broken++;
			if (k % 3)
				out[at] ^= bit;
		}
	}
	/* Both kinds must have come, lest nothing was compared. */
	assert_true(sound > 500 && broken > 500);
}

static void noise_is_refused_or_ends_where_zlib_says(void **state)
{
	unsigned char p[400];

	(void)state;
	for (int i = 0; i < 20000; i++) {
		size_t n = next_random() % sizeof p;

		for (size_t k = 0; k < n; k++)
			p[k] = (unsigned char)next_random();
		compare(p, n);
	}
}

/* Where a code has no length but one, whoever begins within a symbol never falls into step; where it has many, at once. */
static void long_blocks_of_any_code_end_where_zlib_says(void **state)
{
	static unsigned char in[4 * ROOM], out[5 * ROOM];

	(void)state;
	for (unsigned kinds = 2; kinds <= 256; kinds += 1 + kinds / 2)
		for (unsigned skewed = 0; skewed < 2; skewed++) {
			size_t n;

			for (size_t i = 0; i < sizeof in; i++)
				in[i] = (unsigned char)(next_random() % (skewed ? 1 + next_random() % kinds : kinds));
			n = by_zlib(6, Z_HUFFMAN_ONLY, in, sizeof in, out, sizeof out);
			assert_true(compare(out, n));
			n = by_libdeflate(1 + (int)(kinds % 9), in, sizeof in, out, sizeof out);
			assert_true(compare(out, n));
			assert_false(compare(out, n - 1));
		}
}

/* Opened streams one behind the other, and a final block, are one stream. */
static void opened_ends_join(void **state)
{
	static unsigned char joined[ROOM * 3], in[ROOM];
	struct msk_deflate_end end, theirs = { 0 };

	(void)state;
	for (int round = 0; round < 40; round++) {
		size_t at = 0;

		while (at < ROOM) {
			size_t n = next_random() % 5000, made;

			fill(in, n);
			made = by_libdeflate((int)(next_random() % 13), in, n, joined + at, sizeof joined - at);
			made = msk_deflate_open_end(joined + at, made);
			assert_true(made > 0);
			at += made;
		}
		memcpy(joined + at, "\3", 2);
		assert_true(msk_deflate_find_end(joined, at + 2, &end));
		assert_true(zlib_finds_end(joined, at + 2, &theirs));
		assert_int_equal(end.bits, theirs.bits);
		assert_int_equal(end.last_header, (uint64_t)at * 8);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_streams_end_where_zlib_says),
		cmocka_unit_test(bent_and_cut_streams_end_where_zlib_says_if_anywhere),
		cmocka_unit_test(noise_is_refused_or_ends_where_zlib_says),
		cmocka_unit_test(long_blocks_of_any_code_end_where_zlib_says),
		cmocka_unit_test(opened_ends_join),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
